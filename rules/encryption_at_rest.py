"""Encryption at rest: what SageMaker writes is encrypted with a key of yours.

Without a key SageMaker encrypts with a key that AWS owns (or, for S3 output, with the bucket's default):
nobody in the account can limit, log or revoke its use.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from auditor.model import sagemaker as model
from auditor.model.instances import has_local_storage
from auditor.model.inventory import Related
from auditor.model.kms import KmsKey
from auditor.model.resource import Resource
from auditor.model.rule import Rule, rule
from auditor.model.verdict import Fact, Severity, Verdict, failed, not_applicable, passed

from ._fields import Paths, Spot, judge_spots

_BASIC = ("NIST-800-53r5:SC-28", "NIST-800-53r5:SC-13", "ISO-27001-2022:A.8.24", "WA-ML:MLSEC02-BP01")
_WHY_VOLUME = (
    "the volume holds training data, models and whatever the container downloads; with a key that AWS owns, "
    "nobody here can limit, log or revoke who decrypts it."
)
_WHY_OUTPUT = (
    "results and models are what a thief wants; with a key of one's own, reading them needs a right on the "
    "key besides the right on the bucket, and every use is logged."
)


def _no_guard(resource: Any) -> str:
    del resource
    return ""


@dataclass(frozen=True, slots=True)
class _Row:
    """A rule that asks for a key at some paths.

    Args:
        id: of the rule.
        what: what is encrypted, to be read in "… is encrypted with a KMS key".
        paths: where the types have the key.
        fix: the member to set, and how.
        why: what it is good for.
        guard: says why the rule does not apply to a resource; empty where it does.
        skip: says the same of the structure that holds the key.
        severity, controls, tags: of the rule.
    """

    id: str
    what: str
    paths: dict[type[Resource], tuple[str, ...]]
    fix: str
    why: str = _WHY_OUTPUT
    guard: Callable[[Any], str] = _no_guard
    skip: Callable[[Any], str] = _no_guard
    severity: Severity = Severity.MEDIUM
    controls: tuple[str, ...] = ()
    tags: tuple[str, ...] = field(default=("output",))


def _local_storage(types: list[str | None]) -> str:
    known = [name for name in types if name]
    if known and all(has_local_storage(name) for name in known):
        return f"{', '.join(sorted(set(known)))} has local storage, which takes no key"
    return ""


def _cluster_storage(holder: Any) -> str:
    """For any structure with an InstanceType, and training's InstanceGroups."""
    types = [holder.instance_type]
    if "instance_groups" in type(holder).model_fields:
        types += [group.instance_type for group in holder.instance_groups]
    if "instance_configs" in type(holder).model_fields:
        types += [config.instance_type for config in holder.instance_configs]
    return _local_storage(types)


def _endpoint_storage(config: model.EndpointConfig) -> str:
    """CreateEndpointConfig refuses a key as soon as one variant has local storage."""
    variants = (*config.production_variants, *config.shadow_production_variants)
    based = [variant for variant in variants if variant.serverless_config is None]
    if not based:
        return "serverless variants have no volume"
    types = {variant.instance_type for variant in based if variant.instance_type}
    types |= {pool.instance_type for variant in based for pool in variant.instance_pools}
    return _local_storage([name for name in sorted(types) if has_local_storage(name)])


def _notebook_like_job(resource: str) -> str:
    return f"Create the {resource} again with the key; an existing one cannot be changed."


_DEFINITIONS: tuple[tuple[type[Resource], str, str, str], ...] = (
    (
        model.DataQualityJobDefinition,
        "data-quality-job-definition",
        "data quality",
        "DataQualityJobOutputConfig",
    ),
    (model.ModelBiasJobDefinition, "model-bias-job-definition", "model bias", "ModelBiasJobOutputConfig"),
    (
        model.ModelExplainabilityJobDefinition,
        "model-explainability-job-definition",
        "model explainability",
        "ModelExplainabilityJobOutputConfig",
    ),
    (
        model.ModelQualityJobDefinition,
        "model-quality-job-definition",
        "model quality",
        "ModelQualityJobOutputConfig",
    ),
)
_TUNING = ("TrainingJobDefinition", "TrainingJobDefinitions[]")
_SCHEDULE = "MonitoringScheduleConfig.MonitoringJobDefinition"
_PROFILE = "ValidationSpecification.ValidationProfiles[]"
_VOLUME = ("volume",)


