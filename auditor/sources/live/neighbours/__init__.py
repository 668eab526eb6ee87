"""What SageMaker resources lean on: only what was found to be named, only types that a rule needs."""

from collections.abc import Iterator

from auditor.model.coverage import Target
from auditor.model.gap import Gap
from auditor.model.kms import KmsKey
from auditor.model.resource import Resource
from auditor.model.surroundings import (
    Alarm,
    Bucket,
    LogGroup,
    Repository,
    ScalableTarget,
    ScalingPolicy,
    Trail,
)
from auditor.sources.live.neighbours import cloudtrail, ec2, ecr, iam, kms, listed, s3
from auditor.sources.live.neighbours.gathering import Gathering
from auditor.sources.live.neighbours.wanted import Wanted
from auditor.sources.live.reader import Reader
from auditor.sources.live.sighting import Foreseen

__all__ = ["OPERATIONS", "AccountNeighbours", "RegionNeighbours", "Wanted"]

OPERATIONS: tuple[str, ...] = tuple(
    operation for module in (cloudtrail, ec2, ecr, iam, kms, listed, s3) for operation in module.OPERATIONS
)


class RegionNeighbours:
    """The neighbours in one region of one account.

    Args:
        reader, region: where.
        wanted: what the resources that were found refer to; complete by the time of `collect`.
        types_needed: the types to read.
    """

    def __init__(self, reader: Reader, region: str, wanted: Wanted, *, types_needed: frozenset[type[Resource]]) -> None:
        self._gathering = Gathering(reader, region, types_needed)
        self._wanted = wanted
        self._region = region
        self._keys = kms.Keys(self._gathering, wanted, region)

    def foresee(self) -> Iterator[Foreseen]:
        """Neighbours that can be read one by one as soon as they are named."""
        if self._gathering.needs(KmsKey):
            yield from self._keys.foresee()

    def collect(self) -> Iterator[Resource | Gap]:
        """Every neighbour, and what hides others."""
        gathering, wanted, region = self._gathering, self._wanted, self._region
        if gathering.needs(*ec2.KINDS):
            yield from ec2.collect(gathering, wanted, region)
        if gathering.needs(KmsKey):
            yield from self._keys.collect()
        if gathering.needs(Repository):
            yield from ecr.collect(gathering, wanted, region)
        if gathering.needs(LogGroup):
            yield from listed.log_groups(gathering)
        if gathering.needs(Alarm):
            yield from listed.alarms(gathering)
        if gathering.needs(ScalableTarget, ScalingPolicy):
            yield from listed.scaling(gathering, wanted, region)
        yield from gathering.remaining()

    def targets(self) -> list[Target]:
        """How far each type was read."""
        return self._gathering.targets()


class AccountNeighbours:
    """What an account has once: IAM, trails, buckets.

    Args:
        reader, home_region: the account, and the region under which its resources are kept.
        wanted: as of `RegionNeighbours`.
        types_needed: the types to read.
    """

    def __init__(
        self, reader: Reader, home_region: str, wanted: Wanted, *, types_needed: frozenset[type[Resource]]
    ) -> None:
        self._gathering = Gathering(reader, home_region, types_needed)
        self._wanted = wanted
        self._read_alone = False

    def alone(self) -> Iterator[Resource | Gap]:
        """The neighbours that are read whole, whatever refers to them."""
        self._read_alone = True
        yield from iam.collect(self._gathering)

    def collect(self) -> Iterator[Resource | Gap]:
        """What is not read yet, and what hides others; all that refers to it is known by now.

        Trails come before buckets: they name some.
        """
        gathering = self._gathering
        if not self._read_alone:
            yield from self.alone()
        if gathering.needs(Trail):
            yield from cloudtrail.collect(gathering, self._wanted)
        if gathering.needs(Bucket):
            yield from s3.collect(gathering, self._wanted)
        yield from gathering.remaining()

    def targets(self) -> list[Target]:
        """How far each type was read."""
        return self._gathering.targets()
