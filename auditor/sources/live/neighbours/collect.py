"""The neighbours of one region, and those of the account as a whole."""

from collections.abc import Iterable, Mapping

from auditor.model.coverage import Target
from auditor.model.resource import Resource
from auditor.sources.live.neighbours.around import Around, Family, Items
from auditor.sources.live.neighbours.identities import IDENTITIES
from auditor.sources.live.neighbours.keys import KEYS
from auditor.sources.live.neighbours.networks import NETWORKS
from auditor.sources.live.neighbours.services import ALARMS, LOG_GROUPS, REPOSITORIES, SCALING
from auditor.sources.live.neighbours.trails import TRAILS
from auditor.sources.live.neighbours.wanted import Wanted
from auditor.sources.live.reader import Reader

REGIONAL: tuple[Family, ...] = (KEYS, NETWORKS, REPOSITORIES, LOG_GROUPS, ALARMS, SCALING)
ACCOUNT_WIDE: tuple[Family, ...] = (IDENTITIES, TRAILS)
OPERATIONS: tuple[str, ...] = tuple(
    sorted({operation for family in (*REGIONAL, *ACCOUNT_WIDE) for operation in family.operations})
)


class _Neighbours:
    """Families that are collected one after the other."""

    def __init__(self, around: Around, families: tuple[Family, ...]) -> None:
        self._around = around
        self._families = families
        self._targets: list[Target] = []

    def collect(self) -> Items:
        """What is needed and found, and the gaps; nothing is asked for a type that nobody needs."""
        for family in self._families:
            items, targets = family.run(self._around)
            yield from items
            self._targets += targets

    def targets(self) -> list[Target]:
        """How far each type was read, once `collect` is exhausted."""
        return list(self._targets)


class RegionNeighbours(_Neighbours):
    """Keys, networks, repositories, log groups, alarms and scaling of one region.

    Args:
        reader: asks AWS.
        region: the region.
        wanted: what the resources refer to.
        types_needed: only these are asked for.
        members_needed: type to members that are needed; None for all.
    """

    def __init__(
        self,
        reader: Reader,
        region: str,
        wanted: Wanted,
        *,
        types_needed: frozenset[type[Resource]],
        members_needed: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        super().__init__(Around(reader, region, wanted, types_needed, (region,), members_needed), REGIONAL)


class AccountNeighbours(_Neighbours):
    """IAM, trails and buckets of one account.

    Args:
        reader: asks AWS.
        home_region: the partition's fixed region.
        wanted: what the resources refer to.
        types_needed: only these are asked for.
        regions: where trails are looked for; the home region alone where none are given.
        members_needed: type to members that are needed; None for all.
    """

    def __init__(
        self,
        reader: Reader,
        home_region: str,
        wanted: Wanted,
        *,
        types_needed: frozenset[type[Resource]],
        regions: Iterable[str] = (),
        members_needed: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        around = Around(reader, home_region, wanted, types_needed, tuple(regions), members_needed)
        super().__init__(around, ACCOUNT_WIDE)
