"""One run at a time among all processes that share a state folder.

Two things are held. `flock` on a file is strict wherever the file system honours it between all who share the folder:
on one machine always, on NFS (Amazon EFS too) unless mounted with `local_lock` or `nolock`: flock(2), nfs(5). The scan
inherits it, so that it stays held where the scheduler is killed and its scan lives on.

Where `flock` does not work, or works within one machine only, a lease guards: a file with host, process and
heartbeat. A free lease is taken by exclusive creation, which one of several contenders wins. A lease whose heartbeat is
older than LEASE_SECONDS counts as left behind; that assumes clocks that agree to well within that time. A holder that
was asleep for longer and wakes up finds another's name in the lease and ends its scan: two scans may then overlap for
RENEW_SECONDS and the time that a scan has to end, never longer.
"""

import errno
import fcntl
import json
import logging
import os
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from auditor.scheduler.clock import Clock
from auditor.scheduler.files import write_whole

LEASE_SECONDS = 120
RENEW_SECONDS = 10
_LOG = logging.getLogger("auditor.scheduler")
_NO_FLOCK = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS}


@dataclass(slots=True)
class Lock:
    """Held, from `acquire` to the end of the `with`.

    Args:
        folder: the state folder.
        clock: tells whether another's heartbeat is old.
        handle: the descriptor that `flock` holds; the scan inherits it. None where `flock` does not work.
        token: what tells this holder from any other.
        lost: whether another was found to have taken over.
    """

    folder: Path
    clock: Clock
    handle: int | None = None
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    lost: bool = False
    _renewed: float = 0.0

    @classmethod
    def acquire(cls, folder: Path, clock: Clock) -> "Lock | None":
        """Take the lock, or None where another holds it.

        Raises:
            OSError: the folder cannot be written to.
        """
        lock = cls(folder, clock)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lock.handle = descriptor
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError as error:
            os.close(descriptor)
            if error.errno not in _NO_FLOCK:
                raise
            _LOG.warning("%s has no working flock (%s): the lease alone keeps runs apart", folder, error.strerror)
        try:
            taken = lock._take()
        except OSError:
            lock._unlock()
            raise
        if not taken:
            lock._unlock()
            return None
        lock._renewed = clock.monotonic()
        return lock

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if (_read(self._lease) or {}).get("token") == self.token:
                self._lease.unlink(missing_ok=True)
        except OSError as problem:
            _LOG.warning("the lease cannot be given back (%s); it ends by itself", problem.strerror)
        self._unlock()

    def renew(self) -> bool:
        """Show that this process lives, every RENEW_SECONDS.

        Returns:
            False where another holds the lease by now.

        Raises:
            OSError: the lease cannot be written.
        """
        if self.clock.monotonic() - self._renewed < RENEW_SECONDS:
            return True
        self._renewed = self.clock.monotonic()
        holder = _read(self._lease)
        if holder is None:
            self.lost = not self._create()
        elif holder.get("token") != self.token:
            self.lost = True
        else:
            write_whole(self._lease, self._text())
        return not self.lost

    @property
    def _lease(self) -> Path:
        return self.folder / "lease.json"

    def _take(self) -> bool:
        if self._create():
            return True
        holder = _read(self._lease)
        if holder is None or not self._left_behind(holder):
            # Gone between two looks: whoever gave it back will not be long missed, and the next try finds it free.
            return False
        aside = self.folder / f"lease.{self.token}"
        try:
            self._lease.rename(aside)
        except FileNotFoundError:
            return self._create()
        moved = _read(aside) or {}
        if moved.get("token") != holder.get("token"):
            # Another was quicker, and this is its new lease. Where links are unknown it finds it missing when it
            # renews it, and writes it again.
            with suppress(OSError):
                self._lease.hardlink_to(aside)
            aside.unlink(missing_ok=True)
            return False
        aside.unlink(missing_ok=True)
        _LOG.warning("the lease of %s (process %s) was left behind", holder.get("host"), holder.get("pid"))
        return self._create()

    def _create(self) -> bool:
        try:
            descriptor = os.open(self._lease, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return False
        with open(descriptor, "w", encoding="utf-8") as stream:  # noqa: PTH123  a descriptor, not a path
            stream.write(self._text())
        return True

    def _text(self) -> str:
        held = {
            "token": self.token,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "processes": _process_space(),
            "heartbeat": self.clock.now().isoformat(),
        }
        return json.dumps(held) + "\n"

    def _left_behind(self, holder: dict[str, Any]) -> bool:
        now = self.clock.now()
        try:
            beat, pid = datetime.fromisoformat(holder["heartbeat"]), int(holder["pid"])
            age = (now - beat).total_seconds()
        except (KeyError, TypeError, ValueError):
            # Its writer may be between creating and writing it.
            return now.timestamp() - self._lease.stat().st_mtime > LEASE_SECONDS
        space = _process_space()
        # The same processes are in sight: whether the holder lives can be seen, and need not be waited for.
        if space and holder.get("processes") == space and (pid == os.getpid() or not _alive(pid)):
            return True
        return age > LEASE_SECONDS

    def _unlock(self) -> None:
        if self.handle is not None:
            # Said out loud: closing would leave it held by whoever inherited the descriptor.
            fcntl.flock(self.handle, fcntl.LOCK_UN)
            os.close(self.handle)
            self.handle = None


def _read(path: Path) -> dict[str, Any] | None:
    """The lease of a file; None where there is none, empty where its writer has not finished it."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        return {}
    return held if isinstance(held, dict) else {}


def _process_space() -> str:
    """What tells apart machines, boots and containers, each of which counts its processes anew; empty if unknown."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
