"""How regions of other partitions spell endpoint services (catalogue of faults, 4.23)."""

from datetime import UTC, datetime

import pytest

from auditor.engine import Judge
from auditor.model.inventory import Inventory
from auditor.model.network import Vpc, VpcEndpoint
from auditor.model.resource import Identity, Observation, Origin
from auditor.model.rule import Rule
from rules.vpc_endpoints import ENDPOINTS

_VPC = "vpc-0a1b2c3d4e5f60001"
_LIVE = Origin("live", Observation("ec2:DescribeVpcEndpoints"))
_BY_ID = {rule.id: rule for rule in ENDPOINTS}


def _says(rule: Rule, service_name: str, partition: str, region: str) -> str:
    def identity(kind: str, name: str) -> Identity:
        return Identity(kind, name, "", partition, "111122223333", region)

    endpoint = {
        "VpcEndpointId": "vpce-0a1b2c3d4e5f60001",
        "VpcEndpointType": "Interface",
        "VpcId": _VPC,
        "ServiceName": service_name,
        "State": "Available",
    }
    vpc = Vpc.build({"VpcId": _VPC}, identity(Vpc.cfn_type, _VPC), _LIVE)
    built = VpcEndpoint.build(endpoint, identity(VpcEndpoint.cfn_type, "vpce-0a1b2c3d4e5f60001"), _LIVE)
    (finding,) = Judge([rule], Inventory([vpc, built]), datetime(2026, 1, 15, tzinfo=UTC)).judge(vpc)
    return finding.status.value


@pytest.mark.parametrize(
    ("rule", "service_name", "partition", "region", "status"),
    [
        ("sagemaker-api", "cn.com.amazonaws.cn-north-1.sagemaker.api", "aws-cn", "cn-north-1", "PASSED"),
        ("ecr-dkr", "cn.com.amazonaws.cn-northwest-1.ecr.dkr", "aws-cn", "cn-northwest-1", "PASSED"),
        ("kms", "com.amazonaws.cn-north-1.kms", "aws-cn", "cn-north-1", "PASSED"),
        ("sagemaker-api", "cn.com.amazonaws.eu-west-1.sagemaker.api", "aws", "eu-west-1", "FAILED"),
        ("ec2", "cn.com.amazonaws.cn-north-1.ec2messages", "aws-cn", "cn-north-1", "FAILED"),
        ("kms", "com.amazonaws.us-gov-west-1.kms-fips", "aws-us-gov", "us-gov-west-1", "PASSED"),
    ],
)
def test_the_exact_name_counts(rule: str, service_name: str, partition: str, region: str, status: str) -> None:
    assert _says(_BY_ID[f"vpc-endpoint-{rule}"], service_name, partition, region) == status
