"""One target: its units one after the other, a checkpoint after each, and back before the time is up."""

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from auditor.catalog import Catalog
from auditor.delivery.store import ObjectStore
from auditor.errors import ConfigError, InputError
from auditor.fleet.context import Context
from auditor.fleet.failing import not_scanned
from auditor.fleet.outcome import Cursor, Outcome
from auditor.fleet.plan import enter
from auditor.fleet.records import Keys, ScanTarget
from auditor.fleet.settings import FleetSettings
from auditor.fleet.steering import PlannedRun
from auditor.fleet.work import Unit, pending
from auditor.model.coverage import RequestCount
from auditor.model.finding import Finding
from auditor.model.gap import Gap
from auditor.sources.live.accounts import AccountAccess
from auditor.sources.live.awserrors import ReadFailed

_LOG = logging.getLogger("auditor.fleet")
# Each waits for its own answers and quotas.
_UNITS_AT_ONCE = 6
_PATIENCE = 2
# What a kill between two checkpoints costs is read again; each checkpoint is a request.
_CHECKPOINT_SECONDS = 2.0
_LONGEST_REASON = 600

Remaining = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Means:
    """What a function has to work with.

    Args:
        settings: of the fleet.
        catalog: every rule there is; what steers a run chooses among them.
        store: the report bucket.
        own: access with the function's own credentials.
        remaining: seconds until the invocation is ended from outside.
        checkpoint_seconds: at most so often the cursor is written.
        adjust: what counts in the place of a finding, where no planned run says so; see `Policy.adjust`.
    """

    settings: FleetSettings
    catalog: Catalog
    store: ObjectStore
    own: AccountAccess
    remaining: Remaining
    checkpoint_seconds: float = _CHECKPOINT_SECONDS
    adjust: Callable[[Finding], Finding | None] | None = None

    def time_left(self) -> float:
        """Seconds in which work may be begun."""
        return self.remaining() - self.settings.margin_seconds


def audit_account(event: Any, means: Means) -> dict[str, Any]:
    """Go on with a target, or write down that it failed.

    Args:
        event: `{"target": …, "cursor": …, "attempt": n}`; or `{"target": …, "error": {"Error": …, "Cause": …}}`.
            The cursor is only a token: what is done stands in the bucket.
        means: what to work with.

    Returns:
        `{"status": "done" or "more", "cursor": …, "findings": n}`; there is more as long as the time does not
        suffice.

    Raises:
        InputError: the event does not fit, or what was kept is damaged.
        ConfigError: the margin leaves no time, or the configuration of the run does not fit.
        StoreError: the bucket cannot be read or written.
    """
    if not isinstance(event, Mapping):
        raise InputError("the event is no JSON object")
    target = ScanTarget.of(event.get("target"))
    if event.get("error") is not None:
        return _failed(target, _words(event["error"]), means)
    whole = means.time_left()
    if whole <= 0:
        raise ConfigError("no time is left to work in", "set MARGIN_SECONDS below the timeout of the function")
    keys = Keys(target.run)
    cursor = Cursor.load(means.store, keys.cursor(target)) or Cursor(_now().isoformat(timespec="seconds"))
    try:
        access = enter(means.own, target)
    except ReadFailed as error:
        reason = f"{error.gap.operation}: {error.gap.reason}: {error.gap.detail}"
        return _failed(target, reason, means, error.gap)
    return _Turn(_context(target, cursor, access, means), means, access, whole).go()


def _words(error: Any) -> str:
    told = error if isinstance(error, Mapping) else {"Cause": str(error)}
    return ": ".join(str(told[name]) for name in ("Error", "Cause") if told.get(name))[:_LONGEST_REASON]


def _failed(target: ScanTarget, reason: str, means: Means, gap: Gap | None = None) -> dict[str, Any]:
    """NOT_SCANNED, or PARTIAL where parts of it had been found before."""
    found = 0
    cursor = Cursor.load(means.store, Keys(target.run).cursor(target))
    # The first entry stands should the reports fail too, which may be what the target failed by.
    if not_scanned(means.store, target, reason, _now(), gap) and cursor is not None and cursor.done:
        from auditor.fleet.finish import finish_broken  # noqa: PLC0415  its page's template engine takes time to load

        access = _entered_again(target, means) if gap is None else None
        session = access.session if access is not None else None
        try:
            finish_broken(_context(target, cursor, access or means.own, means), reason, gap, session)
            found = sum(about["findings"] for about in cursor.done.values())
        except InputError as error:
            _LOG.warning("what %s had found cannot be reported: %s", target.place, error)
    return {"status": "done", "cursor": None, "findings": found}


