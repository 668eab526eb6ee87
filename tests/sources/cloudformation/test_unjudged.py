"""What a template makes and nobody looks into is said, and never taken for a pass."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cfn_schemas import sagemaker_types  # type: ignore[import-not-found]

from auditor.model.finding import Finding
from auditor.model.gap import Gap
from auditor.model.sagemaker import BY_TYPE
from auditor.sources.cloudformation.unjudged import NO_RULE

Judge = Callable[..., dict[tuple[str, str], Finding]]
Collect = Callable[..., list[object]]

TASK: dict[str, Any] = {
    "StartAt": "A",
    "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::sagemaker:createModel", "End": True}},
}
QUIET = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


def _gaps(collect: Collect, kind: str, **properties: object) -> list[Gap]:
    text = json.dumps({"Resources": {"S": {"Type": kind, "Properties": properties}}})
    return [one for one in collect(text) if isinstance(one, Gap) and not one.harmless]


@pytest.mark.parametrize(
    "kind",
    ["AWS::SageMaker::NotebokInstance", "AWS::SageMaker::NotebookInstance ", "aws::sagemaker::notebookinstance"],
)
def test_a_mistyped_type_makes_the_run_incomplete_and_names_the_nearest(collect: Collect, kind: str) -> None:
    (gap,) = _gaps(collect, kind)
    assert (gap.scope.type, gap.scope.resource) == ("", "")
    assert "did you mean AWS::SageMaker::NotebookInstance?" in gap.detail


@pytest.mark.parametrize(
    "kind", ["AWS::SageMaker::Hub", "AWS::SageMaker::QuantumAnnealer", "AWS::SageMaker::" + "x" * 9999]
)
def test_a_type_that_no_rule_knows_is_listed(collect: Collect, kind: str) -> None:
    (gap,) = _gaps(collect, kind)
    assert (gap.scope.type, gap.scope.resource) == (kind, "S")
    assert "no rule knows the type" in gap.detail


def test_the_types_without_rules_are_those_of_cloudformation() -> None:
    assert {f"AWS::SageMaker::{name}" for name in NO_RULE} == set(sagemaker_types()) - set(BY_TYPE)


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("Acme::SageMaker::Notebook::MODULE", {}),
        ("AWS::CloudFormation::StackSet", {"TemplateBody": "{}"}),
        ("AWS::CloudFormation::StackSet", {"TemplateURL": "https://s3.amazonaws.com/b/t.yaml"}),
        ("AWS::CloudFormation::Stack", {"TemplateURL": "https://s3.amazonaws.com/b/t.yaml"}),
        ("AWS::CloudFormation::Stack", {"TemplateURL": {"Fn::Sub": "https://${AWS::Region}/t.yaml"}}),
        ("AWS::CloudFormation::Stack", {"TemplateURL": "file:///etc/passwd"}),
        ("AWS::Serverless::Application", {"Location": {"ApplicationId": "arn:x", "SemanticVersion": "1.0.0"}}),
        ("AWS::StepFunctions::StateMachine", {"DefinitionString": json.dumps(TASK)[:-1]}),
        ("AWS::StepFunctions::StateMachine", {"Definition": TASK, "DefinitionSubstitutions": {"a": "b"}}),
        ("AWS::StepFunctions::StateMachine", {"DefinitionString": {"Fn::Sub": json.dumps(TASK)}}),
        ("AWS::StepFunctions::StateMachine", {"DefinitionString": {"Ref": "AWS::StackName"}}),
        ("AWS::StepFunctions::StateMachine", {"Definition": {**TASK, "Comment": {"Ref": "AWS::StackName"}}}),
        ("AWS::StepFunctions::StateMachine", {"DefinitionS3Location": {"Bucket": "b", "Key": "k"}}),
        ("AWS::Serverless::StateMachine", {"DefinitionUri": "s3://b/k"}),
    ],
)
def test_what_is_not_looked_into_is_listed(collect: Collect, kind: str, properties: dict[str, object]) -> None:
    (gap,) = _gaps(collect, kind, **properties)
    assert (gap.scope.type, gap.scope.resource) == (kind, "S")
    assert "template.yaml:1: Resources.S" in gap.detail


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("AWS::StepFunctions::StateMachine", {"DefinitionString": json.dumps(QUIET)}),
        ("AWS::StepFunctions::StateMachine", {"Definition": QUIET}),
        ("Custom::Thing", {"ServiceToken": "x"}),
        ("AWS::CloudFormation::CustomResource", {"ServiceToken": "x"}),
    ],
)
def test_what_asks_for_nothing_of_sagemaker_is_not(collect: Collect, kind: str, properties: dict[str, object]) -> None:
    assert _gaps(collect, kind, **properties) == []


@pytest.mark.parametrize(("name", "listed"), [("inner.yaml", 0), ("inner.txt", 1), ("missing.yaml", 1)])
def test_a_template_at_hand_is_a_file_of_its_own(collect: Collect, tmp_path: Path, name: str, listed: int) -> None:
    for there in ("inner.yaml", "inner.txt"):
        (tmp_path / there).write_text("Resources: {T: {Type: AWS::SNS::Topic}}\n", encoding="utf-8")
    assert len(_gaps(collect, "AWS::CloudFormation::Stack", TemplateURL=f"./{name}")) == listed


@pytest.mark.parametrize("kind", ["AWS::Serverless::StateMachine", "AWS::StepFunctions::StateMachine"])
@pytest.mark.parametrize("as_text", [True, False])
def test_the_tasks_of_a_machine_that_stands_in_the_template_are_judged(
    judge: Judge, kind: str, *, as_text: bool
) -> None:
    said = {"DefinitionString": json.dumps(TASK)} if as_text else {"Definition": TASK}
    machine = {"Type": kind, "Properties": said}
    found = judge(json.dumps({"Resources": {"Night": machine, "Day": machine}}))
    for name in ("Night.A", "Day.A"):
        isolation = found["model-network-isolation", name]
        assert isolation.status.value == "NOT_AVAILABLE"
    quiet = {**TASK, "States": {"A": {**TASK["States"]["A"], "Parameters": {"EnableNetworkIsolation": False}}}}
    machine = {"Type": kind, "Properties": {"Definition": quiet}}
    found = judge(json.dumps({"Resources": {"Night": machine}}))
    assert found["model-network-isolation", "Night.A"].status.value == "FAILED"
