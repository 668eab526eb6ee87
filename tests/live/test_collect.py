"""What is listed is reported, whatever goes wrong between the list and the contents."""

from __future__ import annotations

import stat
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from auditor.model.coverage import TargetStatus
from auditor.model.sagemaker import NotebookInstance, TrainingJob, TransformJob, Workteam
from auditor.model.unknown import CannotAssess, Reason, Unknown
from auditor.sources.live.table import TABLE
from auditor.state import StateStore

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.demo.server import EmbeddedAws

ROLE = "arn:aws:iam::123456789012:role/train"
LIST_OPERATIONS = sorted({row.list_operation for row in TABLE})
SEARCH_TELLS = {TrainingJob.cfn_type: frozenset({"EnableNetworkIsolation", "Tags"})}


def train(aws: EmbeddedAws, name: str) -> None:
    aws.client("sagemaker").create_training_job(
        TrainingJobName=name,
        RoleArn=ROLE,
        AlgorithmSpecification={"TrainingImage": "image:1", "TrainingInputMode": "File"},
        OutputDataConfig={"S3OutputPath": "s3://models/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
        EnableNetworkIsolation=True,
        Tags=[{"Key": "team", "Value": "ranking"}],
    )


def notebook(aws: EmbeddedAws, name: str = "nb") -> None:
    aws.client("sagemaker").create_notebook_instance(
        NotebookInstanceName=name, InstanceType="ml.t3.medium", RoleArn=ROLE
    )


def test_jobs_are_read_by_search_with_their_tags(aws: EmbeddedAws, collect: Any) -> None:
    for number in range(5):
        train(aws, f"job-{number}")
    found = collect(TrainingJob, needed=SEARCH_TELLS)
    assert sorted(found.resources) == [f"job-{number}" for number in range(5)]
    job = found.resources["job-3"]
    assert job.enable_network_isolation is True
    assert job.tag_map() == {"team": "ranking"}
    assert job.origin.default.operation == "sagemaker:Search"
    assert aws.calls.count("sagemaker", "DescribeTrainingJob") == 0
    assert aws.calls.count("sagemaker", "ListTags") == 0


def test_a_member_that_search_does_not_answer_is_unknown(aws: EmbeddedAws, collect: Any) -> None:
    for number in range(3):
        train(aws, f"job-{number}")
    job = collect(TrainingJob, needed=SEARCH_TELLS).resources["job-0"]
    with pytest.raises(CannotAssess):
        _ = job.remote_debug_config
    assert isinstance(job.peek("infra_check_config"), Unknown)


def test_a_job_that_the_index_does_not_have_yet_is_described(aws: EmbeddedAws, collect: Any) -> None:
    for number in range(5):
        train(aws, f"job-{number}")
    aws.index_lag.names.add("job-4")
    try:
        found = collect(TrainingJob, needed=SEARCH_TELLS)
    finally:
        aws.index_lag.names.clear()
    assert sorted(found.resources) == [f"job-{number}" for number in range(5)]
    assert found.resources["job-4"].origin.default.operation == "sagemaker:DescribeTrainingJob"
    assert aws.calls.count("sagemaker", "DescribeTrainingJob") == 1


def test_jobs_are_described_where_search_is_denied(aws: EmbeddedAws, collect: Any) -> None:
    for number in range(5):
        train(aws, f"job-{number}")
    aws.faults.deny("sagemaker", "Search")
    found = collect(TrainingJob, needed=SEARCH_TELLS)
    assert len(found.resources) == 5
    assert aws.calls.count("sagemaker", "DescribeTrainingJob") == 5
    assert all(job.enable_network_isolation for job in found.resources.values())


def test_a_transform_job_is_read_by_search_although_its_record_lacks_the_last_change(
    aws: EmbeddedAws, collect: Any
) -> None:
    for number in range(5):
        aws.client("sagemaker").create_transform_job(
            TransformJobName=f"batch-{number}",
            ModelName="model",
            TransformInput={"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/in"}}},
            TransformOutput={"S3OutputPath": "s3://b/out"},
            TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        )
    found = collect(TransformJob)
    assert len(found.resources) == 5
    assert aws.calls.count("sagemaker", "Search") >= 1
    assert aws.calls.count("sagemaker", "DescribeTransformJob") == 0


