"""A list cut into chunks: nothing is lost or doubled, and each record of Search falls into one walk of its chunk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.gap import Gap, Scope
from auditor.model.resource import Observation, Resource
from auditor.model.sagemaker import Model, TrainingJob
from auditor.model.unknown import Reason
from auditor.sources.live import chunks
from auditor.sources.live.chunks import Chunk, Cutter
from auditor.sources.live.family import Family
from auditor.sources.live.listing import Listed
from auditor.sources.live.pages import Walks
from auditor.sources.live.reader import Answer, ReadFailed
from auditor.sources.live.records import created_filter
from auditor.sources.live.slices import Slice
from auditor.sources.live.table import BY_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BEGIN = datetime(2026, 11, 24, tzinfo=UTC)
# Milliseconds: so that many share a second, and some do not.
TIMES = st.lists(st.none() | st.integers(min_value=0, max_value=5_000), max_size=60)
PAGES = st.integers(min_value=1, max_value=9)


def at(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else BEGIN + timedelta(milliseconds=milliseconds)


def listed(times: Sequence[int | None]) -> list[Listed]:
    return [Listed(f"arn-{n}", f"job-{n}", {}, at(time), at(time)) for n, time in enumerate(times)]


def cut(items: list[Listed], page: int, *, streaming: bool) -> list[Chunk]:
    cutter = Cutter(streaming=streaming)
    found = [cutter.add(items[start : start + page]) for start in range(0, len(items), page)]
    return [*(chunk for chunk in found if chunk is not None), cutter.rest()]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "_SIZE", 7)


def within(time: datetime, start: datetime | None, end: datetime | None) -> bool:
    """Whether Search has a record in a walk: it compares what the filters say, which is whole seconds."""
    bounds = [one["Value"] for one in (*created_filter("GreaterThanOrEqualTo", start), *created_filter("", end))]
    low, high = (bounds[0] if start else ""), (bounds[-1] if end else "9")
    return low <= time.strftime("%Y-%m-%dT%H:%M:%SZ") < high


@pytest.mark.usefixtures("small")
@given(times=TIMES, page=PAGES, streaming=st.booleans(), ordered=st.booleans())
def test_every_item_is_in_one_chunk(times: list[int | None], page: int, streaming: bool, ordered: bool) -> None:
    items = listed(sorted(times, key=lambda time: time or 0) if ordered else times)
    found = [item.arn for chunk in cut(items, page, streaming=streaming) for item in chunk.items]
    assert sorted(found) == sorted(item.arn for item in items)


@pytest.mark.usefixtures("small")
@given(times=TIMES, page=PAGES, streaming=st.booleans(), known=st.sets(st.integers(0, 60)))
def test_every_record_is_in_one_walk_of_its_chunk(
    times: list[int | None], page: int, streaming: bool, known: set[int]
) -> None:
    items = listed(sorted(times, key=lambda time: time or 0))
    for chunk in cut(items, page, streaming=streaming):
        for number in known:
            chunk.missing.pop(f"arn-{number}", None)
        ranges = chunk.ranges()
        for item in chunk.missing.values():
            walks = [one for one in ranges if item.created is None or within(item.created, *one)]
            assert len(walks) == 1, (item, ranges)


@pytest.mark.usefixtures("small")
def test_one_second_is_never_cut_apart() -> None:
    items = listed([100] * 10 + [200] * 10 + [1_100] * 3)
    assert [len(chunk.items) for chunk in cut(items, 5, streaming=True)] == [20, 3]


@pytest.mark.usefixtures("small")
def test_what_was_made_at_no_known_time_waits_for_the_last_chunk() -> None:
    items = listed([None, *range(0, 20_000, 1_000)])
    first, *_, last = cut(items, 4, streaming=True)
    assert "arn-0" not in first.missing
    assert "arn-0" in last.missing
    # Search compares times; without one, it has to show everything.
    assert last.ranges() == [(None, None)]


@dataclass
class Account:
    """Stands in for the reader: Search breaks off after so many pages."""

    times: list[int | None]
    page: int
    search_pages: int
    kind: type[Resource] = TrainingJob
    account: str = "123456789012"
    partition: str = "aws"
    described: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    refused: int = 0

    def facts(self, number: int) -> dict[str, Any]:
        name, tail = self.kind.name_member, "training-job" if self.kind is TrainingJob else "model"
        found: dict[str, Any] = {
            name: f"job-{number}",
            self.kind.arn_member: f"arn:aws:sagemaker:eu-west-1:{self.account}:{tail}/job-{number}",
            "TrainingJobStatus": "Completed",
            "CreationTime": at(self.times[number]),
            "Tags": [],
            "EnableNetworkIsolation": True,
        }
        return {member: value for member, value in found.items() if value is not None}

    def pages(self, region: str, operation: str, /, **parameters: Any) -> Iterator[Answer]:
        if operation != "sagemaker:Search":
            member = "TrainingJobSummaries" if self.kind is TrainingJob else "Models"
            yield from self._cut(member, [self.facts(number) for number in range(len(self.times))], operation)
            return
        bounds = parameters.get("SearchExpression", {}).get("Filters", [])
        found = [self.facts(number) for number, time in enumerate(self.times) if self._within(at(time), bounds)]
        self.shown += [one[self.kind.name_member] for one in found]
        record = "TrainingJob" if self.kind is TrainingJob else "Model"
        results = [{record: one if self.kind is TrainingJob else {"Model": one}} for one in found]
        for number, answer in enumerate(self._cut("Results", results, operation)):
            if number >= self.search_pages:
                self.refused += 1
                raise ReadFailed(Gap(Scope(self.account, region), operation, Reason.THROTTLED))
            yield answer

    @staticmethod
    def _within(time: datetime | None, bounds: list[dict[str, str]]) -> bool:
        if time is None:
            return not bounds
        text = time.strftime("%Y-%m-%dT%H:%M:%SZ")
        kept = {"GreaterThanOrEqualTo": text.__ge__, "LessThan": text.__lt__}
        return all(kept[bound["Operator"]](bound["Value"]) for bound in bounds)

    def call(self, region: str, operation: str, /, **parameters: Any) -> Answer:
        assert region, operation
        name = parameters[self.kind.name_member]
        self.described.append(name)
        return Answer(self.facts(int(name.rpartition("-")[2])), Observation(operation))

    def _cut(self, member: str, found: list[dict[str, Any]], operation: str) -> Iterator[Answer]:
        for start in range(0, len(found), self.page):
            yield Answer({member: found[start : start + self.page]}, Observation(operation))


def collected(account: Any, kind: type[Resource], part: Slice | None = None) -> list[Resource | Gap]:
    with ThreadPoolExecutor(2) as pool:
        needed = frozenset({"EnableNetworkIsolation", "Tags"})
        row = BY_TYPE[kind.cfn_type]
        return list(Family(row, account, "eu-west-1", needed, BEGIN, None, None, pool, part).collect())


@pytest.mark.usefixtures("small")
@given(times=TIMES, page=PAGES, search_pages=st.integers(min_value=0, max_value=12))
def test_a_search_that_breaks_off_in_a_chunk_leaves_the_rest_to_describe(
    times: list[int | None], page: int, search_pages: int
) -> None:
    account = Account(sorted(times, key=lambda time: time or 0), page, search_pages)
    items = collected(account, TrainingJob)
    names = [item.identity.name for item in items if isinstance(item, Resource)]
    assert sorted(names) == sorted(f"job-{number}" for number in range(len(times)))
    assert not [item for item in items if isinstance(item, Gap)]
    assert len(account.described) == len(set(account.described))
    if not account.refused and None not in times:
        # Where Search answers, only chunks that it answers no cheaper are described.
        assert len(account.described) <= 2


@pytest.mark.usefixtures("small")
@given(times=st.lists(st.integers(0, 30_000), min_size=1, max_size=60), page=PAGES, most=st.integers(1, 20))
def test_parts_together_are_the_whole_and_search_shows_each_its_own(times: list[int], page: int, most: int) -> None:
    times = sorted(times)
    found: list[str] = []
    start: datetime | None = None
    while True:
        account, part = Account([*times], page, 1_000), Slice(most, start)
        names = [item.identity.name for item in collected(account, TrainingJob, part) if isinstance(item, Resource)]
        found += names
        # Search tells seconds apart, and no less: those of a second that two parts share are shown to both.
        seconds = {times[int(name.rpartition("-")[2])] // 1_000 for name in names}
        assert {times[int(name.rpartition("-")[2])] // 1_000 for name in account.shown} <= seconds | {
            int((part.rest_from - BEGIN).total_seconds()) if part.rest_from else -1
        }
        if part.rest_from is None:
            break
        start = part.rest_from
    assert sorted(found) == sorted(f"job-{number}" for number in range(len(times)))


def test_walks_give_their_pages_in_order_and_say_when_they_end() -> None:
    with ThreadPoolExecutor(3) as pool:
        walks: Walks[str, int] = Walks(pool)
        walks.add("a", iter(range(5)))
        found: list[tuple[str, int | None]] = []
        for key, page in walks:
            found.append((key, page))
            if (key, page) == ("a", 2):
                walks.add("b", iter(range(10, 13)))
                walks.add("c", iter(()))
    assert [page for key, page in found if key == "a"] == [0, 1, 2, 3, 4, None]
    assert [page for key, page in found if key == "b"] == [10, 11, 12, None]
    assert [page for key, page in found if key == "c"] == [None]


def test_walks_raise_what_a_walk_raised() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    with ThreadPoolExecutor(1) as pool:
        walks: Walks[str, int] = Walks(pool)
        walks.add("a", broken())
        with pytest.raises(ValueError, match="broken"):
            list(walks)


def test_a_family_that_is_no_job_is_one_chunk_in_several_walks() -> None:
    times: list[int | None] = [*range(0, 2_100_000, 1_000)]
    account = Account(times, 100, 1_000, Model)
    (chunk,) = cut(listed(times), 100, streaming=BY_TYPE[Model.cfn_type].is_job)
    assert len(chunk.ranges()) == 3
    names = [item.identity.name for item in collected(account, Model) if isinstance(item, Resource)]
    assert sorted(names) == sorted(f"job-{number}" for number in range(len(times)))
    assert account.described == []
