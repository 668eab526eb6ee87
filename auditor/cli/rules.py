"""`rules list`, `rules show ID`, `rules test`: the catalog."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from auditor.cli.catalogs import load_catalog
from auditor.cli.toml import toml
from auditor.model.rule import Rule


@click.group()
def command() -> None:
    """List, explain and test rules."""


_select = click.option("--select", multiple=True, help="Rule id, tag, severity, concern or framework; repeatable.")
_ignore = click.option("--ignore", multiple=True, help="The same, to leave out; repeatable.")
_rules = click.option("--rules", "own", multiple=True, help="Module or file with rules of your own; repeatable.")
_format = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)


@command.command("list")
@_select
@_ignore
@_rules
@_format
def list_rules(select: tuple[str, ...], ignore: tuple[str, ...], own: tuple[str, ...], form: str) -> None:
    """List the rules, by concern."""
    catalog = load_catalog(own).select(select, ignore)
    if form == "json":
        click.echo(json.dumps([describe(rule) for rule in catalog], indent=2))
        return
    width = max((len(rule.id) for rule in catalog), default=0)
    concern = ""
    for rule in sorted(catalog, key=lambda rule: rule.concern):
        if rule.concern != concern:
            concern = rule.concern
            click.echo(f"\n{concern}")
        click.echo(f"  {rule.id:{width}}  {rule.severity.value:13}  {rule.title}")
    click.echo(f"\n{len(catalog)} rules")


@command.command()
@click.argument("rule_id", metavar="ID")
@_rules
@_format
def show(rule_id: str, own: tuple[str, ...], form: str) -> None:
    """Explain one rule."""
    rule = load_catalog(own).get(rule_id)
    if form == "json":
        click.echo(json.dumps(describe(rule), indent=2))
        return
    facts = describe(rule)
    click.echo(f"{rule.id}\n{rule.title}\n")
    for name in (
        "severity",
        "concern",
        "resource_types",
        "sources",
        "paths",
        "controls",
        "tags",
        "since",
        "version",
    ):
        value = facts[name]
        click.echo(f"{name + ':':16}{', '.join(value) if isinstance(value, list) else value}")
    for name in ("why", "fix", "limits"):
        if facts[name]:
            click.echo(f"\n{name.capitalize()}: {facts[name]}")
    for line in parameter_lines(rule):
        click.echo(line)


def parameter_lines(rule: Rule) -> Iterator[str]:
    """The parameters of a rule, as the configuration sets them."""
    if rule.parameters:
        yield f"\nParameters, set under [rule.{rule.id}] in the configuration:"
    for one in rule.parameters:
        yield f"  {one.name} = {toml(one.default)}  # {one.kind}: {one.meaning}"


@command.command()
@_rules
@click.option(
    "--cases",
    "places",
    multiple=True,
    metavar="FILE|FOLDER",
    type=click.Path(path_type=Path),
    help="Case files (JSON) of your own rules; repeatable.",
)
def test(own: tuple[str, ...], places: tuple[Path, ...]) -> None:
    """Hold rules to the contract: words, no crash and no PASS on facts that were not observed.

    With --cases, run the case files too: each of your own rules must then have an entry.
    """
    from auditor.cli.contract import case_faults, faults  # noqa: PLC0415  only this command needs it

    catalog = load_catalog(own)
    found = [f"{rule.id}: {fault}" for rule in catalog for fault in faults(rule)]
    tested = ""
    if places:
        asked = {rule.id for rule in catalog} - {rule.id for rule in load_catalog()}
        run, wrong = case_faults(catalog, places, asked)
        found += wrong
        tested = f"{run} with cases, "
    for line in found:
        click.echo(line)
    click.echo(f"{len(catalog)} rules, {tested}{len(found)} faults")
    if found:
        raise click.exceptions.Exit(1)


def describe(rule: Rule) -> dict[str, Any]:
    """A rule as data."""
    from auditor.reads import paths_read  # noqa: PLC0415  reads a file that `rules list` as text does not need

    return {
        "id": rule.id,
        "title": rule.title,
        "severity": rule.severity.value,
        "concern": rule.concern,
        "resource_types": [kind.cfn_type for kind in rule.scope],
        "sources": sources(rule),
        "paths": list(paths_read(rule)),
        "controls": list(rule.controls),
        "tags": list(rule.tags),
        "since": rule.since,
        "version": rule.version,
        "why": rule.why,
        "fix": rule.fix,
        "limits": rule.limits,
        "parameters": [
            {"name": one.name, "type": one.kind, "default": one.default, "meaning": one.meaning}
            for one in rule.parameters
        ],
    }


def sources(rule: Rule) -> list[str]:
    """The kinds of source in which the rule is judged; of a rule of your own, those that surely hold its subject."""
    from auditor.cases.snippets import languages_of  # noqa: PLC0415  loads what reads the sources

    files = languages_of(rule.id)
    if files is None:
        files = ("request",) if any(kind.service == "sagemaker" for kind in rule.scope) else ()
    return [*(["live", "snapshot"] if files != ("dockerfile",) else []), *files]