def test_what_vanishes_in_between_is_a_harmless_gap(aws: EmbeddedAws, collect: Any) -> None:
    notebook(aws, "stays")
    notebook(aws, "goes")
    aws.vanish_before_describe("NotebookInstance", "goes")
    found = collect(NotebookInstance)
    assert list(found.resources) == ["stays"]
    assert [(gap.reason, gap.harmless) for gap in found.gaps] == [(Reason.VANISHED, True)]


def test_a_denied_describe_leaves_the_resource_with_unknown_members(aws: EmbeddedAws, collect: Any) -> None:
    notebook(aws)
    aws.faults.deny("sagemaker", "DescribeNotebookInstance")
    found = collect(NotebookInstance)
    read = found.resources["nb"]
    assert read.notebook_instance_name == "nb"
    assert read.creation_time.tzinfo is not None
    assert isinstance(read.peek("root_access"), Unknown)
    assert read.peek("root_access").reason is Reason.ACCESS_DENIED
    assert "sagemaker:DescribeNotebookInstance" in read.peek("root_access").detail
    (target,) = found.collector.targets()
    assert target.status is TargetStatus.PARTIAL


@pytest.mark.parametrize("operation", LIST_OPERATIONS)
def test_a_denied_list_is_one_gap_of_its_family(aws: EmbeddedAws, collect: Any, operation: str) -> None:
    kinds = [row.kind for row in TABLE if row.list_operation == operation]
    aws.faults.deny("sagemaker", operation)
    found = collect(*kinds)
    assert found.resources == {}
    denied = [gap for gap in found.gaps if gap.reason is Reason.ACCESS_DENIED]
    assert {gap.scope.type for gap in denied} == {kind.cfn_type for kind in kinds}
    assert all(f"sagemaker:{operation}" in gap.detail for gap in denied)
    assert {target.status for target in found.collector.targets()} == {TargetStatus.NOT_SCANNED}


def test_a_passing_fault_and_throttles_are_waited_out(aws: EmbeddedAws, collect: Any, reader: Any) -> None:
    notebook(aws)
    aws.faults.throttle("sagemaker", "ListNotebookInstances", times=3)
    aws.faults.fail("sagemaker", "DescribeNotebookInstance", times=2)
    found = collect(NotebookInstance)
    assert list(found.resources) == ["nb"]
    assert found.gaps == []
    counts = {count.operation: count for count in reader.ledger.counts()}
    assert counts["sagemaker:ListNotebookInstances"].throttled == 3
    assert counts["sagemaker:ListNotebookInstances"].calls == 4
    assert counts["sagemaker:DescribeNotebookInstance"].calls == 3


def test_throttles_without_end_are_a_gap(aws: EmbeddedAws, collect: Any) -> None:
    aws.faults.throttle("sagemaker", "ListNotebookInstances")
    found = collect(NotebookInstance)
    assert [gap.reason for gap in found.gaps] == [Reason.THROTTLED]


def test_ended_jobs_before_the_window_are_left_out_and_running_ones_are_not(aws: EmbeddedAws, collect: Any) -> None:
    old = datetime.now(UTC) - timedelta(days=90)
    for name in ("recent", "old-ended", "old-running"):
        train(aws, name)
    for name in ("old-ended", "old-running"):
        aws.amend("TrainingJob", name, CreationTime=old.timestamp(), LastModifiedTime=old.timestamp())
    aws.amend("TrainingJob", "recent", TrainingJobStatus="Completed")
    aws.amend("TrainingJob", "old-ended", TrainingJobStatus="Completed")
    aws.amend("TrainingJob", "old-running", TrainingJobStatus="InProgress")
    for denied in (False, True):
        if denied:
            aws.faults.deny("sagemaker", "Search")
        found = collect(TrainingJob, jobs_since=timedelta(days=30))
        assert sorted(found.resources) == ["old-running", "recent"]
        assert [gap.reason for gap in found.gaps] == [Reason.EXCLUDED]


