"""Counting findings as they arise."""

from collections import Counter
from collections.abc import Iterable, Mapping

from auditor.model.coverage import Summary, Tally
from auditor.model.finding import Finding
from auditor.model.resource import Lifecycle
from auditor.model.rule import Rule
from auditor.model.verdict import Severity, Status

# A CRITICAL finding weighs as much as forty informational ones. Stated in every report beside the score.
WEIGHTS: Mapping[Severity, int] = {
    Severity.INFORMATIONAL: 1,
    Severity.LOW: 3,
    Severity.MEDIUM: 8,
    Severity.HIGH: 20,
    Severity.CRITICAL: 40,
}

Tallied = tuple[str, Severity, Lifecycle, Status, bool]


class Counts:
    """Counts of findings by rule, severity, lifecycle, status and waiver.

    Args:
        rules: the selected rules, which tell the concern of a finding.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._concerns = {rule.id: rule.concern for rule in rules}
        self.tally: Counter[Tallied] = Counter()

    def add(self, finding: Finding) -> None:
        """Count one finding."""
        waived = finding.waiver is not None
        self.tally[finding.rule, finding.severity, finding.lifecycle, finding.status, waived] += 1

    def failed_at(self, threshold: Severity, *, historical: bool = False) -> int:
        """Unwaived, failed findings at or above a severity; those on ended jobs only where asked for."""
        return sum(
            number
            for (_, severity, lifecycle, status, waived), number in self.tally.items()
            if status is Status.FAILED
            and (historical or lifecycle is Lifecycle.CURRENT)
            and not waived
            and severity.rank >= threshold.rank
        )

    def summary(self) -> Summary:
        """The counts by status, severity and concern, and the score."""
        total: Counter[str] = Counter()
        severities: dict[str, Counter[str]] = {severity.value: Counter() for severity in reversed(Severity)}
        concerns: dict[str, Counter[str]] = {concern: Counter() for concern in sorted(set(self._concerns.values()))}
        for key, number in self.tally.items():
            for name in _names(key):
                total[name] += number
                severities[key[1].value][name] += number
                concerns[self._concerns[key[0]]][name] += number
        return Summary(
            by_status=Tally(**total),
            by_severity={name: Tally(**tally) for name, tally in severities.items()},
            by_concern={name: Tally(**tally) for name, tally in concerns.items()},
            score=self._score(),
            weights={severity.value: weight for severity, weight in WEIGHTS.items()},
        )

    def _score(self) -> float | None:
        good = whole = 0
        for (_, severity, lifecycle, status, _), number in self.tally.items():
            if lifecycle is Lifecycle.CURRENT:
                whole += WEIGHTS[severity] * number
                good += WEIGHTS[severity] * number if status is Status.PASSED else 0
        return round(100 * good / whole, 1) if whole else None


def _names(key: Tallied) -> tuple[str, ...]:
    _, _, lifecycle, status, waived = key
    prefix = "historical_" if lifecycle is Lifecycle.HISTORICAL else ""
    name = prefix + status.value.lower()
    return (name, "waived") if waived and status is Status.FAILED else (name,)
