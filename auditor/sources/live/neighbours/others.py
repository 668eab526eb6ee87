"""Image repositories, log groups, alarms and scaling of one region."""

import json
from collections.abc import Iterator
from typing import Any

from auditor.model.gap import Gap, Scope
from auditor.model.resource import Resource
from auditor.model.surroundings import Alarm, LogGroup, Repository, ScalableTarget, ScalingPolicy
from auditor.model.unknown import Reason
from auditor.sources.live.reader import ReadFailed

from .base import Item, Place, call, items

OPERATIONS = (
    "ecr:DescribeRepositories",
    "ecr:GetRepositoryPolicy",
    "logs:DescribeLogGroups",
    "cloudwatch:DescribeAlarms",
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
)
TYPES: tuple[type[Resource], ...] = (Repository, LogGroup, Alarm, ScalableTarget, ScalingPolicy)
_NAMESPACES = ("AWS/SageMaker", "/aws/sagemaker/")


def collect(place: Place, repositories: set[str], needed: frozenset[type[Resource]]) -> Iterator[Item]:
    """The types that are needed."""
    if Repository in needed:
        for name in sorted(repositories):
            yield _repository(place, name)
    if LogGroup in needed:
        yield from _log_groups(place)
    if Alarm in needed:
        yield from _alarms(place)
    if ScalableTarget in needed:
        yield from _scaling(place, ScalableTarget, "DescribeScalableTargets", "ScalableTargets")
    if ScalingPolicy in needed:
        yield from _scaling(place, ScalingPolicy, "DescribeScalingPolicies", "ScalingPolicies")


def _repository(place: Place, name: str) -> Item:
    try:
        answer = call(place, "ecr:DescribeRepositories", repositoryNames=[name])
    except ReadFailed as error:
        if error.gap.reason is Reason.VANISHED:
            scope = Scope(place.reader.account, place.region, Repository.cfn_type, name)
            return Gap(scope, error.gap.operation, Reason.UNRESOLVED_REFERENCE, error.gap.detail)
        return place.gap(error, Repository, name)
    data: dict[str, Any] = dict(answer.data["repositories"][0])
    data["scanOnPush"] = data.get("imageScanningConfiguration", {}).get("scanOnPush", False)
    place.member(
        data,
        "Policy",
        lambda: json.loads(call(place, "ecr:GetRepositoryPolicy", repositoryName=name).data["policyText"]),
        "RepositoryPolicyNotFoundException",
    )
    return place.build(Repository, data, answer.observation, name=name, arn=data["repositoryArn"])


def _log_groups(place: Place) -> Iterator[Item]:
    try:
        found = items(place, "logs:DescribeLogGroups", "logGroups", logGroupNamePrefix="/aws/sagemaker/")
        for data, observation in found:
            arn = str(data["arn"]).removesuffix(":*")
            yield place.build(LogGroup, data, observation, name=data["logGroupName"], arn=arn)
    except ReadFailed as error:
        yield place.gap(error, LogGroup)


def _alarms(place: Place) -> Iterator[Item]:
    try:
        found = items(place, "cloudwatch:DescribeAlarms", "MetricAlarms", AlarmTypes=["MetricAlarm"])
        for data, observation in found:
            if str(data.get("Namespace", "")).startswith(_NAMESPACES):
                yield place.build(Alarm, data, observation, name=data["AlarmName"], arn=data["AlarmArn"])
    except ReadFailed as error:
        yield place.gap(error, Alarm)


def _scaling(place: Place, kind: type[Resource], operation: str, member: str) -> Iterator[Item]:
    try:
        found = items(place, f"application-autoscaling:{operation}", member, ServiceNamespace="sagemaker")
        for data, observation in found:
            name = str(data[kind.name_member])
            yield place.build(kind, data, observation, name=name, arn=str(data.get(kind.arn_member, "")))
    except ReadFailed as error:
        yield place.gap(error, kind)
