"""The loop: what is owed is run, once; everything else is waiting and showing that one lives."""

import logging
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import schedule

from auditor.errors import UsageError
from auditor.scheduler import metrics, state
from auditor.scheduler.clock import Clock
from auditor.scheduler.files import write_whole
from auditor.scheduler.heartbeat import heartbeat_file, host
from auditor.scheduler.lock import Lock
from auditor.scheduler.process import Outcome, Scan
from auditor.scheduler.state import Result, Run, State
from auditor.scheduler.timetable import Timetable

BEAT_SECONDS = 20
RETRY_SECONDS = 30
_TELL_SECONDS = 60
# A cluster's clock may start the process a moment before the slot by this host's clock.
_EARLY = timedelta(seconds=60)
_FORGOTTEN_SECONDS = 86_400
_LOG = logging.getLogger("auditor.scheduler")


@dataclass(slots=True)
class Loop:
    """A scheduler.

    Args:
        folder: the state folder; made where it is missing.
        timetable: when runs are due.
        scan: how one is run.
        clock: the time.
        metrics_file: where the metrics go; beside the heartbeat where None.
        stopping: set by `stop`.
    """

    folder: Path
    timetable: Timetable
    scan: Scan
    clock: Clock
    metrics_file: Path | None = None
    stopping: bool = False
    _starting: bool = True
    _retry: bool = False
    # The slot that was last found taken by another, and how many such there were since the state was ours.
    _met: datetime | None = None
    _skipped: int = 0
    _beaten: float = float("-inf")
    _told: float = float("-inf")
    _trigger: "_Trigger | None" = field(default=None, repr=False)

    def stop(self) -> None:
        """End the loop, and the scan that runs; safe within a signal handler."""
        self.stopping = True
        self.clock.wake()

    def run(self) -> None:
        """Run what is owed, until `stop`.

        A run that fails, and a state folder that cannot be written to for a while, never end it.

        Raises:
            UsageError: the folder cannot be used at the start.
        """
        self._prepare(wait_for_first=self.timetable.daily)
        trigger = self._trigger = _Trigger(self)
        jobs = schedule.Scheduler()
        trigger.register(jobs)
        planned = None
        while not self.stopping:
            self._beat()
            jobs.run_pending()
            if trigger.due != planned:
                planned = trigger.due
                _LOG.info("the next run begins at %s", _iso(planned))
                self._tell()
            if not self.stopping:
                wait = (trigger.due - self.clock.now()).total_seconds()
                self.clock.pause(min(BEAT_SECONDS, max(0.0, wait)))
        _LOG.info("stopped")

    def run_once(self) -> Result | None:
        """Run what is owed now and come back; for a timer that lies elsewhere, such as a CronJob.

        Returns:
            How the run ended; SKIPPED where another process runs; None where nothing was owed, or it was stopped
            before it began.

        Raises:
            UsageError: the folder cannot be used.
        """
        self._prepare(wait_for_first=False)
        slot = self.timetable.slot(self.clock.now() + _EARLY)
        start = self.timetable.start(slot, host())
        while not self.stopping and self.clock.now() < start:
            self._beat()
            self.clock.pause(min(BEAT_SECONDS, (start - self.clock.now()).total_seconds()))
        if self.stopping:
            return None
        result = self._run_slot(slot)
        self._tell()
        return result

    def plan(self) -> datetime:
        """When the next run begins: at once where one is owed, else in its slot; soon again after an obstacle."""
        now = self.clock.now()
        slot = self.timetable.slot(now)
        try:
            owed = self._load().owes(slot, starting=self._starting)
        except OSError as error:
            _LOG.error("the state cannot be read: %s", error)
            self._retry = True
            owed = False
        if self._retry:
            self._retry = False
            return now + timedelta(seconds=RETRY_SECONDS)
        if not owed:
            self._starting = False
            slot = self.timetable.following(slot)
        return self.timetable.start(slot, host())

    def run_due(self) -> None:
        """Run the latest slot, if it is still owed; the library's job."""
        self._run_slot(self.timetable.slot(self.clock.now()))

    def _run_slot(self, slot: datetime) -> Result | None:
        try:
            lock = Lock.acquire(self.folder, self.clock)
            if lock is None:
                return self._met_another(slot)
            with lock:
                return self._run_locked(slot, lock)
        except OSError as error:
            _LOG.error("the state folder cannot be used: %s", error)
            self._retry = True
            return Result.ERROR

    def _met_another(self, slot: datetime) -> Result:
        self._retry = True
        if self._met != slot:
            self._met = slot
            self._skipped += 1
            _LOG.warning("the run of %s does not begin: another one holds %s", _iso(slot), self.folder)
        return Result.SKIPPED

    def _run_locked(self, slot: datetime, lock: Lock) -> Result | None:
        known = self._load()
        if not known.owes(slot, starting=self._starting):
            _LOG.info("the run of %s has been made", _iso(slot))
            self._starting = False
            return None
        self._starting = False
        known = known.begun(slot, self._skipped)
        self._skipped = 0
        state.save(self._state_file, known)
        _LOG.info("the run of %s begins", _iso(slot))
        outcome = self._scan(lock)
        if lock.lost:
            # What is known of this slot is for the other process to write.
            return Result.STOPPED
        run = Run(
            slot=slot,
            ended=self.clock.now(),
            result=outcome.result,
            exit_code=outcome.exit_code,
            seconds=round(outcome.seconds, 3),
        )
        state.save(self._state_file, known.ended(run, outcome.report))
        level = logging.INFO if run.result in (Result.SUCCESS, Result.STOPPED) else logging.WARNING
        _LOG.log(level, "the run ended: %s, exit code %s, %.1f s", run.result, run.exit_code, run.seconds)
        return outcome.result

    def _scan(self, lock: Lock) -> Outcome:
        # What a scheduler that was killed has left; the lock is ours, so nobody uses it.
        for left in self.folder.glob("run-*"):
            shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(dir=self.folder, prefix="run-"))
        try:
            outcome = self.scan.run(folder, lock.handle, lambda: self._go_on(lock))
            if outcome.report is not None:
                (folder / "report.json").replace(self.folder / "report.json")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return outcome

    def _go_on(self, lock: Lock) -> bool:
        self._beat()
        if self.stopping:
            return False
        try:
            held = lock.renew()
        except OSError as error:
            _LOG.warning("the lease cannot be renewed: %s", error)
            return True
        if not held:
            _LOG.error("another process has taken over while this one slept: this scan is ended")
        return held

    def _prepare(self, *, wait_for_first: bool) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._beaten = self.clock.monotonic()
            write_whole(heartbeat_file(self.folder), _iso(self.clock.now()) + "\n")
            write_whole(self._metrics_path, self._metrics(self._load()), mode=0o644)
            self._forget()
            # Where another holds the lock, it writes this down.
            lock = Lock.acquire(self.folder, self.clock) if wait_for_first else None
            if lock is not None:
                with lock:
                    if state.load(self._state_file) is None:
                        state.save(self._state_file, State(since=self.clock.now()))
        except OSError as error:
            message = f"the schedule cannot be kept: {error.filename}: {error.strerror or error}"
            raise UsageError(message, "give a folder that can be written to: --state-folder") from None

    def _forget(self) -> None:
        """Remove the heartbeats of hosts that are no more: every pod has a name of its own."""
        now = self.clock.now().timestamp()
        for path in self.folder.glob("heartbeat.*"):
            with suppress(FileNotFoundError):
                if now - path.stat().st_mtime > _FORGOTTEN_SECONDS:
                    path.unlink()

    def _beat(self) -> None:
        if self.clock.monotonic() - self._beaten < BEAT_SECONDS:
            return
        self._beaten = self.clock.monotonic()
        try:
            write_whole(heartbeat_file(self.folder), _iso(self.clock.now()) + "\n")
        except OSError as error:
            _LOG.warning("the heartbeat cannot be written: %s", error)
        if self.clock.monotonic() - self._told >= _TELL_SECONDS:
            self._tell()

    def _tell(self) -> None:
        """Write the metrics; again every minute, since processes that share a folder share them."""
        self._told = self.clock.monotonic()
        try:
            write_whole(self._metrics_path, self._metrics(self._load()), mode=0o644)
        except OSError as error:
            _LOG.warning("the metrics cannot be written: %s", error)

    def _metrics(self, known: State) -> str:
        due = self._trigger.due if self._trigger is not None else None
        return metrics.render(known, due, self.clock.now())

    def _load(self) -> State:
        known = state.load(self._state_file) or State()
        if known.slot is not None and known.slot > self.clock.now() + _EARLY:
            # A clock that was ahead must not keep the schedule from running until then.
            return known.model_copy(update={"slot": None, "succeeded": None, "since": None})
        return known

    @property
    def _state_file(self) -> Path:
        return self.folder / "schedule.json"

    @property
    def _metrics_path(self) -> Path:
        return self.metrics_file or self.folder / "metrics.prom"


class _Trigger(schedule.Job):
    """The library's job with the loop's clock and plan; its own are naive local time, and no memory of earlier runs."""

    def __init__(self, loop: Loop) -> None:
        super().__init__(1)
        self._loop = loop
        self.due = loop.clock.now()

    def register(self, jobs: schedule.Scheduler) -> None:
        """Plan the first run, and have a scheduler of the library trigger it."""
        self.scheduler = jobs
        self.seconds.do(self._loop.run_due)

    @property
    def should_run(self) -> bool:
        """Whether the next run is due."""
        return self._loop.clock.now() >= self.due

    def _schedule_next_run(self) -> None:
        self.due = self._loop.plan()
        # The library compares and shows naive moments.
        self.next_run = self.due.replace(tzinfo=None)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