def _sharing(settings: Any) -> str:
    return "" if settings.notebook_output_option == "Allowed" else "notebook output is not shared"


def _capture(capture: Any) -> str:
    return "" if capture.enable_capture else "data capture is off"


def _online_store(group: model.FeatureGroup) -> str:
    store = group.online_store_config
    if store is None or not store.enable_online_store:
        return "the feature group has no online store"
    return "the in-memory store takes no key" if store.storage_type == "InMemory" else ""


def _core_dump(dump: Any) -> str:
    return "" if dump.destination_s3_uri else "no core dumps are written"


def _schedule(schedule: model.MonitoringSchedule) -> str:
    config = schedule.monitoring_schedule_config
    if config.monitoring_job_definition is None:
        return "the schedule names a job definition, which is judged itself"
    return ""


def _auto_labelling(job: model.LabelingJob) -> str:
    return "" if job.labeling_job_algorithms_config is not None else "the job labels nothing automatically"


_ROWS: tuple[_Row, ...] = (
    _Row(
        "notebook-instance-volume-key",
        "A notebook instance's volume",
        {model.NotebookInstance: ("KmsKeyId",)},
        "Create the notebook instance again with KmsKeyId; the key of an existing one cannot be changed.",
        _WHY_VOLUME,
        controls=(
            "FSBP:SageMaker.21",
            "AWS-Config:SAGEMAKER_NOTEBOOK_INSTANCE_KMS_KEY_CONFIGURED",
            "PCI-DSS-4.0:3.5.1",
            "HIPAA:164.312(a)(2)(iv)",
            "CIS-Controls-8.1:3.11",
        ),
        tags=_VOLUME,
    ),
    _Row(
        "endpoint-config-volume-key",
        "The volume of an endpoint's instances",
        {model.EndpointConfig: ("KmsKeyId",)},
        "Create a new endpoint configuration with KmsKeyId and update the endpoint to it.",
        _WHY_VOLUME,
        guard=_endpoint_storage,
        controls=(
            "AWS-Config:SAGEMAKER_ENDPOINT_CONFIGURATION_KMS_KEY_CONFIGURED",
            "PCI-DSS-4.0:3.5.1",
            "HIPAA:164.312(a)(2)(iv)",
        ),
        tags=_VOLUME,
    ),
    _Row(
        "endpoint-config-data-capture-key",
        "What an endpoint captures of its requests",
        {
            model.EndpointConfig: ("DataCaptureConfig.KmsKeyId",),
            model.Endpoint: ("DataCaptureConfig.KmsKeyId",),
        },
        "Set DataCaptureConfig.KmsKeyId in a new endpoint configuration and update the endpoint to it.",
        skip=lambda capture: _capture(capture) if "enable_capture" in type(capture).model_fields else "",
    ),
    _Row(
        "endpoint-config-async-output-key",
        "What an asynchronous endpoint answers",
        {model.EndpointConfig: ("AsyncInferenceConfig.OutputConfig.KmsKeyId",)},
        "Set AsyncInferenceConfig.OutputConfig.KmsKeyId in a new endpoint configuration.",
    ),
    _Row(
        "endpoint-config-core-dump-key",
        "A core dump of an endpoint's container",
        {
            model.EndpointConfig: (
                "ProductionVariants[].CoreDumpConfig.KmsKeyId",
                "ShadowProductionVariants[].CoreDumpConfig.KmsKeyId",
            )
        },
        "Set CoreDumpConfig.KmsKeyId of each variant in a new endpoint configuration.",
        "a core dump holds the memory of the process: requests, model and credentials in clear.",
        skip=_core_dump,
    ),
    _Row(
        "training-job-volume-key",
        "A training job's volume",
        {model.TrainingJob: ("ResourceConfig.VolumeKmsKeyId",)},
        "Set ResourceConfig.VolumeKmsKeyId in CreateTrainingJob, and in whatever makes these jobs.",
        _WHY_VOLUME,
        skip=_cluster_storage,
        controls=("CIS-Controls-8.1:3.11",),
        tags=_VOLUME,
    ),
    _Row(
        "training-job-output-key",
        "A training job's model",
        {model.TrainingJob: ("OutputDataConfig.KmsKeyId",)},
        "Set OutputDataConfig.KmsKeyId in CreateTrainingJob, and in whatever makes these jobs.",
        controls=("CIS-Controls-8.1:3.11",),
    ),
    _Row(
        "processing-job-volume-key",
        "A processing job's volume",
        {model.ProcessingJob: ("ProcessingResources.ClusterConfig.VolumeKmsKeyId",)},
        "Set ProcessingResources.ClusterConfig.VolumeKmsKeyId in CreateProcessingJob.",
        _WHY_VOLUME,
        skip=_cluster_storage,
        tags=_VOLUME,
    ),
    _Row(
        "processing-job-output-key",
        "A processing job's output",
        {model.ProcessingJob: ("ProcessingOutputConfig.KmsKeyId",)},
        "Set ProcessingOutputConfig.KmsKeyId in CreateProcessingJob.",
    ),
    _Row(
        "processing-job-dataset-key",
        "What a processing job queries from Athena or Redshift",
        {
            model.ProcessingJob: (
                "ProcessingInputs[].DatasetDefinition.AthenaDatasetDefinition.KmsKeyId",
                "ProcessingInputs[].DatasetDefinition.RedshiftDatasetDefinition.KmsKeyId",
            )
        },
        "Set KmsKeyId of each Athena or Redshift dataset definition.",
    ),
    _Row(
        "transform-job-volume-key",
        "A transform job's volume",
        {model.TransformJob: ("TransformResources.VolumeKmsKeyId",)},
        "Set TransformResources.VolumeKmsKeyId in CreateTransformJob.",
        _WHY_VOLUME,
        skip=_cluster_storage,
        tags=_VOLUME,
    ),
    _Row(
        "transform-job-output-key",
        "A transform job's output",
        {model.TransformJob: ("TransformOutput.KmsKeyId",)},
        "Set TransformOutput.KmsKeyId in CreateTransformJob.",
    ),
    _Row(
        "transform-job-data-capture-key",
        "What a transform job captures",
        {model.TransformJob: ("DataCaptureConfig.KmsKeyId",)},
        "Set DataCaptureConfig.KmsKeyId in CreateTransformJob.",
    ),
    _Row(
        "tuning-job-volume-key",
        "The volume of a tuning job's trainings",
        {
            model.HyperParameterTuningJob: tuple(
                f"{definition}.{config}.VolumeKmsKeyId"
                for definition in _TUNING
                for config in ("ResourceConfig", "HyperParameterTuningResourceConfig")
            )
        },
        "Set VolumeKmsKeyId of ResourceConfig or HyperParameterTuningResourceConfig in every definition.",
        _WHY_VOLUME,
        skip=_cluster_storage,
        tags=_VOLUME,
    ),
    _Row(
        "tuning-job-output-key",
        "The models of a tuning job's trainings",
        {model.HyperParameterTuningJob: tuple(f"{name}.OutputDataConfig.KmsKeyId" for name in _TUNING)},
        "Set OutputDataConfig.KmsKeyId in every training job definition.",
    ),
    _Row(
        "automl-job-output-key",
        "An AutoML job's output",
        {model.AutoMLJob: ("OutputDataConfig.KmsKeyId",), model.AutoMLJobV2: ("OutputDataConfig.KmsKeyId",)},
        "Set OutputDataConfig.KmsKeyId in CreateAutoMLJobV2.",
    ),
    _Row(
        "compilation-job-output-key",
        "A compilation job's output",
        {model.CompilationJob: ("OutputConfig.KmsKeyId",)},
        "Set OutputConfig.KmsKeyId in CreateCompilationJob.",
    ),
    _Row(
        "edge-packaging-job-output-key",
        "An edge packaging job's output",
        {model.EdgePackagingJob: ("OutputConfig.KmsKeyId",)},
        "Set OutputConfig.KmsKeyId in CreateEdgePackagingJob.",
    ),
    _Row(
        "device-fleet-output-key",
        "What a device fleet uploads",
        {model.DeviceFleet: ("OutputConfig.KmsKeyId",)},
        "Set OutputConfig.KmsKeyId with UpdateDeviceFleet.",
    ),
    _Row(
        "optimization-job-output-key",
        "An optimization job's model",
        {model.OptimizationJob: ("OutputConfig.KmsKeyId",)},
        "Set OutputConfig.KmsKeyId in CreateOptimizationJob.",
    ),
    _Row(
        "inference-recommendations-job-volume-key",
        "The volume of an inference recommendations job",
        {model.InferenceRecommendationsJob: ("InputConfig.VolumeKmsKeyId",)},
        "Set InputConfig.VolumeKmsKeyId in CreateInferenceRecommendationsJob.",
        _WHY_VOLUME,
        tags=_VOLUME,
    ),
    _Row(
        "labeling-job-output-key",
        "A labeling job's output",
        {model.LabelingJob: ("OutputConfig.KmsKeyId",)},
        "Set OutputConfig.KmsKeyId in CreateLabelingJob.",
    ),
    _Row(
        "flow-definition-output-key",
        "What human reviewers of a flow write",
        {model.FlowDefinition: ("OutputConfig.KmsKeyId",)},
        "Create the flow definition again with OutputConfig.KmsKeyId.",
    ),
    _Row(
        "feature-group-offline-store-key",
        "A feature group's offline store",
        {model.FeatureGroup: ("OfflineStoreConfig.S3StorageConfig.KmsKeyId",)},
        "Create the feature group again with OfflineStoreConfig.S3StorageConfig.KmsKeyId.",
        controls=("FSBP:SageMaker.17", "AWS-Config:SAGEMAKER_FEATUREGROUP_ENCRYPTION_AT_REST"),
    ),
    _Row(
        "studio-canvas-workspace-key",
        "A Canvas workspace",
        {
            model.Domain: ("DefaultUserSettings.CanvasAppSettings.WorkspaceSettings.S3KmsKeyId",),
            model.UserProfile: ("UserSettings.CanvasAppSettings.WorkspaceSettings.S3KmsKeyId",),
        },
        "Set CanvasAppSettings.WorkspaceSettings.S3KmsKeyId with UpdateDomain or UpdateUserProfile.",
    ),
    _Row(
        "studio-sharing-key",
        "What Studio users share of their notebooks",
        {
            model.Domain: ("DefaultUserSettings.SharingSettings.S3KmsKeyId",),
            model.UserProfile: ("UserSettings.SharingSettings.S3KmsKeyId",),
        },
        "Set SharingSettings.S3KmsKeyId with UpdateDomain or UpdateUserProfile.",
        skip=_sharing,
    ),
    *(
        _Row(
            f"{name}-output-key",
            f"What a {words} job writes",
            {kind: (f"{output}.KmsKeyId",)},
            f"Create the job definition again with {output}.KmsKeyId.",
        )
        for kind, name, words, output in _DEFINITIONS
    ),
    *(
        _Row(
            f"{name}-volume-key",
            f"The volume of a {words} job",
            {kind: ("JobResources.ClusterConfig.VolumeKmsKeyId",)},
            "Create the job definition again with JobResources.ClusterConfig.VolumeKmsKeyId.",
            _WHY_VOLUME,
            skip=_cluster_storage,
            tags=_VOLUME,
        )
        for kind, name, words, _ in _DEFINITIONS
    ),
    _Row(
        "monitoring-schedule-output-key",
        "What a monitoring schedule's jobs write",
        {model.MonitoringSchedule: (f"{_SCHEDULE}.MonitoringOutputConfig.KmsKeyId",)},
        "Set MonitoringOutputConfig.KmsKeyId with UpdateMonitoringSchedule.",
        guard=_schedule,
    ),
    _Row(
        "monitoring-schedule-volume-key",
        "The volume of a monitoring schedule's jobs",
        {model.MonitoringSchedule: (f"{_SCHEDULE}.MonitoringResources.ClusterConfig.VolumeKmsKeyId",)},
        "Set MonitoringResources.ClusterConfig.VolumeKmsKeyId with UpdateMonitoringSchedule.",
        _WHY_VOLUME,
        guard=_schedule,
        skip=_cluster_storage,
        tags=_VOLUME,
    ),
    _Row(
        "inference-experiment-volume-key",
        "The volume of an inference experiment's instances",
        {model.InferenceExperiment: ("KmsKey",)},
        "Create the experiment again with KmsKey.",
        _WHY_VOLUME,
        controls=("FSBP:SageMaker.23", "AWS-Config:SAGEMAKER_INF_EXPERIMENT_INSTANCE_STORAGE_KMS_ENCRYPTED"),
        tags=_VOLUME,
    ),
    _Row(
        "inference-experiment-data-key",
        "The requests that an inference experiment stores",
        {model.InferenceExperiment: ("DataStorageConfig.KmsKey",)},
        "Create the experiment again with DataStorageConfig.KmsKey.",
        controls=("FSBP:SageMaker.24", "AWS-Config:SAGEMAKER_INF_EXPERIMENT_DATA_STORAGE_KMS_ENCRYPTED"),
    ),
    _Row(
        "cluster-volume-key",
        "Every volume of a HyperPod cluster",
        {
            model.Cluster: (
                "InstanceGroups[].InstanceStorageConfigs[].EbsVolumeConfig.VolumeKmsKeyId",
                "RestrictedInstanceGroups[].InstanceStorageConfigs[].EbsVolumeConfig.VolumeKmsKeyId",
            )
        },
        "Set EbsVolumeConfig.VolumeKmsKeyId of each instance group's storage; groups must be made again.",
        _WHY_VOLUME,
        tags=_VOLUME,
    ),
    _Row(
        "model-card-key",
        "A model card",
        {model.ModelCard: ("SecurityConfig.KmsKeyId",)},
        "Create the model card again with SecurityConfig.KmsKeyId.",
        "a model card tells the intended use, the data and the weaknesses of a model.",
        severity=Severity.LOW,
        tags=("registry",),
    ),
    _Row(
        "partner-app-key",
        "A partner app",
        {model.PartnerApp: ("KmsKeyId",)},
        "Create the partner app again with KmsKeyId.",
        tags=("studio",),
    ),
)


