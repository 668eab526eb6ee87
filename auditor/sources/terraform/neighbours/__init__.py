"""What the SageMaker resources of a plan lean on, as far as the plan makes it or knows it."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

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
from auditor.sources.terraform.neighbours import identity, network, storage
from auditor.sources.terraform.neighbours.around import Around, Reads

_BUCKET = re.compile(r"s3://([^/]+)")
_IMAGE = re.compile(r"\.amazonaws\.com(?:\.cn)?/([^:@]+)")
_LOGS = "/aws/sagemaker/"
_SAGEMAKER = ("AWS/SageMaker", _LOGS)
_NAMED = (KmsKey, Subnet, SecurityGroup, Bucket, Repository)


def texts(value: Any) -> Iterator[str]:
    """Every text in some facts, and of a place in S3 or an image the name of its bucket or repository."""
    if isinstance(value, str):
        yield value
        found = _BUCKET.match(value) or _IMAGE.search(value)
        if found:
            yield found.group(1)
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def collect(reads: Reads, named: Iterable[str]) -> Iterator[Resource]:
    """The neighbours that SageMaker resources name, and those that belong to them, as a scan would read them.

    Args:
        reads: reads the plan.
        named: every text in the facts of the SageMaker resources.
    """
    around = Around(reads)
    names = set(named)
    yield from identity.policies(around)
    yield from identity.roles(around, names)
    yield from identity.users(around)
    yield from identity.groups(around)
    found = [
        *identity.keys(around),
        *identity.keys_found(around),
        *network.simple(around),
        *network.route_tables(around),
        *network.groups(around),
        *network.endpoints(around),
        *storage.buckets(around),
        *storage.trails(around),
        *storage.others(around),
    ]
    vpcs = names | {one.peek("vpc_id") for one in _of(found, Subnet, names) if isinstance(one.peek("vpc_id"), str)}
    for one in found:
        if isinstance(one, VpcEndpoint) and _in(one.peek("vpc_id"), vpcs):
            names |= _groups(one)
        if isinstance(one, Trail) and isinstance(one.peek("s3_bucket_name"), str):
            names.add(one.peek("s3_bucket_name"))
    yield from (one for one in found if _wanted(one, names, vpcs))


def _of(found: Iterable[Resource], kind: type[Resource], names: set[str]) -> Iterator[Resource]:
    return (one for one in found if isinstance(one, kind) and not names.isdisjoint(one.names()))


def _groups(endpoint: VpcEndpoint) -> set[str]:
    given = endpoint.peek("groups")
    found = [group.peek("group_id") for group in given] if isinstance(given, tuple) else []
    return {group for group in found if isinstance(group, str)}


def _wanted(one: Resource, names: set[str], vpcs: set[str]) -> bool:
    if isinstance(one, _NAMED):
        return not names.isdisjoint(one.names())
    if isinstance(one, Vpc):
        return not vpcs.isdisjoint(one.names())
    if isinstance(one, RouteTable | NatGateway | VpcEndpoint | InternetGateway | FlowLog):
        return any(_in(value, vpcs | names) for value in _places(one))
    if isinstance(one, LogGroup):
        return one.identity.name.startswith(_LOGS)
    if isinstance(one, Alarm):
        return str(one.__dict__.get("namespace") or "").startswith(_SAGEMAKER)
    return isinstance(one, Trail | ScalableTarget | ScalingPolicy)


def _places(one: RouteTable | NatGateway | VpcEndpoint | InternetGateway | FlowLog) -> list[Any]:
    """The VPCs or subnets that something belongs to."""
    if isinstance(one, InternetGateway):
        return [link.peek("vpc_id") for link in one.attachments]
    if isinstance(one, FlowLog):
        return [one.peek("resource_id")]
    return [one.peek("subnet_id" if isinstance(one, NatGateway) else "vpc_id")]


def _in(value: Any, names: set[str]) -> bool:
    return isinstance(value, str) and value in names
