"""What a template leaves open: read in as many ways as make a difference, each resource for itself."""

import itertools
import json
import tempfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.catalog import Catalog
from auditor.gate.files import candidates
from auditor.gate.run import Gate
from auditor.model.coverage import Report, ScanInfo
from auditor.model.finding import Finding
from auditor.scan.assessment import Assessment
from auditor.sources.cloudformation.choices import MAX_SCENARIOS
from auditor.sources.interface import Deployment, GateContext
from rules import MODULES

ROOT = Path(__file__).parents[3]
HERE = Deployment.of("eu-west-1", "111122223333")
CATALOG = Catalog.of(MODULES)
_WORST_FIRST = ("FAILED", "NOT_AVAILABLE", "PASSED")
NOW = datetime(2026, 1, 15, tzinfo=UTC)


def _report(assessment: Assessment) -> Report:
    return assessment.report(ScanInfo("x", "gate", "", "", (), (), {}))


def _gated(template: Path | dict[str, Any], parameters: Mapping[str, str] = MappingProxyType({})) -> Report:
    """What the gate says of a template."""
    assessment = Assessment(CATALOG, NOW, "gate")
    with tempfile.TemporaryDirectory() as folder:
        file = template if isinstance(template, Path) else Path(folder, "template.json")
        if isinstance(template, dict):
            file.write_text(json.dumps(template), encoding="utf-8")
        Gate(GateContext(HERE, parameters)).judge(assessment, list(candidates([file])))
        return _report(assessment)


def _one_by_one(template: dict[str, Any], switches: int) -> dict[tuple[str, str], str]:
    """The worst that is said of each resource where every switch is given, over all the ways to give them."""
    worst: dict[tuple[str, str], str] = {}
    for values in itertools.product(("no", "yes"), repeat=switches):
        given = {f"P{number}": value for number, value in enumerate(values)}
        for key, status in _statuses(_gated(template, given).findings).items():
            worst[key] = min(status, worst.get(key, status), key=_WORST_FIRST.index)
    return worst


def _statuses(findings: Iterable[Finding]) -> dict[tuple[str, str], str]:
    return {(one.rule, one.location.logical_id if one.location else ""): one.status.value for one in findings}


def _notebook(**properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::SageMaker::NotebookInstance",
        "Properties": {"InstanceType": "ml.t3.medium", "RoleArn": "arn:aws:iam::111122223333:role/x", **properties},
    }


def _switches(count: int) -> dict[str, Any]:
    return {
        "Parameters": {
            f"P{number}": {"Type": "String", "AllowedValues": ["no", "yes"], "Default": "no"} for number in range(count)
        },
        "Conditions": {f"C{number}": {"Fn::Equals": [{"Ref": f"P{number}"}, "yes"]} for number in range(count)},
    }


def test_the_stack_of_this_project_is_judged_whole() -> None:
    report = _gated(ROOT / "deploy" / "template.yaml")
    assert report.coverage.complete
    assert _statuses(report.findings)["kms-key-rotation", "Key"] == "PASSED"


def test_what_one_resource_leaves_open_does_not_multiply_what_others_do() -> None:
    resources = {
        f"N{number}": _notebook(RootAccess={"Fn::If": [f"C{number}", "Enabled", "Disabled"]}) for number in range(30)
    }
    report = _gated({**_switches(30), "Resources": resources})
    assert report.coverage.complete
    roots = [one for one in report.findings if one.rule == "notebook-instance-root-access"]
    assert {one.status.value for one in roots} == {"FAILED"}
    assert {one.message.rpartition("scenario ")[2] for one in roots} == {f"P{number} = yes)" for number in range(30)}


def test_what_is_beside_a_resource_is_open_with_it() -> None:
    """The notebook is in a public subnet only where it is in the second one and that has its route."""
    template = {
        **_switches(2),
        "Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
            "Gateway": {"Type": "AWS::EC2::InternetGateway"},
            "Shut": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}}},
            "Open": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}}},
            "Table": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
            "Local": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
            **{
                f"Link{subnet}": {
                    "Type": "AWS::EC2::SubnetRouteTableAssociation",
                    "Properties": {"RouteTableId": {"Ref": table}, "SubnetId": {"Ref": subnet}},
                }
                for subnet, table in (("Open", "Table"), ("Shut", "Local"))
            },
            "Route": {
                "Type": "AWS::EC2::Route",
                "Condition": "C1",
                "Properties": {
                    "RouteTableId": {"Ref": "Table"},
                    "DestinationCidrBlock": "0.0.0.0/0",
                    "GatewayId": {"Ref": "Gateway"},
                },
            },
            "Notebook": _notebook(SubnetId={"Fn::If": ["C0", {"Ref": "Open"}, {"Ref": "Shut"}]}),
        },
    }
    (found,) = (one for one in _gated(template).findings if one.rule == "notebook-instance-private-subnet")
    assert found.status.value == "FAILED"
    assert "P0 = yes, P1 = yes" in found.message


