"""Several walks over pages at the same time."""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import Generic, TypeVar

K = TypeVar("K")
T = TypeVar("T")


class Walks(Generic[K, T]):
    """The pages of several walks, each walk in order, whichever walk has one ready.

    Each walk has at most one page waiting, so that memory stays bounded. More walks may be added while the
    pages are iterated.

    Args:
        pool: runs the walks, a page at a time.
    """

    def __init__(self, pool: Executor) -> None:
        self._pool = pool
        self._waiting: dict[Future[T | None], tuple[K, Iterator[T]]] = {}

    def add(self, key: K, walk: Iterator[T]) -> None:
        """Take a walk in, under a key of the caller's."""
        self._waiting[self._pool.submit(next, walk, None)] = (key, walk)

    def __iter__(self) -> Iterator[tuple[K, T | None]]:
        """Key and page; for each walk that ends, its key and None.

        Raises:
            Exception: what a walk raised.
        """
        while self._waiting:
            done, _ = wait(self._waiting, return_when=FIRST_COMPLETED)
            for future in done:
                key, walk = self._waiting.pop(future)
                page = future.result()
                if page is not None:
                    self.add(key, walk)
                yield key, page
