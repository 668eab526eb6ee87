"""A scan that cannot go on ends, whoever of its threads waits for whom."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.credentials import Credentials

from auditor.demo.server import ACCOUNT, REGION, EmbeddedAws
from auditor.model.kms import KmsKey
from auditor.model.sagemaker import NotebookInstance
from auditor.scan.live import LiveScan, LiveSettings
from auditor.sources.live.accounts import AccountAccess
from auditor.sources.live.clients import Clients, new_session
from auditor.sources.live.reader import Reader
from auditor.state import StateStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from auditor.scan.assessment import Place
    from auditor.scan.intake import Taken


class Full(StateStore):
    """A state on a disk that is full."""

    def keep_only(self, family: str, arns: Iterable[str]) -> None:
        raise sqlite3.OperationalError(f"database or disk is full: {family}, {len(list(arns))}")


class Quiet:
    def region(self, account: str, region: str, resources: int, *, done: bool) -> None:
        """Nobody looks."""


class Taking:
    """Takes items; none after so many."""

    def __init__(self, most: int) -> None:
        self.items: deque[Taken] = deque()
        self.most = most

    def take(self, item: Taken) -> None:
        if len(self.items) >= self.most:
            raise OSError("no space left on device")
        self.items.append(item)

    def settle(self, places: Iterable[Place]) -> None:
        del places


@pytest.fixture
def aws(server: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedAws]:
    server.reset()
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    for number in range(3):
        server.client("sagemaker").create_notebook_instance(
            NotebookInstanceName=f"nb-{number}",
            InstanceType="ml.t3.medium",
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/r",
            KmsKeyId="alias/none",
        )
    yield server
    server.reset()


def scan(aws: EmbeddedAws, taker: Any, state: StateStore | None) -> None:
    given = aws.environment()
    session = new_session(
        credentials=Credentials(given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"]),
    )
    settings = LiveSettings(
        now=datetime.now(UTC),
        jobs_since=None,
        members_needed={},
        families=frozenset({NotebookInstance.cfn_type}),
        neighbour_types=frozenset({KmsKey}),
        state=state,
        region_deadline=600,
    )
    reader = Reader(ACCOUNT, "aws", Clients(session), share=1.0)
    LiveScan(taker, settings, Quiet()).account(AccountAccess(ACCOUNT, "aws", session), reader, [REGION])


def ends(work: Any) -> list[BaseException]:
    """The errors of some work that may not hang."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except (OSError, sqlite3.Error) as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    return errors


def test_a_scan_ends_where_an_item_cannot_be_taken(aws: EmbeddedAws) -> None:
    (error,) = ends(lambda: scan(aws, Taking(1), None))
    assert isinstance(error, OSError)
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("collect")]


def test_a_scan_ends_where_a_family_cannot_be_kept(aws: EmbeddedAws, tmp_path: Path) -> None:
    with Full(tmp_path / "facts.sqlite") as state:
        (error,) = ends(lambda: scan(aws, Taking(1_000), state))
    assert isinstance(error, sqlite3.OperationalError)