def test_too_many_ways_for_one_resource_are_said_and_stop_no_other() -> None:
    tags = [{"Key": f"k{number}", "Value": {"Ref": f"P{number}"}} for number in range(7)]
    template = {**_switches(8), "Resources": {"Many": _notebook(Tags=tags), "Few": _notebook(RootAccess={"Ref": "P7"})}}
    template["Parameters"]["P7"] = {"Type": "String", "AllowedValues": ["Disabled", "Enabled"], "Default": "Disabled"}
    report = _gated(template)
    assert not report.coverage.complete
    (told,) = (gap.detail for gap in report.coverage.gaps if "too many scenarios" in gap.detail)
    assert "P6" in told
    assert "P7" not in told
    assert _statuses(report.findings)["notebook-instance-root-access", "Few"] == "FAILED"
    assert MAX_SCENARIOS < 2**7


def test_a_rule_that_does_not_apply_is_counted_once() -> None:
    template = {**_switches(2), "Resources": {"Notebook": _notebook(RootAccess={"Ref": "P0"})}}
    open_to = _gated(template).coverage.rules
    template["Resources"]["Notebook"] = _notebook(RootAccess="no")
    assert [one.not_applicable for one in open_to] == [one.not_applicable for one in _gated(template).coverage.rules]


_MAYBE = st.sampled_from(["C0", "C1", "C2"])


@st.composite
def _templates(draw: st.DrawFn) -> dict[str, Any]:
    def either(one: Any, other: Any) -> Any:
        return {"Fn::If": [draw(_MAYBE), one, other]} if draw(st.booleans()) else draw(st.sampled_from([one, other]))

    def made(body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "Condition": draw(_MAYBE)} if draw(st.booleans()) else body

    world = {"CidrIp": either("0.0.0.0/0", "10.0.0.0/8"), "IpProtocol": "-1"}
    group = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"SecurityGroupEgress": [world]}}
    statement = {"Effect": "Allow", "Action": either("*", "s3:GetObject"), "Resource": "*"}
    policy = {"PolicyDocument": {"Statement": [statement]}, "Roles": [{"Ref": "Role"}]}
    resources = {
        "Key": made({"Type": "AWS::KMS::Key", "Properties": {"EnableKeyRotation": either(True, False)}}),
        "Group": made(group),
        "Role": made({"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": []}}}),
        "Policy": made({"Type": "AWS::IAM::ManagedPolicy", "Properties": policy}),
        "One": made(
            _notebook(
                KmsKeyId=either({"Ref": "Key"}, "alias/aws/sagemaker"),
                SecurityGroupIds=[either({"Ref": "Group"}, "sg-1")],
                RootAccess=either("Enabled", "Disabled"),
            )
        ),
        "Other": made(_notebook(KmsKeyId={"Ref": "Key"}, DirectInternetAccess=either("Enabled", "Disabled"))),
    }
    return {**_switches(3), "Resources": resources}


@given(_templates())
@settings(max_examples=25, deadline=None)
def test_it_says_the_worst_of_what_is_said_one_by_one(template: dict[str, Any]) -> None:
    assert _statuses(_gated(template).findings) == _one_by_one(template, 3)


def _chain(count: int, last: dict[str, Any]) -> dict[str, Any]:
    named = {f"C{number}": {"Fn::Not": [{"Condition": f"C{number + 1}"}]} for number in range(count)}
    return {
        "Conditions": {**named, f"C{count}": last},
        "Resources": {"Notebook": _notebook(RootAccess={"Fn::If": ["C0", "Enabled", "Disabled"]})},
    }


@pytest.mark.parametrize(("count", "status"), [(5000, "FAILED"), (5001, "PASSED")])
def test_a_chain_of_conditions_is_followed_however_long(count: int, status: str) -> None:
    report = _gated(_chain(count, {"Fn::Equals": ["a", "a"]}))
    assert report.coverage.complete
    assert _statuses(report.findings)["notebook-instance-root-access", "Notebook"] == status


def test_a_long_circle_of_conditions_is_told() -> None:
    report = _gated(_chain(5000, {"Condition": "C0"}))
    assert any("refers to itself in a circle" in gap.detail for gap in report.coverage.gaps)
    assert _statuses(report.findings)["notebook-instance-root-access", "Notebook"] == "FAILED"


def test_what_refers_too_far_to_be_followed_hides_nothing_else() -> None:
    count = 500
    conditions = {f"C{n}": {"Fn::Equals": [{"Fn::GetAtt": [f"B{n + 1}", "X"]}, "a"]} for n in range(count)}
    bucket = {"Type": "AWS::S3::Bucket"}
    far = {
        f"B{n}": {**bucket, "Condition": f"C{n}", "Properties": {"X": {"Fn::GetAtt": [f"B{n + 1}", "X"]}}}
        for n in range(count)
    }
    resources = {**far, f"B{count}": bucket, "Notebook": _notebook(RootAccess="Enabled")}
    report = _gated({"Conditions": conditions, "Resources": resources})
    assert not report.coverage.complete
    assert any("to be followed" in gap.detail and "Resources.B0" in gap.detail for gap in report.coverage.gaps)
    assert _statuses(report.findings)["notebook-instance-root-access", "Notebook"] == "FAILED"
