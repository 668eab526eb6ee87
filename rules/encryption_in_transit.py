"""Encryption in transit: traffic between the containers of one job.

With one instance there is no such traffic and the switch has no effect (SageMaker developer guide, "Protect
communications between ML compute instances in a distributed training job").
"""

from dataclasses import replace
from typing import Any

from auditor.model import sagemaker as model
from auditor.model.inventory import Related
from auditor.model.resource import Resource
from auditor.model.rule import Rule, rule
from auditor.model.verdict import Severity, Verdict, all_of, failed, not_applicable, passed

from ._monitoring import judge_schedule

_SWITCH = "EnableInterContainerTrafficEncryption"
_CONTROLS = ("NIST-800-53r5:SC-8", "CIS-Controls-8.1:3.10", "WA-ML:MLSEC04-BP02")
_TAGS = ("encryption", "in-transit")
_ALONE = not_applicable("one instance has nobody to talk to")
_WHY = (
    "Data, gradients and parameters travel between the instances in clear: whoever can read the network "
    "inside the VPC reads them."
)


def _verdict(enabled: bool, path: str) -> Verdict:
    if enabled:
        return passed("traffic between containers is encrypted", at=path)
    return failed("traffic between containers is not encrypted", at=path)


def _instances(config: Any) -> int:
    """Instances of a job's resources: one number, the sum of the groups, or the most that is preferred."""
    if "instance_groups" in type(config).model_fields and config.instance_groups:
        return sum(group.instance_count for group in config.instance_groups)
    if config.instance_preferences:
        preferred = [option.instance_count or 1 for option in config.instance_preferences]
        return max(config.instance_count or 1, config.selected_instance_count or 1, *preferred)
    return config.instance_count or 1


@rule(
    "training-job-traffic-encryption",
    severity=Severity.MEDIUM,
    controls=(*_CONTROLS, "ISO-27001-2022:A.8.11", "ISO-27001-2022:A.8.24"),
    tags=_TAGS,
)
def training(job: model.TrainingJob) -> Verdict:
    """The containers of a distributed training job encrypt the traffic between them.

    Why: data, gradients and parameters travel between the instances in clear otherwise.
    Fix: set EnableInterContainerTrafficEncryption in CreateTrainingJob, and in whatever makes these jobs.
    Limits: jobs with one instance are left out; the switch has no effect there.
    """
    if job.resource_config is None or _instances(job.resource_config) < 2:  # noqa: PLR2004  two are needed to talk
        return _ALONE
    return _verdict(job.enable_inter_container_traffic_encryption, _SWITCH)


def _tuned_instances(definition: Any) -> int:
    if definition.resource_config is not None:
        return _instances(definition.resource_config)
    tuning = definition.hyper_parameter_tuning_resource_config
    if tuning is None:
        return 1
    if tuning.instance_configs:
        return max(int(config.instance_count) for config in tuning.instance_configs)
    return int(tuning.instance_count or 1)


def _tuned(definition: Any) -> Verdict:
    if _tuned_instances(definition) < 2:  # noqa: PLR2004  two are needed to talk
        return _ALONE
    return _verdict(definition.enable_inter_container_traffic_encryption, _SWITCH)


@rule("tuning-job-traffic-encryption", severity=Severity.MEDIUM, controls=_CONTROLS, tags=_TAGS)
def tuning(job: model.HyperParameterTuningJob) -> Verdict:
    """The containers of a tuning job's distributed trainings encrypt the traffic between them.

    Why: data, gradients and parameters travel between the instances in clear otherwise.
    Fix: set EnableInterContainerTrafficEncryption in every training job definition.
    Limits: definitions with one instance are left out.
    """
    if job.training_job_definition is not None:
        verdict = _tuned(job.training_job_definition)
        return replace(verdict, at=tuple(f"TrainingJobDefinition.{path}" for path in verdict.at))
    return all_of(job.training_job_definitions, _tuned, at="TrainingJobDefinitions", empty=_ALONE)


@rule("automl-job-traffic-encryption", severity=Severity.MEDIUM, controls=_CONTROLS, tags=_TAGS)
def automl(job: model.AutoMLJob | model.AutoMLJobV2) -> Verdict:
    """The containers of an AutoML job encrypt the traffic between them.

    Why: AutoML chooses the number of instances itself, so that data may travel between them in clear.
    Fix: set SecurityConfig.EnableInterContainerTrafficEncryption in CreateAutoMLJobV2.
    """
    path = f"SecurityConfig.{_SWITCH}"
    security = None
    if isinstance(job, model.AutoMLJobV2):
        security = job.security_config
    else:
        path = f"AutoMLJobConfig.{path}"
        if job.auto_ml_job_config is not None:
            security = job.auto_ml_job_config.security_config
    return _verdict(security is not None and security.enable_inter_container_traffic_encryption, path)


