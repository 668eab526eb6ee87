"""A list cut by the time of creation, so that a part can be read while the rest is still being listed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from auditor.sources.live.listing import Listed

# A walk of Search costs one page more than it has records for: ten pages a walk make that a tenth.
_SIZE = 1_000
# Walks that wait for their next page at the same time.
WALKS = 4


@dataclass(slots=True)
class Chunk:
    """Some of what was listed.

    Args:
        items: what was listed.
        end: everything in it was made before this second; None where that is open.
        missing: what has not been read yet, by ARN.
        walks: how many walks of Search still look for it.
    """

    items: list[Listed]
    end: datetime | None = None
    missing: dict[str, Listed] = field(default_factory=dict)
    walks: int = 0

    def __post_init__(self) -> None:
        self.missing = {item.arn: item for item in self.items}

    def ranges(self) -> list[tuple[datetime | None, datetime | None]]:
        """Spans of the time of creation in which Search has what is missing: one for each walk."""
        times = sorted(item.created for item in self.missing.values() if item.created)
        if not times or len(times) < len(self.missing):
            return [(None, None)]
        walks = 1 if self.end else min(WALKS, 1 + len(times) // _SIZE)
        starts = [times[len(times) * part // walks] for part in range(walks)]
        return list(zip(starts, [*starts[1:], self.end], strict=True))

    def pages_of_search(self) -> int:
        """How many pages Search needs to show all that is missing."""
        oldest = min((item.created for item in self.missing.values() if item.created), default=None)
        newer = sum(1 for item in self.items if oldest is None or item.created is None or item.created >= oldest)
        return 1 + newer // 100


class Cutter:
    """Gathers what is listed, oldest first, into chunks.

    Args:
        streaming: whether to cut at all; else there is one chunk.
    """

    def __init__(self, *, streaming: bool) -> None:
        self._streaming = streaming
        self._items: list[Listed] = []

    def add(self, items: Iterable[Listed]) -> Chunk | None:
        """Take a page; a chunk where one is full.

        Search compares whole seconds, so that all of one second are in the same chunk.
        """
        self._items += items
        last = self._items[-1].created if self._items else None
        if not self._streaming or len(self._items) < _SIZE or last is None:
            return None
        end = last.replace(microsecond=0)
        full = [item for item in self._items if item.created is not None and item.created < end]
        if not full:
            return None
        self._items = [item for item in self._items if item.created is None or item.created >= end]
        return Chunk(full, end)

    def rest(self, more_from: datetime | None = None) -> Chunk:
        """What is left once all is listed.

        Args:
            more_from: from when on there is more that is not listed here; None where there is nothing more.
        """
        if more_from is None:
            return Chunk(self._items)
        # The second itself may be shared.
        return Chunk(self._items, more_from.replace(microsecond=0) + timedelta(seconds=1))
