"""The time as the scheduler sees it, so that a test can hand it another."""

import os
import select
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Time, and waiting."""

    def now(self) -> datetime:
        """The moment, aware and in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only ever grow; their zero means nothing."""
        ...

    def pause(self, seconds: float) -> None:
        """Wait so long, or until `wake` is called."""
        ...

    def wake(self) -> None:
        """End the pause that is, or the next one; safe within a signal handler."""
        ...


class SystemClock:
    """The clock of the machine.

    A pause waits on a pipe: `time.sleep` goes on after a signal, and a `threading.Event` may be locked by the very
    code that the signal interrupted.
    """

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        os.set_blocking(self._writing, False)

    def now(self) -> datetime:
        """The moment in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds of the system's monotonic clock."""
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Wait so long, or until `wake`; a wake that was not waited for ends the next pause at once."""
        ready, _, _ = select.select([self._reading], [], [], max(0.0, seconds))
        if ready:
            os.read(self._reading, 64)

    def wake(self) -> None:
        """End the pause; a pipe that is full has been woken often enough."""
        try:
            os.write(self._writing, b"!")
        except BlockingIOError:
            return

    def close(self) -> None:
        """Give the pipe back."""
        os.close(self._reading)
        os.close(self._writing)
