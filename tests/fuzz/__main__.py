"""``python -m tests.fuzz`` gives the gate hundreds of thousands of broken files.

Whatever it is given, the gate must judge it or name what is wrong, within bounded time. Input number n of a seed
is always the same, so that a failure can be looked at alone: ``--first n --inputs 1 --save FOLDER``.
"""

from __future__ import annotations

import argparse
import resource
import signal
import sys
import tempfile
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NoReturn

from auditor.catalog import Catalog
from auditor.gate import run as gate_run
from auditor.gate.files import Candidate
from auditor.gate.run import Gate
from auditor.scan.assessment import Assessment
from auditor.sources.detect import KINDS
from auditor.sources.interface import Deployment, GateContext
from rules import MODULES
from tests.fuzz.mutation import mutated, samples

if TYPE_CHECKING:
    from collections.abc import Iterator

# Judging takes milliseconds; what takes as long as this would not end in the time that a pull request has.
SECONDS = 10
# Findings are forgotten after so many inputs.
_BATCH = 500
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_CONTEXT = GateContext(Deployment("aws", "111122223333", "eu-west-1"), {"Env": "prod"})
_FORCED = 0.1


def main() -> None:
    """Run, print what was found, and leave with 1 where anything was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=200_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--save", type=Path, help="folder for the inputs that fail")
    given = parser.parse_args()
    # A fault of a source is what is looked for: it must come out.
    gate_run._FAULTS = ()
    start = time.monotonic()
    found = many(given.seed, given.first, given.inputs, given.processes)
    _say(
        f"{found.inputs:,} inputs in {time.monotonic() - start:.0f} s: {found.judged:,} judged, "
        f"{found.refused:,} refused, {found.left_out:,} of no known kind, {found.resources:,} resources; "
        f"the slowest took {found.slowest:.2f} s, at most {found.peak // 1024:,} MB of memory"
    )
    for problem, (number, count) in sorted(found.problems.items()):
        _say(f"FAILED {count} times, first in input {number}: {problem}")
        if given.save:
            given.save.mkdir(parents=True, exist_ok=True)
            name, data, _ = made(given.seed, number)
            (given.save / f"{number}-{name}").write_bytes(data)
    sys.exit(1 if found.problems else 0)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


@dataclass
class Found:
    """What a run found.

    Args:
        problems: what went wrong → number of the first input, and how often.
        slowest: seconds that the slowest input took.
        peak: kilobytes of memory at most.
    """

    inputs: int = 0
    judged: int = 0
    refused: int = 0
    left_out: int = 0
    resources: int = 0
    slowest: float = 0.0
    peak: int = 0
    problems: dict[str, tuple[int, int]] = field(default_factory=dict)

    def note(self, problem: str, number: int, count: int = 1) -> None:
        """Count a problem."""
        first, before = self.problems.get(problem, (number, 0))
        self.problems[problem] = (min(first, number), before + count)

    def add(self, other: Found) -> None:
        """Take what another process found."""
        for name in ("inputs", "judged", "refused", "left_out", "resources"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.slowest, self.peak = max(self.slowest, other.slowest), max(self.peak, other.peak)
        for problem, (number, count) in other.problems.items():
            self.note(problem, number, count)


def made(seed: int, number: int) -> tuple[str, bytes, str]:
    """Name and content of an input, and the kind it is said to be, if any."""
    random = Random(f"{seed}:{number}")  # noqa: S311  the same inputs every time
    name, data = mutated(random, samples())
    return name, data, random.choice(KINDS).name if random.random() < _FORCED else ""


def many(seed: int, first: int, inputs: int, processes: int) -> Found:
    """Judge inputs in as many processes."""
    parts = [range(start, min(start + _BATCH, first + inputs)) for start in range(first, first + inputs, _BATCH)]
    found = Found()
    if processes == 1:
        for part in parts:
            found.add(some(seed, part))
        return found
    with ProcessPoolExecutor(processes, get_context("fork")) as pool:
        for one in pool.map(partial(some, seed), parts):
            found.add(one)
    return found


def some(seed: int, numbers: range) -> Found:
    """Judge inputs one after the other."""
    found = Found()
    assessment = Assessment(Catalog.of(MODULES), _NOW, "gate")
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            _one(found, seed, number, Path(folder), assessment)
    for rule, message in assessment._faulty_rules.items():
        found.note(f"the rule {rule}: {message}", numbers.start)
    found.peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return found


def _one(found: Found, seed: int, number: int, folder: Path, assessment: Assessment) -> None:
    name, data, forced = made(seed, number)
    path = folder / name
    path.write_bytes(data)
    gate = Gate(_CONTEXT, next((kind for kind in KINDS if kind.name == forced), None))
    found.inputs += 1
    start = time.monotonic()
    try:
        with _bounded():
            outcome = gate.judge(assessment, [Candidate(path, name, named=False)])
    except Exception as error:  # noqa: BLE001  what no one foresaw is what is looked for
        found.note(_told(error), number)
        return
    finally:
        path.unlink()
        found.slowest = max(found.slowest, time.monotonic() - start)
    found.refused += bool(outcome.errors)
    found.judged += not outcome.errors and outcome.targets[0].status == "SCANNED"
    found.left_out += not outcome.errors and outcome.targets[0].status != "SCANNED"
    found.resources += outcome.resources
    for message in outcome.errors:
        if "a fault of the auditor" in message or not message.startswith(name):
            found.note(message, number)


def _told(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    ours = [one for one in traceback.extract_tb(error.__traceback__) if "site-packages" not in one.filename]
    where = ours[-1] if ours else frame
    return f"{type(error).__name__} in {Path(where.filename).name}:{where.lineno} {where.name}: {str(error)[:200]!r}"


@contextmanager
def _bounded() -> Iterator[None]:
    """Ends what takes too long."""
    before = signal.signal(signal.SIGALRM, _late)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _late(*_: object) -> NoReturn:
    raise TimeoutError(f"took more than {SECONDS} s")


if __name__ == "__main__":
    main()
