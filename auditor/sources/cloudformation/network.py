"""EC2's networking, with rules, routes and associations that have resources of their own.

Defaults: CloudFormation template reference and EC2 API reference of each type.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.model.unknown import Reason, Unknown
from auditor.sources.cloudformation.template import Definition
from auditor.sources.cloudformation.world import World, listed, same

_PORT = re.compile(r"-?[0-9]{1,9}")
_EVERYTHING = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
# Whether rules of their own replace the default rule is not documented.
_DEFAULT_RULE = Unknown(
    Reason.UNRESOLVED_REFERENCE, "SecurityGroupEgress: whether the default rule stays is known at deployment"
)


def vpc(world: World, definition: Definition) -> dict[str, Any]:
    """A VPC."""
    told = same(world.properties(definition), "CidrBlock", "Tags")
    return {"VpcId": world.name(definition), **told}


def subnet(world: World, definition: Definition) -> dict[str, Any]:
    """A subnet."""
    told = same(
        world.properties(definition), "VpcId", "AvailabilityZone", "AvailabilityZoneId", "MapPublicIpOnLaunch", "Tags"
    )
    return {"SubnetId": world.name(definition), **told}


def route_table(world: World, definition: Definition) -> dict[str, Any]:
    """A route table with its routes and the subnets that use it."""
    at = (*definition.at, "Properties")
    routes: list[Any] = []
    for other, properties in world.attached(definition, "RouteTableId", "AWS::EC2::Route"):
        world.move((*at, "Routes", len(routes)), (*other.at, "Properties"))
        routes.append({**properties, "State": "active"})
    routes += world.doubtful(definition, "RouteTableId", "AWS::EC2::Route")
    links: list[Any] = []
    kinds = ("AWS::EC2::SubnetRouteTableAssociation", "AWS::EC2::GatewayRouteTableAssociation")
    for other, properties in world.attached(definition, "RouteTableId", *kinds):
        world.move((*at, "Associations", len(links)), (*other.at, "Properties"))
        links.append({**same(properties, "SubnetId", "GatewayId"), "Main": False})
    links += world.doubtful(definition, "RouteTableId", *kinds)
    told = same(world.properties(definition), "VpcId", "Tags")
    return {"RouteTableId": world.name(definition), "Routes": routes, "Associations": links, **told}


def nat_gateway(world: World, definition: Definition) -> dict[str, Any]:
    """A NAT gateway."""
    told = same(world.properties(definition), "VpcId", "SubnetId", "ConnectivityType", "Tags")
    return {"NatGatewayId": world.name(definition), "State": "available", **told}


def internet_gateway(world: World, definition: Definition) -> dict[str, Any]:
    """An internet gateway and what it is attached to."""
    attached = world.attached(definition, "InternetGatewayId", "AWS::EC2::VPCGatewayAttachment")
    links = [{"State": "available", **same(properties, "VpcId")} for _, properties in attached]
    told = same(world.properties(definition), "Tags")
    return {"InternetGatewayId": world.name(definition), "Attachments": links, **told}


def security_group(world: World, definition: Definition) -> dict[str, Any]:
    """A security group with the rules that it has itself and those that are resources of their own."""
    properties = world.properties(definition)
    name = world.name(definition)
    alone = [*world.attached(definition, "GroupId", "AWS::EC2::SecurityGroupEgress")]
    egress = _rules(world, definition, "Egress")
    if "SecurityGroupEgress" not in properties and isinstance(egress, list):
        egress = [*egress, _DEFAULT_RULE] if alone else [_EVERYTHING]
    return {
        "GroupId": name,
        "GroupName": properties.get("GroupName", name),
        "IpPermissions": _rules(world, definition, "Ingress"),
        "IpPermissionsEgress": egress,
        **same(properties, "VpcId", "Tags"),
    }


def endpoint(world: World, definition: Definition) -> dict[str, Any]:
    """A VPC endpoint; its service is that of the region it is made in."""
    properties = world.properties(definition)
    told = same(properties, "VpcId", "PolicyDocument", "RouteTableIds", "SubnetIds", "PrivateDnsEnabled", "Tags")
    service = properties.get("ServiceName")
    if isinstance(service, str):
        service = service.replace("${AWS::Region}", world.resolver.given.deployment.region)
    groups = properties.get("SecurityGroupIds")
    return {
        "VpcEndpointId": world.name(definition),
        "VpcEndpointType": properties.get("VpcEndpointType", "Gateway"),
        "State": "available",
        "Groups": groups if isinstance(groups, Unknown) else [{"GroupId": one} for one in listed(groups)],
        **({} if service is None else {"ServiceName": service}),
        **told,
    }


def flow_log(world: World, definition: Definition) -> dict[str, Any]:
    """A flow log."""
    told = same(
        world.properties(definition), "ResourceId", "TrafficType", "LogDestinationType", "LogDestination", "Tags"
    )
    return {"FlowLogId": world.name(definition), "FlowLogStatus": "ACTIVE", **told}


def _rules(world: World, definition: Definition, direction: str) -> Any:
    own = world.properties(definition).get(f"SecurityGroup{direction}")
    if isinstance(own, Unknown):
        return own
    at = (*definition.at, "Properties")
    member = "IpPermissions" if direction == "Ingress" else "IpPermissionsEgress"
    found: list[Any] = []
    for index, rule in enumerate(listed(own)):
        world.move((*at, member, len(found)), (*at, f"SecurityGroup{direction}", index))
        found.append(_permission(rule))
    kind = f"AWS::EC2::SecurityGroup{direction}"
    for naming in ("GroupId", "GroupName"):
        for other, properties in world.attached(definition, naming, kind):
            world.move((*at, member, len(found)), (*other.at, "Properties"))
            found.append(_permission(properties))
    return [*found, *(one for naming in ("GroupId", "GroupName") for one in world.doubtful(definition, naming, kind))]


def _permission(rule: Any) -> Any:
    if not isinstance(rule, Mapping):
        return rule
    permission: dict[str, Any] = {}
    for member in ("FromPort", "ToPort"):
        port = rule.get(member)
        if port is not None:
            permission[member] = int(port) if isinstance(port, str) and _PORT.fullmatch(port) else port
    if "IpProtocol" in rule:
        protocol = rule["IpProtocol"]
        permission["IpProtocol"] = str(protocol) if isinstance(protocol, int) else protocol
    for name, member, inner in _PEERS:
        if name in rule:
            permission[member] = [{inner: rule[name]}]
    return permission


def _peers() -> Iterator[tuple[str, str, str]]:
    yield "CidrIp", "IpRanges", "CidrIp"
    yield "CidrIpv6", "Ipv6Ranges", "CidrIpv6"
    for side in ("Source", "Destination"):
        yield f"{side}SecurityGroupId", "UserIdGroupPairs", "GroupId"
        yield f"{side}PrefixListId", "PrefixListIds", "PrefixListId"


_PEERS = tuple(_peers())
