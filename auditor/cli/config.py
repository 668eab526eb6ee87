"""`config show`: the settings in force."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from auditor import config as configuration
from auditor.catalog import Catalog
from auditor.cli.catalogs import load_catalog
from auditor.cli.toml import key, toml
from auditor.model.parameter import Parameter
from auditor.scan.policy import Policy, configured


@click.group()
def command() -> None:
    """Show the settings in force."""


@command.command()
@click.option("--config", "path", type=click.Path(path_type=Path, dir_okay=False), help="Configuration file (TOML).")
def show(path: Path | None) -> None:
    """Print every setting, with what the configuration file changes marked, and every parameter of the rules.

    Without a name it is the file of the working directory, as a gate takes it; a scan takes only one that is named.
    """
    named = path or configuration.config_from_environment()
    chosen = named or configuration.found_in(Path.cwd())
    settings = configuration.load(chosen, {})
    # What nobody named may not have code imported: rules of one's own are then left out, as a gate does.
    catalog = load_catalog(settings.rules if named else ())
    if named or not settings.rules:
        Policy.of(settings, catalog)
        configured(catalog, settings)
    click.echo(f"# from {chosen}" if chosen else "# no configuration file; defaults")
    values = settings.model_dump(mode="json", exclude_none=True)
    for name, value in values.items():
        if not isinstance(value, dict):
            mark = "  # set" if name in settings.model_fields_set else ""
            click.echo(f"{name} = {toml(value)}{mark}")
    for line in (*_severities(values), *_rules(values["rule"], catalog), *_profiles(values), *_others(values, catalog)):
        click.echo(line)


def _severities(values: Mapping[str, Any]) -> Iterator[str]:
    if values["severity"]:
        yield from ("", "[severity]", *_pairs(values["severity"]))


def _profiles(values: Mapping[str, Any]) -> Iterator[str]:
    for name, profile in values["profiles"].items():
        yield from ("", f"[profiles.{key(name)}]", *_pairs(profile))


def _pairs(table: Mapping[str, Any]) -> Iterator[str]:
    return (f"{key(name)} = {toml(value)}" for name, value in table.items())


def _rules(tables: Mapping[str, Mapping[str, Any]], catalog: Catalog) -> Iterator[str]:
    known = {rule.id: rule for rule in catalog}
    for rule_id, table in tables.items():
        yield from ("", f"[rule.{key(rule_id)}]")
        for parameter in known[rule_id].parameters if rule_id in known else ():
            if parameter.name in table:
                yield f"{parameter.name} = {toml(table[parameter.name])}  # set; {_default(parameter)}"
            else:
                yield f"# {_default(parameter)}"
        if rule_id not in known:
            yield from _pairs(table)


def _default(parameter: Parameter) -> str:
    return f"{parameter.name} = {toml(parameter.default)} by default"


def _others(values: Mapping[str, Any], catalog: Catalog) -> Iterator[str]:
    """The parameters of rules that the file does not set, which are no settings: comments."""
    for rule in catalog:
        if rule.parameters and rule.id not in values["rule"]:
            yield from ("", f"# [rule.{rule.id}]")
            yield from (f"# {one.name} = {toml(one.default)}" for one in rule.parameters)
