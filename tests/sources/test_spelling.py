"""The walk: every source's spelling becomes the API's, and what is not understood is told with its place."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import InputError
from auditor.model.codec import decode, encode
from auditor.model.gap import Gap
from auditor.model.identity import Role
from auditor.model.network import Subnet
from auditor.model.resource import Resource
from auditor.model.sagemaker import Domain, EndpointConfig, Model, NotebookInstance, Pipeline, TrainingJob
from auditor.model.unknown import CannotAssess, Reason, Unknown
from auditor.sources.document import Document
from auditor.sources.interface import Deployment, Reference
from auditor.sources.marks import Mark
from auditor.sources.scalars import converted
from auditor.sources.spelling import Spelling, to_api

STRICT = Spelling("request", strict=True)
LOOSE = Spelling("kubernetes")
BLOCKS = Spelling(
    "terraform",
    blocks=True,
    renames={
        "AWS::SageMaker::Model": {"container": "Containers", "id": ""},
        "JupyterLabAppSettings": {"coderepository": "CodeRepositories"},
    },
)


def _facts(kind: type[Resource], raw: dict[str, Any], spelling: Spelling = LOOSE) -> dict[str, Any]:
    spelled = to_api(kind, raw, spelling)
    assert spelled.problems == []
    return {name: value for name, value in spelled.facts.items() if type(value) is not Unknown}


def test_camel_case_with_capitals_of_its_own() -> None:
    raw = {
        "roleARN": "r",
        "trainingJobName": "j",
        "outputDataConfig": {"kmsKeyID": "k", "s3OutputPath": "s3://b/o"},
        "resourceConfig": {"volumeKMSKeyID": "v", "instanceCount": 1},
        "vpcConfig": {"securityGroupIDs": ["sg-1"], "subnets": ["s-1"]},
        "hyperParameters": {"some_key": "x", "Some-Key": "y"},
        "tags": [{"key": "a", "value": "b"}],
    }
    assert _facts(TrainingJob, raw) == {
        "RoleArn": "r",
        "TrainingJobName": "j",
        "OutputDataConfig": {"KmsKeyId": "k", "S3OutputPath": "s3://b/o"},
        "ResourceConfig": {"VolumeKmsKeyId": "v", "InstanceCount": 1},
        "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["s-1"]},
        "HyperParameters": {"some_key": "x", "Some-Key": "y"},
        "Tags": [{"Key": "a", "Value": "b"}],
    }


def test_blocks_and_renamed_keys() -> None:
    raw: dict[str, Any] = {
        "id": "x",
        "execution_role_arn": None,
        "container": [{"image": "i", "environment": {"A": "b"}, "image_config": []}],
        "vpc_config": [{"subnets": ["s-1"], "security_group_ids": ["sg-1"]}],
        "primary_container": [],
        "enable_network_isolation": True,
        "tags": {"a": "b"},
    }
    assert _facts(Model, raw, BLOCKS) == {
        "Containers": [{"Image": "i", "Environment": {"A": "b"}}],
        "VpcConfig": {"Subnets": ["s-1"], "SecurityGroupIds": ["sg-1"]},
        "EnableNetworkIsolation": True,
        "Tags": [{"Key": "a", "Value": "b"}],
    }


def test_renames_within_structures() -> None:
    lab = [{"code_repository": [{"repository_url": "u"}]}]
    raw = {"default_user_settings": [{"jupyter_lab_app_settings": lab}]}
    settings = _facts(Domain, raw, BLOCKS)["DefaultUserSettings"]
    assert settings == {"JupyterLabAppSettings": {"CodeRepositories": [{"RepositoryUrl": "u"}]}}


def test_two_items_are_no_block() -> None:
    raw: dict[str, Any] = {"vpc_config": [{"subnets": []}, {"subnets": []}]}
    (problem,) = to_api(Model, raw, BLOCKS).problems
    assert (problem.at, problem.message) == (("vpc_config",), "an object is expected, not a list")


@pytest.mark.parametrize(
    ("value", "code", "meant"),
    [
        ("true", "boolean", True),
        ("False", "boolean", False),
        ("maybe", "boolean", "maybe"),
        ("5", "integer", 5),
        (5.0, "integer", 5),
        (5.5, "integer", 5.5),
        ("x", "long", "x"),
        (True, "integer", True),
        ("0.5", "double", 0.5),
        (5, "string", "5"),
        (True, "string", "true"),
        (5, "=A|B", "5"),
        ({"a": 1}, "string", {"a": 1}),
        (None, "string", None),
        ("nan", "integer", "nan"),
    ],
)
def test_a_template_may_spell_scalars_otherwise(value: Any, code: str, meant: Any) -> None:
    found = converted(value, code)
    assert (found, type(found)) == (meant, type(meant))


def test_one_scalar_stands_for_a_list_of_it() -> None:
    assert _facts(NotebookInstance, {"SecurityGroupIds": "sg-1"})["SecurityGroups"] == ["sg-1"]


@pytest.mark.parametrize("raw", [{"DirectInternetAccess": None}, {"InstanceMetadataServiceConfiguration": None}])
def test_null_is_unset_but_in_a_request(raw: dict[str, Any]) -> None:
    assert _facts(NotebookInstance, raw) == {"Tags": []}
    assert to_api(NotebookInstance, raw, STRICT).problems


def test_unknown_values_pass_anywhere() -> None:
    unknown = Unknown(Reason.KNOWN_AFTER_APPLY, "x")
    containers = [unknown, {"Environment": {"A": unknown}}]
    raw = {"ExecutionRoleArn": unknown, "VpcConfig": unknown, "Containers": containers}
    facts = to_api(Model, raw, STRICT).facts
    assert facts["ExecutionRoleArn"] is unknown
    assert facts["VpcConfig"] is unknown
    assert facts["Containers"][0] is unknown
    assert facts["Containers"][1]["Environment"]["A"] is unknown


def test_references_are_present_where_text_is_wanted() -> None:
    key = Reference("Key")
    raw = {
        "KmsKeyId": key,
        "SecurityGroupIds": [Reference("Group")],
        "RootAccess": Reference("Switch"),
        "VolumeSizeInGB": Reference("Size"),
    }
    notebook = to_api(NotebookInstance, raw, LOOSE).resource(Document("t.yaml", {}), Deployment(), "Nb")
    assert isinstance(notebook, NotebookInstance)
    assert notebook.kms_key_id == "Key"
    assert notebook.security_groups == ("Group",)
    with pytest.raises(CannotAssess) as caught:
        _ = notebook.volume_size_in_gb
    assert caught.value.unknown.reason is Reason.UNRESOLVED_REFERENCE
    assert notebook.identity.name == "Nb"


def test_what_is_not_understood_is_told_with_its_place() -> None:
    raw = {"executionRoleArm": "r", "vpcConfig": {"subnets": {"a": 1}}, "enableNetworkIsolation": "perhaps"}
    spelled = to_api(Model, raw, LOOSE, ("spec",))
    assert [(problem.at, problem.remedy) for problem in spelled.problems] == [
        (("spec", "executionRoleArm"), "did you mean 'ExecutionRoleArn'?"),
        (("spec", "vpcConfig", "subnets"), ""),
        (("spec", "enableNetworkIsolation"), ""),
    ]
    document = Document("k.yaml", {}, marks=lambda: Mark(1, {"spec": Mark(3, {"executionRoleArm": Mark(7)})}))
    with pytest.raises(InputError, match=r"k\.yaml:7: spec\.executionRoleArm: there is no such property"):
        spelled.refuse(document)
    gaps = list(spelled.gaps(document, Deployment(region="eu-west-1"), "M"))
    assert [type(gap) for gap in gaps] == [Gap] * 3
    assert {(gap.reason, gap.scope.resource, gap.scope.region) for gap in gaps} == {
        (Reason.UNSUPPORTED_SYNTAX, "M", "eu-west-1")
    }
    model = spelled.resource(document, Deployment(), "M")
    assert isinstance(model, Model)
    with pytest.raises(CannotAssess):
        _ = model.enable_network_isolation


def test_two_spellings_of_one_key_are_refused() -> None:
    (problem,) = to_api(Model, {"executionRoleARN": "a", "execution_role_arn": "b"}, LOOSE).problems
    assert "executionRoleARN says the same" in problem.message


def test_what_is_said_twice_is_not_known() -> None:
    raw = {"enableNetworkIsolation": True, "EnableNetworkIsolation": True, "enable_network_isolation": False}
    spelled = to_api(Model, raw, LOOSE)
    assert spelled.facts["EnableNetworkIsolation"].reason is Reason.UNSUPPORTED_SYNTAX
    assert len(spelled.problems) == 2


EXACT = Spelling("stepfunctions", exact=str)
WRITTEN = st.sampled_from(["EnableNetworkIsolation", "enableNetworkIsolation", "ENABLE-NETWORK_ISOLATION", "ENable"])


@given(raw=st.dictionaries(WRITTEN, st.booleans() | st.none()))
def test_only_the_one_spelling_is_taken_where_there_is_one(raw: dict[str, Any]) -> None:
    found = to_api(Model, raw, EXACT).facts.get("EnableNetworkIsolation")
    if raw.get("EnableNetworkIsolation") is not None:
        assert found is raw["EnableNetworkIsolation"]
    else:
        assert found is None or isinstance(found, Unknown)


def test_a_definition_elsewhere_is_unknown_unless_it_is_also_here() -> None:
    where = {"bucket": "b", "object_key": "k"}
    facts = to_api(Pipeline, {"pipeline_definition_s3_location": [where]}, BLOCKS).facts
    assert facts["PipelineDefinition"].reason is Reason.UNRESOLVED_REFERENCE


def test_places_of_nested_values() -> None:
    raw = {
        "name": "c",
        "production_variants": [{"variant_name": "a"}, {"core_dump_config": [{"kms_key_id": "k"}]}],
        "tags": {"a": "b"},
    }
    spelling = Spelling(
        "terraform", blocks=True, renames={"AWS::SageMaker::EndpointConfig": {"name": "EndpointConfigName"}}
    )
    spelled = to_api(EndpointConfig, raw, spelling, ("r", 0))
    variants = ("r", 0, "production_variants")
    assert spelled.raw_path("EndpointConfigName") == ("r", 0, "name")
    assert spelled.raw_path("ProductionVariants[1].CoreDumpConfig.KmsKeyId") == (
        *variants,
        1,
        "core_dump_config",
        0,
        "kms_key_id",
    )
    assert spelled.raw_path("ProductionVariants[1]") == (*variants, 1)
    assert spelled.raw_path("ProductionVariants[0].InstanceType") == (*variants, 0)
    assert spelled.raw_path("ProductionVariants[].CoreDumpConfig") == (*variants, "CoreDumpConfig")
    assert spelled.raw_path("DataCaptureConfig.KmsKeyId") == ("r", 0)
    assert spelled.raw_path("") == ("r", 0)
    assert spelled.raw_path("Tags[0].Value")[:3] == ("r", 0, "tags")
    assert spelled.name("logical") == "c"


def test_a_finding_knows_its_nested_line() -> None:
    marks = Mark(1, {"m": Mark(2, {"vpcConfig": Mark(5, {"subnets": Mark(6, {0: Mark(7)})})})})
    spelled = to_api(Model, {"vpcConfig": {"subnets": ["s"]}}, LOOSE, ("m",))
    model = spelled.resource(Document("k.yaml", {}, marks=lambda: marks), Deployment(), "M")
    assert str(model.origin.default) == "k.yaml:2#M"
    assert str(model.origin.of("VpcConfig.Subnets")) == "k.yaml:6#M"
    assert str(model.origin.of("VpcConfig.Subnets[0]")) == "k.yaml:7#M"
    assert str(model.origin.of("EnableNetworkIsolation")) == "k.yaml:2#M"


def test_other_services_follow_their_model() -> None:
    raw = {"VpcId": Reference("Vpc"), "MapPublicIpOnLaunch": True, "Ipv6Native": False}
    assert to_api(Subnet, raw, LOOSE).facts == {"VpcId": "Vpc", "MapPublicIpOnLaunch": True}
    assert to_api(Role, {"role_name": "r", "tags": [{"key": "a"}]}, LOOSE).facts == {
        "RoleName": "r",
        "Tags": [{"Key": "a"}],
    }


KEYS = st.sampled_from(["vpc_config", "VpcConfig", "subnets", "Tags", "key", "containers", "image", "x"])
RAW = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=15,
)


@given(raw=st.dictionaries(KEYS, RAW), spelling=st.sampled_from([STRICT, LOOSE, EXACT, BLOCKS]))
def test_any_value_becomes_a_resource(raw: dict[str, Any], spelling: Spelling) -> None:
    spelled = to_api(Model, raw, spelling)
    document = Document("x.json", raw)
    assert spelled.resource(document, Deployment(), "M").identity.name
    assert len(list(spelled.gaps(document, Deployment(), "M"))) == len(spelled.problems)


def test_the_line_of_a_member_outlives_the_document() -> None:
    marks = Mark(1, {"m": Mark(2, {"vpcConfig": Mark(5, {"subnets": Mark(6)})})})
    spelled = to_api(Model, {"vpcConfig": {"subnets": ["s"]}}, LOOSE, ("m",))
    model = spelled.resource(Document("k.yaml", {}, marks=lambda: marks), Deployment(), "M")
    again = decode(json.loads(json.dumps(encode(model))))
    assert str(again.origin.of("VpcConfig.Subnets")) == "k.yaml:5#M"
    assert str(again.origin.default) == "k.yaml:2#M"
