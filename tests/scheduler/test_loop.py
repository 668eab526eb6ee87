"""The loop on a clock that a test moves; the scans are scripted."""

from __future__ import annotations

import errno
import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from auditor.errors import UsageError
from auditor.scheduler import loop as module
from auditor.scheduler import state
from auditor.scheduler.heartbeat import healthy, heartbeat_file
from auditor.scheduler.lock import Lock
from auditor.scheduler.state import Result, State

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scheduler.conftest import Bench

DAY = datetime(2026, 3, 3, tzinfo=UTC)
START = DAY + timedelta(hours=13)


@pytest.fixture
def seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Days go by faster where nobody looks at the heartbeat."""
    monkeypatch.setattr(module, "BEAT_SECONDS", 1800)


def hours(*numbers: float) -> list[datetime]:
    return [DAY + timedelta(hours=number) for number in numbers]


def near(found: list[datetime], expected: list[datetime]) -> bool:
    """Whether runs began when they should; a pause of the fake clock may overshoot by a moment."""
    pairs = zip(found, expected, strict=True)
    return all(timedelta() <= one - other < timedelta(seconds=1) for one, other in pairs)


@pytest.mark.usefixtures("seldom")
def test_the_first_start_runs_at_once_and_then_on_the_grid(bench: Bench) -> None:
    bench.run(DAY + timedelta(days=1, hours=1))
    assert near(bench.begun, hours(13, 18, 24))
    assert bench.metrics['runs_total{result="success"}'] == 3
    assert bench.metrics["next_run_timestamp_seconds"] == (DAY + timedelta(hours=30)).timestamp()


@pytest.mark.usefixtures("seldom")
def test_the_first_start_of_a_daily_timetable_waits_for_its_time(bench: Bench) -> None:
    bench.run(DAY + timedelta(days=3), every=None, at="03:00")
    assert near(bench.begun, hours(27, 51))


@pytest.mark.usefixtures("seldom")
def test_an_outage_is_made_up_for_by_exactly_one_run(bench: Bench) -> None:
    bench.run(DAY + timedelta(hours=14))
    bench.clock.moment = DAY + timedelta(days=4, hours=1)
    bench.run(DAY + timedelta(days=4, hours=13))
    assert near(bench.begun, hours(13, 97, 102, 108))


@pytest.mark.usefixtures("seldom")
def test_a_daily_run_missed_in_an_outage_is_made_up_for(bench: Bench) -> None:
    bench.run(DAY + timedelta(hours=28), every=None, at="03:00")
    bench.clock.moment = DAY + timedelta(days=5, hours=20)
    bench.run(DAY + timedelta(days=6, hours=4), every=None, at="03:00")
    assert near(bench.begun, hours(27, 140, 147))


def test_a_restart_after_a_success_runs_nothing(bench: Bench) -> None:
    for minutes in range(5):
        bench.run(START + timedelta(minutes=10 * (minutes + 1)))
    assert near(bench.begun, hours(13))


@pytest.mark.usefixtures("seldom")
def test_a_failing_run_ends_neither_the_loop_nor_is_it_repeated_at_once(bench: Bench) -> None:
    bench.script.extend([(2, 5), (-9, 5), (3, 5), (1, 5)])
    bench.run(DAY + timedelta(days=1, hours=7))
    assert near(bench.begun, hours(13, 18, 24, 30))
    told = bench.metrics
    assert told['runs_total{result="error"}'] == 2
    assert told['runs_total{result="incomplete"}'] == 1
    assert told['runs_total{result="success"}'] == 1
    assert told["last_run_exit_code"] == 1
    assert told['findings{status="FAILED"}'] == 1
    assert told["last_success_timestamp_seconds"] == pytest.approx((DAY + timedelta(hours=30)).timestamp() + 5, abs=2)


def test_an_incomplete_run_is_no_success(bench: Bench) -> None:
    bench.script.append((3, 5))
    bench.run(START + timedelta(minutes=1))
    assert bench.metrics["last_success_timestamp_seconds"] == 0
    assert bench.metrics["report_complete"] == 0
    assert bench.metrics["last_run_exit_code"] == 3


def test_a_restart_tries_a_failed_run_again_but_not_without_end(bench: Bench) -> None:
    bench.script.extend([(2, 5)] * 9)
    for minutes in range(6):
        bench.run(START + timedelta(minutes=10 * (minutes + 1)))
    assert len(bench.begun) == state.MOST_ATTEMPTS


def test_a_run_that_is_stopped_is_owed_to_the_next_start(bench: Bench) -> None:
    bench.script.append((0, 3600))
    bench.run(START + timedelta(minutes=2))
    assert bench.metrics['runs_total{result="stopped"}'] == 1
    bench.run(START + timedelta(hours=1))
    assert bench.metrics['runs_total{result="success"}'] == 1
    assert len(bench.begun) == 2


def test_a_run_whose_process_was_killed_is_owed(bench: Bench) -> None:
    bench.folder.mkdir()
    slot = bench.loop().timetable.slot(START)
    state.save(bench.folder / "schedule.json", State().begun(slot, 0))
    left = bench.folder / "run-abandoned"
    left.mkdir()
    bench.run(START + timedelta(hours=1))
    assert len(bench.begun) == 1
    assert not left.exists()


@pytest.mark.usefixtures("seldom")
def test_a_run_longer_than_the_period_gives_way_to_one_run(bench: Bench) -> None:
    bench.script.append((0, 13 * 3600))
    bench.run(DAY + timedelta(hours=31))
    # 18:00 and 24:00 went by while it ran: one run for both, at once, then the grid again.
    assert near(bench.begun, hours(13, 26, 30))


@pytest.mark.usefixtures("seldom")
def test_jitter_delays_every_run(bench: Bench) -> None:
    loop = bench.run(DAY + timedelta(days=2), jitter="2h")
    table, host = loop.timetable, heartbeat_file(bench.folder).name.removeprefix("heartbeat.")
    expected = [table.start(slot, host) for slot in hours(12, 18, 24, 30, 36, 42)]
    assert near(bench.begun, [max(START, moment) for moment in expected])


def test_another_process_holding_the_lock_is_waited_for_and_then_replaced(bench: Bench) -> None:
    bench.folder.mkdir()
    other = Lock.acquire(bench.folder, bench.clock)
    assert other is not None
    bench.clock.at(START + timedelta(minutes=30), lambda: other.__exit__(None, None, None))
    bench.run(START + timedelta(hours=2))
    assert len(bench.begun) == 1
    assert START + timedelta(minutes=30) <= bench.begun[0] < START + timedelta(minutes=32)
    # Once for the slot, however often it was tried.
    assert bench.metrics['runs_total{result="skipped"}'] == 1


def test_what_another_process_has_run_is_not_run_again(bench: Bench) -> None:
    first = bench.loop()
    second = bench.loop()
    assert first.run_once() is Result.SUCCESS
    assert second.run_once() is None
    bench.clock.moment += timedelta(hours=6)
    assert second.run_once() is Result.SUCCESS
    assert first.run_once() is None


@pytest.mark.usefixtures("seldom")
def test_what_failed_elsewhere_is_not_tried_again_by_a_process_that_lives_on(bench: Bench) -> None:
    second = bench.loop()
    bench.clock.at(START + timedelta(hours=12), second.stop)

    def first_fails() -> None:
        bench.clock.moment = DAY + timedelta(hours=18)
        bench.script.append((2, 5))
        assert bench.loop().run_once() is Result.ERROR

    # The first runs the 18:00 slot, a moment before the second would.
    bench.clock.at(DAY + timedelta(hours=18, seconds=-15), first_fails)
    second.run()
    assert near(bench.begun, hours(13, 18, 24))
    assert bench.metrics['runs_total{result="error"}'] == 1


def test_once_runs_what_is_due_and_tells_how_it_went(bench: Bench) -> None:
    bench.script.extend([(1, 5), (3, 5), (2, 5), (0, 7200)])
    assert bench.loop(None, "03:00").run_once() is Result.SUCCESS
    assert bench.loop(None, "03:00").run_once() is None
    for expected in (Result.INCOMPLETE, Result.ERROR):
        bench.clock.moment += timedelta(days=1)
        assert bench.loop(None, "03:00").run_once() is expected
    bench.clock.moment += timedelta(days=1)
    last = bench.loop(None, "03:00")
    bench.clock.at(bench.clock.moment + timedelta(minutes=5), last.stop)
    assert last.run_once() is Result.STOPPED
    assert "next_run_timestamp_seconds" not in bench.metrics


def test_once_started_a_moment_early_by_a_cluster_with_another_clock(bench: Bench) -> None:
    bench.clock.moment = DAY + timedelta(hours=12)
    assert bench.loop().run_once() is Result.SUCCESS
    bench.clock.moment = DAY + timedelta(hours=18) - timedelta(seconds=3)
    assert bench.loop().run_once() is Result.SUCCESS
    assert near(bench.begun, hours(12, 18))


def test_once_while_another_runs(bench: Bench) -> None:
    bench.folder.mkdir()
    with Lock.acquire(bench.folder, bench.clock) or pytest.fail("the lock is free"):
        assert bench.loop().run_once() is Result.SKIPPED
    assert bench.begun == []


def test_the_heartbeat_goes_on_while_waiting_and_while_scanning(bench: Bench) -> None:
    bench.script.append((0, 3600))
    seen = []
    for minutes in range(5, 180, 5):
        bench.clock.at(
            START + timedelta(minutes=minutes), lambda: seen.append(healthy(bench.folder, bench.clock.moment))
        )
    bench.run(START + timedelta(hours=3))
    assert seen == [True] * 35
    assert healthy(bench.folder, bench.clock.moment)
    assert not healthy(bench.folder, bench.clock.moment + timedelta(minutes=3))
    assert bench.metrics["scheduler_heartbeat_timestamp_seconds"] == pytest.approx(
        bench.clock.moment.timestamp(), abs=90
    )


def test_no_heartbeat_is_not_healthy(bench: Bench) -> None:
    assert not healthy(bench.folder, START)
    bench.folder.mkdir()
    heartbeat_file(bench.folder).write_text("yesterday")
    assert not healthy(bench.folder, START)


def test_a_damaged_memory_is_put_aside(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.folder.mkdir()
    (bench.folder / "schedule.json").write_text('{"version": 1, "slot": "never"}')
    bench.run(START + timedelta(minutes=5))
    assert len(bench.begun) == 1
    assert (bench.folder / "schedule.json.damaged").exists()
    assert "is no state of this version" in caplog.text


def test_a_clock_that_was_ahead_does_not_stop_the_schedule(bench: Bench) -> None:
    bench.clock.moment = datetime(2099, 1, 1, tzinfo=UTC)
    assert bench.loop().run_once() is Result.SUCCESS
    bench.clock.moment = START
    bench.run(START + timedelta(minutes=5))
    assert len(bench.begun) == 2


def test_a_full_disk_ends_no_loop_and_starts_no_scan(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = bench.loop()
    save = state.save
    full = True

    def fail(path: Path, known: State) -> None:
        if full:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        save(path, known)

    def mend() -> None:
        nonlocal full
        full = False

    monkeypatch.setattr("auditor.scheduler.state.save", fail)
    bench.clock.at(START + timedelta(minutes=30), mend)
    bench.clock.at(START + timedelta(hours=1), loop.stop)
    loop.run()
    assert len(bench.begun) == 1
    assert bench.begun[0] >= START + timedelta(minutes=30)


def test_a_folder_that_cannot_be_used_is_told_at_the_start(bench: Bench) -> None:
    bench.folder.write_text("a file")
    with pytest.raises(UsageError, match="--state-folder"):
        bench.loop().run()


def test_hosts_that_are_no_more_are_forgotten(bench: Bench) -> None:
    bench.folder.mkdir()
    old, young = bench.folder / "heartbeat.pod-1", bench.folder / "heartbeat.pod-2"
    for path in (old, young):
        path.write_text("")
    os.utime(old, (0, 0))
    os.utime(young, (START.timestamp(), START.timestamp()))
    bench.run(START + timedelta(minutes=5))
    assert not old.exists()
    assert young.exists()


def test_what_is_kept_is_for_the_owner_alone_but_the_metrics(bench: Bench) -> None:
    bench.run(START + timedelta(minutes=5))
    assert bench.folder.stat().st_mode & 0o777 == 0o700
    modes = {path.name.partition(".")[0]: path.stat().st_mode & 0o777 for path in bench.folder.iterdir()}
    assert modes.pop("metrics") == 0o644
    modes.pop("report")
    assert set(modes) == {"heartbeat", "lock", "schedule"}
    assert set(modes.values()) == {0o600}


def test_a_scan_whose_lease_was_taken_is_ended_and_writes_nothing_down(bench: Bench) -> None:
    bench.script.append((0, 3600))

    def take() -> None:
        lease = bench.folder / "lease.json"
        held = json.loads(lease.read_text())
        lease.write_text(json.dumps({**held, "token": "another", "host": "elsewhere", "processes": "other"}))

    bench.clock.at(START + timedelta(minutes=1), take)
    loop = bench.loop()
    assert loop.run_once() is Result.STOPPED
    assert bench.clock.moment < START + timedelta(minutes=2)
    assert bench.state["finished"] is False
    assert json.loads((bench.folder / "lease.json").read_text())["token"] == "another"
