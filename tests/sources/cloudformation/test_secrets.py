"""The value of a NoEcho parameter stands in nothing that is yielded, and is judged where it may be."""

import json
from collections.abc import Callable

import pytest

from auditor.model.codec import encode
from auditor.model.finding import Finding
from auditor.model.gap import Gap
from auditor.model.resource import Resource

Judge = Callable[..., dict[tuple[str, str], Finding]]
Collect = Callable[..., list[object]]

WORD = "hunter2-hunter2"
TEMPLATE = f"""
Parameters:
  S: {{{{Type: String, NoEcho: true, Default: {WORD}}}}}
Conditions:
  C: !Equals [!Ref S, {WORD}]
Resources:
  N:
    Type: AWS::SageMaker::NotebookInstance
    Properties: {{{{{{said}}}}}}
"""


@pytest.mark.parametrize(
    "said",
    [
        "NotebookInstanceName: !Ref S",
        "PlatformIdentifier: !Ref S",
        "Tags: [{Key: owner, Value: !Ref S}]",
        "KmsKeyId: !Sub 'x-${S}'",
        "SubnetId: !Join ['-', [a, !Ref S]]",
        "SecurityGroupIds: !Split [',', !Ref S]",
        "RootAccess: !If [C, !Ref S, Disabled]",
        "Bogus: !Ref S",
    ],
)
def test_a_secret_parameter_is_shown_to_nobody(collect: Collect, judge: Judge, said: str) -> None:
    text = TEMPLATE.format(said=said)
    for given in ({}, {"S": WORD}):
        for item in collect(text, **given):
            if isinstance(item, Resource):
                assert WORD not in json.dumps(encode(item))
                assert WORD not in repr(item.origin.scenario)
            if isinstance(item, Gap):
                assert WORD not in item.detail
        for finding in judge(text, **given).values():
            assert WORD not in repr(finding)


def test_a_condition_may_ask_for_a_secret(judge: Judge) -> None:
    found = judge(TEMPLATE.format(said="RootAccess: !If [C, Disabled, Disabled]"))
    assert found["notebook-instance-root-access", "N"].status.value == "PASSED"


def test_that_a_secret_is_empty_is_none(judge: Judge) -> None:
    text = TEMPLATE.format(said="KmsKeyId: !Ref S").replace(f"Default: {WORD}", "Default: ''")
    assert judge(text)["notebook-instance-volume-key", "N"].status.value == "FAILED"


@pytest.mark.parametrize("value", ["!Ref S", "!Sub '${S}'"])
def test_a_default_in_an_environment_is_judged_and_dropped(judge: Judge, value: str) -> None:
    text = f"""
Parameters:
  S: {{Type: String, NoEcho: true, Default: {WORD}}}
Resources:
  M:
    Type: AWS::SageMaker::Model
    Properties:
      ExecutionRoleArn: x
      PrimaryContainer: {{Image: x, Environment: {{DB_PASSWORD: {value}}}}}
"""
    found = judge(text)["model-environment-secrets", "M"]
    assert found.status.value == "FAILED"
    assert WORD not in repr(found)


def test_a_key_of_an_environment_that_is_a_secret_is_dropped(collect: Collect) -> None:
    key = "AKIA" + "IOSFODNN7ZZZZZZZ"
    text = f"""
Resources:
  M:
    Type: AWS::SageMaker::Model
    Properties: {{ExecutionRoleArn: x, PrimaryContainer: {{Image: x, Environment: {{{key}: x, REGION: y}}}}}}
"""
    (model,) = [one for one in collect(text) if isinstance(one, Resource)]
    shown = json.dumps(encode(model))
    assert key not in shown
    assert "REGION" in shown
