"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from auditor.errors import UsageError
from auditor.model.verdict import Severity

F = TypeVar("F", bound=Callable[..., Any])

format_option = click.option(
    "-f",
    "--format",
    "formats",
    multiple=True,
    metavar="FORMAT[=PATH]",
    help="json, jsonl, html, console, sarif, junit, github, markdown, asff, ocsf; each with a place if need be.",
)
output_option = click.option(
    "-o",
    "--output",
    metavar="PATH",
    help="File, folder (ending in /) or - for standard output.",
)
select_option = click.option(
    "--select",
    multiple=True,
    metavar="WORD",
    help="Only rules with this id, tag, severity, concern or framework; repeatable.",
)
ignore_option = click.option("--ignore", multiple=True, metavar="WORD", help="The same, to leave out; repeatable.")
rules_option = click.option(
    "--rules", "own_rules", multiple=True, metavar="MODULE|FILE", help="Rules of your own; repeatable."
)
config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Configuration file (TOML); else SAGEMAKER_AUDITOR_CONFIG; a gate also takes that of the working directory.",
)
waivers_option = click.option(
    "--waivers",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File with approved exceptions (YAML); else the one that the configuration names.",
)
fail_on_option = click.option(
    "--fail-on",
    type=click.Choice([severity.value for severity in Severity], case_sensitive=False),
    help="Exit 1 where a finding of this severity or worse failed (default LOW).",
)
verbose_option = click.option("-v", "--verbose", count=True, help="Say what is being done; -vv every request.")
log_format_option = click.option("--log-format", type=click.Choice(["text", "json"]), default="text")


def together(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one decorator, in the order given."""

    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


judging_options = together(select_option, ignore_option, rules_option, config_option, fail_on_option)
report_options = together(format_option, output_option)
logging_options = together(verbose_option, log_format_option)


def only_one(**given: object) -> None:
    """Refuse options that exclude each other.

    Raises:
        UsageError: two or more are given.
    """
    names = [f"--{name.replace('_', '-')}" for name, value in given.items() if value]
    if len(names) > 1:
        raise UsageError(f"{' and '.join(names)} exclude each other")
