"""What the collectors of neighbours share: building, asking for single members, keeping count of failures."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import unquote

from auditor.model.coverage import Target, TargetStatus
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Identity, Location, Observation, Origin, Resource
from auditor.model.text import writable
from auditor.model.unknown import Reason, Unknown
from auditor.sources.live.reader import Reader, ReadFailed

_AT_ONCE = 8
T = TypeVar("T")
U = TypeVar("U")


@dataclass(slots=True)
class _Count:
    found: int = 0
    lost: Gap | None = None
    failures: dict[tuple[str, Reason], tuple[int, Gap]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Member:
    """What one operation says of a resource: a member, or why it is unknown."""

    value: Any
    observation: Observation


class Gathering:
    """The neighbours in one account and region; safe to use from several threads.

    Args:
        reader: asks.
        region: where the neighbours are kept: the region, or the partition's fixed one.
        needed: the types that are wanted.
    """

    def __init__(self, reader: Reader, region: str, needed: frozenset[type[Resource]]) -> None:
        self.reader = reader
        self.region = region
        self._needed = needed
        self._lock = threading.Lock()
        self._counts: dict[type[Resource], _Count] = {}

    def needs(self, *kinds: type[Resource]) -> bool:
        """Whether any of some types is wanted."""
        return any(kind in self._needed for kind in kinds)

    def begin(self, *kinds: type[Resource]) -> None:
        """Note that some types are read, so that they are in the coverage even if nothing is found."""
        for kind in kinds:
            if kind in self._needed:
                self._count(kind)

    def count(self, kind: type[Resource]) -> None:
        """Count one resource that was found."""
        with self._lock:
            self._count(kind).found += 1

    def build(
        self,
        kind: type[Resource],
        raw: Mapping[str, Any],
        observation: Observation,
        members: Mapping[str, Member] | None = None,
        *,
        name: str = "",
        arn: str = "",
    ) -> Resource:
        """Make a resource, and count it; arguments as of `made`."""
        self.count(kind)
        return self.made(kind, raw, observation, members, name=name, arn=arn)

    def made(
        self,
        kind: type[Resource],
        raw: Mapping[str, Any],
        observation: Observation,
        members: Mapping[str, Member] | None = None,
        *,
        name: str = "",
        arn: str = "",
    ) -> Resource:
        """Make a resource.

        Args:
            kind: its type.
            raw: the members of its main answer.
            observation: of the main answer.
            members: members that other operations gave.
            name: where the answer does not hold it; else the last part of the ARN.
            arn: where the answer does not hold it.
        """
        more = members or {}
        facts = {**raw, **{member: found.value for member, found in more.items()}}
        arn = arn or str(facts.get(kind.arn_member, ""))
        # IAM leaves the names of some of its own policies out; the ARN always ends in it.
        name = name or str(facts.get(kind.name_member) or arn.rpartition("/")[2])
        reader = self.reader
        identity = Identity(kind.cfn_type, name, arn, reader.partition, reader.account, self.region)
        where: dict[str, Observation | Location] = {member: found.observation for member, found in more.items()}
        return kind.build(facts, identity, Origin("live", observation, where))

    def ask(
        self,
        kind: type[Resource],
        operation: str,
        take: Callable[[dict[str, Any]], Any],
        *,
        region: str = "",
        absent: Mapping[str, Any] | None = None,
        **parameters: Any,
    ) -> Member:
        """What an operation says of a member.

        Args:
            kind: the type whose member it is.
            operation: `service:Operation`.
            take: gets the member out of the answer.
            region: where to ask, if not where the neighbours are kept.
            absent: error code to the fact that it stands for.
            parameters: of the request.
        """
        try:
            answer = self.reader.call(region or self.region, operation, **parameters)
        except ReadFailed as error:
            now = self.here(operation)
            if absent is not None and error.code in absent:
                return Member(absent[error.code], now)
            self.failed(kind, error)
            return Member(error.gap.as_unknown(), now)
        return Member(take(answer.data), answer.observation)

    @staticmethod
    def here(operation: str) -> Observation:
        """Where an error was observed: just now."""
        return Observation(operation, at=datetime.now(UTC).isoformat(timespec="seconds"))

    def failed(self, kind: type[Resource], error: ReadFailed) -> None:
        """Note that part of some resource of a type is unknown."""
        if error.gap.reason is Reason.VANISHED:
            return
        gap = error.scoped(self.scope(kind))
        with self._lock:
            failures = self._count(kind).failures
            count, first = failures.get((gap.operation, gap.reason), (0, gap))
            failures[gap.operation, gap.reason] = (count + 1, first)

    def lose(self, error: ReadFailed, *kinds: type[Resource]) -> Iterator[Gap]:
        """Gaps over whole types, those of them that are wanted."""
        for kind in kinds:
            if kind in self._needed:
                gap = error.scoped(self.scope(kind))
                with self._lock:
                    self._count(kind).lost = gap
                yield gap

    def scope(self, kind: type[Resource], resource: str = "") -> Scope:
        """The scope of a gap."""
        return Scope(self.reader.account, self.region, kind.cfn_type, resource)

    def remaining(self) -> Iterator[Gap]:
        """One gap for each way in which parts of resources are unknown."""
        for count in self._counts.values():
            for times, gap in count.failures.values():
                more = f" ({times} resources)" if times > 1 else ""
                yield Gap(gap.scope, gap.operation, gap.reason, gap.detail + more)

    def targets(self) -> list[Target]:
        """How far each type was read."""
        return [self._target(kind, count) for kind, count in self._counts.items() if kind in self._needed]

    def each(self, work: Callable[[T], U], items: Iterable[T]) -> Iterator[U]:
        """Do something for each of many, a few at a time, in order."""
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="neighbours") as pool:
            yield from pool.map(work, items)

    def _count(self, kind: type[Resource]) -> _Count:
        return self._counts.setdefault(kind, _Count())

    def _target(self, kind: type[Resource], count: _Count) -> Target:
        gap = count.lost or next((first for _, first in count.failures.values()), None)
        place = (self.reader.account, self.region, kind.cfn_type)
        if gap is None:
            return Target(*place, TargetStatus.SCANNED, count.found)
        status = TargetStatus.PARTIAL if count.found or count.lost is None else TargetStatus.NOT_SCANNED
        return Target(*place, status, count.found, f"{gap.reason}: {gap.detail}")


def document(text: Any) -> Any:
    """A policy document as a mapping; IAM's are URL-encoded (RFC 3986), botocore decodes some of them."""
    if not isinstance(text, str):
        return text
    try:
        return writable(json.loads(text if text.lstrip().startswith("{") else unquote(text)))
    except (ValueError, RecursionError):
        return Unknown(Reason.UNEXPECTED_VALUE, "the policy document is not JSON")
