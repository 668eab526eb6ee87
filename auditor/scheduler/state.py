"""What is known of earlier runs, in one small file that outlives the process."""

import logging
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auditor.scheduler.files import write_whole

_LOG = logging.getLogger("auditor.scheduler")
# Of a slot without a success: a container that is killed in every scan must not scan without end.
MOST_ATTEMPTS = 3


class Result(StrEnum):
    """How a run ended.

    SUCCESS is exit code 0 or 1 (a failed finding is what a run is for) with a whole report; INCOMPLETE is 3; ERROR any
    other; TIMEOUT and STOPPED were ended by the scheduler; SKIPPED never began, as another process was running.
    """

    SUCCESS = "success"
    INCOMPLETE = "incomplete"
    ERROR = "error"
    TIMEOUT = "timeout"
    STOPPED = "stopped"
    SKIPPED = "skipped"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ReportFacts(_Record):
    """What the metrics say of the last report.

    Args:
        written: when, by the scheduler's clock.
        complete: whether no error left a hole.
        findings: status to the number of current findings.
    """

    written: datetime
    complete: bool
    findings: dict[str, int]


class Run(_Record):
    """The last run that came to an end.

    Args:
        slot: the moment it was due.
        ended: when.
        result: how.
        exit_code: the scan's; minus the signal where one ended it; None where it could not be started.
        seconds: how long it took.
    """

    slot: datetime
    ended: datetime
    result: Result
    exit_code: int | None
    seconds: float


class State(_Record):
    """What is known of earlier runs.

    Args:
        version: of this layout.
        since: slots up to here are not owed: the first start of a daily timetable waits for its time.
        slot: the last slot for which a run began.
        attempts: how often one did.
        finished: whether the last of them came to an end of its own; a process that was killed could not say so.
        succeeded: the last slot with a success.
        last_success: when that run ended.
        last_run: the last run that ended.
        runs: result to how many there were.
        report: of the last report that was written.
    """

    version: Literal[1] = 1
    since: datetime | None = None
    slot: datetime | None = None
    attempts: int = 0
    finished: bool = True
    succeeded: datetime | None = None
    last_success: datetime | None = None
    last_run: Run | None = None
    runs: dict[Result, int] = Field(default_factory=dict)
    report: ReportFacts | None = None

    def owes(self, slot: datetime, *, starting: bool) -> bool:
        """Whether a slot is still to be run.

        However many slots went by unused, only the latest is asked about: one run makes up for an outage.

        Args:
            slot: the latest slot.
            starting: whether the process has just begun: a run that failed is then tried again, since what made it
                fail may have been mended.
        """
        if self.since is not None and slot <= self.since:
            return False
        if self.slot is None or slot > self.slot:
            return True
        if slot < self.slot or self.succeeded == slot or self.attempts >= MOST_ATTEMPTS:
            return False
        return starting or not self.finished

    def begun(self, slot: datetime, skipped: int) -> "State":
        """The state once a run begins; `skipped` slots are counted now that the file is ours."""
        runs = {**self.runs, Result.SKIPPED: self.runs.get(Result.SKIPPED, 0) + skipped} if skipped else self.runs
        attempts = self.attempts + 1 if slot == self.slot else 1
        return self.model_copy(update={"slot": slot, "attempts": attempts, "finished": False, "runs": runs})

    def ended(self, run: Run, report: ReportFacts | None) -> "State":
        """The state once a run has ended."""
        changed = {
            "last_run": run,
            "runs": {**self.runs, run.result: self.runs.get(run.result, 0) + 1},
            "report": report or self.report,
            # What was stopped is owed to whoever comes next.
            "finished": run.result is not Result.STOPPED,
        }
        if run.result is Result.SUCCESS:
            changed |= {"succeeded": run.slot, "last_success": run.ended}
        return self.model_copy(update=changed)


def load(path: Path) -> State | None:
    """The state of a file; None where there is none yet.

    One that is damaged, or of another version, is put aside with a warning: it holds nothing but when to run next.

    Raises:
        OSError: the file is there and cannot be read.
    """
    try:
        return State.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError:
        aside = path.with_name(f"{path.name}.damaged")
        _LOG.warning("%s is no state of this version; it is put aside as %s", path, aside.name)
        path.replace(aside)
        return None


def save(path: Path, state: State) -> None:
    """Write the state so that it outlives a power cut.

    Raises:
        OSError: it cannot be written.
    """
    write_whole(path, state.model_dump_json(indent=1) + "\n", durable=True)
