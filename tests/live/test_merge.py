"""List and Search put together: nothing listed is lost or doubled, whatever the index holds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from auditor.model.gap import Gap, Scope
from auditor.model.resource import Observation, Resource
from auditor.model.sagemaker import TrainingJob
from auditor.model.unknown import Reason
from auditor.sources.live.family import Family
from auditor.sources.live.reader import Answer, ReadFailed
from auditor.sources.live.table import BY_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 24, tzinfo=UTC)
NEEDED = frozenset({"EnableNetworkIsolation", "Tags"})


@dataclass(frozen=True)
class Job:
    """A job as each API sees it."""

    name: str
    listed: bool
    indexed: bool
    stale: bool
    gone: bool

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "TrainingJobName": self.name,
            "TrainingJobArn": f"arn:aws:sagemaker:eu-west-1:123456789012:training-job/{self.name}",
            "TrainingJobStatus": "Completed",
            "CreationTime": NOW - timedelta(days=1),
            "LastModifiedTime": NOW,
            "EnableNetworkIsolation": True,
            "Tags": [],
        }

    @property
    def record(self) -> dict[str, Any]:
        old = {"LastModifiedTime": NOW - timedelta(hours=1), "EnableNetworkIsolation": False}
        return {**self.facts, **(old if self.stale else {})}


@dataclass
class Account:
    """Stands in for the reader: answers from jobs, in pages of any size, some of them empty."""

    jobs: list[Job]
    page: int
    search_denied: bool
    account: str = "123456789012"
    partition: str = "aws"
    asked: list[str] = field(default_factory=list)

    def pages(self, region: str, operation: str, /, **parameters: Any) -> Iterator[Answer]:
        self.asked.append(operation)
        if operation == "sagemaker:Search":
            if self.search_denied:
                raise ReadFailed(Gap(Scope(self.account, region), operation, Reason.ACCESS_DENIED))
            running = any("Status" in one["Name"] for one in parameters["SearchExpression"]["Filters"])
            found = [] if running else [{"TrainingJob": job.record} for job in self.jobs if job.indexed]
            yield from self._cut("Results", found, operation)
            return
        found = [] if "StatusEquals" in parameters else [job.facts for job in self.jobs if job.listed]
        yield from self._cut("TrainingJobSummaries", found, operation)

    def call(self, region: str, operation: str, /, **parameters: Any) -> Answer:
        job = next(job for job in self.jobs if job.name == parameters["TrainingJobName"])
        if job.gone:
            raise ReadFailed(Gap(Scope(self.account, region), operation, Reason.VANISHED))
        return Answer(job.facts, Observation(operation))

    def _cut(self, member: str, found: list[dict[str, Any]], operation: str) -> Iterator[Answer]:
        for start in range(0, len(found), self.page):
            yield Answer({member: []}, Observation(operation))
            yield Answer({member: found[start : start + self.page]}, Observation(operation))


FLAGS = st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans())


@given(
    flags=st.lists(FLAGS, max_size=30),
    page=st.integers(min_value=1, max_value=7),
    search_denied=st.booleans(),
    window=st.booleans(),
)
def test_what_is_listed_is_read_once_and_as_it_is_now(
    flags: list[tuple[bool, bool, bool, bool]], page: int, search_denied: bool, window: bool
) -> None:
    jobs = [Job(f"job-{number}", *given) for number, given in enumerate(flags)]
    account: Any = Account(jobs, page, search_denied)
    with ThreadPoolExecutor(2) as pool:
        since = timedelta(days=30) if window else None
        family = Family(BY_TYPE[TrainingJob.cfn_type], account, "eu-west-1", NEEDED, NOW, since, None, pool)
        items = list(family.collect())
    read = [item for item in items if isinstance(item, Resource)]
    vanished = [item for item in items if isinstance(item, Gap) and item.reason is Reason.VANISHED]
    names = [item.identity.name for item in read] + [item.scope.resource.rpartition("/")[2] for item in vanished]
    assert sorted(names) == sorted(job.name for job in jobs if job.listed)
    assert {item.scope.resource for item in vanished} <= {job.facts["TrainingJobArn"] for job in jobs if job.gone}
    assert all(isinstance(item, TrainingJob) and item.enable_network_isolation for item in read)
