"""One scan as a process of its own: with a time limit, ended cleanly, its report read."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from auditor.errors import ExitCode, InputError
from auditor.model.verdict import Status
from auditor.scheduler.clock import Clock
from auditor.scheduler.state import ReportFacts, Result
from reports import saved

# `-P`: nothing is imported from the folder that the scheduler was started in.
SCAN = (sys.executable, "-P", "-m", "auditor", "scan")
_POLL_SECONDS = 0.5
_LOG = logging.getLogger("auditor.scheduler")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a scan ended.

    Args:
        result: what it counts as.
        exit_code: as `subprocess` gives it; None where the process could not be started.
        seconds: how long it took.
        report: what its report says, where it wrote a whole one.
    """

    result: Result
    exit_code: int | None
    seconds: float
    report: ReportFacts | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """How scans are run.

    Args:
        words: what is handed to `scan`.
        limit: seconds after which it is ended.
        grace: seconds from SIGTERM to SIGKILL.
        clock: the time.
        program: what comes before the words.
    """

    words: Sequence[str]
    limit: float
    grace: float
    clock: Clock
    program: Sequence[str] = SCAN

    def run(self, folder: Path, hold: int | None, go_on: Callable[[], bool]) -> Outcome:
        """Run a scan to its end.

        Args:
            folder: empty; takes its temporary files and its report, `report.json`.
            hold: a descriptor that the scan keeps open while it lives.
            go_on: asked about twice a second; False ends the scan.
        """
        started = self.clock.monotonic()
        report = folder / "report.json"
        words = [*self.program, *self.words, "-f", f"json={report}"]
        try:
            process = subprocess.Popen(  # noqa: S603  our own program
                words,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "TMPDIR": str(folder)},
                start_new_session=True,
                pass_fds=() if hold is None else (hold,),
            )
        except OSError as error:
            _LOG.error("the scan cannot be started: %s", error.strerror or error)
            return Outcome(Result.ERROR, None, 0.0)
        cut = self._watch(process, started + self.limit, go_on)
        code = process.wait() if cut is None else self._end(process)
        seconds = self.clock.monotonic() - started
        facts = self._facts(report) if report.exists() else None
        return Outcome(cut or _result(code, facts), code, seconds, facts)

    def _watch(self, process: subprocess.Popen[bytes], deadline: float, go_on: Callable[[], bool]) -> Result | None:
        while process.poll() is None:
            if not go_on():
                return Result.STOPPED
            if self.clock.monotonic() >= deadline:
                _LOG.error("the scan has reached its time limit of %.0f s and is ended", self.limit)
                return Result.TIMEOUT
            self.clock.pause(_POLL_SECONDS)
        return None

    def _end(self, process: subprocess.Popen[bytes]) -> int:
        """SIGTERM, time to end, then SIGKILL for whatever is left of its group."""
        _signal(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(self.grace)
        _signal(process.pid, signal.SIGKILL)
        return process.wait()

    def _facts(self, report: Path) -> ReportFacts | None:
        try:
            read = saved.load(report)
        except InputError as error:
            _LOG.warning("%s", error)
            return None
        total = read.summary.by_status
        findings = {
            Status.PASSED.value: total.passed,
            Status.FAILED.value: total.failed,
            Status.NOT_AVAILABLE.value: total.not_available,
        }
        return ReportFacts(written=self.clock.now(), complete=read.coverage.complete, findings=findings)


def _result(code: int, report: ReportFacts | None) -> Result:
    if code == ExitCode.INCOMPLETE:
        return Result.INCOMPLETE
    if code not in (ExitCode.CLEAN, ExitCode.FAILED):
        return Result.ERROR
    if report is None:
        _LOG.error("the scan ended with %d but wrote no report: that is no success", code)
        return Result.ERROR
    return Result.SUCCESS


def _signal(group: int, number: signal.Signals) -> None:
    # Of a group that has ended there is nobody to tell; a zombie's may not be told.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
