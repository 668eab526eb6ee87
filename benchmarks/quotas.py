"""Token buckets like those with which AWS throttles, and the count of what came and was turned away."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass
class Bucket:
    """A token bucket that refills at ``rate`` tokens a second and holds one second's worth (at least one)."""

    rate: float
    tokens: float
    updated: float

    def take(self, now: float) -> bool:
        """Take a token at the time ``now`` (seconds); tell whether there was one."""
        self.tokens = min(self.tokens + (now - self.updated) * self.rate, max(self.rate, 1))
        self.updated = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Quotas:
    """Rates by pattern of operation name; each (region, operation) has its own bucket, as at AWS."""

    def __init__(self, rates: Sequence[tuple[str, float]] = (), clock: Callable[[], float] = time.monotonic) -> None:
        """Apply the first of ``rates`` whose pattern matches; without a match there is no limit."""
        self._rates = rates
        self._clock = clock
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self.calls: dict[str, int] = {}
        self.throttled: dict[str, int] = {}

    def allow(self, region: str, operation: str) -> bool:
        """Tell whether the quota of ``operation`` lets one more call through."""
        rate = next((rate for pattern, rate in self._rates if fnmatchcase(operation, pattern)), None)
        if rate is None:
            return True
        now = self._clock()
        key = (region, operation)
        if key not in self._buckets:
            self._buckets[key] = Bucket(rate, max(rate, 1), now)
        return self._buckets[key].take(now)

    def count(self, label: str, *, throttled: bool) -> None:
        """Count one request under ``label``, such as ``sagemaker:Search(TrainingJob)``."""
        self.calls[label] = self.calls.get(label, 0) + 1
        if throttled:
            self.throttled[label] = self.throttled.get(label, 0) + 1

    def reset(self) -> None:
        """Forget all counts and fill all buckets."""
        self._buckets.clear()
        self.calls.clear()
        self.throttled.clear()
