"""Requests: which operation a file is, what is wrong with it, and what is not said in it."""

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.errors import InputError, UsageError
from auditor.model.codec import encode
from auditor.model.gap import Gap
from auditor.model.resource import Location, Resource
from auditor.model.sagemaker import AutoMLJobV2, EndpointConfig, NotebookInstance, Pipeline, TrainingJob
from auditor.model.unknown import CannotAssess, Reason
from auditor.sources.document import read_documents
from auditor.sources.interface import Deployment, GateContext
from auditor.sources.requests import RequestSource, kind_of_operation, recognises
from auditor.sources.shapes import Member

JOB: dict[str, Any] = {
    "TrainingJobName": "job",
    "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
    "RoleArn": "role",
    "OutputDataConfig": {"S3OutputPath": "s3://b/o"},
    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 5},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}


def _write(folder: Path, text: str | bytes, name: str = "create-training-job.json") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def _read(path: Path, shown: str = "", **given: Any) -> Resource:
    (document,) = read_documents(path, shown)
    source = RequestSource(document, GateContext(**given))
    return next(item for item in source.collect() if isinstance(item, Resource))


def _error(folder: Path, text: str | bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        _read(_write(folder, text), shown="jobs/create-training-job.json")
    assert caught.value.file == "jobs/create-training-job.json"
    return caught.value


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("create-training-job.json", TrainingJob),
        ("CreateTrainingJob.json", TrainingJob),
        ("nightly.create_training_job.json", TrainingJob),
        ("create-auto-ml-job-v2.json", AutoMLJobV2),
        ("create-notebook-instance.json", NotebookInstance),
        ("create-endpoint-config.json", EndpointConfig),
    ],
)
def test_the_name_of_the_file_tells_the_operation(tmp_path: Path, name: str, kind: type[Resource]) -> None:
    assert type(_read(_write(tmp_path, "{}", name))) is kind


def test_the_content_tells_the_operation_where_the_name_does_not(tmp_path: Path) -> None:
    assert type(_read(_write(tmp_path, json.dumps(JOB), "nightly.json"))) is TrainingJob


@pytest.mark.parametrize("text", ["{}", '{"Nonsense": 1}'])
def test_what_fits_no_operation_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match="no operation takes these keys") as caught:
        _read(_write(tmp_path, text, "nightly.json"))
    assert "--as" in str(caught.value)


def test_what_could_be_several_operations_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alike = {"Name": Member("string", required=True)}
    monkeypatch.setattr("auditor.sources.requests.members", lambda _: alike)
    with pytest.raises(InputError, match="could be any of CreateNotebookInstance, "):
        _read(_write(tmp_path, '{"Name": "x"}', "nightly.json"))


def test_the_hint_goes_before_the_name(tmp_path: Path) -> None:
    path = _write(tmp_path, "{}", "create-model.json")
    assert type(_read(path, operation="create-training-job")) is TrainingJob
    with pytest.raises(UsageError, match="CreateTrainingJob"):
        kind_of_operation("CreateTrainingJobs")


def test_values_defaults_and_what_is_not_said(tmp_path: Path) -> None:
    where = Deployment("aws-cn", "111122223333", "cn-north-1")
    job = _read(_write(tmp_path, json.dumps(JOB)), deployment=where)
    assert isinstance(job, TrainingJob)
    assert job.enable_network_isolation is False
    assert job.tags == ()
    assert job.identity.account == "111122223333"
    for field in ("training_job_arn", "training_job_status", "tuning_job_arn"):
        with pytest.raises(CannotAssess) as caught:
            getattr(job, field)
        assert caught.value.unknown.reason is Reason.NOT_COLLECTED


def test_members_that_create_calls_otherwise(tmp_path: Path) -> None:
    text = '{"SecurityGroupIds": ["sg-1"], "LifecycleConfigName": "x"}'
    notebook = _read(_write(tmp_path, text, "create-notebook-instance.json"))
    assert isinstance(notebook, NotebookInstance)
    assert notebook.security_groups == ("sg-1",)
    assert notebook.notebook_instance_lifecycle_config_name == "x"


def test_a_definition_that_lies_elsewhere_is_unknown(tmp_path: Path) -> None:
    text = '{"PipelineDefinitionS3Location": {"Bucket": "b", "ObjectKey": "k"}}'
    pipeline = _read(_write(tmp_path, text, "create-pipeline.json"))
    assert isinstance(pipeline, Pipeline)
    with pytest.raises(CannotAssess):
        _ = pipeline.pipeline_definition


