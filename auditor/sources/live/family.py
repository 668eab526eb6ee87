"""One type of resource in one account and region: listed for completeness, read by the cheapest way.

What is listed is what there is. Its contents come, in this order, from the state store (where nothing can
have changed), from `Search` (a hundred whole records a request) or from `Describe`. Search's index may lag
behind the list: a record that is missing there, or is older than the list says, is described. A record that
the list does not have is left alone, but for jobs that still run and were made before the window. A
resource that is gone when it is described has vanished, and hides nothing.
"""

import logging
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from auditor.model.codec import CodecError, decode
from auditor.model.coverage import Target, TargetStatus
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Identity, Observation, Origin, Resource
from auditor.model.unknown import Reason, Unknown
from auditor.sources.live.keeper import Keeper
from auditor.sources.live.pages import as_they_come
from auditor.sources.live.reader import Reader, ReadFailed
from auditor.sources.live.records import created_filter, fingerprint, search_records, time_in, unanswered_members
from auditor.sources.live.sighting import Recalled, Sighted, Sighting
from auditor.sources.live.slices import Slice
from auditor.sources.live.table import Row
from auditor.state import FactStore

_LOG = logging.getLogger("auditor.live")
_CHUNK = 100
# A walk of Search waits for one page before it can ask for the next; several walks wait at the same time.
_WALKS = 4
_WALK_RECORDS = 1_000
_ENDED_JOB = Unknown(
    Reason.NOT_COLLECTED, "Search does not answer it, and jobs that have ended are not described for it alone"
)


