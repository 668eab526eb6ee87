"""The SageMaker resource types that the extension keeps, one row each.

A row says what botocore's service model does not: how the type's ARN is written (Service Authorization
Reference, "Actions, resources, and condition keys for Amazon SageMaker"), which members identify a resource,
and the status in which a finished resource rests. Everything else is read from the service model.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource type.

    Attributes:
        name: The type as operations spell it: ``Create<name>``, ``Describe<name>``.
        arn: The resource part of its ARN, a format string over the members of the stored record.
        identity: Members that together identify a resource in an account and region.
        status: The member that holds its status, "" where the type has none.
        settled: The status in which a finished resource rests.
        arn_member: The member that holds its ARN.
        created: The member that holds the time of creation.
        modified: The member that holds the time of the last change.
        wrapper: The one output member that DescribeX nests the resource in, "" where it does not.
        missing: The code and message of the error for an unknown name.
        renames: Create input members that Describe spells otherwise.
    """

    name: str
    arn: str
    identity: tuple[str, ...] = ()
    status: str = ""
    settled: str = ""
    arn_member: str = ""
    created: str = "CreationTime"
    modified: str = "LastModifiedTime"
    wrapper: str = ""
    missing: tuple[str, str] = ("ResourceNotFound", "Resource not found.")
    renames: Mapping[str, str] = field(default_factory=dict)


VALIDATION = "ValidationException"


def _kind(name: str, slug: str, status: str = "", settled: str = "", **rest: Any) -> Kind:
    """Return a row whose members follow the usual pattern: ``<name>Name`` and ``<name>Arn``."""
    identity = rest.pop("identity", (f"{name}Name",))
    arn = slug if "{" in slug else f"{slug}/{{{identity[-1]}}}"
    return Kind(
        name,
        arn,
        identity,
        status,
        settled,
        arn_member=rest.pop("arn_member", f"{name}Arn"),
        **rest,
    )


def _job_definition(name: str, slug: str) -> Kind:
    """Return the row of one of the four monitoring job definitions."""
    return _kind(name, slug, identity=("JobDefinitionName",), arn_member="JobDefinitionArn")


