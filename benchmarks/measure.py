"""Running a command and measuring it from outside, and keeping an endpoint up meanwhile.

This module imports nothing heavy: on Linux a child's peak memory counts from the moment of the fork, so the
parent's own size would be the least that could be measured.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

ROOT: Final = Path(__file__).parent.parent
BIN: Final = Path(sys.executable).parent
REGION: Final = "us-east-1"


@dataclass(frozen=True)
class Usage:
    """What one run of a command took: wall and CPU seconds, peak resident memory in MB (2**20), exit code."""

    wall: float
    cpu: float
    peak_mb: float
    code: int
    output: str


class CommandFailedError(RuntimeError):
    """A measured command ended with a code that its scenario does not expect."""


class Endpoint:
    """The canned endpoint in a process of its own, for the duration of a ``with`` block."""

    def __init__(self, *options: str) -> None:
        """Start it with the options of ``python -m benchmarks.endpoint``."""
        self._command = [sys.executable, "-m", "benchmarks.endpoint", *options]
        self._stack = ExitStack()
        self.url = ""

    def __enter__(self) -> Self:
        process = self._stack.enter_context(
            subprocess.Popen(self._command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        )
        self._stack.callback(process.terminate)
        if process.stdout is None or not (line := process.stdout.readline()):
            raise CommandFailedError("the endpoint did not start")
        self.url = line.strip()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def stats(self) -> dict[str, Any]:
        """Return the counts since the start or the last reset."""
        with urllib.request.urlopen(self.url + "/_stats") as answer:  # noqa: S310  our own loopback address
            counts: dict[str, Any] = json.load(answer)
        return counts

    def reset(self) -> None:
        """Start counting anew, with full quotas."""
        request = urllib.request.Request(self.url + "/_reset", method="POST")  # noqa: S310  as above
        urllib.request.urlopen(request).close()  # noqa: S310  as above


def environment(home: Path, url: str = "") -> dict[str, str]:
    """Return an environment that holds made-up credentials and nothing of the user's own."""
    return {
        "PATH": f"{BIN}:{os.defpath}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        **({"AWS_ENDPOINT_URL": url} if url else {}),
    }


class _Memory(threading.Thread):
    """Watches the memory of a process and of those that it started.

    Pages that several of them share count once: the proportional set size, which Linux reckons.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak_mb = 0.0
        self._pid = pid
        self._over = threading.Event()

    def run(self) -> None:
        """Look ten times a second."""
        while not self._over.wait(0.1):
            self.peak_mb = max(self.peak_mb, sum(map(_share_mb, _tree(self._pid))))

    def stop(self) -> float:
        """End and return the peak."""
        self._over.set()
        self.join()
        return self.peak_mb


def _tree(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in _tree(int(child)))]


def _share_mb(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        # It has ended.
        return 0.0
    found = re.search(r"^Pss: +(\d+) kB", text, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def run(command: Sequence[str], env: Mapping[str, str], *, expected: Sequence[int] = (0,), cwd: Path = ROOT) -> Usage:
    """Run a command to its end and return what it took, its own processes included.

    Raises:
        CommandFailedError: its exit code is none of ``expected``.
    """
    with tempfile.TemporaryFile("w+") as output:
        started = time.perf_counter()
        # wait4 must reap the child to tell what it used, so Popen's own waiting is not used here.
        process = subprocess.Popen(command, env=env, cwd=cwd, stdout=output, stderr=subprocess.STDOUT)
        memory = _Memory(process.pid)
        memory.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        peak = memory.stop()
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if process.returncode not in expected:
        raise CommandFailedError(f"{' '.join(command)} ended with {process.returncode}:\n{text[-2000:]}")
    return Usage(wall, usage.ru_utime + usage.ru_stime, max(peak, usage.ru_maxrss / 1024), process.returncode, text)
