"""Runs the scenarios one after another and writes what came out into ``docs/performance.md``."""

import argparse
import os
import platform
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.measure import ROOT
from benchmarks.scenarios import QUICK, SCENARIOS, Outcome, Result, Sizes, gate, prowler

PAGE: Final = ROOT / "docs" / "performance.md"


def _figure(value: float, unit: str) -> str:
    if unit:
        return f"{value:,.0f} {unit}"
    return f"{value:.4f}" if value < 0.1 else f"{value:.2f}"  # noqa: PLR2004  four digits for small ratios


def _row(result: Result) -> str:
    if result.target is None:
        return f"| {result.what} | {_figure(result.value, result.unit)} | none set | |"
    sign = "≥" if result.at_least else "≤"
    target = f"{sign} {result.target:g} {result.unit}".rstrip()
    verdict = "met" if result.met else "**missed**"
    return f"| {result.what} | {_figure(result.value, result.unit)} | {target} | {verdict} |"


def render(outcome: Outcome) -> str:
    """Return a scenario's results as a Markdown table with its notes below."""
    rows = ["| Measured | Result | Target | |", "| --- | --- | --- | --- |", *map(_row, outcome.results)]
    return "\n".join([*rows, "", *(f"- {note}" for note in outcome.notes)])


def place(page: str, name: str, text: str) -> str:
    """Return ``page`` with what stands between the markers of ``name`` replaced by ``text``.

    Raises:
        ValueError: the page has no such markers.
    """
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    if begin not in page or end not in page:
        raise ValueError(f"no markers for {name}")
    pattern = re.escape(begin) + ".*?" + re.escape(end)
    return re.sub(pattern, lambda _: f"{begin}\n{text}\n{end}", page, flags=re.DOTALL)


def machine() -> str:
    """Return what the figures depend on, without naming the machine."""
    python = platform.python_version()
    return f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python {python}"


def main(argv: Sequence[str] | None = None) -> None:
    """Run the scenarios asked for, print their results and, unless ``--quick``, write them to the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, nothing written: a smoke test")
    parser.add_argument("--only", action="append", choices=[*SCENARIOS, "prowler"], help="repeatable")
    parser.add_argument("--with-prowler", type=Path, metavar="VENV", help="a venv with prowler installed")
    parser.add_argument("--with-checkov", type=Path, metavar="VENV", help="a venv with checkov installed, for the gate")
    arguments = parser.parse_args(argv)
    sizes = QUICK if arguments.quick else Sizes()
    scenarios = dict(SCENARIOS)
    if arguments.with_prowler:
        scenarios["prowler"] = partial(prowler, venv=arguments.with_prowler.resolve())
    if arguments.with_checkov:
        scenarios["gate"] = partial(gate, venv=arguments.with_checkov.resolve())
    for name in arguments.only or scenarios:
        if name not in scenarios:
            parser.error(f"{name} needs --with-prowler VENV")
        outcome = scenarios[name](sizes)
        text = render(outcome)
        print(f"## {name}\n\n{text}\n", flush=True)
        if not arguments.quick:
            page = place(PAGE.read_text(), name, text)
            PAGE.write_text(place(page, "machine", machine()))
