from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from auditor.demo.server import EmbeddedAws

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as running:
        yield running


@pytest.fixture
def aws(server: EmbeddedAws) -> Iterator[EmbeddedAws]:
    server.reset()
    yield server
    server.enforce_iam(False)
