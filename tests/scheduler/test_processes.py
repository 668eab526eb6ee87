"""Real schedulers and real scans; the scan is a small script, or the auditor itself on a snapshot."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from auditor.scheduler import state
from auditor.scheduler.clock import SystemClock
from auditor.scheduler.process import Outcome, Scan
from auditor.scheduler.state import Result, State
from auditor.scheduler.timetable import Timetable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
FAKE = (sys.executable, str(HERE / "fake_scan.py"))
SCHEDULE = (sys.executable, "-P", str(HERE / "schedule_fake.py"))
# Far longer than anything takes; a test that waits so long has failed.
PATIENCE = 60


def wait_for(what: Callable[[], Any]) -> Any:
    """What a function gives as soon as it gives something."""
    end = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
    return found


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


@dataclass
class Site:
    """A state folder, the notes of the fake scans, and the schedulers that were started on it."""

    folder: Path
    notes: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *words: str, scan: tuple[str, ...] = (), limit: str = "1m") -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [
                *SCHEDULE,
                "--state-folder",
                str(self.folder),
                "--time-limit",
                limit,
                *words,
                "--",
                str(self.notes),
                *scan,
            ],
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.started.append(process)
        return process

    def finish(self, process: subprocess.Popen[str]) -> tuple[int, str]:
        _, said = process.communicate(timeout=PATIENCE)
        return process.returncode, said

    def noted(self, word: str) -> list[int]:
        """The process ids behind a word of the notes."""
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        return [int(line.split()[1]) for line in lines if line.split()[0] == word and len(line.split()) > 1]

    @property
    def state(self) -> State:
        return state.load(self.folder / "schedule.json") or State()

    def stop(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.kill()
        for word in ("began", "child"):
            for pid in filter(alive, self.noted(word)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        for process in self.started:
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
            process.wait()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    one = Site(tmp_path / "state", tmp_path / "notes")
    yield one
    one.stop()


@dataclass
class Runner:
    """Runs the fake scan as the loop does."""

    folder: Path
    notes: Path

    def __call__(
        self, *words: str, limit: float = PATIENCE, grace: float = PATIENCE, go_on: Callable[[], bool] = lambda: True
    ) -> Outcome:
        scan = Scan((str(self.notes), *words), limit, grace, SystemClock(), FAKE)
        return scan.run(self.folder, None, go_on)


@pytest.fixture
def run(tmp_path: Path) -> Runner:
    (folder := tmp_path / "run").mkdir()
    return Runner(folder, tmp_path / "notes")


@pytest.mark.parametrize(
    ("code", "result"),
    [(0, Result.SUCCESS), (1, Result.SUCCESS), (2, Result.ERROR), (3, Result.INCOMPLETE), (130, Result.ERROR)],
)
def test_exit_codes(run: Runner, code: int, result: Result) -> None:
    outcome = run(f"code={code}")
    assert (outcome.result, outcome.exit_code) == (result, code)
    assert outcome.report is not None
    assert outcome.report.findings == {"PASSED": 5, "FAILED": 3, "NOT_AVAILABLE": 1}


@pytest.mark.parametrize("code", [0, 1])
def test_to_end_well_without_a_report_is_no_success(run: Runner, code: int) -> None:
    outcome = run(f"code={code}", "silent")
    assert (outcome.result, outcome.exit_code, outcome.report) == (Result.ERROR, code, None)


def test_a_report_that_is_cut_off_is_none(run: Runner) -> None:
    (run.folder / "report.json").write_text('{\n"schema_version": "1.0",\n"findings": [\n')
    assert run("silent").result is Result.ERROR


def test_temporary_files_lie_in_the_state_folder(run: Runner) -> None:
    run()
    assert (run.folder / "spool").exists()


def test_a_program_that_is_not_there_is_an_error_of_the_run(tmp_path: Path) -> None:
    scan = Scan((), PATIENCE, 1, SystemClock(), (str(tmp_path / "nothing"),))
    assert scan.run(tmp_path, None, lambda: True) == Outcome(Result.ERROR, None, 0.0)


def test_the_time_limit_asks_first(run: Runner) -> None:
    outcome = run("seconds=600", limit=1.5)
    assert outcome.result is Result.TIMEOUT
    notes = run.notes.read_text()
    # Where the limit struck before the script had begun, its signal ended it all the same.
    assert outcome.exit_code == (143 if "asked" in notes else -signal.SIGTERM)
    assert "ended" not in notes


def test_who_does_not_listen_is_killed_with_all_that_it_started(run: Runner) -> None:
    def begun() -> bool:
        return "child" not in (run.notes.read_text() if run.notes.exists() else "")

    outcome = run("seconds=600", "deaf", "child", grace=0.2, go_on=begun)
    assert (outcome.result, outcome.exit_code) == (Result.STOPPED, -signal.SIGKILL)
    child = int(run.notes.read_text().split("child ")[1].split()[0])
    wait_for(lambda: not alive(child))


def test_two_schedulers_on_one_folder_run_one_scan(site: Site) -> None:
    first = site.start("--every", "1h", "--once", scan=("seconds=600",))
    (scan,) = wait_for(lambda: site.noted("began"))
    second = site.start("--every", "1h", "--once")
    code, said = site.finish(second)
    assert code == 0
    assert "another one holds" in said
    assert site.noted("began") == [scan]
    first.terminate()
    assert site.finish(first)[0] == 3


def test_many_schedulers_at_once_run_one_scan(site: Site) -> None:
    several = [site.start("--every", "1d", "--once", scan=("seconds=1",)) for _ in range(4)]
    assert {site.finish(process)[0] for process in several} == {0}
    assert len(site.noted("began")) == 1
    assert site.state.runs[Result.SUCCESS] == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_scan_and_then_the_scheduler(site: Site, number: signal.Signals) -> None:
    process = site.start("--every", "1d", scan=("seconds=600",))
    (scan,) = wait_for(lambda: site.noted("began"))
    process.send_signal(number)
    code, said = site.finish(process)
    assert code == 0, said
    assert site.noted("asked") == [scan]
    assert not alive(scan)
    assert site.state.runs == {Result.STOPPED: 1}
    assert sorted(path.name.partition(".")[0] for path in site.folder.iterdir()) == [
        "heartbeat",
        "lock",
        "metrics",
        "schedule",
    ]
    # The next start makes up for it, once.
    again = site.start("--every", "1d")
    wait_for(lambda: site.state.runs.get(Result.SUCCESS))
    again.terminate()
    assert site.finish(again)[0] == 0
    assert len(site.noted("began")) == 2


def test_a_signal_ends_the_wait_at_once(site: Site) -> None:
    process = site.start("--every", "1d")
    wait_for(lambda: "next_run" in (site.folder / "metrics.prom").read_text() if site.noted("ended") else "")
    process.terminate()
    assert site.finish(process)[0] == 0


def test_the_time_limit_of_the_command(site: Site) -> None:
    code, said = site.finish(site.start("--every", "1d", "--once", scan=("seconds=600",), limit="1s"))
    assert code == 3
    assert "time limit of 1 s" in said
    assert site.state.runs == {Result.TIMEOUT: 1}


def test_an_outage_is_made_up_for_once(site: Site) -> None:
    site.folder.mkdir()
    slot = Timetable.of("6h", None).slot(datetime.now(UTC) - timedelta(days=9))
    state.save(site.folder / "schedule.json", State(slot=slot, succeeded=slot, attempts=1))
    process = site.start("--every", "6h")
    wait_for(lambda: site.state.last_success)
    process.terminate()
    assert site.finish(process)[0] == 0
    assert site.finish(site.start("--every", "6h", "--once"))[0] == 0
    # A test that runs across the edge of a slot sees the next slot's run too.
    slots = 1 + (Timetable.of("6h", None).slot(datetime.now(UTC)) - slot) // timedelta(hours=6) - 36
    assert len(site.noted("began")) in {1, slots}


def test_a_scheduler_that_is_killed_leaves_its_scan_the_lock(site: Site) -> None:
    process = site.start("--every", "1d", scan=("seconds=600",))
    (scan,) = wait_for(lambda: site.noted("began"))
    process.kill()
    # Its pipes stay open in the scan.
    process.wait()
    code, said = site.finish(site.start("--every", "1d", "--once"))
    assert code == 0
    assert "another one holds" in said
    os.kill(scan, signal.SIGKILL)
    wait_for(lambda: not alive(scan))
    assert site.finish(site.start("--every", "1d", "--once"))[0] == 0
    assert site.state.runs[Result.SUCCESS] == 1


def test_the_last_report_and_the_metrics_stay(site: Site) -> None:
    assert site.finish(site.start("--every", "1d", "--once", scan=("code=1",)))[0] == 0
    assert json.loads((site.folder / "report.json").read_text())["findings"] == []
    told = (site.folder / "metrics.prom").read_text()
    assert 'sagemaker_auditor_findings{status="FAILED"} 3' in told
    assert "sagemaker_auditor_last_run_exit_code 1" in told
