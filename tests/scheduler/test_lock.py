"""Who may run: flock where it works, the lease where it does not."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from auditor.scheduler import lock as module
from auditor.scheduler.lock import LEASE_SECONDS, RENEW_SECONDS, Lock

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scheduler.conftest import Bench


@pytest.fixture
def folder(bench: Bench) -> Path:
    bench.folder.mkdir()
    return bench.folder


@pytest.fixture
def no_flock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that knows no flock, and hosts that do not see each other's processes."""

    def refuse(*_: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    monkeypatch.setattr(module, "_process_space", lambda: "")


def take(folder: Path, bench: Bench) -> Lock:
    lock = Lock.acquire(folder, bench.clock)
    assert lock is not None
    return lock


def lease(folder: Path) -> dict[str, Any]:
    held: dict[str, Any] = json.loads((folder / "lease.json").read_text())
    return held


def test_one_at_a_time(folder: Path, bench: Bench) -> None:
    with take(folder, bench):
        assert Lock.acquire(folder, bench.clock) is None
    with take(folder, bench):
        assert lease(folder)["pid"] == os.getpid()
    assert not (folder / "lease.json").exists()


@pytest.mark.usefixtures("no_flock")
def test_one_at_a_time_by_the_lease_alone(folder: Path, bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    with take(folder, bench) as held:
        assert held.handle is None
        assert Lock.acquire(folder, bench.clock) is None
    assert "the lease alone keeps runs apart" in caplog.text
    with take(folder, bench):
        assert lease(folder)["token"] != held.token


@pytest.mark.usefixtures("no_flock")
def test_a_lease_that_is_renewed_is_never_taken(folder: Path, bench: Bench) -> None:
    with take(folder, bench) as held:
        for _ in range(100):
            bench.clock.pause(RENEW_SECONDS)
            assert held.renew()
            assert Lock.acquire(folder, bench.clock) is None


@pytest.mark.usefixtures("no_flock")
def test_a_lease_left_behind_is_taken_when_it_is_old(folder: Path, bench: Bench) -> None:
    take(folder, bench)
    bench.clock.pause(LEASE_SECONDS)
    assert Lock.acquire(folder, bench.clock) is None
    bench.clock.pause(1)
    with take(folder, bench):
        assert Lock.acquire(folder, bench.clock) is None


@pytest.mark.usefixtures("no_flock")
def test_a_holder_that_slept_finds_out_and_takes_nothing_away(folder: Path, bench: Bench) -> None:
    sleeper = take(folder, bench)
    bench.clock.pause(LEASE_SECONDS + 1)
    other = take(folder, bench)
    assert not sleeper.renew()
    assert sleeper.lost
    sleeper.__exit__(None, None, None)
    assert lease(folder)["token"] == other.token
    bench.clock.pause(RENEW_SECONDS)
    assert other.renew()


@pytest.mark.usefixtures("no_flock")
def test_a_lease_that_a_contender_moved_by_mistake_comes_back(folder: Path, bench: Bench) -> None:
    with take(folder, bench) as held:
        (folder / "lease.json").unlink()
        bench.clock.pause(RENEW_SECONDS)
        assert held.renew()
        assert lease(folder)["token"] == held.token


@pytest.mark.usefixtures("no_flock")
def test_of_two_that_take_over_the_same_lease_one_wins(
    folder: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(folder, bench)
    bench.clock.pause(LEASE_SECONDS + 1)
    winners: list[Lock | None] = []
    judge = Lock._left_behind

    def be_overtaken(lock: Lock, holder: dict[str, Any]) -> bool:
        old = judge(lock, holder)
        if not winners:
            # Between the look and the move another one does it all.
            winners.append(None)
            winners[0] = Lock.acquire(folder, bench.clock)
        return old

    monkeypatch.setattr(Lock, "_left_behind", be_overtaken)
    assert Lock.acquire(folder, bench.clock) is None
    (winner,) = winners
    assert winner is not None
    # Its lease was moved for a moment.
    assert lease(folder)["token"] == winner.token
    bench.clock.pause(RENEW_SECONDS)
    assert winner.renew()
    assert lease(folder)["token"] == winner.token


@pytest.mark.usefixtures("no_flock")
@pytest.mark.parametrize("text", ["", "[]", "{", '{"token": "x", "heartbeat": "soon", "pid": 1}'])
def test_a_lease_half_written_is_its_writers_until_it_is_old(folder: Path, bench: Bench, text: str) -> None:
    path = folder / "lease.json"
    path.write_text(text)
    os.utime(path, (bench.clock.moment.timestamp(),) * 2)
    assert Lock.acquire(folder, bench.clock) is None
    bench.clock.pause(LEASE_SECONDS + 1)
    with take(folder, bench):
        assert lease(folder)["pid"] == os.getpid()


def test_a_lease_of_a_process_seen_to_be_dead_is_not_waited_for(folder: Path, bench: Bench) -> None:
    with take(folder, bench):
        held = lease(folder)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (folder / "lease.json").write_text(json.dumps({**held, "token": "left", "pid": ended.pid}))
    with take(folder, bench):
        assert lease(folder)["token"] != "left"


def test_a_lease_of_a_living_process_is_respected_though_flock_is_free(folder: Path, bench: Bench) -> None:
    with take(folder, bench):
        held = lease(folder)
    (folder / "lease.json").write_text(json.dumps({**held, "token": "lives", "pid": os.getppid()}))
    assert Lock.acquire(folder, bench.clock) is None


@pytest.mark.parametrize("pid", [1, None])
def test_the_same_number_in_another_container_is_another_process(folder: Path, bench: Bench, pid: int | None) -> None:
    with take(folder, bench):
        held = lease(folder)
    elsewhere = {**held, "token": "lives", "pid": pid or os.getpid(), "processes": "another container"}
    (folder / "lease.json").write_text(json.dumps(elsewhere))
    assert Lock.acquire(folder, bench.clock) is None
    bench.clock.moment += timedelta(seconds=LEASE_SECONDS + 1)
    with take(folder, bench):
        assert lease(folder)["token"] != "lives"


def test_an_error_that_is_not_about_flock_is_told(folder: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("fcntl.flock", fail)
    with pytest.raises(OSError, match="Input/output"):
        Lock.acquire(folder, bench.clock)


def test_a_scan_that_outlives_its_scheduler_keeps_the_lock(folder: Path, bench: Bench) -> None:
    words = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with take(folder, bench) as held:
        assert held.handle is not None
        orphan = subprocess.Popen(words, stdin=subprocess.PIPE, pass_fds=(held.handle,))
        # As the kernel does where the scheduler is killed: nothing is given back but the descriptor.
        os.close(held.handle)
        held.handle = None
    assert Lock.acquire(folder, bench.clock) is None
    orphan.communicate()
    with take(folder, bench):
        assert lease(folder)["pid"] == os.getpid()
