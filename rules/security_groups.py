"""Security groups: what may reach what runs code, and what it may reach."""

from collections.abc import Callable
from dataclasses import dataclass

from auditor.model import sagemaker as model
from auditor.model.inventory import Related
from auditor.model.network import SecurityGroup
from auditor.model.resource import Resource
from auditor.model.rule import Rule, rule
from auditor.model.unknown import CannotAssess
from auditor.model.verdict import Fact, Severity, Verdict, Where, all_of, failed, not_applicable, passed

from ._fields import Spot, judge_spots, spots
from ._network import open_to_world

_CONTROLS = ("NIST-800-53r5:SC-7", "NIST-800-53r5:AC-4", "ISO-27001-2022:A.8.20", "WA-ML:MLSEC03-BP02")
_TAGS = ("network", "security-groups")
_NONE = not_applicable("it names no security groups")


def _group(group: SecurityGroup) -> Verdict:
    """FAILED for a VPC's default group and for one that every address may enter.

    Raises:
        CannotAssess: neither was seen to hold, and one of them was not observed.
    """
    found: list[tuple[str, Where]] = []
    unknown: CannotAssess | None = None
    looks: tuple[tuple[Callable[[], bool], str, str], ...] = (
        (lambda: group.group_name == "default", "is the default group of its VPC", "GroupName"),
        (lambda: open_to_world(group.ip_permissions), "lets every address in", "IpPermissions"),
    )
    for look, words, member in looks:
        try:
            if look():
                found.append((f"{group.group_id} {words}", Fact(group, member)))
        except CannotAssess as error:
            unknown = unknown or error
    if found:
        return failed("; ".join(words for words, _ in found), at=(where for _, where in found))
    if unknown is not None:
        raise unknown
    return passed("its security groups are its own and closed to the world", at=Fact(group, "IpPermissions"))


def _named(groups: Related[SecurityGroup]) -> Callable[[Spot], Verdict]:
    """Judges every group that one place names."""

    def judge(spot: Spot) -> Verdict:
        return all_of(spot.value(), lambda one: _at(groups.find(one)), at=spot.path, empty=_NONE)

    def _at(group: SecurityGroup) -> Verdict:
        verdict = _group(group)
        return Verdict(verdict.status, verdict.message, ("", *verdict.at))

    return judge


@dataclass(frozen=True, slots=True)
class _Row:
    """One type that names security groups. Args: id (before `-security-groups`), words, type, paths, severity."""

    id: str
    what: str
    kind: type[Resource]
    paths: tuple[str, ...] = ("VpcConfig.SecurityGroupIds",)
    severity: Severity = Severity.MEDIUM


def _judge(paths: tuple[str, ...]) -> Callable[..., Verdict]:
    def judge(resource: Resource, groups: Related[SecurityGroup]) -> Verdict:
        found = (spot for path in paths for spot in spots(resource, path))
        return judge_spots(found, _named(groups), empty=_NONE)

    return judge


def _closed(row: _Row) -> Rule:
    return Rule(
        id=f"{row.id}-security-groups",
        title=f"{row.what} has security groups of its own that not every address may enter.",
        severity=row.severity,
        why="everything in the default group may talk to everything else in it, and a group that is open to "
        "the world leaves only routing between the internet and what runs there.",
        fix="Make a security group for it whose ingress names groups or ranges of yours, and set it in "
        f"{' or '.join(row.paths)}.",
        judge=_judge(row.paths),
        scope=(row.kind,),
        needs=(SecurityGroup,),
        controls=_CONTROLS,
        tags=_TAGS,
    )


