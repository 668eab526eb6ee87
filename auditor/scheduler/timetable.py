"""When a run is due: a fixed grid of moments in UTC, the same for every process that reads the same words."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from auditor.errors import UsageError

# A Monday: a timetable of weeks begins with the week, one that divides the day at midnight.
_ORIGIN = datetime(2024, 1, 1, tzinfo=UTC)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN = re.compile(r"([0-9]{1,6})([smhdw])", re.ASCII)
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_SHORTEST = timedelta(minutes=1)
_LONGEST = timedelta(weeks=5)
_DAY = timedelta(days=1)


def parse_span(text: str, option: str) -> timedelta:
    """A span such as `90s`, `30m`, `6h`, `7d` or `1w`.

    Args:
        text: the span.
        option: the option that it was given to, for the message.

    Raises:
        UsageError: it is none.
    """
    found = _SPAN.fullmatch(text)
    if found is None:
        raise UsageError(f"{option}: {text!r} is no span of time", "write a number and s, m, h, d or w: 30m, 6h")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


@dataclass(frozen=True, slots=True)
class Timetable:
    """The moments at which a run is due, called slots.

    Args:
        period: from one slot to the next.
        offset: of the slots from midnight UTC.
        jitter: the longest that a run waits after its slot, so that a thousand installations do not ask at once.
        daily: whether it was given as a time of day: then the first start waits for that time.
    """

    period: timedelta
    offset: timedelta = timedelta()
    jitter: timedelta = timedelta()
    daily: bool = False

    @classmethod
    def of(cls, every: str | None, at: str | None, jitter: str | None = None) -> "Timetable":
        """The timetable of the options.

        Args:
            every: `--every`, a span from one minute to five weeks.
            at: `--at`, HH:MM in UTC.
            jitter: `--jitter`, a span shorter than the period.

        Raises:
            UsageError: both or neither of `every` and `at`, or one that does not fit.
        """
        if bool(every) == bool(at):
            raise UsageError("one of --every and --at is needed, and not both", "--every 6h, or --at 03:00 (UTC)")
        period, offset = (parse_span(every, "--every"), timedelta()) if every else (_DAY, _time_of_day(at or ""))
        if not _SHORTEST <= period <= _LONGEST:
            raise UsageError(f"--every: {every} is not between one minute and five weeks")
        wait = parse_span(jitter, "--jitter") if jitter else timedelta()
        if wait >= period:
            raise UsageError(f"--jitter {jitter} is not shorter than the time from run to run")
        return cls(period, offset, wait, daily=not every)

    def slot(self, now: datetime) -> datetime:
        """The latest slot that is not after a moment."""
        start = _ORIGIN + self.offset
        return start + (now - start) // self.period * self.period

    def following(self, slot: datetime) -> datetime:
        """The slot after a slot."""
        return slot + self.period

    def start(self, slot: datetime, host: str) -> datetime:
        """When a host begins the run of a slot: the slot, and its share of the jitter, the same after a restart."""
        seconds = int(self.jitter.total_seconds())
        if not seconds:
            return slot
        mark = hashlib.blake2b(f"{host} {slot.isoformat()}".encode(), digest_size=8).digest()
        return slot + timedelta(seconds=int.from_bytes(mark) % (seconds + 1))


def _time_of_day(text: str) -> timedelta:
    found = _TIME.fullmatch(text)
    if found is None:
        raise UsageError(f"--at: {text!r} is no time of day", "write HH:MM in UTC, such as 03:00")
    return timedelta(hours=int(found[1]), minutes=int(found[2]))
