"""Image repositories, log groups, alarms and scaling: lists that one request answers."""

from auditor.model.resource import Resource
from auditor.model.surroundings import Alarm, LogGroup, Repository, ScalableTarget, ScalingPolicy
from auditor.sources.live.neighbours.around import Around, Family, Items, document
from auditor.sources.live.reader import ReadFailed

_NAMESPACES = ("AWS/SageMaker", "/aws/sagemaker/")


def _repositories(around: Around) -> Items:
    for raw, observation in around.items("ecr:DescribeRepositories", "repositories"):
        scanning = raw.get("imageScanningConfiguration") or {}
        members = {**raw, "scanOnPush": scanning.get("scanOnPush", False)}
        places = {}
        if around.needs(Repository, "Policy"):
            try:
                answer = around.call("ecr:GetRepositoryPolicy", repositoryName=raw["repositoryName"])
                members["Policy"] = document(answer.data.get("policyText"))
                places["Policy"] = answer.observation
            except ReadFailed as failed:
                absent = failed.code == "RepositoryPolicyNotFoundException"
                members["Policy"] = None if absent else around.hide(Repository, "Policy", failed)
        yield around.build(Repository, members, observation, places=places)


def _log_groups(around: Around) -> Items:
    prefix = {"logGroupNamePrefix": "/aws/sagemaker/"}
    for raw, observation in around.items("logs:DescribeLogGroups", "logGroups", **prefix):
        yield around.build(LogGroup, raw, observation)


def _alarms(around: Around) -> Items:
    kinds = {"AlarmTypes": ["MetricAlarm"]}
    for raw, observation in around.items("cloudwatch:DescribeAlarms", "MetricAlarms", **kinds):
        if str(raw.get("Namespace", "")).startswith(_NAMESPACES):
            yield around.build(Alarm, raw, observation)


def _scaling(around: Around) -> Items:
    rows: tuple[tuple[type[Resource], str, str], ...] = (
        (ScalableTarget, "DescribeScalableTargets", "ScalableTargets"),
        (ScalingPolicy, "DescribeScalingPolicies", "ScalingPolicies"),
    )
    for kind, name, member in rows:
        if not around.needs(kind):
            continue
        operation = f"application-autoscaling:{name}"
        try:
            for raw, observation in around.items(operation, member, ServiceNamespace="sagemaker"):
                yield around.build(kind, raw, observation)
        except ReadFailed as failed:
            yield failed.scoped(around.scope(kind))


REPOSITORIES = Family((Repository,), ("ecr:DescribeRepositories", "ecr:GetRepositoryPolicy"), _repositories)
LOG_GROUPS = Family((LogGroup,), ("logs:DescribeLogGroups",), _log_groups)
ALARMS = Family((Alarm,), ("cloudwatch:DescribeAlarms",), _alarms)
SCALING = Family(
    (ScalableTarget, ScalingPolicy),
    (
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
    ),
    _scaling,
)
