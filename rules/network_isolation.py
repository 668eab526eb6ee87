"""Network isolation: containers that can reach nothing but what SageMaker hands them."""

from dataclasses import dataclass
from itertools import chain
from typing import Any

from auditor.model import sagemaker as model
from auditor.model.inventory import Related
from auditor.model.resource import Resource
from auditor.model.rule import Rule, rule
from auditor.model.verdict import Fact, Severity, Verdict, any_of, failed, not_applicable, passed

from ._fields import Spot, judge_spots, spots
from ._monitoring import judge_schedule

_WHY = (
    "a container with a network can send the data and the role's credentials anywhere, and fetch code; "
    "an isolated one can do neither, whatever its image holds."
)
_LIMITS = "Some containers need a network (reinforcement learning, Marketplace exceptions): waive those by name."
_NO_SWITCH = failed("network isolation is off", at="NetworkConfig.EnableNetworkIsolation")
_BASIC = ("NIST-800-53r5:SC-7", "WA-ML:MLSEC03-BP02")


def _switch(holder: Any) -> Verdict:
    if holder.enable_network_isolation:
        return passed("network isolation is on", at="EnableNetworkIsolation")
    return failed("network isolation is off", at="EnableNetworkIsolation")


def _direct(resource: Any) -> Verdict:
    return _switch(resource)


def _network_config(resource: Any) -> Verdict:
    config = resource.network_config
    if config is None:
        return _NO_SWITCH
    state = "on" if config.enable_network_isolation else "off"
    judge = passed if config.enable_network_isolation else failed
    return judge(f"network isolation is {state}", at="NetworkConfig.EnableNetworkIsolation")


@dataclass(frozen=True, slots=True)
class _Row:
    """One type with the switch. Args: id, what it is called, the type, severity, controls."""

    id: str
    what: str
    kind: type[Resource]
    severity: Severity
    controls: tuple[str, ...] = ()


def _isolation(row: _Row) -> Rule:
    nested = "network_config" in row.kind.model_fields
    member = "NetworkConfig.EnableNetworkIsolation" if nested else "EnableNetworkIsolation"
    return Rule(
        id=row.id,
        title=f"{row.what} runs with network isolation.",
        severity=row.severity,
        why=_WHY,
        fix=f"Create it anew with {member} true.",
        limits=_LIMITS,
        judge=_network_config if nested else _direct,
        scope=(row.kind,),
        controls=(*row.controls, *_BASIC),
        tags=("network", "isolation"),
    )


ISOLATION = tuple(
    _isolation(row)
    for row in (
        _Row("training-job-network-isolation", "A training job", model.TrainingJob, Severity.MEDIUM),
        _Row("processing-job-network-isolation", "A processing job", model.ProcessingJob, Severity.MEDIUM),
        _Row(
            "data-quality-job-definition-network-isolation",
            "A data quality job definition",
            model.DataQualityJobDefinition,
            Severity.MEDIUM,
            ("FSBP:SageMaker.11", "AWS-Config:SAGEMAKER_DATA_QUALITY_JOB_ISOLATION"),
        ),
        _Row(
            "model-bias-job-definition-network-isolation",
            "A model bias job definition",
            model.ModelBiasJobDefinition,
            Severity.MEDIUM,
            ("FSBP:SageMaker.12", "AWS-Config:SAGEMAKER_MODEL_BIAS_JOB_ISOLATION"),
        ),
        _Row(
            "model-explainability-job-definition-network-isolation",
            "A model explainability job definition",
            model.ModelExplainabilityJobDefinition,
            Severity.HIGH,
            ("FSBP:SageMaker.20", "AWS-Config:SAGEMAKER_MODEL_EXPLAINABILITY_JOB_NETWORK_ISOLATION"),
        ),
        _Row(
            "model-quality-job-definition-network-isolation",
            "A model quality job definition",
            model.ModelQualityJobDefinition,
            Severity.HIGH,
            ("FSBP:SageMaker.25", "AWS-Config:SAGEMAKER_MODEL_QUALITY_JOB_DEFINITION_ISOLATION"),
        ),
    )
)