def _without_structure(row: _Row) -> Verdict:
    return not_applicable(f"nothing of the kind is configured: {', '.join(next(iter(row.paths.values())))}")


def _rule(row: _Row) -> Rule:
    paths = Paths(row.paths)
    empty = _without_structure(row)

    def one(spot: Spot) -> Verdict:
        reason = row.skip(spot.holder) if spot.holder is not None else ""
        if reason:
            return not_applicable(reason)
        if spot.value():
            return passed("a KMS key is given", at=spot.path)
        return failed("no KMS key is given, so that AWS's own is used", at=spot.path)

    def judge(resource: Resource) -> Verdict:
        reason = row.guard(resource)
        return not_applicable(reason) if reason else judge_spots(paths.of(resource), one, empty=empty)

    return Rule(
        id=row.id,
        title=f"{row.what} is encrypted with a KMS key.",
        severity=row.severity,
        why=row.why[0].upper() + row.why[1:],
        fix=row.fix,
        limits="Whether the key is managed by you is judged by sagemaker-key-customer-managed.",
        judge=judge,
        scope=tuple(row.paths),
        controls=(*_BASIC, *row.controls),
        tags=("encryption", "kms", *row.tags),
    )


KEY_GIVEN: tuple[Rule, ...] = tuple(_rule(row) for row in _ROWS)


