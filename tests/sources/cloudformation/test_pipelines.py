"""Pipelines in templates: their steps are judged with them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from auditor.model.finding import Finding
from auditor.model.gap import Gap
from auditor.model.resource import Resource
from auditor.model.sagemaker import TrainingJob
from auditor.model.unknown import Reason
from auditor.sources.interface import NextWorld

Collect = Callable[..., list[Resource | Gap | NextWorld]]
Judge = Callable[..., dict[tuple[str, str], Finding]]
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": {"Statement": []}},
}


def _definition(**arguments: Any) -> str:
    train = {"Name": "Train", "Type": "Training", "Arguments": {"RoleArn": "${Role.Arn}", **arguments}}
    return json.dumps({"Version": "2020-12-01", "Steps": [train]})


def _template(body: Any) -> str:
    pipeline = {
        "Type": "AWS::SageMaker::Pipeline",
        "Properties": {
            "PipelineName": "nightly",
            "PipelineDefinition": body,
            "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
        },
    }
    parameters = {
        "Isolated": {"Type": "String", "AllowedValues": ["true", "false"]},
        "Body": {"Type": "String"},
    }
    return json.dumps({"Parameters": parameters, "Resources": {"Role": ROLE, "Pipeline": pipeline}}, indent=1)


def test_a_definition_is_unfolded_with_what_it_refers_to(collect: Collect) -> None:
    body = {"PipelineDefinitionBody": {"Fn::Sub": _definition(EnableNetworkIsolation=True)}}
    (job,) = [item for item in collect(_template(body)) if isinstance(item, TrainingJob)]
    assert (job.identity.name, job.role_arn, job.enable_network_isolation) == ("nightly.Train", "Role", True)
    line = _template(body).splitlines().index('     "PipelineDefinitionBody": {') + 1
    assert str(job.origin.default) == f"template.yaml:{line}#nightly.Train"


def test_a_step_is_judged_in_every_scenario(judge: Judge) -> None:
    text = _definition(EnableNetworkIsolation="?").replace('"?"', "${Isolated}")
    found = judge(_template({"PipelineDefinitionBody": {"Fn::Sub": text}}))
    (isolated,) = [one for (rule, _), one in found.items() if rule == "training-job-network-isolation"]
    assert isolated.status.value == "FAILED"
    assert isolated.message.endswith("(in the scenario Isolated = false)")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"PipelineDefinitionBody": {"Ref": "Body"}}, Reason.UNRESOLVED_REFERENCE),
        ({"PipelineDefinitionBody": "{not JSON"}, Reason.UNSUPPORTED_SYNTAX),
        ({"PipelineDefinitionBody": {"Fn::GetAtt": ["Role", "RoleId"]}}, Reason.UNRESOLVED_REFERENCE),
    ],
)
def test_a_definition_that_cannot_be_read_is_told(collect: Collect, body: Any, reason: Reason) -> None:
    gaps = [item for item in collect(_template(body)) if isinstance(item, Gap) and item.scope.resource]
    assert reason in {gap.reason for gap in gaps if gap.scope.type == "AWS::SageMaker::Pipeline"}
