"""A scan of live accounts: regions in parallel, neighbours after what refers to them, then the verdicts."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from auditor.model.coverage import RequestCount, Target
from auditor.model.gap import Gap
from auditor.model.resource import Resource
from auditor.scan.assessment import Place
from auditor.scan.intake import Taken, Taker
from auditor.scan.merge import Countdown, merge
from auditor.sources.live.accounts import AccountAccess, home_region
from auditor.sources.live.neighbours import AccountNeighbours, RegionNeighbours, Wanted
from auditor.sources.live.reader import Reader
from auditor.sources.live.sagemaker import RegionCollector
from auditor.sources.live.sighting import Foreseen, Recalled, Sighted, Sighting
from auditor.state import StateStore

# Each family waits for its own answers and quotas; more than a few at once only compete for the processor.
_FAMILIES_AT_ONCE = 12


T = TypeVar("T")
_Produce = Callable[[], Iterator[Sighted | Gap]]
_Labelled = Callable[[], Iterator[tuple[str, Taken]]]


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
        taker: takes what is found.
        settings: how to read.
        progress: is told how it gets on.
        tee: gets every resource and gap as well, for a snapshot.
    """

    taker: Taker
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
        types = self.settings.neighbour_types
        whole = AccountNeighbours(reader, home_region(access.partition), wanted, types_needed=types)
        regional = [RegionNeighbours(reader, region, wanted, types_needed=types) for region in names]
        families = [(region, produce) for region, collector in collectors.items() for produce in collector.producers()]
        early = [partial(_labelled, "", one.foresee) for one in regional]
        # Closed at once where an item cannot be taken: what still asks stops then, and not when it is forgotten.
        with closing(self._first(families, [*early, partial(_labelled, "", whole.alone)], wanted)) as first:
            for region, item in first:
                self._take(item)
                if region:
                    counts[region] += _is_there(item)
                    self.progress.region(access.account, region, counts[region], done=False)
        around: list[AccountNeighbours | RegionNeighbours] = [whole, *regional]
        with closing(merge([partial(_labelled, "", one.collect) for one in around], _FAMILIES_AT_ONCE)) as rest:
            for _, item in rest:
                self._take(item)
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

    def _first(
        self, families: list[tuple[str, _Produce]], early: list[_Labelled], wanted: Wanted
    ) -> Generator[tuple[str, Taken], None, None]:
        """The families, and the neighbours that need not wait for the last of them."""
        left = Countdown(len(families), wanted.complete)

        def noted(region: str, produce: _Produce) -> Iterator[tuple[str, Taken]]:
            for item in produce():
                if not isinstance(item, Gap):
                    wanted.note_facts(item.kind, item.members, item.identity.region)
                yield region, item
            left.one_less()

        producers: list[_Labelled] = [*early]
        producers += [partial(noted, region, produce) for region, produce in families]
        # Those that wait for names take up no place among the families.
        yield from merge(producers, _FAMILIES_AT_ONCE + len(early), wanted.complete)

    def _take(self, item: Taken) -> None:
        if self.tee is not None and not isinstance(item, Foreseen):
            self.tee(item.build() if isinstance(item, Sighting | Recalled) else item)
        self.taker.take(item)


def _is_there(item: Taken) -> bool:
    """Whether an item is a resource of the account, and neither a gap nor what a step will make."""
    if isinstance(item, Sighting):
        return not item.origin.from_step
    return not isinstance(item, Gap)


def _labelled(label: str, collect: Callable[[], Iterator[T]]) -> Iterator[tuple[str, T]]:
    for item in collect():
        yield label, item
