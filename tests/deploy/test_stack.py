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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from tests.deploy.conftest import Template

REGION = "eu-west-1"
CONFIG: Any = {"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}


@pytest.fixture
def moto_stack(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    found = importlib.import_module("moto_stack")
    monkeypatch.delitem(sys.modules, "moto_stack")
    found.teach(monkeypatch)
    return found


@pytest.fixture
def deploy(moto_stack: ModuleType) -> Iterator[Callable[..., dict[str, str]]]:
    """Deploys a template; gives logical id to physical id, nested stacks included."""
    with mock_aws(config=CONFIG):
        s3 = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket=moto_stack.ARTEFACTS, CreateBucketConfiguration={"LocationConstraint": REGION})

        def run(template: Template, **parameters: Any) -> dict[str, str]:
            body = moto_stack.packaged(template.path, b"PK\x05\x06" + bytes(18), REGION)
            assert list(moto_stack.unknown_types(json.loads(body))) == []
            cloudformation = boto3.client("cloudformation", region_name=REGION)
            s3.put_object(Bucket=moto_stack.ARTEFACTS, Key="packaged", Body=body)
            cloudformation.create_stack(
                StackName="sagemaker-auditor",
                TemplateURL=f"https://s3.amazonaws.com/{moto_stack.ARTEFACTS}/packaged",
                Capabilities=["CAPABILITY_NAMED_IAM"],
                Parameters=[{"ParameterKey": key, "ParameterValue": str(value)} for key, value in parameters.items()],
            )
            made = {}
            for stack in cloudformation.describe_stacks()["Stacks"]:
                assert stack["StackStatus"] == "CREATE_COMPLETE"
                found = cloudformation.describe_stack_resources(StackName=stack["StackName"])["StackResources"]
                # moto lists what a condition leaves out, too, without a name.
                named = [resource for resource in found if "LogicalResourceId" in resource]
                made |= {one["LogicalResourceId"]: one.get("PhysicalResourceId", "") for one in named}
            return made

        yield run


@pytest.mark.parametrize("kind", ["single", "organization"])
def test_every_resource_is_made(kind: str, deploy: Any, athena: Template, request: pytest.FixtureRequest) -> None:
    template: Template = request.getfixturevalue(kind)
    made = deploy(template, **template.given)
    assert set(made) == set(template.resources) | set(athena.resources)


def test_the_schedule_starts_the_state_machine(deploy: Any, single: Template) -> None:
    made = deploy(single)
    schedule = boto3.client("scheduler", region_name=REGION).get_schedule(
        Name="sagemaker-auditor-run", GroupName="sagemaker-auditor"
    )
    assert schedule["Target"]["Arn"] == made["Runs"]
    (machine,) = boto3.client("stepfunctions", region_name=REGION).list_state_machines()["stateMachines"]
    assert machine["stateMachineArn"] == made["Runs"]
    queues = boto3.client("sqs", region_name=REGION)
    dead = queues.get_queue_attributes(QueueUrl=made["MissedRuns"], AttributeNames=["QueueArn"])
    assert schedule["Target"]["DeadLetterConfig"]["Arn"] == dead["Attributes"]["QueueArn"]


def test_the_definition_calls_the_functions_of_the_stack(deploy: Any, single: Template) -> None:
    made = deploy(single)
    machine = boto3.client("stepfunctions", region_name=REGION).describe_state_machine(stateMachineArn=made["Runs"])
    lambdas = boto3.client("lambda", region_name=REGION)
    for name in ("PlanTargets", "AuditAccount", "MergeReports"):
        arn = lambdas.get_function(FunctionName=made[name])["Configuration"]["FunctionArn"]
        assert f'"{arn}"' in machine["definition"]
    assert "${" not in machine["definition"]


def test_functions_get_their_environment(deploy: Any, organization: Template) -> None:
    made = deploy(organization, **organization.given)
    lambdas = boto3.client("lambda", region_name=REGION)
    found = lambdas.get_function_configuration(FunctionName=made["PlanTargets"])["Environment"]["Variables"]
    assert found["REPORT_BUCKET"] == made["Reports"]
    assert found["ORGANIZATION"] == "true"
    assert found["ROLE_NAME"] == "sagemaker-auditor-member"


def test_a_type_that_nobody_makes_is_found(moto_stack: ModuleType) -> None:
    assert list(moto_stack.unknown_types({"Resources": {"X": {"Type": "AWS::Serverless::Function"}}}))


@pytest.mark.parametrize("kind", ["member", "events"])
def test_members_can_be_deployed(kind: str, deploy: Any, request: pytest.FixtureRequest) -> None:
    template: Template = request.getfixturevalue(kind)
    assert set(deploy(template, **template.given)) == set(template.resources)
