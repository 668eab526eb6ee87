"""Lambda without AWS: the packaged zip, run by Lambda's own bootstrap behind a small Runtime API."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_API = "/2018-06-01/runtime/"
# What the bootstrap itself needs beside the function's own code.
_BOOTSTRAP = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")
_GRACE = 5.0


@dataclass(frozen=True)
class Asked:
    """One invocation, as the Runtime API hands it out."""

    id: str
    body: bytes
    deadline_ms: int


@dataclass(frozen=True)
class Answered:
    """What the function said; `error` where it failed."""

    body: bytes
    error: bool = False


class Worker:
    """One execution environment: a process that asks for work over HTTP (AWS Lambda, "Runtime API")."""

    def __init__(self, handler: str, environment: Mapping[str, str], path: str, log: Path) -> None:
        self._inbox: queue.Queue[Asked] = queue.Queue()
        self._outbox: queue.Queue[Answered] = queue.Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._routes())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            # Without site-packages: what the zip lacks is not there.
            [sys.executable, "-S", "-m", "awslambdaric", handler],
            env={
                **environment,
                "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
                "AWS_LAMBDA_FUNCTION_NAME": handler,
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
                "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                "LAMBDA_TASK_ROOT": path.partition(os.pathsep)[0],
                "PYTHONPATH": path,
            },
            # Where the code lies, as in Lambda: `-m` lets Python import from the working directory.
            cwd=path.partition(os.pathsep)[0],
            stdout=self._log,
            stderr=self._log,
        )

    def invoke(self, body: bytes, deadline_ms: int, seconds: float) -> Answered:
        self._inbox.put(Asked(str(uuid.uuid4()), body, deadline_ms))
        end = time.monotonic() + seconds + _GRACE
        while self.alive and time.monotonic() < end:
            with suppress(queue.Empty):
                return self._outbox.get(timeout=0.2)
        ended = f"Task timed out after {seconds:.2f} seconds" if self.alive else f"exited with {self._process.poll()}"
        self.close()
        text = {"errorType": "Sandbox.Ended", "errorMessage": ended}
        return Answered(json.dumps(text).encode(), error=True)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        if self._log.closed:
            return
        self._process.kill()
        self._process.wait()
        self._server.shutdown()
        self._server.server_close()
        self._log.close()

    def _routes(self) -> type[BaseHTTPRequestHandler]:
        inbox, outbox = self._inbox, self._outbox

        class Routes(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = inbox.get()
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", asked.id)
                self.send_header("Lambda-Runtime-Deadline-Ms", str(asked.deadline_ms))
                self.send_header(
                    "Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:123456789012:function:x"
                )
                # The bootstrap's own client crashes without it.
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(asked.body)))
                self.end_headers()
                self.wfile.write(asked.body)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()
                outbox.put(Answered(body, error=not self.path.endswith("/response")))

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
                """Say nothing."""

        return Routes


@dataclass
class LocalLambda:
    """Execution environments of all functions, kept warm and used again.

    Attributes:
        path: the unzipped package, and the bootstrap.
        folder: takes the logs.
        environment: what every function gets beside its own variables.
        time_left: seconds that an invocation has, from the handler and the event.
        events: every invocation: handler and event.
    """

    path: str
    folder: Path
    environment: Mapping[str, str]
    time_left: Callable[[str, Any], float] = lambda _handler, _event: 60.0
    events: list[tuple[str, Any]] = field(default_factory=list)
    _idle: dict[str, list[Worker]] = field(default_factory=dict)
    _all: list[Worker] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def invoke(self, handler: str, variables: Mapping[str, str], body: bytes) -> Answered:
        event = json.loads(body)
        with self._lock:
            self.events.append((handler, event))
            idle = self._idle.setdefault(handler, [])
            worker = idle.pop() if idle else None
        if worker is None:
            log = self.folder / f"{handler}.log"
            worker = Worker(handler, {**self.environment, **variables}, self.path, log)
            self._all.append(worker)
        seconds = self.time_left(handler, event)
        answer = worker.invoke(body, int((time.time() + seconds) * 1000), seconds)
        if worker.alive:
            with self._lock:
                idle.append(worker)
        return answer

    def log(self, handler: str) -> str:
        return (self.folder / f"{handler}.log").read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        for worker in self._all:
            worker.close()


def _bootstrap(folder: Path) -> Path:
    folder.mkdir()
    for name in _BOOTSTRAP:
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            continue
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / source.name).symlink_to(source)
    return folder


@pytest.fixture
def local_lambda(tmp_path: Path) -> Iterator[Callable[[Path, Mapping[str, str]], LocalLambda]]:
    """Makes what runs the functions of an unzipped package."""
    made: list[LocalLambda] = []

    def make(code: Path, environment: Mapping[str, str]) -> LocalLambda:
        (folder := tmp_path / "logs").mkdir()
        path = os.pathsep.join((str(code), str(_bootstrap(tmp_path / "bootstrap"))))
        made.append(LocalLambda(path, folder, environment))
        return made[-1]

    yield make
    for one in made:
        one.close()