@rule(
    "feature-group-online-store-key",
    severity=Severity.MEDIUM,
    controls=(*_BASIC, "FSBP:SageMaker.18", "AWS-Config:SAGEMAKER_FEATUREGROUP_ONLINE_STORE_ENCRYPTION"),
    tags=("encryption", "kms", "feature-store"),
)
def online_store(group: model.FeatureGroup) -> Verdict:
    """A feature group's online store is encrypted with a KMS key.

    Why: the online store serves features of single people; with a key of one's own its use can be limited and
      logged.
    Fix: create the feature group again with OnlineStoreConfig.SecurityConfig.KmsKeyId.
    Limits: the in-memory tier takes no key.
    """
    reason = _online_store(group)
    if reason:
        return not_applicable(reason)
    security = group.online_store_config.security_config if group.online_store_config else None
    path = "OnlineStoreConfig.SecurityConfig.KmsKeyId"
    if security is not None and security.kms_key_id:
        return passed("a KMS key is given", at=path)
    return failed("no KMS key is given, so that AWS's own is used", at=path)


@rule("domain-volume-key", severity=Severity.MEDIUM, controls=_BASIC, tags=("encryption", "kms", "studio"))
def domain_volume(domain: model.Domain) -> Verdict:
    """A Studio domain's file system is encrypted with a KMS key.

    Why: the file system holds every user's notebooks, data and credentials files.
    Fix: create the domain again with KmsKeyId; the key of an existing one cannot be changed.
    """
    if domain.kms_key_id or domain.home_efs_file_system_kms_key_id:
        return passed("a KMS key is given", at=("KmsKeyId", "HomeEfsFileSystemKmsKeyId"))
    return failed(
        "no KMS key is given, so that AWS's own is used", at=("KmsKeyId", "HomeEfsFileSystemKmsKeyId")
    )


