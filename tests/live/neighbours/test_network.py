"""The network that resources name is read, and no other; what is denied is a gap and never a fact."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from auditor.model.coverage import TargetStatus
from auditor.model.network import (
    FlowLog,
    InternetGateway,
    NatGateway,
    RouteTable,
    SecurityGroup,
    Subnet,
    Vpc,
    VpcEndpoint,
)
from auditor.model.unknown import CannotAssess, Reason

if TYPE_CHECKING:
    from auditor.demo.server import EmbeddedAws

NETWORK = (Vpc, Subnet, RouteTable, NatGateway, InternetGateway, SecurityGroup, VpcEndpoint, FlowLog)
ACCOUNT = "123456789012"


def network(around: Any) -> tuple[str, str, str]:
    ec2 = around.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(VpcId=vpc, GroupName="jobs", Description="jobs")["GroupId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    policy = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}]})
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{around.where}.s3", PolicyDocument=policy)
    ec2.create_vpc(CidrBlock="10.9.0.0/16")
    return vpc, subnet, group


def test_the_network_of_a_job_is_read_and_no_other(around: Any) -> None:
    vpc, subnet, group = network(around)
    job = around.job(VpcConfig={"Subnets": [subnet, "subnet-gone"], "SecurityGroupIds": [group]})
    inventory, collector = around.region(*NETWORK)
    assert [found.identity.name for found in inventory.related(Vpc, job).all()] == [vpc]
    assert inventory.related(Subnet, job).find(subnet).vpc_id == vpc
    assert inventory.related(SecurityGroup, job).find(group).group_name == "jobs"
    (endpoint,) = inventory.related(VpcEndpoint, job).all()
    assert isinstance(endpoint.policy_document, dict)
    assert endpoint.policy_document["Statement"][0]["Action"] == "*"
    assert len(inventory.related(InternetGateway, job).all()) == 1
    assert (
        inventory.related(Vpc, job).find(vpc).identity.arn
        == f"arn:{around.partition}:ec2:{around.where}:{ACCOUNT}:vpc/{vpc}"
    )
    assert {target.family for target in collector.targets()} == {kind.cfn_type for kind in NETWORK}


def test_one_denied_network_type_is_one_gap(aws: EmbeddedAws, around: Any) -> None:
    _, subnet, _ = network(around)
    job = around.job(VpcConfig={"Subnets": [subnet], "SecurityGroupIds": []})
    aws.faults.deny("ec2", "DescribeRouteTables")
    inventory, collector = around.region(Vpc, RouteTable)
    assert len(inventory.related(Vpc, job).all()) == 1
    with pytest.raises(CannotAssess) as error:
        inventory.related(RouteTable, job).all()
    assert error.value.unknown.reason is Reason.ACCESS_DENIED
    status = {target.family: target.status for target in collector.targets()}
    assert status == {Vpc.cfn_type: TargetStatus.SCANNED, RouteTable.cfn_type: TargetStatus.NOT_SCANNED}


def test_without_subnets_nothing_is_known_of_their_vpcs(aws: EmbeddedAws, around: Any) -> None:
    job = around.job(VpcConfig={"Subnets": ["subnet-1"], "SecurityGroupIds": []})
    aws.faults.deny("ec2", "DescribeSubnets")
    inventory, _ = around.region(Vpc)
    with pytest.raises(CannotAssess):
        inventory.related(Vpc, job).all()


def test_only_needed_types_are_asked_for(aws: EmbeddedAws, around: Any) -> None:
    _, subnet, group = network(around)
    around.job(VpcConfig={"Subnets": [subnet], "SecurityGroupIds": [group]})
    aws.calls.clear()
    around.region(SecurityGroup)
    around.account()
    assert dict(aws.calls.operations()) == {("ec2", "DescribeSecurityGroups"): 1}
