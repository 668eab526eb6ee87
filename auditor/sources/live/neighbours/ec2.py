"""EC2 networking around the subnets and security groups that resources name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from auditor.model.gap import Gap
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
from auditor.model.resource import Resource
from auditor.sources.live.neighbours.gathering import Gathering, document
from auditor.sources.live.neighbours.wanted import GROUPS, SUBNETS, VPCS, Wanted
from auditor.sources.live.reader import ReadFailed

# EC2 takes at most 200 values a filter (EC2 user guide, "Filter your resources").
_CHUNK = 200


@dataclass(frozen=True, slots=True)
class _Row:
    """How a type is read.

    Args:
        kind: the type.
        operation: answers it.
        items: the member of the answer that holds the items.
        filter_name: what is filtered by.
        tail: the ARN's word for the type.
        parameter: the member of the request that takes filters.
    """

    kind: type[Resource]
    operation: str
    items: str
    filter_name: str
    tail: str
    parameter: str = "Filters"


_SUBNET = _Row(Subnet, "ec2:DescribeSubnets", "Subnets", "subnet-id", "subnet")
_GROUP = _Row(SecurityGroup, "ec2:DescribeSecurityGroups", "SecurityGroups", "group-id", "security-group")
_FLOW_LOG = _Row(FlowLog, "ec2:DescribeFlowLogs", "FlowLogs", "resource-id", "vpc-flow-log", parameter="Filter")
_BY_VPC = (
    _Row(Vpc, "ec2:DescribeVpcs", "Vpcs", "vpc-id", "vpc"),
    _Row(RouteTable, "ec2:DescribeRouteTables", "RouteTables", "vpc-id", "route-table"),
    _Row(NatGateway, "ec2:DescribeNatGateways", "NatGateways", "vpc-id", "natgateway", parameter="Filter"),
    _Row(
        InternetGateway,
        "ec2:DescribeInternetGateways",
        "InternetGateways",
        "attachment.vpc-id",
        "internet-gateway",
    ),
    _Row(VpcEndpoint, "ec2:DescribeVpcEndpoints", "VpcEndpoints", "vpc-id", "vpc-endpoint"),
)
_ROWS = (_SUBNET, _GROUP, _FLOW_LOG, *_BY_VPC)
OPERATIONS = tuple(row.operation for row in _ROWS)
KINDS = frozenset(row.kind for row in _ROWS)


def collect(gathering: Gathering, wanted: Wanted, region: str) -> Iterator[Resource | Gap]:
    """The subnets and security groups that are named, and the VPCs around them."""
    gathering.begin(*(row.kind for row in _ROWS))
    groups = set(wanted.references(GROUPS, region))
    for item in _networks(gathering, wanted, region):
        if isinstance(item, VpcEndpoint):
            groups |= _groups_of(item)
        yield item
    if gathering.needs(SecurityGroup):
        yield from _read(gathering, _GROUP, groups)


def _groups_of(endpoint: VpcEndpoint) -> set[str]:
    given = endpoint.peek("groups")
    found = [group.peek("group_id") for group in given] if isinstance(given, tuple) else []
    return {group for group in found if isinstance(group, str)}


def _networks(gathering: Gathering, wanted: Wanted, region: str) -> Iterator[Resource | Gap]:
    around = [row for row in _BY_VPC if gathering.needs(row.kind)]
    if not around and not gathering.needs(Subnet, FlowLog):
        return
    vpcs = set(wanted.references(VPCS, region))
    subnets = wanted.references(SUBNETS, region)
    try:
        for resource in _pages(gathering, _SUBNET, subnets):
            vpc = resource.peek("vpc_id")
            vpcs |= {vpc} if isinstance(vpc, str) else set()
            if gathering.needs(Subnet):
                yield resource
    except ReadFailed as error:
        # Without its subnets, nothing tells which VPCs are meant.
        yield from gathering.lose(error, Subnet, FlowLog, *(row.kind for row in around))
    for row in around:
        yield from _read(gathering, row, vpcs)
    if gathering.needs(FlowLog):
        yield from _read(gathering, _FLOW_LOG, {*vpcs, *subnets})


def _read(gathering: Gathering, row: _Row, values: Iterable[str]) -> Iterator[Resource | Gap]:
    try:
        yield from _pages(gathering, row, values)
    except ReadFailed as error:
        yield from gathering.lose(error, row.kind)


def _pages(gathering: Gathering, row: _Row, values: Iterable[str]) -> Iterator[Resource]:
    ordered = sorted(values)
    for start in range(0, len(ordered), _CHUNK):
        chosen: dict[str, Any] = {row.parameter: [{"Name": row.filter_name, "Values": ordered[start : start + _CHUNK]}]}
        for answer in gathering.reader.pages(gathering.region, row.operation, **chosen):
            for raw in answer.data.get(row.items, ()):
                facts = {**raw, "PolicyDocument": document(raw.get("PolicyDocument"))}
                yield gathering.build(row.kind, facts, answer.observation, arn=_arn(gathering, row, raw))


def _arn(gathering: Gathering, row: _Row, raw: dict[str, Any]) -> str:
    reader = gathering.reader
    given = raw.get(row.kind.arn_member)
    owner = raw.get("OwnerId", reader.account)
    name = raw.get(row.kind.name_member, "")
    return given or f"arn:{reader.partition}:ec2:{gathering.region}:{owner}:{row.tail}/{name}"