def test_every_member_has_its_line(tmp_path: Path) -> None:
    job = _read(_write(tmp_path, json.dumps(JOB, indent=1)), shown="a.json")
    assert job.origin.of("RoleArn") == Location("a.json", 7, "job")
    assert job.origin.of("ResourceConfig.InstanceType") == Location("a.json", 12, "job")
    assert job.origin.of("AlgorithmSpecification.TrainingInputMode") == Location("a.json", 5, "job")
    assert job.origin.of("VpcConfig") == Location("a.json", 1, "job")


def test_what_surrounds_it_is_left_out_by_choice(tmp_path: Path) -> None:
    path = _write(tmp_path, json.dumps(JOB))
    (gap,) = [item for item in RequestSource(read_documents(path)[0]).collect() if isinstance(item, Gap)]
    assert gap.reason is Reason.EXCLUDED
    assert gap.scope.type == ""


def test_a_word_that_the_api_does_not_know_is_not_taken_for_another(tmp_path: Path) -> None:
    notebook = _read(_write(tmp_path, '{"RootAccess": "disabled"}', "create-notebook-instance.json"))
    assert isinstance(notebook, NotebookInstance)
    with pytest.raises(CannotAssess) as caught:
        _ = notebook.root_access
    assert caught.value.unknown.reason is Reason.UNEXPECTED_VALUE


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        ('{\n "RoleArm": "x"}', 2, "RoleArm", "RoleArn"),
        ('{\n "VpcConfig": {\n  "Subnet": []}}', 3, "VpcConfig.Subnet", "Subnets"),
        ('{"RoleArn": 5}', 1, "RoleArn", "a string is expected, not a number"),
        ('{"EnableNetworkIsolation": "true"}', 1, "EnableNetworkIsolation", "a boolean is expected"),
        ('{"RoleArn": null}', 1, "RoleArn", "not null"),
        ('{"VpcConfig": []}', 1, "VpcConfig", "an object is expected, not a list"),
        ('{"ResourceConfig": {"InstanceCount": true}}', 1, "ResourceConfig.InstanceCount", "integer"),
        ('{"RoleArn": "a",\n\n "RoleArn": "b"}', 3, "RoleArn", "twice"),
        ('{"Tags": [{"Key": "a"}, {"Key": "b", "Key": "c"}]}', 1, "Tags[1].Key", "twice"),
        ('{"RoleArn": \n\n oops}', 3, "", "not JSON"),
        ('{"BillableTimeInSeconds": NaN}', 0, "", "not JSON"),
        ("[1, 2]", 1, "", "JSON object"),
        ("", 0, "", "empty"),
        ("  \n ", 0, "", "empty"),
        (b"{\n\xff\xfe\x00\x01", 2, "", "UTF-8"),
        (b"{\n\x00}", 2, "", "binary"),
        ('{"Environment": ' + '{"a":' * 210 + "1" + "}" * 211, 1, "", "too deeply"),
        ("[" * 200_000, 0, "", "too deeply"),
        (b'{"RoleArn": "' + b"x" * (50 * 1024 * 1024) + b'"}', 0, "", "too large"),
    ],
)
def test_a_mistake_is_told_by_line_and_key(tmp_path: Path, text: str | bytes, line: int, key: str, words: str) -> None:
    error = _error(tmp_path, text)
    assert (error.line, error.key) == (line, key)
    assert words in str(error)


def test_no_error_repeats_a_value(tmp_path: Path) -> None:
    secret = "correct-horse-battery"
    for text in (
        f'{{"Environment": "{secret}"}}',
        f'{{"Environment": {{"A": ["{secret}"]}}}}',
        f'{{"HyperParameters": {{"p": {{"q": "{secret}"}}}}}}',
        f'{{"Environment": {{"A": "{secret}", "A": "{secret}"}}}}',
        f'{{"Environment": {{"A": "{secret}",,}}}}',
    ):
        assert secret not in str(_error(tmp_path, text))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        _read(tmp_path / "create-training-job.json")
    with pytest.raises(InputError, match="directory"):
        _read(tmp_path)


NIGHTLY = {"PipelineName": "nightly", "RoleArn": "arn:aws:iam::111122223333:role/pipelines"}
STEPS = [
    {"Name": "Train", "Type": "Training", "Arguments": {"EnableNetworkIsolation": True}},
    {"Name": "Beam", "Type": "Teleport"},
]
DEFINITION = json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": STEPS})


def _collect(folder: Path, request: dict[str, Any], name: str = "nightly.json", **given: Any) -> list[Resource | Gap]:
    (document,) = read_documents(_write(folder, json.dumps(request, indent=1), name), "requests/nightly.json")
    assert recognises(document)
    return [item for item in RequestSource(document, GateContext(**given)).collect() if not _is_choice(item)]


