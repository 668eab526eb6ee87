"""Judging a saved snapshot."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from auditor.catalog import Catalog
from auditor.errors import InputError
from auditor.model.coverage import Report, ScanInfo, Target, TargetStatus
from auditor.model.finding import Finding
from auditor.model.gap import Gap
from auditor.model.sagemaker import BY_TYPE
from auditor.scan.assessment import Assessment, Place
from auditor.sources.snapshot import SnapshotSource

Describe = Callable[[str, list[str], list[str]], ScanInfo]


def replay(
    path: Path, catalog: Catalog, describe: Describe, adjust: Callable[[Finding], Finding | None] | None = None
) -> tuple[Report, Assessment]:
    """Judge what a scan saved, as of the time it was saved.

    Args:
        path: the snapshot.
        catalog: the selected rules.
        describe: makes the description of the run from its kind, accounts and regions.
        adjust: sees each finding before it counts; see `Assessment`.

    Raises:
        InputError: the snapshot cannot be read.
    """
    source = SnapshotSource(path)
    at = _time(source, path)
    assessment = Assessment(catalog, at, "snapshot", adjust)
    found: Counter[tuple[Place, str]] = Counter()
    gaps: list[Gap] = []
    for item in source.collect():
        assessment.take(item)
        if isinstance(item, Gap):
            gaps.append(item)
            continue
        if item.origin.from_step:
            continue
        identity = item.identity
        found[Place(identity.partition, identity.account, identity.region), item.cfn_type] += 1
    regional = sorted({place for place, kind in found if kind in BY_TYPE}, key=str)
    assessment.settle(regional)
    info = describe(
        "snapshot",
        sorted({place.account for place, _ in found}),
        sorted({place.region for place, _ in found}),
    )
    return assessment.report(info, _targets(found, gaps)), assessment


def _time(source: SnapshotSource, path: Path) -> datetime:
    text = str(source.read_header().get("at", ""))
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise InputError("the header says no time of the scan", file=str(path), line=1, key="at")
    return at


def _targets(found: Counter[tuple[Place, str]], gaps: list[Gap]) -> list[Target]:
    targets = []
    for (place, kind), number in found.items():
        holes = [
            gap
            for gap in gaps
            if gap.scope.account in ("", place.account)
            and gap.scope.region in ("", place.region)
            and gap.scope.type in ("", kind)
            and not gap.harmless
        ]
        status = TargetStatus.PARTIAL if holes else TargetStatus.SCANNED
        reason = f"{holes[0].reason}: {holes[0].detail}" if holes else ""
        targets.append(Target(place.account, place.region, kind, status, number, reason))
    known = {(target.account, target.region, target.family) for target in targets}
    targets += [
        Target(*key, TargetStatus.NOT_SCANNED, 0, f"{gap.reason}: {gap.detail}")
        for gap in gaps
        if not gap.harmless and (key := (gap.scope.account, gap.scope.region, gap.scope.type)) not in known
    ]
    return targets
