"""Wild input: never a traceback, never a pass that was guessed; cfn-lint is the oracle for what resolves."""

import json
from pathlib import Path
from typing import Any

import pytest
from cfnlint.context import create_context_for_template
from cfnlint.decode import decode_str
from cfnlint.jsonschema import CfnTemplateValidator
from cfnlint.template import Template as Oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.errors import InputError
from auditor.model.gap import Gap
from auditor.model.resource import Resource
from auditor.sources.cloudformation import recognises, source
from auditor.sources.cloudformation.choices import explore
from auditor.sources.cloudformation.given import Given
from auditor.sources.cloudformation.resolver import NO_VALUE, Resolver
from auditor.sources.cloudformation.template import Template
from auditor.sources.document import Document
from auditor.sources.interface import Deployment, GateContext, NextWorld, Reference

_FUNCTIONS = [
    "Ref",
    "Condition",
    "Fn::GetAtt",
    "Fn::Sub",
    "Fn::Join",
    "Fn::Select",
    "Fn::Split",
    "Fn::FindInMap",
    "Fn::If",
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::Length",
    "Fn::ToJsonString",
    "Fn::Equals",
    "Fn::And",
    "Fn::Or",
    "Fn::Not",
    "Fn::ForEach::X",
    "Fn::Transform",
    "Fn::ImportValue",
]
_WORDS = st.sampled_from(
    ["A", "B", "P", "C", "AWS::Region", "AWS::NoValue", "${A}", "${A.Arn}", "${!x}", "${", "", "0", "A.Arn", "Type"]
)
_SCALARS = st.one_of(_WORDS, st.integers(-2, 9), st.booleans(), st.none(), st.floats(allow_nan=False))
_WILD = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(_FUNCTIONS), _WORDS), inner, max_size=3),
        st.builds(lambda name, value: {name: value}, st.sampled_from(_FUNCTIONS), inner),
    ),
    max_leaves=25,
)
_KINDS = st.sampled_from(
    [
        *("AWS::SageMaker::NotebookInstance", "AWS::SageMaker::EndpointConfig", "AWS::SageMaker::Pipeline"),
        *("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::KMS::Key", "AWS::KMS::Alias"),
        *("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"),
        *("AWS::EC2::RouteTable", "AWS::EC2::Route", "AWS::EC2::VPCEndpoint", "AWS::CloudTrail::Trail", "Custom::X"),
        *("AWS::ECR::Repository", "AWS::SageMaker::New", "AWS::Logs::LogGroup", "AWS::EC2::FlowLog"),
    ]
)
_PROPERTIES = st.dictionaries(
    st.sampled_from(
        [
            "RootAccess",
            "SecurityGroupIds",
            "Tags",
            "KmsKeyId",
            "Policies",
            "Roles",
            "ManagedPolicyArns",
            "PolicyDocument",
            "KeyPolicy",
            "TargetKeyId",
            "AliasName",
            "Bucket",
            "BucketName",
            "BucketEncryption",
            "SecurityGroupIngress",
            "GroupId",
            "FromPort",
            "CidrIp",
            "ServiceName",
            "RouteTableId",
            "GatewayId",
            "EventSelectors",
            "ImageScanningConfiguration",
            "PipelineDefinition",
            "ProductionVariants",
            "AssumeRolePolicyDocument",
            "LoggingConfiguration",
            "Enabled",
            "PermissionsBoundary",
        ]
    ),
    _WILD,
    max_size=5,
)
_RESOURCE = st.fixed_dictionaries(
    {"Type": _KINDS, "Properties": st.one_of(_PROPERTIES, _WILD)}, optional={"Condition": _WORDS, "Metadata": _WILD}
)
_TEMPLATES = st.fixed_dictionaries(
    {"Resources": st.dictionaries(st.sampled_from(["A", "B", "D", "Fn::ForEach::L"]), st.one_of(_RESOURCE, _WILD))},
    optional={
        "Parameters": st.dictionaries(
            st.just("P"),
            st.one_of(
                _WILD,
                st.fixed_dictionaries(
                    {"Type": st.sampled_from(["String", "CommaDelimitedList", "AWS::SSM::Parameter::Value<String>"])},
                    optional={"Default": _SCALARS, "AllowedValues": st.lists(_SCALARS, max_size=3)},
                ),
            ),
        ),
        "Conditions": st.dictionaries(st.sampled_from(["A", "C"]), _WILD),
        "Mappings": _WILD,
        "Transform": _WILD,
    },
)


