"""One type of resource in one account and region: listed for completeness, read by the cheapest way.

What is listed is what there is. Its contents come, in this order, from the state store (where nothing can
have changed), from `Search` (a hundred whole records a request) or from `Describe`. Search's index may lag
behind the list: a record that is missing there, or is older than the list says, is described. A record that
the list does not have is left alone, but for jobs that still run and were made before the window. A
resource that is gone when it is described has vanished, and hides nothing.
"""

import logging
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from auditor.model.codec import CodecError, decode
from auditor.model.coverage import Target, TargetStatus
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Identity, Observation, Origin, Resource
from auditor.model.unknown import Reason, Unknown
from auditor.sources.live.chunks import WALKS, Chunk, Cutter
from auditor.sources.live.keeper import Keeper
from auditor.sources.live.listing import Listed, Lister
from auditor.sources.live.pages import Walks
from auditor.sources.live.reader import Reader, ReadFailed
from auditor.sources.live.records import created_filter, fingerprint, search_records, time_in, unanswered_members
from auditor.sources.live.sighting import Recalled, Sighted, Sighting
from auditor.sources.live.slices import Slice
from auditor.sources.live.steps import steps_of
from auditor.sources.live.table import Row
from auditor.state import FactStore

_LOG = logging.getLogger("auditor.live")
_CHUNK = 100
_ENDED_JOB = Unknown(
    Reason.NOT_COLLECTED, "Search does not answer it, and jobs that have ended are not described for it alone"
)


_Page = list[Listed]
_Found = tuple[list[dict[str, Any]], Observation]


@dataclass(frozen=True, slots=True)
class _Record:
    """A record of Search, and where it was observed."""

    facts: Mapping[str, Any]
    observation: Observation


