"""Deployment: endpoints that survive the loss of an instance, and no way in to what runs."""

from functools import partial
from itertools import chain

from auditor.model.rule import rule
from auditor.model.sagemaker import Endpoint, EndpointConfig, TrainingJob
from auditor.model.sagemaker.endpoints import ProductionVariant
from auditor.model.verdict import Severity, Verdict, all_of, failed, not_applicable, passed

from ._fields import Spot, judge_spots, spots

_ENDED = frozenset({"Completed", "Failed", "Stopped"})


@rule(
    "endpoint-config-instance-count",
    severity=Severity.MEDIUM,
    controls=(
        "FSBP:SageMaker.4",
        "AWS-Config:SAGEMAKER_ENDPOINT_CONFIG_PROD_INSTANCE_COUNT",
        "NIST-800-53r5:CP-10",
        "NIST-800-53r5:SC-36",
        "ISO-27001-2022:A.8.14",
    ),
    tags=("availability", "endpoint"),
)
def instance_count(config: EndpointConfig, *, fewest: int = 2) -> Verdict:
    """Every variant of an endpoint starts with at least {fewest} instances.

    Why: two or more instances are spread over Availability Zones; a single one takes the endpoint with it.
    Fix: create the configuration anew with InitialInstanceCount of {fewest} or more, and update the endpoint.
    Limits: serverless variants have no instances, and variants without a model hold inference components,
      which set their own number of copies; with managed scaling the minimum is what counts.
    Parameters:
      fewest: the least number of instances of a variant.
    """
    return all_of(
        config.production_variants,
        partial(_counted, fewest=fewest),
        at="ProductionVariants",
        empty=not_applicable("no variant runs on a fixed number of instances"),
    )


def _counted(variant: ProductionVariant, fewest: int) -> Verdict:
    if variant.serverless_config is not None:
        return not_applicable("serverless")
    if variant.model_name is None:
        return not_applicable("inference components set their own number of copies")
    scaling = variant.managed_instance_scaling
    path, count = "InitialInstanceCount", variant.initial_instance_count
    if scaling is not None and scaling.status == "ENABLED":
        path, count = "ManagedInstanceScaling.MinInstanceCount", scaling.min_instance_count
    if count is None:
        return not_applicable("no number of instances is set")
    judge = passed if count >= fewest else failed
    return judge(f"the variant has at least {count} instance{'s' if count != 1 else ''}", at=path)


@rule(
    "endpoint-config-ssm-access",
    severity=Severity.MEDIUM,
    controls=("NIST-800-53r5:AC-6", "NIST-800-53r5:AC-17"),
    tags=("endpoint", "remote-access"),
)
def ssm_access(config: EndpointConfig) -> Verdict:
    """Nobody can open a shell on an endpoint's instances through Systems Manager.

    Why: a shell reads requests, answers and the model from memory, past every log of the endpoint.
    Fix: create the configuration anew without EnableSSMAccess, and update the endpoint.
    """
    found = chain(
        spots(config, "ProductionVariants[].EnableSSMAccess"),
        spots(config, "ShadowProductionVariants[].EnableSSMAccess"),
    )
    return judge_spots(found, _no_shell, empty=not_applicable("it has no variants"))


def _no_shell(spot: Spot) -> Verdict:
    if spot.value():
        return failed("Systems Manager access is on", at=spot.path)
    return passed("Systems Manager access is off", at=spot.path)


@rule(
    "training-job-remote-debug",
    severity=Severity.MEDIUM,
    controls=("NIST-800-53r5:AC-6", "NIST-800-53r5:AC-17"),
    tags=("training", "remote-access"),
    version=2,
)
def remote_debug(job: TrainingJob) -> Verdict:
    """Nobody can open a shell in a training job's container.

    Why: remote debugging gives a root shell that sees the training data and the job's role.
    Fix: aws sagemaker update-training-job with EnableRemoteDebug=false, and leave it out of new jobs.
    Limits: a job that has ended is left out; its container is gone.
    """
    # Before RemoteDebugConfig is read: Search, which answers for ended jobs, does not know it.
    # What is not made yet has no status, and has not ended.
    status = job.peek("training_job_status")
    if isinstance(status, str) and status in _ENDED:
        return not_applicable("the job has ended")
    config = job.remote_debug_config
    if config is not None and config.enable_remote_debug:
        return failed("remote debugging is on", at="RemoteDebugConfig.EnableRemoteDebug")
    return passed("remote debugging is off", at="RemoteDebugConfig.EnableRemoteDebug")


@rule(
    "endpoint-rollback-alarms",
    severity=Severity.LOW,
    controls=("NIST-800-53r5:CM-3",),
    tags=("endpoint", "availability"),
)
def rollback_alarms(endpoint: Endpoint) -> Verdict:
    """The last deployment to an endpoint was watched by alarms that roll it back.

    Why: without alarms a bad model stays in service until somebody notices.
    Fix: update the endpoint with DeploymentConfig.AutoRollbackConfiguration.Alarms.
    """
    deployment = endpoint.last_deployment_config
    path = "LastDeploymentConfig.AutoRollbackConfiguration.Alarms"
    rollback = deployment.auto_rollback_configuration if deployment is not None else None
    if rollback is not None and rollback.alarms:
        return passed("alarms roll a bad deployment back", at=path)
    return failed("no alarm rolls a bad deployment back", at=path)
