"""Judging many files on two processors: paths in, lines of JSON out, the same report as with one."""

from collections.abc import Callable, Iterator, Sequence

from auditor.gate.files import Candidate
from auditor.gate.run import Gate, Outcome
from auditor.scan.assessment import Assessment, Share

# A second process takes longer to begin than so many files take to judge.
_MANY = 16
_BATCH = 8
_PROCESSES = 2


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
    if len(files) <= _MANY or not _apart_possible():
        return gate.judge(assessment, files)
    # Loaded where there are many: a handful of files is judged in the time that this takes.
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415

    outcome = Outcome()
    done = 0
    try:
        for part, share in _apart(gate, files, fresh):
            assessment.absorb(share)
            outcome.add(part)
            done += _BATCH
    except BrokenProcessPool:
        # Another process was ended from outside, for want of memory perhaps: what is left is judged here.
        outcome.add(gate.judge(assessment, files[done:]))
    return outcome


def _apart_possible() -> bool:
    # A fork starts at once and imports nothing, so that nothing of an audited folder can be imported by it.
    from auditor.scan.apart import possible  # noqa: PLC0415  it loads what only a scan needs

    return possible()


def _apart(gate: Gate, files: Sequence[Candidate], fresh: Callable[[], Assessment]) -> Iterator[tuple[Outcome, Share]]:
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415  as above
    from multiprocessing import get_context  # noqa: PLC0415  as above

    batches = [files[start : start + _BATCH] for start in range(0, len(files), _BATCH)]
    with ProcessPoolExecutor(_PROCESSES, get_context("fork"), _begin, (gate, fresh)) as pool:
        yield from pool.map(_judge, batches)


_work: list[tuple[Gate, Callable[[], Assessment]]] = []


def _begin(gate: Gate, fresh: Callable[[], Assessment]) -> None:
    _work.append((gate, fresh))


def _judge(files: Sequence[Candidate]) -> tuple[Outcome, Share]:
    ((gate, fresh),) = _work
    assessment = fresh()
    outcome = gate.judge(assessment, files)
    return outcome, assessment.share()