@dataclass(slots=True)
class Family:
    """Collects one type.

    Args:
        row: how the type is collected.
        reader, region: where.
        needed: top-level members that the selected rules read.
        now: the time of the scan.
        jobs_since: how far back ended jobs are read; None for all.
        state: facts kept between scans; None to keep none.
        pool: runs what is described one by one.
        walkers: runs walks over pages, which must not queue behind what is described; None for the same.
        part: which of the jobs to read; None for all.
    """

    row: Row
    reader: Reader
    region: str
    needed: frozenset[str]
    now: datetime
    jobs_since: timedelta | None
    state: FactStore | None
    pool: Executor
    part: Slice | None = None
    walkers: Executor | None = None
    _found: int = 0
    _seen: set[str] = field(default_factory=set)
    _failures: dict[tuple[str, Reason], tuple[int, Gap]] = field(default_factory=dict)
    _list_failed: Gap | None = None
    _search_failed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def collect(self) -> Iterator[Resource | Gap]:
        """Every resource of the type, and what hides others; the state is kept up to date."""
        yield from Keeper(self.state).built(self.sightings())

    def sightings(self) -> Iterator[Sighted | Gap]:
        """What is to be typed, and what hides others; whoever types it has a `Keeper` remember it."""
        if self._left_out:
            yield Gap(self._scope(), f"sagemaker:{self.row.list_operation}", Reason.EXCLUDED, self._left_out)
        for found in self._read():
            self._found += not isinstance(found, Gap)
            yield found
            if self.row.definition and isinstance(found, Sighting):
                yield from steps_of(found, self.row)
        if self._list_failed is not None:
            yield self._list_failed
        # A part says nothing of what belongs to the others.
        if self.state is not None and self._list_failed is None and self.part is None:
            self.state.keep_only(self._key, self._seen)
        for count, gap in self._failures.values():
            more = f" ({count} resources)" if count > 1 else ""
            yield Gap(gap.scope, gap.operation, gap.reason, gap.detail + more)

    def leave(self, gap: Gap) -> None:
        """Note that the type cannot be read, without asking."""
        self._list_failed = gap

    def target(self) -> Target:
        """How far the type was read."""
        place = (self.reader.account, self.region, self.row.kind.cfn_type)
        if self._list_failed is not None:
            status = TargetStatus.PARTIAL if self._found else TargetStatus.NOT_SCANNED
            return Target(*place, status, self._found, f"{self._list_failed.reason}: {self._list_failed.detail}")
        if self._failures:
            gap = next(iter(self._failures.values()))[1]
            return Target(*place, TargetStatus.PARTIAL, self._found, f"{gap.reason}: {gap.detail}")
        return Target(*place, TargetStatus.SCANNED, self._found, self._left_out)

    @property
    def _window_start(self) -> datetime | None:
        if not self.row.is_job or self.jobs_since is None:
            return None
        return self.now - self.jobs_since

    @property
    def _left_out(self) -> str:
        start = self._window_start
        return f"jobs made before {start:%Y-%m-%d} that have ended are left out (--jobs-since)" if start else ""

    @property
    def _key(self) -> str:
        return f"{self.reader.account}/{self.region}/{self.row.kind.cfn_type}"

    def _scope(self, resource: str = "") -> Scope:
        return Scope(self.reader.account, self.region, self.row.kind.cfn_type, resource)

    @property
    def _lister(self) -> Lister:
        return Lister(self.row, self.reader, self.region, self._window_start, self.part)

    def _listed(self) -> Iterator[_Page]:
        """The list, page by page, without what it names again."""
        try:
            for page in self._lister.pages():
                fresh = {item.arn: item for item in page if item.arn not in self._seen}
                self._seen.update(fresh)
                yield list(fresh.values())
        except ReadFailed as error:
            self._list_failed = error.of_list(self._scope())

    def _read(self) -> Iterator[Sighted | Gap]:
        if self.row.whole_in_list:
            for page in self._listed():
                yield from self._whole(page)
            return
        running = self._running() if self._asks_for_running else {}
        yield from self._streamed(running)
        if self._asks_for_running:
            yield from self._described(self._late(running))

    def _streamed(self, running: dict[str, _Record]) -> Iterator[Sighted | Gap]:
        """What is listed, read while the rest is still being listed."""
        walks: Walks[Chunk | None, _Page | _Found] = Walks(self.walkers or self.pool)
        walks.add(None, self._listed())
        cutter = Cutter(streaming=self.row.is_job)
        queue: deque[Chunk] = deque()
        open_walks = 0
        for chunk, page in walks:
            if chunk is None:
                cut = cutter.rest(self._more_from) if page is None else cutter.add(cast("_Page", page))
                queue += [cut] if cut is not None else []
            elif page is not None:
                yield from self._matched(*cast("_Found", page), chunk.missing)
            else:
                open_walks, chunk.walks = open_walks - 1, chunk.walks - 1
                if not chunk.walks:
                    yield from self._described(chunk.missing.values())
            while queue and open_walks < WALKS:
                fresh = queue.popleft()
                yield from self._known(fresh, running)
                for walk in self._searches(fresh):
                    walks.add(fresh, walk)
                open_walks += fresh.walks
                if not fresh.walks:
                    yield from self._described(fresh.missing.values())

    @property
    def _more_from(self) -> datetime | None:
        """From when on the jobs are another part's: Search need not show them here."""
        return self.part.rest_from if self.part is not None else None

    def _known(self, chunk: Chunk, running: dict[str, _Record]) -> Iterator[Sighted]:
        """What need not be asked for."""
        if self.state is not None and self.row.cacheable:
            for recalled in self._remembered(self.state, chunk.items):
                del chunk.missing[recalled.identity.arn]
                yield recalled
        for arn in [arn for arn in chunk.missing if arn in running]:
            record = running.pop(arn)
            yield from self._matched([record.facts], record.observation, chunk.missing)

    def _searches(self, chunk: Chunk) -> list[Iterator[_Found]]:
        """Walks of Search for what is missing, where that takes fewer requests than describing it."""
        if not (self.row.search and chunk.missing and chunk.pages_of_search() < len(chunk.missing)):
            return []
        ranges = chunk.ranges()
        chunk.walks = len(ranges)
        return [
            self._search([*created_filter("GreaterThanOrEqualTo", start), *created_filter("LessThan", end)])
            for start, end in ranges
        ]

    def _search(self, filters: list[dict[str, str]]) -> Iterator[_Found]:
        try:
            yield from search_records(self.reader, self.region, self.row, filters)
        except ReadFailed as error:
            _LOG.info("%s; %s are described instead", error, self.row.kind.cfn_type)

    def _whole(self, page: _Page) -> Iterator[Sighting]:
        for item in page:
            data = self._with_tags(item, dict(item.summary))
            yield self._sighting(item, data, self._list_observation, keep=False)

    @property
    def _list_observation(self) -> Observation:
        return Observation(f"sagemaker:{self.row.list_operation}", at=self.now.isoformat(timespec="seconds"))

    def _remembered(self, state: FactStore, items: list[Listed]) -> Iterator[Recalled]:
        for start in range(0, len(items), _CHUNK):
            some = {item.arn: item for item in items[start : start + _CHUNK]}
            versions = {arn: self._version(item) for arn, item in some.items()}
            for arn, facts in state.get(self._key, versions).items():
                try:
                    resource = decode(facts)
                except CodecError as error:
                    _LOG.warning("the state's facts on %s cannot be used: %s", arn, error)
                    continue
                # A row that speaks of something else must not stand in for what was listed.
                if resource.identity == self._identity(some[arn]):
                    yield Recalled(self.row.kind, facts, resource.identity, resource)

    def _version(self, item: Listed) -> str:
        times = f"{item.created and item.created.isoformat()}|{item.modified and item.modified.isoformat()}"
        status = item.summary.get(self.row.status, "")
        return f"{times}|{status}|{fingerprint(self.row.kind, self.needed)}"

    @property
    def _asks_for_running(self) -> bool:
        return self._window_start is not None and (self.part is None or self.part.is_first)

    def _running(self) -> dict[str, _Record]:
        """Jobs that run, however long ago they were made, as far as Search tells."""
        if self.row.search is None:
            return {}
        name = "Status.PrimaryStatus" if self.row.search.source_type else self.row.status
        running = {"Name": name, "Operator": "In", "Value": ",".join(self.row.running)}
        found: dict[str, _Record] = {}
        try:
            for records, observation in search_records(self.reader, self.region, self.row, [running]):
                found.update({record[self.row.kind.arn_member]: _Record(record, observation) for record in records})
        except ReadFailed as error:
            _LOG.info("%s; running jobs are listed instead", error)
            self._search_failed = True
        return found

    def _late(self, running: Mapping[str, _Record]) -> list[Listed]:
        """Jobs that run and are older than what was listed."""
        start = self._window_start
        if start is None:
            return []
        found = [self._lister.from_record(record.facts) for record in running.values()]
        try:
            if self.row.search is None or self._search_failed:
                found = list(self._lister.running_before(start))
        except ReadFailed as error:
            self._fail(error.scoped(self._scope()))
        late = [item for item in found if item.arn not in self._seen and self._is_late(item)]
        self._seen.update(item.arn for item in late)
        return late

    def _matched(
        self, records: Iterable[Mapping[str, Any]], observation: Observation, missing: dict[str, Listed]
    ) -> Iterator[Sighting]:
        """The records that the list asks for and that are up to date; they are missing no more."""
        for record in records:
            item = missing.get(record.get(self.row.kind.arn_member, ""))
            if item is None or self._stale(item, record) or self._must_describe(item):
                continue
            yield self._sighting(missing.pop(item.arn), record, observation, searched=True)

    def _is_late(self, item: Listed) -> bool:
        return self.part is None or self.part.is_late(item, self._window_start)

    def _stale(self, item: Listed, record: Mapping[str, Any]) -> bool:
        """Whether the index lags behind the list for this record."""
        there = time_in(record, "LastModifiedTime")
        if there is None and self.row.status:
            # The record of a transform job has no such time; a job that has ended changes no more.
            return bool(record.get(self.row.status) != item.summary.get(self.row.status))
        return item.modified is not None and (there is None or there < item.modified)

    def _lacking(self) -> frozenset[str]:
        """Members that a rule reads and Search does not answer, or not up to date."""
        return self.needed & (unanswered_members(self.row.kind, "search") | self.row.volatile)

    def _must_describe(self, item: Listed) -> bool:
        if not self._lacking():
            return False
        return not self.row.is_job or item.summary.get(self.row.status) in self.row.running

    def _described(self, missing: Iterable[Listed]) -> Iterator[Sighting | Gap]:
        items = list(missing)
        for start in range(0, len(items), _CHUNK):
            yield from self.pool.map(self.describe, items[start : start + _CHUNK])

    def describe(self, item: Listed) -> Sighting | Gap:
        """The resource, or what hides it."""
        try:
            return self.ask(item)
        except ReadFailed as error:
            return self._unread(item, error)

    def ask(self, item: Listed) -> Sighting:
        """The resource.

        Raises:
            ReadFailed: it was not described.
        """
        row = self.row
        parameters = {member: item.summary[source] for member, source in self._keys(item)}
        answer = self.reader.call(self.region, f"sagemaker:{row.describe_operation}", **parameters)
        data = answer.data.get(row.unwrap, {}) if row.unwrap else answer.data
        data = self._with_tags(item, data)
        # What was not read whole is read again the next time.
        whole = not isinstance(data.get("Tags"), Unknown)
        return self._sighting(item, data, answer.observation, keep=whole)

    def _keys(self, item: Listed) -> Iterator[tuple[str, str]]:
        for member, source in self.row.keys:
            # A Search record spells some members otherwise than the list does.
            yield (member, source) if source in item.summary else (member, self.row.kind.name_member)

    def _unread(self, item: Listed, error: ReadFailed) -> Sighting | Gap:
        gap = error.scoped(self._scope())
        if gap.reason is Reason.VANISHED:
            return error.scoped(self._scope(item.arn))
        self._fail(gap)
        facts: dict[str, Any] = dict.fromkeys(self.row.kind.fields_by_member, gap.as_unknown())
        told = {**item.summary, self.row.created: item.created, self.row.modified: item.modified}
        facts.update({member: value for member, value in told.items() if member in facts and value})
        return self._sighting(item, facts, self._list_observation, keep=False)

    def _fail(self, gap: Gap) -> None:
        key = (gap.operation, gap.reason)
        with self._lock:
            count, first = self._failures.get(key, (0, gap))
            self._failures[key] = (count + 1, first)

    def _with_tags(self, item: Listed, data: dict[str, Any]) -> dict[str, Any]:
        # What ends or cannot change is owned through what uses it; its tags are asked for where a rule reads them.
        owned = not (self.row.is_job or self.row.immutable)
        if "Tags" in data or not (owned or "Tags" in self.needed):
            return data
        try:
            answers = self.reader.pages(self.region, "sagemaker:ListTags", ResourceArn=item.arn)
            tags: Any = [tag for answer in answers for tag in answer.data.get("Tags", ())]
        except ReadFailed as error:
            if error.gap.reason is not Reason.VANISHED:
                self._fail(error.scoped(self._scope("Tags")))
            tags = error.gap.as_unknown()
        return {**data, "Tags": tags}

    def _identity(self, item: Listed) -> Identity:
        reader = self.reader
        return Identity(self.row.kind.cfn_type, item.name, item.arn, reader.partition, reader.account, self.region)

    def _sighting(
        self,
        item: Listed,
        data: Mapping[str, Any],
        observation: Observation,
        *,
        searched: bool = False,
        keep: bool = True,
    ) -> Sighting:
        kind = self.row.kind
        lacking = unanswered_members(kind, "search" if searched else "describe")
        if lacking:
            data = {**data, **{member: _ENDED_JOB for member in lacking if member not in data}}
        origin = Origin("live", observation)
        if not keep or self.state is None or not self.row.cacheable:
            return Sighting(kind, data, self._identity(item), origin)
        return Sighting(kind, data, self._identity(item), origin, self._key, self._version(item))