@rule(
    "automl-job-volume-key", severity=Severity.MEDIUM, controls=_BASIC, tags=("encryption", "kms", "volume")
)
def automl_volume(job: model.AutoMLJob | model.AutoMLJobV2) -> Verdict:
    """The volume of an AutoML job's trainings is encrypted with a KMS key.

    Why: the volume holds the training data and every candidate model.
    Fix: set SecurityConfig.VolumeKmsKeyId in CreateAutoMLJobV2.
    """
    path = "SecurityConfig.VolumeKmsKeyId"
    security = None
    if isinstance(job, model.AutoMLJobV2):
        security = job.security_config
    else:
        path = f"AutoMLJobConfig.{path}"
        if job.auto_ml_job_config is not None:
            security = job.auto_ml_job_config.security_config
    if security is not None and security.volume_kms_key_id:
        return passed("a KMS key is given", at=path)
    return failed("no KMS key is given, so that AWS's own is used", at=path)


@rule(
    "labeling-job-volume-key", severity=Severity.MEDIUM, controls=_BASIC, tags=("encryption", "kms", "volume")
)
def labeling_volume(job: model.LabelingJob) -> Verdict:
    """The volume of automatic labeling is encrypted with a KMS key.

    Why: automatic labeling trains on the objects to be labeled.
    Fix: set LabelingJobAlgorithmsConfig.LabelingJobResourceConfig.VolumeKmsKeyId in CreateLabelingJob.
    """
    reason = _auto_labelling(job)
    if reason:
        return not_applicable(reason)
    algorithms = job.labeling_job_algorithms_config
    config = algorithms.labeling_job_resource_config if algorithms else None
    path = "LabelingJobAlgorithmsConfig.LabelingJobResourceConfig.VolumeKmsKeyId"
    if config is not None and config.volume_kms_key_id:
        return passed("a KMS key is given", at=path)
    return failed("no KMS key is given, so that AWS's own is used", at=path)


