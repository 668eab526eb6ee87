from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from auditor.scheduler.loop import Loop
from auditor.scheduler.process import Outcome, Scan
from auditor.scheduler.state import ReportFacts, Result
from auditor.scheduler.timetable import Timetable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

START = datetime(2026, 3, 3, 13, 0, tzinfo=UTC)


@dataclass
class FakeClock:
    """Time that passes only while someone waits."""

    moment: datetime = START
    ticks: float = 0.0
    # What happens when a moment is reached.
    plans: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.ticks

    def pause(self, seconds: float) -> None:
        reached = min([self.moment + timedelta(seconds=seconds), *(moment for moment, _ in self.plans)])
        passed = max((reached - self.moment).total_seconds(), 0.001)
        self.ticks += passed
        self.moment += timedelta(seconds=passed)
        due = [plan for plan in self.plans if plan[0] <= self.moment]
        self.plans = [plan for plan in self.plans if plan[0] > self.moment]
        for _, do in due:
            do()

    def wake(self) -> None:
        """Nothing sleeps."""

    def at(self, moment: datetime, do: Callable[[], None]) -> None:
        self.plans.append((moment, do))


@dataclass(frozen=True, slots=True)
class ScriptedScan(Scan):
    """A scan that takes its time by the clock, and ends as it was told to: exit code and seconds."""

    script: deque[tuple[int, float]] = field(default_factory=deque)
    begun: list[datetime] = field(default_factory=list)

    def run(self, folder: Path, hold: int | None, go_on: Callable[[], bool]) -> Outcome:
        del hold
        assert folder.is_dir()
        self.begun.append(self.clock.now())
        code, seconds = self.script.popleft() if self.script else (0, 60.0)
        started = self.clock.monotonic()
        while self.clock.monotonic() - started < seconds:
            if not go_on():
                return Outcome(Result.STOPPED, -15, self.clock.monotonic() - started)
            self.clock.pause(min(60, seconds - (self.clock.monotonic() - started)))
        result = {0: Result.SUCCESS, 1: Result.SUCCESS, 3: Result.INCOMPLETE}.get(code, Result.ERROR)
        facts = None
        if result is not Result.ERROR:
            (folder / "report.json").write_text("{}\n")
            facts = ReportFacts(written=self.clock.now(), complete=code != 3, findings={"PASSED": 7, "FAILED": code})
        return Outcome(result, code, self.clock.monotonic() - started, facts)


@dataclass
class Bench:
    """A state folder, a clock, and schedulers on them, one after the other."""

    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    script: deque[tuple[int, float]] = field(default_factory=deque)
    begun: list[datetime] = field(default_factory=list)

    def loop(self, every: str | None = "6h", at: str | None = None, jitter: str | None = None) -> Loop:
        scan = ScriptedScan((), 3600, 20, self.clock, script=self.script, begun=self.begun)
        return Loop(self.folder, Timetable.of(every, at, jitter), scan, self.clock)

    def run(self, until: datetime, every: str | None = "6h", at: str | None = None, jitter: str | None = None) -> Loop:
        """Let a scheduler live until a moment."""
        loop = self.loop(every, at, jitter)
        self.clock.at(until, loop.stop)
        loop.run()
        return loop

    @property
    def state(self) -> dict[str, object]:
        read: dict[str, object] = json.loads((self.folder / "schedule.json").read_text())
        return read

    @property
    def metrics(self) -> dict[str, float]:
        lines = (self.folder / "metrics.prom").read_text().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name.removeprefix("sagemaker_auditor_"): float(value) for name, value in pairs}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "state")
