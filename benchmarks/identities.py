"""Who is who in the synthetic account: what IAM, STS and Organizations answer, in botocore's spelling."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from benchmarks import world
from benchmarks.wire import Call

Value = dict[str, Any]
THEN: Final = 1_735_689_600.0  # 2025-01-01, when all of this was created


def policy(*statements: Value) -> str:
    """A policy document of some statements, as JSON."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str, **more: Any) -> Value:
    """A statement that allows an action on a resource."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


_TRUST = policy({"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"})
TAGS = [{"Key": "team", "Value": "ml-platform"}]


def _role(number: int, name: str) -> Value:
    return {
        "Path": "/ml/",
        "RoleName": name,
        "RoleId": f"AROAEXAMPLE{number:010d}",
        "Arn": world.role_arn(name),
        "CreateDate": THEN,
        "AssumeRolePolicyDocument": _TRUST,
    }


def _role_detail(number: int, name: str) -> Value:
    statements = [allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::ml-*/*")]
    if number % 4 == 0:
        statements.append(allow("iam:PassRole", "*"))
    full = {
        "PolicyName": "AmazonSageMakerFullAccess",
        "PolicyArn": "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess",
    }
    return {
        **_role(number, name),
        "InstanceProfileList": [],
        "RolePolicyList": [{"PolicyName": "data", "PolicyDocument": policy(*statements)}],
        "AttachedManagedPolicies": [full] if number % 3 == 0 else [],
        "Tags": TAGS,
        "RoleLastUsed": {"LastUsedDate": THEN, "Region": world.REGION},
    }


def _users() -> list[Value]:
    return [
        {
            "Path": "/",
            "UserName": name,
            "UserId": f"AIDAEXAMPLE{number:010d}",
            "Arn": world.arn("iam", f"user/{name}", region=""),
            "CreateDate": THEN,
        }
        for number, name in enumerate(("ana", "ben", "ci-deploy"))
    ]


def _credential_report() -> bytes:
    keys = [
        f"access_key_{n}_{field}"
        for n in (1, 2)
        for field in ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
    ]
    certificates = [f"cert_{n}_{field}" for n in (1, 2) for field in ("active", "last_rotated")]
    password = ["enabled", "last_used", "last_changed", "next_rotation"]
    header = ["user", "arn", "user_creation_time", *(f"password_{field}" for field in password), "mfa_active"]
    created = "2025-01-01T00:00:00+00:00"
    root = ["<root_account>", world.arn("iam", "root", region=""), created]
    rows = [[*header, *keys, *certificates]]
    unused = ["false", *["N/A"] * 4] * 2 + ["false", "N/A"] * 2
    rows.append([*root, "not_supported", "no_information", "not_supported", "not_supported", "true", *unused])
    for user in _users():
        has_mfa = "true" if user["UserName"] == "ana" else "false"
        name_and_arn = [user["UserName"], user["Arn"], created]
        rows.append([*name_and_arn, "true", "no_information", created, "N/A", has_mfa, *unused])
    return "\n".join(",".join(row) for row in rows).encode()


_SUMMARY = {
    "Users": 3,
    "Roles": len(world.ROLES),
    "AccountMFAEnabled": 1,
    "AccountAccessKeysPresent": 0,
    "MFADevices": 1,
}
_PASSWORDS = {
    "MinimumPasswordLength": 14,
    "RequireSymbols": True,
    "RequireNumbers": True,
    "RequireUppercaseCharacters": True,
    "RequireLowercaseCharacters": True,
    "AllowUsersToChangePassword": True,
    "ExpirePasswords": False,
}
_USER_DETAILS = [
    {**user, "UserPolicyList": [], "GroupList": [], "AttachedManagedPolicies": [], "Tags": []} for user in _users()
]
_CALLER = {
    "UserId": "AROAEXAMPLE0000000099:audit",
    "Account": world.ACCOUNT,
    "Arn": f"arn:aws:sts::{world.ACCOUNT}:assumed-role/auditor/audit",
}


def _assume_role(call: Call) -> Value:
    credentials = {
        "AccessKeyId": "ASIAEXAMPLE",
        "SecretAccessKey": "example",
        "SessionToken": "example",
        "Expiration": 4_102_444_800.0,
    }
    role = call.params["RoleArn"].rpartition("/")[2]
    session = f"{role}/{call.params['RoleSessionName']}"
    user = {
        "AssumedRoleId": "AROAEXAMPLE0000000099:audit",
        "Arn": f"arn:aws:sts::{world.ACCOUNT}:assumed-role/{session}",
    }
    return {"Credentials": credentials, "AssumedRoleUser": user}


_ORGANIZATION = {
    "Id": "o-example0001",
    "Arn": f"arn:aws:organizations::{world.ACCOUNT}:organization/o-example0001",
    "FeatureSet": "ALL",
    "MasterAccountId": world.ACCOUNT,
    "MasterAccountArn": f"arn:aws:organizations::{world.ACCOUNT}:account/o-example0001/{world.ACCOUNT}",
    "MasterAccountEmail": "aws@example.com",
}
_MEMBER = {
    "Id": world.ACCOUNT,
    "Arn": _ORGANIZATION["MasterAccountArn"],
    "Email": "aws@example.com",
    "Name": "ml",
    "Status": "ACTIVE",
    "JoinedMethod": "INVITED",
    "JoinedTimestamp": THEN,
}
_IAM: Final[Mapping[str, Value]] = {
    "GetAccountAuthorizationDetails": {
        "UserDetailList": _USER_DETAILS,
        "GroupDetailList": [],
        "RoleDetailList": [_role_detail(n, name) for n, name in enumerate(world.ROLES)],
        "Policies": [],
        "IsTruncated": False,
    },
    "GetAccountSummary": {"SummaryMap": _SUMMARY},
    "GenerateCredentialReport": {"State": "COMPLETE", "Description": "No report exists."},
    "GetCredentialReport": {
        "Content": _credential_report(),
        "ReportFormat": "text/csv",
        "GeneratedTime": THEN,
    },
    "GetAccountPasswordPolicy": {"PasswordPolicy": _PASSWORDS},
    "ListRoles": {"Roles": [_role(n, name) for n, name in enumerate(world.ROLES)], "IsTruncated": False},
    "ListUsers": {"Users": _users(), "IsTruncated": False},
    "ListMFADevices": {"MFADevices": [], "IsTruncated": False},
    "ListVirtualMFADevices": {"VirtualMFADevices": [], "IsTruncated": False},
}

ANSWERS: Final[Mapping[tuple[str, str], Value | Callable[[Call], Value]]] = {
    ("sts", "GetCallerIdentity"): _CALLER,
    ("sts", "AssumeRole"): _assume_role,
    ("organizations", "DescribeOrganization"): {"Organization": _ORGANIZATION},
    ("organizations", "ListAccounts"): {"Accounts": [_MEMBER]},
    **{("iam", name): value for name, value in _IAM.items()},
}
