"""Which findings the HTML page lists, and the exact counts of all of them."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from auditor.model.finding import Evidence, Finding
from auditor.model.verdict import Severity, Status

from .coverage_words import REASONS
from .text import visible

WAIVED = "WAIVED"
KNOWN = "KNOWN"
_FIRST_OF_EACH = 20
_MOST_ROWS = 60_000
_LONGEST = 1_500
_ID_DIGITS = 12


class Row(NamedTuple):
    """One listed finding: plain text that is safe to look at.

    Args:
        rule: rule id.
        status: FAILED, NOT_AVAILABLE, WAIVED, or KNOWN where the baseline holds a failed finding, too.
        historical: whether it is on an ended job.
        id: the first digits of the finding's id, for links.
        message: what was seen.
        reason: why it is NOT_AVAILABLE, in words.
        resource: type, name, ARN, account, region, owner.
        place: `file:line (logical id)`, where it was judged from a file.
        waiver: the waiver in words.
        group: what made a historical resource.
        evidence: path, value and where observed, of each piece.
    """

    rule: str
    status: str
    historical: bool
    id: str
    message: str
    reason: str
    resource: tuple[str, str, str, str, str, str]
    place: str
    waiver: str
    group: str
    evidence: tuple[tuple[str, str, str], ...]


@dataclass(slots=True)
class RuleTally:
    """Every finding of one rule, counted; failed ones without the waived and those of the baseline."""

    failed: int = 0
    not_available: int = 0
    waived: int = 0
    known: int = 0
    passed: int = 0
    historical_failed: int = 0
    historical_not_available: int = 0
    historical_passed: int = 0

    @property
    def open(self) -> int:
        """Current findings that are listed."""
        return self.failed + self.not_available + self.waived + self.known

    @property
    def all_passed(self) -> int:
        """Passed findings, current and historical."""
        return self.passed + self.historical_passed


@dataclass(slots=True)
class Selection:
    """Rows in the order in which they deserve room, and counts of everything.

    Memory is bounded: beyond a number of rows that no page has room for, the least deserving go.
    """

    tallies: defaultdict[str, RuleTally] = field(default_factory=lambda: defaultdict(RuleTally))
    groups: Counter[str] = field(default_factory=Counter)
    _classes: list[list[Row]] = field(default_factory=lambda: [[] for _ in range(len(Severity) + 2)])
    _seen: Counter[str] = field(default_factory=Counter)
    _held: int = 0

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> "Selection":
        """Read findings once."""
        selection = cls()
        for finding in findings:
            selection._add(finding)
        return selection

    def rows(self) -> Iterable[Row]:
        """The first rows of each rule, then current ones by severity, then those on ended jobs."""
        for members in self._classes:
            yield from members

    def _add(self, finding: Finding) -> None:
        status = finding.status.value
        if finding.status is Status.FAILED:
            status = WAIVED if finding.waiver is not None else KNOWN if finding.known else status
        name = status.lower() if finding.counts else f"historical_{finding.status.value.lower()}"
        tally = self.tallies[finding.rule]
        setattr(tally, name, getattr(tally, name) + 1)
        if finding.status is Status.PASSED:
            return
        if not finding.counts:
            self.groups[_text(finding.group)] += 1
        self._hold(finding, status)

    def _hold(self, finding: Finding, status: str) -> None:
        number = self._class_of(finding)
        if self._held >= _MOST_ROWS:
            last = max(index for index, members in enumerate(self._classes) if members)
            if last <= number:
                return
            self._classes[last].pop()
            self._held -= 1
        self._classes[number].append(_row(finding, status))
        self._held += 1

    def _class_of(self, finding: Finding) -> int:
        self._seen[finding.rule] += 1
        if self._seen[finding.rule] <= _FIRST_OF_EACH:
            return 0
        return len(Severity) - finding.severity.rank if finding.counts else len(Severity) + 1


def _row(finding: Finding, status: str) -> Row:
    resource, place, waiver = finding.resource, finding.location, finding.waiver
    return Row(
        rule=finding.rule,
        status=status,
        historical=not finding.counts,
        id=finding.id[:_ID_DIGITS],
        message=_text(finding.message),
        reason=REASONS[finding.reason] if finding.reason else "",
        resource=(
            _text(resource.type),
            _text(resource.name),
            _text(resource.arn),
            _text(resource.account),
            _text(resource.region),
            _text(resource.owner),
        ),
        place=_text(f"{place.file}:{place.line} {place.logical_id}".rstrip()) if place else "",
        waiver=_text(
            f"{waiver.reason} (owner {waiver.owner}, approved by {waiver.approver}, until {waiver.expires}"
            f"{', ' + waiver.ticket if waiver.ticket else ''})"
        )
        if waiver
        else "",
        group=_text(finding.group),
        evidence=tuple(map(_evidence, finding.evidence)),
    )


def _evidence(evidence: Evidence) -> tuple[str, str, str]:
    value = evidence.value
    told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return _text(evidence.path), _text("not set" if value is None else told), _text(evidence.observed)


def _text(text: str) -> str:
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}… ({len(text):,} characters; whole in the JSON report)"
    return visible(text)
