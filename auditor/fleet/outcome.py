"""What a unit of work came to, and the cursor that keeps which units of a target are done."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Self

from auditor import __version__
from auditor.delivery.store import ObjectStore
from auditor.errors import InputError
from auditor.fleet.records import read_json, write_json
from auditor.model.codec import CodecError, decode_gap, encode_gap
from auditor.model.coverage import RequestCount, RuleCount, Target, TargetStatus
from auditor.model.gap import Gap
from auditor.model.resource import Lifecycle
from auditor.model.unknown import Reason
from auditor.model.verdict import Severity, Status
from auditor.scan.summary import Tallied
from auditor.sources.live.neighbours import Wanted
from auditor.sources.live.neighbours.wanted import GROUPS, KEYS, SUBNETS, VPCS, RepositoryName

_KINDS = (KEYS, SUBNETS, GROUPS, VPCS)
_NUMBERS = ("passed", "failed", "not_available", "not_applicable")
# Of two parts of one family, the one that was read less far speaks for both.
_WORST = (TargetStatus.NOT_SCANNED, TargetStatus.PARTIAL, TargetStatus.SCANNED)
DONE = "done"

Tally = Counter[Tallied]


@dataclass(slots=True)
class Outcome:
    """What one unit came to.

    Args:
        unit: its name.
        findings: how many were written.
        waiting: the rules for which resources of it wait.
        kinds: the types of the facts that it kept.
        types: the SageMaker types of which it found something.
        wanted: what its resources refer to.
        claimed: names of buckets that this target judges.
        gaps: what it could not see.
        targets: how far families were read.
        asked: how often each rule was asked.
        tally: findings by rule, severity, lifecycle, status and waiver.
        family: the type of a unit that collects.
        rest_from: where its next part begins; None where nothing is left.
    """

    unit: str
    findings: int = 0
    waiting: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    types: set[str] = field(default_factory=set)
    wanted: Wanted | None = None
    claimed: list[str] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    asked: tuple[RuleCount, ...] = ()
    tally: Tally = field(default_factory=Counter)
    family: str = ""
    rest_from: datetime | None = None

    @property
    def cut_short(self) -> bool:
        """Whether time ran out before it was done."""
        return any(gap.reason is Reason.DEADLINE for gap in self.gaps)


@dataclass(slots=True)
class References:
    """What the resources of a region refer to, as plain data; sorted, each once."""

    named: dict[str, list[str]] = field(default_factory=dict)
    repositories: list[list[str]] = field(default_factory=list)
    buckets: dict[str, str] = field(default_factory=dict)
    serves: bool = False

    def add(self, wanted: Wanted, region: str) -> None:
        """Take what a unit found."""
        for kind in _KINDS:
            found = wanted.references(kind, region)
            if found:
                self.named[kind] = sorted({*self.named.get(kind, ()), *found})
        names = {tuple(given) for given in self.repositories}
        names |= {(name.account, name.region, name.name) for name in wanted.repositories(region)}
        self.repositories = [list(name) for name in sorted(names)]
        for bucket, where in wanted.buckets():
            self.buckets.setdefault(bucket, where)
        self.serves = self.serves or wanted.serves(region)


class Named(Wanted):
    """References that units found earlier.

    Args:
        region: the region that refers.
        references: to what.
    """

    def __init__(self, region: str, references: References) -> None:
        super().__init__((region,))
        self._references = references
        for bucket, where in references.buckets.items():
            self.note_bucket(bucket, where)

    def references(self, kind: str, region: str) -> tuple[str, ...]:
        """See `Wanted`."""
        del region
        return tuple(self._references.named.get(kind, ()))

    def repositories(self, region: str) -> tuple[RepositoryName, ...]:
        """See `Wanted`."""
        del region
        return tuple(RepositoryName(*given) for given in self._references.repositories)

    def serves(self, region: str) -> bool:
        """See `Wanted`."""
        del region
        return self._references.serves


@dataclass(slots=True)
class Cursor:
    """Which units of a target are done, and what they came to together; one object in the bucket.

    Args:
        started: when the first invocation began, in ISO 8601.
        tool: the version that wrote it; another begins anew.
        invocations: how many there were.
        stalled: how many of the last ones finished no unit.
        families: type to `done`, or to the time where the next part of its jobs begins.
        done: unit to its number of findings, the rules that wait and the types of its facts.
        types, claimed: as of `Outcome`, of all units.
        references: what was found to be referred to.
        gaps, targets, requests, asked, tally: of all units.
    """

    started: str
    tool: str = __version__
    invocations: int = 0
    stalled: int = 0
    families: dict[str, str] = field(default_factory=dict)
    done: dict[str, dict[str, Any]] = field(default_factory=dict)
    types: set[str] = field(default_factory=set)
    claimed: set[str] = field(default_factory=set)
    references: References = field(default_factory=References)
    gaps: dict[Gap, None] = field(default_factory=dict)
    targets: dict[tuple[str, str, str], Target] = field(default_factory=dict)
    requests: dict[str, RequestCount] = field(default_factory=dict)
    asked: dict[str, RuleCount] = field(default_factory=dict)
    tally: Tally = field(default_factory=Counter)

    def commit(self, outcome: Outcome, region: str) -> None:
        """Note a unit whose objects have been written."""
        self.done[outcome.unit] = {
            "findings": outcome.findings,
            "waiting": list(outcome.waiting),
            "kinds": list(outcome.kinds),
        }
        if outcome.family:
            rest = outcome.rest_from
            self.families[outcome.family] = DONE if rest is None else rest.isoformat()
        self.types |= outcome.types
        self.claimed |= set(outcome.claimed)
        if outcome.wanted is not None:
            self.references.add(outcome.wanted, region)
        self.gaps.update(dict.fromkeys(outcome.gaps))
        for target in outcome.targets:
            key = (target.account, target.region, target.family)
            self.targets[key] = _joined(self.targets[key], target) if key in self.targets else target
        self.add_asked(outcome.asked)
        self.tally.update(outcome.tally)

    def add_asked(self, counts: Iterable[RuleCount]) -> None:
        """Add how often rules were asked."""
        for count in counts:
            before = self.asked.get(count.rule, RuleCount(count.rule))
            sums = {name: getattr(before, name) + getattr(count, name) for name in _NUMBERS}
            self.asked[count.rule] = RuleCount(count.rule, **sums)

    def add_requests(self, counts: Iterable[RequestCount]) -> None:
        """Add what an invocation has asked for."""
        for count in counts:
            before = self.requests.get(count.operation, RequestCount(count.operation, 0))
            self.requests[count.operation] = RequestCount(
                count.operation,
                before.calls + count.calls,
                before.throttled + count.throttled,
                round(before.waited_seconds + count.waited_seconds, 3),
            )

    def save(self, store: ObjectStore, key: str) -> None:
        """Write the cursor.

        Raises:
            StoreError: the store cannot be written.
        """
        plain = {
            **{name: getattr(self, name) for name in ("started", "tool", "invocations", "stalled", "families", "done")},
            "types": sorted(self.types),
            "claimed": sorted(self.claimed),
            "references": asdict(self.references),
            "gaps": [encode_gap(gap) for gap in self.gaps],
            "targets": [asdict(target) for target in self.targets.values()],
            "requests": [asdict(count) for count in self.requests.values()],
            "asked": [asdict(count) for count in self.asked.values()],
            "tally": tally_rows(self.tally),
        }
        write_json(store, key, plain)

    @classmethod
    def load(cls, store: ObjectStore, key: str) -> Self | None:
        """The cursor under a key; None where there is none, or another version wrote it.

        Raises:
            InputError: it is none.
            StoreError: the store cannot be read.
        """
        data = read_json(store, key)
        if data is None or not isinstance(data, Mapping) or data.get("tool") != __version__:
            return None
        try:
            plain = {name: data[name] for name in ("started", "tool", "invocations", "stalled", "families", "done")}
            targets = [Target(**{**one, "status": TargetStatus(one["status"])}) for one in data["targets"]]
            return cls(
                **plain,
                types=set(data["types"]),
                claimed=set(data["claimed"]),
                references=References(**{f.name: data["references"][f.name] for f in fields(References)}),
                gaps=dict.fromkeys(decode_gap(gap) for gap in data["gaps"]),
                targets={(one.account, one.region, one.family): one for one in targets},
                requests={one["operation"]: RequestCount(**one) for one in data["requests"]},
                asked={one["rule"]: RuleCount(**one) for one in data["asked"]},
                tally=read_tally(data["tally"]),
            )
        except (KeyError, TypeError, ValueError, CodecError) as error:
            raise InputError(f"is no cursor: {error}", file=key, remedy="start the run anew") from None


def tally_rows(tally: Tally) -> list[list[Any]]:
    """Counts as plain data, sorted."""
    return sorted([*map(str, key[:-1]), key[-1], number] for key, number in tally.items())


def read_tally(rows: Iterable[list[Any]]) -> Tally:
    """What `tally_rows` gave."""
    return Counter(
        {
            (rule, Severity(severity), Lifecycle(lifecycle), Status(status), bool(waived)): number
            for rule, severity, lifecycle, status, waived, number in rows
        }
    )


def _joined(one: Target, other: Target) -> Target:
    status = min(one.status, other.status, key=_WORST.index)
    if TargetStatus.NOT_SCANNED in (one.status, other.status) and one.status is not other.status:
        status = TargetStatus.PARTIAL
    worse = min(one, other, key=lambda target: _WORST.index(target.status))
    reason = worse.reason or one.reason or other.reason
    return Target(one.account, one.region, one.family, status, one.resources + other.resources, reason)
