"""What AWS adds to jobs, models and endpoints; see ``derive``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.demo.errors import AwsError
from auditor.demo.extension.kinds import KINDS, VALIDATION

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.demo.extension.store import SageMakerStore

Data = dict[str, Any]

RUNNING = frozenset({"InProgress", "INPROGRESS", "IN_PROGRESS", "Initializing", "Starting", "STARTING", "PENDING"})
_QUEUED_SECONDS = 90.0
_RUN_SECONDS = 1800.0


def _times(data: Data, status: str, start: str, end: str) -> None:
    """Give a job its start and, once it ended, its end; the end is also its last modification."""
    data.setdefault(start, data["CreationTime"] + _QUEUED_SECONDS)
    if data[status] in RUNNING:
        return
    data.setdefault(end, data[start] + _RUN_SECONDS)
    if data.get("LastModifiedTime") == data["CreationTime"]:
        data["LastModifiedTime"] = data[end]


def _training_job(_: SageMakerStore, data: Data) -> None:
    """Complete a training job; DescribeTrainingJob spells an absent output key as an empty string."""
    _times(data, "TrainingJobStatus", "TrainingStartTime", "TrainingEndTime")
    status = data["TrainingJobStatus"]
    data.setdefault("SecondaryStatus", "Training" if status == "InProgress" else status)
    output = data["OutputDataConfig"]
    output.setdefault("KmsKeyId", "")
    output.setdefault("CompressionType", "GZIP")
    path = f"{output['S3OutputPath'].rstrip('/')}/{data['TrainingJobName']}/output/model.tar.gz"
    data.setdefault("ModelArtifacts", {"S3ModelArtifacts": path})
    for member in (
        "EnableNetworkIsolation",
        "EnableInterContainerTrafficEncryption",
        "EnableManagedSpotTraining",
    ):
        data.setdefault(member, False)
    if end := data.get("TrainingEndTime"):
        seconds = int(end - data["TrainingStartTime"])
        data.setdefault("TrainingTimeInSeconds", seconds)
        data.setdefault("BillableTimeInSeconds", seconds // 3 if data["EnableManagedSpotTraining"] else seconds)
    data.setdefault(
        "SecondaryStatusTransitions",
        [
            {
                "Status": data["SecondaryStatus"],
                "StartTime": data["TrainingStartTime"],
                **({"EndTime": end} if end else {}),
            }
        ],
    )


def _processing_job(_: SageMakerStore, data: Data) -> None:
    """Place a processing job in time."""
    _times(data, "ProcessingJobStatus", "ProcessingStartTime", "ProcessingEndTime")


def _transform_job(_: SageMakerStore, data: Data) -> None:
    """Place a transform job in time."""
    _times(data, "TransformJobStatus", "TransformStartTime", "TransformEndTime")


def _tuning_job(_: SageMakerStore, data: Data) -> None:
    """Add the required counters; the counts of real children are the account's to set."""
    _times(data, "HyperParameterTuningJobStatus", "CreationTime", "HyperParameterTuningEndTime")
    zero = ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")
    data.setdefault("TrainingJobStatusCounters", dict.fromkeys(zero, 0))
    data.setdefault("ObjectiveStatusCounters", dict.fromkeys(("Succeeded", "Pending", "Failed"), 0))


def _automl_job(_: SageMakerStore, data: Data) -> None:
    """Add the secondary status; describe a first-version job in the second version's words too."""
    _times(data, "AutoMLJobStatus", "CreationTime", "EndTime")
    status = data["AutoMLJobStatus"]
    data.setdefault("AutoMLJobSecondaryStatus", "ModelTuning" if status == "InProgress" else status)
    if "InputDataConfig" in data:
        data.setdefault(
            "AutoMLJobInputDataConfig",
            [
                {
                    key: item[key]
                    for key in ("ChannelType", "ContentType", "CompressionType", "DataSource")
                    if key in item
                }
                for item in data["InputDataConfig"]
            ],
        )
        config = data.get("AutoMLJobConfig") or {}
        if "SecurityConfig" in config:
            data.setdefault("SecurityConfig", config["SecurityConfig"])


def _compilation_job(_: SageMakerStore, data: Data) -> None:
    """Add the artifacts and the members that are required though empty."""
    _times(data, "CompilationJobStatus", "CompilationStartTime", "CompilationEndTime")
    data.setdefault("FailureReason", "")
    path = f"{data['OutputConfig']['S3OutputLocation'].rstrip('/')}/{data['CompilationJobName']}.tar.gz"
    data.setdefault("ModelArtifacts", {"S3ModelArtifacts": path})
    target = data["OutputConfig"].get("TargetPlatform") or {}
    data.setdefault("CompilationTargetDevice", data["OutputConfig"].get("TargetDevice"))
    for word in ("Os", "Arch", "Accelerator"):
        data.setdefault(f"CompilationTargetPlatform{word}", target.get(word))


