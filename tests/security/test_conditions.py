"""Conditions that look as if they bound a statement, and do not."""

from typing import Any

import pytest

from auditor.iam.documents import statements
from auditor.model.identity import ManagedPolicy, Role
from auditor.model.inventory import Inventory
from auditor.model.resource import Identity, Observation, Origin
from auditor.model.verdict import Status
from rules.iam_least_privilege import confused_deputy, every_bucket, pass_role_to_any_service, role_trust

_ARN = "arn:aws:iam::111122223333:role/r"
_TRUST = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
_KEY = "aws:SourceAccount"
_LOOSE: list[dict[str, Any]] = [
    {"StringLike": {_KEY: "*"}},
    {"StringLike": {_KEY: ["111122223333", "*"]}},
    {"StringEqualsIfExists": {_KEY: "111122223333"}},
    {"ForAllValues:StringEquals": {_KEY: "111122223333"}},
    {"StringNotEquals": {_KEY: "111122223333"}},
    {"Null": {_KEY: "true"}},
    {"StringEquals": {_KEY: []}},
    {"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:*:*:*"}},
    {"StringLike": {"aws:SourceArn": "arn:*"}},
]
_BOUND: list[dict[str, Any]] = [
    {"StringEquals": {_KEY: "111122223333"}},
    {"stringequals": {"AWS:sourceaccount": ["111122223333"]}},
    {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-a1b2c3/*"}},
    {"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:*:111122223333:*"}},
]


def _role(trust: list[dict[str, Any]], allowed: dict[str, Any] | None = None) -> Role:
    policies = [{"PolicyName": "p", "PolicyDocument": {"Statement": {"Effect": "Allow", **(allowed or {})}}}]
    facts = {
        "RoleName": "r",
        "Arn": _ARN,
        "AssumeRolePolicyDocument": {"Statement": trust},
        "RolePolicyList": policies if allowed else [],
    }
    identity = Identity(Role.cfn_type, "r", _ARN, "aws", "111122223333", "us-east-1")
    return Role.build(facts, identity, Origin("live", Observation("iam:GetAccountAuthorizationDetails")))


@pytest.mark.parametrize("condition", _LOOSE)
def test_a_condition_that_anyone_meets_binds_nothing(condition: dict[str, Any]) -> None:
    assert confused_deputy.judge(_role([{**_TRUST, "Condition": condition}])).status is Status.FAILED


@pytest.mark.parametrize("condition", _BOUND)
def test_a_condition_that_names_a_value_binds(condition: dict[str, Any]) -> None:
    assert confused_deputy.judge(_role([{**_TRUST, "Condition": condition}])).status is Status.PASSED


def test_an_external_id_of_any_text_keeps_nobody_out() -> None:
    stranger = {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole"}
    loose = {**stranger, "Condition": {"StringLike": {"sts:ExternalId": "*"}}}
    bound = {**stranger, "Condition": {"StringEquals": {"sts:ExternalId": "agreed"}}}
    assert role_trust.judge(_role([_TRUST, loose])).status is Status.FAILED
    assert role_trust.judge(_role([_TRUST, bound])).status is Status.PASSED


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({"StringLike": {"iam:PassedToService": "*"}}, Status.FAILED),
        ({"StringEqualsIfExists": {"iam:PassedToService": "sagemaker.amazonaws.com"}}, Status.FAILED),
        ({"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}, Status.PASSED),
    ],
)
def test_a_role_passed_to_any_service(condition: dict[str, Any], status: Status) -> None:
    role = _role([_TRUST], {"Action": "iam:PassRole", "Resource": _ARN, "Condition": condition})
    assert pass_role_to_any_service.judge(role, Inventory().related(ManagedPolicy, role)).status is status


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({"Bool": {"aws:SecureTransport": "true"}}, Status.FAILED),
        ({"StringLike": {"s3:ExistingObjectTag/project": "*"}}, Status.FAILED),
        ({"StringEqualsIgnoreCase": {"s3:ExistingObjectTag/SageMaker": "true"}}, Status.PASSED),
    ],
)
def test_every_bucket_over_tls_is_every_bucket(condition: dict[str, Any], status: Status) -> None:
    role = _role([_TRUST], {"Action": "s3:Get*", "Resource": "*", "Condition": condition})
    assert every_bucket.judge(role, Inventory().related(ManagedPolicy, role)).status is status


def test_keys_that_are_not_asked_for_bind_nothing() -> None:
    (statement,) = statements({"Statement": {"Effect": "Allow", "Condition": {"StringEquals": {"a:b": "c"}}}})
    assert not statement.demands(frozenset({"a:c"}))