_ROWS = (
    _kind("AIBenchmarkJob", "ai-benchmark-job", "AIBenchmarkJobStatus", "Completed"),
    _kind("AIRecommendationJob", "ai-recommendation-job", "AIRecommendationJobStatus", "Completed"),
    _kind("AIWorkloadConfig", "ai-workload-config"),
    _kind(
        "Algorithm",
        "algorithm",
        "AlgorithmStatus",
        "Completed",
        missing=(VALIDATION, "Could not find algorithm."),
    ),
    _kind(
        "App",
        "app/{DomainId}/{Owner}/{AppType}/{AppName}",
        "Status",
        "InService",
        identity=("DomainId", "UserProfileName", "SpaceName", "AppType", "AppName"),
    ),
    _kind("AppImageConfig", "app-image-config"),
    _kind("AutoMLJob", "automl-job", "AutoMLJobStatus", "Completed"),
    _kind(
        "Cluster",
        "cluster/{ClusterId}",
        "ClusterStatus",
        "InService",
        missing=("ResourceNotFound", "Cluster not found."),
    ),
    _kind("CodeRepository", "code-repository", missing=(VALIDATION, "Cannot find CodeRepository")),
    _kind("CompilationJob", "compilation-job", "CompilationJobStatus", "COMPLETED"),
    _job_definition("DataQualityJobDefinition", "data-quality-job-definition"),
    _kind("DeviceFleet", "device-fleet"),
    _kind("Domain", "domain/{DomainId}", "Status", "InService", identity=("DomainId",)),
    _kind("EdgePackagingJob", "edge-packaging-job", "EdgePackagingJobStatus", "COMPLETED"),
    _kind(
        "Endpoint",
        "endpoint",
        "EndpointStatus",
        "InService",
        missing=(VALIDATION, "Could not find endpoint."),
    ),
    _kind(
        "EndpointConfig",
        "endpoint-config",
        missing=(VALIDATION, "Could not find endpoint configuration."),
    ),
    _kind("FeatureGroup", "feature-group", "FeatureGroupStatus", "Created"),
    _kind("FlowDefinition", "flow-definition", "FlowDefinitionStatus", "Active"),
    _kind("Hub", "hub", "HubStatus", "InService"),
    _kind("HumanTaskUi", "human-task-ui", "HumanTaskUiStatus", "Active"),
    _kind(
        "HyperParameterTuningJob",
        "hyper-parameter-tuning-job",
        "HyperParameterTuningJobStatus",
        "Completed",
    ),
    _kind("Image", "image", "ImageStatus", "CREATED"),
    _kind(
        "ImageVersion",
        "image-version/{ImageName}/{Version}",
        "ImageVersionStatus",
        "CREATED",
        identity=("ImageName", "Version"),
    ),
    _kind(
        "InferenceComponent",
        "inference-component",
        "InferenceComponentStatus",
        "InService",
        missing=(VALIDATION, "Could not find inference component."),
    ),
    _kind(
        "InferenceExperiment",
        "inference-experiment",
        "Status",
        "Running",
        identity=("Name",),
        arn_member="Arn",
    ),
    _kind(
        "InferenceRecommendationsJob",
        "inference-recommendations-job",
        "Status",
        "COMPLETED",
        identity=("JobName",),
        arn_member="JobArn",
    ),
    _kind("LabelingJob", "labeling-job", "LabelingJobStatus", "Completed"),
    _kind(
        "MlflowApp",
        "mlflow-app/{AppId}",
        "Status",
        "Created",
        identity=("Name",),
        arn_member="Arn",
    ),
    _kind(
        "MlflowTrackingServer",
        "mlflow-tracking-server",
        "TrackingServerStatus",
        "Created",
        identity=("TrackingServerName",),
        arn_member="TrackingServerArn",
    ),
    _kind("Model", "model", missing=(VALIDATION, "Could not find model.")),
    _job_definition("ModelBiasJobDefinition", "model-bias-job-definition"),
    _kind("ModelCard", "model-card"),
    _job_definition("ModelExplainabilityJobDefinition", "model-explainability-job-definition"),
    _kind(
        "ModelPackage",
        "model-package/{Path}",
        "ModelPackageStatus",
        "Completed",
        identity=("ModelPackageArn",),
        missing=(VALIDATION, "ModelPackage does not exist."),
    ),
    _kind(
        "ModelPackageGroup",
        "model-package-group",
        "ModelPackageGroupStatus",
        "Completed",
        missing=(VALIDATION, "ModelPackageGroup does not exist."),
    ),
    _job_definition("ModelQualityJobDefinition", "model-quality-job-definition"),
    _kind("MonitoringSchedule", "monitoring-schedule", "MonitoringScheduleStatus", "Scheduled"),
    _kind(
        "NotebookInstance",
        "notebook-instance",
        "NotebookInstanceStatus",
        "InService",
        missing=(VALIDATION, "RecordNotFound"),
        renames={
            "SecurityGroupIds": "SecurityGroups",
            "LifecycleConfigName": "NotebookInstanceLifecycleConfigName",
        },
    ),
    _kind(
        "NotebookInstanceLifecycleConfig",
        "notebook-instance-lifecycle-config",
        missing=(VALIDATION, "RecordNotFound"),
    ),
    _kind("OptimizationJob", "optimization-job", "OptimizationJobStatus", "COMPLETED"),
    _kind(
        "PartnerApp",
        "partner-app/{AppId}",
        "Status",
        "Available",
        identity=("Name",),
        arn_member="Arn",
    ),
    _kind("Pipeline", "pipeline", "PipelineStatus", "Active"),
    _kind("ProcessingJob", "processing-job", "ProcessingJobStatus", "Completed"),
    _kind(
        "Project",
        "project",
        "ProjectStatus",
        "CreateCompleted",
        missing=(VALIDATION, "Project does not exist."),
    ),
    _kind(
        "Space",
        "space/{DomainId}/{SpaceName}",
        "Status",
        "InService",
        identity=("DomainId", "SpaceName"),
    ),
    _kind("StudioLifecycleConfig", "studio-lifecycle-config"),
    _kind(
        "TrainingJob",
        "training-job",
        "TrainingJobStatus",
        "Completed",
        missing=(VALIDATION, "Requested resource not found."),
    ),
    _kind("TransformJob", "transform-job", "TransformJobStatus", "Completed"),
    _kind(
        "UserProfile",
        "user-profile/{DomainId}/{UserProfileName}",
        "Status",
        "InService",
        identity=("DomainId", "UserProfileName"),
    ),
    _kind(
        "Workforce",
        "workforce",
        "Status",
        "Active",
        wrapper="Workforce",
        created="CreateDate",
        modified="LastUpdatedDate",
        missing=(VALIDATION, "No workforce found in account."),
    ),
    _kind(
        "Workteam",
        "workteam/private-crowd",
        wrapper="Workteam",
        created="CreateDate",
        modified="LastUpdatedDate",
        missing=(VALIDATION, "The work team does not exist."),
    ),
)

KINDS: Mapping[str, Kind] = {row.name: row for row in _ROWS}
