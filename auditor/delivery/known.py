"""Which findings had failed in the run before, so that a run can tell what is new."""

import re
from collections.abc import Collection

from auditor.delivery.totals import is_open
from auditor.errors import InputError
from auditor.model.coverage import Report, TargetStatus

_ID = re.compile(r"[0-9a-f]{32}")


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


def write_ids(ids: Collection[str]) -> bytes:
    """Ids as a file: one a line, in order."""
    return "".join(f"{one}\n" for one in sorted(ids)).encode("ascii")


def read_ids(data: bytes, name: str) -> frozenset[str]:
    """The ids of a file that `write_ids` made.

    Args:
        data: the file.
        name: of the file, for the error.

    Raises:
        InputError: it is no such file.
    """
    ids = data.decode("ascii", "replace").split()
    for number, one in enumerate(ids, 1):
        if not _ID.fullmatch(one):
            remedy = "delete it; the next run then has none to compare with"
            raise InputError(f"{one[:40]!r} is no id of a finding", file=name, line=number, remedy=remedy)
    return frozenset(ids)
