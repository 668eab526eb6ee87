"""Who is told of results."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Speakers:
    """How a run tells its result.

    Args:
        emit: takes one line of metrics.
        topic: a client of SNS; None for no notice.
        bus: a client of EventBridge; None for no events.
    """

    emit: Callable[[str], None]
    topic: Any = None
    bus: Any = None
