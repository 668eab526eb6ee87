"""Which findings had failed in the run before, so that a run can tell what is new."""

from collections.abc import Collection

from auditor.delivery.totals import is_open
from auditor.model.coverage import Report, TargetStatus


def remembered(report: Report, before: Collection[str] | None = None) -> frozenset[str]:
    """The ids to keep for the next run: findings that failed, on what can be changed, without a waiver.

    Where not all was scanned, what had failed before and was not seen now is kept: it is not new only because it
    can be seen again.

    Args:
        report: of a scan; its findings are read once.
        before: what was kept after the run before; None where there was none.
    """
    whole = all(target.status is TargetStatus.SCANNED for target in report.coverage.targets)
    kept = set() if whole or before is None else set(before)
    for finding in report.findings:
        if is_open(finding):
            kept.add(finding.id)
        else:
            kept.discard(finding.id)
    return frozenset(kept)
