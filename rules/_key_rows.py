"""The rules that ask for a KMS key at some paths, one row each."""

from auditor.model import sagemaker as model
from auditor.model.resource import Resource
from auditor.model.verdict import Severity

from ._keys import Row, capture_off, cluster_storage, core_dump, endpoint_storage, named_definition, sharing

# What AWS's own and other conformance packs map the keys of notebooks and endpoint configurations to.
_VOLUME_CONTROLS = (
    "SOC2:CC6.1",
    "SOC2:CC6.2",
    "PCI-DSS-4.0:3.5.1",
    "PCI-DSS-4.0:8.3.2",
    "HIPAA:164.308(a)(1)(ii)(B)",
    "HIPAA:164.308(a)(4)(ii)(A)",
    "HIPAA:164.312(a)(2)(iv)",
    "HIPAA:164.312(e)(2)(ii)",
    "HIPAA:164.314(b)",
    "ISO-27001-2022:A.8.11",
    "CIS-Controls-8.1:3.11",
)
_TRAINING_CONTROLS = ("ISO-27001-2022:A.8.11", "CIS-Controls-8.1:3.11")
_WHY_VOLUME = (
    "the volume holds training data, models and whatever the container downloads; with a key that AWS owns, "
    "nobody here can limit, log or revoke who decrypts it."
)
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
_VOLUME = ("volume",)


