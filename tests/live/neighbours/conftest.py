"""Collects the neighbours of made-up jobs from the embedded AWS, in one region of each partition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from auditor.model.gap import Gap
from auditor.model.inventory import Inventory
from auditor.model.resource import Identity, Observation, Origin, Resource
from auditor.model.sagemaker import TrainingJob
from auditor.sources.live.accounts import home_region
from auditor.sources.live.neighbours import AccountNeighbours, RegionNeighbours, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.demo.server import EmbeddedAws
    from auditor.sources.live.reader import Reader

ACCOUNT = "123456789012"
# A partition and a region that is not the one its account-wide facts carry.
PARTITIONS = {"aws": "eu-west-1", "aws-us-gov": "us-gov-east-1", "aws-cn": "cn-northwest-1"}
ORIGIN = Origin("live", Observation("sagemaker:DescribeTrainingJob"))


class Around:
    """Collects the neighbours of jobs that are made up, in one region of one partition."""

    def __init__(self, aws: EmbeddedAws, reader: Reader, where: str) -> None:
        self.aws = aws
        self.reader = reader
        self.partition = reader.partition
        self.where = where
        self.home = home_region(reader.partition)
        self.wanted = Wanted((where,))
        self.jobs: list[TrainingJob] = []

    def client(self, service: str) -> Any:
        return self.aws.client(service, self.where)

    def identity(self, kind: type[Resource], name: str) -> Identity:
        return Identity(kind.cfn_type, name, "", self.partition, ACCOUNT, self.where)

    def job(self, **members: Any) -> TrainingJob:
        made = TrainingJob.build(members, self.identity(TrainingJob, f"job-{len(self.jobs)}"), ORIGIN)
        self.jobs.append(made)
        self.wanted.note(made)
        return made

    def region(self, *kinds: type[Resource]) -> tuple[Inventory, RegionNeighbours]:
        collector = RegionNeighbours(self.reader, self.where, self.wanted, types_needed=frozenset(kinds))
        return _inventory(collector), collector

    def account(self, *kinds: type[Resource]) -> tuple[Inventory, AccountNeighbours]:
        collector = AccountNeighbours(self.reader, self.home, self.wanted, types_needed=frozenset(kinds))
        return _inventory(collector), collector


def _inventory(collector: AccountNeighbours | RegionNeighbours) -> Inventory:
    inventory = Inventory()
    for item in collector.collect():
        if isinstance(item, Gap):
            inventory.add_gap(item)
        else:
            inventory.add(item)
    return inventory


@pytest.fixture(params=PARTITIONS)
def around(request: pytest.FixtureRequest, aws: EmbeddedAws, reader_of: Callable[[str], Reader]) -> Around:
    """What collects them."""
    return Around(aws, reader_of(request.param), PARTITIONS[request.param])
