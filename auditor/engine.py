"""Judging: resources and rules in, findings out. Pure: no input, no output, no clock."""

import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath
from typing import Any, NoReturn

from auditor.model.coverage import RuleCount
from auditor.model.finding import Evidence, Finding, Place, ResourceRef, correlation_key, finding_ids
from auditor.model.inventory import Inventory, Related
from auditor.model.parameter import Value
from auditor.model.paths import path_of, value_at
from auditor.model.resource import Lifecycle, Location, Observation, Resource
from auditor.model.rule import Rule
from auditor.model.unknown import CannotAssess, Reason, Unknown
from auditor.model.verdict import Fact, Status, Verdict, Where

_NOT_APPLICABLE = "not_applicable"
_DEFAULTS: Mapping[str, Value] = {}


@dataclass(frozen=True, slots=True)
class _Subject:
    """What the findings on one resource have in common."""

    resource: Resource
    ref: ResourceRef
    place: Place | None
    lifecycle: Lifecycle
    group: str
    correlation: str
    observed: str
    ids: Callable[[str], str]
    # Evidence and place of a finding, and the findings of several rules, are about the same few paths.
    origins: dict[str, Observation | Location] = field(default_factory=dict)

    @classmethod
    def of(cls, resource: Resource) -> "_Subject":
        default = resource.origin.default
        location = default if isinstance(default, Location) else None
        lifecycle = resource.lifecycle()
        return cls(
            resource,
            ResourceRef.of(resource),
            Place(location.file, location.line, location.logical_id) if location else None,
            lifecycle,
            resource.creator() if lifecycle is Lifecycle.HISTORICAL else "",
            correlation_key(resource.identity),
            str(default),
            finding_ids(resource.identity, location),
        )

    def observed_at(self, path: str) -> str:
        """Where the value at a path of the resource was observed."""
        origin = self.resource.origin
        return str(self._origin_of(path)) if origin.members or origin.locate else self.observed

    def place_at(self, at: tuple[Where, ...]) -> Place | None:
        """Where in its file the first value that a finding rests on stands; the resource itself where elsewhere."""
        origin = self.resource.origin
        if not (origin.locate or origin.members) or not at or isinstance(at[0], Fact):
            return self.place
        found = self._origin_of(at[0])
        return Place(found.file, found.line, found.logical_id) if isinstance(found, Location) else self.place

    def _origin_of(self, path: str) -> Observation | Location:
        found = self.origins.get(path)
        if found is None:
            found = self.origins[path] = self.resource.origin.of(path)
        return found


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
        self.asked: dict[str, Counter[str]] = {}
        for rule in rules:
            self.asked[rule.id] = Counter()
            for kind in rule.scope:
                (self._waiting if rule.waits else self._prompt).setdefault(kind.cfn_type, []).append(rule)

    def streaming(self, resource: Resource) -> tuple[list[Finding], list[str]]:
        """The findings that need nothing but the resource, and the ids of the rules that must wait.

        A rule that could look at neighbours is asked as well; it waits only where it does look at them.
        """
        subject = _Asked(resource)
        findings = list(self._judge(subject, self._prompt.get(resource.cfn_type, ()), self._hand_over))
        waiting: list[str] = []
        for rule in self._waiting.get(resource.cfn_type, ()):
            try:
                findings += self._judge(subject, (rule,), self._hold_back)
            except NotYet:
                waiting.append(rule.id)
        return findings, waiting

    def settled(self, resource: Resource, rules: Iterable[str] | None = None) -> Iterator[Finding]:
        """Findings of the rules that waited, once the inventory holds the neighbours.

        Args:
            resource: what is judged.
            rules: ids of the rules that `streaming` let wait; None for every rule that needs neighbours.
        """
        wanted = None if rules is None else set(rules)
        every = self._waiting.get(resource.cfn_type, ())
        chosen = [rule for rule in every if wanted is None or rule.id in wanted]
        return self._judge(_Asked(resource), chosen, self._hand_over)

    def judge(self, resource: Resource) -> Iterator[Finding]:
        """Findings of every rule on a resource; the inventory must hold the neighbours."""
        yield from self._judge(_Asked(resource), self._prompt.get(resource.cfn_type, ()), self._hand_over)
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
            for rule, counter in self.asked.items()
        )

    def _judge(self, asked: "_Asked", rules: Iterable[Rule], give: "_Give") -> Iterator[Finding]:
        for rule in rules:
            verdict = self._ask(rule, asked.resource, give)
            if isinstance(verdict, Verdict) and verdict.status is None:
                self.asked[rule.id][_NOT_APPLICABLE] += 1
                continue
            finding = _finding(rule, asked.subject(), verdict)
            self.asked[rule.id][finding.status] += 1
            yield finding

    def _ask(self, rule: Rule, resource: Resource, give: "_Give") -> Verdict | CannotAssess:
        try:
            values = rule.values_for(resource) if rule.parameters else _DEFAULTS
            verdict = rule.judge(resource, *(give(need, resource) for need in rule.needs), **values)
            return _with_values(rule, verdict, values) if values else verdict
        except CannotAssess as error:
            return error
        except NotYet:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001  one faulty rule must not take the others down with it
            return CannotAssess(Unknown(Reason.RULE_ERROR, _where_it_broke(error)))

    def _hand_over(self, need: type[Any], resource: Resource) -> Any:
        return self._now if need is datetime else self._inventory.related(need, resource)

    def _hold_back(self, need: type[Any], resource: Resource) -> Any:
        return self._now if need is datetime else _TooEarly(self._inventory.related(need, resource))


