"""What the collectors of neighbours share: building resources, noting what could not be read."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from auditor.model.coverage import Target, TargetStatus
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Identity, Observation, Origin, Resource
from auditor.model.unknown import Reason
from auditor.sources.live.reader import Answer, Reader, ReadFailed

Item = Resource | Gap


@dataclass(slots=True)
class Place:
    """One account in one region, as collectors of neighbours see it.

    Args:
        reader: asks AWS.
        region: where to ask; for account-wide facts the partition's fixed region.
    """

    reader: Reader
    region: str
    counts: Counter[str] = field(default_factory=Counter)
    holes: dict[str, Gap] = field(default_factory=dict)

    def arn(self, service: str, tail: str, *, account: bool = True, region: bool = True) -> str:
        """An ARN in this place."""
        owner = self.reader.account if account else ""
        return f"arn:{self.reader.partition}:{service}:{self.region if region else ''}:{owner}:{tail}"

    def build(
        self,
        kind: type[Resource],
        data: dict[str, Any],
        observation: Observation,
        *,
        name: str,
        arn: str = "",
        members: dict[str, Observation] | None = None,
        region: str = "",
    ) -> Resource:
        """A resource of this place; counted in the coverage."""
        self.counts[kind.cfn_type] += 1
        reader = self.reader
        identity = Identity(kind.cfn_type, name, arn, reader.partition, reader.account, region or self.region)
        return kind.build(data, identity, Origin("live", observation, dict(members or {})))

    def gap(
        self, error: ReadFailed, kind: type[Resource], resource: str = "", reason: Reason | None = None
    ) -> Gap:
        """What an error hides; noted in the coverage."""
        scope = Scope(self.reader.account, self.region, kind.cfn_type, resource)
        found = error.scoped(scope)
        found = Gap(scope, found.operation, reason, found.detail) if reason else found
        if not found.harmless:
            self.holes.setdefault(kind.cfn_type, found)
        return found

    def member(self, data: dict[str, Any], member: str, ask: Callable[[], Any], *absent: str) -> None:
        """Set one member from an operation of its own: None on some codes, an Unknown on other errors."""
        try:
            data[member] = ask()
        except ReadFailed as error:
            data[member] = None if error.code in absent else error.gap.as_unknown()

    def targets(self, kinds: Iterator[type[Resource]]) -> list[Target]:
        """How far each type was read."""
        found = []
        for kind in kinds:
            number, hole = self.counts[kind.cfn_type], self.holes.get(kind.cfn_type)
            status = TargetStatus.SCANNED
            if hole is not None:
                status = TargetStatus.PARTIAL if number else TargetStatus.NOT_SCANNED
            reason = f"{hole.reason}: {hole.detail}" if hole is not None else ""
            found.append(Target(self.reader.account, self.region, kind.cfn_type, status, number, reason))
        return found


def call(place: Place, operation: str, **parameters: Any) -> Answer:
    """Ask once in a place."""
    return place.reader.call(place.region, operation, **parameters)


def items(
    place: Place, operation: str, member: str, **parameters: Any
) -> Iterator[tuple[dict[str, Any], Observation]]:
    """Every item of a list in a place, with the answer it came in."""
    for answer in place.reader.pages(place.region, operation, **parameters):
        for item in answer.data.get(member, ()):
            yield item, answer.observation
