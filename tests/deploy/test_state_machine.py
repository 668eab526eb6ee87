"""The state machine, run by moto's interpreter over functions that are played here."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws
from moto.awslambda_simple.models import LambdaSimpleBackend
from statelint.config import Config
from statelint.linter import Linter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.deploy.conftest import Template

REGION, ACCOUNT = "eu-west-1", "123456789012"
BUCKET = "reports"
# statelint does not know that an ItemReader says what it reads (Amazon States Language, "Map State Input").
NOT_KNOWN_TO_STATELINT = '"InputType" not allowed in State Machine.States.AuditTargets.ItemReader.ReaderConfig'
TASKS = {
    "arn:aws:states:::lambda:invoke",
    "arn:aws:states:::s3:getObject",
    "arn:aws:states:::s3:putObject",
}


def definition(single: Template) -> str:
    text = (single.path.parent / "audit.asl.json").read_text(encoding="utf-8")
    (runs,) = single.of_type("AWS::StepFunctions::StateMachine").values()
    for name, value in runs["DefinitionSubstitutions"].items():
        real = str(value)
        if real.endswith(".Arn"):
            real = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{real.removesuffix('.Arn')}"
        text = text.replace(f"${{{name}}}", real)
    assert "${" not in text
    return text


def walk(value: Any, member: str) -> Iterator[Any]:
    if isinstance(value, dict):
        if member in value:
            yield value[member]
        for part in value.values():
            yield from walk(part, member)
    elif isinstance(value, list):
        for part in value:
            yield from walk(part, member)


def problems(text: str) -> list[str]:
    return [one for one in Linter.validate(json.loads(text), Config()) if NOT_KNOWN_TO_STATELINT not in one]


def test_statelint_has_nothing_to_say(single: Template) -> None:
    assert problems(definition(single)) == []


def test_statelint_would_say_something(single: Template) -> None:
    assert problems(definition(single).replace('"Default": "MergeReports"', '"Default": "MergedReports"'))


def test_only_known_tasks_are_called(single: Template) -> None:
    tree = json.loads(definition(single))
    assert set(walk(tree, "Resource")) == TASKS


def test_only_the_shared_subset_is_written(single: Template) -> None:
    text = definition(single)
    for word in ("ItemBatcher", "QueryLanguage", "{%", '"ToleratedFailurePercentage"', "EXPRESS"):
        assert word not in text


def test_every_call_is_repeated_with_jitter_and_has_an_end(single: Template) -> None:
    tree = json.loads(definition(single))
    tasks = [state for states in walk(tree, "States") for state in states.values() if state["Type"] == "Task"]
    assert len(tasks) == 4
    for task in tasks:
        assert {retry["JitterStrategy"] for retry in task["Retry"]} == {"FULL"}
        # Lambda's own limit is 900 seconds; the service needs some to say so.
        assert 0 < task["TimeoutSeconds"] <= 960


def test_the_role_may_what_the_machine_does(single: Template) -> None:
    functions = {arn.rpartition(":")[2] for arn in walk(json.loads(definition(single)), "FunctionName")}
    role = single.of_type("AWS::IAM::Role")["RunsRole"]["Policies"][0]["PolicyDocument"]["Statement"]
    (allowed,) = [statement["Resource"] for statement in role if statement["Sid"] == "Functions"]
    assert {name.removesuffix(".Arn") for name in allowed} == functions


class Played:
    """Functions in the roles of the real ones; keeps what they are asked."""

    def __init__(self, targets: dict[str, list[str]]) -> None:
        self.targets = targets
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.audit: Callable[[dict[str, Any]], dict[str, Any]] = lambda _: {"status": "done", "cursor": None}

    def plan(self, event: dict[str, Any]) -> dict[str, Any]:
        run = event["run"]
        s3 = boto3.client("s3", region_name=REGION)
        keys = {}
        for kind, names in self.targets.items():
            keys[kind] = f"runs/{run}/plan/{kind}.json"
            items = [{"run": run, "account": name, "kind": kind} for name in names]
            s3.put_object(Bucket=BUCKET, Key=keys[kind], Body=json.dumps(items))
        return {
            "run": run,
            "bucket": BUCKET,
            "global_key": keys["global"],
            "regions_key": keys["region"],
            "planned": sum(map(len, self.targets.values())),
        }

    def __call__(self, name: str, event: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((name, event))
        if name == "PlanTargets":
            return self.plan(event)
        if name == "MergeReports":
            return {"complete": False, "failed": 3, "report_key": f"runs/{event['run']}/report.html", "more": "x" * 9}
        if "error" in event:
            return {}
        return {"findings": 1, **self.audit(event)}

    def of(self, name: str) -> list[dict[str, Any]]:
        return [event for asked, event in self.asked if asked == name]

    def recorded(self) -> dict[str, dict[str, str]]:
        return {event["target"]["account"]: event["error"] for event in self.of("AuditAccount") if "error" in event}

    def invocations(self, account: str) -> list[dict[str, Any]]:
        return [e for e in self.of("AuditAccount") if e["target"]["account"] == account and "error" not in e]


@pytest.fixture
def run(single: Template, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Played], dict[str, Any]]]:
    """Runs the state machine over played functions and gives what it says of the execution."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    # Waiting before a repetition is the interpreter's; nothing here depends on how long it takes.
    text = re.sub(r'"IntervalSeconds": \d+', '"IntervalSeconds": 1', definition(single))
    text = re.sub(r'"MaxAttempts": \d+', '"MaxAttempts": 1', text)
    config: Any = {"stepfunctions": {"execute_state_machine": True}, "lambda": {"use_docker": False}}
    with mock_aws(config=config):

        def execute(played: Played) -> dict[str, Any]:
            monkeypatch.setattr(LambdaSimpleBackend, "invoke", _invoke(played))
            boto3.client("s3", region_name=REGION).create_bucket(
                Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
            states = boto3.client("stepfunctions", region_name=REGION)
            role = f"arn:aws:iam::{ACCOUNT}:role/runs"
            machine = states.create_state_machine(name="runs", definition=text, roleArn=role)["stateMachineArn"]
            arn = states.start_execution(stateMachineArn=machine, name="run-1", input="{}")["executionArn"]
            while (found := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
                time.sleep(0.05)
            return dict(found)

        yield execute


def _invoke(played: Played) -> Callable[..., bytes]:
    def invoke(
        self: LambdaSimpleBackend, function_name: str, qualifier: str, body: Any, headers: Any, response_headers: Any
    ) -> bytes:
        del self, qualifier, headers
        try:
            return json.dumps(played(function_name.rpartition(":")[2], json.loads(body))).encode()
        except RuntimeError as error:
            response_headers["x-amz-function-error"] = "Unhandled"
            return json.dumps({"errorType": "RuntimeError", "errorMessage": str(error)}).encode()

    return invoke


def test_accounts_come_first_then_regions_then_the_merged_report(run: Callable[[Played], dict[str, Any]]) -> None:
    played = Played({"global": ["a", "b"], "region": ["a-1", "a-2", "b-1"]})
    ended = run(played)
    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"]) == {
        "complete": False,
        "failed": 3,
        "report_key": "runs/run-1/report.html",
    }
    order = [event.get("target", {}).get("kind", name) for name, event in played.asked]
    assert order == ["PlanTargets", "global", "global", "region", "region", "region", "MergeReports"]
    (planned,) = played.of("PlanTargets")
    assert planned["run"] == "run-1"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)", planned["started"])
    assert played.of("MergeReports") == [{"run": "run-1"}]