def _with_values(rule: Rule, verdict: Verdict, values: Mapping[str, Value]) -> Verdict:
    """A verdict whose message tells the parameters that it rests on."""
    return Verdict(verdict.status, f"{verdict.message} ({rule.said(values)})", verdict.at)


def _where_it_broke(error: BaseException) -> str:
    """Type and line, without the error's own words: they may hold values of the resource, secrets among them."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    # The deepest line of the rule's own file, not of what it calls.
    line = next((frame for frame in reversed(frames) if frame.filename == frames[0].filename), None)
    place = f" in {PurePath(line.filename).name}, line {line.lineno}" if line else ""
    return f"{type(error).__name__}{place}"


class NotYet(Exception):  # noqa: N818  an answer to the engine, not an error
    """A rule looked at neighbours that are not collected yet."""


class _TooEarly:
    """Stands in for `Related` while resources stream by: what is known already can be found, no more."""

    def __init__(self, related: Related[Any]) -> None:
        self._related = related

    def find(self, name: str) -> Resource:
        """The resource that a name refers to, if it was collected before its turn."""
        found: Resource | None = self._related.known(name)
        if found is None:
            raise NotYet(name)
        return found

    def all(self) -> NoReturn:
        """Say that it is too early."""
        raise NotYet

    def seen(self) -> NoReturn:
        """Say that it is too early."""
        raise NotYet


_Give = Callable[[type[Any], Resource], Any]


@dataclass(slots=True)
class _Asked:
    """A resource that is being judged; what its findings share is made when the first of them arises."""

    resource: Resource
    made: _Subject | None = None

    def subject(self) -> _Subject:
        self.made = self.made or _Subject.of(self.resource)
        return self.made


def _finding(rule: Rule, subject: _Subject, verdict: Verdict | CannotAssess) -> Finding:
    if isinstance(verdict, Verdict):
        status, reason, message = verdict.status or Status.NOT_AVAILABLE, None, verdict.message
        at, evidence = verdict.at, tuple(_evidence(subject, where) for where in verdict.at)
    else:
        status, reason = Status.NOT_AVAILABLE, verdict.unknown.reason
        message, evidence = _unknown_evidence(subject, verdict)
        at = tuple(item.path for item in evidence)
    return Finding(
        id=subject.ids(rule.id),
        rule=rule.id,
        status=status,
        severity=rule.severity,
        lifecycle=subject.lifecycle,
        reason=reason,
        message=message,
        resource=subject.ref,
        location=subject.place_at(at),
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
    why = f": {unknown.detail}" if unknown.detail else ""
    message = f"{what} could not be assessed ({unknown.reason.value}){why}"
    return message, (Evidence(path, unknown.words, subject.observed_at(path)),)
