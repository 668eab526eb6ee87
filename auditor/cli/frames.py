"""The lines that the worst findings of a gate are about, before its summary."""

from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from auditor.gate.files import Candidate, shown_as
from auditor.gate.source_lines import source_text
from auditor.model.coverage import Report
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

    code_frame.render(report, stream, source, colour=stream.isatty())


def _beside(shown: str, folders: Iterable[Path]) -> Path | None:
    for folder in sorted(folders):
        for top in (folder, *folder.absolute().parents):
            path = top / shown
            if path.is_file() and shown_as(path) == shown:
                return path
    return None
