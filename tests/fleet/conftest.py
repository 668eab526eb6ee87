from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from botocore.credentials import Credentials

from auditor.delivery.store import FolderStore
from auditor.fleet.settings import FleetSettings
from auditor.sources.live.accounts import AccountAccess
from auditor.sources.live.clients import new_session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from auditor.demo.server import EmbeddedAws

OWN = "123456789012"


@pytest.fixture
def aws(server: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedAws]:
    server.reset()
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    yield server
    server.reset()


@pytest.fixture
def own(aws: EmbeddedAws) -> AccountAccess:
    given = aws.environment()
    session = new_session(credentials=Credentials(given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"]))
    return AccountAccess(OWN, "aws", session)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "bucket")


@pytest.fixture
def settings() -> FleetSettings:
    return FleetSettings("reports", regions=("eu-west-1", "us-east-1"), quota_share=1.0)
