"""Conditions that look as if they bound a statement, and do not."""

from collections.abc import Sequence
from typing import Any

import pytest

from auditor.iam.documents import statements
from auditor.model.identity import ManagedPolicy, Role
from auditor.model.inventory import Inventory
from auditor.model.network import IpPermission, Route
from auditor.model.resource import Identity, Observation, Origin
from auditor.model.rule import Rule
from auditor.model.unknown import CannotAssess, Reason, Unknown
from auditor.model.verdict import Status
from rules._network import everywhere, leads_to_internet, open_to_world
from rules.iam_least_privilege import (
    administrator,
    broad_managed_policy,
    confused_deputy,
    every_bucket,
    pass_any_role,
    pass_role_to_any_service,
    permissions_boundary,
    role_trust,
    wildcard_actions,
)

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
    {"StringLike": {_KEY: "1*"}},
    {"StringLike": {"aws:SourceOrgID": "o-*"}},
    {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-*/r-ab12/*"}},
]
_BOUND: list[dict[str, Any]] = [
    {"StringEquals": {_KEY: "111122223333"}},
    {"stringequals": {"AWS:sourceaccount": ["111122223333"]}},
    {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-a1b2c3/*"}},
    {"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:*:111122223333:*"}},
]


def _role(
    trust: list[dict[str, Any]],
    allowed: dict[str, Any] | None = None,
    *,
    account: str = "111122223333",
    attached: Sequence[Any] = (),
    boundary: str = "",
) -> Role:
    policies = [{"PolicyName": "p", "PolicyDocument": {"Statement": {"Effect": "Allow", **(allowed or {})}}}]
    facts = {
        "RoleName": "r",
        "Arn": _ARN,
        "AssumeRolePolicyDocument": {"Statement": trust},
        "RolePolicyList": policies if allowed else [],
        "AttachedManagedPolicies": list(attached),
        "PermissionsBoundary": {"PermissionsBoundaryArn": boundary} if boundary else None,
    }
    identity = Identity(Role.cfn_type, "r", _ARN, "aws", account, "us-east-1")
    return Role.build(facts, identity, Origin("live", Observation("iam:GetAccountAuthorizationDetails")))


def _attached(arn: str) -> dict[str, str]:
    return {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn}


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
        ({"StringLike": {"iam:PassedToService": "*.amazonaws.com"}}, Status.FAILED),
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


_STRANGER = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
_GITHUB = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
_POOL = {"StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:pool"}}


@pytest.mark.parametrize(
    ("principal", "condition", "status"),
    [
        ("*", {"StringLike": {"aws:PrincipalOrgID": "o-*"}}, Status.FAILED),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}, Status.PASSED),
        ({"Federated": "cognito-identity.amazonaws.com"}, {}, Status.FAILED),
        ({"Federated": "cognito-identity.amazonaws.com"}, _POOL, Status.PASSED),
        ({"Federated": _GITHUB}, {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts"}}, Status.FAILED),
        ({"Federated": _GITHUB}, {"StringLike": {"token.actions.githubusercontent.com:sub": "*"}}, Status.FAILED),
        (
            {"Federated": _GITHUB},
            {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:o/*"}},
            Status.PASSED,
        ),
        ({"Federated": "*"}, {}, Status.FAILED),
        ({"Federated": "arn:aws:iam::111122223333:saml-provider/idp"}, {}, Status.PASSED),
    ],
)
def test_who_may_assume_a_role(principal: Any, condition: dict[str, Any], status: Status) -> None:
    trust = {**_STRANGER, "Principal": principal, "Condition": condition}
    assert role_trust.judge(_role([_TRUST, trust])).status is status


def test_a_condition_on_an_account_needs_the_account() -> None:
    trust = [{**_STRANGER, "Condition": {"StringEquals": {"aws:PrincipalAccount": "444455556666"}}}, _TRUST]
    with pytest.raises(CannotAssess, match="give --account"):
        role_trust.judge(_role(trust, account=""))
    bound = [{**_TRUST, "Condition": {"StringEquals": {_KEY: "444455556666"}}}]
    assert confused_deputy.judge(_role(bound)).status is Status.FAILED
    with pytest.raises(CannotAssess, match="give --account"):
        confused_deputy.judge(_role(bound, account=""))


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        (administrator, {"Action": "?*", "Resource": "arn:*"}),
        (administrator, {"NotAction": "sagemaker:DeleteModel", "Resource": "*"}),
        (wildcard_actions, {"Action": "sagemaker:**", "Resource": "*"}),
        (wildcard_actions, {"Action": "sagemaker:?*", "Resource": "**"}),
        (wildcard_actions, {"Action": "sagemaker:*", "Resource": "arn:aws:sagemaker:*:*:*"}),
        (wildcard_actions, {"Action": "s3:*", "Resource": ["arn:aws:s3:::*", "arn:aws:s3:::*/*"]}),
        (pass_any_role, {"Action": "iam:Pass*", "Resource": "arn:aws:iam::111122223333:role/*"}),
        (pass_any_role, {"Action": "iam:PassRole", "Resource": "arn:aws-cn:iam::111122223333:role/*"}),
        (every_bucket, {"Action": "s3:GetObjectVersion", "Resource": "*"}),
        (every_bucket, {"Action": "s3:GetObject", "Resource": "arn:aws-us-gov:s3:::*"}),
    ],
)
def test_what_a_role_may_do_however_it_is_spelled(rule: Rule, allowed: dict[str, Any]) -> None:
    role = _role([_TRUST], allowed, account="")
    assert rule.judge(role, Inventory().related(ManagedPolicy, role)).status is Status.FAILED


