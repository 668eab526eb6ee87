"""Cutting a family of jobs into parts that one invocation of a Lambda can read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar


class Made(Protocol):
    """Something that was made at a time; None where that is not known."""

    @property
    def created(self) -> datetime | None:
        """When."""


M = TypeVar("M", bound=Made)


@dataclass(slots=True)
class Slice:
    """A part of a family of jobs, the oldest first.

    Args:
        most: about how many jobs; those made at the same moment as the last of them belong to it as well.
        start: only those made at this time or later; None for the first part.
        rest_from: where the next part begins, once this one has been listed; None where nothing is left.
    """

    most: int
    start: datetime | None = None
    rest_from: datetime | None = None

    @property
    def is_first(self) -> bool:
        """Whether no part comes before it."""
        return self.start is None

    def list_start(self, window_start: datetime | None) -> datetime | None:
        """From when on to list."""
        if self.start is None:
            return window_start
        # Whether CreationTimeAfter takes the moment itself is not said: a second more, and `cut` leaves it out.
        return self.start - timedelta(seconds=1)

    def cut(self, items: Iterable[M]) -> Iterator[M]:
        """Those of the items, which come oldest first, that belong to this part."""
        taken, last = 0, None
        for item in items:
            if self.start is not None and item.created is not None and item.created < self.start:
                continue
            if taken >= self.most and item.created is not None and item.created != last:
                self.rest_from = item.created
                return
            taken, last = taken + 1, item.created
            yield item

    @staticmethod
    def is_late(item: Made, window_start: datetime | None) -> bool:
        """Whether a running job that this part did not list is not another part's: it is older than the window."""
        return item.created is None or window_start is None or item.created < window_start
