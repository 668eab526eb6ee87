from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from auditor.demo.server import EmbeddedAws

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedAws]:
    """One for all tests of a process: it cannot run twice."""
    with EmbeddedAws() as running:
        yield running
