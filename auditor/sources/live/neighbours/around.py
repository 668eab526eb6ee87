"""What every collector of neighbours is handed, and how it says what it found."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from auditor.model.coverage import Target, TargetStatus
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Identity, Observation, Origin, Resource
from auditor.model.unknown import Reason, Unknown
from auditor.sources.live.neighbours.wanted import Wanted
from auditor.sources.live.reader import Answer, Reader, ReadFailed

T = TypeVar("T")
Items = Iterator[Resource | Gap]


@dataclass(slots=True)
class Around:
    """One region of an account, or the account as a whole seen from its home region.

    Args:
        reader: asks AWS.
        region: where to ask.
        wanted: what the resources refer to.
        types: the types that are needed.
        regions: the regions that are scanned.
        members_needed: type to the members that are needed; None for all members.
    """

    reader: Reader
    region: str
    wanted: Wanted
    types: frozenset[type[Resource]]
    regions: tuple[str, ...] = ()
    members_needed: Mapping[str, frozenset[str]] | None = None
    denied: dict[tuple[str, str, Reason], Gap] = field(default_factory=dict)

    def needs(self, kind: type[Resource], member: str = "") -> bool:
        """Whether a type, or one of its members, is asked for."""
        if kind not in self.types:
            return False
        if not member or self.members_needed is None:
            return True
        return member in self.members_needed.get(kind.cfn_type, frozenset())

    def arn(self, service: str, resource: str, region: str | None = None) -> str:
        """An ARN of this account in its partition; an empty region for services that have none."""
        place = self.region if region is None else region
        return f"arn:{self.reader.partition}:{service}:{place}:{self.reader.account}:{resource}"

    def scope(self, kind: type[Resource], resource: str = "") -> Scope:
        """All of a type here, or one resource of it."""
        return Scope(self.reader.account, self.region, kind.cfn_type, resource)

    def build(
        self,
        kind: type[Resource],
        raw: Mapping[str, Any],
        observation: Observation,
        *,
        name: str = "",
        arn: str = "",
        places: Mapping[str, Observation] | None = None,
        region: str = "",
    ) -> Resource:
        """A resource of this account and region; name and ARN from the model's members where they are there."""
        name = name or str(raw.get(kind.name_member) or arn.rpartition("/")[2])
        known = str(raw.get(kind.arn_member) or arn)
        identity = Identity(
            kind.cfn_type, name, known, self.reader.partition, self.reader.account, region or self.region
        )
        return kind.build(raw, identity, Origin("live", observation, dict(places or {})))

    def call(self, operation: str, **parameters: Any) -> Answer:
        """Ask once, here."""
        return self.reader.call(self.region, operation, **parameters)

    def items(
        self, operation: str, member: str, **parameters: Any
    ) -> Iterator[tuple[dict[str, Any], Observation]]:
        """Every item of every page, here."""
        for answer in self.reader.pages(self.region, operation, **parameters):
            for item in answer.data.get(member) or ():
                yield item, answer.observation

    def hide(self, kind: type[Resource], member: str, failed: ReadFailed) -> Unknown:
        """What stands for a member that could not be read; the hole is reported once per member and reason.

        The gap is scoped to the member (`AWS::S3::Bucket.Policy`), so that it hides no resource.
        """
        gap = failed.scoped(Scope(self.reader.account, self.region, f"{kind.cfn_type}.{member}"))
        if not gap.harmless:
            self.denied.setdefault((gap.scope.type, gap.operation, gap.reason), gap)
        return gap.as_unknown()


@dataclass(frozen=True, slots=True)
class Family:
    """Types that are collected together.

    Args:
        kinds: the types.
        operations: every operation that collecting them may call.
        collect: yields resources and gaps; what it raises is a gap for each of its types that is needed.
    """

    kinds: tuple[type[Resource], ...]
    operations: tuple[str, ...]
    collect: Callable[[Around], Items]

    def run(self, around: Around) -> tuple[Items, list[Target]]:
        """Start collecting.

        Returns:
            What is found, and a list that holds one row of the coverage per type once that is exhausted.
        """
        targets: list[Target] = []
        return self._run(around, targets), targets

    def _run(self, around: Around, targets: list[Target]) -> Items:
        counts = {kind.cfn_type: 0 for kind in self.kinds if around.needs(kind)}
        if not counts:
            return
        holes: dict[str, Gap] = {}
        try:
            for item in self.collect(around):
                if isinstance(item, Resource):
                    counts[item.cfn_type] = counts.get(item.cfn_type, 0) + 1
                elif not item.harmless:
                    holes.setdefault(item.scope.type, item)
                yield item
        except ReadFailed as failed:
            for kind in self.kinds:
                if around.needs(kind):
                    gap = failed.scoped(around.scope(kind))
                    holes.setdefault(kind.cfn_type, gap)
                    yield gap
        members = tuple(around.denied.values())
        around.denied.clear()
        yield from members
        for gap in members:
            holes.setdefault(gap.scope.type.partition(".")[0], gap)
        targets += [_target(around, kind, count, holes.get(kind)) for kind, count in counts.items()]


def _target(around: Around, kind: str, count: int, hole: Gap | None) -> Target:
    if hole is None:
        status, reason = TargetStatus.SCANNED, ""
    else:
        status = TargetStatus.PARTIAL if count or hole.scope.resource else TargetStatus.NOT_SCANNED
        reason = f"{hole.reason}: {hole.operation}: {hole.detail}"
    return Target(around.reader.account, around.region, kind, status, count, reason)


def document(text: Any) -> Any:
    """A policy document from its JSON text; an Unknown where it is none."""
    try:
        parsed = json.loads(text)
    except (TypeError, ValueError):
        return Unknown(Reason.UNEXPECTED_VALUE, "the policy document is not JSON")
    return parsed if isinstance(parsed, dict) else Unknown(Reason.UNEXPECTED_VALUE, "the policy is no object")
