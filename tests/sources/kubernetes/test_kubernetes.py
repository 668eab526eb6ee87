"""Manifests: which objects are which resources, what references tell, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import InputError
from auditor.model.gap import Gap
from auditor.model.resource import Location, Resource
from auditor.model.sagemaker import Endpoint, Model, NotebookInstance, TrainingJob, TransformJob
from auditor.model.unknown import CannotAssess, Reason
from auditor.sources.detect import detect
from auditor.sources.document import Document, read_documents
from auditor.sources.interface import Deployment, GateContext
from auditor.sources.kubernetes import recognises
from auditor.sources.kubernetes.manifest import ManifestSource
from auditor.sources.kubernetes.names import field_name

VERSION = "sagemaker.services.k8s.aws/v1alpha1"
# The kinds of the controller, as its custom resource definitions name them.
JUDGED = (
    *("DataQualityJobDefinition", "Domain", "Endpoint", "EndpointConfig", "FeatureGroup", "HyperParameterTuningJob"),
    *("InferenceComponent", "LabelingJob", "Model", "ModelBiasJobDefinition", "ModelExplainabilityJobDefinition"),
    *("ModelPackage", "ModelPackageGroup", "ModelQualityJobDefinition", "MonitoringSchedule", "NotebookInstance"),
    *("NotebookInstanceLifecycleConfig", "Pipeline", "ProcessingJob", "Space", "TrainingJob", "TransformJob"),
    "UserProfile",
)
NOT_JUDGED = ("App", "PipelineExecution", "Project")
JOB = """
apiVersion: sagemaker.services.k8s.aws/v1alpha1
kind: TrainingJob
metadata:
  name: churn
  annotations:
    services.k8s.aws/region: cn-north-1
spec:
  trainingJobName: churn-nightly
  roleARN: arn:aws-cn:iam::111122223333:role/r
  enableNetworkIsolation: true
  resourceConfig:
    instanceCount: 1
    volumeKMSKeyID: alias/volumes
  outputDataConfig:
    s3OutputPath: s3://b/o
    kmsKeyID: alias/output
  vpcConfig:
    securityGroupRefs:
    - from: {name: training}
    subnets: [subnet-1]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: other}
