"""Definitions of pipelines: which steps are which resources, what expressions stand for, and what is not known."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import InputError
from auditor.model.gap import Gap
from auditor.model.resource import Location, Resource
from auditor.model.sagemaker import AutoMLJobV2, Endpoint, EndpointConfig, Model, ProcessingJob, TrainingJob
from auditor.model.sagemaker import TransformJob as Transform
from auditor.model.unknown import CannotAssess, Reason, Unknown
from auditor.sources.detect import detect
from auditor.sources.document import Document, read_documents
from auditor.sources.interface import GateContext
from auditor.sources.pipelines import recognises
from auditor.sources.pipelines.steps import KINDS, PipelineSource

TRAIN: dict[str, Any] = {
    "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
    "RoleArn": "role",
    "OutputDataConfig": {"S3OutputPath": "s3://b/o"},
    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}


def _step(kind: str, name: str = "Step", **arguments: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind, "Arguments": arguments}


def _collect(*steps: Any, parameters: Any = (), **values: str) -> list[Resource | Gap]:
    value = {"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)}
    return list(PipelineSource(Document("p.json", value), GateContext(parameters=values)).collect())


def _resources(*steps: Any, **given: Any) -> list[Resource]:
    return [item for item in _collect(*steps, **given) if isinstance(item, Resource)]


def _gaps(*steps: Any) -> list[Gap]:
    return [item for item in _collect(*steps) if isinstance(item, Gap) and item.reason is not Reason.EXCLUDED]


def _volume_key(parameters: Any = (), said: Any = None, **values: str) -> Any:
    resources = {**TRAIN["ResourceConfig"], "VolumeKmsKeyId": said or {"Get": "Parameters.Key"}}
    (job,) = _resources(_step("Training", **{**TRAIN, "ResourceConfig": resources}), parameters=parameters, **values)
    assert isinstance(job, TrainingJob)
    assert job.resource_config is not None
    return job.resource_config.peek("volume_kms_key_id")


@pytest.mark.parametrize("word", KINDS)
def test_every_type_of_step_makes_its_resource(word: str) -> None:
    (made,) = _resources(_step(word, "MyStep"))
    assert type(made) is KINDS[word]
    assert made.identity.name == "MyStep"


def test_a_name_that_stands_there_twice_is_a_gap() -> None:
    steps = (_step("Training", "T", **TRAIN), _step("Processing", "P"), _step("Training", "T"))
    assert [made.identity.name for made in _resources(*steps)] == ["T", "P"]
    (gap,) = _gaps(*steps)
    assert "two steps are called 'T'" in gap.detail


def test_the_second_version_of_automl_is_told_by_its_arguments() -> None:
    (made,) = _resources(_step("AutoML", AutoMLProblemTypeConfig={}))
    assert type(made) is AutoMLJobV2


def test_values_and_defaults_are_those_of_the_request() -> None:
    (job,) = _resources(_step("Training", "Train", **TRAIN, EnableNetworkIsolation=True))
    assert isinstance(job, TrainingJob)
    assert job.enable_network_isolation is True
    assert job.enable_inter_container_traffic_encryption is False
    assert job.resource_config is not None
    assert job.resource_config.volume_kms_key_id is None
    assert job.tags == ()


def test_what_is_left_to_the_pipeline_is_not_known() -> None:
    (job,) = _resources(_step("Training", "Train"))
    assert isinstance(job, TrainingJob)
    for member in ("training_job_name", "role_arn", "output_data_config"):
        with pytest.raises(CannotAssess) as caught:
            getattr(job, member)
        assert caught.value.unknown.reason is Reason.RUNTIME_VALUE


def test_a_name_that_is_given_is_the_name() -> None:
    (model,) = _resources(_step("Model", "Create", ModelName="churn"))
    assert isinstance(model, Model)
    assert model.identity.name == "churn"
    assert model.origin.of("ModelName") == Location("p.json", 1, "Create")


KEY = {"Name": "Key", "Type": "String"}


def test_a_parameter_is_what_was_given_or_its_default() -> None:
    assert _volume_key([{**KEY, "DefaultValue": "alias/a"}]) == "alias/a"
    assert _volume_key([{**KEY, "DefaultValue": "alias/a"}], Key="alias/b") == "alias/b"
    assert _volume_key([KEY], Key="alias/b") == "alias/b"


@pytest.mark.parametrize(
    ("parameters", "reason", "detail"),
    [
        ([KEY], Reason.RUNTIME_VALUE, "Parameters.Key has no default: give --parameters Key="),
        ([], Reason.UNRESOLVED_REFERENCE, "declares no parameter Key"),
        ([{**KEY, "DefaultValue": {"Get": "Parameters.Key"}}], Reason.UNSUPPORTED_SYNTAX, "no single value"),
        ("nonsense", Reason.UNRESOLVED_REFERENCE, "declares no parameter"),
        (
            [{**KEY, "DefaultValue": "a"}, {**KEY, "DefaultValue": "b"}],
            Reason.UNSUPPORTED_SYNTAX,
            "declares Parameters.Key more than once",
        ),
    ],
)
def test_a_parameter_without_a_value_is_not_known(parameters: Any, reason: Reason, detail: str) -> None:
    found = _volume_key(parameters)
    assert isinstance(found, Unknown)
    assert found.reason is reason
    assert detail in found.detail


def test_a_number_is_read_from_what_was_given() -> None:
    resources = {**TRAIN["ResourceConfig"], "InstanceCount": {"Get": "Parameters.Count"}}
    step = _step("Training", **{**TRAIN, "ResourceConfig": resources})
    (job,) = _resources(step, parameters=[{"Name": "Count", "Type": "Integer"}], Count="3")
    assert isinstance(job, TrainingJob)
    assert job.resource_config is not None
    assert job.resource_config.instance_count == 3


@pytest.mark.parametrize(
    ("said", "detail"),
    [
        ({"Get": "Execution.PipelineExecutionId"}, "Execution.PipelineExecutionId"),
        ({"Get": "Steps.Other.Outputs['key']"}, "Steps.Other.Outputs"),
        ({"Std:JsonGet": {"PropertyFile": {"Get": "Steps.A.PropertyFiles.B"}, "Path": "x"}}, "Std:JsonGet"),
        ({"Std:Join": {"On": "/", "Values": ["alias", {"Get": "Execution.PipelineName"}]}}, "Std:Join of what"),
        ({"Std:Join": "nonsense"}, "Std:Join"),
        ({"Std:Join": {"Values": [{"a": 1, "b": 2}]}}, "Std:Join"),
        ({"Std:Later": {}}, "Std:Later"),
    ],
)
def test_what_only_an_execution_tells_is_not_known(said: Any, detail: str) -> None:
    found = _volume_key(said=said)
    assert isinstance(found, Unknown)
    assert found.reason is Reason.RUNTIME_VALUE
    assert detail in found.detail


def test_literals_are_joined() -> None:
    parameters = [{**KEY, "DefaultValue": "a"}]
    said = {"Std:Join": {"On": "/", "Values": ["alias", {"Get": "Parameters.Key"}, 1, True]}}
    assert _volume_key(parameters, said) == "alias/a/1/true"


def test_what_another_step_makes_is_a_reference() -> None:
    named = {"Get": "Steps.Create.ModelName"}
    made = _resources(
        _step("Model", "Create"),
        _step("Transform", "Score", ModelName=named),
        _step("EndpointConfig", "Config", ProductionVariants=[{"VariantName": "a", "ModelName": named}]),
        _step("Endpoint", "Serve", EndpointConfigName={"Get": "Steps.Config.EndpointConfigName"}),
    )
    model, transform, config, endpoint = made
    assert isinstance(transform, Transform)
    assert isinstance(config, EndpointConfig)
    assert isinstance(endpoint, Endpoint)
    assert transform.model_name == model.identity.name
    assert config.production_variants[0].model_name == model.identity.name
    assert endpoint.endpoint_config_name == config.identity.name


def test_both_branches_of_a_condition_are_judged() -> None:
    inner = _step("Condition", "Inner", IfSteps=[_step("Processing", "Deep")], ElseSteps=[])
    outer = _step("Condition", "Outer", Conditions=[], IfSteps=[_step("Training", "Then")], ElseSteps=[inner])
    assert [made.identity.name for made in _resources(outer)] == ["Then", "Deep"]


def test_a_step_of_an_unknown_type_is_a_gap_on_it() -> None:
    (gap,) = _gaps(_step("Teleport", "Beam"))
    assert (gap.scope.type, gap.scope.resource) == ("AWS::SageMaker::Teleport", "Beam")
    assert "'Teleport' are not judged yet" in gap.detail
    others = ("Lambda", "Callback", "EMR", "EMRServerless", "Fail", "Condition")
    assert not _gaps(*(_step(word, word) for word in others))


@pytest.mark.parametrize("step", ["text", {"Name": "x"}, _step("Condition", IfSteps="later")])
def test_what_is_no_step_makes_the_run_incomplete(step: Any) -> None:
    (gap,) = _gaps(step)
    assert gap.scope.type == ""
    assert gap.reason is Reason.UNSUPPORTED_SYNTAX


def test_arguments_that_are_not_understood_are_gaps_on_the_step() -> None:
    (first,) = _gaps(_step("Training", "Train", EnableNetworkIsolaton=True))
    assert first.scope.resource == "Train"
    assert "did you mean 'EnableNetworkIsolation'" in first.detail
    (second,) = _gaps({"Name": "Train", "Type": "Training", "Arguments": {"Get": "Parameters.All"}})
    assert second.scope.type == "AWS::SageMaker::TrainingJob"


@pytest.mark.parametrize("key", ["enableNetworkIsolation", "EnableNetworkisolation", "enable_network_isolation"])
def test_an_argument_that_is_spelled_otherwise_is_not_taken(key: str) -> None:
    step = _step("Training", "Train", **{**TRAIN, key: True})
    (job,), (gap,) = _resources(step), _gaps(step)
    assert isinstance(job, TrainingJob)
    with pytest.raises(CannotAssess):
        _ = job.enable_network_isolation
    assert "it is not spelled EnableNetworkIsolation" in gap.detail


def test_every_argument_has_its_line(tmp_path: Path) -> None:
    inner = _step("Processing", "Deep", NetworkConfig={"EnableNetworkIsolation": {"Get": "Parameters.Isolated"}})
    value = {"Version": "2020-12-01", "Steps": [_step("Condition", "If", IfSteps=[inner], ElseSteps=[])]}
    path = tmp_path / "pipeline.json"
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")
    (document,) = read_documents(path, "pipeline.json")
    kind = detect(document)
    assert kind is not None
    assert kind.name == "pipeline"
    job = next(iter(kind.source(document, GateContext()).collect()))
    assert isinstance(job, ProcessingJob)
    lines = path.read_text(encoding="utf-8").splitlines()
    where = job.origin.of("NetworkConfig.EnableNetworkIsolation")
    assert isinstance(where, Location)
    assert "EnableNetworkIsolation" in lines[where.line - 1]
    assert where.logical_id == "Deep"


@pytest.mark.parametrize("value", [[], {"Steps": {}}, {"Version": "1"}])
def test_what_is_no_definition_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match=r"p\.json:1: a pipeline's definition"):
        list(PipelineSource(Document("p.json", value)).collect())


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ({"Version": "2020-12-01", "Steps": []}, True),
        ({"Steps": [{"Type": "Training"}]}, True),
        ({"Steps": []}, False),
        ({"Steps": ["checkout", "build"]}, False),
        ([], False),
    ],
)
def test_a_definition_is_told_by_its_steps(value: Any, *, fits: bool) -> None:
    assert recognises(Document("p.json", value)) is fits


WILD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["Parameters.Key", "Steps.A.ModelName", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Get", "Std:Join", "On", "Values", "IfSteps", "Name", "Type", "Arguments", "VpcConfig"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(kind=st.sampled_from([*KINDS, "Condition", "Other"]), arguments=WILD, parameters=WILD)
def test_whatever_stands_there_is_read_or_a_gap(kind: str, arguments: Any, parameters: Any) -> None:
    step = {"Name": "A", "Type": kind, "Arguments": arguments}
    document = Document("p.json", {"Steps": [step, arguments], "Parameters": parameters})
    assert list(PipelineSource(document).collect())


def test_a_join_of_more_than_any_member_takes_is_not_known() -> None:
    huge = {"Std:Join": {"On": "x" * 100_000, "Values": [""] * 100_000}}
    (job,) = (
        item for item in _collect(_step("Training", **{**TRAIN, "RoleArn": huge})) if isinstance(item, TrainingJob)
    )
    unknown = job.peek("role_arn")
    assert isinstance(unknown, Unknown)
    assert unknown.reason is Reason.UNSUPPORTED_SYNTAX


def test_many_joins_of_one_long_text_do_not_fill_all_memory() -> None:
    long = {"Name": "Long", "Type": "String", "DefaultValue": "x" * 200_000}
    joined = {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.Long"}]}}
    steps = [_step("Model", f"Model{number}", ExecutionRoleArn=joined) for number in range(200)]
    models = _resources(*steps, parameters=[long])
    roles = [model.peek("execution_role_arn") for model in models]
    texts = [role for role in roles if isinstance(role, str)]
    assert sum(map(len, texts)) <= 20_000_000
    assert len(texts) > 10
    assert {role.reason for role in roles if isinstance(role, Unknown)} == {Reason.UNSUPPORTED_SYNTAX}
