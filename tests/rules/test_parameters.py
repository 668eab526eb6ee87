"""What a parameter must not excuse, and what holds for the parameters of all rules."""

from datetime import UTC, datetime
from typing import Any

import pytest

import rules
from auditor.catalog import Catalog
from auditor.cli.contract import faults
from auditor.engine import Judge
from auditor.model.dockerfile import Dockerfile
from auditor.model.identity import Role
from auditor.model.inventory import Inventory
from auditor.model.parameter import Parameter, Value
from auditor.model.resource import Identity, Observation, Origin, Resource
from auditor.model.rule import Rule
from auditor.model.sagemaker import Model, NotebookInstance, TrainingJob
from auditor.model.surroundings import Bucket
from auditor.model.verdict import Severity, Status, Verdict, passed

CATALOG = Catalog.of(rules.MODULES)
TUNABLE = [rule for rule in CATALOG if rule.parameters]
NOW = datetime(2026, 1, 15, tzinfo=UTC)
OWN, OTHER, TRUSTED = "111122223333", "999988887777", "444455556666"
TOKEN = "AKIA" + "A" * 16
SAGEMAKER = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}


def status(rule: str, parameters: dict[str, Value], kind: type[Resource], facts: dict[str, Any]) -> Status:
    identity = Identity(kind.cfn_type, "n", "", "aws", OWN, "eu-west-1")
    subject = kind.build(facts, identity, Origin("live", Observation("test:Given")))
    (finding,) = Judge([CATALOG.get(rule).tuned(parameters)], Inventory(), NOW).judge(subject)
    return finding.status


def trust(principal: Any, **condition: Any) -> dict[str, Any]:
    extra = {"Condition": condition} if condition else {}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **extra}
    return {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [SAGEMAKER, statement]}}


def policy(principal: Any, **condition: Any) -> dict[str, Any]:
    extra = {"Condition": condition} if condition else {}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "*", **extra}
    return {"Policy": {"Version": "2012-10-17", "Statement": [statement]}}


@pytest.mark.parametrize("make", [trust, policy])
@pytest.mark.parametrize(
    ("principal", "condition", "said"),
    [
        ({"AWS": TRUSTED}, {}, Status.PASSED),
        ({"AWS": f"arn:aws:iam::{TRUSTED}:role/r"}, {}, Status.PASSED),
        ({"AWS": [TRUSTED, OTHER]}, {}, Status.FAILED),
        ({"AWS": OTHER}, {}, Status.FAILED),
        ("*", {}, Status.FAILED),
        ({"AWS": "*"}, {"StringEquals": {"aws:PrincipalAccount": TRUSTED}}, Status.PASSED),
        ({"AWS": "*"}, {"StringEquals": {"aws:PrincipalAccount": OTHER}}, Status.FAILED),
        ({"AWS": "*"}, {"StringEquals": {"aws:PrincipalAccount": [TRUSTED, OTHER]}}, Status.FAILED),
        ({"AWS": "*"}, {"StringNotEquals": {"aws:PrincipalAccount": TRUSTED}}, Status.FAILED),
        ({"AWS": "*"}, {"StringEqualsIfExists": {"aws:PrincipalAccount": TRUSTED}}, Status.FAILED),
    ],
)
def test_trust_in_an_account_is_trust_in_no_other(make: Any, principal: Any, condition: Any, said: Status) -> None:
    rule, kind = ("execution-role-trust", Role) if make is trust else ("bucket-policy-other-accounts", Bucket)
    facts = make(principal, **condition)
    assert status(rule, {"trusted_accounts": (TRUSTED,)}, kind, facts) is said
    assert status(rule, {}, kind, facts) is Status.FAILED


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"API_KEY": "shown-to-all"}, Status.PASSED),
        ({"API_KEY": "shown-to-all", "DB_PASSWORD": "hunter22"}, Status.FAILED),
        ({"API_KEY": TOKEN}, Status.FAILED),
    ],
)
def test_a_harmless_name_excuses_neither_tokens_nor_other_names(environment: dict[str, str], said: Status) -> None:
    facts = {"Environment": environment}
    assert status("training-job-environment-secrets", {"harmless_names": ("API_KEY",)}, TrainingJob, facts) is said


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("registry.example.com/python:3.12", Status.PASSED),
        ("registry.example.com/python:latest", Status.FAILED),
        ("registry.example.com/python", Status.FAILED),
        ("registry.example.com.evil.example/python:3.12", Status.FAILED),
        ("evil.example/registry.example.com/python:3.12", Status.FAILED),
    ],
)
def test_a_registry_of_tags_that_stay_is_meant_by_its_whole_host(image: str, said: Status) -> None:
    facts = {"BaseImages": [{"Image": image}]}
    given: dict[str, Value] = {"immutable_registries": ("registry.example.com",)}
    assert status("dockerfile-base-image-digest", given, Dockerfile, facts) is said


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("registry.example.com/serve:1", Status.PASSED),
        ("registry.example.com.evil.example/serve:1", Status.FAILED),
        (None, Status.FAILED),
    ],
)
def test_a_registry_is_meant_by_its_whole_host(image: str | None, said: Status) -> None:
    facts = {"PrimaryContainer": {"Image": image} if image else {}}
    given: dict[str, Value] = {"registries": ("registry.example.com",)}
    assert status("model-private-registry", given, Model, facts) is said


def test_an_approved_platform_still_ends() -> None:
    facts = {"PlatformIdentifier": "notebook-al1-v1"}
    given: dict[str, Value] = {"approved": ("notebook-al1-v1",)}
    assert status("notebook-instance-platform", given, NotebookInstance, facts) is Status.FAILED


@pytest.mark.parametrize("rule", TUNABLE, ids=lambda rule: rule.id)
def test_every_parameter_can_be_set_and_is_explained(rule: Rule) -> None:
    assert not [*faults(rule)]
    assert "{" not in rule.title
    for one in rule.parameters:
        assert one.name.isidentifier()
        assert one.name == one.name.lower()
        assert len(one.meaning) > 15
        assert not one.meaning.endswith(".")
        assert rule.tuned({one.name: one.default}).values == {}


def test_a_parameter_that_the_function_does_not_take_is_a_fault() -> None:
    def judge(model: Model) -> Verdict:
        return passed(str(model), at="ModelName")

    parameters = (Parameter("largest", 3, "the most"),)
    rule = Rule("own-rule", "It holds.", Severity.LOW, "why", "fix", judge, (Model,), parameters=parameters)
    assert "its function takes no argument largest with the default 3" in [*faults(rule)]
