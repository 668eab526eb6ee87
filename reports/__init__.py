"""Rendering a report: text in, no clock, no network."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from auditor.model.coverage import Report

from . import asff, console, github, html_page, json_document, json_lines, junit, markdown, ocsf, sarif


@dataclass(frozen=True, slots=True)
class Renderer:
    """One form of report.

    Args:
        render: writes a report to a stream of text.
        suffix: of a file in this form, with its dot.
        media_type: as HTTP and S3 want it.
    """

    render: Callable[[Report, TextIO], None]
    suffix: str
    media_type: str


RENDERERS: dict[str, Renderer] = {
    "json": Renderer(json_document.render, ".json", "application/json"),
    "jsonl": Renderer(json_lines.render, ".jsonl", "application/jsonl"),
    "html": Renderer(html_page.render, ".html", "text/html; charset=utf-8"),
    "asff": Renderer(asff.render, ".asff.json", "application/json"),
    "ocsf": Renderer(ocsf.render, ".ocsf.jsonl", "application/jsonl"),
    "sarif": Renderer(sarif.render, ".sarif", "application/sarif+json"),
    "junit": Renderer(junit.render, ".xml", "application/xml"),
    "github": Renderer(github.render, ".github.txt", "text/plain; charset=utf-8"),
    "markdown": Renderer(markdown.render, ".md", "text/markdown; charset=utf-8"),
    "console": Renderer(console.render, ".txt", "text/plain; charset=utf-8"),
}