def test_an_unchanged_job_is_not_asked_for_again(aws: EmbeddedAws, collect: Any, tmp_path: Path) -> None:
    for number in range(5):
        train(aws, f"job-{number}")
        aws.amend("TrainingJob", f"job-{number}", TrainingJobStatus="Completed")
    with StateStore(tmp_path / "state.db") as state:
        first = collect(TrainingJob, needed=SEARCH_TELLS, state=state)
        train(aws, "job-new")
        aws.forget("TrainingJob", "job-0")
        aws.calls.clear()
        second = collect(TrainingJob, needed=SEARCH_TELLS, state=state)
    assert sorted(second.resources) == ["job-1", "job-2", "job-3", "job-4", "job-new"]
    assert second.resources["job-2"].origin == first.resources["job-2"].origin
    assert second.resources["job-2"].tag_map() == {"team": "ranking"}
    assert aws.calls.count("sagemaker", "Search") + aws.calls.count("sagemaker", "DescribeTrainingJob") == 1


def test_a_job_of_the_same_name_made_again_is_read_again(aws: EmbeddedAws, collect: Any, tmp_path: Path) -> None:
    train(aws, "job")
    aws.amend("TrainingJob", "job", TrainingJobStatus="Completed")
    with StateStore(tmp_path / "state.db") as state:
        collect(TrainingJob, needed=SEARCH_TELLS, state=state)
        later = datetime.now(UTC).timestamp() + 60
        aws.amend("TrainingJob", "job", CreationTime=later, LastModifiedTime=later, EnableNetworkIsolation=False)
        again = collect(TrainingJob, needed=SEARCH_TELLS, state=state)
    assert again.resources["job"].enable_network_isolation is False


def test_a_scan_that_was_killed_half_way_is_finished_by_the_next(
    aws: EmbeddedAws, collect: Any, tmp_path: Path
) -> None:
    for number in range(5):
        train(aws, f"job-{number}")
        aws.amend("TrainingJob", f"job-{number}", TrainingJobStatus="Completed")
    path = tmp_path / "state.db"
    aws.faults.throttle("sagemaker", "Search")
    aws.faults.fail("sagemaker", "DescribeTrainingJob")
    with StateStore(path) as state, suppress(KeyboardInterrupt):
        collect(TrainingJob, needed=SEARCH_TELLS, state=state)
        raise KeyboardInterrupt
    aws.faults.clear()
    with StateStore(path) as state:
        found = collect(TrainingJob, needed=SEARCH_TELLS, state=state)
    assert [found.resources[f"job-{number}"].enable_network_isolation for number in range(5)] == [True] * 5


def test_a_state_file_of_another_program_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"something else entirely, and long enough to be looked at" * 20)
    with StateStore(path) as state:
        state.put("family", [("arn", "v1", {"a": 1})])
        assert state.get("family", {"arn": "v1"}) == {"arn": {"a": 1}}
        assert state.get("family", {"arn": "v2"}) == {}
        state.keep_only("family", [])
        assert state.get("family", {"arn": "v1"}) == {}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.with_name("state.db.damaged").exists()


def test_an_unknown_operation_does_not_close_the_other_families(aws: EmbeddedAws, collect: Any) -> None:
    notebook(aws)
    aws.faults.fail("sagemaker", "ListWorkteams")
    found = collect(NotebookInstance, Workteam)
    assert list(found.resources) == ["nb"]
    assert [(gap.reason, gap.scope.type) for gap in found.gaps] == [(Reason.API_ERROR, Workteam.cfn_type)]
