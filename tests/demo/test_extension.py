from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from auditor.demo.extension import install
from auditor.demo.extension.kinds import KINDS
from auditor.demo.extension.overlays import OPERATIONS, REASONS

if TYPE_CHECKING:
    from auditor.demo.server import EmbeddedAws

ROLE = "arn:aws:iam::123456789012:role/sample"
BASE = 1_760_000_000.0
VERBS = ("Create", "Describe", "Delete", "Update", "Stop", "Start")


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def train(aws: EmbeddedAws, name: str, **members: Any) -> None:
    aws.client("sagemaker").create_training_job(
        TrainingJobName=name,
        RoleArn=ROLE,
        AlgorithmSpecification={"TrainingImage": "image", "TrainingInputMode": "File"},
        OutputDataConfig={"S3OutputPath": "s3://bucket/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
        **members,
    )


def process(aws: EmbeddedAws, name: str) -> None:
    cluster = {
        "InstanceType": "ml.m5.large",
        "InstanceCount": 1,
        "VolumeSizeInGB": 10,
        "VolumeKmsKeyId": "key",
    }
    aws.client("sagemaker").create_processing_job(
        ProcessingJobName=name,
        RoleArn=ROLE,
        AppSpecification={"ImageUri": "image"},
        ProcessingResources={"ClusterConfig": cluster},
    )


def found(aws: EmbeddedAws, resource: str, *filters: tuple[str, str, str], **rest: Any) -> list[dict[str, Any]]:
    rules = [{"Name": name, "Operator": operator, "Value": value} for name, operator, value in filters]
    expression = {"SearchExpression": {"Filters": rules}} if rules else {}
    answered = aws.client("sagemaker").search(Resource=resource, MaxResults=100, **expression, **rest)
    return [next(iter(result.values())) for result in answered["Results"]]


def names(records: list[dict[str, Any]], member: str = "TrainingJobName") -> list[str]:
    return [record[member] for record in records]


def test_the_extension_shadows_only_what_the_overlays_list() -> None:
    listed = set(OPERATIONS)
    for kind in REASONS:
        suffixes = (f"{kind}s", f"{kind[:-1]}ies")
        listed |= {f"{verb}{kind}" for verb in VERBS} | {f"List{suffix}" for suffix in suffixes}
    listed |= {"CreateAutoMLJobV2", "DescribeAutoMLJobV2"}
    shadowed = install()
    assert shadowed <= listed
    assert OPERATIONS.keys() <= shadowed
    assert {kind for kind in REASONS if not any(f"{v}{kind}" in shadowed for v in VERBS)} <= {"AutoMLJob"}
    assert REASONS.keys() <= KINDS.keys()


def test_pages_hold_ten_and_tokens_survive_a_deletion(aws: EmbeddedAws) -> None:
    for index in range(25):
        train(aws, f"job-{index:02d}")
    sm = aws.client("sagemaker")
    first = sm.list_training_jobs(SortBy="Name")
    aws.forget("TrainingJob", "job-03")
    second = sm.list_training_jobs(SortBy="Name", NextToken=first["NextToken"])
    assert names(first["TrainingJobSummaries"]) == [f"job-{index:02d}" for index in range(10)]
    assert names(second["TrainingJobSummaries"]) == [f"job-{index:02d}" for index in range(10, 20)]
    last = sm.list_training_jobs(SortBy="Name", SortOrder="Descending", MaxResults=100)
    assert names(last["TrainingJobSummaries"])[0] == "job-24"
    assert "NextToken" not in last


def test_the_status_filter_is_applied_after_the_page_is_taken(aws: EmbeddedAws) -> None:
    for index in range(15):
        train(aws, f"job-{index:02d}")
    aws.amend("TrainingJob", "job-14", TrainingJobStatus="InProgress")
    page = aws.client("sagemaker").list_training_jobs(SortBy="Name", StatusEquals="InProgress")
    assert page["TrainingJobSummaries"] == []
    assert "NextToken" in page


def test_lists_filter_by_time_and_name(aws: EmbeddedAws) -> None:
    for index, name in enumerate(("alpha", "beta", "Alpha-2")):
        train(aws, name)
        aws.amend("TrainingJob", name, CreationTime=BASE + index * 100, LastModifiedTime=BASE + 1000 + index)
    sm = aws.client("sagemaker")
    late = sm.list_training_jobs(CreationTimeAfter=BASE + 50)["TrainingJobSummaries"]
    early = sm.list_training_jobs(CreationTimeBefore=BASE + 50)["TrainingJobSummaries"]
    changed = sm.list_training_jobs(LastModifiedTimeAfter=BASE + 1001)["TrainingJobSummaries"]
    named = sm.list_training_jobs(NameContains="alpha")["TrainingJobSummaries"]
    assert names(late) == ["beta", "Alpha-2"]
    assert names(early) == ["alpha"]
    assert names(changed) == ["Alpha-2"]
    assert names(named) == ["alpha", "Alpha-2"]


@pytest.mark.parametrize("arguments", [{"NextToken": "nonsense"}, {"MaxResults": 101}])
def test_a_bad_page_request_is_a_validation_error(aws: EmbeddedAws, arguments: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as error:
        aws.client("sagemaker").list_training_jobs(**arguments)
    assert code(error) == "ValidationException"


@pytest.mark.parametrize(
    ("operation", "arguments", "expected"),
    [
        ("describe_training_job", {"TrainingJobName": "none"}, "ValidationException"),
        ("describe_model", {"ModelName": "none"}, "ValidationException"),
        ("describe_user_profile", {"DomainId": "d-none", "UserProfileName": "none"}, "ResourceNotFound"),
        ("describe_pipeline", {"PipelineName": "none"}, "ResourceNotFound"),
        ("create_space", {"DomainId": "d-none", "SpaceName": "lab"}, "ResourceNotFound"),
    ],
)
def test_what_is_unknown_is_answered_as_aws_does(
    aws: EmbeddedAws, operation: str, arguments: dict[str, Any], expected: str
) -> None:
    with pytest.raises(ClientError) as error:
        getattr(aws.client("sagemaker"), operation)(**arguments)
    assert code(error) == expected


def test_a_taken_name_and_a_malformed_one_are_refused(aws: EmbeddedAws) -> None:
    train(aws, "job")
    with pytest.raises(ClientError) as taken:
        train(aws, "job")
    with pytest.raises(ClientError) as malformed:
        train(aws, "job_with_underscore", Tags=[{"Key": "k", "Value": "<script>"}])
    assert code(taken) == "ResourceInUse"
    assert code(malformed) == "ValidationException"
    assert "2 validation errors detected" in str(malformed.value)


def test_search_records_have_only_the_members_of_their_shape(aws: EmbeddedAws) -> None:
    train(aws, "job", RemoteDebugConfig={"EnableRemoteDebug": True}, Tags=[{"Key": "Owner", "Value": "me"}])
    (record,) = found(aws, "TrainingJob")
    described = aws.client("sagemaker").describe_training_job(TrainingJobName="job")
    assert "RemoteDebugConfig" in described
    assert "RemoteDebugConfig" not in record
    assert record["Tags"] == [{"Key": "Owner", "Value": "me"}]


def test_search_filters_on_values_times_and_tags(aws: EmbeddedAws) -> None:
    for index, name in enumerate(("old", "new")):
        train(aws, name, Tags=[{"Key": "Owner", "Value": name}])
        aws.amend("TrainingJob", name, CreationTime=BASE + index * 1000)
    aws.amend("TrainingJob", "new", TrainingJobStatus="InProgress")
    after = "2025-10-09T09:00:00Z"
    assert names(found(aws, "TrainingJob", ("CreationTime", "GreaterThan", after))) == ["new"]
    assert names(found(aws, "TrainingJob", ("CreationTime", "LessThanOrEqualTo", after))) == ["old"]
    assert names(found(aws, "TrainingJob", ("TrainingJobStatus", "Equals", "InProgress"))) == ["new"]
    assert names(found(aws, "TrainingJob", ("TrainingJobStatus", "NotEquals", "InProgress"))) == ["old"]
    assert names(found(aws, "TrainingJob", ("TrainingJobName", "In", "old,other"))) == ["old"]
    assert names(found(aws, "TrainingJob", ("TrainingJobName", "Contains", "ne"))) == ["new"]
    assert names(found(aws, "TrainingJob", ("Tags.Owner", "Equals", "old"))) == ["old"]
    assert names(found(aws, "TrainingJob", SortBy="CreationTime", SortOrder="Ascending")) == ["old", "new"]


def test_search_pages_through_everything(aws: EmbeddedAws) -> None:
    for index in range(23):
        train(aws, f"job-{index:02d}")
    seen: list[str] = []
    token: dict[str, str] = {}
    sm = aws.client("sagemaker")
    while True:
        page = sm.search(Resource="TrainingJob", MaxResults=10, **token)
        seen += [result["TrainingJob"]["TrainingJobName"] for result in page["Results"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert sorted(seen) == [f"job-{index:02d}" for index in range(23)]


def test_jobs_appear_as_trial_components_with_their_whole_description(aws: EmbeddedAws) -> None:
    train(aws, "trained")
    process(aws, "processed")
    (component,) = found(aws, "ExperimentTrialComponent", ("Source.SourceType", "Equals", "SageMakerProcessingJob"))
    detail = component["SourceDetail"]["ProcessingJob"]
    assert detail["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == "key"
    assert component["Source"]["SourceArn"] == detail["ProcessingJobArn"]
    assert len(found(aws, "ExperimentTrialComponent")) == 2


@pytest.mark.parametrize(
    "resource",
    [
        "Endpoint",
        "FeatureGroup",
        "HyperParameterTuningJob",
        "Model",
        "ModelCard",
        "ModelPackage",
        "ModelPackageGroup",
        "Pipeline",
        "Project",
    ],
)
def test_search_knows_every_resource_that_is_read_by_it(aws: EmbeddedAws, resource: str) -> None:
    assert found(aws, resource) == []


def test_models_are_found_with_their_isolation(aws: EmbeddedAws) -> None:
    aws.client("sagemaker").create_model(ModelName="m", ExecutionRoleArn=ROLE, EnableNetworkIsolation=True)
    (record,) = found(aws, "Model", ("ModelName", "Equals", "m"))
    assert record["Model"]["EnableNetworkIsolation"] is True


def test_a_lagging_index_hides_what_the_list_shows(aws: EmbeddedAws) -> None:
    train(aws, "fresh")
    train(aws, "indexed")
    aws.index_lag.names.add("fresh")
    listed = aws.client("sagemaker").list_training_jobs()["TrainingJobSummaries"]
    assert sorted(names(listed)) == ["fresh", "indexed"]
    assert names(found(aws, "TrainingJob")) == ["indexed"]
    aws.index_lag.seconds = 3600
    assert found(aws, "TrainingJob") == []


def test_an_update_changes_one_member_and_the_time_of_change(aws: EmbeddedAws) -> None:
    sm = aws.client("sagemaker")
    sm.create_notebook_instance(NotebookInstanceName="nb", InstanceType="ml.t3.medium", RoleArn=ROLE)
    aws.amend("NotebookInstance", "nb", LastModifiedTime=BASE)
    assert sm.describe_notebook_instance(NotebookInstanceName="nb")["RootAccess"] == "Enabled"
    sm.update_notebook_instance(NotebookInstanceName="nb", RootAccess="Disabled")
    described = sm.describe_notebook_instance(NotebookInstanceName="nb")
    assert described["RootAccess"] == "Disabled"
    assert described["LastModifiedTime"].timestamp() > BASE
    sm.stop_notebook_instance(NotebookInstanceName="nb")
    assert sm.describe_notebook_instance(NotebookInstanceName="nb")["NotebookInstanceStatus"] == "Stopped"
    sm.delete_notebook_instance(NotebookInstanceName="nb")
    assert sm.list_notebook_instances()["NotebookInstances"] == []


def test_tags_are_added_listed_and_deleted(aws: EmbeddedAws) -> None:
    sm = aws.client("sagemaker")
    arn = sm.create_model(ModelName="m", ExecutionRoleArn=ROLE)["ModelArn"]
    sm.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    sm.delete_tags(ResourceArn=arn, TagKeys=["a"])
    assert sm.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    with pytest.raises(ClientError) as error:
        sm.list_tags(ResourceArn=arn + "-other")
    assert code(error) == "ValidationException"


def test_accounts_and_regions_are_kept_apart(aws: EmbeddedAws) -> None:
    train(aws, "job")
    assert aws.client("sagemaker", "us-east-1").list_training_jobs()["TrainingJobSummaries"] == []
    role = aws.client("sts").assume_role(RoleArn="arn:aws:iam::210987654321:role/other", RoleSessionName="test")[
        "Credentials"
    ]
    other = aws.client(
        "sagemaker",
        aws_access_key_id=role["AccessKeyId"],
        aws_secret_access_key=role["SecretAccessKey"],
        aws_session_token=role["SessionToken"],
    )
    assert other.list_training_jobs()["TrainingJobSummaries"] == []
    assert aws.calls.all()[-1].account == "210987654321"
