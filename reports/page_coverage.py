"""The coverage of a scan as the HTML page lays it out."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from auditor.model.coverage import Coverage, Target, TargetStatus
from auditor.model.unknown import HARMLESS_REASONS

from .coverage_words import REASONS, Hole, holes, looked_at

_MOST_COLUMNS = 12
_MOST_LISTED = 500

Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ReasonGroup:
    """Gaps of one reason.

    Args:
        words: the reason.
        harmless: whether nothing that was to be looked at is missing.
        holes: the gaps, folded by operation.
        number: how many gaps there are.
        grants: the IAM actions to grant.
    """

    words: str
    harmless: bool
    holes: tuple[Hole, ...]
    number: int
    grants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One account and region, counted."""

    place: Place
    scanned: int
    partial: int
    not_scanned: int
    resources: int


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """One family, with its target in each account and region."""

    family: str
    cells: tuple[Target | None, ...]


@dataclass(frozen=True, slots=True)
class CoverageView:
    """What the page shows of a coverage.

    Args:
        sentence: how much was looked at.
        complete: whether no error left a hole.
        groups: gaps by reason, errors first.
        places: accounts and regions.
        families: one row per family; empty where there are more places than columns.
        unfinished: targets that were not fully scanned, the first of them.
        unfinished_number: how many there are.
        calls, throttled: requests in all.
        waited: seconds.
    """

    sentence: str
    complete: bool
    groups: tuple[ReasonGroup, ...]
    places: tuple[PlaceRow, ...]
    families: tuple[FamilyRow, ...]
    unfinished: tuple[Target, ...]
    unfinished_number: int
    calls: int
    throttled: int
    waited: float

    @classmethod
    def of(cls, coverage: Coverage, kind: str = "") -> "CoverageView":
        """Lay out the coverage of a kind of run."""
        places = tuple(dict.fromkeys((target.account, target.region) for target in coverage.targets))
        unfinished = [t for t in coverage.targets if t.status is not TargetStatus.SCANNED]
        return cls(
            sentence=looked_at(coverage, kind),
            complete=coverage.complete,
            groups=_grouped(holes(coverage.gaps)),
            places=tuple(_place_rows(coverage.targets, places)),
            families=_families(coverage.targets, places) if len(places) <= _MOST_COLUMNS else (),
            unfinished=tuple(unfinished[:_MOST_LISTED]),
            unfinished_number=len(unfinished),
            calls=sum(request.calls for request in coverage.requests),
            throttled=sum(request.throttled for request in coverage.requests),
            waited=sum(request.waited_seconds for request in coverage.requests),
        )


def _grouped(found: Sequence[Hole]) -> tuple[ReasonGroup, ...]:
    by_reason: defaultdict[str, list[Hole]] = defaultdict(list)
    for hole in found:
        by_reason[hole.reason].append(hole)
    groups = [
        ReasonGroup(
            words=REASONS[members[0].reason],
            harmless=members[0].reason in HARMLESS_REASONS,
            holes=tuple(members),
            number=sum(hole.number for hole in members),
            grants=tuple(sorted({hole.grant for hole in members if hole.grant})),
        )
        for members in by_reason.values()
    ]
    return tuple(sorted(groups, key=lambda group: group.harmless))


def _place_rows(targets: Sequence[Target], places: Sequence[Place]) -> list[PlaceRow]:
    states: Counter[tuple[Place, TargetStatus]] = Counter()
    resources: Counter[Place] = Counter()
    for target in targets:
        place = target.account, target.region
        states[place, target.status] += 1
        resources[place] += target.resources
    return [
        PlaceRow(
            place=place,
            scanned=states[place, TargetStatus.SCANNED],
            partial=states[place, TargetStatus.PARTIAL],
            not_scanned=states[place, TargetStatus.NOT_SCANNED],
            resources=resources[place],
        )
        for place in places
    ]


def _families(targets: Sequence[Target], places: Sequence[Place]) -> tuple[FamilyRow, ...]:
    cells: defaultdict[str, dict[Place, Target]] = defaultdict(dict)
    for target in targets:
        cells[target.family][target.account, target.region] = target
    return tuple(FamilyRow(family, tuple(map(row.get, places))) for family, row in sorted(cells.items()))
