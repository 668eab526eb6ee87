"""Taking a share of each API quota, and finding out how large the quota is.

AWS publishes almost none of SageMaker's request rates; of ListTrainingJobs it says 2 a second, not
adjustable. So every operation starts from a careful rate, grows fourfold while nothing is throttled, and falls
back to the last rate that was not throttled as soon as something is. The share is applied to what is known of
the quota: with a share of one half, the customer's own jobs keep the other half.
"""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from auditor.model.coverage import RequestCount

Clock = Callable[[], float]
Sleep = Callable[[float], None]

# Requests a second that an operation is believed to allow before anything is known.
# Tags are asked for one by one, as descriptions are.
_START = {"ListTags": 10.0, "List": 2.0, "Search": 2.0, "Describe": 10.0, "Get": 10.0, "Batch": 5.0}
_START_OTHER = 5.0
# A service's own token bucket holds at least a second's worth; this many requests go out unpaced.
_BURST = 12
_PROVEN_AFTER = 3
_GROWTH = 4
_NO_LIMIT = 2_000.0
# A service's bucket that is empty gives exactly its rate: to ask a little slower keeps clear of it.
_CLEAR = 0.98
_LESS = 0.85
_MORE = 1.1
_MORE_AFTER = 30.0
# A rate that was throttled is not tried again for so long.
_REMEMBERED = 300.0
_NAP = 0.25
# Threads wake a little late, each in its turn; so much of it is not lost to the rate: a part of the time between
# two requests, or so many seconds.
_LATE = 0.1
_LATE_SECONDS = 0.002
_FIRST_BACKOFF = 0.25
_LONGEST_BACKOFF = 20.0


@dataclass(slots=True)
class _Bucket:
    """Pacing of one operation in one account and region.

    Args:
        share: of the quota, that is taken.
        quota: requests a second that are believed to be allowed.
    """

    share: float
    quota: float
    burst: int = _BURST
    last_at: float = 0.0
    successes: int = 0
    proven: float = 0.0
    learned: bool = False
    ceiling: float = _NO_LIMIT
    ceiling_at: float = 0.0
    changed_at: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        # What the table says is believed, whatever share of it was tried.
        self.proven = self.quota

    @property
    def rate(self) -> float:
        return max(self.share * self.quota * (_CLEAR if self.learned else 1.0), 0.05)

    def turn(self, now: float) -> float:
        """Take a turn, or tell how many seconds to wait before asking for one again."""
        with self.lock:
            if self.burst > 0:
                self.burst -= 1
                if not self.burst:
                    # The burst is what proves the rate to begin with, once it has gone through.
                    self._set(self.quota, now)
                return 0.0
            every = 1.0 / self.rate
            due = self.last_at + every
            if now < due:
                return due - now
            self.last_at = max(due, now - max(_LATE * every, _LATE_SECONDS))
            return 0.0

    def succeeded(self, now: float, sent_at: float) -> None:
        """A request went through: after a few at this rate, the quota is at least this large."""
        with self.lock:
            if self.burst > 0 or sent_at < self.changed_at:
                return
            self.successes += 1
            if self.learned:
                self._recover(now)
            elif self.successes >= _PROVEN_AFTER:
                self.proven = max(self.proven, self.share * self.quota)
                self._set(min(self.quota * _GROWTH, _NO_LIMIT), now)

    def throttled(self, now: float, sent_at: float) -> None:
        """A request was throttled: fall back to what was proven, or to somewhat less than now."""
        with self.lock:
            if sent_at < self.changed_at and self.learned:
                # Sent at the old rate; it says nothing about the new one.
                return
            if self.learned:
                self.ceiling, self.ceiling_at = self.quota, now
                self._set(max(self.quota * _LESS, 0.1), now)
            else:
                self.ceiling, self.ceiling_at = max(self.quota, self.proven * _MORE), now
                self.learned = True
                self._set(self.proven, now)
            self.burst = 0
            self.last_at = max(self.last_at, now)

    def _recover(self, now: float) -> None:
        if now - self.changed_at <= _MORE_AFTER:
            return
        if now - self.ceiling_at > _REMEMBERED:
            self.ceiling = _NO_LIMIT
        # Just below what was throttled is as far as it goes.
        self._set(max(self.quota, min(self.quota * _MORE, self.ceiling * _CLEAR * _CLEAR)), now)

    def _set(self, quota: float, now: float) -> None:
        self.quota, self.changed_at, self.successes = quota, now, 0


@dataclass(slots=True)
class _Count:
    calls: int = 0
    throttled: int = 0
    waited: float = 0.0


class Ledger:
    """What every operation cost; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: defaultdict[str, _Count] = defaultdict(_Count)

    def add(self, operation: str, *, calls: int = 0, throttled: int = 0, waited: float = 0.0) -> None:
        """Add to an operation's account."""
        with self._lock:
            count = self._counts[operation]
            count.calls += calls
            count.throttled += throttled
            count.waited += waited

    def counts(self) -> list[RequestCount]:
        """Every operation's calls, throttles and seconds waited."""
        with self._lock:
            return [
                RequestCount(operation, count.calls, count.throttled, round(count.waited, 3))
                for operation, count in sorted(self._counts.items())
            ]


class Quotas:
    """Paces requests per operation and region.

    Args:
        share: share of each quota to take, above 0 to 1.
        ledger: where waits are written down.
        clock, sleep: injected by tests.
    """

    def __init__(self, share: float, ledger: Ledger, clock: Clock = time.monotonic, sleep: Sleep = time.sleep) -> None:
        self._share = share
        self._ledger = ledger
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def wait(self, region: str, operation: str) -> float:
        """Wait for the operation's turn.

        Returns:
            The time at which the request may be sent, on the clock given.
        """
        bucket = self._bucket(region, operation)
        # What was learned meanwhile counts at once: nobody sleeps for long at a rate that is out of date.
        while (seconds := bucket.turn(self._clock())) > 0:
            self._pause(operation, min(seconds, _NAP))
        return self._clock()

    def back_off(self, operation: str, attempt: int) -> None:
        """Wait after a throttle or a fault: exponential, with full jitter."""
        ceiling = min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2**attempt)
        self._pause(operation, random.uniform(0, ceiling))  # noqa: S311  jitter needs no secrecy

    def succeeded(self, region: str, operation: str, sent_at: float) -> None:
        """Note a request that went through."""
        self._bucket(region, operation).succeeded(self._clock(), sent_at)

    def throttled(self, region: str, operation: str, sent_at: float) -> None:
        """Note a throttled request."""
        self._bucket(region, operation).throttled(self._clock(), sent_at)

    def _pause(self, operation: str, seconds: float) -> None:
        if seconds > 0:
            self._ledger.add(operation, waited=seconds)
            self._sleep(seconds)

    def _bucket(self, region: str, operation: str) -> _Bucket:
        key = (region, operation)
        with self._lock:
            if key not in self._buckets:
                name = operation.partition(":")[2]
                start = next((rate for verb, rate in _START.items() if name.startswith(verb)), _START_OTHER)
                self._buckets[key] = _Bucket(self._share, start)
            return self._buckets[key]
