"""VPCs and what is in them (aws_vpc, aws_subnet, aws_security_group …)."""

from collections.abc import Iterator, Mapping
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
from auditor.model.unknown import Unknown
from auditor.sources.terraform.neighbours.around import UNTOLD, Around, dicts, either, many, present, unknown_last
from auditor.sources.terraform.plan import Change

_TARGETS = {
    "GatewayId": "gateway_id",
    "NatGatewayId": "nat_gateway_id",
    "TransitGatewayId": "transit_gateway_id",
    "EgressOnlyInternetGatewayId": "egress_only_gateway_id",
}


def simple(around: Around) -> Iterator[Resource]:
    """What one resource says whole: VPCs, subnets, gateways, flow logs."""
    for change, raw in (*around.all("aws_vpc", "aws_default_vpc"), *around.found("aws_vpc")):
        default = "default" in change.type or (change.told and raw.get("default"))
        facts = present(CidrBlock=raw.get("cidr_block"), IsDefault=default or None)
        yield around.made(Vpc, change, facts, {"CidrBlock": "cidr_block"})
    for change, raw in (*around.all("aws_subnet", "aws_default_subnet"), *around.found("aws_subnet")):
        facts = present(
            VpcId=raw.get("vpc_id"),
            AvailabilityZone=raw.get("availability_zone"),
            MapPublicIpOnLaunch=raw.get("map_public_ip_on_launch"),
        )
        yield around.made(Subnet, change, facts, {"VpcId": "vpc_id", "MapPublicIpOnLaunch": "map_public_ip_on_launch"})
    for change, raw in around.all("aws_nat_gateway"):
        kind = raw.get("connectivity_type")
        facts = present(SubnetId=raw.get("subnet_id"), State="available", ConnectivityType=kind)
        yield around.made(NatGateway, change, facts, {"SubnetId": "subnet_id"})
    for change, raw in around.all("aws_internet_gateway"):
        named = [raw.get("vpc_id"), *(one.get("vpc_id") for _, one in _attachments(around, change))]
        attached = [{"State": "available", "VpcId": vpc} for vpc in named if vpc is not None]
        yield around.made(InternetGateway, change, {"Attachments": attached}, {"Attachments": "vpc_id"})
    for change, raw in around.all("aws_flow_log"):
        names = ("vpc_id", "subnet_id", "eni_id")
        facts = present(
            ResourceId=next((raw[name] for name in names if raw.get(name) is not None), None),
            FlowLogStatus="ACTIVE",
            TrafficType=raw.get("traffic_type"),
        )
        yield around.made(FlowLog, change, facts, {"ResourceId": "vpc_id"})


def _attachments(around: Around, change: Change) -> Iterator[tuple[Change, dict[str, Any]]]:
    return around.of(change, "internet_gateway_id", "aws_internet_gateway_attachment")


def route_tables(around: Around) -> Iterator[Resource]:
    """Route tables with their routes and associations, wherever the plan says them."""
    for change, raw in around.all("aws_route_table", "aws_default_route_table"):
        apart = (one for _, one in around.of(change, "route_table_id", "aws_route"))
        adrift = around.adrift("route_table_id", "aws_route")
        routes = unknown_last([_route(one) for one in (*dicts(raw.get("route")), *apart, *adrift)])
        links: list[Any] = [
            present(SubnetId=one.get("subnet_id"), GatewayId=one.get("gateway_id"))
            for _, one in around.of(change, "route_table_id", "aws_route_table_association")
        ]
        main = list(around.of(change, "route_table_id", "aws_main_route_table_association"))
        if "default" in change.type or main:
            links.append({"Main": True})
        links += around.adrift("route_table_id", "aws_route_table_association")
        links += around.adrift("route_table_id", "aws_main_route_table_association")
        facts = {**present(VpcId=raw.get("vpc_id")), "Routes": routes, "Associations": links}
        yield around.made(RouteTable, change, facts, {"Routes": "route", "VpcId": "vpc_id"})


def _route(raw: Any) -> Any:
    if not isinstance(raw, dict):
        return raw
    return present(
        DestinationCidrBlock=either(raw.get("cidr_block"), raw.get("destination_cidr_block")),
        DestinationIpv6CidrBlock=either(raw.get("ipv6_cidr_block"), raw.get("destination_ipv6_cidr_block")),
        DestinationPrefixListId=raw.get("destination_prefix_list_id"),
        State="active",
        **{member: raw.get(name) for member, name in _TARGETS.items()},
    )


