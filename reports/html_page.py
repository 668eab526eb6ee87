"""One self-contained page that opens offline."""

from importlib import resources
from typing import TextIO

import jinja2

from auditor.model.coverage import Report
from auditor.model.verdict import Status

from .coverage_words import holes, looked_at
from .text import visible


def render(report: Report, stream: TextIO) -> None:
    """Write a report as one HTML page.

    Args:
        report: what to write; its findings are read once.
        stream: takes UTF-8.
    """
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["visible"] = visible
    source = resources.files(__package__).joinpath("templates", "report.html").read_text(encoding="utf-8")
    page = environment.from_string(source).stream(
        report=report,
        sentence=looked_at(report.coverage),
        holes=holes(report.coverage.gaps),
        findings=(finding for finding in report.findings if finding.status is not Status.PASSED),
    )
    stream.writelines(page)
