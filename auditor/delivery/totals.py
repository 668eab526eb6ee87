"""What a run comes to in numbers, and the numbers of many targets added up."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from auditor.model.coverage import Coverage, Report, TargetStatus
from auditor.model.finding import Finding
from auditor.model.verdict import Severity, Status


@dataclass(frozen=True, slots=True)
class RuleTotals:
    """Current findings of one rule at one severity; those on ended jobs count nowhere.

    Args:
        rule: its id.
        severity: the rule's, or what a profile makes of it.
        concern: the rule's.
        passed, failed, not_available: findings by status; `failed` without those that are waived.
        waived: failed findings with a waiver in force.
        new: of `failed`, those that had not failed in the run before; None where there was none.
    """

    rule: str
    severity: str
    concern: str
    passed: int = 0
    failed: int = 0
    not_available: int = 0
    waived: int = 0
    new: int | None = None


@dataclass(frozen=True, slots=True)
class RunTotals:
    """A run in numbers; plain data, so that a target's can be kept as JSON until all are merged.

    Args:
        rules: the counts of each rule, by rule and severity.
        severe: account to its failed findings of severity HIGH or CRITICAL, without those that are waived.
        targets: how many targets (an account in a region) were read how far.
        resources: how many were read.
        requests, throttles: sent to AWS, and throttled by it.
        seconds: from start to end.
        weights: severity to its weight in the score.
    """

    rules: tuple[RuleTotals, ...] = ()
    severe: Mapping[str, int] = field(default_factory=dict)
    targets: Mapping[TargetStatus, int] = field(default_factory=dict)
    resources: int = 0
    requests: int = 0
    throttles: int = 0
    seconds: float = 0.0
    weights: Mapping[str, int] = field(default_factory=dict)

    @property
    def score(self) -> float | None:
        """0 to 100 as in the report's summary: waived findings count as failed; None where nothing was judged."""
        good = whole = 0
        for rule in self.rules:
            weight = self.weights[rule.severity]
            good += weight * rule.passed
            whole += weight * (rule.passed + rule.failed + rule.waived + rule.not_available)
        return round(100 * good / whole, 1) if whole else None


def totals(report: Report, known: Collection[str] | None = None) -> RunTotals:
    """The numbers of one report; its findings are read once.

    Args:
        report: of a scan.
        known: ids of the findings that had failed in the run before; None where there is none to compare with.
    """
    statuses: Counter[tuple[str, str, str]] = Counter()
    seen = {(rule.id, rule.severity) for rule in report.rules}
    severe: Counter[str] = Counter(dict.fromkeys(report.scan.accounts, 0))
    for finding in report.findings:
        if not finding.counts:
            continue
        which = (finding.rule, finding.severity.value)
        seen.add(which)
        statuses[*which, _column(finding)] += 1
        if is_open(finding):
            severe[finding.resource.account] += finding.severity.rank >= Severity.HIGH.rank
            statuses[*which, "new"] += known is not None and finding.id not in known
    concerns = {rule.id: rule.concern for rule in report.rules}
    rules = tuple(
        RuleTotals(
            rule=rule,
            severity=severity,
            concern=concerns[rule],
            passed=statuses[rule, severity, "passed"],
            failed=statuses[rule, severity, "failed"],
            not_available=statuses[rule, severity, "not_available"],
            waived=statuses[rule, severity, "waived"],
            new=None if known is None else statuses[rule, severity, "new"],
        )
        for rule, severity in sorted(seen)
    )
    coverage = report.coverage
    return RunTotals(
        rules=rules,
        severe=dict(severe),
        targets=_targets(coverage),
        resources=sum(target.resources for target in coverage.targets),
        requests=sum(count.calls for count in coverage.requests),
        throttles=sum(count.throttled for count in coverage.requests),
        seconds=_seconds(report.scan.started_at, report.scan.finished_at),
        weights=report.summary.weights,
    )


def merged(parts: Iterable[RunTotals], *, missing: int = 0, seconds: float | None = None) -> RunTotals:
    """The numbers of many targets as those of one run.

    Args:
        parts: of each target that reported.
        missing: how many targets were planned and did not report; they count as NOT_SCANNED.
        seconds: how long the whole run took; None for the longest of the parts.
    """
    rules: dict[tuple[str, str], RuleTotals] = {}
    severe: Counter[str] = Counter()
    targets: Counter[TargetStatus] = Counter({TargetStatus.NOT_SCANNED: missing})
    resources = requests = throttles = 0
    longest = 0.0
    weights: dict[str, int] = {}
    for part in parts:
        for counts in part.rules:
            which = (counts.rule, counts.severity)
            rules[which] = _sum(rules[which], counts) if which in rules else counts
        severe.update(part.severe)
        targets.update(part.targets)
        resources, requests, throttles = (
            resources + part.resources,
            requests + part.requests,
            throttles + part.throttles,
        )
        longest = max(longest, part.seconds)
        weights.update(part.weights)
    return RunTotals(
        rules=tuple(counts for _, counts in sorted(rules.items(), key=lambda item: item[0])),
        severe=dict(severe),
        targets=dict(targets),
        resources=resources,
        requests=requests,
        throttles=throttles,
        seconds=longest if seconds is None else seconds,
        weights=weights,
    )


def is_open(finding: Finding) -> bool:
    """Whether a finding asks somebody to do something: failed, on something that can be changed, not waived."""
    return finding.status is Status.FAILED and finding.counts and finding.waiver is None


def _column(finding: Finding) -> str:
    waived = finding.status is Status.FAILED and finding.waiver is not None
    return "waived" if waived else finding.status.value.lower()


def _targets(coverage: Coverage) -> dict[TargetStatus, int]:
    """An account in a region was scanned where all its families were, and not where none was."""
    families: defaultdict[tuple[str, str], set[TargetStatus]] = defaultdict(set)
    for target in coverage.targets:
        families[target.account, target.region].add(target.status)
    found = (statuses.pop() if len(statuses) == 1 else TargetStatus.PARTIAL for statuses in families.values())
    return dict(Counter(found))


def _sum(one: RuleTotals, other: RuleTotals) -> RuleTotals:
    new = None if one.new is None and other.new is None else (one.new or 0) + (other.new or 0)
    return RuleTotals(
        rule=one.rule,
        severity=one.severity,
        concern=one.concern,
        passed=one.passed + other.passed,
        failed=one.failed + other.failed,
        not_available=one.not_available + other.not_available,
        waived=one.waived + other.waived,
        new=new,
    )


def _seconds(start: str, end: str) -> float:
    return max(0.0, (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())
