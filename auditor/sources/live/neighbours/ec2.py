"""The network that SageMaker resources use: from their subnets to VPCs, routes, gateways and endpoints."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

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
from auditor.model.unknown import Reason, Unknown
from auditor.sources.live.reader import ReadFailed

from .base import Item, Place, items

_CHUNK = 200


@dataclass(frozen=True, slots=True)
class _List:
    """How one type is listed: operation, member of the answer, id member, ARN part, and filter."""

    kind: type[Resource]
    operation: str
    member: str
    key: str
    arn: str
    by: str


_BY_VPC: tuple[_List, ...] = (
    _List(Vpc, "ec2:DescribeVpcs", "Vpcs", "VpcId", "vpc", "vpc-id"),
    _List(RouteTable, "ec2:DescribeRouteTables", "RouteTables", "RouteTableId", "route-table", "vpc-id"),
    _List(NatGateway, "ec2:DescribeNatGateways", "NatGateways", "NatGatewayId", "natgateway", "vpc-id"),
    _List(
        InternetGateway,
        "ec2:DescribeInternetGateways",
        "InternetGateways",
        "InternetGatewayId",
        "internet-gateway",
        "attachment.vpc-id",
    ),
    _List(VpcEndpoint, "ec2:DescribeVpcEndpoints", "VpcEndpoints", "VpcEndpointId", "vpc-endpoint", "vpc-id"),
    _List(FlowLog, "ec2:DescribeFlowLogs", "FlowLogs", "FlowLogId", "vpc-flow-log", "resource-id"),
)
_SUBNETS = _List(Subnet, "ec2:DescribeSubnets", "Subnets", "SubnetId", "subnet", "subnet-id")
_GROUPS = _List(
    SecurityGroup, "ec2:DescribeSecurityGroups", "SecurityGroups", "GroupId", "security-group", "group-id"
)

TYPES: tuple[type[Resource], ...] = (Subnet, SecurityGroup, *(row.kind for row in _BY_VPC))
OPERATIONS = tuple(row.operation for row in (_SUBNETS, _GROUPS, *_BY_VPC))


def collect(
    place: Place, subnets: set[str], groups: set[str], needed: frozenset[type[Resource]]
) -> Iterator[Item]:
    """Everything around the subnets and security groups that resources name.

    Endpoints' own subnets and security groups are read as well.
    """
    vpcs: set[str] = set()
    seen: list[Resource] = []
    for item in _list(place, _SUBNETS, subnets):
        if isinstance(item, Subnet):
            vpcs.add(item.vpc_id)
            seen.append(item)
        yield item
    groups = set(groups)
    for row in _BY_VPC:
        if row.kind not in needed:
            continue
        targets = vpcs | {subnet.identity.name for subnet in seen} if row.kind is FlowLog else vpcs
        for item in _list(place, row, targets):
            if isinstance(item, VpcEndpoint):
                groups |= {group.group_id for group in item.groups if group.group_id}
            yield item
    if SecurityGroup in needed:
        yield from _list(place, _GROUPS, groups)


def _list(place: Place, row: _List, ids: Iterable[str]) -> Iterator[Item]:
    wanted = sorted(ids)
    for start in range(0, len(wanted), _CHUNK):
        # A filter, unlike a list of ids, does not fail for all when one of them is gone.
        filters = [{"Name": row.by, "Values": wanted[start : start + _CHUNK]}]
        # DescribeNatGateways and DescribeFlowLogs spell the parameter in the singular.
        word = "Filter" if row.kind in (NatGateway, FlowLog) else "Filters"
        try:
            for data, observation in items(place, row.operation, row.member, **{word: filters}):
                name = data[row.key]
                arn = place.arn("ec2", f"{row.arn}/{name}")
                yield place.build(row.kind, _parsed(data), observation, name=name, arn=arn)
        except ReadFailed as error:
            yield place.gap(error, row.kind)


def _parsed(data: Mapping[str, Any]) -> dict[str, Any]:
    """The item, with a policy document parsed from its JSON text."""
    if "PolicyDocument" not in data:
        return dict(data)
    try:
        document: Any = json.loads(data["PolicyDocument"])
    except ValueError:
        document = Unknown(Reason.UNEXPECTED_VALUE, "the policy document is not JSON")
    return {**data, "PolicyDocument": document}