def groups(around: Around) -> Iterator[Resource]:
    """Security groups with their rules; Terraform takes the open egress of a new group away.

    Of a group that a data source found, no rule is told but those that the plan adds.
    """
    listed = around.all("aws_security_group", "aws_default_security_group")
    for change, raw in (*listed, *around.found("aws_security_group")):
        default = "default" in change.type
        more = [UNTOLD] if change.told else []
        facts = {
            **present(GroupName="default" if default else raw.get("name", "-"), VpcId=raw.get("vpc_id")),
            "IpPermissions": [*_permissions(around, change, raw, "ingress"), *more],
            "IpPermissionsEgress": [*_permissions(around, change, raw, "egress"), *more],
        }
        yield around.made(SecurityGroup, change, facts, {"IpPermissions": "ingress", "IpPermissionsEgress": "egress"})


def _permissions(around: Around, change: Change, raw: Mapping[str, Any], way: str) -> list[Any]:
    found = [_permission(item) for item in dicts(raw.get(way))]
    for kind in ("aws_security_group_rule", f"aws_vpc_security_group_{way}_rule"):
        found += around.adrift("security_group_id", kind)
    for _, one in around.of(change, "security_group_id", "aws_security_group_rule"):
        if isinstance(one.get("type"), Unknown):
            found.append(one["type"])
        elif one.get("type") == way:
            found.append(_permission(one))
    for _, one in around.of(change, "security_group_id", f"aws_vpc_security_group_{way}_rule"):
        group = one.get("referenced_security_group_id")
        found.append(
            _permission(
                {
                    **one,
                    "protocol": one.get("ip_protocol"),
                    "cidr_blocks": _listed(one.get("cidr_ipv4")),
                    "ipv6_cidr_blocks": _listed(one.get("cidr_ipv6")),
                    "security_groups": _listed(group),
                    "prefix_list_ids": _listed(one.get("prefix_list_id")),
                }
            )
        )
    return unknown_last(found)


def _listed(value: Any) -> list[Any]:
    return [] if value is None else [value]


def _permission(raw: Any) -> Any:
    if not isinstance(raw, dict):
        return raw
    return present(
        IpProtocol=raw.get("protocol"),
        FromPort=raw.get("from_port"),
        ToPort=raw.get("to_port"),
        IpRanges=_wrapped(raw.get("cidr_blocks"), "CidrIp"),
        Ipv6Ranges=_wrapped(raw.get("ipv6_cidr_blocks"), "CidrIpv6"),
        UserIdGroupPairs=_wrapped(raw.get("security_groups"), "GroupId"),
        PrefixListIds=_wrapped(raw.get("prefix_list_ids"), "PrefixListId"),
    )


def _wrapped(values: Any, member: str) -> Any:
    found = many(values)
    return found if isinstance(found, Unknown) else [{member: value} for value in found]


def endpoints(around: Around) -> Iterator[Resource]:
    """VPC endpoints with their policy, subnets, groups and route tables."""
    for change, raw in around.all("aws_vpc_endpoint"):
        policy = around.policy(change, "policy", either(raw.get("policy"), None))
        policy = around.policy_apart(change, "vpc_endpoint_id", "aws_vpc_endpoint_policy", policy)
        facts = present(
            VpcEndpointType=either(raw.get("vpc_endpoint_type"), "Gateway"),
            VpcId=raw.get("vpc_id"),
            ServiceName=raw.get("service_name"),
            State="available",
            PolicyDocument=policy,
            PrivateDnsEnabled=raw.get("private_dns_enabled"),
            RouteTableIds=_links(around, change, raw, "route_table_id", "aws_vpc_endpoint_route_table_association"),
            SubnetIds=_links(around, change, raw, "subnet_id", "aws_vpc_endpoint_subnet_association"),
        )
        named = _links(around, change, raw, "security_group_id", "aws_vpc_endpoint_security_group_association")
        facts["Groups"] = named if isinstance(named, Unknown) else [{"GroupId": one} for one in named]
        lines = {
            "PolicyDocument": "policy",
            "ServiceName": "service_name",
            "PrivateDnsEnabled": "private_dns_enabled",
            "SubnetIds": "subnet_ids",
            "Groups": "security_group_ids",
        }
        yield around.made(VpcEndpoint, change, facts, lines)


def _links(around: Around, change: Change, raw: Mapping[str, Any], attribute: str, kind: str) -> Any:
    own = many(raw.get(f"{attribute}s"))
    if isinstance(own, Unknown):
        return own
    apart = (one.get(attribute) for _, one in around.of(change, "vpc_endpoint_id", kind))
    return [*own, *apart, *around.adrift("vpc_endpoint_id", kind)]
