"""The templates on the way of a change, from its event or its hook to the function that judges it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stack_policies import demanded, listed  # type: ignore[import-not-found]

from auditor.fleet.settings import FleetSettings
from lambda_handlers import gate_hook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.deploy.conftest import Template

    Statements = Callable[[Template], Iterator[tuple[str, dict[str, Any]]]]


HOOK_FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:sagemaker-auditor-gate-hook"


def test_a_flood_of_changes_is_bounded(single: Template) -> None:
    """Whatever EventBridge is handed goes through one queue, of which so many are judged at a time."""
    rules = single.of_type("AWS::Events::Rule")
    assert {target["Arn"] for rule in rules.values() for target in rule["Targets"]} == {"WaitingChanges.Arn"}
    (feed,) = single.of_type("AWS::Lambda::EventSourceMapping").values()
    assert (feed["EventSourceArn"], feed["FunctionName"]) == ("WaitingChanges.Arn", "AuditChange")
    assert feed["ScalingConfig"] == {"MaximumConcurrency": 5}
    # Nobody waits for others to come, and what cannot be read within a minute is left for later.
    assert "MaximumBatchingWindowInSeconds" not in feed
    assert "DelaySeconds" not in single.of_type("AWS::SQS::Queue")["WaitingChanges"]
    seconds = single.of_type("AWS::Lambda::Function")["AuditChange"]["Timeout"]
    assert 30 <= seconds - FleetSettings("reports").margin_seconds < 60
    assert not single.of_type("AWS::Lambda::Permission")
    bounds = single.raw["Parameters"]["ChangeConcurrency"]
    # Lambda API reference, ScalingConfig.
    assert (bounds["MinValue"], bounds["MaxValue"]) == (2, 1000)
    # What is reserved could not be had in an account with a quota of 10.
    functions = single.of_type("AWS::Lambda::Function")
    assert not [name for name, function in functions.items() if "ReservedConcurrentExecutions" in function]
    waiting = single.of_type("AWS::SQS::Queue")["WaitingChanges"]
    assert waiting["VisibilityTimeout"] >= 6 * functions["AuditChange"]["Timeout"]
    # Lambda Developer Guide: at least five, or a throttled function loses messages.
    assert waiting["RedrivePolicy"]["maxReceiveCount"] >= 5
    attempts = waiting["RedrivePolicy"]["maxReceiveCount"] * waiting["VisibilityTimeout"]
    assert attempts < waiting["MessageRetentionPeriod"]


def test_only_the_own_rules_fill_the_queue(single: Template) -> None:
    policy = single.of_type("AWS::SQS::QueuePolicy")["WaitingChangesPolicy"]["PolicyDocument"]["Statement"]
    (allowed,) = [statement for statement in policy if statement["Effect"] == "Allow"]
    assert allowed["Action"] == "sqs:SendMessage"
    assert demanded(allowed)["aws:SourceArn"] == ["ChangeRule.Arn", "OwnChangeRule.Arn"]
    silent = type(single)("template.yaml", ChangeEvents="false")
    policy = silent.of_type("AWS::SQS::QueuePolicy")["WaitingChangesPolicy"]["PolicyDocument"]["Statement"]
    assert {statement["Effect"] for statement in policy} == {"Deny"}
    assert not silent.of_type("AWS::Lambda::EventSourceMapping")


def test_the_bus_takes_what_rules_forward_of_sagemaker_and_nothing_else(
    organization: Template, events: Template
) -> None:
    (policy,) = organization.of_type("AWS::Events::EventBusPolicy").values()
    statement = policy["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("events:PutEvents", "Changes.Arn")
    conditions = demanded(statement)
    assert conditions["aws:PrincipalOrgID"] == "o-abcdefghij"
    assert conditions["events:eventBusInvocation"] == "true"
    assert statement["Condition"]["ForAllValues:StringEquals"] == {"events:source": "aws.sagemaker"}
    # ForAllValues holds where there is no value.
    assert statement["Condition"]["Null"] == {"events:source": "false", "events:detail-type": "false"}
    (rule,) = events.of_type("AWS::Events::Rule").values()
    assert rule["EventPattern"]["source"] == ["aws.sagemaker"]
    patterns = statement["Condition"]["ForAllValues:StringLike"]["events:detail-type"]
    suffix, name = (part["detail-type"][0] for part in rule["EventPattern"]["$or"])
    assert patterns == [f"*{suffix['suffix']}", name]


def test_who_judges_a_change_writes_nothing_but_changes(single: Template) -> None:
    role = single.of_type("AWS::IAM::Role")["AuditChangeRole"]
    statements = role["Policies"][0]["PolicyDocument"]["Statement"]
    writing = [statement for statement in statements if "s3:PutObject" in listed(statement["Action"])]
    assert [statement["Resource"] for statement in writing] == [["Reports.Arn/state/*/*/changes/*"]]


def test_the_hook_calls_one_function_and_judges_what_is_made(hook: Template) -> None:
    (made,) = hook.of_type("AWS::CloudFormation::LambdaHook").values()
    assert made["LambdaFunction"] == HOOK_FUNCTION
    assert made["TargetFilters"] == {
        "TargetNames": ["AWS::SageMaker::*"],
        "Actions": ["CREATE", "UPDATE"],
        "InvocationPoints": ["PRE_PROVISION"],
    }
    assert made["TargetOperations"] == ["RESOURCE", "CLOUD_CONTROL"]
    assert (made["FailureMode"], made["HookStatus"]) == ("WARN", "ENABLED")
    assert "StackFilters" not in made
    spared = type(hook)(hook.path.name, **hook.given, ExcludeStacks="legacy-*", Mode="FAIL", Status="DISABLED")
    (made,) = spared.of_type("AWS::CloudFormation::LambdaHook").values()
    assert (made["FailureMode"], made["HookStatus"]) == ("FAIL", "DISABLED")
    assert made["StackFilters"]["StackNames"] == {"Exclude": ["legacy-*"]}
    caller = hook.of_type("AWS::IAM::Role")["Caller"]
    (statement,) = caller["Policies"][0]["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("lambda:InvokeFunction", HOOK_FUNCTION)


def test_the_function_of_the_hook_may_write_its_log_and_read_its_environment(single: Template) -> None:
    role = single.of_type("AWS::IAM::Role")["GateHookRole"]
    (policy,) = role["Policies"]
    assert "ManagedPolicyArns" not in role
    granted = {one["Resource"]: one["Action"] for one in policy["PolicyDocument"]["Statement"]}
    assert granted == {"GateHookLog.Arn": ["logs:CreateLogStream", "logs:PutLogEvents"], "Key.Arn": "kms:Decrypt"}
    function = single.of_type("AWS::Lambda::Function")["GateHook"]
    assert function["Handler"] == f"{gate_hook.__name__}.{gate_hook.handler.__name__}"
    # CloudFormation waits for so long (Hooks User Guide, "Developing a Lambda Hook").
    assert function["Timeout"] == 30
