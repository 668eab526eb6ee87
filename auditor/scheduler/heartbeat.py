"""The sign of life of the scheduler of a host, and the check of it, which loads nothing else."""

import re
import socket
from datetime import datetime
from pathlib import Path

# Longer than any wait without a beat: that is the longest grace of a scan that is being ended.
HEARTBEAT_LIMIT = 120


def host() -> str:
    """The name of this host, as it may stand in a file's name; a container has one of its own."""
    return re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname()) or "localhost"


def heartbeat_file(folder: Path) -> Path:
    """The heartbeat of this host: processes that share a state folder each have their own."""
    return folder / f"heartbeat.{host()}"


def healthy(folder: Path, now: datetime) -> bool:
    """Whether the scheduler of this host showed within HEARTBEAT_LIMIT seconds that it lives."""
    try:
        beat = datetime.fromisoformat(heartbeat_file(folder).read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return False
    return abs((now - beat).total_seconds()) <= HEARTBEAT_LIMIT
