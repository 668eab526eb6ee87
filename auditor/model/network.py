"""EC2 networking that SageMaker resources use."""

from typing import Any, ClassVar

from pydantic import Field

from .fields import Items, observed
from .resource import Resource, Tag
from .shape import Shape


class Vpc(Resource):
    """`ec2:DescribeVpcs`; only VPCs that a SageMaker resource uses are collected."""

    cfn_type: ClassVar[str] = "AWS::EC2::VPC"
    service: ClassVar[str] = "ec2"
    name_member: ClassVar[str] = "VpcId"

    vpc_id: str = observed()
    cidr_block: str = observed()
    cidr_block_association_set: Items[dict[str, Any]] = ()
    is_default: bool = False
    tags: Items[Tag] = ()


class Subnet(Resource):
    """`ec2:DescribeSubnets`."""

    cfn_type: ClassVar[str] = "AWS::EC2::Subnet"
    service: ClassVar[str] = "ec2"
    name_member: ClassVar[str] = "SubnetId"
    arn_member: ClassVar[str] = "SubnetArn"

    subnet_id: str = observed()
    vpc_id: str = observed()
    availability_zone: str = observed()
    availability_zone_id: str | None = None
    map_public_ip_on_launch: bool = False
    tags: Items[Tag] = ()


class Route(Shape):
    """API structure `Route`."""

    destination_cidr_block: str | None = None
    destination_ipv6_cidr_block: str | None = None
    destination_prefix_list_id: str | None = None
    gateway_id: str | None = None
    nat_gateway_id: str | None = None
    transit_gateway_id: str | None = None
    egress_only_internet_gateway_id: str | None = None
    state: str | None = None


class RouteTableAssociation(Shape):
    """API structure `RouteTableAssociation`; `Main` marks the table of subnets without one of their own."""

    main: bool = False
    subnet_id: str | None = None
    gateway_id: str | None = None


class RouteTable(Resource):
    """`ec2:DescribeRouteTables`."""

    cfn_type: ClassVar[str] = "AWS::EC2::RouteTable"
    service: ClassVar[str] = "ec2"
    name_member: ClassVar[str] = "RouteTableId"

    route_table_id: str = observed()
    vpc_id: str = observed()
    routes: Items[Route] = ()
    associations: Items[RouteTableAssociation] = ()
    tags: Items[Tag] = ()


class NatGateway(Resource):
    """`ec2:DescribeNatGateways`."""

    cfn_type: ClassVar[str] = "AWS::EC2::NatGateway"
    service: ClassVar[str] = "ec2"
    name_member: ClassVar[str] = "NatGatewayId"

    nat_gateway_id: str = observed()
    vpc_id: str = observed()
    subnet_id: str = observed()
    state: str = observed()
    connectivity_type: str = "public"
    tags: Items[Tag] = ()


class InternetGatewayAttachment(Shape):
    """API structure `InternetGatewayAttachment`."""

    state: str | None = None
    vpc_id: str | None = None


class InternetGateway(Resource):
    """`ec2:DescribeInternetGateways`."""

    cfn_type: ClassVar[str] = "AWS::EC2::InternetGateway"
    service: ClassVar[str] = "ec2"
    name_member: ClassVar[str] = "InternetGatewayId"

    internet_gateway_id: str = observed()
    attachments: Items[InternetGatewayAttachment] = ()
    tags: Items[Tag] = ()


class IpRange(Shape):
    """API structure `IpRange`."""

    cidr_ip: str | None = None


class Ipv6Range(Shape):
    """API structure `Ipv6Range`."""

    cidr_ipv6: str | None = None


class UserIdGroupPair(Shape):
    """API structure `UserIdGroupPair`."""

    group_id: str | None = None
    user_id: str | None = None


class IpPermission(Shape):
    """API structure `IpPermission`; protocol `-1` means every protocol and port."""

    ip_protocol: str | None = None
    from_port: int | None = None
    to_port: int | None = None
    ip_ranges: Items[IpRange] = ()
    ipv6_ranges: Items[Ipv6Range] = ()
    user_id_group_pairs: Items[UserIdGroupPair] = ()
    prefix_list_ids: Items[dict[str, Any]] = ()


class SecurityGroup(Resource):
    """`ec2:DescribeSecurityGroups`."""

    cfn_type: ClassVar[str] = "AWS::EC2::SecurityGroup"
    service: ClassVar[str] = "ec2"
    name_member: ClassVar[str] = "GroupId"
    arn_member: ClassVar[str] = "SecurityGroupArn"

    group_id: str = observed()
    group_name: str = observed()
    vpc_id: str | None = None
    ip_permissions: Items[IpPermission] = ()
    ip_permissions_egress: Items[IpPermission] = ()
    tags: Items[Tag] = ()


class SecurityGroupIdentifier(Shape):
    """API structure `SecurityGroupIdentifier`."""

    group_id: str | None = None
    group_name: str | None = None


class VpcEndpoint(Resource):
    """`ec2:DescribeVpcEndpoints`; `PolicyDocument` is parsed from its JSON text."""

    cfn_type: ClassVar[str] = "AWS::EC2::VPCEndpoint"
    service: ClassVar[str] = "ec2"
    name_member: ClassVar[str] = "VpcEndpointId"

    vpc_endpoint_id: str = observed()
    vpc_endpoint_type: str = observed()
    vpc_id: str = observed()
    service_name: str = observed()
    state: str = observed()
    policy_document: dict[str, Any] | None = None
    route_table_ids: Items[str] = ()
    subnet_ids: Items[str] = ()
    groups: Items[SecurityGroupIdentifier] = ()
    private_dns_enabled: bool = False
    tags: Items[Tag] = ()


class FlowLog(Resource):
    """`ec2:DescribeFlowLogs`; `ResourceId` is a VPC, a subnet or a network interface."""

    cfn_type: ClassVar[str] = "AWS::EC2::FlowLog"
    service: ClassVar[str] = "ec2"
    name_member: ClassVar[str] = "FlowLogId"

    flow_log_id: str = observed()
    resource_id: str = observed()
    flow_log_status: str = observed()
    traffic_type: str | None = None
    log_destination_type: str | None = None
    log_destination: str | None = None
    tags: Items[Tag] = Field(default=())
