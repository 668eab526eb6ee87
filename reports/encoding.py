"""One JSON spelling of the model, for every form that holds JSON. ASCII only, so that any stream takes it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any, Protocol, runtime_checkable

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

from auditor.model.coverage import Coverage, Report, RuleInfo, ScanInfo, Summary, Tool
from auditor.model.finding import Finding
from auditor.model.review import Review, WaiverUse

FINDING: TypeAdapter[Finding] = TypeAdapter(Finding)

_BEYOND_ASCII = re.compile(r"[^\x00-\x7e]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_REPLACEMENT = "\ufffd"


@dataclass(frozen=True, slots=True)
class Head:
    """Everything of a report but its findings, in the order in which JSON shows it."""

    schema_version: str
    tool: Tool
    scan: ScanInfo
    coverage: Coverage
    summary: Summary
    rules: tuple[RuleInfo, ...]
    waivers: tuple[WaiverUse, ...] = ()
    review: Review = field(default_factory=Review)

    @classmethod
    def of(cls, report: Report) -> "Head":
        """The head of a report."""
        return cls(
            schema_version=report.schema_version,
            tool=report.tool,
            scan=report.scan,
            coverage=report.coverage,
            summary=report.summary,
            rules=report.rules,
            waivers=report.waivers,
            review=report.review,
        )

    def parts(self) -> Iterator[tuple[str, str]]:
        """Each key with its value as JSON."""
        for member in fields(self):
            yield member.name, dump(getattr(self, member.name))


@runtime_checkable
class Spooled(Protocol):
    """Findings that already lie somewhere as JSON in the model's spelling, one to a line."""

    def lines(self) -> Iterator[bytes]:
        """Each finding as one line, without the line end."""


def dump(value: Any) -> str:
    """A value of the model, or plain data, as one line of JSON.

    Half of a surrogate pair, which JSON from an API can smuggle into a string, becomes U+FFFD: no strict
    reader takes it.
    """
    return _dump(_any(), value)


def lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Each finding as one line of JSON; what is spooled is not parsed again."""
    if isinstance(findings, Spooled):
        for line in findings.lines():
            yield line.decode("ascii") if line.isascii() else _BEYOND_ASCII.sub(_escape, line.decode())
        return
    for finding in findings:
        yield _dump(FINDING, finding)


def _dump(adapter: TypeAdapter[Any], value: Any) -> str:
    try:
        return adapter.dump_json(value, ensure_ascii=True).decode("ascii")
    except PydanticSerializationError:
        return _any().dump_json(_mended(value), ensure_ascii=True).decode("ascii")


@cache
def _any() -> TypeAdapter[Any]:
    return TypeAdapter(Any)


def _escape(match: re.Match[str]) -> str:
    # Beyond ASCII only strings have characters, so escaping them in place keeps the JSON what it was.
    units = match[0].encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub(_REPLACEMENT, value)
    if is_dataclass(value) and not isinstance(value, type):
        return _mended(asdict(value))
    if isinstance(value, Mapping):
        return {_mended(key): _mended(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mended(item) for item in value]
    return value
