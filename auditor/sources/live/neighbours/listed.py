"""Neighbours that one list gives whole: log groups, alarms, scalable targets and their policies."""

from collections.abc import Iterator
from typing import Any

from auditor.model.gap import Gap
from auditor.model.resource import Resource
from auditor.model.surroundings import Alarm, LogGroup, ScalableTarget, ScalingPolicy
from auditor.sources.live.neighbours.gathering import Gathering
from auditor.sources.live.neighbours.wanted import Wanted
from auditor.sources.live.reader import ReadFailed

_LOG_GROUPS, _ALARMS = "logs:DescribeLogGroups", "cloudwatch:DescribeAlarms"
_TARGETS = "application-autoscaling:DescribeScalableTargets"
_POLICIES = "application-autoscaling:DescribeScalingPolicies"
OPERATIONS = (_LOG_GROUPS, _ALARMS, _TARGETS, _POLICIES)
_LOG_PREFIX = "/aws/sagemaker/"
_NAMESPACES = ("AWS/SageMaker", _LOG_PREFIX)


def log_groups(gathering: Gathering) -> Iterator[Resource | Gap]:
    """SageMaker's log groups."""
    yield from _all(gathering, LogGroup, _LOG_GROUPS, "logGroups", logGroupNamePrefix=_LOG_PREFIX)


def alarms(gathering: Gathering) -> Iterator[Resource | Gap]:
    """Alarms on SageMaker's metrics; CloudWatch cannot be asked by namespace."""
    yield from _all(gathering, Alarm, _ALARMS, "MetricAlarms", AlarmTypes=["MetricAlarm"])


def scaling(gathering: Gathering, wanted: Wanted, region: str) -> Iterator[Resource | Gap]:
    """What scales endpoints, where there are any."""
    gathering.begin(ScalableTarget, ScalingPolicy)
    if not wanted.serves(region):
        return
    for kind, operation, items in (
        (ScalableTarget, _TARGETS, "ScalableTargets"),
        (ScalingPolicy, _POLICIES, "ScalingPolicies"),
    ):
        if gathering.needs(kind):
            yield from _all(gathering, kind, operation, items, ServiceNamespace="sagemaker")


def _all(
    gathering: Gathering, kind: type[Resource], operation: str, items: str, **parameters: Any
) -> Iterator[Resource | Gap]:
    gathering.begin(kind)
    try:
        for answer in gathering.reader.pages(gathering.region, operation, **parameters):
            for raw in answer.data.get(items, ()):
                if kind is not Alarm or str(raw.get("Namespace", "")).startswith(_NAMESPACES):
                    # The ARN of a log group ends in ":*", which stands for its streams.
                    arn = str(raw.get(kind.arn_member, "")).removesuffix(":*")
                    yield gathering.build(kind, raw, answer.observation, arn=arn)
    except ReadFailed as error:
        yield from gathering.lose(error, kind)
