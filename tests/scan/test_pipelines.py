"""A scan judges what the steps of live pipelines will make, and takes none of it for what is there."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from auditor.cli import cli
from auditor.demo.server import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from auditor.demo.server import EmbeddedAws

ROLE = f"arn:aws:iam::{ACCOUNT}:role/pipelines"
ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/nightly"
TRAINING = "AWS::SageMaker::TrainingJob"
TRAIN: dict[str, Any] = {
    "AlgorithmSpecification": {"TrainingImage": "image:1", "TrainingInputMode": "File"},
    "RoleArn": ROLE,
    "OutputDataConfig": {"S3OutputPath": "s3://models/out"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
}
ISOLATION = "training-job-network-isolation"
READS = ("ListPipelines", "DescribePipeline")


def step(name: str, kind: str = "Training", **arguments: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind, "Arguments": {**TRAIN, **arguments} if kind == "Training" else arguments}


def defined(aws: EmbeddedAws, *steps: dict[str, Any], text: str = "", name: str = "nightly") -> None:
    aws.client("sagemaker").create_pipeline(
        PipelineName=name,
        PipelineDefinition=text or json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": list(steps)}),
        ClientRequestToken=f"token-{name}".ljust(32, "0"),
        RoleArn=ROLE,
    )


def trained(aws: EmbeddedAws, name: str) -> None:
    aws.client("sagemaker").create_training_job(TrainingJobName=name, EnableNetworkIsolation=True, **TRAIN)


@pytest.fixture
def aws(server: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedAws]:
    server.reset()
    server.calls.clear()
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    yield server
    server.reset()


def scan(*words: str) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(
        cli, ["scan", "--region", REGION, "--no-state", "-f", "json", *words], standalone_mode=False
    )
    assert result.exception is None, result.output
    return result.return_value, json.loads(result.stdout)


def of_rule(report: dict[str, Any], rule: str) -> list[dict[str, Any]]:
    return [finding for finding in report["findings"] if finding["rule"] == rule]


def targets(report: dict[str, Any]) -> dict[str, int]:
    return {target["family"]: target["resources"] for target in report["coverage"]["targets"]}


def test_a_finding_names_the_pipeline_and_the_step(aws: EmbeddedAws) -> None:
    defined(aws, step("Train"))
    code, report = scan("--select", ISOLATION)
    assert code == 1
    (finding,) = of_rule(report, ISOLATION)
    assert finding["status"] == "FAILED"
    assert finding["lifecycle"] == "current"
    resource = finding["resource"]
    assert (resource["type"], resource["name"], resource["arn"]) == (TRAINING, "nightly.Train", f"{ARN}#Train")
    assert finding["evidence"][0]["observed"].startswith("not set; sagemaker:DescribePipeline ")
    assert report["coverage"]["complete"] is True


def test_steps_of_every_branch_have_findings_of_their_own(aws: EmbeddedAws) -> None:
    choice = {
        "Name": "Choose",
        "Type": "Condition",
        "Arguments": {
            "Conditions": [],
            "IfSteps": [step("Big", EnableNetworkIsolation=True)],
            "ElseSteps": [step("Small")],
        },
    }
    defined(aws, step("Train"), choice)
    defined(aws, step("Train"), name="weekly")
    found = of_rule(scan("--select", ISOLATION)[1], ISOLATION)
    assert {(one["resource"]["name"], one["status"]) for one in found} == {
        ("nightly.Train", "FAILED"),
        ("nightly.Big", "PASSED"),
        ("nightly.Small", "FAILED"),
        ("weekly.Train", "FAILED"),
    }
    assert len({one["id"] for one in found}) == len(found)


def test_a_job_of_the_name_that_a_step_gives_is_another(aws: EmbeddedAws) -> None:
    trained(aws, "same")
    defined(aws, step("same", TrainingJobName="same"))
    report = scan("--select", ISOLATION)[1]
    found = {one["resource"]["arn"]: one for one in of_rule(report, ISOLATION)}
    assert {arn: one["status"] for arn, one in found.items()} == {
        f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/same": "PASSED",
        f"{ARN}#same": "FAILED",
    }
    assert len({one["id"] for one in found.values()}) == len({one["correlation"] for one in found.values()}) == 2


def test_steps_are_not_counted_among_what_is_there(aws: EmbeddedAws) -> None:
    model = {"ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": "image:1"}}
    clarify = {"AppSpecification": {"ImageUri": "1.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-clarify-processing:1"}}
    defined(aws, step("Create", "Model", **model), step("Check", "ClarifyCheck", **clarify))
    report = scan("--select", "model-network-isolation", "--select", "region-clarify")[1]
    assert [one["resource"]["name"] for one in of_rule(report, "model-network-isolation")] == ["nightly.Create"]
    # The region has no model, and no job of Clarify has run in it.
    assert of_rule(report, "region-clarify") == []
    aws.client("sagemaker").create_model(ModelName="there", **model)
    report = scan("--select", "region-clarify", "--jobs-since", "all")[1]
    assert [one["status"] for one in of_rule(report, "region-clarify")] == ["FAILED"]
    counts = targets(report)
    assert (counts["AWS::SageMaker::Model"], counts["AWS::SageMaker::Pipeline"]) == (1, 1)
    assert counts["AWS::SageMaker::ProcessingJob"] == 0


def test_keys_that_steps_name_are_looked_up(aws: EmbeddedAws) -> None:
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    defined(aws, step("Train", OutputDataConfig={"S3OutputPath": "s3://models/out", "KmsKeyId": key}))
    report = scan("--select", "training-job-output-key")[1]
    (finding,) = of_rule(report, "training-job-output-key")
    assert finding["status"] == "PASSED"


OWN = '''
from auditor.model.inventory import Related
from auditor.model.rule import rule
from auditor.model.sagemaker import Endpoint, EndpointConfig
from auditor.model.verdict import Severity, Verdict, passed


@rule("own-endpoint-config", severity=Severity.LOW, tags=("mine",))
def configured(endpoint: Endpoint, configs: Related[EndpointConfig]) -> Verdict:
    """Somebody looks at configurations.

    Why: to see which are there.
    Fix: none.
    """
    config = configs.find(endpoint.endpoint_config_name)
    there = [one.endpoint_config_name for one in configs.all()]
    return passed(f"{config.identity.name} of {len(config.production_variants)}, beside {there}", at="EndpointName")
'''


def test_a_step_finds_what_another_makes_and_what_is_there(aws: EmbeddedAws, tmp_path: Path) -> None:
    rules = tmp_path / "own.py"
    rules.write_text(OWN, encoding="utf-8")
    variant = {"VariantName": "a", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    aws.client("sagemaker").create_model(ModelName="m", PrimaryContainer={"Image": "image:1"}, ExecutionRoleArn=ROLE)
    aws.client("sagemaker").create_endpoint_config(EndpointConfigName="there", ProductionVariants=[variant])
    config = step("Config", "EndpointConfig", EndpointConfigName="there", ProductionVariants=[variant, variant])
    said = ({"Get": "Steps.Config.EndpointConfigName"}, "there", {"Get": "Steps.Later.EndpointConfigName"})
    serve = [step(f"Serve{number}", "Endpoint", EndpointConfigName=name) for number, name in enumerate(said)]
    later = step("Later", "EndpointConfig", ProductionVariants=[])
    defined(aws, config, *serve, later)
    report = scan("--rules", str(rules), "--select", "mine")[1]
    assert sorted((one["resource"]["name"], one["message"]) for one in report["findings"]) == [
        ("nightly.Serve0", "nightly.Config of 2, beside ['there']"),
        ("nightly.Serve1", "there of 1, beside ['there']"),
        ("nightly.Serve2", "nightly.Later of 0, beside ['there']"),
    ]


def test_pipelines_are_read_only_for_rules_on_what_steps_make(aws: EmbeddedAws) -> None:
    defined(aws, step("Train"))
    scan("--select", "notebook-instance-root-access")
    assert not [call.operation for call in aws.calls.all() if call.operation in READS]
    scan("--select", ISOLATION)
    asked = [call.operation for call in aws.calls.all() if call.operation in READS]
    assert sorted(asked) == ["DescribePipeline", "ListPipelines"]


@pytest.mark.parametrize("text", ['{"Steps": 1}', "[1]", "no JSON", '{"Steps": [], "Steps": []}'])
def test_a_definition_that_is_not_understood_is_listed(aws: EmbeddedAws, text: str) -> None:
    defined(aws, text=text)
    code, report = scan("--select", ISOLATION)
    assert code == 0
    (gap,) = [gap for gap in report["coverage"]["gaps"] if gap["reason"] == "UNSUPPORTED_SYNTAX"]
    assert gap["scope"]["resource"] == ARN
    assert gap["operation"] == "sagemaker:DescribePipeline"
    assert "the definition is not understood" in gap["detail"]
    assert report["coverage"]["complete"] is True


def test_what_is_not_understood_of_steps_is_one_gap_a_pipeline(aws: EmbeddedAws) -> None:
    defined(aws, step("Train", NewMember=1), step("Beam", "Teleport"), step("Warp", "Teleport"))
    report = scan("--select", ISOLATION)[1]
    (gap,) = [gap for gap in report["coverage"]["gaps"] if gap["reason"] == "UNSUPPORTED_SYNTAX"]
    assert gap["scope"]["resource"] == ARN
    assert gap["detail"].startswith("Train: ")
    assert gap["detail"].endswith("(and 2 more)")
    assert [one["status"] for one in of_rule(report, ISOLATION)] == ["FAILED"]


def test_a_pipeline_that_may_not_be_described_is_a_hole(aws: EmbeddedAws) -> None:
    defined(aws, step("Train"))
    aws.faults.deny("sagemaker", "DescribePipeline")
    try:
        code, report = scan("--select", ISOLATION)
    finally:
        aws.faults.clear()
    assert code == 3
    assert of_rule(report, ISOLATION) == []
    assert {gap["reason"] for gap in report["coverage"]["gaps"]} >= {"ACCESS_DENIED"}


def test_a_snapshot_gives_the_same_and_holds_no_secret_of_a_step(aws: EmbeddedAws, tmp_path: Path) -> None:
    secret = "AKIAIOSFODNN7EXAMPLE"
    defined(aws, step("Train", Environment={"TOKEN": secret}), step("Beam", "Teleport"))
    path = tmp_path / "saved.json.gz"
    code, report = scan("--save-snapshot", str(path))
    again = CliRunner().invoke(cli, ["scan", "--snapshot", str(path), "-f", "json"], standalone_mode=False)
    replayed = json.loads(again.stdout)
    assert again.return_value == code

    def essence(found: dict[str, Any]) -> list[tuple[str, ...]]:
        return sorted((one["id"], one["rule"], one["status"]) for one in found["findings"])

    assert essence(replayed) == essence(report)
    assert any(one["resource"]["arn"] == f"{ARN}#Train" for one in report["findings"])
    assert targets(replayed).get(TRAINING, 0) == 0
    assert secret not in _unpacked(path)
    assert secret not in json.dumps(report)


def _unpacked(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode()
