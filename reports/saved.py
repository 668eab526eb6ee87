"""Reading a saved report (JSON or JSON Lines) so that it can be rendered again."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from auditor.errors import InputError
from auditor.model.coverage import SCHEMA_VERSION, Report
from auditor.model.finding import Finding

from .encoding import FINDING, Head

_HEAD: TypeAdapter[Head] = TypeAdapter(Head)
_FINDINGS_OPEN = '"findings": ['
_TAIL = 1 << 16
_REMEDY = "give the JSON or JSON Lines report that a scan wrote"


@dataclass(frozen=True, slots=True)
class SavedFindings:
    """Findings that are read from a file, line by line, each time they are iterated.

    Args:
        path: the file.
        first: the 1-based line of the first finding.
        last: the text that ends them, at the beginning of a line.
    """

    path: Path
    first: int
    last: str

    def __iter__(self) -> Iterator[Finding]:
        with self.path.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream, 1):
                if number < self.first:
                    continue
                if line.startswith(self.last):
                    return
                yield _finding(line.rstrip().removesuffix(","), self.path, number)


def load(path: Path) -> Report:
    """Read a saved report. Findings stay in the file; only a document in a foreign layout is read whole.

    Args:
        path: a report in JSON or JSON Lines, as `json` and `jsonl` write it.

    Raises:
        InputError: the file cannot be read, is not such a report, or is not whole; while findings are
            iterated, a finding that does not fit.
    """
    try:
        with path.open(encoding="utf-8") as stream:
            first = stream.readline()
            if first.startswith('{"record":'):
                return _from_lines(path, first)
            return _from_document(path, first, stream)
    except OSError as error:
        raise InputError(error.strerror or str(error), file=str(path)) from None
    except UnicodeDecodeError:
        raise InputError("is not text in UTF-8", file=str(path), remedy=_REMEDY) from None


def _from_lines(path: Path, first: str) -> Report:
    header = _parsed(first, path, 1)
    last = _last_line(path)
    if not last.startswith('{"record":"summary"'):
        raise InputError("the last line is no summary: the report is cut off", file=str(path), remedy=_REMEDY)
    return _report({**header, **_parsed(last, path, 0)}, path, SavedFindings(path, 2, '{"record":"summary"'))


def _from_document(path: Path, first: str, stream: Iterator[str]) -> Report:
    head: list[str] = []
    for number, line in enumerate(chain((first,), stream), 1):
        if line.startswith(_FINDINGS_OPEN):
            if line.strip() != _FINDINGS_OPEN:
                break
            if _last_line(path) != "}":
                raise InputError("the report is cut off", file=str(path), remedy=_REMEDY)
            document = _parsed("".join(head) + '"findings": []}', path, 0)
            return _report(document, path, SavedFindings(path, number + 1, "]"))
        head.append(line)
    return _foreign(path)


def _foreign(path: Path) -> Report:
    """A document that something else laid out anew."""
    document = _parsed(path.read_text(encoding="utf-8"), path, 0)
    raw = document.pop("findings", None)
    if not isinstance(raw, list):
        raise InputError("is missing or no list", file=str(path), key="findings", remedy=_REMEDY)
    findings = tuple(_finding(json.dumps(item), path, 0, f"findings.{at}.") for at, item in enumerate(raw))
    return _report(document, path, findings)


def _report(document: dict[str, Any], path: Path, findings: Any) -> Report:
    version = str(document.get("schema_version", ""))
    if version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise InputError(
            f"{version or 'none'!r} is not a version this auditor reads ({SCHEMA_VERSION})",
            file=str(path),
            key="schema_version",
            remedy=_REMEDY,
        )
    try:
        head = _HEAD.validate_python(document)
    except ValidationError as error:
        raise _refused(error, path, 0, "") from None
    return Report(
        tool=head.tool,
        scan=head.scan,
        coverage=head.coverage,
        summary=head.summary,
        rules=head.rules,
        findings=findings,
        waivers=head.waivers,
        review=head.review,
        schema_version=head.schema_version,
    )


def _finding(line: str, path: Path, number: int, key: str = "") -> Finding:
    try:
        return FINDING.validate_json(line)
    except ValidationError as error:
        raise _refused(error, path, number, key) from None


def _refused(error: ValidationError, path: Path, line: int, key: str) -> InputError:
    first = error.errors(include_url=False, include_context=False)[0]
    place = key + ".".join(map(str, first["loc"]))
    return InputError(first["msg"], file=str(path), line=line, key=place, remedy=_REMEDY)


def _parsed(text: str, path: Path, line: int) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        place = line or error.lineno
        raise InputError(f"no JSON: {error.msg}", file=str(path), line=place, remedy=_REMEDY) from None
    if not isinstance(document, dict):
        raise InputError("is no report", file=str(path), remedy=_REMEDY)
    return document


def _last_line(path: Path) -> str:
    """The last line that is not empty; a summary may be longer than any block that is read at once."""
    size = path.stat().st_size
    block = _TAIL
    with path.open("rb") as stream:
        while True:
            stream.seek(max(0, size - block), os.SEEK_SET)
            text = stream.read().rstrip()
            if b"\n" in text or block >= size:
                return text.rpartition(b"\n")[2].decode("utf-8")
            block *= 8
