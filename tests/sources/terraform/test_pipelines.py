"""The steps of a pipeline that a plan makes are judged as what they will make."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from auditor.model.codec import encode
from auditor.model.unknown import Reason
from auditor.sources.interface import Deployment, GateContext

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PIPELINE = "aws_sagemaker_pipeline.p"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn:1"
ARGUMENTS = {
    "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
    "EnableNetworkIsolation": {"Get": "Parameters.Isolated"},
    "OutputDataConfig": {"S3OutputPath": "s3://data-1/out", "KmsKeyId": KEY},
}
DEFINITION = json.dumps(
    {
        "Version": "2020-12-01",
        "Parameters": [{"Name": "Isolated", "Type": "Boolean", "DefaultValue": False}],
        "Steps": [{"Name": "Train", "Type": "Training", "Arguments": ARGUMENTS}],
    }
)


def _steps(found: dict[str, Any]) -> list[Any]:
    return [one for one in found.values() if one.cfn_type == "AWS::SageMaker::TrainingJob"]


@pytest.mark.parametrize("wrapped", [True, False])
def test_steps_are_judged_where_their_definition_stands(
    collect: Callable[..., Any], resource: Callable[..., Any], tmp_path: Path, *, wrapped: bool
) -> None:
    kind = "awscc_sagemaker_pipeline" if wrapped else "aws_sagemaker_pipeline"
    text = f'resource "{kind}" "p" {{\n  pipeline_name = "p"\n\n  pipeline_definition = local.steps\n}}\n'
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    definition = {"pipeline_definition_body": DEFINITION} if wrapped else DEFINITION
    entry = resource(PIPELINE, {"pipeline_name": "p", "pipeline_definition": definition})
    changes = [{**entry, "type": kind}, resource("aws_kms_key.k", {"arn": KEY}, actions=["no-op"])]
    found, gaps = collect(changes)
    (job,) = _steps(found)
    assert job.identity.name == "p.Train"
    assert job.enable_network_isolation is False
    assert job.origin.of("EnableNetworkIsolation").line == 4
    assert "aws_kms_key.k" in found
    assert [gap.reason for gap in gaps] == [Reason.EXCLUDED]
    context = GateContext(Deployment("aws", "111122223333", "eu-west-1"), {"Isolated": "true"})
    assert _steps(collect(changes, context=context)[0])[0].enable_network_isolation is True


@pytest.mark.parametrize(
    ("after", "more", "reason"),
    [
        ({}, {"after_unknown": {"pipeline_definition": True}}, Reason.KNOWN_AFTER_APPLY),
        ({"pipeline_definition_s3_location": [{"bucket": "b", "object_key": "k"}]}, {}, Reason.UNRESOLVED_REFERENCE),
        ({"pipeline_definition": "{"}, {}, Reason.UNSUPPORTED_SYNTAX),
        (
            {"pipeline_definition": DEFINITION},
            {"after_sensitive": {"pipeline_definition": True}},
            Reason.UNRESOLVED_REFERENCE,
        ),
    ],
)
def test_steps_that_nobody_may_or_can_read_are_a_gap_on_the_pipeline(
    collect: Callable[..., Any],
    resource: Callable[..., Any],
    after: dict[str, Any],
    more: dict[str, Any],
    reason: Reason,
) -> None:
    found, gaps = collect([resource(PIPELINE, {"pipeline_name": "p", **after}, **more)])
    told = [gap for gap in gaps if gap.scope.resource == "p"]
    assert [(gap.scope.type, gap.reason) for gap in told] == [("AWS::SageMaker::Pipeline", reason)]
    assert not _steps(found)
    assert IMAGE not in json.dumps([encode(one) for one in found.values()], default=str) + repr(gaps)
