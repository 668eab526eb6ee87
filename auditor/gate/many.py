"""Judging many files on two processors: the same report as with one."""

import os
import pickle
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from auditor.gate.files import Candidate
from auditor.gate.run import Gate, Outcome
from auditor.processors import second_process_possible
from auditor.scan.assessment import Assessment, Share

# A second process takes longer to begin than so many files take to judge.
_MANY = 16
# Of what is left each takes a part, and in the end as few as this, so that both are done at the same time.
_PART, _LEAST = 5, 4
# Turns wait in a pipe, which holds at least 64 KiB (pipe(7)).
_TURN = struct.Struct("=I")
_MOST_TURNS = 65_536 // _TURN.size

_Judged = tuple[Outcome, Share]
_Tell = Callable[[int, Any], None]


def judge_files(
    gate: Gate, assessment: Assessment, files: Sequence[Candidate], fresh: Callable[[], Assessment]
) -> Outcome:
    """Judge files, on two processors where there are many of them.

    Args:
        gate: how they are judged.
        assessment: takes what they hold.
        files: what to judge.
        fresh: makes an empty assessment of the same rules, for what another process judges.
    """
    if len(files) <= _MANY or not second_process_possible():
        return gate.judge(assessment, files)
    outcome = Outcome()
    for part, share in _Work(gate, files, fresh).judged():
        assessment.absorb(share)
        outcome.add(part)
    return outcome


@dataclass(frozen=True, slots=True)
class _Work:
    """Files that two processes judge, each taking the next few whenever it is done with some."""

    gate: Gate
    files: Sequence[Candidate]
    fresh: Callable[[], Assessment]

    def judged(self) -> Iterator[_Judged]:
        """What became of the files, in their order, whoever judged them."""
        batches = list(_shrinking(self.files))
        turns, write = os.pipe()
        os.write(write, b"".join(map(_TURN.pack, range(len(batches)))))
        os.close(write)
        parent = os.getpid()

        def aside(tell: _Tell) -> None:
            self._take(batches, turns, tell, lambda: os.getppid() == parent)

        with _Other(aside) as other:
            done: dict[int, _Judged] = {}
            self._take(batches, turns, done.__setitem__, lambda: True)
            os.close(turns)
            done.update(other.answers())
            for number, batch in enumerate(batches):
                # What the other process took and did not live to tell is judged here.
                yield done[number] if number in done else self._judge(batch)

    def _take(
        self, batches: Sequence[Sequence[Candidate]], turns: int, tell: _Tell, wanted: Callable[[], bool]
    ) -> None:
        """Judge batch after batch, as long as somebody wants to know."""
        while wanted() and (turn := os.read(turns, _TURN.size)):
            (number,) = _TURN.unpack(turn)
            tell(number, self._judge(batches[number]))

    def _judge(self, files: Sequence[Candidate]) -> _Judged:
        assessment = self.fresh()
        outcome = self.gate.judge(assessment, files)
        return outcome, assessment.share()


def _shrinking(files: Sequence[Candidate]) -> Iterator[Sequence[Candidate]]:
    start, least = 0, max(_LEAST, -(-2 * len(files) // _MOST_TURNS))
    while start < len(files):
        size = max(least, (len(files) - start) // _PART)
        yield files[start : start + size]
        start += size


class _Other:
    """A process that was forked off to work along; a context manager.

    A fork starts at once and imports nothing, so that nothing of an audited folder can be imported by it. Where the
    system refuses one, it has no answers, and this process does all the work.

    Args:
        work: what it does, in the other process, telling what it has done as it goes.
    """

    def __init__(self, work: Callable[[_Tell], None]) -> None:
        # Memory that both have open: a pipe would be full while this process is busy with its own part.
        self._told = os.memfd_create("sagemaker-auditor")
        self._end, sender = os.pipe()
        self._process = 0
        with suppress(OSError):
            self._process = os.fork()
            if not self._process:
                _work_and_end(work, self._told, self._end, sender)
        os.close(sender)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._end)
        os.close(self._told)
        if self._process:
            os.waitpid(self._process, 0)

    def answers(self) -> Iterator[tuple[int, Any]]:
        """What it has done, once it is done or gone."""
        os.read(self._end, 1)
        with open(self._told, "rb", closefd=False) as stream:
            stream.seek(0)
            with suppress(EOFError, pickle.UnpicklingError):
                while True:
                    answer: tuple[int, Any] = pickle.load(stream)  # noqa: S301  from the process that this one made
                    yield answer


def _work_and_end(work: Callable[[_Tell], None], told: int, end: int, sender: int) -> None:
    """All that the other process does; it never comes back, and what this one has not written yet is not its own."""
    code = 1
    try:
        os.close(end)
        with open(told, "wb", closefd=False) as stream:
            work(lambda *answer: pickle.dump(answer, stream, pickle.HIGHEST_PROTOCOL))
        # Said before its memory is taken apart, which takes a while.
        os.write(sender, b".")
        code = 0
    finally:
        os._exit(code)
