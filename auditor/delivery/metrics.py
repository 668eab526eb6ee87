"""CloudWatch metrics in the embedded metric format: lines for a log group, without a call and without a permission.

The specification is on AWS's page "Specification: Embedded metric format": at most 100 metrics in a directive and
30 dimensions in a set, a line of at most 1 MB (256 KB in older editions, which is kept here), delivered at least
once. Because a value may be delivered twice, and several runs may fall into one period, posture is read with the
statistic Maximum.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from auditor.delivery.totals import RuleTotals, RunTotals
from auditor.model.coverage import TargetStatus
from auditor.model.verdict import Severity

NAMESPACE = "SageMakerAuditor"
SEVERITY, RULE, CONCERN, ACCOUNT = "Severity", "Rule", "Concern", "AccountId"
# Whoever has thousands of accounts decides whether a metric for each is worth its price.
STANDARD_DIMENSIONS = frozenset({SEVERITY, RULE, CONCERN})
ALL_DIMENSIONS = STANDARD_DIMENSIONS | {ACCOUNT}

_LONGEST_VALUE = 1024
_ALL = ((),)
_POSTURE = ((), (SEVERITY,), (CONCERN,))


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric that a run emits.

    Args:
        name: in the namespace `SageMakerAuditor`.
        unit: CloudWatch's.
        dimensions: the sets under which it is emitted; the empty one is the whole run.
        meaning: what the number says.
    """

    name: str
    unit: str
    dimensions: tuple[tuple[str, ...], ...]
    meaning: str


METRICS: tuple[Metric, ...] = (
    Metric("Passed", "Count", _POSTURE, "findings that passed"),
    Metric("Failed", "Count", (*_POSTURE, (RULE,)), "findings that failed, without those that are waived"),
    Metric("NotAvailable", "Count", _POSTURE, "findings that could not be assessed"),
    Metric("Waived", "Count", ((), (SEVERITY,)), "failed findings with a waiver in force"),
    Metric("NewFailed", "Count", ((), (SEVERITY,)), "of Failed, those that had not failed in the run before"),
    Metric("FailedSevere", "Count", ((), (ACCOUNT,)), "of Failed, those of severity HIGH or CRITICAL"),
    Metric("Score", "Percent", _ALL, "share of passed findings, weighted by severity; waived ones count as failed"),
    Metric("Resources", "Count", _ALL, "resources that were read"),
    Metric("TargetsPlanned", "Count", _ALL, "accounts by regions that were to be scanned"),
    Metric("TargetsScanned", "Count", _ALL, "of TargetsPlanned, those that were read whole"),
    Metric("TargetsPartial", "Count", _ALL, "of TargetsPlanned, those with a hole"),
    Metric("TargetsNotScanned", "Count", _ALL, "of TargetsPlanned, those of which nothing is known"),
    Metric("Requests", "Count", _ALL, "requests sent to AWS"),
    Metric("Throttles", "Count", _ALL, "of Requests, those that AWS throttled"),
    Metric("DurationSeconds", "Seconds", _ALL, "how long the run took"),
    Metric("Heartbeat", "Count", _ALL, "1 for a run that came to its end, whole or not; alarm where it is missing"),
)
_UNITS = {metric.name: metric.unit for metric in METRICS}
_OF_CONCERN = tuple(metric.name for metric in METRICS if (CONCERN,) in metric.dimensions)