@rule("model-package-key", severity=Severity.LOW, controls=_BASIC, tags=("encryption", "kms", "registry"))
def model_package_key(package: model.ModelPackage) -> Verdict:
    """A model package's model card is encrypted with a KMS key.

    Why: the card tells the intended use, the data and the weaknesses of a model.
    Fix: create the model package again with SecurityConfig.KmsKeyId.
    """
    if package.security_config is not None and package.security_config.kms_key_id:
        return passed("a KMS key is given", at="SecurityConfig.KmsKeyId")
    return failed("no KMS key is given, so that AWS's own is used", at="SecurityConfig.KmsKeyId")


@rule(
    "validation-profile-keys", severity=Severity.LOW, controls=_BASIC, tags=("encryption", "kms", "registry")
)
def validation_keys(package: model.ModelPackage | model.Algorithm) -> Verdict:
    """The validation jobs of a model package or algorithm use KMS keys.

    Why: validation runs the model on samples of real data.
    Fix: set KmsKeyId and VolumeKmsKeyId in every ValidationProfiles definition.
    """
    kinds = [
        "TransformJobDefinition.TransformOutput.KmsKeyId",
        "TransformJobDefinition.TransformResources.VolumeKmsKeyId",
    ]
    if isinstance(package, model.Algorithm):
        kinds += [
            "TrainingJobDefinition.OutputDataConfig.KmsKeyId",
            "TrainingJobDefinition.ResourceConfig.VolumeKmsKeyId",
        ]
    paths = Paths({type(package): tuple(f"{_PROFILE}.{kind}" for kind in kinds)})
    return judge_spots(paths.of(package), _validated, empty=not_applicable("there is no validation profile"))


def _validated(spot: Spot) -> Verdict:
    holder = spot.holder
    if spot.field == "volume_kms_key_id" and holder is not None:
        reason = _cluster_storage(holder)
        if reason:
            return not_applicable(reason)
    if spot.value():
        return passed("a KMS key is given", at=spot.path)
    return failed("no KMS key is given, so that AWS's own is used", at=spot.path)