def _labeling_job(store: SageMakerStore, data: Data) -> None:
    """Add counters and reference code; ListLabelingJobs shows members of the human task."""
    names = ("TotalLabeled", "HumanLabeled", "MachineLabeled", "FailedNonRetryableError", "Unlabeled")
    data.setdefault("LabelCounters", dict.fromkeys(names, 0))
    data.setdefault("JobReferenceCode", store.ident("labeling", data["LabelingJobName"], length=10))
    task = data["HumanTaskConfig"]
    data.setdefault("WorkteamArn", task["WorkteamArn"])
    data.setdefault("PreHumanTaskLambdaArn", task.get("PreHumanTaskLambdaArn"))
    consolidation = task.get("AnnotationConsolidationConfig") or {}
    data.setdefault(
        "AnnotationConsolidationLambdaArn",
        consolidation.get("AnnotationConsolidationLambdaArn"),
    )


def _optimization_job(_: SageMakerStore, data: Data) -> None:
    """Name the optimizations for ListOptimizationJobs."""
    words = [name for config in data["OptimizationConfigs"] for name in config]
    data.setdefault("OptimizationTypes", [w.removeprefix("Model").removesuffix("Config") for w in words])


def _recommendations_job(_: SageMakerStore, data: Data) -> None:
    """Show what ListInferenceRecommendationsJobs takes from the input."""
    data.setdefault("JobDescription", "")
    for member in ("ModelName", "ModelPackageVersionArn"):
        data.setdefault(member, data["InputConfig"].get(member))


def _algorithm(_: SageMakerStore, data: Data) -> None:
    """Add the empty status details that DescribeAlgorithm requires."""
    data.setdefault("AlgorithmStatusDetails", {"ValidationStatuses": [], "ImageScanStatuses": []})


def _model(_: SageMakerStore, data: Data) -> None:
    """Isolation is off unless asked for (CreateModel)."""
    data.setdefault("EnableNetworkIsolation", False)


def _model_package(store: SageMakerStore, data: Data) -> None:
    """Number a version within its group, or name an unversioned package."""
    group = data.get("ModelPackageGroupName")
    if group:
        group = data["ModelPackageGroupName"] = group.rsplit("/", 1)[-1]
        held = [r for r in store.of(KINDS["ModelPackage"]).values() if r.data.get("ModelPackageGroupName") == group]
        data.setdefault("ModelPackageVersion", len(held) + 1)
        data.setdefault("ModelApprovalStatus", "PendingManualApproval")
        data.setdefault("Path", f"{group}/{data['ModelPackageVersion']}")
    elif data.get("ModelPackageName"):
        data.setdefault("Path", data["ModelPackageName"])
    else:
        raise AwsError(VALIDATION, "Either ModelPackageName or ModelPackageGroupName must be given.")
    data.setdefault("ModelPackageStatusDetails", {"ValidationStatuses": []})
    data.setdefault("ModelPackageArn", store.arn(KINDS["ModelPackage"], data))


def _model_package_group(_: SageMakerStore, data: Data) -> None:
    """Add the creator that DescribeModelPackageGroup requires."""
    data.setdefault("CreatedBy", {})


def _model_card(_: SageMakerStore, data: Data) -> None:
    """Number the first version and add the creator that DescribeModelCard requires."""
    data.setdefault("ModelCardVersion", 1)
    data.setdefault("CreatedBy", {})


def _endpoint_config(_: SageMakerStore, data: Data) -> None:
    """Isolation is off unless asked for (CreateEndpointConfig)."""
    data.setdefault("EnableNetworkIsolation", False)


def deploy(store: SageMakerStore, data: Data) -> None:
    """Copy into an endpoint what DescribeEndpoint shows of its configuration; refuse an unknown one."""
    config = store.get(KINDS["EndpointConfig"], data["EndpointConfigName"]).data
    for member in ("ProductionVariants", "ShadowProductionVariants"):
        if variants := config.get(member):
            data[member] = [_variant(variant) for variant in variants]
    if capture := config.get("DataCaptureConfig"):
        data["DataCaptureConfig"] = {
            "EnableCapture": capture.get("EnableCapture", False),
            "CaptureStatus": "Started" if capture.get("EnableCapture") else "Stopped",
            "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
            "DestinationS3Uri": capture["DestinationS3Uri"],
            "KmsKeyId": capture.get("KmsKeyId", ""),
        }
    for member in ("AsyncInferenceConfig", "ExplainerConfig", "MetricsConfig", "CrossRegionTrafficConfig"):
        if member in config:
            data[member] = config[member]
    if "DeploymentConfig" in data:
        data["LastDeploymentConfig"] = data.pop("DeploymentConfig")


