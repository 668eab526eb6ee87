"""Judging in a process of its own, beside the one that asks AWS: one interpreter alone is bound by its lock.

What collectors yield is sent over a pipe as it comes; what the judging process found comes back over another once
it has settled. Findings go to a file that both have open. Neither outlives the other: each notices the end of the
other by the end of its pipe.
"""

import errno
import fcntl
import logging
import pickle
import signal
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from auditor.errors import AuditError, ExitCode
from auditor.processors import second_process_possible
from auditor.scan.assessment import Assessment, Outcome, Place
from auditor.scan.intake import Intake, Taken
from auditor.scan.spool import Sealed
from auditor.state import StateStore

# Small enough that the other process is never idle for long, large enough that a message costs little.
_BATCH = 64
# The most that Linux gives to a user's pipe unasked (pipe(7), /proc/sys/fs/pipe-max-size).
_IN_FLIGHT = 1 << 20

# A limit on processes or memory; fork(2).
_REFUSED = frozenset({errno.EAGAIN, errno.ENOMEM})
_LOG = logging.getLogger(__name__)
_Answer = tuple[Outcome, Sealed]


class JudgingError(AuditError):
    """The other process ended before it had judged everything: nothing can be said of what was read."""

    exit_code = ExitCode.INCOMPLETE


def beside(assessment: Assessment, state_path: Path | None) -> "Apart | None":
    """A process that judges beside this one; None where there can be none: judge in this one.

    Args:
        assessment: as of `Apart`.
        state_path: as of `Apart`.

    Raises:
        OSError: as of `Apart`, but for a limit on processes or memory.
    """
    if not second_process_possible():
        return None
    try:
        return Apart(assessment, state_path)
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        _LOG.info("no second process can be had (%s); one asks and judges", error.strerror)
        return None


class Apart:
    """Takes what collectors yield and has it judged elsewhere; a context manager.

    Args:
        assessment: judges, in the other process; holds the outcome once settled.
        state_path: where facts are kept between scans; None to keep none. It must be writable.

    Raises:
        OSError: the system refuses a process, or its pipes.
    """

    def __init__(self, assessment: Assessment, state_path: Path | None) -> None:
        self._assessment = assessment
        self._batch: list[Taken] = []
        receiver, self._sender = Pipe(duplex=False)
        self._answer, answer = Pipe(duplex=False)
        # More than the default, so that asking goes on while the other process is busy with what it has. A user
        # with many pipes gets no more (pipe(7), pipe-user-pages-soft), and does without.
        with suppress(OSError):
            fcntl.fcntl(self._sender.fileno(), fcntl.F_SETPIPE_SZ, _IN_FLIGHT)
        work = _Work(assessment, state_path, receiver, answer, (self._sender, self._answer))
        self._judging = get_context("fork").Process(target=_judge, args=(work,), name="judging", daemon=True)
        try:
            self._judging.start()
        except OSError:
            self._sender.close()
            self._answer.close()
            raise
        finally:
            receiver.close()
            answer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sender.close()
        if kind is not None:
            # Nobody waits for its verdicts any more; the state is whole whenever it ends.
            self._judging.kill()
        self._judging.join()
        self._judging.close()
        self._answer.close()

    def take(self, item: Taken) -> None:
        """Have one item typed and judged.

        Raises:
            AuditError: what went wrong in the other process; JudgingError where it has no better name.
        """
        self._batch.append(item)
        if len(self._batch) >= _BATCH:
            self._flush()

    def settle(self, places: Iterable[Place]) -> None:
        """Have judged what had to wait: everything was taken.

        Raises:
            AuditError: as of `take`.
        """
        self._flush()
        self._send(_Settle(tuple(places)))
        self._assessment.adopt(*self._answered())

    def _flush(self) -> None:
        batch, self._batch = self._batch, []
        self._send(batch)

    def _send(self, message: "list[Taken] | _Settle") -> None:
        # Whoever reads no more has told why, or is told of by its end.
        try:
            self._sender.send_bytes(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
        except BrokenPipeError:
            self._answered()

    def _answered(self) -> _Answer:
        try:
            answer = self._answer.recv()
        except EOFError:
            self._judging.join()
            raise _ended(self._judging.exitcode or 0) from None
        if isinstance(answer, AuditError):
            raise answer
        return cast("_Answer", answer)


def _ended(exit_code: int) -> JudgingError:
    how = f"by {signal.Signals(-exit_code).name}" if exit_code < 0 else f"with exit code {exit_code}"
    remedy = "is there enough memory?" if exit_code == -signal.SIGKILL else "does a rule of your own end it?"
    return JudgingError(f"the process that judges was ended {how}; nothing was reported", remedy)


@dataclass(frozen=True, slots=True)
class _Settle:
    """Says that everything was sent."""

    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class _Work:
    """What the judging process has: its ends of the pipes, and those of the other process."""

    assessment: Assessment
    state_path: Path | None
    receiver: Connection
    answer: Connection
    others: tuple[Connection, ...]


def _judge(work: _Work) -> None:
    """The judging process, from its beginning to its end."""
    # Only one process answers to the keyboard; this one ends with it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Else the end of the other process would never be noticed.
    for connection in work.others:
        connection.close()
    answer: _Answer | AuditError
    try:
        answer = _judged(work)
    except EOFError:
        # The other process is gone, or has an error of its own to tell.
        return
    except AuditError as error:
        answer = error
    except (OSError, sqlite3.Error, MemoryError) as error:
        answer = JudgingError(f"the findings cannot be kept: {type(error).__name__}: {error}; nothing was reported")
    with suppress(BrokenPipeError):
        work.answer.send(answer)


def _judged(work: _Work) -> _Answer:
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
