"""The collectors, as a table: how each type of SageMaker resource is listed, searched and described.

Operations and members are those of the SageMaker API; a test holds every row against botocore's model.
"""

from dataclasses import dataclass

from auditor.model import sagemaker as model
from auditor.model.resource import Resource


@dataclass(frozen=True, slots=True)
class Search:
    """How `Search` answers a type.

    Args:
        resource: the `Resource` that is searched.
        record: members that lead from a record to the resource's members.
        source_type: for what trial components describe: their `Source.SourceType`.
    """

    resource: str
    record: tuple[str, ...]
    source_type: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """How one type is collected.

    Args:
        kind: the type in the model.
        list_operation: gives every resource, a hundred names a page.
        items: the member of its answer that holds them.
        describe_operation: gives one resource whole.
        keys: member of the Describe request to member of the list item.
        name, arn: members of the list item; an empty `arn` is made from the pattern `arn_of`.
        created, modified: members of the list item; empty where it has none.
        search: how `Search` answers the type, where it does.
        unwrap: the member of the Describe answer that holds the resource.
        status: the member of the list item that holds a job's status.
        running: the statuses of a job that has not ended.
        after: the List filter on the time of creation, for jobs.
        volatile: members that change in place without `modified` moving along in Search.
        extra: further parameters of the list.
        arn_of: resource part of the ARN, filled from the list item.
        whole_in_list: the list item is the whole resource.
        immutable: it can be deleted, but not changed.
        sort_by: the list's word for the time of creation.
        definition: the member whose steps make further resources; empty for none.
    """

    kind: type[Resource]
    list_operation: str
    items: str
    describe_operation: str
    keys: tuple[tuple[str, str], ...]
    name: str
    arn: str
    created: str = "CreationTime"
    modified: str = "LastModifiedTime"
    search: Search | None = None
    unwrap: str = ""
    status: str = ""
    running: tuple[str, ...] = ()
    after: str = ""
    volatile: frozenset[str] = frozenset()
    extra: tuple[tuple[str, str], ...] = ()
    arn_of: str = ""
    whole_in_list: bool = False
    immutable: bool = False
    sort_by: str = "CreationTime"
    definition: str = ""

    @property
    def cacheable(self) -> bool:
        """Whether the list tells that nothing can have changed since the resource was read."""
        return self.immutable or (self.is_job and bool(self.modified))

    @property
    def is_job(self) -> bool:
        """Whether it ends, so that old ones can be left out."""
        return bool(self.after)


_RUNNING = ("InProgress", "Stopping")
_AFTER = "CreationTimeAfter"


def _trial(source: str) -> Search:
    return Search("ExperimentTrialComponent", ("TrialComponent", "SourceDetail", source), f"SageMaker{source}")


def _plain(
    kind: type[Resource],
    items: str,
    *,
    list_operation: str = "",
    modified: str = "LastModifiedTime",
    search: bool = False,
    immutable: bool = False,
    definition: str = "",
) -> Row:
    """A type whose operations and members are named after it."""
    name = kind.__name__
    return Row(
        kind,
        list_operation or f"List{name}s",
        items,
        f"Describe{name}",
        ((f"{name}Name", f"{name}Name"),),
        f"{name}Name",
        f"{name}Arn",
        modified=modified,
        search=Search(name, (name,)) if search else None,
        immutable=immutable,
        definition=definition,
    )


def _job(
    kind: type[Resource],
    items: str,
    *,
    search: Search | None = None,
    running: tuple[str, ...] = _RUNNING,
    modified: str = "LastModifiedTime",
    sort_by: str = "CreationTime",
) -> Row:
    """A job: it ends, and old ones can be left out."""
    name = kind.__name__
    return Row(
        kind,
        f"List{name}s",
        items,
        f"Describe{name}",
        ((f"{name}Name", f"{name}Name"),),
        f"{name}Name",
        f"{name}Arn",
        modified=modified,
        search=search,
        status=f"{name}Status",
        running=running,
        after=_AFTER,
        sort_by=sort_by,
    )


