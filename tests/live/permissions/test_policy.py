"""The policy allows what scans call: nothing more, nothing less."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from auditor.demo.account import REGIONS, populate
from auditor.errors import UsageError
from auditor.model.kinds import every_kind
from auditor.model.resource import Resource
from auditor.model.sagemaker import BY_TYPE, RESOURCES
from auditor.model.surroundings import AccountRegion
from auditor.sources.live.accounts import choose_regions
from auditor.sources.live.neighbours import AccountNeighbours, RegionNeighbours, Wanted
from auditor.sources.live.permissions import EXCEPTIONS, action, policy
from auditor.sources.live.sagemaker import RegionCollector

if TYPE_CHECKING:
    from auditor.demo.server import EmbeddedAws
    from auditor.sources.live.reader import Reader

EVERY_MEMBER = {kind.cfn_type: frozenset(kind.fields_by_member) for kind in RESOURCES}
NEIGHBOURS = frozenset(
    kind for kind in every_kind().values() if kind.cfn_type not in BY_TYPE and kind is not AccountRegion
)
# Search and the list of regions have fallbacks; a scan that may not use the one uses the other.
MATRIX = ((), (("sagemaker", "Search"),), (("account", "ListRegions"),))


ROLE = "arn:aws:iam::123456789012:role/train"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/image:1"


def complete(aws: EmbeddedAws) -> None:
    """Add the few types that the sample account lacks."""
    aws.client("ecr").create_repository(repositoryName="team/image")
    sagemaker = aws.client("sagemaker")
    sagemaker.create_model(ModelName="own-image", PrimaryContainer={"Image": IMAGE}, ExecutionRoleArn=ROLE)
    sagemaker.create_mlflow_app(Name="mlflow", ArtifactStoreUri="s3://artefacts/x", RoleArn=ROLE)
    sagemaker.create_partner_app(Name="comet", Type="comet", ExecutionRoleArn=ROLE, Tier="small", AuthType="IAM")
    output = {"S3OutputLocation": "s3://artefacts/out"}
    sagemaker.create_ai_benchmark_job(
        AIBenchmarkJobName="bench",
        BenchmarkTarget={"Endpoint": {"Identifier": "fraud-scoring"}},
        OutputConfig=output,
        AIWorkloadConfigIdentifier="load",
        RoleArn=ROLE,
    )
    sagemaker.create_ai_recommendation_job(
        AIRecommendationJobName="recommend",
        ModelSource={"S3": {"S3Uri": "s3://artefacts/model"}},
        OutputConfig=output,
        AIWorkloadConfigIdentifier="load",
        PerformanceTarget={"Constraints": [{"Metric": "ttft-ms"}]},
        RoleArn=ROLE,
    )


def scan(reader: Reader, needed: dict[str, frozenset[str]]) -> None:
    choose_regions(reader, ("all",), "")
    wanted = Wanted(REGIONS)
    for region in REGIONS:
        collector = RegionCollector(
            reader, region, members_needed=needed, jobs_since=None, now=datetime.now(UTC), state=None
        )
        for item in collector.collect():
            if isinstance(item, Resource):
                wanted.note(item)
    around: tuple[AccountNeighbours | RegionNeighbours, ...] = (
        AccountNeighbours(reader, "us-east-1", wanted, types_needed=NEIGHBOURS),
        *(RegionNeighbours(reader, region, wanted, types_needed=NEIGHBOURS) for region in REGIONS),
    )
    for one in around:
        assert list(one.collect())


def allowed(purpose: str) -> set[str]:
    (statement,) = policy(purpose)["Statement"]
    assert statement["Effect"] == "Allow"
    return set(statement["Action"])


def test_the_policy_for_a_scan_equals_what_scans_call(aws: EmbeddedAws, reader: Reader) -> None:
    populate(aws.endpoint_url, datetime.now(UTC))
    complete(aws)
    called: set[str] = set()
    for denied in MATRIX:
        for needed in (EVERY_MEMBER, {}):
            aws.faults.clear()
            aws.calls.clear()
            for service, operation in denied:
                aws.faults.deny(service, operation)
            scan(reader, needed)
            called |= {action(f"{service}:{name}") for service, name in aws.calls.operations()}
    assert called - allowed("scan") == set()
    assert allowed("scan") - called == set()


def test_the_policy_only_reads() -> None:
    reading = re.compile(r"[a-z0-9-]+:(List|Describe|Get|Search)[A-Za-z0-9]*")
    for purpose in ("scan", "organization"):
        others = {name for name in allowed(purpose) if not reading.fullmatch(name)}
        assert others <= EXCEPTIONS
    assert "sts:AssumeRole" not in allowed("scan")
    assert not any("*" in name for name in allowed("scan"))


def test_s3_permissions_are_called_otherwise_than_their_operations() -> None:
    names = {name for name in allowed("scan") if name.startswith("s3:")}
    assert "s3:GetEncryptionConfiguration" in names
    assert "s3:GetBucketPublicAccessBlock" in names
    assert "s3:ListAllMyBuckets" in names
    assert not names & {"s3:GetBucketEncryption", "s3:GetPublicAccessBlock", "s3:ListBuckets"}


def test_an_unknown_purpose_is_a_mistake_of_the_user() -> None:
    with pytest.raises(UsageError, match="gardener"):
        policy("gardener")
