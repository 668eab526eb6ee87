from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import UsageError
from auditor.scheduler.timetable import Timetable, parse_span

NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
SPANS = st.one_of(
    st.integers(1, 59).map("{}m".format), st.integers(1, 48).map("{}h".format), st.integers(1, 30).map("{}d".format)
)
TIMES = st.times().map("{:%H:%M}".format)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("6h", 21600), ("2d", 172800), ("1w", 604800)]
)
def test_spans(text: str, seconds: int) -> None:
    assert parse_span(text, "--every").total_seconds() == seconds


@given(st.text(max_size=8).filter(lambda text: not re.fullmatch("[0-9]{1,6}[smhdw]", text)))
def test_whatever_else_is_typed_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--jitter"):
        parse_span(text, "--jitter")


@pytest.mark.parametrize("every", ["6", "h", "0h", "59s", "6w", "-1h", "6 h", "1.5h", "٦h"])
def test_periods_that_do_not_fit_are_refused(every: str) -> None:
    with pytest.raises(UsageError, match="--every"):
        Timetable.of(every, None)


@pytest.mark.parametrize("at", ["3:00", "24:00", "03:60", "0300", "03:00:00", "03:00+01:00", "03:00 Europe/Berlin"])
def test_times_that_do_not_fit_are_refused(at: str) -> None:
    with pytest.raises(UsageError, match="HH:MM in UTC"):
        Timetable.of(None, at)


@pytest.mark.parametrize(("every", "at"), [("6h", "03:00"), (None, None)])
def test_one_of_both_is_needed(every: str | None, at: str | None) -> None:
    with pytest.raises(UsageError, match="one of --every and --at"):
        Timetable.of(every, at)


def test_a_jitter_as_long_as_the_period_is_refused() -> None:
    with pytest.raises(UsageError, match="--jitter 6h"):
        Timetable.of("6h", None, "6h")


@pytest.mark.parametrize(
    ("every", "at", "now", "slot"),
    [
        ("6h", None, NOON, NOON),
        ("6h", None, NOON - timedelta(microseconds=1), NOON - timedelta(hours=6)),
        ("6h", None, NOON + timedelta(hours=5), NOON),
        ("1d", None, NOON, NOON.replace(hour=0)),
        ("1w", None, NOON, datetime(2026, 3, 2, tzinfo=UTC)),
        (None, "03:00", NOON, NOON.replace(hour=3)),
        (None, "12:00", NOON, NOON),
        (None, "12:01", NOON, datetime(2026, 3, 2, 12, 1, tzinfo=UTC)),
        # Where clocks are put forward in Europe that night, UTC goes on.
        (None, "02:30", datetime(2026, 3, 29, 2, 30, tzinfo=UTC), datetime(2026, 3, 29, 2, 30, tzinfo=UTC)),
    ],
)
def test_slots(every: str | None, at: str | None, now: datetime, slot: datetime) -> None:
    assert Timetable.of(every, at).slot(now) == slot


@given(st.one_of(st.tuples(SPANS, st.none()), st.tuples(st.none(), TIMES)), MOMENTS)
def test_a_moment_lies_between_its_slot_and_the_next(words: tuple[str | None, str | None], now: datetime) -> None:
    table = Timetable.of(*words)
    slot = table.slot(now)
    assert slot <= now < table.following(slot)
    assert table.slot(slot) == slot
    assert table.slot(table.following(slot)) == table.following(slot)


@given(MOMENTS, st.text(max_size=20))
def test_jitter_is_bounded_and_the_same_after_a_restart(now: datetime, host: str) -> None:
    table = Timetable.of("6h", None, "30m")
    slot = table.slot(now)
    assert slot <= table.start(slot, host) <= slot + timedelta(minutes=30)
    assert table.start(slot, host) == Timetable.of("6h", None, "30m").start(slot, host)


def test_jitter_tells_hosts_and_slots_apart() -> None:
    table = Timetable.of("6h", None, "30m")
    starts = {table.start(NOON, f"host-{number}") for number in range(200)}
    assert len(starts) > 100
    offsets = {
        table.start(slot, "host") - slot for slot in (NOON + timedelta(hours=6) * number for number in range(50))
    }
    assert len(offsets) > 25
