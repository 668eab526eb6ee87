"""State machines: which tasks are which resources, what their expressions tell, and what is nested."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import InputError
from auditor.model.gap import Gap
from auditor.model.resource import Location, Resource
from auditor.model.sagemaker import Model, NotebookInstance, ProcessingJob, TrainingJob
from auditor.model.unknown import CannotAssess, Reason
from auditor.sources.detect import detect
from auditor.sources.document import Document, read_documents
from auditor.sources.interface import GateContext
from auditor.sources.stepfunctions import recognises
from auditor.sources.stepfunctions.machine import MachineSource

TRAIN = "arn:aws:states:::sagemaker:createTrainingJob.sync"


def _task(resource: str, **said: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "End": True, **said}


def _machine(**states: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


def _read(machine: Any) -> tuple[list[Resource], list[Gap]]:
    found = list(MachineSource(Document("m.asl.json", machine)).collect())
    gaps = [item for item in found if isinstance(item, Gap) and item.reason is not Reason.EXCLUDED]
    return [item for item in found if isinstance(item, Resource)], gaps


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        (TRAIN, TrainingJob),
        ("arn:aws-cn:states:::sagemaker:createTrainingJob", TrainingJob),
        ("arn:aws:states:::sagemaker:createProcessingJob.sync:2", ProcessingJob),
        ("arn:aws:states:::aws-sdk:sagemaker:createNotebookInstance", NotebookInstance),
        ("arn:aws:states:us-east-1:111122223333:sagemaker:createModel", Model),
    ],
)
def test_every_way_to_call_is_its_resource(resource: str, kind: type[Resource]) -> None:
    (made,), gaps = _read(_machine(Make=_task(resource, Parameters={})))
    assert type(made) is kind
    assert made.identity.name == "Make"
    assert not gaps


def test_other_tasks_make_nothing() -> None:
    resources = ("arn:aws:states:::lambda:invoke", "arn:aws:states:::aws-sdk:sagemaker:describeEndpoint", "x")
    made, gaps = _read(_machine(**{f"S{index}": _task(name) for index, name in enumerate(resources)}))
    assert not made
    assert not gaps


@pytest.mark.parametrize("operation", ["createApp", "updateNotebookInstance", "createSomethingNew"])
def test_what_is_not_judged_is_a_gap_on_it(operation: str) -> None:
    made, (gap,) = _read(_machine(Do=_task(f"arn:aws:states:::aws-sdk:sagemaker:{operation}")))
    assert not made
    assert gap.scope.type.startswith("AWS::SageMaker::")
    assert gap.scope.resource == "Do"
    assert operation in gap.detail


SAID = {
    "TrainingJobName.$": "$.name",
    "EnableNetworkIsolation": True,
    "RoleArn": "{% $states.input.role %}",
    "OutputDataConfig": {"S3OutputPath": "s3://b/o", "KmsKeyId.$": "$$.Execution.Input.key"},
    "HyperParameters": {"epochs.$": "$.epochs", "rate": "1"},
}


@pytest.mark.parametrize("said", [{"Parameters": SAID}, {"Arguments": SAID, "QueryLanguage": "JSONata"}])
def test_an_expression_is_not_known(said: dict[str, Any]) -> None:
    (job,), gaps = _read(_machine(Train=_task(TRAIN, **said)))
    assert not gaps
    assert isinstance(job, TrainingJob)
    assert job.enable_network_isolation is True
    assert job.output_data_config is not None
    for holder, field, words in (
        (job, "role_arn", "$states.input.role"),
        (job, "training_job_name", "$.name"),
        (job.output_data_config, "kms_key_id", "$$.Execution.Input.key"),
    ):
        with pytest.raises(CannotAssess) as caught:
            getattr(holder, field)
        assert caught.value.unknown.reason is Reason.RUNTIME_VALUE
        assert words in caught.value.unknown.detail


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"Parameters": "$.all"},
        {"Arguments": "{% $states.input %}", "QueryLanguage": "JSONata"},
        {"Arguments": {"EnableNetworkIsolation": True}},
        {"Parameters": {"EnableNetworkIsolation": True}, "QueryLanguage": "JSONata"},
        {"Parameters": {"EnableNetworkIsolation": True}, "QueryLanguage": ["JSONPath"]},
    ],
)
def test_a_request_that_comes_at_run_time_passes_nothing(said: dict[str, Any]) -> None:
    (job,), _ = _read(_machine(Train=_task(TRAIN, **said)))
    assert isinstance(job, TrainingJob)
    for field in ("enable_network_isolation", "vpc_config", "environment"):
        with pytest.raises(CannotAssess):
            getattr(job, field)


OPEN: dict[str, Any] = {"EnableNetworkIsolation": False}
SHUT: dict[str, Any] = {"EnableNetworkIsolation": True}


@pytest.mark.parametrize(
    ("machine", "state", "isolated"),
    [
        ({}, {}, False),
        ({"QueryLanguage": "JSONata"}, {}, True),
        ({"QueryLanguage": "JSONPath"}, {"QueryLanguage": "JSONata"}, True),
        ({"QueryLanguage": "JSONata"}, {"QueryLanguage": "JSONPath"}, False),
    ],
)
def test_the_language_tells_what_is_the_request(
    machine: dict[str, Any], state: dict[str, Any], *, isolated: bool
) -> None:
    inner = _machine(Train=_task(TRAIN, Parameters=OPEN, Arguments=SHUT, **state))
    (job,), (gap,) = _read({**_machine(Each={"Type": "Map", "ItemProcessor": inner}), **machine})
    assert isinstance(job, TrainingJob)
    assert job.enable_network_isolation is isolated
    assert "says nothing to a task whose QueryLanguage is" in gap.detail


@pytest.mark.parametrize(
    "said",
    [
        {"enableNetworkIsolation": True},
        {"EnablenetworkIsolation": True},
        {"ENABLE_NETWORK_ISOLATION": True},
        {"EnableNetworkIsolation.$": "$.x", "EnableNetworkIsolation": True},
        {"EnableNetworkIsolation": True, "EnableNetworkIsolation.$": "$.x"},
    ],
)
def test_a_key_that_is_spelled_otherwise_or_twice_is_not_taken(said: dict[str, Any]) -> None:
    (job,), _ = _read(_machine(Train=_task(TRAIN, Parameters=said)))
    assert isinstance(job, TrainingJob)
    with pytest.raises(CannotAssess) as caught:
        _ = job.enable_network_isolation
    assert caught.value.unknown.reason is Reason.UNSUPPORTED_SYNTAX


def test_branches_and_maps_are_opened() -> None:
    one = _machine(One=_task(TRAIN, Parameters={}))
    two = _machine(Two=_task(TRAIN, Parameters={}), Inner={"Type": "Map", "Iterator": one})
    three = {"Type": "Map", "ItemProcessor": _machine(Three=_task(TRAIN, Parameters={}))}
    made, gaps = _read(_machine(Both={"Type": "Parallel", "Branches": [two, "nonsense"]}, Each=three))
    assert [item.identity.name for item in made] == ["Two", "One", "Three"]
    (gap,) = gaps
    assert gap.scope.type == ""


def test_every_parameter_has_its_line(tmp_path: Path) -> None:
    text = (
        "StartAt: Train\nStates:\n  Train:\n    Type: Task\n"
        f"    Resource: {TRAIN}\n    Parameters:\n      EnableNetworkIsolation: false\n      VpcConfg: {{}}\n"
    )
    path = tmp_path / "machine.asl.yaml"
    path.write_text(text, encoding="utf-8")
    (document,) = read_documents(path, "machine.asl.yaml")
    kind = detect(document)
    assert kind is not None
    assert kind.name == "stepfunctions"
    gap, job, _ = kind.source(document, GateContext()).collect()
    assert isinstance(job, TrainingJob)
    assert job.origin.of("EnableNetworkIsolation") == Location("machine.asl.yaml", 7, "Train")
    assert isinstance(gap, Gap)
    assert "machine.asl.yaml:8" in gap.detail
    assert "did you mean 'VpcConfig'" in gap.detail


def test_what_is_no_machine_is_refused() -> None:
    with pytest.raises(InputError, match="a state machine is an object with States"):
        _read({"States": []})
    assert not recognises(Document("m.json", {"States": {}}))
    assert recognises(Document("m.json", {"StartAt": "A", "States": {}}))


WILD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([TRAIN, "{% x %}", "Map"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["States", "Resource", "Parameters", "Branches", "Iterator", "VpcConfig.$", "VpcConfig", ".$"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(states=st.dictionaries(st.text(max_size=3), WILD, max_size=3), parameters=WILD)
def test_whatever_stands_there_is_read_or_a_gap(states: dict[str, Any], parameters: Any) -> None:
    states["T"] = _task(TRAIN, Parameters=parameters)
    made, _ = _read({"StartAt": "T", "States": states})
    assert made
