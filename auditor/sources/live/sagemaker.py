"""Every SageMaker family of one account in one region, several at a time."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from auditor.model.coverage import Target
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Resource
from auditor.model.unknown import Reason
from auditor.sources.live.family import Family
from auditor.sources.live.keeper import Keeper
from auditor.sources.live.reader import Reader
from auditor.sources.live.sighting import Sighted
from auditor.sources.live.table import FOLDED, TABLE
from auditor.state import FactStore

# One process tops out at about 900 descriptions a second; more threads only wait for the interpreter.
_DESCRIBERS = 12
# A list and a few walks of Search for each of the families that are read at once.
_WALKERS = 32
_EVERYTHING = frozenset({Reason.CREDENTIALS, Reason.REGION_UNAVAILABLE})


class RegionCollector:
    """Collects SageMaker's resources of one account in one region.

    Args:
        reader, region: where.
        members_needed: type to the top-level members that the selected rules read.
        jobs_since: how far back ended jobs are read; None for all.
        now: the time of the scan.
        state: facts kept between scans; None to keep none.
        families: types to collect; None for all.
    """

    def __init__(
        self,
        reader: Reader,
        region: str,
        *,
        members_needed: dict[str, frozenset[str]],
        jobs_since: timedelta | None,
        now: datetime,
        state: FactStore | None,
        families: frozenset[str] | None = None,
    ) -> None:
        self._describers: list[ThreadPoolExecutor] = []
        self._walkers = ThreadPoolExecutor(_WALKERS, thread_name_prefix="walk")
        wanted = None if families is None else {FOLDED.get(kind, kind) for kind in families}
        self._reader = reader
        self._region = region
        self._state = state
        self._lock = threading.Lock()
        self._closed: Gap | None = None
        self._families = [
            Family(
                row,
                reader,
                region,
                members_needed.get(row.kind.cfn_type, frozenset()),
                now,
                jobs_since,
                state,
                self._describer(),
                walkers=self._walkers,
            )
            for row in TABLE
            if wanted is None or row.kind.cfn_type in wanted
        ]

    def producers(self) -> list[Callable[[], Iterator[Sighted | Gap]]]:
        """One collector a family, to be run at the same time."""
        return [self._of(family) for family in self._families]

    def collect(self) -> Iterator[Resource | Gap]:
        """Every family, one after the other, typed."""
        keeper = Keeper(self._state)
        for producer in self.producers():
            yield from keeper.built(producer())
        self.close()

    def close(self) -> None:
        """Give the threads back."""
        for pool in (*self._describers, self._walkers):
            pool.shutdown()

    def _describer(self) -> ThreadPoolExecutor:
        # Each family waits for its own quota, and would hold up the others in a common pool.
        self._describers.append(ThreadPoolExecutor(_DESCRIBERS, thread_name_prefix="describe"))
        return self._describers[-1]

    def targets(self) -> list[Target]:
        """How far each family was read."""
        return [family.target() for family in self._families]

    def _of(self, family: Family) -> Callable[[], Iterator[Sighted | Gap]]:
        def collect() -> Iterator[Sighted | Gap]:
            closed = self._closed
            if closed is not None:
                kind = family.row.kind.cfn_type
                scope = Scope(self._reader.account, self._region, kind)
                gap = Gap(scope, f"sagemaker:{family.row.list_operation}", closed.reason, closed.detail)
                family.leave(gap)
                yield gap
                return
            for item in family.sightings():
                if isinstance(item, Gap) and item.reason in _EVERYTHING and not item.scope.resource:
                    # Credentials and endpoints are the region's: the other families need not find out again.
                    with self._lock:
                        self._closed = self._closed or item
                yield item

        return collect
