"""The templates are sound, and say the same as the code."""

from __future__ import annotations

import json
import re
import runpy
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

import pytest

from auditor.catalog import Catalog
from auditor.delivery.securityhub import OPERATIONS
from auditor.delivery.tables import COVERAGE, FINDINGS
from auditor.fleet import scope
from auditor.fleet.records import Keys, ScanTarget
from auditor.fleet.settings import FleetSettings
from auditor.fleet.steering import FOLDER
from auditor.gate.hook import gate_hook
from auditor.gate.presigned import fetch_payload
from auditor.sources.live.permissions import actions, policy
from rules import MODULES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.deploy.conftest import Template

    Statements = Callable[[Template], Iterator[tuple[str, dict[str, Any]]]]


def test_cfn_lint_has_nothing_to_say(every: Template) -> None:
    from cfnlint import api, config  # noqa: PLC0415  takes half a second, and few tests need it

    text = every.path.read_text(encoding="utf-8")
    # AWS GovCloud (US) has no Lambda hooks.
    elsewhere = [] if every.of_type("AWS::CloudFormation::LambdaHook") else ["us-gov-west-1"]
    # As if asked on the command line for the file, so that its own exceptions hold.
    found = api.lint(text, config=config.ManualArgs(regions=["us-east-1", "eu-west-1", *elsewhere]))
    assert [f"{match.rule.id} {match.message}" for match in found] == []


def test_cfn_lint_would_say_something(single: Template) -> None:
    from cfnlint import api  # noqa: PLC0415  as above

    broken = single.path.read_text(encoding="utf-8").replace("MessageRetentionPeriod", "MessageRetention")
    assert [match.rule.id for match in api.lint(broken)] == ["E3002", "E3002", "E3002"]


def test_derived_policies_are_as_the_command_prints_them(every: Template) -> None:
    generate = runpy.run_path(str(every.path.parent / "generate.py"))
    assert list(generate["stale"]()) == []


def test_the_member_role_may_what_the_command_prints(member: Template) -> None:
    granted = {p["PolicyName"]: p["PolicyDocument"] for p in member.of_type("AWS::IAM::Role")["Member"]["Policies"]}
    assert granted == {purpose: policy(purpose) for purpose in ("scan", "security-hub")}


def test_the_own_account_is_read_with_the_same_rights(organization: Template) -> None:
    managed = organization.of_type("AWS::IAM::ManagedPolicy")
    assert managed["ScanPolicy"]["PolicyDocument"] == policy("scan")
    assert managed["SecurityHubPolicy"]["PolicyDocument"] == policy("security-hub")
    roles = organization.of_type("AWS::IAM::Role")
    reading = {name for name, role in roles.items() if "ManagedPolicyArns" in role}
    assert reading == {"AuditAccountRole", "AuditChangeRole"}
    for name in reading:
        assert roles[name]["ManagedPolicyArns"] == ["ScanPolicy", "SecurityHubPolicy"]


def test_without_security_hub_nobody_may_import(single: Template) -> None:
    assert "SecurityHubPolicy" not in single.resources
    text = json.dumps(single.resources)
    assert "securityhub:" not in text


def test_the_planner_may_what_the_command_prints(single: Template) -> None:
    role = single.of_type("AWS::IAM::Role")["PlanTargetsRole"]
    granted = {
        action
        for statement in role["Policies"][0]["PolicyDocument"]["Statement"]
        if statement["Sid"] in {"AccountsAndRegions", "Members"}
        for action in statement["Action"]
    }
    assert granted == set(actions("planner"))


def environments(template: Template) -> dict[str, dict[str, str]]:
    found = template.of_type("AWS::Lambda::Function")
    # Lambda takes text only; CloudFormation turns numbers into it.
    return {
        name: {key: str(value) for key, value in function["Environment"]["Variables"].items()}
        for name, function in found.items()
        if "Environment" in function
    }


def of_fleet(template: Template) -> dict[str, dict[str, str]]:
    """The environments of all functions but the gate's, which knows no bucket."""
    return {name: variables for name, variables in environments(template).items() if "REPORT_BUCKET" in variables}