def _definition(kind: type[Resource]) -> Row:
    """A monitoring job definition; immutable."""
    name = kind.__name__
    return Row(
        kind,
        f"List{name}s",
        "JobDefinitionSummaries",
        f"Describe{name}",
        (("JobDefinitionName", "MonitoringJobDefinitionName"),),
        "MonitoringJobDefinitionName",
        "MonitoringJobDefinitionArn",
        modified="",
        immutable=True,
    )


TABLE: tuple[Row, ...] = (
    _plain(model.NotebookInstance, "NotebookInstances"),
    _plain(model.NotebookInstanceLifecycleConfig, "NotebookInstanceLifecycleConfigs"),
    _plain(model.CodeRepository, "CodeRepositorySummaryList", list_operation="ListCodeRepositories"),
    _job(model.TrainingJob, "TrainingJobSummaries", search=Search("TrainingJob", ("TrainingJob",))),
    _job(
        model.HyperParameterTuningJob,
        "HyperParameterTuningJobSummaries",
        search=Search("HyperParameterTuningJob", ("HyperParameterTuningJob",)),
        running=("InProgress", "Stopping", "Deleting"),
    ),
    _job(model.ProcessingJob, "ProcessingJobSummaries", search=_trial("ProcessingJob")),
    _job(model.TransformJob, "TransformJobSummaries", search=_trial("TransformJob")),
    # DescribeAutoMLJobV2 answers for jobs of both versions, so that one list is read once.
    Row(
        model.AutoMLJobV2,
        "ListAutoMLJobs",
        "AutoMLJobSummaries",
        "DescribeAutoMLJobV2",
        (("AutoMLJobName", "AutoMLJobName"),),
        "AutoMLJobName",
        "AutoMLJobArn",
        status="AutoMLJobStatus",
        running=_RUNNING,
        after=_AFTER,
    ),
    Row(
        model.Model,
        "ListModels",
        "Models",
        "DescribeModel",
        (("ModelName", "ModelName"),),
        "ModelName",
        "ModelArn",
        modified="",
        search=Search("Model", ("Model", "Model")),
        immutable=True,
    ),
    Row(
        model.ModelPackage,
        "ListModelPackages",
        "ModelPackageSummaryList",
        "DescribeModelPackage",
        (("ModelPackageName", "ModelPackageArn"),),
        "ModelPackageArn",
        "ModelPackageArn",
        modified="",
        search=Search("ModelPackage", ("ModelPackage",)),
        volatile=frozenset({"ModelApprovalStatus", "ModelLifeCycle"}),
        extra=(("ModelPackageType", "Both"),),
    ),
    _plain(model.ModelPackageGroup, "ModelPackageGroupSummaryList", modified=""),
    _plain(model.ModelCard, "ModelCardSummaries"),
    _plain(model.Algorithm, "AlgorithmSummaryList", modified=""),
    _plain(model.EndpointConfig, "EndpointConfigs", modified="", immutable=True),
    _plain(model.Endpoint, "Endpoints"),
    _plain(model.InferenceComponent, "InferenceComponents"),
    Row(
        model.InferenceExperiment,
        "ListInferenceExperiments",
        "InferenceExperiments",
        "DescribeInferenceExperiment",
        (("Name", "Name"),),
        "Name",
        "",
        arn_of="inference-experiment/{Name}",
    ),
    Row(
        model.InferenceRecommendationsJob,
        "ListInferenceRecommendationsJobs",
        "InferenceRecommendationsJobs",
        "DescribeInferenceRecommendationsJob",
        (("JobName", "JobName"),),
        "JobName",
        "JobArn",
        status="Status",
        running=("PENDING", "IN_PROGRESS", "STOPPING", "DELETING"),
        after=_AFTER,
    ),
    _job(model.OptimizationJob, "OptimizationJobSummaries", running=("INPROGRESS", "STARTING", "STOPPING")),
    Row(
        model.Domain,
        "ListDomains",
        "Domains",
        "DescribeDomain",
        (("DomainId", "DomainId"),),
        "DomainName",
        "DomainArn",
    ),
    Row(
        model.UserProfile,
        "ListUserProfiles",
        "UserProfiles",
        "DescribeUserProfile",
        (("DomainId", "DomainId"), ("UserProfileName", "UserProfileName")),
        "UserProfileName",
        "",
        arn_of="user-profile/{DomainId}/{UserProfileName}",
    ),
    Row(
        model.Space,
        "ListSpaces",
        "Spaces",
        "DescribeSpace",
        (("DomainId", "DomainId"), ("SpaceName", "SpaceName")),
        "SpaceName",
        "",
        arn_of="space/{DomainId}/{SpaceName}",
    ),
    _plain(model.AppImageConfig, "AppImageConfigs"),
    _plain(model.StudioLifecycleConfig, "StudioLifecycleConfigs"),
    _plain(model.Image, "Images"),
    _plain(model.FeatureGroup, "FeatureGroupSummaries", modified="", search=True),
    _definition(model.DataQualityJobDefinition),
    _definition(model.ModelBiasJobDefinition),
    _definition(model.ModelExplainabilityJobDefinition),
    _definition(model.ModelQualityJobDefinition),
    _plain(model.MonitoringSchedule, "MonitoringScheduleSummaries"),
    # Tags and the versions' names change without the time of its last change: it is described in every scan.
    _plain(model.Pipeline, "PipelineSummaries", definition="PipelineDefinition"),
    _job(model.LabelingJob, "LabelingJobSummaryList", running=("Initializing", "InProgress", "Stopping")),
    _plain(model.FlowDefinition, "FlowDefinitionSummaries", modified=""),
    Row(
        model.Workforce,
        "ListWorkforces",
        "Workforces",
        "DescribeWorkforce",
        (("WorkforceName", "WorkforceName"),),
        "WorkforceName",
        "WorkforceArn",
        created="CreateDate",
        modified="LastUpdatedDate",
        unwrap="Workforce",
        whole_in_list=True,
    ),
    Row(
        model.Workteam,
        "ListWorkteams",
        "Workteams",
        "DescribeWorkteam",
        (("WorkteamName", "WorkteamName"),),
        "WorkteamName",
        "WorkteamArn",
        created="CreateDate",
        modified="LastUpdatedDate",
        unwrap="Workteam",
        whole_in_list=True,
    ),
    _job(model.CompilationJob, "CompilationJobSummaries", running=("INPROGRESS", "STARTING", "STOPPING")),
    _job(
        model.EdgePackagingJob,
        "EdgePackagingJobSummaries",
        running=("INPROGRESS", "STARTING", "STOPPING"),
        sort_by="CREATION_TIME",
    ),
    _plain(model.DeviceFleet, "DeviceFleetSummaries"),
    _plain(model.Cluster, "ClusterSummaries", modified=""),
    Row(
        model.PartnerApp,
        "ListPartnerApps",
        "Summaries",
        "DescribePartnerApp",
        (("Arn", "Arn"),),
        "Name",
        "Arn",
        modified="",
    ),
    Row(
        model.MlflowTrackingServer,
        "ListMlflowTrackingServers",
        "TrackingServerSummaries",
        "DescribeMlflowTrackingServer",
        (("TrackingServerName", "TrackingServerName"),),
        "TrackingServerName",
        "TrackingServerArn",
    ),
    Row(
        model.MlflowApp,
        "ListMlflowApps",
        "Summaries",
        "DescribeMlflowApp",
        (("Arn", "Arn"),),
        "Name",
        "Arn",
    ),
    _job(model.AIBenchmarkJob, "AIBenchmarkJobs", modified=""),
    _job(model.AIRecommendationJob, "AIRecommendationJobs", modified=""),
)

BY_TYPE: dict[str, Row] = {row.kind.cfn_type: row for row in TABLE}
# Described by the operation of its second version.
FOLDED: dict[str, str] = {model.AutoMLJob.cfn_type: model.AutoMLJobV2.cfn_type}

OPERATIONS: tuple[str, ...] = tuple(
    sorted(
        {f"sagemaker:{row.list_operation}" for row in TABLE}
        | {f"sagemaker:{row.describe_operation}" for row in TABLE if not row.whole_in_list}
        | {"sagemaker:Search", "sagemaker:ListTags"}
    )
)