def test_a_target_goes_on_from_its_cursor(run: Callable[[Played], dict[str, Any]]) -> None:
    played = Played({"global": [], "region": ["large", "small"]})

    def audit(event: dict[str, Any]) -> dict[str, Any]:
        done = (event["cursor"] or {"part": 0})["part"]
        if event["target"]["account"] == "large" and done < 3:
            return {"status": "more", "cursor": {"part": done + 1}}
        return {"status": "done", "cursor": None}

    played.audit = audit
    assert run(played)["status"] == "SUCCEEDED"
    asked = [(event["attempt"], event["cursor"]) for event in played.invocations("large")]
    assert asked == [(0, None), (1, {"part": 1}), (2, {"part": 2}), (3, {"part": 3})]
    assert len(played.invocations("small")) == 1
    assert played.recorded() == {}


def test_a_target_that_fails_is_recorded_and_stops_nothing(run: Callable[[Played], dict[str, Any]]) -> None:
    played = Played({"global": ["bad"], "region": ["good"]})

    def audit(event: dict[str, Any]) -> dict[str, Any]:
        if event["target"]["account"] == "bad":
            raise RuntimeError("the role is gone")
        return {"status": "done", "cursor": None}

    played.audit = audit
    assert run(played)["status"] == "SUCCEEDED"
    assert len(played.invocations("good")) == 1
    (error,) = played.recorded().values()
    assert set(error) == {"Error", "Cause"}
    assert "the role is gone" in error["Cause"]
    assert played.of("MergeReports") == [{"run": "run-1"}]


def test_a_target_that_never_ends_is_given_up(run: Callable[[Played], dict[str, Any]]) -> None:
    played = Played({"global": [], "region": ["endless"]})
    played.audit = lambda event: {"status": "more", "cursor": {"part": event["attempt"]}}
    assert run(played)["status"] == "SUCCEEDED"
    assert len(played.invocations("endless")) == 40
    assert played.recorded()["endless"]["Error"] == "SageMakerAuditor.TooManyInvocations"
    assert len(played.of("MergeReports")) == 1


def test_a_run_without_targets_is_merged_all_the_same(run: Callable[[Played], dict[str, Any]]) -> None:
    played = Played({"global": [], "region": []})
    assert run(played)["status"] == "SUCCEEDED"
    assert [name for name, _ in played.asked] == ["PlanTargets", "MergeReports"]


def test_a_plan_that_cannot_be_read_is_merged_as_not_scanned(run: Callable[[Played], dict[str, Any]]) -> None:
    played = Played({"global": ["a"], "region": ["b"]})
    planned = played.plan
    played.plan = lambda event: {**planned(event), "global_key": "runs/nothing"}  # type: ignore[method-assign]  # played
    assert run(played)["status"] == "SUCCEEDED"
    assert len(played.invocations("b")) == 1
    assert len(played.of("MergeReports")) == 1
