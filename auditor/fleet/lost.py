"""The coverage of targets that never reported, as rows: they have written none themselves."""

from dataclasses import dataclass, field

from auditor.delivery.store import ObjectStore
from auditor.delivery.tables import write_coverage
from auditor.fleet.ledger import Entry
from auditor.fleet.records import GLOBAL, ScanTarget
from auditor.model.coverage import Coverage, ScanInfo, Target
from auditor.model.gap import Gap

EVERYTHING, ONCE = "everything", "what the account has once"
_PART = "lost-"


@dataclass(slots=True)
class Lost:
    """Takes every entry of a run, and keeps those of which no row tells.

    Args:
        gaps: what the plan left out, or could not find out.
    """

    gaps: list[Gap] = field(default_factory=list)
    _targets: list[Target] = field(default_factory=list)
    _regions: set[str] = field(default_factory=set)

    def take(self, entry: Entry) -> None:
        """Note an entry."""
        target = entry.target
        self._regions.add(target.region)
        if not entry.document:
            self._targets.append(whole_target(target, entry, ONCE if target.kind == GLOBAL else EVERYTHING))
            self.gaps += entry.gaps

    def write(self, store: ObjectStore, scan: ScanInfo, day: str) -> list[str]:
        """Write the rows, one object for each region, whatever the number of accounts.

        Whoever merges again overwrites them; of a region in which every target has reported meanwhile they are
        emptied.

        Args:
            store: the report bucket.
            scan: the run.
            day: its day, YYYY-MM-DD.

        Returns:
            The keys, in order.

        Raises:
            StoreError: the store cannot be read or written.
        """
        coverage = Coverage(complete=False, targets=tuple(self._targets), gaps=tuple(self.gaps))
        return write_coverage(store, coverage, scan, day, part=_PART, regions=self._regions)


def whole_target(target: ScanTarget, entry: Entry, family: str = EVERYTHING) -> Target:
    """A target of the fleet as reports show it."""
    return Target(target.account, target.region, family, entry.status, entry.resources, entry.reason)