@pytest.mark.parametrize("rule", [administrator, wildcard_actions, pass_any_role, every_bucket])
def test_the_administrators_policy_need_not_be_read(rule: Rule) -> None:
    role = _role([_TRUST], attached=[_attached("arn:aws:iam::aws:policy/AdministratorAccess")])
    assert rule.judge(role, Inventory().related(ManagedPolicy, role)).status is Status.FAILED
    assert broad_managed_policy.judge(role).status is Status.FAILED


def test_a_broad_policy_is_seen_beside_one_that_is_not() -> None:
    unseen = Unknown(Reason.UNRESOLVED_REFERENCE, "x")
    broad = _attached("arn:aws:iam::aws:policy/AmazonSageMakerFullAccess")
    assert broad_managed_policy.judge(_role([_TRUST], attached=[unseen, broad])).status is Status.FAILED
    with pytest.raises(CannotAssess):
        broad_managed_policy.judge(_role([_TRUST], attached=[unseen]))


def test_a_boundary_may_be_approved_by_its_arn() -> None:
    aws, own = "arn:aws:iam::aws:policy/PowerUserAccess", "arn:aws:iam::111122223333:policy/PowerUserAccess"
    for arn, status in ((aws, Status.PASSED), (own, Status.FAILED)):
        role = _role([_TRUST], boundary=arn)
        assert permissions_boundary.judge(role, approved=(aws,)).status is status
        assert permissions_boundary.judge(role, approved=("PowerUserAccess",)).status is Status.PASSED


@pytest.mark.parametrize(
    "document",
    [
        {"statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
        {"Statement": [{"Effect": "Allow", "action": "*", "Resource": "*"}]},
        {"Statement": [{"Effect": "Allow", "Action": "*", "resource": "*"}]},
        {"Statement": [{"Effect": "Allow", "Action ": "*", "Resource": "*"}]},
        {"Statement": [{"Effect": "Allow", "Resource": "*"}]},
    ],
)
def test_a_document_that_is_not_understood_is_not_an_empty_one(document: dict[str, Any]) -> None:
    with pytest.raises(CannotAssess):
        statements(document)


@pytest.mark.parametrize(
    ("text", "open_to_all"),
    [
        *(
            (text, True)
            for text in (
                "0.0.0.0/0",
                "0.0.0.0/00",
                "1.2.3.4/0",
                "0.0.0.0/1",
                "128.0.0.0/1",
                "::/0",
                "0::/0",
                "2000::/3",
            )
        ),
        *((text, False) for text in ("10.0.0.0/8", "192.0.2.7/32", "fc00::/7", "2001:db8::/32")),
    ],
)
def test_everywhere_however_it_is_spelled(text: str, open_to_all: bool) -> None:
    assert everywhere(text) is open_to_all


@pytest.mark.parametrize("text", ["0.0.0.0/33", "anywhere", ""])
def test_what_is_no_address_range_is_not_a_narrow_one(text: str) -> None:
    with pytest.raises(CannotAssess, match="is no address range"):
        everywhere(text)


def test_a_prefix_list_may_hold_everything() -> None:
    listed = IpPermission.model_validate({"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": "pl-1"}]})
    with pytest.raises(CannotAssess, match="prefix lists"):
        open_to_world([listed])
    assert not open_to_world([listed], trust_lists=True)
    route = Route.model_validate({"DestinationPrefixListId": "pl-1", "GatewayId": "igw-1", "State": "active"})
    with pytest.raises(CannotAssess, match="pl-1"):
        leads_to_internet(route)


def test_keys_that_are_not_asked_for_bind_nothing() -> None:
    (statement,) = statements(
        {"Statement": {"Effect": "Allow", "Action": "*", "Condition": {"StringEquals": {"a:b": "c"}}}}
    )
    assert not statement.demands(frozenset({"a:c"}))
