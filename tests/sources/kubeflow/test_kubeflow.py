"""Compiled pipelines: which containers are SageMaker's components, and what their inputs say."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import InputError
from auditor.model.gap import Gap
from auditor.model.resource import Location, Resource
from auditor.model.sagemaker import EndpointConfig, HyperParameterTuningJob, Model, ProcessingJob, TrainingJob
from auditor.model.sagemaker import TransformJob as Transform
from auditor.model.unknown import CannotAssess, Reason, Unknown
from auditor.sources.detect import detect
from auditor.sources.document import Document, read_documents
from auditor.sources.interface import GateContext
from auditor.sources.kubeflow import recognises
from auditor.sources.kubeflow.compiled import CompiledSource
from auditor.sources.kubeflow.components import placed

IMAGE = "public.ecr.aws/kubeflow-on-aws/aws-sagemaker-kfp-components:1.1.2"
FIRST = {
    "train": ("sagemaker_training_component", TrainingJob),
    "process": ("sagemaker_process_component", ProcessingJob),
    "model": ("sagemaker_model_component", Model),
    "batch_transform": ("sagemaker_transform_component", Transform),
    "hyperparameter_tuning": ("sagemaker_tuning_component", HyperParameterTuningJob),
    "deploy": ("sagemaker_deploy_component", EndpointConfig),
}


def _argo(script: str, image: str = IMAGE, parameters: Any = (), **inputs: Any) -> dict[str, Any]:
    args = [script, *(word for name, value in inputs.items() for word in (f"--{name}", value))]
    template = {"name": "make", "container": {"image": image, "command": ["python3"], "args": args}}
    spec = {"templates": [{"name": "dag", "dag": {}}, template], "arguments": {"parameters": list(parameters)}}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "spec": spec}


def _train(**inputs: Any) -> dict[str, Any]:
    return _argo("train/src/sagemaker_training_component.py", **inputs)


def _spec(inputs: Any, word: str = "TrainingJob", declared: Any = None, root: Any = None) -> dict[str, Any]:
    container = {"image": "kfp:2", "command": ["python3"], "args": [f"{word}/src/{word}_component.py", "--region"]}
    component = {"executorLabel": "exec-a", "inputDefinitions": {"parameters": declared or {}}}
    inner = {"dag": {"tasks": {"make": {"componentRef": {"name": "comp-a"}, "inputs": {"parameters": inputs}}}}}
    passed = {name: {"componentInputParameter": name} for name in root or {}}
    outer = {"componentRef": {"name": "comp-if"}, "inputs": {"parameters": passed}}
    return {
        "pipelineInfo": {"name": "p"},
        "deploymentSpec": {"executors": {"exec-a": {"container": container}}},
        "components": {"comp-a": component, "comp-if": inner},
        "root": {"dag": {"tasks": {"if": outer}}, "inputDefinitions": {"parameters": root or {}}},
    }


def _constant(value: Any) -> dict[str, Any]:
    return {"runtimeValue": {"constant": value}}


def _read(value: Any, **given: str) -> tuple[list[Resource], list[Gap]]:
    document = Document("p.yaml", value, form="yaml")
    assert recognises(document)
    found = list(CompiledSource(document, GateContext(parameters=given)).collect())
    gaps = [item for item in found if isinstance(item, Gap) and item.reason is not Reason.EXCLUDED]
    return [item for item in found if isinstance(item, Resource)], gaps


@pytest.mark.parametrize("word", FIRST)
def test_every_component_of_version_1(word: str) -> None:
    script, kind = FIRST[word]
    names = ("role", "image", "model_name", "model_name_1", "output_encryption_key", "job_name")
    everything = dict.fromkeys(names, "x")
    (made,), gaps = _read(_argo(f"{word}/src/{script}.py", **everything))
    assert type(made) is kind
    assert not gaps


def test_what_a_training_component_says() -> None:
    (job,), _ = _read(
        _train(
            region="cn-north-1",
            job_name="job",
            role="arn:aws:iam::111122223333:role/r",
            instance_count="2",
            resource_encryption_key="alias/volumes",
            output_encryption_key="",
            vpc_subnets="subnet-1, subnet-2",
            vpc_security_group_ids="sg-1",
            traffic_encryption="True",
            network_isolation="False",
            hyperparameters=json.dumps({"epochs": "1"}),
            tags=json.dumps({"team": "a"}),
            model_artifact_url_output_path="outputs/x",
        )
    )
    assert isinstance(job, TrainingJob)
    assert (job.identity.name, job.identity.region, job.identity.partition) == ("job", "cn-north-1", "aws-cn")
    assert job.resource_config is not None
    assert job.resource_config.instance_count == 2
    assert job.resource_config.volume_kms_key_id == "alias/volumes"
    assert job.vpc_config is not None
    assert job.vpc_config.subnets == ("subnet-1", "subnet-2")
    assert job.enable_inter_container_traffic_encryption is True
    assert job.enable_network_isolation is False
    assert job.tag_map() == {"team": "a"}


def test_components_of_version_1_isolate_unless_told_otherwise() -> None:
    (job,), _ = _read(_train(role="r"))
    assert isinstance(job, TrainingJob)
    assert job.enable_network_isolation is True
    assert job.vpc_config is None


def test_the_variants_of_an_endpoint_are_those_with_a_model() -> None:
    inputs = {"model_name_1": "a", "instance_type_1": "ml.m5.xlarge", "variant_name_2": "variant-name-2"}
    (config,), _ = _read(_argo("deploy/src/sagemaker_deploy_component.py", **inputs, resource_encryption_key="k"))
    assert isinstance(config, EndpointConfig)
    assert [variant.model_name for variant in config.production_variants] == ["a"]
    assert config.kms_key_id == "k"


def test_parameters_of_a_workflow() -> None:
    said = "{{inputs.parameters.key}}"
    declared = [{"name": "key", "value": "alias/default"}]

    def key(*, parameters: Any, value: str = said, **given: str) -> Any:
        (job,), _ = _read(_train(resource_encryption_key=value, parameters=parameters), **given)
        assert isinstance(job, TrainingJob)
        assert job.resource_config is not None
        return job.resource_config.volume_kms_key_id

    assert key(parameters=declared) == "alias/default"
    assert key(parameters=declared, key="alias/given") == "alias/given"
    for parameters, value in (([], said), (declared, "alias/{{inputs.parameters.key}}")):
        with pytest.raises(CannotAssess) as caught:
            key(parameters=parameters, value=value)
        assert caught.value.unknown.reason is Reason.RUNTIME_VALUE


def test_a_pipeline_spec_with_a_nested_dag() -> None:
    declared = {
        "environment": {"defaultValue": {}, "parameterType": "STRUCT"},
        "enable_network_isolation": {"defaultValue": False},
    }
    inputs = {
        "training_job_name": _constant("job"),
        "role_arn": {"componentInputParameter": "role"},
        "output_data_config": _constant({"kmsKeyID": "alias/o", "s3OutputPath": "s3://b/o"}),
        "resource_config": _constant(json.dumps({"volumeKMSKeyID": "alias/v", "instanceCount": 1})),
        "vpc_config": {"taskOutputParameter": {"producerTask": "other"}},
        "region": _constant({"stringValue": "eu-west-1"}),
        "checkpoint_config": _constant("{{$.inputs.parameters['x']}}"),
    }
    root = {"role": {"defaultValue": "arn:aws:iam::111122223333:role/r"}}
    (job,), gaps = _read(_spec(inputs, declared=declared, root=root))
    assert not gaps
    assert isinstance(job, TrainingJob)
    assert job.identity.region == "eu-west-1"
    assert job.role_arn == "arn:aws:iam::111122223333:role/r"
    assert job.enable_network_isolation is False
    assert job.output_data_config is not None
    assert job.output_data_config.kms_key_id == "alias/o"
    assert job.resource_config is not None
    assert job.resource_config.volume_kms_key_id == "alias/v"
    for field in ("vpc_config", "checkpoint_config"):
        with pytest.raises(CannotAssess):
            getattr(job, field)


def test_a_parameter_of_a_spec_without_a_default() -> None:
    value = _spec({"role_arn": {"componentInputParameter": "role"}}, root={"role": {"parameterType": "STRING"}})
    (job,), _ = _read(value)
    assert isinstance(job, TrainingJob)
    with pytest.raises(CannotAssess, match="--parameters role="):
        _ = job.role_arn
    (given_job,), _ = _read(value, role="r")
    assert isinstance(given_job, TrainingJob)
    assert given_job.role_arn == "r"


@pytest.mark.parametrize(
    ("script", "image", "made", "gaps"),
    [
        ("train.py", "python:3", 0, 0),
        ("train.py", IMAGE, 1, 0),
        ("Modelv2/src/Model_component.py", "kfp:2", 1, 0),
        ("Other/src/Other_component.py", "kfp:2", 0, 0),
        ("App/src/App_component.py", IMAGE, 0, 1),
        ("ground_truth/src/sagemaker_ground_truth_component.py", IMAGE, 0, 1),
    ],
)
def test_what_is_a_component_and_what_is_not_judged(script: str, image: str, made: int, gaps: int) -> None:
    resources, found = _read(_argo(script, image))
    assert (len(resources), len(found)) == (made, gaps)
    assert all(gap.scope.type.startswith("AWS::SageMaker::") for gap in found)


def test_what_is_not_understood_is_a_gap() -> None:
    _, (unread,) = _read(_train(role="r", channels="[{"))
    assert "not JSON" in unread.detail
    _, (unknown,) = _read(_spec({"enable_network_isolaton": _constant(True)}))
    assert "the component has no such input" in unknown.detail


def test_every_input_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "pipeline.json"
    path.write_text(json.dumps(_spec({"enable_network_isolation": _constant(False)}), indent=1), encoding="utf-8")
    (document,) = read_documents(path, "pipeline.json")
    kind = detect(document)
    assert kind is not None
    assert kind.name == "kubeflow"
    job = next(iter(kind.source(document, GateContext()).collect()))
    assert isinstance(job, TrainingJob)
    where = job.origin.of("EnableNetworkIsolation")
    assert isinstance(where, Location)
    assert "enable_network_isolation" in path.read_text(encoding="utf-8").splitlines()[where.line - 1]


def test_a_component_that_holds_itself_ends() -> None:
    value = _spec({})
    value["components"]["comp-if"]["dag"]["tasks"]["again"] = {"componentRef": {"name": "comp-if"}}
    made, _ = _read(value)
    assert len(made) == 1


def _chain(length: int, *, twice: bool) -> dict[str, Any]:
    value = _spec({})
    for index in range(length):
        called = {"componentRef": {"name": f"comp-{index + 1}"}}
        tasks = {"a": called, "b": called} if twice else {"a": called}
        value["components"][f"comp-{index}"] = {"dag": {"tasks": tasks}}
    value["root"] = {"dag": {"tasks": {"first": {"componentRef": {"name": "comp-0"}}}}}
    return value


@pytest.mark.parametrize(("length", "twice"), [(40, True), (400, False)])
def test_components_that_start_one_another_without_end(length: int, *, twice: bool) -> None:
    with pytest.raises(InputError, match=r"p\.yaml:1: its components start one another"):
        _read(_chain(length, twice=twice))


def test_what_is_no_pipeline_is_refused() -> None:
    with pytest.raises(InputError, match="a compiled pipeline is an object"):
        list(CompiledSource(Document("p.yaml", {"a": 1})).collect())
    assert not recognises(Document("p.yaml", {"spec": {}, "apiVersion": "apps/v1"}))


KEYS = ["dag", "tasks", "componentRef", "name", "inputs", "parameters", "executorLabel", "container", "args", "spec"]
WILD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["comp-a", "--role", "{{x}}", "train/src/a.py"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@given(part=WILD, key=st.sampled_from(["components", "deploymentSpec", "root", "spec"]), inputs=WILD)
def test_whatever_stands_there_is_read(part: Any, key: str, inputs: Any) -> None:
    for value in (_spec(inputs), _train(role=inputs)):
        whole = {**value, key: part}
        if recognises(Document("p.yaml", whole)):
            assert _read(whole) is not None
        assert list(CompiledSource(Document("p.yaml", value)).collect())


def test_placeholders_are_found_however_many_have_no_end() -> None:
    endless = "{{" * 500_000
    assert placed(endless) == endless
    found = placed("a{{x}}b{{\ny}}c{{z")
    assert isinstance(found, Unknown)
    assert "{{x}} {{\ny}}" in found.detail