def test_the_hook_understands_its_environment(single: Template) -> None:
    variables = environments(single)["GateHook"]
    assert set(variables) == {"FAIL_ON", "UNKNOWN", "SELECT", "IGNORE"}
    event = {"requestData": {"targetName": "AWS::S3::Bucket"}, "clientRequestToken": "t"}
    catalog = Catalog.of(MODULES)
    strict = type(single)("template.yaml", HookFailOn="MEDIUM", HookUnknown="fail", SelectRules="a", IgnoreRules="b")
    assert environments(strict)["GateHook"] == {"FAIL_ON": "MEDIUM", "UNKNOWN": "fail", "SELECT": "a", "IGNORE": "b"}
    for name, word in (("FAIL_ON", "HookFailOn"), ("UNKNOWN", "HookUnknown")):
        for value in single.raw["Parameters"][word]["AllowedValues"]:
            answer = gate_hook(event, {**variables, name: value}, catalog, fetch_payload)
            assert answer["hookStatus"] == "SUCCESS", answer
        assert gate_hook(event, {**variables, name: "x"}, catalog, fetch_payload)["hookStatus"] == "FAILED"


def test_the_functions_understand_their_environment(single: Template, organization: Template) -> None:
    known = {name.upper() for name in FleetSettings.__slots__}
    for template in (single, organization):
        for name, variables in of_fleet(template).items():
            assert set(variables) <= known, name
            # A bucket's and a topic's real name stand for what the tests call them.
            real = {**variables, "REPORT_BUCKET": "reports-bucket"}
            if "TOPIC_ARN" in real:
                real["TOPIC_ARN"] = "arn:aws:sns:eu-west-1:123456789012:notices"
            if "ROLE_NAME" not in real:
                real["ROLE_NAME"] = "member"
            assert FleetSettings.of(real).report_bucket_owner == "123456789012"


def test_a_single_account_is_one_target_of_the_same_template(single: Template, organization: Template) -> None:
    alone, many = environments(single)["PlanTargets"], environments(organization)["PlanTargets"]
    assert (alone["ORGANIZATION"], alone["ACCOUNTS"]) == ("false", "123456789012")
    assert (many["ORGANIZATION"], many["ACCOUNTS"]) == ("true", "")
    two = environments(type(single)("template.yaml", TargetAccounts="111111111111,222222222222", Regions="eu-west-1"))
    planned = two["PlanTargets"]
    assert (planned["ORGANIZATION"], planned["ACCOUNTS"]) == ("false", "111111111111,222222222222")
    # Changes are judged where runs scan.
    for found in (environments(single), environments(organization), two):
        for name in ("ORGANIZATION", "ACCOUNTS", "REGIONS", "SELECT", "IGNORE", "ROLE_NAME", "EXTERNAL_ID"):
            assert found["AuditChange"][name] == found["PlanTargets"][name]


@pytest.mark.parametrize("accounts", ["own", "organization", "111111111111", "111111111111,222222222222"])
def test_accounts_are_named_in_one_of_three_ways(accounts: str, single: Template) -> None:
    pattern = single.raw["Parameters"]["TargetAccounts"]["AllowedPattern"]
    assert re.fullmatch(pattern, accounts)
    assert not re.fullmatch(pattern, accounts + ",")


def test_so_many_targets_go_on_at_once(single: Template) -> None:
    parameter = single.raw["Parameters"]["MaxConcurrency"]
    assert (parameter["Default"], parameter["MinValue"]) == (50, 1)
    (runs,) = type(single)("template.yaml", MaxConcurrency=7).of_type("AWS::StepFunctions::StateMachine").values()
    assert runs["DefinitionSubstitutions"]["MaxConcurrency"] == 7


def test_every_parameter_is_explained(every: Template) -> None:
    for name, about in every.raw["Parameters"].items():
        assert about["Description"].endswith("."), name
    groups = every.raw.get("Metadata", {}).get("AWS::CloudFormation::Interface", {}).get("ParameterGroups")
    if groups:
        assert sorted(name for group in groups for name in group["Parameters"]) == sorted(every.raw["Parameters"])


def test_the_same_changes_are_judged_everywhere(single: Template, events: Template) -> None:
    (forwarded,) = events.of_type("AWS::Events::Rule").values()
    assert single.of_type("AWS::Events::Rule")["OwnChangeRule"]["EventPattern"] == forwarded["EventPattern"]