@settings(max_examples=150, deadline=None)
@given(_TEMPLATES)
def test_whatever_a_template_holds_is_read_or_refused(template: dict[str, Any]) -> None:
    document = Document("wild.json", template)
    recognises(document)
    try:
        items = list(source(document, GateContext()).collect())
    except InputError:
        # Refused as a whole, which is an answer too.
        return
    assert all(isinstance(item, Resource | Gap | NextWorld) for item in items)
    assert any(isinstance(item, Gap) for item in items)


def test_circles_are_told(tmp_path: Path) -> None:
    del tmp_path
    text = {
        "Conditions": {"A": {"Condition": "B"}, "B": {"Fn::Not": [{"Condition": "A"}]}},
        "Resources": {
            "One": {"Type": "AWS::S3::Bucket", "Condition": "A", "Properties": {"BucketName": {"Ref": "Two"}}},
            "Two": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": {"Fn::Sub": "${One}-x"}}},
        },
    }
    items = list(source(Document("circle.json", text), GateContext()).collect())
    told = [item.detail for item in items if isinstance(item, Gap)]
    assert any("circle" in detail for detail in told)


_BASE: dict[str, Any] = {
    "Parameters": {
        "Env": {"Type": "String", "AllowedValues": ["dev", "prod"], "Default": "dev"},
        "Name": {"Type": "String", "Default": "team-a"},
        "List": {"Type": "CommaDelimitedList", "Default": "x,y,z"},
    },
    "Mappings": {"Sizes": {"dev": {"n": "1"}, "prod": {"n": "2"}}},
    "Conditions": {
        "Prod": {"Fn::Equals": [{"Ref": "Env"}, "prod"]},
        "Dev": {"Fn::Not": [{"Condition": "Prod"}]},
    },
}
_TEXTS = st.recursive(
    st.one_of(
        st.sampled_from(["a", "b-c", "x"]),
        st.just({"Ref": "Env"}),
        st.just({"Ref": "Name"}),
        st.just({"Fn::Sub": "${Env}-${Name}"}),
        st.just({"Fn::FindInMap": ["Sizes", {"Ref": "Env"}, "n"]}),
        st.just({"Fn::Select": ["1", {"Ref": "List"}]}),
        st.just({"Fn::Select": ["0", {"Fn::Split": ["-", {"Ref": "Name"}]}]}),
    ),
    lambda inner: st.one_of(
        st.builds(lambda a, b: {"Fn::If": ["Prod", a, b]}, inner, inner),
        st.builds(lambda a, b: {"Fn::If": ["Dev", a, b]}, inner, inner),
        st.builds(lambda a, b: {"Fn::Join": ["-", [a, b]]}, inner, inner),
    ),
    max_leaves=4,
)


@settings(max_examples=40, deadline=None)
@given(_TEXTS)
def test_what_cfn_lint_resolves_resolves_to_the_same_here(expression: Any) -> None:
    _compare(expression)


@pytest.mark.parametrize(
    "expression",
    [
        {"Ref": "List"},
        {"Fn::Join": [",", {"Ref": "List"}]},
        {"Fn::If": ["Prod", "Disabled", "Enabled"]},
        {"Fn::Sub": ["${A}/${Env}", {"A": {"Ref": "Name"}}]},
        {"Fn::Split": ["-", "a-b"]},
    ],
)
def test_the_oracle_and_this_agree(expression: Any) -> None:
    assert _compare(expression)


def _compare(expression: Any) -> bool:
    """Whether both know the values of an expression; those that both know are the same."""
    body = {**_BASE, "Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": expression}}}}
    ours = _ours(body, expression)
    theirs = _theirs(body)
    if not theirs or any(one is None for one in ours):
        return False
    assert {json.dumps(one) for one in ours} == {json.dumps(one) for one in theirs}
    return True


def _ours(body: dict[str, Any], expression: Any) -> list[Any]:
    template = Template.of(Document("t.json", body), lambda _: None)
    given_values = Given(Deployment.of("us-east-1", "111122223333"))

    def read(choices: Any) -> Any:
        found = Resolver(template, given_values, choices).value(expression, ("X",))
        known = found is not NO_VALUE and isinstance(found, str | list) and not isinstance(found, Reference)
        return found if known else None

    return [value for _, value in explore(read).found]


def _theirs(body: dict[str, Any]) -> list[Any]:
    decoded, matches = decode_str(json.dumps(body))
    assert not matches
    oracle = Oracle("t.json", decoded, ["us-east-1"])
    validator = CfnTemplateValidator({}).evolve(cfn=oracle, context=create_context_for_template(oracle))
    raw = decoded["Resources"]["T"]["Properties"]["TopicName"]
    return [value for value, _, error in validator.resolve_value(raw) if error is None]
