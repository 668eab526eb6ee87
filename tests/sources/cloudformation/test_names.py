"""A resource is never taken for another: logical ids and names that somebody chose are told apart."""

from collections.abc import Callable

import pytest

from auditor.model.finding import Finding
from auditor.model.gap import Gap

Judge = Callable[..., dict[tuple[str, str], Finding]]
Collect = Callable[..., list[object]]

TRUST = "Statement: [{Effect: Allow, Principal: {Service: sagemaker.amazonaws.com}, Action: sts:AssumeRole}]"
POLICIES = f"""
Parameters:
  Word: {{Type: String, Default: Evil}}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties: {{AssumeRolePolicyDocument: {{{TRUST}}}, ManagedPolicyArns: [!Ref Evil]}}
  Evil:
    Type: AWS::IAM::ManagedPolicy
    Properties: {{PolicyDocument: {{Statement: [{{Effect: Allow, Action: '*', Resource: '*'}}]}}}}
  Zz:
    Type: AWS::IAM::ManagedPolicy
    Properties: {{ManagedPolicyName: NAME, PolicyDocument: {{Statement: []}}}}
"""


@pytest.mark.parametrize("name", ["Evil", "!Ref Word", "!Join ['', [Ev, il]]", "Harmless"])
def test_a_name_shadows_no_logical_id(judge: Judge, name: str) -> None:
    found = judge(POLICIES.replace("NAME", name))
    assert found["execution-role-administrator", "R"].status.value == "FAILED"


def test_a_computed_name_that_is_a_logical_id_is_a_hole(collect: Collect) -> None:
    def holes(name: str) -> list[str]:
        found = [one for one in collect(POLICIES.replace("NAME", name)) if isinstance(one, Gap)]
        return [one.detail for one in found if not one.scope.type and not one.harmless]

    (hole,) = holes("!Ref Word")
    assert "is the logical id of another AWS::IAM::ManagedPolicy" in hole
    assert holes("!Sub 'not-${Word}'") == []


def test_two_resources_of_one_word_are_judged_apart(judge: Judge) -> None:
    text = """
Resources:
  Note: {Type: AWS::SageMaker::NotebookInstance, Properties: {InstanceType: ml.t3.medium, RootAccess: Enabled}}
  B:
    Type: AWS::SageMaker::NotebookInstance
    Properties: {NotebookInstanceName: Note, InstanceType: ml.t3.medium, RootAccess: Disabled}
"""
    found = judge(text)
    statuses = {name: found["notebook-instance-root-access", name] for name in ("Note", "B")}
    assert {name: one.status.value for name, one in statuses.items()} == {"Note": "FAILED", "B": "PASSED"}
    assert statuses["Note"].resource.name != statuses["B"].resource.name