data: {sagemaker: "yes"}
"""


def _object(kind: str, spec: Any = None, version: str = VERSION) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "mine"}, "spec": {} if spec is None else spec}


def _collect(value: Any, context: GateContext | None = None) -> list[Resource | Gap]:
    return list(ManifestSource(Document("m.yaml", value, form="yaml"), context or GateContext()).collect())


def _read(value: Any) -> tuple[list[Resource], list[Gap]]:
    found = _collect(value)
    gaps = [item for item in found if isinstance(item, Gap) and item.reason is not Reason.EXCLUDED]
    return [item for item in found if isinstance(item, Resource)], gaps


@pytest.mark.parametrize("word", JUDGED)
def test_every_kind_is_its_resource(word: str) -> None:
    (made,), gaps = _read(_object(word))
    assert made.cfn_type == f"AWS::SageMaker::{word}"
    assert made.identity.name == "mine"
    assert not gaps


@pytest.mark.parametrize(
    ("word", "version"),
    [*((word, VERSION) for word in NOT_JUDGED), ("TrainingJob", "sagemaker.aws.upbound.io/v1beta1")],
)
def test_what_is_not_judged_is_a_gap_on_it(word: str, version: str) -> None:
    made, (gap,) = _read(_object(word, version=version))
    assert not made
    assert (gap.scope.type, gap.scope.resource) == (f"AWS::SageMaker::{word}", "mine")
    assert gap.reason is Reason.UNSUPPORTED_SYNTAX


def test_a_file_of_several_documents(tmp_path: Path) -> None:
    path = tmp_path / "jobs.yaml"
    path.write_text(JOB, encoding="utf-8")
    context = GateContext(Deployment("aws", "111122223333", "eu-west-1"))
    found: list[Resource | Gap] = []
    for document in read_documents(path, "jobs.yaml"):
        kind = detect(document)
        assert kind is not None
        assert kind.name == "kubernetes"
        found += [item for item in kind.source(document, context).collect() if isinstance(item, Resource | Gap)]
    (job,) = [item for item in found if isinstance(item, TrainingJob)]
    assert (job.identity.partition, job.identity.region) == ("aws-cn", "cn-north-1")
    assert job.identity.account == "111122223333"
    assert job.enable_network_isolation is True
    assert job.enable_inter_container_traffic_encryption is False
    assert job.role_arn == "arn:aws-cn:iam::111122223333:role/r"
    assert job.resource_config is not None
    assert job.resource_config.volume_kms_key_id == "alias/volumes"
    assert job.output_data_config is not None
    assert job.output_data_config.kms_key_id == "alias/output"
    assert job.vpc_config is not None
    with pytest.raises(CannotAssess, match="another object of the cluster tells it: training"):
        _ = job.vpc_config.security_group_ids
    assert job.origin.of("ResourceConfig.VolumeKmsKeyId") == Location("jobs.yaml", 14, "churn")
    assert job.identity.name == "churn-nightly"


@pytest.mark.parametrize(
    ("kind", "spec", "field"),
    [
        ("Endpoint", {"endpointConfigRef": {"from": {"name": "c"}}}, "endpoint_config_name"),
        ("Model", {"executionRoleRef": {"from": {"name": "r"}}}, "execution_role_arn"),
        ("NotebookInstance", {"roleRef": {"from": {"name": "r"}}}, "role_arn"),
        ("NotebookInstance", {"subnetRef": {"from": {"name": "s"}}}, "subnet_id"),
        ("NotebookInstance", {"kmsKeyRef": {"from": {"name": "k", "namespace": "n"}}}, "kms_key_id"),
        ("NotebookInstance", {"securityGroupRefs": [{"from": {"name": "g"}}]}, "security_groups"),
    ],
)
def test_a_reference_is_present_and_not_resolved(kind: str, spec: Any, field: str) -> None:
    (made,), gaps = _read(_object(kind, spec))
    assert not gaps
    assert isinstance(made, Endpoint | Model | NotebookInstance)
    with pytest.raises(CannotAssess) as caught:
        getattr(made, field)
    assert caught.value.unknown.reason is Reason.UNRESOLVED_REFERENCE


def test_the_steps_of_a_pipeline_are_judged_too() -> None:
    steps = [
        {"Name": "Create", "Type": "Model", "Arguments": {}},
        {"Name": "Score", "Type": "Transform", "Arguments": {"ModelName": {"Get": "Steps.Create.ModelName"}}},
        {"Name": "Beam", "Type": "Teleport"},
    ]
    spec = {"pipelineName": "nightly", "pipelineDefinition": json.dumps({"Steps": steps})}
    (pipeline, model, transform), (gap,) = _read(_object("Pipeline", spec))
    assert pipeline.cfn_type == "AWS::SageMaker::Pipeline"
    assert model.identity.name == "nightly.Create"
    assert isinstance(transform, TransformJob)
    assert transform.model_name == model.identity.name
    assert gap.scope.resource == "nightly.Beam"


@pytest.mark.parametrize("text", ["{", "[]", '{"Steps": 1}'])
def test_a_definition_that_is_not_understood_is_a_gap_on_the_pipeline(text: str) -> None:
    (_,), (gap,) = _read(_object("Pipeline", {"pipelineName": "nightly", "pipelineDefinition": text}))
    assert (gap.scope.type, gap.scope.resource) == ("AWS::SageMaker::Pipeline", "nightly")


@pytest.mark.parametrize("word", ["List", "TrainingJobList"])
def test_lists_are_opened(word: str) -> None:
    version = "v1" if word == "List" else VERSION
    items = [_object("TrainingJob"), _object("ConfigMap", version="v1")]
    made, gaps = _read({"apiVersion": version, "kind": word, "items": items})
    assert [type(item) for item in made] == [TrainingJob]
    assert not gaps


def test_items_take_what_their_list_says_of_all() -> None:
    made, _ = _read({"apiVersion": VERSION, "kind": "TrainingJobList", "items": [{"metadata": {}, "spec": {}}]})
    assert [type(item) for item in made] == [TrainingJob]


def test_what_is_not_understood_is_a_gap() -> None:
    (_,), (field,) = _read(_object("TrainingJob", {"enableNetworkIsolaton": True}))
    assert field.scope.resource == "mine"
    assert "the spec has no such field" in field.detail
    _, (spec,) = _read(_object("TrainingJob", "text"))
    assert spec.scope.type == "AWS::SageMaker::TrainingJob"
    _, (item,) = _read({"apiVersion": "v1", "kind": "List", "items": ["text"]})
    assert item.scope.type == ""


@pytest.mark.parametrize("key", ["ROOT_ACCESS", "RootAccess", "root-access", "rootaccess", "root_access"])
def test_a_field_that_is_spelled_otherwise_is_not_taken(key: str) -> None:
    (notebook,), (gap,) = _read(_object("NotebookInstance", {key: "Disabled"}))
    assert isinstance(notebook, NotebookInstance)
    with pytest.raises(CannotAssess) as caught:
        _ = notebook.root_access
    assert caught.value.unknown.reason is Reason.UNSUPPORTED_SYNTAX
    assert "it is not spelled rootAccess" in gap.detail
    (notebook,), (gap,) = _read(_object("NotebookInstance", {key: "Disabled", "rootAccess": "Enabled"}))
    assert isinstance(notebook, NotebookInstance)
    assert notebook.root_access == "Enabled"
    (again,), _ = _read(_object("NotebookInstance", {"rootAccess": "Enabled", key: "Disabled"}))
    assert isinstance(again, NotebookInstance)
    assert again.root_access == "Enabled"


@pytest.mark.parametrize("spec", [{"kmsKeyRef": "alias/a"}, {"kmsKeyRef": {"from": {"name": "k"}}, "kmsKeyID": "a"}])
def test_a_reference_that_is_none_or_stands_beside_a_value_is_not_known(spec: dict[str, Any]) -> None:
    (notebook,), (_,) = _read(_object("NotebookInstance", spec))
    assert isinstance(notebook, NotebookInstance)
    with pytest.raises(CannotAssess):
        _ = notebook.kms_key_id


@pytest.mark.parametrize(
    ("member", "field"),
    [
        ("KmsKeyId", "kmsKeyID"),
        ("S3KmsKeyId", "s3KMSKeyID"),
        ("VpcConfig", "vpcConfig"),
        ("SecurityGroupIds", "securityGroupIDs"),
        ("DefaultEbsStorageSettings", "defaultEBSStorageSettings"),
        ("MaximumEbsVolumeSizeInGb", "maximumEBSVolumeSizeInGb"),
        ("EFSFileSystemConfig", "efsFileSystemConfig"),
        ("RStudioConnectUrl", "rStudioConnectURL"),
        ("DefaultLandingUri", "defaultLandingURI"),
        ("LifecycleConfigArns", "lifecycleConfigARNs"),
        ("VpcOnlyTrustedAccounts", "vpcOnlyTrustedAccounts"),
        ("VolumeSizeInGB", "volumeSizeInGB"),
        ("MaxRuntimeInSeconds", "maxRuntimeInSeconds"),
        ("Uid", "uid"),
    ],
)
def test_fields_are_spelled_as_the_definitions_do(member: str, field: str) -> None:
    assert field_name(member) == field


@pytest.mark.parametrize("text", ["{{ .Values.role }}", "{{- include 'x' . }}", "a-{{$y}}"])
def test_the_template_of_a_chart_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"spec\.roleARN: it is the template of a chart .*helm template"):
        _collect(_object("TrainingJob", {"roleARN": text}))


def test_braces_that_are_no_template_are_values() -> None:
    (made,), gaps = _read(_object("TrainingJob", {"environment": {"PROMPT": "{{ question }}"}}))
    assert type(made) is TrainingJob
    assert not gaps


def test_a_template_that_is_no_yaml_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    path.write_text(f"apiVersion: {VERSION}\nkind: TrainingJob\nspec:\n  roleARN: {{{{ .Values.role }}}}\n")
    with pytest.raises(InputError, match="helm template"):
        read_documents(path)


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        (_object("TrainingJob"), True),
        (_object("Deployment", version="apps/v1"), True),
        (_object("Workflow", version="argoproj.io/v1alpha1"), False),
        ({"apiVersion": VERSION}, False),
        ({"apiVersion": 1, "kind": "x"}, False),
        (["kind"], False),
    ],
)
def test_a_manifest_is_told_by_its_version_and_kind(value: Any, *, fits: bool) -> None:
    assert recognises(Document("m.yaml", value)) is fits


KEYS = ["apiVersion", "kind", "items", "metadata", "name", "annotations", "spec", "vpcConfig", "roleRef", "from"]
WILD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from([VERSION, "List", "TrainingJob", "Model"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@given(value=st.dictionaries(st.sampled_from(KEYS), WILD), word=st.sampled_from(["List", *JUDGED]), items=WILD)
def test_whatever_stands_there_is_read_or_a_gap(value: dict[str, Any], word: str, items: Any) -> None:
    assert _collect({"apiVersion": VERSION, "items": items, **value, "kind": word})
    with pytest.raises(InputError):
        _collect([value])
