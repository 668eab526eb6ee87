"""Judging in a process of its own, beside the one that asks AWS: one interpreter alone is bound by its lock.

What collectors yield is sent over a pipe as it comes; what the judging process found comes back once it has
settled. Findings go to a file that both have open.
"""

import fcntl
import os
import pickle
import signal
import sys
import threading
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Self

from auditor.scan.assessment import Assessment, Outcome, Place
from auditor.scan.intake import Intake, Taken
from auditor.scan.spool import Sealed
from auditor.state import StateStore

# Small enough that the other process is never idle for long, large enough that a message costs little.
_BATCH = 64
# The most that Linux gives to a user's pipe unasked (pipe(7), /proc/sys/fs/pipe-max-size).
_IN_FLIGHT = 1 << 20


def possible() -> bool:
    """Whether a second process can be had, and would have a processor of its own."""
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) < len(("asking", "judging")):
        return False
    # A fork copies no thread but the one that asks for it.
    return threading.active_count() == 1


class Apart:
    """Takes what collectors yield and has it judged elsewhere; a context manager.

    Args:
        assessment: judges, in the other process; holds the outcome once settled.
        state_path: where facts are kept between scans; None to keep none. It must be writable.
    """

    def __init__(self, assessment: Assessment, state_path: Path | None) -> None:
        self._assessment = assessment
        self._batch: list[Taken] = []
        receiver, self._sender = Pipe(duplex=False)
        # More than the default, so that asking goes on while the other process is busy with what it has.
        fcntl.fcntl(self._sender.fileno(), fcntl.F_SETPIPE_SZ, _IN_FLIGHT)
        work = _Work(assessment, state_path, receiver, self._sender)
        self._executor = ProcessPoolExecutor(1, get_context("fork"), _begin, (work,))
        self._judging = self._executor.submit(_judge)
        receiver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Where there was an error, the other process notices that nothing more can come.
        self._sender.close()
        self._executor.shutdown()

    def take(self, item: Taken) -> None:
        """Have one item typed and judged."""
        self._batch.append(item)
        if len(self._batch) >= _BATCH:
            self._flush()

    def settle(self, places: Iterable[Place]) -> None:
        """Have judged what had to wait: everything was taken.

        Raises:
            Exception: what went wrong in the other process.
        """
        self._flush()
        self._send(_Settle(tuple(places)))
        self._assessment.adopt(*self._judging.result())

    def _flush(self) -> None:
        batch, self._batch = self._batch, []
        self._send(batch)

    def _send(self, message: "list[Taken] | _Settle") -> None:
        try:
            self._sender.send_bytes(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
        except BrokenPipeError:
            self._judging.result()
            raise


@dataclass(frozen=True, slots=True)
class _Settle:
    """Says that everything was sent."""

    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class _Work:
    assessment: Assessment
    state_path: Path | None
    receiver: Connection
    sender: Connection


_work: list[_Work] = []


def _begin(work: _Work) -> None:
    """Set up the judging process."""
    # Only one process answers to the keyboard; this one ends with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Else the end of the other process would never be noticed.
    work.sender.close()
    _work.append(work)


def _judge() -> tuple[Outcome, Sealed]:
    work = _work.pop()
    message = pickle.loads(work.receiver.recv_bytes())  # noqa: S301  from the process that made this one
    # Opened after the fork and after the first message: by then the other process has put a damaged one aside.
    state = StateStore(work.state_path) if work.state_path is not None else None
    intake = Intake(work.assessment, state)
    while not isinstance(message, _Settle):
        for item in message:
            intake.take(item)
        message = pickle.loads(work.receiver.recv_bytes())  # noqa: S301  as above
    intake.settle(message.places)
    return work.assessment.seal()
