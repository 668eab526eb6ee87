"""The real templates, deployed: every resource is made, and the run that the schedule starts is there."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws
from moto.awslambda_simple.models import LambdaSimpleBackend

from auditor.fleet.events import change_of, events_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from tests.deploy.conftest import Template

REGION = "eu-west-1"
CONFIG: Any = {"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}


@pytest.fixture(scope="module")
def moto_stack() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parent))
        found = importlib.import_module("moto_stack")
        found.teach(patch)
        yield found
        del sys.modules["moto_stack"]


def deploy(moto_stack: ModuleType, template: Template) -> dict[str, str]:
    """Logical id to physical id, nested stacks included."""
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket=moto_stack.ARTEFACTS, CreateBucketConfiguration={"LocationConstraint": REGION})
    body = moto_stack.packaged(template.path, template.load, b"PK\x05\x06" + bytes(18), REGION)
    assert list(moto_stack.unknown_types(json.loads(body))) == []
    s3.put_object(Bucket=moto_stack.ARTEFACTS, Key="packaged", Body=body)
    cloudformation = boto3.client("cloudformation", region_name=REGION)
    cloudformation.create_stack(
        StackName="sagemaker-auditor",
        TemplateURL=f"https://s3.amazonaws.com/{moto_stack.ARTEFACTS}/packaged",
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": str(value)} for key, value in template.given.items()],
    )
    made: dict[str, str] = {}
    for stack in cloudformation.describe_stacks()["Stacks"]:
        assert stack["StackStatus"] == "CREATE_COMPLETE"
        found = cloudformation.describe_stack_resources(StackName=stack["StackName"])["StackResources"]
        # moto lists what a condition leaves out, too, without a name.
        named = [resource for resource in found if "LogicalResourceId" in resource]
        made |= {one["LogicalResourceId"]: one.get("PhysicalResourceId", "") for one in named}
    return made


@pytest.fixture(scope="module", params=["single", "organization", "member", "events"])
def stack(request: pytest.FixtureRequest, moto_stack: ModuleType) -> Iterator[tuple[Template, dict[str, str]]]:
    template: Template = request.getfixturevalue(request.param)
    with mock_aws(config=CONFIG):
        yield template, deploy(moto_stack, template)


LARGE = pytest.mark.parametrize("stack", ["single", "organization"], indirect=True)
Stack = tuple["Template", dict[str, str]]


def test_every_resource_is_made(stack: Stack, athena: Template) -> None:
    template, made = stack
    nested = athena.resources if "Analysis" in template.resources else {}
    assert set(made) == set(template.resources) | set(nested)


@LARGE
def test_the_schedule_starts_the_state_machine(stack: Stack) -> None:
    _, made = stack
    schedule = boto3.client("scheduler", region_name=REGION).get_schedule(
        Name="sagemaker-auditor-run", GroupName="sagemaker-auditor"
    )
    assert schedule["Target"]["Arn"] == made["Runs"]
    queues = boto3.client("sqs", region_name=REGION)
    dead = queues.get_queue_attributes(QueueUrl=made["MissedRuns"], AttributeNames=["QueueArn"])
    assert schedule["Target"]["DeadLetterConfig"]["Arn"] == dead["Attributes"]["QueueArn"]


@LARGE
def test_the_definition_calls_the_functions_of_the_stack(stack: Stack) -> None:
    _, made = stack
    machine = boto3.client("stepfunctions", region_name=REGION).describe_state_machine(stateMachineArn=made["Runs"])
    lambdas = boto3.client("lambda", region_name=REGION)
    for name in ("PlanTargets", "AuditAccount", "MergeReports"):
        arn = lambdas.get_function(FunctionName=made[name])["Configuration"]["FunctionArn"]
        assert f'"{arn}"' in machine["definition"]
    assert "${" not in machine["definition"]


@LARGE
def test_functions_get_their_environment(stack: Stack) -> None:
    template, made = stack
    lambdas = boto3.client("lambda", region_name=REGION)
    found = lambdas.get_function_configuration(FunctionName=made["PlanTargets"])["Environment"]["Variables"]
    assert found["REPORT_BUCKET"] == made["Reports"]
    assert found["ORGANIZATION"] == ("true" if template.given else "false")
    assert found["ROLE_NAME"] == "sagemaker-auditor-member"


@LARGE
def test_a_change_comes_to_the_function_through_the_queue(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    _, made = stack
    asked: list[tuple[str, Any]] = []

    def invoke(_: Any, function_name: str, *, body: str, **__: Any) -> bytes:
        asked.append((function_name, json.loads(body)))
        return b"{}"

    monkeypatch.setattr(LambdaSimpleBackend, "invoke", invoke)
    arn = f"arn:aws:sagemaker:{REGION}:123456789012:notebook-instance/lab"
    event = {"DetailType": "SageMaker Notebook Instance State Change", "Resources": [arn], "Detail": "{}"}
    client = boto3.client("events", region_name=REGION)
    for bus in ("default", made["Changes"]):
        # moto lets everybody speak in the name of AWS.
        for source in ("aws.sagemaker", "mine"):
            client.put_events(Entries=[{**event, "Source": source, "EventBusName": bus}])
    assert {name.rpartition(":")[2] for name, _ in asked} == {made["AuditChange"]}
    # AWS names the account, too, which moto forgets.
    told = [{"account": "123456789012", **one} for _, given in asked for one in events_of(given) or ()]
    changes = [change_of(one) for one in told]
    assert [(change.arn, change.account, change.region) for change in changes] == [(arn, "123456789012", REGION)] * 2
    (feed,) = boto3.client("lambda", region_name=REGION).list_event_source_mappings()["EventSourceMappings"]
    assert (feed["BatchSize"], feed["ScalingConfig"]) == (1, {"MaximumConcurrency": 5})


def test_a_type_that_nobody_makes_is_found(moto_stack: ModuleType) -> None:
    assert list(moto_stack.unknown_types({"Resources": {"X": {"Type": "AWS::Serverless::Function"}}}))