def metric_lines(
    totals: RunTotals, now: datetime, *, run: str = "", dimensions: Iterable[str] = STANDARD_DIMENSIONS
) -> Iterator[str]:
    """The metrics of a run, each line one JSON object without its line end.

    Args:
        totals: of a report, or merged of many targets.
        now: the time that the values are for.
        run: the id of the run; stands in the lines, searchable in Logs Insights, and is no dimension.
        dimensions: of SEVERITY, RULE, CONCERN and ACCOUNT; the whole run is always emitted.
    """
    wanted = frozenset(dimensions)
    line = _Lines(int(now.timestamp() * 1000), run)
    rules = totals.rules
    # Without a run to compare with nothing is known of what is new: no value, so that no alarm takes it for one.
    compared = any(rule.new is not None for rule in rules)
    whole = {**_findings(rules, compared), **_health(totals), "FailedSevere": sum(totals.severe.values())}
    if ACCOUNT in wanted and len(totals.severe) == 1:
        # One account's number is the whole run's: both sets name it in one line.
        (account,) = totals.severe
        yield line.of(whole, {ACCOUNT: account}, {"FailedSevere": [[], [ACCOUNT]]})
    else:
        yield line.of(whole, {})
    if SEVERITY in wanted:
        for severity in Severity:
            counts = _findings([r for r in rules if r.severity == severity], compared)
            yield line.of(counts, {SEVERITY: severity.value})
    if CONCERN in wanted:
        for concern in sorted({r.concern for r in rules}):
            counts = _findings([r for r in rules if r.concern == concern], compared)
            yield line.of({name: counts[name] for name in _OF_CONCERN}, {CONCERN: concern})
    if RULE in wanted:
        for rule, number in sorted(_failed_by_rule(rules).items()):
            yield line.of({"Failed": number}, {RULE: rule})
    if ACCOUNT in wanted and len(totals.severe) > 1:
        for account, number in sorted(totals.severe.items()):
            yield line.of({"FailedSevere": number}, {ACCOUNT: account})


def _failed_by_rule(rules: Iterable[RuleTotals]) -> Counter[str]:
    """A rule may have several severities; 0 is a value."""
    failed: Counter[str] = Counter()
    for counts in rules:
        failed[counts.rule] += counts.failed
    return failed


def _findings(rules: Collection[RuleTotals], compared: bool) -> dict[str, float]:
    out: dict[str, float] = {
        "Passed": sum(rule.passed for rule in rules),
        "Failed": sum(rule.failed for rule in rules),
        "NotAvailable": sum(rule.not_available for rule in rules),
        "Waived": sum(rule.waived for rule in rules),
    }
    if compared:
        out["NewFailed"] = sum(rule.new or 0 for rule in rules)
    return out


def _health(totals: RunTotals) -> dict[str, float]:
    targets = totals.targets
    out: dict[str, float] = {
        "Resources": totals.resources,
        "TargetsPlanned": sum(targets.values()),
        "TargetsScanned": targets.get(TargetStatus.SCANNED, 0),
        "TargetsPartial": targets.get(TargetStatus.PARTIAL, 0),
        "TargetsNotScanned": targets.get(TargetStatus.NOT_SCANNED, 0),
        "Requests": totals.requests,
        "Throttles": totals.throttles,
        "DurationSeconds": totals.seconds,
        "Heartbeat": 1,
    }
    if totals.score is not None:
        out["Score"] = totals.score
    return out


@dataclass(frozen=True, slots=True)
class _Lines:
    timestamp: int
    run: str

    def of(
        self,
        values: Mapping[str, float],
        dimensions: Mapping[str, str],
        sets: Mapping[str, list[list[str]]] | None = None,
    ) -> str:
        """One line; `sets` names the metrics whose dimension sets are not simply all of `dimensions`."""
        usual = [[]] if sets else [list(dimensions)]
        by_sets: dict[str, list[dict[str, str]]] = {}
        for name in values:
            key = json.dumps((sets or {}).get(name, usual))
            by_sets.setdefault(key, []).append({"Name": name, "Unit": _UNITS[name]})
        directives = [
            {"Namespace": NAMESPACE, "Dimensions": json.loads(key), "Metrics": metrics}
            for key, metrics in by_sets.items()
        ]
        document = {
            "_aws": {"Timestamp": self.timestamp, "CloudWatchMetrics": directives},
            **({"Run": self.run} if self.run else {}),
            **{name: _ascii(value) for name, value in dimensions.items()},
            **values,
        }
        return json.dumps(document, separators=(",", ":"))


def _ascii(value: str) -> str:
    # The page "Dimension" of CloudWatch's API reference: ASCII, at least one character that is no space.
    text = value.encode("ascii", "backslashreplace").decode("ascii")[:_LONGEST_VALUE]
    return text if text.strip() and text.isprintable() else repr(text)[:_LONGEST_VALUE]
