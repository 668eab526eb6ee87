"""The page of a run over many accounts: what was looked at, where it is worst, and the way to each target's own."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO

from markupsafe import Markup

from auditor.model.coverage import Report, Tally, TargetStatus
from auditor.model.verdict import Severity

from . import decision_words, page_charts
from .coverage_words import holes
from .page_template import digest, page, template

_MOST_LISTED = 500
_WORST_RULES = 40
# The worst come first: further down, bars would be slivers, and there may be thousands of them.
_MOST_BARS = 200


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One target.

    Args:
        account: 12 digits.
        place: the region; `global` for what an account has once.
        status: how far it was read.
        reason: why not whole; empty otherwise.
        resources: how many were read.
        tally: its findings.
        severe: failed findings of severity HIGH or CRITICAL.
        page: its own report, relative to this page; empty where there is none.
    """

    account: str
    place: str
    status: TargetStatus
    reason: str
    resources: int
    tally: Tally
    severe: int
    page: str = ""


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """Several targets added up: those of an account, or of a region."""

    name: str
    targets: tuple[TargetRow, ...]
    failed: int
    severe: int
    not_available: int
    passed: int
    unfinished: int

    @classmethod
    def of(cls, name: str, targets: Iterable[TargetRow]) -> "PlaceRow":
        """Add up some targets."""
        rows = tuple(targets)
        return cls(
            name=name,
            targets=rows,
            failed=sum(row.tally.failed for row in rows),
            severe=sum(row.severe for row in rows),
            not_available=sum(row.tally.not_available for row in rows),
            passed=sum(row.tally.passed for row in rows),
            unfinished=sum(1 for row in rows if row.status is not TargetStatus.SCANNED),
        )

    @property
    def open(self) -> list[TargetRow]:
        """The targets that somebody should look at: not read whole, failing, or not to be judged."""
        return [row for row in self.targets if not _is_clean(row)]

    @property
    def clean(self) -> list[TargetRow]:
        """The others."""
        return [row for row in self.targets if _is_clean(row)]

    @property
    def rank(self) -> tuple[int, int, int, str]:
        """The worst first; what was not scanned before what is clean."""
        return (-self.severe, -self.failed, -self.unfinished, self.name)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Targets of an account that were not read whole for one reason."""

    account: str
    status: TargetStatus
    reason: str
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Excluded:
    """An account or region that was left out before anything was read."""

    account: str
    region: str
    reason: str


@dataclass(frozen=True, slots=True)
class Organisation:
    """What the page shows beside the report's head.

    Args:
        targets: every target that was planned.
        accounts_failing: rule to the number of accounts in which something fails it.
        excluded: what was left out by choice.
        document: the whole report as JSON, relative to this page; empty where there is none.
    """

    targets: tuple[TargetRow, ...]
    accounts_failing: Mapping[str, int] = field(default_factory=dict)
    excluded: tuple[Excluded, ...] = ()
    document: str = ""


def render(report: Report, organisation: Organisation, stream: TextIO) -> None:
    """Write the page. The report's findings are not read: each target's own page lists them.

    Args:
        report: of the whole run.
        organisation: its targets.
        stream: takes UTF-8.
    """
    stream.writelines(page("organisation.html").stream(**_context(report, organisation)))


def _context(report: Report, organisation: Organisation) -> dict[str, Any]:
    style = template("report.css") + template("organisation.css")
    unfinished = [row for row in organisation.targets if row.status is not TargetStatus.SCANNED]
    shown = _unfinished(unfinished)[:_MOST_LISTED]
    states = Counter(row.status for row in organisation.targets)
    failing = [
        (rule, count, organisation.accounts_failing.get(rule.id, 0))
        for rule in report.rules
        for count in report.coverage.rules
        if count.rule == rule.id and organisation.accounts_failing.get(rule.id)
    ]
    failing.sort(key=lambda item: (-Severity(item[0].severity).rank, -item[2], -item[1].failed, item[0].id))
    return {
        "report": report,
        "charts": page_charts,
        "holes": [hole for hole in holes(report.coverage.gaps) if hole.reason != "EXCLUDED"],
        "accounts": _grouped(organisation.targets, lambda row: row.account),
        "regions": _grouped(organisation.targets, lambda row: row.place),
        "severity_rows": [
            (severity.value, report.summary.by_severity.get(severity.value, Tally())) for severity in reversed(Severity)
        ],
        "concern_rows": sorted(report.summary.by_concern.items(), key=lambda item: (-item[1].failed, item[0])),
        "severities": [severity.value for severity in reversed(Severity)],
        "rules": failing[:_WORST_RULES],
        "rules_failing": len(failing),
        "planned": len(organisation.targets),
        "states": {status.value: states[status] for status in TargetStatus},
        "unfinished": shown,
        "unfinished_number": len(unfinished),
        "unfinished_left": len(unfinished) - sum(len(one.places) for one in shown),
        "document": organisation.document,
        "most_bars": _MOST_BARS,
        "review": list(decision_words.review(report.review)),
        "waivers": decision_words.waivers(report)[:_MOST_LISTED],
        "excluded": organisation.excluded[:_MOST_LISTED],
        "excluded_number": len(organisation.excluded),
        "style": Markup(style),  # noqa: S704  the project's own files
        "style_hash": digest(style),
    }


def _is_clean(row: TargetRow) -> bool:
    return row.status is TargetStatus.SCANNED and not row.tally.failed and not row.tally.not_available


def _unfinished(rows: Iterable[TargetRow]) -> list[Unfinished]:
    found: dict[tuple[str, TargetStatus, str], list[str]] = {}
    for row in rows:
        found.setdefault((row.account, row.status, row.reason), []).append(row.place)
    return [Unfinished(*key, tuple(places)) for key, places in found.items()]


def _grouped(rows: Iterable[TargetRow], name: Any) -> list[PlaceRow]:
    found: dict[str, list[TargetRow]] = {}
    for row in rows:
        found.setdefault(name(row), []).append(row)
    return sorted((PlaceRow.of(key, members) for key, members in found.items()), key=lambda place: place.rank)
