"""Neighbours in a template, each brought into the spelling in which its own API describes it."""

from collections.abc import Callable, Mapping
from typing import Any

from auditor.model.identity import Group, ManagedPolicy, Role, User
from auditor.model.kms import KmsKey
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
from auditor.model.surroundings import Alarm, Bucket, LogGroup, Repository, ScalableTarget, ScalingPolicy, Trail
from auditor.sources.cloudformation import iam, network, storage
from auditor.sources.cloudformation.template import Definition
from auditor.sources.cloudformation.world import World, some

Facts = Callable[[World, Definition], dict[str, Any]]


def _log_group(world: World, definition: Definition) -> dict[str, Any]:
    properties = world.properties(definition)
    told = some(properties, retentionInDays="RetentionInDays", kmsKeyId="KmsKeyId", Tags="Tags")
    return {"logGroupName": world.name(definition), **told}


def _alarm(world: World, definition: Definition) -> dict[str, Any]:
    return {**world.properties(definition), "AlarmName": world.name(definition)}


def _target(world: World, definition: Definition) -> dict[str, Any]:
    return dict(world.properties(definition))


def _scaling_policy(world: World, definition: Definition) -> dict[str, Any]:
    properties = dict(world.properties(definition))
    for target in world.of("AWS::ApplicationAutoScaling::ScalableTarget"):
        if properties.get("ScalingTargetId") == world.name(target):
            around = world.properties(target)
            for member in ("ResourceId", "ScalableDimension"):
                if member in around:
                    properties.setdefault(member, around[member])
    return properties


NEIGHBOURS: Mapping[str, tuple[type[Resource], Facts]] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": (ScalableTarget, _target),
    "AWS::ApplicationAutoScaling::ScalingPolicy": (ScalingPolicy, _scaling_policy),
    "AWS::CloudTrail::Trail": (Trail, storage.trail),
    "AWS::CloudWatch::Alarm": (Alarm, _alarm),
    "AWS::EC2::FlowLog": (FlowLog, network.flow_log),
    "AWS::EC2::InternetGateway": (InternetGateway, network.internet_gateway),
    "AWS::EC2::NatGateway": (NatGateway, network.nat_gateway),
    "AWS::EC2::RouteTable": (RouteTable, network.route_table),
    "AWS::EC2::SecurityGroup": (SecurityGroup, network.security_group),
    "AWS::EC2::Subnet": (Subnet, network.subnet),
    "AWS::EC2::VPC": (Vpc, network.vpc),
    "AWS::EC2::VPCEndpoint": (VpcEndpoint, network.endpoint),
    "AWS::ECR::Repository": (Repository, storage.repository),
    "AWS::IAM::Group": (Group, iam.group),
    "AWS::IAM::ManagedPolicy": (ManagedPolicy, iam.managed_policy),
    "AWS::IAM::Role": (Role, iam.role),
    "AWS::IAM::User": (User, iam.user),
    "AWS::KMS::Key": (KmsKey, storage.key),
    "AWS::KMS::ReplicaKey": (KmsKey, storage.replica_key),
    "AWS::Logs::LogGroup": (LogGroup, _log_group),
    "AWS::S3::Bucket": (Bucket, storage.bucket),
}
