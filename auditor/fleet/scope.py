"""Which accounts and regions an event is judged for: those that the latest plan scans.

The planner leaves a note of what it planned (`write_scope`); `audit_change` reads it, and keeps it for some minutes.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from auditor.delivery.store import ObjectStore
from auditor.errors import InputError
from auditor.fleet.records import REGION, ScanTarget, read_json, write_json
from auditor.fleet.settings import FleetSettings

KEY = "plan/latest.json"
_KEPT_SECONDS = 300.0
# By bucket: when it was read, and what was there. A container of the function lives for hours.
_kept: dict[str, "tuple[float, Scope | None]"] = {}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a plan scans.

    Args:
        run: of the plan.
        places: account to its regions; none where the planner could not learn them.
    """

    run: str
    places: Mapping[str, frozenset[str]]

    def left_out(self, account: str, region: str) -> str:
        """Why the plan does not scan a region of an account; empty where it does."""
        if account not in self.places:
            return f"the plan of run {self.run} leaves out account {account}"
        regions = self.places[account]
        if regions and region not in regions:
            return f"the plan of run {self.run} leaves out {region} of account {account}"
        return ""


def write_scope(store: ObjectStore, run: str, targets: Iterable[ScanTarget]) -> None:
    """Leave the note of what a plan scans, in the place of the one before.

    Raises:
        StoreError: the store cannot be written.
    """
    places: dict[str, list[str]] = {}
    for target in targets:
        regions = places.setdefault(target.account, [])
        if target.kind == REGION:
            regions.append(target.region)
    write_json(store, KEY, {"run": run, "places": places})


def left_out(settings: FleetSettings, store: ObjectStore, own_account: str, account: str, region: str) -> str:
    """Why changes in a region of an account are not judged; empty where they are.

    Accounts and regions that the settings name count as they are now, organizational units, tags and what an account
    has enabled as the latest plan found them: what came after it waits for the next one. Before the first plan the
    settings alone count.

    Raises:
        InputError: the note is damaged.
        StoreError: the store cannot be read.
    """
    if not settings.organization and account not in (settings.accounts or (own_account,)):
        return f"account {account} is not among those that are scanned"
    if "all" not in settings.regions and region not in settings.regions:
        return f"{region} is not among the regions that are scanned"
    scope = _latest(store, settings.report_bucket)
    return "" if scope is None else scope.left_out(account, region)


def forget() -> None:
    """Read the note anew at the next question."""
    _kept.clear()


def _latest(store: ObjectStore, bucket: str) -> Scope | None:
    now = time.monotonic()
    kept = _kept.get(bucket)
    if kept is None or now - kept[0] > _KEPT_SECONDS:
        kept = _kept[bucket] = (now, _read(store))
    return kept[1]


def _read(store: ObjectStore) -> Scope | None:
    found = read_json(store, KEY)
    if found is None:
        return None
    try:
        places = {str(account): frozenset(map(str, regions)) for account, regions in found["places"].items()}
        return Scope(str(found["run"]), places)
    except (KeyError, TypeError, AttributeError):
        raise InputError("is no note of a plan", file=KEY, remedy="start a run, which writes it anew") from None
