"""Rendering a report: text in, no clock, no network."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TextIO

from auditor.model.coverage import Report


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


def _in(module: str) -> Callable[[Report, TextIO], None]:
    """The renderer of a module, which is loaded when it is asked: a gate in a hurry has no need of HTML."""

    def render(report: Report, stream: TextIO) -> None:
        import_module(f"{__name__}.{module}").render(report, stream)

    return render


RENDERERS: dict[str, Renderer] = {
    "json": Renderer(_in("json_document"), ".json", "application/json"),
    "jsonl": Renderer(_in("json_lines"), ".jsonl", "application/jsonl"),
    "html": Renderer(_in("html_page"), ".html", "text/html; charset=utf-8"),
    "asff": Renderer(_in("asff"), ".asff.json", "application/json"),
    "ocsf": Renderer(_in("ocsf"), ".ocsf.jsonl", "application/jsonl"),
    "sarif": Renderer(_in("sarif"), ".sarif", "application/sarif+json"),
    "junit": Renderer(_in("junit"), ".xml", "application/xml"),
    "github": Renderer(_in("github"), ".github.txt", "text/plain; charset=utf-8"),
    "markdown": Renderer(_in("markdown"), ".md", "text/markdown; charset=utf-8"),
    "console": Renderer(_in("console"), ".txt", "text/plain; charset=utf-8"),
}