@rule("processing-job-traffic-encryption", severity=Severity.MEDIUM, controls=_CONTROLS, tags=_TAGS)
def processing(job: model.ProcessingJob) -> Verdict:
    """The containers of a distributed processing job encrypt the traffic between them.

    Why: the data that is processed travels between the instances in clear otherwise.
    Fix: set NetworkConfig.EnableInterContainerTrafficEncryption in CreateProcessingJob.
    Limits: jobs with one instance are left out.
    """
    if _instances(job.processing_resources.cluster_config) < 2:  # noqa: PLR2004  two are needed to talk
        return _ALONE
    network = job.network_config
    enabled = network is not None and network.enable_inter_container_traffic_encryption
    return _verdict(enabled, f"NetworkConfig.{_SWITCH}")


def _defined(definition: Any) -> Verdict:
    """A monitoring job definition, named or inline."""
    inline = "monitoring_resources" in type(definition).model_fields
    resources = definition.monitoring_resources if inline else definition.job_resources
    if resources.cluster_config.instance_count < 2:  # noqa: PLR2004  two are needed to talk
        return _ALONE
    network = definition.network_config
    enabled = network is not None and network.enable_inter_container_traffic_encryption
    return _verdict(enabled, f"NetworkConfig.{_SWITCH}")


def _definition_rule(kind: type[Resource], name: str, words: str, controls: tuple[str, ...]) -> Rule:
    def judge(definition: Resource) -> Verdict:
        return _defined(definition)

    return Rule(
        id=f"{name}-traffic-encryption",
        title=f"The containers of a distributed {words} job encrypt the traffic between them.",
        severity=Severity.MEDIUM,
        why=_WHY,
        fix=f"Create the job definition again with NetworkConfig.{_SWITCH}.",
        limits="Definitions with one instance are left out.",
        judge=judge,
        scope=(kind,),
        controls=(*_CONTROLS, *controls),
        tags=_TAGS,
    )


DEFINITIONS: tuple[Rule, ...] = (
    _definition_rule(
        model.DataQualityJobDefinition,
        "data-quality-job-definition",
        "data quality",
        ("FSBP:SageMaker.9", "AWS-Config:SAGEMAKER_DATA_QUALITY_JOB_ENCRYPT_IN_TRANSIT"),
    ),
    _definition_rule(
        model.ModelExplainabilityJobDefinition,
        "model-explainability-job-definition",
        "model explainability",
        ("FSBP:SageMaker.10", "AWS-Config:SAGEMAKER_MODEL_EXPLAINABILITY_JOB_ENCRYPT_IN_TRANSIT"),
    ),
    _definition_rule(
        model.ModelQualityJobDefinition,
        "model-quality-job-definition",
        "model quality",
        ("FSBP:SageMaker.13", "AWS-Config:SAGEMAKER_MODEL_QUALITY_JOB_ENCRYPT_IN_TRANSIT"),
    ),
    _definition_rule(
        model.ModelBiasJobDefinition,
        "model-bias-job-definition",
        "model bias",
        ("FSBP:SageMaker.15", "AWS-Config:SAGEMAKER_MODEL_BIAS_JOB_ENCRYPT_IN_TRANSIT"),
    ),
)


@rule(
    "monitoring-schedule-traffic-encryption",
    severity=Severity.MEDIUM,
    controls=(*_CONTROLS, "FSBP:SageMaker.22", "AWS-Config:SAGEMAKER_MONITORING_SCHEDULE_TRAFFIC_ENCRYPTION"),
    tags=_TAGS,
)
def schedule_traffic(
    schedule: model.MonitoringSchedule,
    data_quality: Related[model.DataQualityJobDefinition],
    model_quality: Related[model.ModelQualityJobDefinition],
    model_bias: Related[model.ModelBiasJobDefinition],
    explainability: Related[model.ModelExplainabilityJobDefinition],
) -> Verdict:
    """The containers of a monitoring schedule's distributed jobs encrypt the traffic between them.

    Why: captured requests travel between the instances in clear otherwise.
    Fix: set NetworkConfig.EnableInterContainerTrafficEncryption in the schedule's definition.
    Limits: definitions with one instance are left out.
    """
    definitions = (data_quality, model_quality, model_bias, explainability)
    return judge_schedule(schedule, definitions, _defined)
