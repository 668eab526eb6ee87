"""From what was sighted to what is judged; here, or in a process beside this one."""

from collections.abc import Iterable
from typing import Protocol

from auditor.model.gap import Gap
from auditor.model.resource import Resource
from auditor.scan.assessment import Assessment, Place
from auditor.sources.live.keeper import Keeper
from auditor.sources.live.sighting import Foreseen, Recalled, Sighted, Sighting
from auditor.state import FactStore

Taken = Sighted | Foreseen | Resource | Gap


class Taker(Protocol):
    """Takes what collectors yield."""

    def take(self, item: Taken) -> None:
        """Type and judge one item."""

    def settle(self, places: Iterable[Place]) -> None:
        """Judge what had to wait: everything was taken."""


class Intake:
    """Types what was sighted, keeps it in the state, and has it judged.

    Args:
        assessment: judges.
        state: facts kept between scans; None to keep none.
    """

    def __init__(self, assessment: Assessment, state: FactStore | None = None) -> None:
        self._assessment = assessment
        self._keeper = Keeper(state)

    def take(self, item: Taken) -> None:
        """Type and judge one item."""
        if isinstance(item, Sighting | Recalled):
            self._assessment.take(self._keeper.build(item))
        elif isinstance(item, Foreseen):
            self._assessment.foresee(item.resource)
        else:
            self._assessment.take(item)

    def settle(self, places: Iterable[Place]) -> None:
        """Judge what had to wait: everything was taken."""
        self._keeper.flush()
        self._assessment.settle(places)