def _is_choice(item: Resource | Gap) -> bool:
    return isinstance(item, Gap) and item.reason is Reason.EXCLUDED


def test_the_steps_of_a_pipeline_are_judged_in_the_line_of_its_definition(tmp_path: Path) -> None:
    request = {**NIGHTLY, "PipelineDefinition": DEFINITION}
    where = Deployment("aws", "111122223333", "eu-central-1")
    pipeline, train, gap = _collect(tmp_path, request, deployment=where)
    assert isinstance(pipeline, Pipeline)
    assert isinstance(train, TrainingJob)
    assert train.enable_network_isolation is True
    assert train.identity.name == "nightly.Train"
    assert train.identity.account == "111122223333"
    assert train.origin.of("EnableNetworkIsolation") == Location("requests/nightly.json", 4, "nightly.Train")
    assert isinstance(gap, Gap)
    assert gap.scope.resource == "nightly.Beam"
    assert ":4:" in gap.detail


def test_parameters_are_handed_down_to_the_definition(tmp_path: Path) -> None:
    step = {"Name": "Train", "Type": "Training", "Arguments": {"RoleArn": {"Get": "Parameters.Role"}}}
    definition = json.dumps({"Parameters": [{"Name": "Role", "Type": "String"}], "Steps": [step]})
    request = {**NIGHTLY, "PipelineDefinition": definition}
    _, train = _collect(tmp_path, request, parameters={"Role": "arn:aws:iam::111122223333:role/train"})
    assert isinstance(train, TrainingJob)
    assert train.role_arn == "arn:aws:iam::111122223333:role/train"


@pytest.mark.parametrize("text", ["{", "[]", '{"Steps": 1}', "[" * 5000, '{"Steps": [], "Steps": []}'])
def test_a_definition_that_is_not_understood_is_a_gap_on_the_pipeline(tmp_path: Path, text: str) -> None:
    pipeline, gap = _collect(tmp_path, {**NIGHTLY, "PipelineDefinition": text})
    assert isinstance(pipeline, Pipeline)
    assert isinstance(gap, Gap)
    assert (gap.scope.type, gap.scope.resource) == (Pipeline.cfn_type, "nightly")
    assert gap.reason is Reason.UNSUPPORTED_SYNTAX
    assert gap.detail.startswith("requests/nightly.json:4#nightly: the definition is not understood: ")


def test_the_steps_of_a_definition_that_lies_elsewhere_are_a_gap(tmp_path: Path) -> None:
    request = {**NIGHTLY, "PipelineDefinitionS3Location": {"Bucket": "b", "ObjectKey": "k"}}
    _, gap = _collect(tmp_path, request)
    assert isinstance(gap, Gap)
    assert gap.reason is Reason.UNRESOLVED_REFERENCE
    assert "PipelineDefinitionS3Location" in gap.detail


@pytest.mark.parametrize(
    ("name", "operation"), [("nightly.json", ""), ("update-pipeline.json", ""), ("x.json", "UpdatePipeline")]
)
def test_an_update_brings_its_steps_and_leaves_the_rest(tmp_path: Path, name: str, operation: str) -> None:
    request = {"PipelineName": "nightly", "PipelineDefinition": DEFINITION}
    pipeline, train, _ = _collect(tmp_path, request, name, operation=operation)
    assert isinstance(pipeline, Pipeline)
    assert isinstance(train, TrainingJob)
    for field in ("role_arn", "tags", "pipeline_description"):
        with pytest.raises(CannotAssess, match="leaves it as it is"):
            getattr(pipeline, field)


def test_an_update_without_a_definition_brings_no_steps(tmp_path: Path) -> None:
    (pipeline,) = _collect(tmp_path, {"PipelineName": "nightly", "RoleArn": "role"}, "update-pipeline.json")
    assert isinstance(pipeline, Pipeline)
    assert pipeline.role_arn == "role"


def test_an_update_takes_no_tags(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="UpdatePipeline has no such member") as caught:
        _collect(tmp_path, {**NIGHTLY, "Tags": []}, "update-pipeline.json")
    assert caught.value.line == 4


def test_of_a_definition_no_more_than_its_length_is_kept(tmp_path: Path) -> None:
    definition = json.dumps({"Steps": [{"Name": "A", "Type": "Model", "Arguments": {"x": "AKIAIOSFODNN7EXAMPLE"}}]})
    pipeline = _collect(tmp_path, {**NIGHTLY, "PipelineDefinition": definition})[0]
    assert isinstance(pipeline, Pipeline)
    kept = pipeline.pipeline_definition
    assert kept is not None
    assert (kept.length, kept.secrets) == (len(definition), ("aws-access-key-id",))
    assert "AKIA" not in json.dumps(encode(pipeline))