@dataclass(frozen=True, slots=True)
class Listed:
    """One item of a list.

    Args:
        arn, name: who it is.
        summary: what the list says of it.
        created, modified: as the list says; None where it does not.
    """

    arn: str
    name: str
    summary: Mapping[str, Any]
    created: datetime | None
    modified: datetime | None


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
    _found: int = 0
    _failures: dict[tuple[str, Reason], tuple[int, Gap]] = field(default_factory=dict)
    _list_failed: Gap | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def collect(self) -> Iterator[Resource | Gap]:
        """Every resource of the type, and what hides others; the state is kept up to date."""
        yield from Keeper(self.state).built(self.sightings())

    def sightings(self) -> Iterator[Sighted | Gap]:
        """What is to be typed, and what hides others; whoever types it has a `Keeper` remember it."""
        listed: dict[str, Listed] = {}
        try:
            for item in self._list() if self.part is None else self.part.cut(self._list()):
                listed[item.arn] = item
        except ReadFailed as error:
            self._list_failed = error.of_list(self._scope())
            yield self._list_failed
        if self._left_out:
            yield Gap(self._scope(), f"sagemaker:{self.row.list_operation}", Reason.EXCLUDED, self._left_out)
        for found in self._read(listed):
            self._found += not isinstance(found, Gap)
            yield found
        # A part says nothing of what belongs to the others.
        if self.state is not None and self._list_failed is None and self.part is None:
            self.state.keep_only(self._key, listed)
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

    def _list(self, **more: Any) -> Iterator[Listed]:
        row = self.row
        parameters: dict[str, Any] = {**dict(row.extra), **more}
        if row.is_job:
            # Oldest first: what is made while the list is walked comes at its end.
            parameters |= {"SortBy": row.sort_by, "SortOrder": "Ascending"}
            start = self._window_start if self.part is None else self.part.list_start(self._window_start)
            if start is not None and not more:
                parameters[row.after] = start
        for answer in self.reader.pages(self.region, f"sagemaker:{row.list_operation}", **parameters):
            for summary in answer.data.get(row.items, ()):
                yield self._listed(summary)

    def _listed(self, summary: Mapping[str, Any]) -> Listed:
        row, reader = self.row, self.reader
        arn = summary.get(row.arn) if row.arn else None
        if not arn:
            tail = row.arn_of.format_map(summary)
            arn = f"arn:{reader.partition}:sagemaker:{self.region}:{reader.account}:{tail}"
        name = str(summary.get(row.name, arn))
        name = name.partition("/")[2] if name.startswith("arn:") else name
        created, modified = time_in(summary, row.created), time_in(summary, row.modified)
        # A hundred thousand jobs are held at once: of their list items, only what is used again.
        kept = summary if row.whole_in_list else {key: summary[key] for key in self._kept if key in summary}
        return Listed(arn, name, kept, created, modified)

    @property
    def _kept(self) -> tuple[str, ...]:
        row = self.row
        return tuple(dict.fromkeys((*(source for _, source in row.keys), row.name, row.arn, row.status)))

    def _read(self, listed: dict[str, Listed]) -> Iterator[Sighted | Gap]:
        missing = dict(listed)
        if self.state is not None and self.row.cacheable:
            for recalled in self._remembered(self.state, listed):
                del missing[recalled.identity.arn]
                yield recalled
        if self.row.whole_in_list:
            yield from self._whole(missing)
            return
        if self._window_start is not None and (self.part is None or self.part.is_first):
            yield from self._running(missing, listed, self._window_start)
        if self.row.search and self._search_is_cheaper(missing, listed):
            yield from self._searched(missing)
        yield from self._described(missing)

    def _whole(self, missing: Mapping[str, Listed]) -> Iterator[Sighting]:
        for item in missing.values():
            data = self._with_tags(item, dict(item.summary))
            yield self._sighting(item, data, self._list_observation, keep=False)

    @property
    def _list_observation(self) -> Observation:
        return Observation(f"sagemaker:{self.row.list_operation}", at=self.now.isoformat(timespec="seconds"))

    def _remembered(self, state: FactStore, listed: Mapping[str, Listed]) -> Iterator[Recalled]:
        items = list(listed.values())
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
                    yield Recalled(self.row.kind, facts, resource.identity)

    def _version(self, item: Listed) -> str:
        times = f"{item.created and item.created.isoformat()}|{item.modified and item.modified.isoformat()}"
        status = item.summary.get(self.row.status, "")
        return f"{times}|{status}|{fingerprint(self.row.kind, self.needed)}"

    def _search_is_cheaper(self, missing: Mapping[str, Listed], listed: Mapping[str, Listed]) -> bool:
        if not missing:
            return False
        oldest = min((item.created for item in missing.values() if item.created), default=None)
        newer = sum(1 for item in listed.values() if oldest is None or item.created is None or item.created >= oldest)
        return 1 + newer // _CHUNK < len(missing)

    def _running(
        self, missing: dict[str, Listed], listed: dict[str, Listed], start: datetime
    ) -> Iterator[Sighting | Gap]:
        """Jobs that run, however long ago they were made."""
        late: dict[str, Listed] = {}
        if not (yield from self._running_searched(missing, listed, late)):
            late.update(self._running_listed(listed, start))
        listed.update(late)
        yield from self._described(late)

    def _running_searched(
        self, missing: dict[str, Listed], listed: Mapping[str, Listed], late: dict[str, Listed]
    ) -> Generator[Sighting, None, bool]:
        """Search on the status; False where it cannot be asked."""
        if self.row.search is None:
            return False
        name = "Status.PrimaryStatus" if self.row.search.source_type else self.row.status
        running = {"Name": name, "Operator": "In", "Value": ",".join(self.row.running)}
        try:
            for records, observation in search_records(self.reader, self.region, self.row, [running]):
                found = map(self._from_record, records)
                late.update({item.arn: item for item in found if item.arn not in listed and self._is_late(item)})
                yield from self._matched(records, observation, missing)
        except ReadFailed as error:
            _LOG.info("%s; running jobs are listed instead", error)
            return False
        return True

    def _running_listed(self, listed: Mapping[str, Listed], start: datetime) -> Iterator[tuple[str, Listed]]:
        try:
            for status in self.row.running:
                for item in self._list(StatusEquals=status, CreationTimeBefore=start):
                    if item.arn not in listed:
                        yield item.arn, item
        except ReadFailed as error:
            self._fail(error.scoped(self._scope()))

    def _searched(self, missing: dict[str, Listed]) -> Iterator[Sighting]:
        """What is missing, from Search: several walks at once, each over its part of the time of creation."""
        times = sorted(item.created for item in missing.values() if item.created)
        walks = min(_WALKS, 1 + len(missing) // _WALK_RECORDS)
        starts = [times[len(times) * part // walks] for part in range(walks)] if times else []
        ranges: list[tuple[datetime | None, datetime | None]] = [(None, None)]
        if starts:
            ranges = list(zip(starts, [*starts[1:], None], strict=True))
        filters = [
            [*created_filter("GreaterThanOrEqualTo", start), *created_filter("LessThan", end)] for start, end in ranges
        ]
        pages = [search_records(self.reader, self.region, self.row, some) for some in filters]
        try:
            for records, observation in as_they_come(pages, self.pool):
                yield from self._matched(records, observation, missing)
        except ReadFailed as error:
            _LOG.info("%s; %s are described instead", error, self.row.kind.cfn_type)

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

    def _from_record(self, record: Mapping[str, Any]) -> Listed:
        kind = self.row.kind
        name = str(record.get(kind.name_member, ""))
        return Listed(
            record[kind.arn_member],
            name,
            record,
            time_in(record, "CreationTime"),
            time_in(record, "LastModifiedTime"),
        )

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

    def _described(self, missing: Mapping[str, Listed]) -> Iterator[Sighting | Gap]:
        items = list(missing.values())
        for start in range(0, len(items), _CHUNK):
            yield from self.pool.map(self._describe, items[start : start + _CHUNK])

    def _describe(self, item: Listed) -> Sighting | Gap:
        """The resource, or what hides it."""
        row = self.row
        operation = f"sagemaker:{row.describe_operation}"
        parameters = {member: item.summary[source] for member, source in self._keys(item)}
        try:
            answer = self.reader.call(self.region, operation, **parameters)
        except ReadFailed as error:
            return self._unread(item, error)
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
