"""`explain`: one rule, why, and how it is done right in each language."""

import click

from auditor.cli.catalogs import load_catalog
from auditor.cli.options import rules_option
from auditor.cli.rules import parameter_lines
from auditor.model.rule import Rule


@click.command()
@click.argument("rule_id", metavar="RULE")
@rules_option
@click.option("--language", metavar="NAME", default="", help="Only the snippets of one language, such as terraform.")
def command(rule_id: str, own_rules: tuple[str, ...], language: str) -> None:
    """Say why a rule is there, how to fix what fails it, and show a good and a bad snippet in each language."""
    from auditor.cases.snippets import LANGUAGES, examples_of  # noqa: PLC0415  loads what reads the sources

    if language and language not in LANGUAGES:
        raise click.UsageError(f"--language {language}: known are {', '.join(LANGUAGES)}")
    rule = load_catalog(own_rules).get(rule_id)
    for line in _words(rule):
        click.echo(line)
    found = list(examples_of(rule.id, (language,) if language else LANGUAGES))
    for one in found:
        if one.bad:
            click.echo(f"\n{one.language}: this fails\n\n{_indented(one.bad)}")
        click.echo(f"\n{one.language}: this passes\n\n{_indented(one.good)}")
        if not one.bad:
            click.echo("\nThat it is missing is seen in the account alone: another file may make it.")
    if not found:
        where = f"{language} file" if language else "file"
        click.echo(f"\nno snippet: no {where} holds what decides it (docs/parity.md)")


def _words(rule: Rule) -> list[str]:
    from auditor.cases.snippets import unset_of  # noqa: PLC0415  as above

    lines = [f"{rule.id}  {rule.severity.value}", rule.title, "", f"Why: {rule.why}", f"Fix: {rule.fix}"]
    if rule.limits:
        lines.append(f"Limits: {rule.limits}")
    if said := unset_of(rule.id):
        lines.append(f"Not set: {said}")
    lines.append(f"Judges: {', '.join(kind.cfn_type for kind in rule.scope)}")
    lines += [line.removeprefix("\n") for line in parameter_lines(rule)]
    if rule.controls:
        lines.append(f"Controls: {', '.join(rule.controls)}")
    return lines


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.rstrip().splitlines())
