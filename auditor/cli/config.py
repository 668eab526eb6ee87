"""`config show`: the settings in force."""

from pathlib import Path

import click

from auditor import config as configuration


@click.group()
def command() -> None:
    """Show the settings in force."""


@command.command()
@click.option("--config", "path", type=click.Path(path_type=Path, dir_okay=False), help="Configuration file (TOML).")
def show(path: Path | None) -> None:
    """Print every setting, with what the configuration file changes marked."""
    chosen = path or configuration.config_from_environment()
    settings = configuration.load(chosen, {})
    click.echo(f"# from {chosen}" if chosen else "# no configuration file; defaults")
    for key, value in settings.model_dump(mode="json").items():
        mark = "  # set" if key in settings.model_fields_set else ""
        click.echo(f"{key} = {_toml(value)}{mark}")


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return str(value)
