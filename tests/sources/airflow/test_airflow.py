"""Configurations of Airflow's operators: where they stand, what they make, what a run of the DAG alone tells."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import InputError
from auditor.model.gap import Gap
from auditor.model.resource import Location, Resource
from auditor.model.sagemaker import Model, TrainingJob
from auditor.model.sagemaker import TransformJob as Transform
from auditor.model.unknown import CannotAssess, Reason
from auditor.sources.airflow import recognises
from auditor.sources.airflow.found import SECTIONS, templates_in
from auditor.sources.airflow.operators import OperatorSource
from auditor.sources.detect import detect
from auditor.sources.document import Document, read_documents
from auditor.sources.interface import GateContext

PACKAGE = "airflow.providers.amazon.aws.operators.sagemaker"
JOB: dict[str, Any] = {
    "TrainingJobName": "job-{{ ds_nodash }}",
    "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
    "RoleArn": "role",
    "OutputDataConfig": {"S3OutputPath": "s3://b/o", "KmsKeyId": "{{ var.value.key }}"},
    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": "2", "VolumeSizeInGB": 5},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}


def _read(value: Any) -> tuple[list[Resource], list[Gap]]:
    document = Document("dag.json", value, Path("dag.json"))
    assert recognises(document)
    found = list(OperatorSource(document).collect())
    gaps = [item for item in found if isinstance(item, Gap) and item.reason is not Reason.EXCLUDED]
    return [item for item in found if isinstance(item, Resource)], gaps


def test_one_request_with_templates() -> None:
    (job,), gaps = _read(JOB)
    assert not gaps
    assert isinstance(job, TrainingJob)
    assert job.enable_network_isolation is False
    assert job.resource_config is not None
    assert job.resource_config.instance_count == 2
    assert job.output_data_config is not None
    with pytest.raises(CannotAssess, match=r"var\.value\.key") as caught:
        _ = job.output_data_config.kms_key_id
    assert caught.value.unknown.reason is Reason.RUNTIME_VALUE


def test_what_stands_around_a_template_is_not_told() -> None:
    (job,), _ = _read({**JOB, "RoleArn": "hunter2-{{ a }}-{% if b %}"})
    assert isinstance(job, TrainingJob)
    with pytest.raises(CannotAssess) as caught:
        _ = job.role_arn
    assert "{{ a }} {% if b %}" in caught.value.unknown.detail
    assert "hunter2" not in caught.value.unknown.detail


def test_one_request_without_templates_is_a_request() -> None:
    plain = {**JOB, "TrainingJobName": "job", "OutputDataConfig": {"S3OutputPath": "s3://b/o"}}
    assert not recognises(Document("x.json", plain))
    found = detect(Document("x.json", plain, Path("x.json")))
    assert found is not None
    assert found.name == "request"


def test_parts_under_the_names_of_what_they_make() -> None:
    made, gaps = _read({"Model": {"ModelName": "m", "PrimaryContainer": {}}, "Transform": {"TransformJobName": "t"}})
    assert [type(item) for item in made] == [Model, Transform]
    assert [item.identity.name for item in made] == ["m", "t"]
    assert not gaps


@pytest.mark.parametrize("word", SECTIONS)
def test_every_operator_makes_its_resource(word: str) -> None:
    task = {"operator": f"{PACKAGE}.SageMaker{word}Operator", "config": {}}
    made, _ = _read({"dag": {"tasks": {"make": task}}})
    assert [(type(item), item.identity.name) for item in made] == [(SECTIONS[word], "make")]


def test_an_operator_that_takes_parts() -> None:
    config = {"Model": {"ModelName": "m"}, "EndpointConfig": {"KmsKeyId": "k"}, "Endpoint": {"EndpointName": "e"}}
    task = {"task_id": "serve", "operator": "SageMakerEndpointOperator", "config": config}
    made, _ = _read({"tasks": [task]})
    assert [item.identity.name for item in made] == ["m", "serve.EndpointConfig", "e"]


@pytest.mark.parametrize(
    ("word", "gaps"), [("CreateNotebook", 1), ("RegisterModelVersion", 1), ("StartPipeline", 0), ("StopPipeline", 0)]
)
def test_operators_without_a_configuration(word: str, gaps: int) -> None:
    made, found = _read({"tasks": {"do": {"operator": f"SageMaker{word}Operator"}}})
    assert not made
    assert [gap.scope.resource for gap in found] == ["do"] * gaps


def test_what_is_not_understood_is_a_gap() -> None:
    _, (member,) = _read({"Model": {"ModelName": "m", "VpcConfg": {}}})
    assert "did you mean 'VpcConfig'" in member.detail
    _, (config,) = _read({"t": {"operator": "SageMakerModelOperator", "config": "{{ var.json.model }}"}})
    assert config.scope.type == "AWS::SageMaker::Model"


def test_every_member_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "dag.yaml"
    path.write_text(
        "nightly:\n  tasks:\n    train:\n"
        f"      operator: {PACKAGE}.SageMakerTrainingOperator\n      config:\n        EnableNetworkIsolation: false\n",
        encoding="utf-8",
    )
    (document,) = read_documents(path, "dag.yaml")
    kind = detect(document)
    assert kind is not None
    assert kind.name == "airflow"
    job = next(iter(kind.source(document, GateContext()).collect()))
    assert isinstance(job, TrainingJob)
    assert job.origin.of("EnableNetworkIsolation") == Location("dag.yaml", 6, "train")


@pytest.mark.parametrize("value", [{}, {"Model": "text"}, {"Model": {"x": 1}}, {"operator": "BashOperator"}, [], "x"])
def test_what_is_no_configuration(value: Any) -> None:
    assert not recognises(Document("x.json", value))


@pytest.mark.parametrize("value", [["x"], {"nonsense": 1}])
def test_what_was_said_to_be_one_and_is_none(value: Any) -> None:
    with pytest.raises(InputError):
        list(OperatorSource(Document("x.json", value)).collect())


WILD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["SageMakerModelOperator", "{{ x }}", "text"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["operator", "config", "Model", "Transform", "VpcConfig"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(value=st.dictionaries(st.sampled_from(["Model", "config", "operator", "a"]), WILD))
def test_whatever_stands_there_is_read_or_refused(value: dict[str, Any]) -> None:
    document = Document("x.json", json.loads(json.dumps(value)))
    if recognises(document):
        assert list(OperatorSource(document).collect())


@pytest.mark.parametrize(
    ("text", "templates"),
    [
        ("a{{ x }}b{% if y %}", ["{{ x }}", "{% if y %}"]),
        ("{{ {% }} %}", ["{{ {% }}"]),
        ("{% {{ x }}", ["{{ x }}"]),
        ("{{{ x }}}", ["{{{ x }}"]),
        ("{{\n}}", ["{{\n}}"]),
        ("{{" * 500_000 + "{%" * 500_000, []),
    ],
    ids=["two", "within", "without end", "braces", "lines", "many without end"],
)
def test_templates_are_found_however_many_have_no_end(text: str, templates: list[str]) -> None:
    assert templates_in(text) == templates
