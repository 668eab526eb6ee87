"""The model against botocore's: every member exists, and words compared with exist too."""

import ast
from pathlib import Path

import botocore.session
import pytest
from botocore.model import StructureShape

from auditor.model.kinds import every_kind
from auditor.model.resource import Resource
from auditor.model.sagemaker import RESOURCES
from auditor.sources.shapes import structure_of, unanswered

ROOT = Path(__file__).resolve().parents[2]
SESSION = botocore.session.get_session()
# Neighbours whose facts are one structure of their service, and the members that come from elsewhere.
STRUCTURES: dict[str, tuple[str, str, frozenset[str]]] = {
    "AWS::EC2::VPC": ("ec2", "Vpc", frozenset()),
    "AWS::EC2::Subnet": ("ec2", "Subnet", frozenset()),
    "AWS::EC2::RouteTable": ("ec2", "RouteTable", frozenset()),
    "AWS::EC2::NatGateway": ("ec2", "NatGateway", frozenset()),
    "AWS::EC2::InternetGateway": ("ec2", "InternetGateway", frozenset()),
    "AWS::EC2::SecurityGroup": ("ec2", "SecurityGroup", frozenset()),
    "AWS::EC2::VPCEndpoint": ("ec2", "VpcEndpoint", frozenset()),
    "AWS::EC2::FlowLog": ("ec2", "FlowLog", frozenset()),
    "AWS::IAM::Role": ("iam", "RoleDetail", frozenset()),
    "AWS::IAM::ManagedPolicy": ("iam", "ManagedPolicyDetail", frozenset()),
    "AWS::IAM::Group": ("iam", "GroupDetail", frozenset()),
    "AWS::IAM::User": ("iam", "UserDetail", frozenset({"CredentialReport", "MFADevices"})),
    "AWS::KMS::Key": (
        "kms",
        "KeyMetadata",
        frozenset({"AliasNames", "KeyRotationEnabled", "Policy"}),
    ),
    "AWS::CloudTrail::Trail": (
        "cloudtrail",
        "Trail",
        frozenset({"IsLogging", "EventSelectors", "AdvancedEventSelectors", "Tags"}),
    ),
    "AWS::ECR::Repository": ("ecr", "Repository", frozenset({"scanOnPush", "Policy", "Tags"})),
    "AWS::Logs::LogGroup": ("logs", "LogGroup", frozenset({"Tags"})),
    "AWS::CloudWatch::Alarm": ("cloudwatch", "MetricAlarm", frozenset({"Tags"})),
}

# Members that botocore types as plain text, with words that their documentation names.
NO_ENUM = {("minimum_instance_metadata_service_version", "2")}


@pytest.mark.parametrize("kind", RESOURCES, ids=lambda kind: kind.__name__)
def test_every_member_is_one_that_describe_answers(kind: type[Resource]) -> None:
    assert not unanswered(kind, "describe")


@pytest.mark.parametrize("kind", RESOURCES, ids=lambda kind: kind.__name__)
def test_every_type_says_who_it_is(kind: type[Resource]) -> None:
    assert kind.name_member in kind.fields_by_member
    assert kind.arn_member in kind.fields_by_member
    assert structure_of(kind, "create")
    assert "Tags" in kind.fields_by_member
    assert not kind.status_field or kind.ended_statuses


@pytest.mark.parametrize("name", STRUCTURES)
def test_every_member_of_a_neighbour_exists(name: str) -> None:
    service, shape, elsewhere = STRUCTURES[name]
    structure = SESSION.get_service_model(service).shape_for(shape)
    assert isinstance(structure, StructureShape)
    there = set(structure.members)
    assert set(every_kind()[name].fields_by_member) - elsewhere - {"Tags"} <= there
    assert not elsewhere & there - {"Tags"}


def _words_of(service: str) -> set[str]:
    model = SESSION.get_service_model(service)
    shapes = (model.shape_for(name) for name in model.shape_names)
    return {word for shape in shapes for word in getattr(shape, "enum", None) or ()}


def test_ended_statuses_are_statuses() -> None:
    words = _words_of("sagemaker")
    for kind in RESOURCES:
        assert kind.ended_statuses <= words, kind.__name__


def test_words_that_rules_compare_attributes_with_exist() -> None:
    services = ("sagemaker", "kms", "ec2", "iam", "s3", "cloudtrail", "ecr", "logs")
    words = set().union(*(_words_of(service) for service in services))
    unknown = []
    for path in sorted(ROOT.glob("rules/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Compare) and isinstance(node.left, ast.Attribute)):
                continue
            if not isinstance(node.ops[0], ast.Eq | ast.NotEq):
                continue
            other = node.comparators[0]
            if isinstance(other, ast.Constant) and isinstance(other.value, str) and other.value not in words:
                unknown.append((node.left.attr, other.value))
    # `value` is also how a status is spelled, `field` what the tables of rules call a path.
    assert {pair for pair in unknown if pair[0] not in {"value", "field"}} <= NO_ENUM
