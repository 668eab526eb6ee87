"""`config show`: the settings in force."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from auditor import config as configuration

_BARE = re.compile(r"[A-Za-z0-9_-]+")


@click.group()
def command() -> None:
    """Show the settings in force."""


@command.command()
@click.option("--config", "path", type=click.Path(path_type=Path, dir_okay=False), help="Configuration file (TOML).")
def show(path: Path | None) -> None:
    """Print every setting, with what the configuration file changes marked.

    Without a name it is the file of the working directory, as a gate takes it; a scan takes only one that is named.
    """
    chosen = path or configuration.config_from_environment() or configuration.found_in(Path.cwd())
    settings = configuration.load(chosen, {})
    click.echo(f"# from {chosen}" if chosen else "# no configuration file; defaults")
    values = settings.model_dump(mode="json", exclude_none=True)
    for key, value in values.items():
        if not isinstance(value, dict):
            mark = "  # set" if key in settings.model_fields_set else ""
            click.echo(f"{key} = {_toml(value)}{mark}")
    for line in _tables(values):
        click.echo(line)


def _tables(values: Mapping[str, Any]) -> Iterator[str]:
    for key in ("severity", "profiles"):
        inside = {name: item for name, item in values[key].items() if not isinstance(item, dict)}
        if inside:
            yield from ("", f"[{key}]", *(f"{_key(name)} = {_toml(item)}" for name, item in inside.items()))
        for name, item in values[key].items():
            if isinstance(item, dict):
                yield from ("", f"[{key}.{_key(name)}]")
                yield from (f"{_key(inner)} = {_toml(value)}" for inner, value in item.items())


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _toml(name)


def _toml(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_toml(item)}" for key, item in value.items()) + "}"
    # JSON's strings, numbers and booleans are TOML's, but for DEL and for halves of surrogate pairs.
    return json.dumps(value).replace("\x7f", "\\u007f")