def test_names_that_templates_share_are_the_same(organization: Template, member: Template, events: Template) -> None:
    roles = organization.of_type("AWS::IAM::Role")
    names = {role["RoleName"] for role in roles.values()}
    assert "sagemaker-auditor-events" in names
    assert (
        environments(organization)["AuditAccount"]["ROLE_NAME"]
        == member.of_type("AWS::IAM::Role")["Member"]["RoleName"]
    )
    (rule,) = events.of_type("AWS::Events::Rule").values()
    forwarder = member.of_type("AWS::IAM::Role")["Forwarder"]["RoleName"]
    assert rule["Targets"][0]["RoleArn"].endswith(f":role/{forwarder}")
    for shared in ("ExternalId", "OrganizationId", "PermissionsBoundary", "SecurityHub"):
        one, other = organization.raw["Parameters"][shared], member.raw["Parameters"][shared]
        assert {k: v for k, v in one.items() if k != "Description"} == {
            k: v for k, v in other.items() if k != "Description"
        }


def test_every_setting_can_be_given(single: Template) -> None:
    given = {name for variables in of_fleet(single).values() for name in variables}
    # Only tests need to cut smaller slices, or to stop sooner.
    assert {name.upper() for name in FleetSettings.__slots__} - given == {"SLICE_JOBS", "MARGIN_SECONDS"}


def test_functions_write_where_they_may(single: Template) -> None:
    target = ScanTarget("r", "aws", "123456789012", "eu-west-1", "", "", "region")
    of_run = {key.partition("/")[0] for key in (Keys("r").ledger(target), Keys("r").findings(target, "unit"))}
    wanted = {
        "PlanTargetsRole": {Keys("r").plan("global").partition("/")[0], scope.KEY.partition("/")[0]},
        "AuditAccountRole": {*of_run, "state", FINDINGS, COVERAGE},
        "MergeReportsRole": {*of_run, COVERAGE},
        "AuditChangeRole": {"state/*/*/changes"},
    }
    for name, prefixes in wanted.items():
        own = single.of_type("AWS::IAM::Role")[name]["Policies"][0]["PolicyDocument"]["Statement"]
        by_sid = {statement["Sid"]: statement for statement in own}
        assert set(by_sid["Objects"]["Resource"]) == {f"Reports.Arn/{prefix}/*" for prefix in prefixes}
        assert by_sid["Objects"]["Action"] == ["s3:GetObject", "s3:PutObject"]
        # A condition on the prefix would not hold for the request of an object that is not there.
        assert "Condition" not in by_sid["Names"]


def test_what_steers_a_run_is_read_by_two_and_written_by_none(single: Template) -> None:
    reading = set()
    for name, role in single.of_type("AWS::IAM::Role").items():
        for policy_ in role.get("Policies", ()):
            for statement in policy_["PolicyDocument"]["Statement"]:
                places = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
                if any("Reports.Arn/" in place and fnmatch(f"Reports.Arn/{FOLDER}/x", place) for place in places):
                    assert statement["Action"] == "s3:GetObject"
                    reading.add(name)
    assert reading == {"PlanTargetsRole", "AuditChangeRole"}


def test_what_expires_is_what_the_functions_write(single: Template, athena: Template) -> None:
    """Each prefix by itself: nobody else's files in the bucket may end."""
    rules = single.of_type("AWS::S3::Bucket")["Reports"]["LifecycleConfiguration"]["Rules"]
    expiring = {rule.get("Prefix"): rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}
    roles = [*single.of_type("AWS::IAM::Role").values(), *athena.of_type("AWS::IAM::Role").values()]
    places = [
        place
        for role in roles
        for policy_ in role.get("Policies", ())
        for statement in policy_["PolicyDocument"]["Statement"]
        if "s3:PutObject" in statement["Action"]
        for place in ([statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"])
    ]
    written = {re.sub(r"^(Reports\.Arn|arn:aws:s3:::reports-bucket)/", "", place).partition("/")[0] for place in places}
    # The note of the latest plan is one object, which the next plan replaces.
    assert {prefix.rstrip("/") for prefix in expiring} == written - {scope.KEY.partition("/")[0]}
    assert {days for prefix, days in expiring.items() if prefix != "athena/"} == {400}


def test_security_hub_is_asked_what_is_granted() -> None:
    assert actions("security-hub") == tuple(sorted(OPERATIONS))