# Every path at which a SageMaker resource names a key.
_NAMED: dict[type[Resource], tuple[str, ...]] = {}
for _row in _ROWS:
    for _kind, _paths in _row.paths.items():
        _NAMED[_kind] = (*_NAMED.get(_kind, ()), *_paths)
_NAMED[model.FeatureGroup] += ("OnlineStoreConfig.SecurityConfig.KmsKeyId",)
_NAMED[model.Domain] += ("KmsKeyId", "HomeEfsFileSystemKmsKeyId")
_NAMED[model.AutoMLJobV2] += ("SecurityConfig.VolumeKmsKeyId",)
_NAMED[model.AutoMLJob] += ("AutoMLJobConfig.SecurityConfig.VolumeKmsKeyId",)
_NAMED[model.LabelingJob] += ("LabelingJobAlgorithmsConfig.LabelingJobResourceConfig.VolumeKmsKeyId",)
_NAMED[model.ModelPackage] = ("SecurityConfig.KmsKeyId",)
_ALL_KEYS = Paths(_NAMED)


def _customer_managed(resource: Resource, keys: Related[KmsKey]) -> Verdict:
    def one(spot: Spot) -> Verdict:
        name = spot.value()
        if not name:
            return not_applicable("no key is given")
        key = keys.find(name)
        at = (spot.path, Fact(key, "KeyManager"))
        if key.key_manager == "CUSTOMER":
            return passed("the key is managed by the customer", at=at)
        return failed("the key is managed by AWS", at=at)

    return judge_spots(_ALL_KEYS.of(resource), one, empty=not_applicable("no key is given"))


CUSTOMER_MANAGED = Rule(
    id="sagemaker-key-customer-managed",
    title="Every KMS key that a SageMaker resource names is managed by the customer.",
    severity=Severity.MEDIUM,
    why="An AWS-managed key (alias/aws/...) serves every principal of the account that may use the service: "
    "its policy cannot be changed, it cannot be shared or revoked.",
    fix="Create a customer-managed key with a policy of its own and name it instead.",
    limits="A key that cannot be described (in another account, say) is not assessable.",
    judge=_customer_managed,
    scope=tuple(_NAMED),
    needs=(KmsKey,),
    controls=(*_BASIC, "FSBP:SageMaker.21"),
    tags=("encryption", "kms", "cmk"),
)


@rule(
    "kms-key-enabled",
    severity=Severity.HIGH,
    controls=("FSBP:KMS.3", "AWS-Config:KMS_CMK_NOT_SCHEDULED_FOR_DELETION", "NIST-800-53r5:SC-12"),
    tags=("encryption", "kms"),
)
def key_enabled(key: KmsKey) -> Verdict:
    """A KMS key that SageMaker resources name is enabled.

    Why: with a disabled key, or one that waits for its deletion, notebooks do not start and data cannot be
      read; once it is deleted the data is gone.
    Fix: aws kms cancel-key-deletion --key-id KEY, then enable-key; or move the data to another key first.
    """
    if key.key_state == "Enabled":
        return passed("the key is enabled", at="KeyState")
    return failed(f"the key is {key.key_state}", at="KeyState")


@rule(
    "kms-key-rotation",
    severity=Severity.LOW,
    controls=(
        "FSBP:KMS.4",
        "AWS-Config:CMK_BACKING_KEY_ROTATION_ENABLED",
        "CIS-AWS-5.0:3.6",
        "PCI-DSS-4.0:3.7.4",
    ),
    tags=("encryption", "kms"),
)
def key_rotation(key: KmsKey) -> Verdict:
    """A customer-managed KMS key that SageMaker resources name is rotated every year.

    Why: rotation limits how much data one key material ever protects.
    Fix: aws kms enable-key-rotation --key-id KEY.
    Limits: KMS rotates symmetric keys with material of its own only; others are left out.
    """
    if key.key_manager != "CUSTOMER":
        return not_applicable("AWS rotates its managed keys")
    if key.key_spec != "SYMMETRIC_DEFAULT" or key.origin_ != "AWS_KMS":
        return not_applicable("KMS cannot rotate this kind of key")
    if key.multi_region and (key.multi_region_configuration or {}).get("MultiRegionKeyType") == "REPLICA":
        return not_applicable("a replica is rotated with its primary key")
    if key.key_rotation_enabled:
        return passed("the key is rotated", at="KeyRotationEnabled")
    return failed("the key is not rotated", at="KeyRotationEnabled")