_NETWORK = ("NetworkConfig.VpcConfig.SecurityGroupIds",)
GROUPS = tuple(
    _closed(row)
    for row in (
        _Row("notebook-instance", "A notebook instance", model.NotebookInstance, ("SecurityGroups",), Severity.HIGH),
        _Row("user-profile", "A user profile", model.UserProfile, ("UserSettings.SecurityGroups",)),
        _Row("model", "A model", model.Model),
        _Row("endpoint-config", "An endpoint configuration", model.EndpointConfig),
        _Row("training-job", "A training job", model.TrainingJob),
        _Row("processing-job", "A processing job", model.ProcessingJob, _NETWORK),
        _Row(
            "tuning-job",
            "A hyperparameter tuning job",
            model.HyperParameterTuningJob,
            (
                "TrainingJobDefinition.VpcConfig.SecurityGroupIds",
                "TrainingJobDefinitions[].VpcConfig.SecurityGroupIds",
            ),
        ),
        _Row(
            "automl-job",
            "An AutoML job",
            model.AutoMLJob,
            ("AutoMLJobConfig.SecurityConfig.VpcConfig.SecurityGroupIds",),
        ),
        _Row(
            "automl-job-v2",
            "An AutoML job (V2)",
            model.AutoMLJobV2,
            ("SecurityConfig.VpcConfig.SecurityGroupIds",),
        ),
        _Row("compilation-job", "A compilation job", model.CompilationJob),
        _Row("optimization-job", "An optimization job", model.OptimizationJob),
        _Row(
            "inference-recommendations-job",
            "An inference recommendations job",
            model.InferenceRecommendationsJob,
            ("InputConfig.VpcConfig.SecurityGroupIds",),
        ),
        _Row("benchmark-job", "A benchmark job", model.AIBenchmarkJob, _NETWORK),
        _Row(
            "labeling-job",
            "A labeling job",
            model.LabelingJob,
            ("LabelingJobAlgorithmsConfig.LabelingJobResourceConfig.VpcConfig.SecurityGroupIds",),
        ),
        _Row(
            "data-quality-job-definition",
            "A data quality job definition",
            model.DataQualityJobDefinition,
            _NETWORK,
        ),
        _Row(
            "model-quality-job-definition",
            "A model quality job definition",
            model.ModelQualityJobDefinition,
            _NETWORK,
        ),
        _Row("model-bias-job-definition", "A model bias job definition", model.ModelBiasJobDefinition, _NETWORK),
        _Row(
            "model-explainability-job-definition",
            "A model explainability job definition",
            model.ModelExplainabilityJobDefinition,
            _NETWORK,
        ),
        _Row(
            "monitoring-schedule",
            "A monitoring schedule",
            model.MonitoringSchedule,
            ("MonitoringScheduleConfig.MonitoringJobDefinition.NetworkConfig.VpcConfig.SecurityGroupIds",),
        ),
        _Row(
            "cluster",
            "A HyperPod cluster",
            model.Cluster,
            (
                "VpcConfig.SecurityGroupIds",
                "InstanceGroups[].OverrideVpcConfig.SecurityGroupIds",
                "RestrictedInstanceGroups[].OverrideVpcConfig.SecurityGroupIds",
            ),
        ),
        _Row(
            "workforce",
            "A private workforce's portal",
            model.Workforce,
            ("WorkforceVpcConfig.SecurityGroupIds",),
        ),
    )
)

_OF_USERS = "DefaultUserSettings.SecurityGroups"
_OF_DOMAIN = (_OF_USERS, "DefaultSpaceSettings.SecurityGroups", "DomainSettings.SecurityGroupIds")


@rule("domain-security-groups", severity=Severity.MEDIUM, controls=_CONTROLS, tags=(*_TAGS, "studio"))
def domain_groups(domain: model.Domain, groups: Related[SecurityGroup]) -> Verdict:
    """A VpcOnly domain names security groups of its own that not every address may enter.

    Why: in the default group every notebook can talk to everything else that nobody gave a group.
    Fix: aws sagemaker update-domain with SecurityGroups in DefaultUserSettings, DefaultSpaceSettings and, for
      RStudio, DomainSettings.
    Limits: groups that a single user profile names are that profile's.
    """
    if domain.app_network_access_type != "VpcOnly":
        return not_applicable("its traffic does not go through your VPC")
    found = (spot for path in _OF_DOMAIN for spot in spots(domain, path))
    verdict = judge_spots(found, _named(groups), empty=_NONE)
    settings = domain.default_user_settings
    if verdict.status is None or settings is None or not settings.security_groups:
        return failed("it names no security groups for its users", at=_OF_USERS)
    return verdict


@rule("security-group-egress", severity=Severity.LOW, controls=_CONTROLS, tags=_TAGS)
def egress(group: SecurityGroup) -> Verdict:
    """A security group that SageMaker uses does not let traffic out to every address.

    Why: code that runs there can send data anywhere that routes lead to.
    Fix: allow egress to the VPC's ranges, to the groups of VPC endpoints and to S3's prefix list only.
    Limits: what a prefix list holds is not read; it is taken for narrow.
    """
    if open_to_world(group.ip_permissions_egress, trust_lists=True):
        return failed("it lets traffic out to every address", at="IpPermissionsEgress")
    return passed("egress goes to named addresses, groups or prefix lists only", at="IpPermissionsEgress")