def _entered_again(target: ScanTarget, means: Means) -> AccountAccess | None:
    """Access for Security Hub alone; None where the account cannot be entered now, which is told in the ledger."""
    try:
        return enter(means.own, target)
    except ReadFailed:
        return None


def _context(target: ScanTarget, cursor: Cursor, access: AccountAccess, means: Means) -> Context:
    settings, run = means.settings, PlannedRun.read(means.store, target.run)
    steered = run.steering.applied(settings, means.catalog, run.started.date())
    seconds = max(means.time_left(), 0.0)
    reader = access.reader(settings.quota_share, seconds)
    reader.ends_at = reader.clock() + seconds
    return Context(target, settings, steered, run.started, means.store, reader, cursor)


@dataclass(slots=True)
class _Turn:
    """One invocation.

    Args:
        context: of the target.
        means: what to work with.
        access: to the account.
        whole: seconds for work that it began with.
    """

    context: Context
    means: Means
    access: AccountAccess
    whole: float
    _requests: dict[str, RequestCount] = field(default_factory=dict)
    _running: dict[Future[Outcome], Unit] = field(default_factory=dict)
    _first: set[str] = field(default_factory=set)
    _saved_at: float = 0.0
    _stopped: bool = False

    def go(self) -> dict[str, Any]:
        """Do what can be done in the time."""
        cursor = self.context.cursor
        cursor.invocations += 1
        before = len(cursor.done)
        with ThreadPoolExecutor(_UNITS_AT_ONCE, thread_name_prefix="unit") as pool:
            self._work(pool)
        cursor.stalled = 0 if len(cursor.done) > before else cursor.stalled + 1
        self._save()
        if pending(self.context) or self.means.time_left() <= 0:
            return self._answer("more")
        from auditor.fleet.finish import finish  # noqa: PLC0415  its page's template engine takes time to load

        finish(self.context, self.access.session)
        return self._answer("done")

    def _work(self, pool: ThreadPoolExecutor) -> None:
        while True:
            self._begin(pool)
            if not self._running:
                return
            done, _ = wait(self._running, return_when=FIRST_COMPLETED)
            for future in done:
                self._end(self._running.pop(future).name, future.result())
            if time.monotonic() - self._saved_at >= self.means.checkpoint_seconds:
                self._save()

    def _begin(self, pool: ThreadPoolExecutor) -> None:
        running = {unit.name for unit in self._running.values()}
        for unit in pending(self.context):
            if self._stopped or len(self._running) >= _UNITS_AT_ONCE or self.means.time_left() <= 0:
                return
            if unit.name not in running:
                if not self._saved_at and self._is_enough():
                    self._first.add(unit.name)
                self._running[pool.submit(unit.run)] = unit
        self._saved_at = self._saved_at or time.monotonic()

    def _is_enough(self) -> bool:
        """Whether what is begun now gets as much time as any unit will get."""
        # Entering the account can take most of an invocation. Whoever waits for a better one does not wait for ever.
        return self.means.time_left() >= self.whole / 2 or self.context.cursor.stalled >= _PATIENCE

    def _end(self, name: str, outcome: Outcome) -> None:
        if outcome.cut_short:
            self._stopped = True
            if name not in self._first:
                # It had not the whole time: the next invocation begins with it.
                _LOG.info("%s was cut short and is left to the next invocation", name)
                return
        self.context.cursor.commit(outcome, self.context.target.region)

    def _save(self) -> None:
        cursor = self.context.cursor
        counts = self.context.reader.ledger.counts()
        cursor.add_requests(_since(count, self._requests.get(count.operation)) for count in counts)
        self._requests = {count.operation: count for count in counts}
        cursor.save(self.means.store, self.context.keys.cursor(self.context.target))
        self._saved_at = time.monotonic()

    def _answer(self, status: str) -> dict[str, Any]:
        done = self.context.cursor.done
        token = None if status == "done" else {"units": len(done), "invocations": self.context.cursor.invocations}
        return {"status": status, "cursor": token, "findings": sum(about["findings"] for about in done.values())}


def _since(count: RequestCount, before: RequestCount | None) -> RequestCount:
    if before is None:
        return count
    waited = count.waited_seconds - before.waited_seconds
    return RequestCount(
        count.operation, count.calls - before.calls, count.throttled - before.throttled, round(waited, 3)
    )


def _now() -> datetime:
    return datetime.now(UTC)
