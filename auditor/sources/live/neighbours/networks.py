"""EC2 networking around the subnets that resources use: asked by filter, so that one missing id loses no other."""

from collections.abc import Iterator
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
from auditor.model.resource import Observation, Resource
from auditor.model.unknown import Reason
from auditor.sources.live.neighbours.around import Around, Family, Items, document
from auditor.sources.live.reader import ReadFailed

# EC2 API reference, "Filters": at most 200 values in a request.
_VALUES = 200


@dataclass(frozen=True, slots=True)
class _Row:
    """How one type is asked for: operation, member of the answer, filter, its parameter, resource part of ARNs."""

    kind: type[Resource]
    operation: str
    items: str
    filter: str
    arn: str
    parameter: str = "Filters"


_SUBNETS = _Row(Subnet, "ec2:DescribeSubnets", "Subnets", "subnet-id", "subnet")
_GROUPS = _Row(SecurityGroup, "ec2:DescribeSecurityGroups", "SecurityGroups", "group-id", "security-group")
_OF_VPC = (
    _Row(Vpc, "ec2:DescribeVpcs", "Vpcs", "vpc-id", "vpc"),
    _Row(RouteTable, "ec2:DescribeRouteTables", "RouteTables", "vpc-id", "route-table"),
    _Row(NatGateway, "ec2:DescribeNatGateways", "NatGateways", "vpc-id", "natgateway", "Filter"),
    _Row(
        InternetGateway,
        "ec2:DescribeInternetGateways",
        "InternetGateways",
        "attachment.vpc-id",
        "internet-gateway",
    ),
    _Row(VpcEndpoint, "ec2:DescribeVpcEndpoints", "VpcEndpoints", "vpc-id", "vpc-endpoint"),
)
_FLOW_LOGS = _Row(FlowLog, "ec2:DescribeFlowLogs", "FlowLogs", "resource-id", "vpc-flow-log", "Filter")
_ROWS = (_SUBNETS, _GROUPS, *_OF_VPC, _FLOW_LOGS)


def _ask(around: Around, row: _Row, values: list[str]) -> Iterator[tuple[dict[str, Any], Observation]]:
    for start in range(0, len(values), _VALUES):
        filters = [{"Name": row.filter, "Values": values[start : start + _VALUES]}]
        yield from around.items(row.operation, row.items, **{row.parameter: filters})


def _build(around: Around, row: _Row, raw: dict[str, Any], observation: Observation) -> Resource:
    if row.kind is VpcEndpoint and "PolicyDocument" in raw:
        raw = {**raw, "PolicyDocument": document(raw["PolicyDocument"])}
    arn = around.arn("ec2", f"{row.arn}/{raw[row.kind.name_member]}")
    return around.build(row.kind, raw, observation, arn=arn)


def _missing(around: Around, row: _Row, wanted: list[str], found: set[str]) -> Items:
    for name in wanted:
        if name not in found:
            yield Gap(around.scope(row.kind, name), row.operation, Reason.VANISHED, f"no {name} was found")


def _collect(around: Around) -> Items:
    wanted = around.wanted.subnets(around.region)
    subnets = list(_ask(around, _SUBNETS, wanted))
    vpcs = {raw["VpcId"] for raw, _ in subnets} | set(around.wanted.vpcs(around.region))
    ids = {raw["SubnetId"] for raw, _ in subnets}
    if around.needs(Subnet):
        for raw, observation in subnets:
            yield _build(around, _SUBNETS, raw, observation)
        yield from _missing(around, _SUBNETS, wanted, ids)
    groups = set(around.wanted.groups(around.region))
    for row in _OF_VPC:
        if around.needs(row.kind):
            for item in _guarded(around, row, sorted(vpcs)):
                if isinstance(item, VpcEndpoint):
                    groups |= _groups_of(item)
                yield item
    if around.needs(FlowLog):
        yield from _guarded(around, _FLOW_LOGS, sorted(vpcs | ids))
    if around.needs(SecurityGroup):
        found: set[str] = set()
        for item in _guarded(around, _GROUPS, sorted(groups)):
            found.add(item.identity.name if isinstance(item, Resource) else "")
            yield item
        if "" not in found:
            yield from _missing(around, _GROUPS, sorted(groups), found)


def _guarded(around: Around, row: _Row, values: list[str]) -> Items:
    try:
        for raw, observation in _ask(around, row, values):
            yield _build(around, row, raw, observation)
    except ReadFailed as failed:
        yield failed.scoped(around.scope(row.kind))


def _groups_of(endpoint: VpcEndpoint) -> set[str]:
    groups = endpoint.__dict__.get("groups", ())
    return {group.__dict__["group_id"] for group in groups if group.__dict__.get("group_id")}


NETWORKS = Family(tuple(row.kind for row in _ROWS), tuple(row.operation for row in _ROWS), _collect)
