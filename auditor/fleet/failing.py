"""The ledger's entry for a target that failed."""

from datetime import datetime

from auditor.delivery.store import ObjectStore
from auditor.fleet.records import Keys, ScanTarget, read_json, write_json
from auditor.model.codec import encode_gap
from auditor.model.coverage import TargetStatus
from auditor.model.gap import Gap


def not_scanned(store: ObjectStore, target: ScanTarget, reason: str, now: datetime, gap: Gap | None = None) -> bool:
    """Say in the ledger that a target failed; one that was done before stays as it is.

    Returns:
        Whether the ledger says so now.

    Raises:
        StoreError: the store cannot be read or written.
    """
    key = Keys(target.run).ledger(target)
    kept = read_json(store, key)
    if kept is not None and "totals" in kept:
        return False
    write_json(
        store,
        key,
        {
            "target": target.as_json(),
            "status": TargetStatus.NOT_SCANNED.value,
            "reason": reason,
            "finished": now.isoformat(timespec="seconds"),
            "gaps": [encode_gap(gap)] if gap is not None else [],
        },
    )
    return True
