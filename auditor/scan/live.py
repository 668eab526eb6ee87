"""A scan of live accounts: regions in parallel, neighbours after what refers to them, then the verdicts."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from auditor.model.coverage import RequestCount, Target
from auditor.model.gap import Gap
from auditor.model.resource import Resource
from auditor.scan.assessment import Assessment, Place
from auditor.scan.merge import merge
from auditor.sources.live.accounts import AccountAccess, home_region
from auditor.sources.live.neighbours import AccountNeighbours, RegionNeighbours, Wanted
from auditor.sources.live.reader import Reader
from auditor.sources.live.sagemaker import RegionCollector
from auditor.state import StateStore

# Each family waits for its own answers and quotas; more than a few at once only compete for the processor.
_FAMILIES_AT_ONCE = 12


class Progress(Protocol):
    """Is told how a scan gets on."""

    def region(self, account: str, region: str, resources: int, *, done: bool) -> None:
        """A region has so many resources so far."""


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """How to read accounts.

    Args:
        now: the time of the scan.
        jobs_since: how far back ended jobs are read; None for all.
        members_needed: type to the top-level members that the selected rules read.
        families: SageMaker types to collect; None for all.
        neighbour_types: other types to collect.
        state: where immutable facts are kept between scans; None to keep none.
        region_deadline: seconds after which a region is left as it is.
    """

    now: datetime
    jobs_since: timedelta | None
    members_needed: dict[str, frozenset[str]]
    families: frozenset[str] | None
    neighbour_types: frozenset[type[Resource]]
    state: StateStore | None
    region_deadline: float


@dataclass(slots=True)
class LiveScan:
    """Reads accounts into an assessment.

    Args:
        assessment: what takes the facts.
        settings: how to read.
        progress: is told how it gets on.
        tee: gets every resource and gap as well, for a snapshot.
    """

    assessment: Assessment
    settings: LiveSettings
    progress: Progress
    tee: Callable[[Resource | Gap], None] | None = None
    targets: list[Target] = field(default_factory=list)
    requests: list[RequestCount] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)

    def account(self, access: AccountAccess, reader: Reader, regions: Iterable[str]) -> None:
        """Read one account in some regions."""
        names = tuple(regions)
        self.places += [Place(access.partition, access.account, region) for region in names]
        wanted = Wanted(names)
        counts = dict.fromkeys(names, 0)
        collectors = {region: self._collector(reader, region) for region in names}
        producers = [
            partial(_labelled, region, produce)
            for region, collector in collectors.items()
            for produce in collector.producers()
        ]
        for region, item in merge(producers, _FAMILIES_AT_ONCE):
            self._take(item, wanted)
            counts[region] += isinstance(item, Resource)
            self.progress.region(access.account, region, counts[region], done=False)
        types = self.settings.neighbour_types
        home = home_region(access.partition)
        around: list[AccountNeighbours | RegionNeighbours] = [
            AccountNeighbours(reader, home, wanted, types_needed=types),
            *(RegionNeighbours(reader, region, wanted, types_needed=types) for region in names),
        ]
        neighbours = [partial(_labelled, "", one.collect) for one in around]
        for _, item in merge(neighbours, _FAMILIES_AT_ONCE):
            self._take(item, wanted)
        for one in around:
            self.targets += one.targets()
        for collector in collectors.values():
            self.targets += collector.targets()
            collector.close()
        self.requests += reader.ledger.counts()
        for region in names:
            self.progress.region(access.account, region, counts[region], done=True)

    def _collector(self, reader: Reader, region: str) -> RegionCollector:
        settings = self.settings
        return RegionCollector(
            reader,
            region,
            members_needed=settings.members_needed,
            jobs_since=settings.jobs_since,
            now=settings.now,
            state=settings.state,
            families=settings.families,
        )

    def _take(self, item: Resource | Gap, wanted: Wanted) -> None:
        if self.tee is not None:
            self.tee(item)
        if isinstance(item, Resource):
            wanted.note(item)
        self.assessment.take(item)


def _labelled(label: str, collect: Callable[[], Iterator[Resource | Gap]]) -> Iterator[tuple[str, Resource | Gap]]:
    for item in collect():
        yield label, item
