"""IAM: account facts, users, groups, roles and managed policies."""

from datetime import datetime
from typing import Any, ClassVar

from pydantic import ConfigDict, Field

from .fields import Items, Maybe, observed
from .resource import Resource, Tag
from .shape import Shape


class PolicyDetail(Shape):
    """API structure `PolicyDetail`: an inline policy; the document is parsed JSON."""

    policy_name: str = observed()
    policy_document: dict[str, Any] = observed()


class AttachedPolicy(Shape):
    """API structure `AttachedPolicy`."""

    policy_name: str = observed()
    policy_arn: str = observed()


class AttachedPermissionsBoundary(Shape):
    """API structure `AttachedPermissionsBoundary`."""

    permissions_boundary_type: str | None = None
    permissions_boundary_arn: str | None = None


class RoleLastUsed(Shape):
    """API structure `RoleLastUsed`."""

    last_used_date: datetime | None = None
    region: str | None = None


class Role(Resource):
    """`iam:GetAccountAuthorizationDetails` RoleDetail."""

    cfn_type: ClassVar[str] = "AWS::IAM::Role"
    service: ClassVar[str] = "iam"
    name_member: ClassVar[str] = "RoleName"
    arn_member: ClassVar[str] = "Arn"
    account_wide: ClassVar[bool] = True

    path: str = "/"
    role_name: str = observed()
    role_id: str | None = None
    arn: str = observed()
    create_date: datetime | None = None
    assume_role_policy_document: dict[str, Any] = observed()
    role_policy_list: Items[PolicyDetail] = ()
    attached_managed_policies: Items[AttachedPolicy] = ()
    permissions_boundary: AttachedPermissionsBoundary | None = None
    role_last_used: RoleLastUsed | None = None
    tags: Items[Tag] = ()


class PolicyVersion(Shape):
    """API structure `PolicyVersion`; the document is parsed JSON."""

    document: dict[str, Any] = observed()
    version_id: str = observed()
    is_default_version: bool = False


class ManagedPolicy(Resource):
    """`iam:GetAccountAuthorizationDetails` ManagedPolicyDetail: attached managed policies, AWS's included."""

    cfn_type: ClassVar[str] = "AWS::IAM::ManagedPolicy"
    service: ClassVar[str] = "iam"
    name_member: ClassVar[str] = "PolicyName"
    arn_member: ClassVar[str] = "Arn"
    account_wide: ClassVar[bool] = True

    policy_name: str = observed()
    policy_id: str | None = None
    arn: str = observed()
    path: str = "/"
    default_version_id: str = observed()
    attachment_count: int = 0
    permissions_boundary_usage_count: int = 0
    is_attachable: bool = True
    policy_version_list: Items[PolicyVersion] = ()


class Group(Resource):
    """`iam:GetAccountAuthorizationDetails` GroupDetail."""

    cfn_type: ClassVar[str] = "AWS::IAM::Group"
    service: ClassVar[str] = "iam"
    name_member: ClassVar[str] = "GroupName"
    arn_member: ClassVar[str] = "Arn"
    account_wide: ClassVar[bool] = True

    path: str = "/"
    group_name: str = observed()
    arn: str = observed()
    group_policy_list: Items[PolicyDetail] = ()
    attached_managed_policies: Items[AttachedPolicy] = ()


class CredentialRow(Shape):
    """A row of the credential report (IAM user guide, "Get credential reports").

    Times are None where the report says `N/A`, `no_information` or `not_supported`.
    """

    model_config = ConfigDict(alias_generator=lambda field: field)

    user: str = observed()
    arn: str = observed()
    user_creation_time: datetime | None = None
    password_enabled: bool | None = None
    password_last_used: datetime | None = None
    password_last_changed: datetime | None = None
    mfa_active: bool = observed("mfa_active")
    access_key_1_active: bool = observed("access_key_1_active")
    access_key_1_last_rotated: datetime | None = None
    access_key_1_last_used_date: datetime | None = None
    access_key_2_active: bool = observed("access_key_2_active")
    access_key_2_last_rotated: datetime | None = None
    access_key_2_last_used_date: datetime | None = None


class MfaDevice(Shape):
    """API structures `MFADevice` and `VirtualMFADevice`."""

    serial_number: str = observed()
    user_name: str | None = None
    enable_date: datetime | None = None


class User(Resource):
    """`iam:GetAccountAuthorizationDetails` UserDetail, with the credential report's row and MFA devices."""

    cfn_type: ClassVar[str] = "AWS::IAM::User"
    service: ClassVar[str] = "iam"
    name_member: ClassVar[str] = "UserName"
    arn_member: ClassVar[str] = "Arn"
    account_wide: ClassVar[bool] = True

    path: str = "/"
    user_name: str = observed()
    arn: str = observed()
    create_date: datetime | None = None
    user_policy_list: Items[PolicyDetail] = ()
    group_list: Items[str] = ()
    attached_managed_policies: Items[AttachedPolicy] = ()
    permissions_boundary: AttachedPermissionsBoundary | None = None
    credential_report: CredentialRow = observed()
    mfa_devices: Items[MfaDevice] = observed("MFADevices")
    tags: Items[Tag] = ()


class PasswordPolicy(Shape):
    """API structure `PasswordPolicy`; unset numbers mean that the account does not ask for it."""

    minimum_password_length: int = 6
    require_symbols: bool = False
    require_numbers: bool = False
    require_uppercase_characters: bool = False
    require_lowercase_characters: bool = False
    allow_users_to_change_password: bool = False
    expire_passwords: bool = False
    max_password_age: int | None = None
    password_reuse_prevention: int | None = None
    hard_expiry: bool | None = None


class Account(Resource):
    """An AWS account: the subject of rules on its root user and on what the account as a whole lacks.

    `SummaryMap` is `iam:GetAccountSummary`'s; `PasswordPolicy` is None where the account has none
    (`iam:GetAccountPasswordPolicy` answers NoSuchEntity); `VirtualMFADevices` are all of the account's
    (`iam:ListVirtualMFADevices`); `RootCredentials` is the `<root_account>` row of the credential report.
    """

    cfn_type: ClassVar[str] = "AWS::::Account"
    service: ClassVar[str] = "iam"
    account_wide: ClassVar[bool] = True

    summary_map: dict[str, Maybe[int]] = observed()
    password_policy: PasswordPolicy | None = observed()
    virtual_mfa_devices: Items[MfaDevice] = observed("VirtualMFADevices")
    root_credentials: CredentialRow = observed()
    tags: Items[Tag] = Field(default=())
