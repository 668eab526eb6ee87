"""Neighbours: what was found refers to them, or the account has them. Only needed types are asked for."""

from collections.abc import Iterator

from auditor.model.coverage import Target
from auditor.model.gap import Gap
from auditor.model.kms import KmsKey
from auditor.model.resource import Resource
from auditor.model.surroundings import Bucket, Trail
from auditor.sources.live.reader import Reader

from . import cloudtrail, ec2, iam, kms, others, s3
from .base import Place
from .wanted import Wanted

__all__ = ["OPERATIONS", "AccountNeighbours", "RegionNeighbours", "Wanted"]

OPERATIONS: tuple[str, ...] = tuple(
    sorted(
        {
            *kms.OPERATIONS,
            *ec2.OPERATIONS,
            *s3.OPERATIONS,
            *iam.OPERATIONS,
            *cloudtrail.OPERATIONS,
            *others.OPERATIONS,
        }
    )
)


class RegionNeighbours:
    """What one region's resources refer to.

    Args:
        reader, region: where.
        wanted: what was referred to; read when `collect` runs.
        types_needed: the types that the selected rules need.
    """

    def __init__(
        self, reader: Reader, region: str, wanted: Wanted, *, types_needed: frozenset[type[Resource]]
    ) -> None:
        self._place = Place(reader, region)
        self._wanted = wanted
        self._needed = types_needed

    def collect(self) -> Iterator[Resource | Gap]:
        """Keys, network, repositories, log groups, alarms and scaling."""
        region, wanted, needed = self._place.region, self._wanted, self._needed
        if KmsKey in needed:
            yield from kms.collect(self._place, set(wanted.keys[region]))
        if needed & set(ec2.TYPES):
            yield from ec2.collect(
                self._place, set(wanted.subnets[region]), set(wanted.groups[region]), needed
            )
        yield from others.collect(self._place, set(wanted.repositories[region]), needed)

    def targets(self) -> list[Target]:
        """How far each needed type was read."""
        kinds = (KmsKey, *ec2.TYPES, *others.TYPES)
        return self._place.targets(kind for kind in kinds if kind in self._needed)


class AccountNeighbours:
    """Facts of an account as a whole, and the buckets that its resources name.

    Args:
        reader: asks AWS.
        home_region: the partition's fixed region.
        wanted, types_needed: as of `RegionNeighbours`.
    """

    def __init__(
        self, reader: Reader, home_region: str, wanted: Wanted, *, types_needed: frozenset[type[Resource]]
    ) -> None:
        self._place = Place(reader, home_region)
        self._wanted = wanted
        self._needed = types_needed

    def collect(self) -> Iterator[Resource | Gap]:
        """IAM, trails, then the buckets of both."""
        needed = self._needed
        yield from iam.collect(self._place, needed)
        buckets = set(self._wanted.buckets)
        if Trail in needed:
            for item in cloudtrail.collect(self._place, set(self._wanted.regions)):
                if isinstance(item, Trail) and isinstance(item.peek("s3_bucket_name"), str):
                    buckets.add(item.s3_bucket_name)
                yield item
        if Bucket in needed:
            yield from s3.collect(self._place, buckets)

    def targets(self) -> list[Target]:
        """How far each needed type was read."""
        kinds = (*iam.TYPES, Trail, Bucket)
        return self._place.targets(kind for kind in kinds if kind in self._needed)
