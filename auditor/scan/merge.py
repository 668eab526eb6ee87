"""Several producers, one consumer."""

import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_DEPTH = 1_000
_POLL_SECONDS = 0.1


def merge(
    producers: Iterable[Callable[[], Iterator[T]]], workers: int, stopping: Callable[[], None] = lambda: None
) -> Generator[T, None, None]:
    """Run producers in threads and yield what they yield, as it comes.

    The queue between them is bounded, so that a slow consumer slows the producers down. Where the consumer
    stops early, the producers stop at their next item.

    Args:
        producers: each gives an iterator when called, in its own thread.
        workers: how many run at once.
        stopping: called once no more is wanted, to free producers that wait for each other.

    Raises:
        Exception: what a producer raised, once the others have been told to stop.
    """
    items: queue.Queue[T] = queue.Queue(_DEPTH)
    stopped = threading.Event()

    def pump(producer: Callable[[], Iterator[T]]) -> None:
        for item in producer():
            while not stopped.is_set():
                try:
                    items.put(item, timeout=_POLL_SECONDS)
                    break
                except queue.Full:
                    continue
            if stopped.is_set():
                return

    with ThreadPoolExecutor(workers, thread_name_prefix="collect") as pool:
        try:
            futures = [pool.submit(pump, producer) for producer in producers]
            yield from _drain(items, futures)
        finally:
            stopped.set()
            for future in futures:
                future.cancel()
            stopping()
    for future in futures:
        if not future.cancelled():
            future.result()


class Countdown:
    """Calls something once a number of others have ended; safe to use from several threads.

    Args:
        number: how many there are.
        then: what to call; at once where there are none.
    """

    def __init__(self, number: int, then: Callable[[], None]) -> None:
        self._left = number
        self._then = then
        self._lock = threading.Lock()
        if not number:
            then()

    def one_less(self) -> None:
        """Say that one has ended."""
        with self._lock:
            self._left -= 1
            if not self._left:
                self._then()


def _drain(items: "queue.Queue[T]", futures: list["Future[None]"]) -> Iterator[T]:
    failed = threading.Event()

    def ended(future: "Future[None]") -> None:
        if not future.cancelled() and future.exception() is not None:
            failed.set()

    for future in futures:
        future.add_done_callback(ended)
    # However much the others have to give: nothing comes of it once one has failed.
    while not failed.is_set():
        # Looked at before the queue: once all are done, an empty queue stays empty.
        running = any(not future.done() for future in futures)
        try:
            item = items.get(timeout=_POLL_SECONDS) if running else items.get_nowait()
        except queue.Empty:
            if running:
                continue
            return
        yield item
