"""Findings on one document in several scenarios: of each the worst, with the scenarios in which it holds."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from auditor.model.finding import Evidence, Finding, finding_ids
from auditor.model.resource import Location, Resource
from auditor.model.rule import Rule
from auditor.model.verdict import Status

_WORST_FIRST = (Status.FAILED, Status.NOT_AVAILABLE, Status.PASSED)

# As a `RuleCount` calls it.
_NOT_APPLICABLE = "not_applicable"

Scenario = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Same:
    """What one rule says of one resource, scenario by scenario."""

    said: list[tuple[Scenario, Finding]] = field(default_factory=list)


class Scenarios:
    """Takes the findings of every scenario of a document.

    Args:
        rules: the rules that are asked about each resource.
        asked: how often each was asked, by rule and status, as far as nothing of the document was judged yet.
    """

    def __init__(self, rules: Iterable[Rule], asked: Mapping[str, Counter[str]]) -> None:
        self._found: dict[str, _Same] = {}
        self._scopes = {rule.id: [kind.cfn_type for kind in rule.scope] for rule in rules}
        self._asked = asked
        self._before = {rule: counter[_NOT_APPLICABLE] for rule, counter in asked.items()}
        self._resources: defaultdict[str, set[str]] = defaultdict(set)

    def met(self, resource: Resource) -> None:
        """Take note of a resource that is judged in one scenario, and perhaps in others."""
        place = resource.origin.default
        called = finding_ids(resource.identity, place if isinstance(place, Location) else None)
        self._resources[resource.cfn_type].add(called(""))

    def add(self, finding: Finding, scenario: Scenario) -> None:
        """Take a finding of one scenario."""
        self._found.setdefault(finding.id, _Same()).said.append((scenario, finding))

    def merged(self) -> Iterator[Finding]:
        """One finding of each rule on each resource: the worst; where it does not always hold, it says when."""
        for same in self._found.values():
            worst = min((finding for _, finding in same.said), key=lambda one: _WORST_FIRST.index(one.status))
            holds = [scenario for scenario, finding in same.said if finding.status is worst.status]
            others = [scenario for scenario, finding in same.said if finding.status is not worst.status]
            yield _named(worst, _telling(holds, others)) if others else worst

    def repeated(self) -> Iterator[tuple[str, str, int]]:
        """How often a rule said something of a resource that is not told, by rule and status."""
        surplus: Counter[tuple[str, str]] = Counter()
        told: Counter[str] = Counter()
        for same in self._found.values():
            kept = min((finding.status for _, finding in same.said), key=_WORST_FIRST.index)
            surplus.update((finding.rule, finding.status) for _, finding in same.said)
            surplus[same.said[0][1].rule, kept] -= 1
            told[same.said[0][1].rule] += 1
        for rule, kinds in self._scopes.items():
            # Where a rule says something in one scenario, it does not count that it has nothing to say in another.
            applies_not = sum(len(self._resources[kind]) for kind in kinds) - told[rule]
            surplus[rule, _NOT_APPLICABLE] += self._asked[rule][_NOT_APPLICABLE] - self._before[rule] - applies_not
        yield from ((rule, status, count) for (rule, status), count in surplus.items() if count)


def _telling(holds: list[Scenario], others: list[Scenario]) -> list[Scenario]:
    """Scenarios without what makes no difference between those in which something holds and the others."""
    for subject in dict.fromkeys(name for scenario in holds for name, _ in scenario):
        shorter = [_without(scenario, subject) for scenario in holds]
        rest = [_without(scenario, subject) for scenario in others]
        if not set(shorter) & set(rest):
            holds, others = shorter, rest
    return list(dict.fromkeys(holds))


def _without(scenario: Scenario, subject: str) -> Scenario:
    return tuple(pair for pair in scenario if pair[0] != subject)


def _named(finding: Finding, scenarios: list[Scenario]) -> Finding:
    words = [", ".join(f"{name} = {value}" for name, value in scenario) for scenario in scenarios]
    known = [one for one in words if one]
    if not known:
        return finding
    more = f" and {len(known) - 1} more" if len(known) > 1 else ""
    where = str(finding.evidence[0].observed) if finding.evidence else ""
    return replace(
        finding,
        message=f"{finding.message} (in the scenario {known[0]}{more})",
        evidence=(*finding.evidence, Evidence("scenarios", known, where)),
    )
