"""Nested stacks whose templates lie beside the template that uses them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from auditor.catalog import Catalog
from auditor.gate.files import candidates
from auditor.gate.run import Gate
from auditor.model.finding import Finding
from auditor.model.unknown import Reason
from auditor.scan.assessment import Assessment
from auditor.sources.interface import Deployment, GateContext
from rules import MODULES

CATALOG = Catalog.of(MODULES)
HERE = Deployment.of("eu-west-1", "111122223333")
INNER = """
Parameters:
  Root: {Type: String}
  Egress: {Type: String, AllowedValues: [10.0.0.0/8, 0.0.0.0/0], Default: 10.0.0.0/8}
Conditions:
  HasRoot: !Equals [!Ref Root, "yes"]
  Never: !Equals [a, b]
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties: {EnableKeyRotation: true}
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: x
      SecurityGroupIngress: [{IpProtocol: "-1", CidrIp: !Ref Egress}]
Outputs:
  KeyArn: {Value: !GetAtt Key.Arn}
  Root: {Value: !If [HasRoot, Enabled, Disabled]}
  Group: {Value: !Ref Group}
  Given: {Value: !Ref Root}
  Gone: {Value: Disabled, Condition: Never}
"""

Run = Callable[..., dict[str, Finding]]


def _outer(url: Any = "net/inner.yaml", root: Any = "yes", **notebook: Any) -> dict[str, Any]:
    shut = {"GroupDescription": "x", "SecurityGroupIngress": [{"IpProtocol": "-1", "CidrIp": "10.0.0.0/8"}]}
    properties = {"InstanceType": "ml.t3.medium", "RoleArn": "arn:aws:iam::111122223333:role/x", **notebook}
    return {
        "Parameters": {"Env": {"Type": "String", "AllowedValues": ["no", "yes"], "Default": "no"}},
        "Resources": {
            "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": shut},
            "Net": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {"TemplateURL": url, "Parameters": {"Root": root}},
            },
            "Notebook": {"Type": "AWS::SageMaker::NotebookInstance", "Properties": properties},
        },
    }


def _output(name: str, stack: str = "Net") -> dict[str, Any]:
    return {"Fn::GetAtt": [stack, f"Outputs.{name}"]}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """What the gate finds on the notebook of a template, by rule; a nested stack's template lies beside it."""

    def gate(outer: dict[str, Any], inner: str = INNER) -> dict[str, Finding]:
        (tmp_path / "repository" / "net").mkdir(parents=True, exist_ok=True)
        (tmp_path / "repository" / ".git").mkdir(exist_ok=True)
        (tmp_path / "repository" / "net" / "inner.yaml").write_text(inner, encoding="utf-8")
        file = tmp_path / "repository" / "outer.json"
        file.write_text(json.dumps(outer), encoding="utf-8")
        assessment = Assessment(CATALOG, datetime(2026, 1, 15, tzinfo=UTC), "gate")
        outcome = Gate(GateContext(HERE)).judge(assessment, list(candidates([file])))
        assert outcome.errors == []
        found = list(assessment._findings)
        return {one.rule: one for one in found if one.location and one.location.logical_id == "Notebook"}

    return gate


def test_outputs_reach_the_template_around_and_parameters_the_one_within(run: Run) -> None:
    outer = _outer(RootAccess=_output("Root"), KmsKeyId=_output("KeyArn"))
    found = run(outer)
    assert found["notebook-instance-root-access"].status.value == "FAILED"
    key = found["sagemaker-key-customer-managed"]
    assert key.status.value == "PASSED"
    line = INNER.splitlines().index("    Type: AWS::KMS::Key") + 2
    assert key.evidence[1].observed == f"net/inner.yaml:{line}#Key"
    outer["Resources"]["Net"]["Properties"]["Parameters"]["Root"] = "no"
    assert run(outer)["notebook-instance-root-access"].status.value == "PASSED"


def test_what_a_nested_stack_is_given_comes_back_as_it_was(run: Run) -> None:
    outer = _outer(root={"Ref": "Group"}, SecurityGroupIds=[_output("Given")])
    (evidence,) = [one for one in run(outer)["notebook-instance-security-groups"].evidence if "Ip" in one.path]
    assert evidence.path.startswith("SecurityGroup(Group)")


def test_resources_of_the_same_name_are_told_apart(run: Run) -> None:
    found = run(_outer(SecurityGroupIds=[_output("Group")]), INNER.replace("10.0.0.0/8", "0.0.0.0/0"))
    assert found["notebook-instance-security-groups"].status.value == "FAILED"


def test_what_is_open_within_is_open_around(run: Run) -> None:
    found = run(_outer(root={"Ref": "Env"}, SecurityGroupIds=[_output("Group")], RootAccess=_output("Root")))
    group, root = found["notebook-instance-security-groups"], found["notebook-instance-root-access"]
    assert (group.status.value, root.status.value) == ("FAILED", "FAILED")
    assert group.message.endswith("(in the scenario Net.Egress = 0.0.0.0/0)")
    assert root.message.endswith("(in the scenario Env = yes)")


@pytest.mark.parametrize(
    ("url", "output"),
    [
        ("https://s3.amazonaws.com/b/inner.yaml", "Root"),
        ("net/other.yaml", "Root"),
        ("net", "Root"),
        ({"Ref": "Env"}, "Root"),
        ({"Fn::ImportValue": "x"}, "Root"),
        ("../inner.yaml", "Root"),
        ("net/link.yaml", "Root"),
        ("net/in\0ner.yaml", "Root"),
        (f"net/{'n' * 5_000}.yaml", "Root"),
        ("net/broken.yaml", "Root"),
        ("net/inner.yaml", "Gone"),
        ("net/inner.yaml", "NoSuch"),
    ],
)
def test_what_is_not_at_hand_is_not_known(run: Run, tmp_path: Path, url: Any, output: str) -> None:
    (tmp_path / "inner.yaml").write_text(INNER, encoding="utf-8")
    (tmp_path / "repository" / "net").mkdir(parents=True)
    (tmp_path / "repository" / "net" / "link.yaml").symlink_to(tmp_path / "inner.yaml")
    (tmp_path / "repository" / "net" / "broken.yaml").write_text("a: [", encoding="utf-8")
    found = run(_outer(url, RootAccess=_output(output)))["notebook-instance-root-access"]
    assert (found.status.value, found.reason) == ("NOT_AVAILABLE", Reason.UNRESOLVED_REFERENCE)
    assert f"!GetAtt Net.Outputs.{output}" in found.message


def test_an_absolute_path_is_not_followed(run: Run, tmp_path: Path) -> None:
    inside = tmp_path / "repository" / "net" / "inner.yaml"
    found = run(_outer(inside.as_posix(), RootAccess=_output("Root")))
    assert found["notebook-instance-root-access"].status.value == "NOT_AVAILABLE"


def test_stacks_within_themselves_end(run: Run) -> None:
    inner = _outer("inner.yaml", root=_output("Root"))
    again = {f"Net{number}": inner["Resources"]["Net"] for number in range(30)}
    several = [_output("Root", f"Net{number}") for number in range(30)]
    inner["Resources"] = {**again, "Net": inner["Resources"]["Net"]}
    inner["Outputs"] = {"Root": {"Value": {"Fn::Join": ["", several]}}}
    found = run(_outer(RootAccess=_output("Root")), json.dumps(inner))
    assert found["notebook-instance-root-access"].status.value == "NOT_AVAILABLE"
