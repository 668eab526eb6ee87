"""What is new in a run, in words and as data, short enough for whoever carries it."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from auditor.delivery.totals import RunTotals, is_open
from auditor.model.coverage import Report, TargetStatus
from auditor.model.verdict import Severity
from reports.text import clipped, visible

_LONGEST_NAME, _LONGEST_MESSAGE, _LONGEST_ARN = 200, 300, 2048
# SNS: "less than 100 characters".
_LONGEST_SUBJECT = 99


@dataclass(frozen=True, slots=True)
class NewFinding:
    """A finding that had not failed in the run before; plain data, so that a target's can wait until all are merged."""

    id: str
    rule: str
    severity: Severity
    account: str
    region: str
    type: str
    name: str
    arn: str
    message: str


@dataclass(frozen=True, slots=True)
class Digest:
    """What a run has to tell.

    Args:
        run: its id.
        finished_at: ISO 8601.
        threshold: the lowest severity of what is in `new`.
        new: the worst first; of very many, only the worst.
        fresh: severity to how many there are in truth.
        failed: severity to open findings, new or not.
        compared: False where there was no run before; then `new` is empty, whatever failed.
        targets: how many targets were read how far.
        whole: False where something else is missing: of what was to be planned, or at the edge of a target.
        report: where the whole report lies; empty where nowhere.
    """

    run: str
    finished_at: str
    threshold: Severity
    new: tuple[NewFinding, ...] = ()
    fresh: Mapping[Severity, int] = field(default_factory=dict)
    failed: Mapping[Severity, int] = field(default_factory=dict)
    compared: bool = True
    targets: Mapping[TargetStatus, int] = field(default_factory=dict)
    whole: bool = True
    report: str = ""

    @property
    def complete(self) -> bool:
        """Whether every target was read whole, and nothing else is missing."""
        return self.whole and all(
            status is TargetStatus.SCANNED or not number for status, number in self.targets.items()
        )

    @property
    def counts(self) -> dict[Severity, int]:
        """How many are new by severity, the worst first; also those that `new` has no room for."""
        shown = Counter(one.severity for one in self.new)
        return {severity: max(shown[severity], self.fresh.get(severity, 0)) for severity in reversed(Severity)}

    @property
    def number(self) -> int:
        """How many are new."""
        return sum(self.counts.values())

    @property
    def matters(self) -> bool:
        """Whether somebody should be told: something is new, or this is the first run."""
        return bool(self.number) or not self.compared


def new_findings(report: Report, known: Collection[str] | None, threshold: Severity) -> list[NewFinding]:
    """Open findings at or above a severity that had not failed before; none where nothing is known of before.

    Args:
        report: of a scan; its findings are read once.
        known: ids of the findings that had failed in the run before; None where there was none.
        threshold: the lowest severity.
    """
    if known is None:
        return []
    return [
        NewFinding(
            id=finding.id,
            rule=finding.rule,
            severity=finding.severity,
            account=finding.resource.account,
            region=finding.resource.region,
            type=finding.resource.type,
            name=clipped(visible(finding.resource.name), _LONGEST_NAME),
            arn=clipped(visible(finding.resource.arn), _LONGEST_ARN),
            message=clipped(visible(finding.message), _LONGEST_MESSAGE),
        )
        for finding in report.findings
        if finding.severity.rank >= threshold.rank and is_open(finding) and finding.id not in known
    ]


def digest(
    run: str,
    finished_at: str,
    totals: RunTotals,
    new: Iterable[NewFinding],
    *,
    threshold: Severity,
    compared: bool = True,
    report: str = "",
) -> Digest:
    """The digest of a run.

    Args:
        run: its id.
        finished_at: ISO 8601.
        totals: of its report, or merged of its targets; they know how much is new, whatever `new` has room for.
        new: what `new_findings` gave, of all its targets; of very many, the worst.
        threshold: what `new_findings` was asked for.
        compared: False where there was no run before.
        report: where the whole report lies.
    """
    failed: Counter[Severity] = Counter()
    fresh: Counter[Severity] = Counter()
    for rule in totals.rules:
        severity = Severity(rule.severity)
        failed[severity] += rule.failed
        if compared and severity.rank >= threshold.rank:
            fresh[severity] += rule.new or 0
    ordered = sorted(new, key=lambda one: (-one.severity.rank, one.account, one.region, one.rule, one.name, one.id))
    return Digest(
        run=run,
        finished_at=finished_at,
        threshold=threshold,
        new=tuple(ordered),
        fresh=dict(fresh),
        failed={severity: failed[severity] for severity in reversed(Severity)},
        compared=compared,
        targets=totals.targets,
        report=report,
    )


def subject(what: Digest) -> str:
    """A line of fewer than 100 ASCII characters."""
    if not what.compared:
        worst = sum(n for severity, n in what.failed.items() if severity.rank >= what.threshold.rank)
        line = f"SageMaker audit: first run, {worst} failed at {what.threshold.value} or above"
    else:
        said = ", ".join(f"{number} {severity.value}" for severity, number in what.counts.items() if number)
        line = f"SageMaker audit: {said or 'nothing'} new"
    return (line if what.complete else f"{line} (incomplete)")[:_LONGEST_SUBJECT]


def words(what: Digest, most: int) -> str:
    """The digest as plain text.

    Args:
        what: the digest.
        most: how many of the new findings are spelled out.
    """
    lines = [f"{subject(what)}.", "", f"Run {visible(what.run)} finished at {what.finished_at}."]
    lines.append("Failed now: " + ", ".join(f"{number} {severity}" for severity, number in what.failed.items()) + ".")
    targets = ", ".join(f"{what.targets.get(status, 0)} {_SPOKEN[status]}" for status in TargetStatus)
    lines.append(f"Accounts by regions: {targets}.")
    if not what.complete:
        lines.append("This run is incomplete: what was not scanned is not clean, it is unknown.")
    if not what.compared:
        lines.append("There is no earlier run to compare with; the next one tells what is new.")
    elif what.new:
        lines += ["", f"New at {what.threshold.value} or above:"]
    for one in what.new[:most]:
        lines.append(f"- {one.severity.value} {one.rule}: {one.name} ({one.type}, {one.account} {one.region})")
        lines.append(f"  {one.message}")
    more = what.number - len(what.new[:most])
    if more:
        lines.append(f"... and {more} more.")
    if what.report:
        lines += ["", f"Report: {what.report}"]
    return "\n".join(lines) + "\n"


def as_data(what: Digest, most: int) -> dict[str, object]:
    """The digest as data that JSON can hold; `newCount` tells of those that `new` has no room for."""
    return {
        "run": what.run,
        "finishedAt": what.finished_at,
        "complete": what.complete,
        "compared": what.compared,
        "threshold": what.threshold.value,
        "failed": {severity.value: number for severity, number in what.failed.items()},
        "targets": {status.value: what.targets.get(status, 0) for status in TargetStatus},
        "newCount": what.number,
        "new": [finding_data(one) for one in what.new[:most]],
        "report": what.report,
    }


def finding_data(one: NewFinding) -> dict[str, str]:
    """A new finding as data that JSON can hold."""
    return {
        "id": one.id,
        "rule": one.rule,
        "severity": one.severity.value,
        "account": one.account,
        "region": one.region,
        "type": one.type,
        "name": one.name,
        "arn": one.arn,
        "message": one.message,
    }


_SPOKEN: Mapping[TargetStatus, str] = {
    TargetStatus.SCANNED: "scanned",
    TargetStatus.PARTIAL: "partly scanned",
    TargetStatus.NOT_SCANNED: "not scanned",
}