@rule(
    "model-network-isolation",
    severity=Severity.MEDIUM,
    controls=("FSBP:SageMaker.5", "AWS-Config:SAGEMAKER_MODEL_ISOLATION_ENABLED", *_BASIC),
    tags=("network", "isolation"),
)
def model_isolation(subject: model.Model) -> Verdict:
    """A model's containers run with network isolation.

    Why: a container with a network can send requests, answers and the role's credentials anywhere.
    Fix: create the model anew with EnableNetworkIsolation true.
    Limits: some containers need a network; waive those by name.
    """
    return _switch(subject)


@rule(
    "endpoint-config-network-isolation",
    severity=Severity.MEDIUM,
    controls=_BASIC,
    tags=("network", "isolation"),
)
def endpoint_config_isolation(config: model.EndpointConfig) -> Verdict:
    """An endpoint configuration for inference components isolates their containers.

    Why: inference components have no Model to carry the switch: the configuration decides for all.
    Fix: create the configuration anew with EnableNetworkIsolation true.
    """
    named = any_of(
        config.production_variants,
        lambda variant: (passed if variant.model_name else failed)("a variant", at="ModelName"),
        at="ProductionVariants",
        empty=not_applicable("no variants"),
    )
    if named.status is None or named.status.value == "PASSED":
        return not_applicable("its variants name models, which carry the switch")
    return _switch(config)


@rule("tuning-job-network-isolation", severity=Severity.MEDIUM, controls=_BASIC, tags=("network", "isolation"))
def tuning_isolation(job: model.HyperParameterTuningJob) -> Verdict:
    """Every training job of a tuning job runs with network isolation.

    Why: a tuning job starts hundreds of training jobs; with a network, each can send its data anywhere.
    Fix: create the tuning job anew with EnableNetworkIsolation true in each of its definitions.
    """
    found = chain(
        spots(job, "TrainingJobDefinition.EnableNetworkIsolation"),
        spots(job, "TrainingJobDefinitions[].EnableNetworkIsolation"),
    )
    return judge_spots(found, _on, empty=not_applicable("it defines no training job"))


def _on(spot: Spot) -> Verdict:
    if spot.value():
        return passed("network isolation is on", at=spot.path)
    return failed("network isolation is off", at=spot.path)


@rule(
    "monitoring-schedule-network-isolation",
    severity=Severity.MEDIUM,
    controls=("FSBP:SageMaker.14", "AWS-Config:SAGEMAKER_MONITORING_SCHEDULE_ISOLATION", *_BASIC),
    tags=("network", "isolation"),
)
def schedule_isolation(
    schedule: model.MonitoringSchedule,
    data_quality: Related[model.DataQualityJobDefinition],
    model_quality: Related[model.ModelQualityJobDefinition],
    bias: Related[model.ModelBiasJobDefinition],
    explainability: Related[model.ModelExplainabilityJobDefinition],
) -> Verdict:
    """A monitoring schedule runs its jobs with network isolation.

    Why: monitoring jobs read every captured request and answer; with a network they can leave.
    Fix: set NetworkConfig.EnableNetworkIsolation in the job definition, and name it in the schedule.
    """
    return judge_schedule(schedule, (data_quality, model_quality, bias, explainability), _network_config)


@rule(
    "transform-job-network-isolation",
    severity=Severity.MEDIUM,
    controls=_BASIC,
    tags=("network", "isolation"),
)
def transform_isolation(job: model.TransformJob, models: Related[model.Model]) -> Verdict:
    """A transform job runs a model with network isolation.

    Why: a transform job has no switch of its own: its container may use the network that its model allows.
    Fix: create the model anew with EnableNetworkIsolation true.
    """
    used = models.find(job.model_name)
    on = used.enable_network_isolation
    return (passed if on else failed)(
        f"network isolation of the model {job.model_name} is {'on' if on else 'off'}",
        at=("ModelName", Fact(used, "EnableNetworkIsolation")),
    )