def _variant(variant: Data) -> Data:
    """Return the summary of a variant: requested numbers become current and desired ones."""
    summary: Data = {"VariantName": variant["VariantName"]}
    weight = variant.get("InitialVariantWeight", 1.0)
    summary |= {"CurrentWeight": weight, "DesiredWeight": weight}
    if count := variant.get("InitialInstanceCount"):
        summary |= {"CurrentInstanceCount": count, "DesiredInstanceCount": count}
    if serverless := variant.get("ServerlessConfig"):
        summary |= {"CurrentServerlessConfig": serverless, "DesiredServerlessConfig": serverless}
    if "ManagedInstanceScaling" in variant:
        summary["ManagedInstanceScaling"] = variant["ManagedInstanceScaling"]
    if "RoutingConfig" in variant:
        summary["RoutingConfig"] = variant["RoutingConfig"]
    return summary


def _inference_component(store: SageMakerStore, data: Data) -> None:
    """Tie a component to its endpoint."""
    data.setdefault("EndpointArn", store.arn(KINDS["Endpoint"], {"EndpointName": data["EndpointName"]}))
    data.setdefault("VariantName", "AllTraffic")
    if runtime := data.get("RuntimeConfig"):
        runtime.setdefault("DesiredCopyCount", runtime["CopyCount"])
        runtime.setdefault("CurrentCopyCount", runtime["CopyCount"])


def _inference_experiment(_: SageMakerStore, data: Data) -> None:
    """Show the endpoint and the state of each variant."""
    data.setdefault("EndpointMetadata", {"EndpointName": data["EndpointName"]})
    for variant in data["ModelVariants"]:
        variant.setdefault("Status", "InService")


def _job_definition(family: str) -> Callable[[SageMakerStore, Data], None]:
    """Return a function that shows the endpoint of a job definition to its List operation."""

    def derive(_: SageMakerStore, data: Data) -> None:
        watched = data[f"{family}JobInput"].get("EndpointInput") or {}
        data.setdefault("EndpointName", watched.get("EndpointName", ""))
        data.setdefault("MonitoringJobDefinitionName", data["JobDefinitionName"])

    return derive


def _monitoring_schedule(store: SageMakerStore, data: Data) -> None:
    """Show type, definition and endpoint of what a schedule runs, inline or by name."""
    config = data["MonitoringScheduleConfig"]
    kind = config.get("MonitoringType", "DataQuality")
    data.setdefault("MonitoringType", kind)
    name = config.get("MonitoringJobDefinitionName")
    data.setdefault("MonitoringJobDefinitionName", name)
    if name:
        definition = store.of(KINDS[f"{kind}JobDefinition"]).get((name,))
        endpoint = definition.data["EndpointName"] if definition else ""
    else:
        inputs = (config.get("MonitoringJobDefinition") or {}).get("MonitoringInputs") or [{}]
        endpoint = (inputs[0].get("EndpointInput") or {}).get("EndpointName", "")
    if endpoint:
        data.setdefault("EndpointName", endpoint)


def _edge_packaging_job(_: SageMakerStore, data: Data) -> None:
    """Add the packaged model."""
    folder = data["OutputConfig"]["S3OutputLocation"].rstrip("/")
    data.setdefault("ModelArtifact", f"{folder}/{data['ModelName']}-{data['ModelVersion']}.tar.gz")


DERIVED: dict[str, Callable[[SageMakerStore, Data], None]] = {
    "Algorithm": _algorithm,
    "AutoMLJob": _automl_job,
    "CompilationJob": _compilation_job,
    "DataQualityJobDefinition": _job_definition("DataQuality"),
    "EdgePackagingJob": _edge_packaging_job,
    "Endpoint": deploy,
    "EndpointConfig": _endpoint_config,
    "HyperParameterTuningJob": _tuning_job,
    "InferenceComponent": _inference_component,
    "InferenceExperiment": _inference_experiment,
    "InferenceRecommendationsJob": _recommendations_job,
    "LabelingJob": _labeling_job,
    "Model": _model,
    "ModelBiasJobDefinition": _job_definition("ModelBias"),
    "ModelCard": _model_card,
    "ModelExplainabilityJobDefinition": _job_definition("ModelExplainability"),
    "ModelPackage": _model_package,
    "ModelPackageGroup": _model_package_group,
    "ModelQualityJobDefinition": _job_definition("ModelQuality"),
    "MonitoringSchedule": _monitoring_schedule,
    "OptimizationJob": _optimization_job,
    "ProcessingJob": _processing_job,
    "TrainingJob": _training_job,
    "TransformJob": _transform_job,
}
