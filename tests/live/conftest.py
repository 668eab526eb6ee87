from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.credentials import Credentials

from auditor.demo.server import ACCOUNT, REGION
from auditor.model.gap import Gap
from auditor.model.resource import Resource
from auditor.model.sagemaker import RESOURCES
from auditor.sources.live.clients import Clients, new_session
from auditor.sources.live.reader import Reader
from auditor.sources.live.sagemaker import RegionCollector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from auditor.demo.server import EmbeddedAws
    from auditor.state import StateStore

EVERY_MEMBER = {kind.cfn_type: frozenset(kind.fields_by_member) for kind in RESOURCES}


class Time:
    """A clock that sleeping moves forward, and nothing else."""

    def __init__(self) -> None:
        self._now = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._now += seconds


@pytest.fixture
def aws(server: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedAws]:
    server.reset()
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    yield server
    server.enforce_iam(False)


@pytest.fixture
def reader_of(aws: EmbeddedAws) -> Callable[[str], Reader]:
    """What asks about the account in a partition."""

    def made(partition: str) -> Reader:
        given = aws.environment()
        credentials = Credentials(given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"])
        clients = Clients(new_session(credentials=credentials))
        time = Time()
        return Reader(ACCOUNT, partition, clients, share=1.0, clock=time, sleep=time.sleep)

    return made


@pytest.fixture
def reader(reader_of: Callable[[str], Reader]) -> Reader:
    return reader_of("aws")


@dataclass(frozen=True)
class Collected:
    resources: dict[str, Resource]
    gaps: list[Gap]
    collector: RegionCollector


@pytest.fixture
def collect(reader: Reader) -> Any:
    def run(
        *kinds: type[Resource],
        state: StateStore | None = None,
        needed: dict[str, frozenset[str]] | None = None,
        jobs_since: Any = None,
        now: datetime | None = None,
    ) -> Collected:
        collector = RegionCollector(
            reader,
            REGION,
            members_needed=EVERY_MEMBER if needed is None else needed,
            jobs_since=jobs_since,
            now=now or datetime.now(UTC),
            state=state,
            families=frozenset(kind.cfn_type for kind in kinds) or None,
        )
        items = list(collector.collect())
        resources = {item.identity.name: item for item in items if isinstance(item, Resource)}
        return Collected(resources, [item for item in items if isinstance(item, Gap)], collector)

    return run
