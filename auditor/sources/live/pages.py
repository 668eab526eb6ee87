"""Several walks over pages at the same time."""

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import TypeVar

T = TypeVar("T")


def as_they_come(walks: Sequence[Iterator[T]], pool: Executor) -> Iterator[T]:
    """The pages of several walks, each walk in order, whichever walk has one ready.

    Each walk has at most one page waiting, so that memory stays bounded.

    Raises:
        Exception: what a walk raised.
    """
    waiting: dict[Future[T | None], Iterator[T]] = {pool.submit(next, walk, None): walk for walk in walks}
    while waiting:
        done, _ = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            walk = waiting.pop(future)
            page = future.result()
            if page is not None:
                waiting[pool.submit(next, walk, None)] = walk
                yield page
