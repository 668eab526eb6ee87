"""`report`: render saved findings again."""

from pathlib import Path

import click

from auditor.cli import outputs
from auditor.cli.options import format_option, output_option


@click.command()
@click.argument("saved", type=click.Path(path_type=Path, dir_okay=False))
@format_option
@output_option
def command(saved: Path, formats: tuple[str, ...], output: str | None) -> None:
    """Render the findings of an earlier scan (JSON or JSONL) again, without asking AWS."""
    from reports.saved import load  # noqa: PLC0415  only this command reads reports

    plan = outputs.plan(formats or (() if output else ("console",)), output)
    outputs.write(load(saved), plan)
    outputs.announce(plan)
