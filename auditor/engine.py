"""Judging: resources and rules in, findings out. Pure: no input, no output, no clock."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auditor.model.coverage import RuleCount
from auditor.model.finding import Evidence, Finding, Place, ResourceRef, correlation_key, finding_id
from auditor.model.inventory import Inventory
from auditor.model.paths import path_of, value_at
from auditor.model.resource import Lifecycle, Location, Resource
from auditor.model.rule import Rule
from auditor.model.unknown import CannotAssess, Reason, Unknown
from auditor.model.verdict import Fact, Status, Verdict, Where

_NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class _Subject:
    """What the findings on one resource have in common."""

    resource: Resource
    ref: ResourceRef
    place: Place | None
    location: Location | None
    lifecycle: Lifecycle
    group: str
    correlation: str
    observed: str

    @classmethod
    def of(cls, resource: Resource) -> "_Subject":
        default = resource.origin.default
        location = default if isinstance(default, Location) else None
        lifecycle = resource.lifecycle()
        return cls(
            resource,
            ResourceRef.of(resource),
            Place(location.file, location.line, location.logical_id) if location else None,
            location,
            lifecycle,
            resource.creator() if lifecycle is Lifecycle.HISTORICAL else "",
            correlation_key(resource.identity),
            str(default),
        )

    def observed_at(self, path: str) -> str:
        """Where the value at a path of the resource was observed."""
        origin = self.resource.origin
        return str(origin.of(path)) if origin.members else self.observed


class Judge:
    """Asks rules about resources and counts what they say.

    Args:
        rules: the selected rules.
        inventory: what was collected; needed complete only by rules that wait for neighbours.
        now: the time of the scan.
    """

    def __init__(self, rules: Iterable[Rule], inventory: Inventory, now: datetime) -> None:
        self._inventory = inventory
        self._now = now
        self._prompt: dict[str, list[Rule]] = {}
        self._waiting: dict[str, list[Rule]] = {}
        self._counts: dict[str, Counter[str]] = {}
        for rule in rules:
            self._counts[rule.id] = Counter()
            for kind in rule.scope:
                (self._waiting if rule.waits else self._prompt).setdefault(kind.cfn_type, []).append(rule)

    def must_wait(self, cfn_type: str) -> bool:
        """Whether a rule on this type needs neighbours."""
        return cfn_type in self._waiting

    def streaming(self, resource: Resource) -> Iterator[Finding]:
        """Findings of the rules that need nothing but the resource."""
        return self._judge(resource, self._prompt.get(resource.cfn_type, ()))

    def settled(self, resource: Resource) -> Iterator[Finding]:
        """Findings of the rules that need neighbours, once the inventory holds them."""
        return self._judge(resource, self._waiting.get(resource.cfn_type, ()))

    def judge(self, resource: Resource) -> Iterator[Finding]:
        """Findings of every rule on a resource."""
        yield from self.streaming(resource)
        yield from self.settled(resource)

    def counts(self) -> tuple[RuleCount, ...]:
        """How often each rule was asked, and what it said, in the order of the catalog."""
        return tuple(
            RuleCount(
                rule,
                counter[Status.PASSED],
                counter[Status.FAILED],
                counter[Status.NOT_AVAILABLE],
                counter[_NOT_APPLICABLE],
            )
            for rule, counter in self._counts.items()
        )

    def _judge(self, resource: Resource, rules: Iterable[Rule]) -> Iterator[Finding]:
        subject: _Subject | None = None
        for rule in rules:
            verdict = self._ask(rule, resource)
            if isinstance(verdict, Verdict) and verdict.status is None:
                self._counts[rule.id][_NOT_APPLICABLE] += 1
                continue
            subject = subject or _Subject.of(resource)
            finding = _finding(rule, subject, verdict)
            self._counts[rule.id][finding.status] += 1
            yield finding

    def _ask(self, rule: Rule, resource: Resource) -> Verdict | CannotAssess:
        try:
            return rule.judge(resource, *(self._hand_over(need, resource) for need in rule.needs))
        except CannotAssess as error:
            return error
        except Exception as error:  # noqa: BLE001  one faulty rule must not take the others down with it
            return CannotAssess(Unknown(Reason.RULE_ERROR, f"{type(error).__name__}: {error}"))

    def _hand_over(self, need: type[Any], resource: Resource) -> Any:
        return self._now if need is datetime else self._inventory.related(need, resource)


def _finding(rule: Rule, subject: _Subject, verdict: Verdict | CannotAssess) -> Finding:
    resource = subject.resource
    if isinstance(verdict, Verdict):
        status, reason, message = verdict.status or Status.NOT_AVAILABLE, None, verdict.message
        evidence = tuple(_evidence(subject, where) for where in verdict.at)
    else:
        status, reason = Status.NOT_AVAILABLE, verdict.unknown.reason
        message, evidence = _unknown_evidence(subject, verdict)
    return Finding(
        id=finding_id(rule.id, resource.identity, subject.location),
        rule=rule.id,
        status=status,
        severity=rule.severity,
        lifecycle=subject.lifecycle,
        reason=reason,
        message=message,
        resource=subject.ref,
        location=subject.place,
        evidence=evidence,
        correlation=subject.correlation,
        group=subject.group,
    )


def _evidence(subject: _Subject, where: Where) -> Evidence:
    if isinstance(where, Fact):
        identity = where.resource.identity
        name = f"{identity.type.rpartition('::')[2]}({identity.name})"
        shown = f"{name}.{where.path}" if where.path else name
        value, given = value_at(where.resource, where.path)
        observed = str(where.resource.origin.of(where.path))
    else:
        shown = where
        value, given = value_at(subject.resource, where)
        observed = subject.observed_at(where)
    return Evidence(shown, value, observed if given else f"not set; {observed}")


def _unknown_evidence(subject: _Subject, error: CannotAssess) -> tuple[str, tuple[Evidence, ...]]:
    unknown, resource = error.unknown, subject.resource
    path = path_of(resource, error.holder, error.field) if error.holder is not None else ""
    what = path or error.field or "what the rule needs"
    message = f"{what} could not be assessed ({unknown.reason}): {unknown.detail}"
    return message, (Evidence(path, repr(unknown), subject.observed_at(path)),)