ROWS: tuple[Row, ...] = (
    Row(
        "notebook-instance-volume-key",
        "A notebook instance's volume",
        {model.NotebookInstance: ("KmsKeyId",)},
        "Create the notebook instance again with KmsKeyId; the key of an existing one cannot be changed.",
        _WHY_VOLUME,
        controls=(
            "FSBP:SageMaker.21",
            "AWS-Config:SAGEMAKER_NOTEBOOK_INSTANCE_KMS_KEY_CONFIGURED",
            *_VOLUME_CONTROLS,
        ),
        tags=_VOLUME,
    ),
    Row(
        "endpoint-config-volume-key",
        "The volume of an endpoint's instances",
        {model.EndpointConfig: ("KmsKeyId",)},
        "Create a new endpoint configuration with KmsKeyId and update the endpoint to it.",
        _WHY_VOLUME,
        guard=endpoint_storage,
        controls=(
            "AWS-Config:SAGEMAKER_ENDPOINT_CONFIGURATION_KMS_KEY_CONFIGURED",
            *_VOLUME_CONTROLS,
        ),
        tags=_VOLUME,
    ),
    Row(
        "endpoint-config-data-capture-key",
        "What an endpoint captures of its requests",
        {
            model.EndpointConfig: ("DataCaptureConfig.KmsKeyId",),
            model.Endpoint: ("DataCaptureConfig.KmsKeyId",),
        },
        "Set DataCaptureConfig.KmsKeyId in a new endpoint configuration and update the endpoint to it.",
        skip=lambda capture: capture_off(capture) if "enable_capture" in type(capture).model_fields else "",
    ),
    Row(
        "endpoint-config-async-output-key",
        "What an asynchronous endpoint answers",
        {model.EndpointConfig: ("AsyncInferenceConfig.OutputConfig.KmsKeyId",)},
        "Set AsyncInferenceConfig.OutputConfig.KmsKeyId in a new endpoint configuration.",
    ),
    Row(
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
        skip=core_dump,
    ),
    Row(
        "training-job-volume-key",
        "A training job's volume",
        {model.TrainingJob: ("ResourceConfig.VolumeKmsKeyId",)},
        "Set ResourceConfig.VolumeKmsKeyId in CreateTrainingJob, and in whatever makes these jobs.",
        _WHY_VOLUME,
        skip=cluster_storage,
        controls=_TRAINING_CONTROLS,
        tags=_VOLUME,
    ),
    Row(
        "training-job-output-key",
        "A training job's model",
        {model.TrainingJob: ("OutputDataConfig.KmsKeyId",)},
        "Set OutputDataConfig.KmsKeyId in CreateTrainingJob, and in whatever makes these jobs.",
        controls=_TRAINING_CONTROLS,
    ),
    Row(
        "processing-job-volume-key",
        "A processing job's volume",
        {model.ProcessingJob: ("ProcessingResources.ClusterConfig.VolumeKmsKeyId",)},
        "Set ProcessingResources.ClusterConfig.VolumeKmsKeyId in CreateProcessingJob.",
        _WHY_VOLUME,
        skip=cluster_storage,
        tags=_VOLUME,
    ),
    Row(
        "processing-job-output-key",
        "A processing job's output",
        {model.ProcessingJob: ("ProcessingOutputConfig.KmsKeyId",)},
        "Set ProcessingOutputConfig.KmsKeyId in CreateProcessingJob.",
    ),
    Row(
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
    Row(
        "transform-job-volume-key",
        "A transform job's volume",
        {model.TransformJob: ("TransformResources.VolumeKmsKeyId",)},
        "Set TransformResources.VolumeKmsKeyId in CreateTransformJob.",
        _WHY_VOLUME,
        skip=cluster_storage,
        tags=_VOLUME,
    ),
    Row(
        "transform-job-output-key",
        "A transform job's output",
        {model.TransformJob: ("TransformOutput.KmsKeyId",)},
        "Set TransformOutput.KmsKeyId in CreateTransformJob.",
    ),
    Row(
        "transform-job-data-capture-key",
        "What a transform job captures",
        {model.TransformJob: ("DataCaptureConfig.KmsKeyId",)},
        "Set DataCaptureConfig.KmsKeyId in CreateTransformJob.",
    ),
    Row(
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
        skip=cluster_storage,
        tags=_VOLUME,
    ),
    Row(
        "tuning-job-output-key",
        "The models of a tuning job's trainings",
        {model.HyperParameterTuningJob: tuple(f"{name}.OutputDataConfig.KmsKeyId" for name in _TUNING)},
        "Set OutputDataConfig.KmsKeyId in every training job definition.",
    ),
    Row(
        "automl-job-output-key",
        "An AutoML job's output",
        {model.AutoMLJob: ("OutputDataConfig.KmsKeyId",), model.AutoMLJobV2: ("OutputDataConfig.KmsKeyId",)},
        "Set OutputDataConfig.KmsKeyId in CreateAutoMLJobV2.",
    ),
    Row(
        "compilation-job-output-key",
        "A compilation job's output",
        {model.CompilationJob: ("OutputConfig.KmsKeyId",)},
        "Set OutputConfig.KmsKeyId in CreateCompilationJob.",
    ),
    Row(
        "edge-packaging-job-output-key",
        "An edge packaging job's output",
        {model.EdgePackagingJob: ("OutputConfig.KmsKeyId",)},
        "Set OutputConfig.KmsKeyId in CreateEdgePackagingJob.",
    ),
    Row(
        "device-fleet-output-key",
        "What a device fleet uploads",
        {model.DeviceFleet: ("OutputConfig.KmsKeyId",)},
        "Set OutputConfig.KmsKeyId with UpdateDeviceFleet.",
    ),
    Row(
        "optimization-job-output-key",
        "An optimization job's model",
        {model.OptimizationJob: ("OutputConfig.KmsKeyId",)},
        "Set OutputConfig.KmsKeyId in CreateOptimizationJob.",
    ),
    Row(
        "inference-recommendations-job-volume-key",
        "The volume of an inference recommendations job",
        {model.InferenceRecommendationsJob: ("InputConfig.VolumeKmsKeyId",)},
        "Set InputConfig.VolumeKmsKeyId in CreateInferenceRecommendationsJob.",
        _WHY_VOLUME,
        tags=_VOLUME,
    ),
    Row(
        "labeling-job-output-key",
        "A labeling job's output",
        {model.LabelingJob: ("OutputConfig.KmsKeyId",)},
        "Set OutputConfig.KmsKeyId in CreateLabelingJob.",
    ),
    Row(
        "flow-definition-output-key",
        "What human reviewers of a flow write",
        {model.FlowDefinition: ("OutputConfig.KmsKeyId",)},
        "Create the flow definition again with OutputConfig.KmsKeyId.",
    ),
    Row(
        "feature-group-offline-store-key",
        "A feature group's offline store",
        {model.FeatureGroup: ("OfflineStoreConfig.S3StorageConfig.KmsKeyId",)},
        "Create the feature group again with OfflineStoreConfig.S3StorageConfig.KmsKeyId.",
        controls=("FSBP:SageMaker.17", "AWS-Config:SAGEMAKER_FEATUREGROUP_ENCRYPTION_AT_REST"),
    ),
    Row(
        "studio-canvas-workspace-key",
        "A Canvas workspace",
        {
            model.Domain: ("DefaultUserSettings.CanvasAppSettings.WorkspaceSettings.S3KmsKeyId",),
            model.UserProfile: ("UserSettings.CanvasAppSettings.WorkspaceSettings.S3KmsKeyId",),
        },
        "Set CanvasAppSettings.WorkspaceSettings.S3KmsKeyId with UpdateDomain or UpdateUserProfile.",
    ),
    Row(
        "studio-sharing-key",
        "What Studio users share of their notebooks",
        {
            model.Domain: ("DefaultUserSettings.SharingSettings.S3KmsKeyId",),
            model.UserProfile: ("UserSettings.SharingSettings.S3KmsKeyId",),
        },
        "Set SharingSettings.S3KmsKeyId with UpdateDomain or UpdateUserProfile.",
        skip=sharing,
    ),
    *(
        Row(
            f"{name}-output-key",
            f"What a {words} job writes",
            {kind: (f"{output}.KmsKeyId",)},
            f"Create the job definition again with {output}.KmsKeyId.",
        )
        for kind, name, words, output in _DEFINITIONS
    ),
    *(
        Row(
            f"{name}-volume-key",
            f"The volume of a {words} job",
            {kind: ("JobResources.ClusterConfig.VolumeKmsKeyId",)},
            "Create the job definition again with JobResources.ClusterConfig.VolumeKmsKeyId.",
            _WHY_VOLUME,
            skip=cluster_storage,
            tags=_VOLUME,
        )
        for kind, name, words, _ in _DEFINITIONS
    ),
    Row(
        "monitoring-schedule-output-key",
        "What a monitoring schedule's jobs write",
        {model.MonitoringSchedule: (f"{_SCHEDULE}.MonitoringOutputConfig.KmsKeyId",)},
        "Set MonitoringOutputConfig.KmsKeyId with UpdateMonitoringSchedule.",
        guard=named_definition,
    ),
    Row(
        "monitoring-schedule-volume-key",
        "The volume of a monitoring schedule's jobs",
        {model.MonitoringSchedule: (f"{_SCHEDULE}.MonitoringResources.ClusterConfig.VolumeKmsKeyId",)},
        "Set MonitoringResources.ClusterConfig.VolumeKmsKeyId with UpdateMonitoringSchedule.",
        _WHY_VOLUME,
        guard=named_definition,
        skip=cluster_storage,
        tags=_VOLUME,
    ),
    Row(
        "inference-experiment-volume-key",
        "The volume of an inference experiment's instances",
        {model.InferenceExperiment: ("KmsKey",)},
        "Create the experiment again with KmsKey.",
        _WHY_VOLUME,
        controls=("FSBP:SageMaker.23", "AWS-Config:SAGEMAKER_INF_EXPERIMENT_INSTANCE_STORAGE_KMS_ENCRYPTED"),
        tags=_VOLUME,
    ),
    Row(
        "inference-experiment-data-key",
        "The requests that an inference experiment stores",
        {model.InferenceExperiment: ("DataStorageConfig.KmsKey",)},
        "Create the experiment again with DataStorageConfig.KmsKey.",
        controls=("FSBP:SageMaker.24", "AWS-Config:SAGEMAKER_INF_EXPERIMENT_DATA_STORAGE_KMS_ENCRYPTED"),
    ),
    Row(
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
    Row(
        "model-card-key",
        "A model card",
        {model.ModelCard: ("SecurityConfig.KmsKeyId",)},
        "Create the model card again with SecurityConfig.KmsKeyId.",
        "a model card tells the intended use, the data and the weaknesses of a model.",
        severity=Severity.LOW,
        tags=("registry",),
    ),
    Row(
        "partner-app-key",
        "A partner app",
        {model.PartnerApp: ("KmsKeyId",)},
        "Create the partner app again with KmsKeyId.",
        tags=("studio",),
    ),
)
