"""IAM is walked once; each operation that is denied hides its own member."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from auditor.model.coverage import TargetStatus
from auditor.model.identity import Account, Group, ManagedPolicy, Role, User
from auditor.model.unknown import Unknown

if TYPE_CHECKING:
    from auditor.demo.server import EmbeddedAws

IAM = (Account, Role, User, Group, ManagedPolicy)
ACCOUNT = "123456789012"


def people(around: Any) -> None:
    iam = around.client("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}}],
    }
    iam.create_role(RoleName="train", AssumeRolePolicyDocument=json.dumps(trust))
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    iam.put_role_policy(RoleName="train", PolicyName="inline", PolicyDocument=json.dumps(allow))
    iam.create_policy(PolicyName="own", PolicyDocument=json.dumps(allow))
    for name in ("with-mfa", "without"):
        iam.create_user(UserName=name)
        iam.create_login_profile(UserName=name, Password="Only-For-Tests-1")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="with-mfa")["VirtualMFADevice"]
    iam.enable_mfa_device(
        UserName="with-mfa",
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1="123456",
        AuthenticationCode2="654321",
    )


def test_iam_is_walked_once(aws: EmbeddedAws, around: Any) -> None:
    people(around)
    aws.calls.clear()
    inventory, _ = around.account(*IAM)
    job = around.job()
    role = inventory.related(Role, job).find("train")
    assert role.identity.arn == f"arn:{around.partition}:iam::{ACCOUNT}:role/train"
    assert role.assume_role_policy_document["Statement"][0]["Effect"] == "Allow"
    assert role.role_policy_list[0].policy_document["Statement"][0]["Action"] == "s3:*"
    policy = inventory.related(ManagedPolicy, job).find("own")
    assert policy.policy_version_list[0].document["Statement"][0]["Action"] == "s3:*"
    users = inventory.related(User, job)
    assert users.find("without").credential_report.mfa_active is False
    assert users.find("without").mfa_devices == ()
    assert len(users.find("with-mfa").mfa_devices) == 1
    assert aws.calls.count("iam", "GetAccountAuthorizationDetails") == 1
    assert aws.calls.count("iam", "ListVirtualMFADevices") == 1
    assert aws.calls.count("iam", "GetCredentialReport") == 1


def test_the_account_tells_of_its_root_user(aws: EmbeddedAws, around: Any) -> None:
    aws.root_account(mfa=False, access_key=True, partition=around.partition)
    inventory, _ = around.account(Account)
    (account,) = inventory.related(Account, around.job()).all()
    assert account.summary_map["AccountAccessKeysPresent"] == 1
    assert account.password_policy is None
    assert account.root_credentials.access_key_1_active is True
    assert account.root_credentials.password_last_used is None
    assert account.identity.region == around.home
    assert aws.calls.count("iam", "GetAccountAuthorizationDetails") == 0


IAM_MEMBERS = [
    ("GetAccountSummary", "summary_map"),
    ("GetAccountPasswordPolicy", "password_policy"),
    ("GenerateCredentialReport", "root_credentials"),
    ("GetCredentialReport", "root_credentials"),
    ("ListVirtualMFADevices", "virtual_mfa_devices"),
]


@pytest.mark.parametrize(("operation", "member"), IAM_MEMBERS)
def test_each_denied_iam_operation_hides_its_own_member(
    aws: EmbeddedAws, around: Any, operation: str, member: str
) -> None:
    aws.faults.deny("iam", operation)
    inventory, collector = around.account(Account)
    account = inventory.related(Account, around.job()).seen()[0]
    assert [name for name in Account.model_fields if isinstance(account.peek(name), Unknown)] == [member]
    assert [gap.operation for gap in inventory.gaps()] == [f"iam:{operation}"]
    assert [target.status for target in collector.targets()] == [TargetStatus.PARTIAL]
