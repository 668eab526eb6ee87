"""The lines that the worst findings of a gate are about, before its summary."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TextIO

from auditor.errors import InputError
from auditor.gate.files import Candidate, shown_as
from auditor.gate.source_lines import source_text
from auditor.model.coverage import Report
from auditor.model.finding import Finding
from auditor.sources.detect import detect
from auditor.sources.document import read_documents
from reports import code_frame
from reports.code_frame import SourceText


def show(report: Report, files: Iterable[Candidate], stream: TextIO) -> None:
    """Write a code frame for each of the worst findings.

    Args:
        report: of a gate.
        files: those that were judged; findings of a plan stand in files beside it.
        stream: where to.
    """
    paths = {file.shown: file.path for file in files}
    folders = {path.parent for path in paths.values()}

    def source(shown: str) -> SourceText | None:
        path = paths.get(shown) or _beside(shown, folders)
        return source_text(path, shown) if path is not None else None

    def patch(finding: Finding) -> str:
        if finding.location is None:
            return ""
        path = paths.get(finding.location.file) or _beside(finding.location.file, folders)
        return _patch(finding.rule, _language(path)) if path is not None else ""

    code_frame.render(report, stream, source, patch=patch, colour=stream.isatty())


@cache
def _language(path: Path) -> str:
    if path.suffix in (".tf", ".tofu"):
        return "terraform"
    try:
        kinds = [detect(document) for document in read_documents(path)]
    except InputError:
        return ""
    return next((kind.name for kind in kinds if kind is not None), "")


def _patch(rule: str, language: str) -> str:
    from auditor.cases.snippets import LANGUAGES, examples_of  # noqa: PLC0415  loads what reads every kind of file

    return next((one.patch() for one in examples_of(rule, (language,) if language in LANGUAGES else ())), "")


def _beside(shown: str, folders: Iterable[Path]) -> Path | None:
    for folder in sorted(folders):
        for top in (folder, *folder.absolute().parents):
            path = top / shown
            if path.is_file() and shown_as(path) == shown:
                return path
    return None
