"""Multi-factor authentication, and the credentials that go round it."""

from datetime import datetime, timedelta

from auditor.model.identity import Account, CredentialRow, User
from auditor.model.rule import rule
from auditor.model.surroundings import Bucket
from auditor.model.unknown import CannotAssess
from auditor.model.verdict import Severity, Verdict, failed, not_applicable, passed

# The virtual device of the root user has a fixed name (IAM user guide, "Enable a virtual MFA device for the
# root user"); a device of another name in the list belongs to somebody else.
_ROOT_DEVICE = ":mfa/root-account-mfa-device"


def _has_root_password(account: Account) -> bool:
    """Whether the root user can sign in; organisations can remove its credentials altogether."""
    present = account.summary_map.get("AccountPasswordPresent")
    return present is None or present != 0


@rule(
    "root-user-mfa",
    severity=Severity.CRITICAL,
    controls=(
        "FSBP:IAM.9",
        "AWS-Config:ROOT_ACCOUNT_MFA_ENABLED",
        "CIS-AWS-5.0:1.4",
        "PCI-DSS-4.0:8.4.2",
        "ISO-27001-2022:A.5.17",
        "ISO-27001-2022:A.8.5",
        "HIPAA:164.312(d)",
    ),
    tags=("mfa", "root"),
)
def root_mfa(account: Account) -> Verdict:
    """The root user signs in with MFA.

    Why: the root user can do everything, SageMaker's data and keys included, and no policy limits it.
    Fix: sign in as the root user, open Security credentials, assign an MFA device; or remove the root
      credentials of member accounts centrally through AWS Organizations.
    """
    if not _has_root_password(account):
        return not_applicable("the root user has no password")
    if account.summary_map.get("AccountMFAEnabled") == 1:
        return passed("the root user has an MFA device", at="SummaryMap.AccountMFAEnabled")
    return failed("the root user signs in without MFA", at="SummaryMap.AccountMFAEnabled")


@rule(
    "root-user-hardware-mfa",
    severity=Severity.HIGH,
    controls=("FSBP:IAM.6", "AWS-Config:ROOT_ACCOUNT_HARDWARE_MFA_ENABLED", "CIS-AWS-5.0:1.5"),
    tags=("mfa", "root"),
)
def root_hardware_mfa(account: Account) -> Verdict:
    """The root user's MFA device is a hardware device or security key.

    Why: a virtual device can be copied from the telephone it lives on, and backups of it travel.
    Fix: assign a FIDO2 security key or hardware TOTP token to the root user and remove the virtual device.
    Limits: with several devices on the root user, one virtual device fails the rule.
    """
    if not _has_root_password(account):
        return not_applicable("the root user has no password")
    if account.summary_map.get("AccountMFAEnabled") != 1:
        return failed("the root user signs in without MFA", at="SummaryMap.AccountMFAEnabled")
    if any(device.serial_number.endswith(_ROOT_DEVICE) for device in account.virtual_mfa_devices):
        return failed("the root user's MFA device is virtual", at="VirtualMFADevices[].SerialNumber")
    return passed(
        "the root user's MFA device is not virtual",
        at=("SummaryMap.AccountMFAEnabled", "VirtualMFADevices[].SerialNumber"),
    )


@rule(
    "root-user-access-key",
    severity=Severity.CRITICAL,
    controls=("FSBP:IAM.4", "AWS-Config:IAM_ROOT_ACCESS_KEY_CHECK", "CIS-AWS-5.0:1.3", "PCI-DSS-4.0:8.2.1"),
    tags=("mfa", "root"),
)
def root_access_key(account: Account) -> Verdict:
    """The root user has no access keys.

    Why: an access key of the root user is unlimited, needs no MFA and is valid until it is deleted.
    Fix: sign in as the root user and delete its access keys; use roles instead.
    """
    if account.summary_map.get("AccountAccessKeysPresent") == 0:
        return passed("the root user has no access keys", at="SummaryMap.AccountAccessKeysPresent")
    return failed("the root user has access keys", at="SummaryMap.AccountAccessKeysPresent")


@rule(
    "root-user-unused",
    severity=Severity.HIGH,
    controls=("FSBP:IAM.20", "CIS-AWS-5.0:1.6"),
    tags=("mfa", "root"),
)
def root_unused(account: Account, now: datetime, *, quiet_days: int = 90) -> Verdict:
    """The root user was not used in the last {quiet_days} days.

    Why: everyday work as the root user cannot be limited or told apart by person.
    Fix: use IAM Identity Center or roles; keep the root user for the few tasks that need it.
    Parameters:
      quiet_days: how many days ago the root user must have been used last, at least.
    """
    row = account.root_credentials
    uses = {
        "password_last_used": row.password_last_used,
        "access_key_1_last_used_date": row.access_key_1_last_used_date,
        "access_key_2_last_used_date": row.access_key_2_last_used_date,
    }
    recent = [name for name, used in uses.items() if used is not None and now - used < timedelta(quiet_days)]
    span = f"in the last {quiet_days} days"
    if recent:
        return failed(f"the root user was used {span}", at=[f"RootCredentials.{name}" for name in recent])
    return passed(f"the root user was not used {span}", at=[f"RootCredentials.{name}" for name in uses])


@rule(
    "user-console-mfa",
    severity=Severity.HIGH,
    controls=(
        "FSBP:IAM.5",
        "AWS-Config:MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS",
        "CIS-AWS-5.0:1.9",
        "PCI-DSS-4.0:8.4.2",
        "ISO-27001-2022:A.8.5",
        "HIPAA:164.312(d)",
    ),
    tags=("mfa", "user"),
)
def user_console_mfa(user: User) -> Verdict:
    """An IAM user with a console password signs in with MFA.

    Why: a guessed or phished password is enough to open Studio, notebooks and every bucket the user may read.
    Fix: have the user register an MFA device, or remove the password and use IAM Identity Center.
    """
    row = user.credential_report
    if not row.password_enabled:
        return not_applicable("the user has no console password")
    if row.mfa_active:
        return passed("the user signs in with MFA", at="CredentialReport.mfa_active")
    return failed(
        "the user has a console password and no MFA",
        at=("CredentialReport.password_enabled", "CredentialReport.mfa_active"),
    )


@rule(
    "user-mfa",
    severity=Severity.MEDIUM,
    controls=("FSBP:IAM.19", "AWS-Config:IAM_USER_MFA_ENABLED", "PCI-DSS-4.0:8.4.2"),
    tags=("mfa", "user"),
)
def user_mfa(user: User) -> Verdict:
    """Every IAM user has an MFA device.

    Why: without a device, no policy can ask this user's access keys for a second factor.
    Fix: register an MFA device, or replace the user by a role.
    """
    if user.credential_report.mfa_active:
        return passed("the user has an MFA device", at="CredentialReport.mfa_active")
    return failed("the user has no MFA device", at="CredentialReport.mfa_active")


@rule("user-hardware-mfa", severity=Severity.LOW, tags=("mfa", "user"))
def user_hardware_mfa(user: User) -> Verdict:
    """An IAM user's MFA devices are hardware devices or security keys.

    Why: virtual devices can be phished and copied; a security key cannot.
    Fix: register a FIDO2 security key and remove the virtual device.
    """
    if not user.credential_report.mfa_active:
        return not_applicable("the user has no MFA device")
    path = "MFADevices[].SerialNumber"
    # A virtual device's serial number is an ARN of the kind :mfa/; security keys are :u2f/, tokens no ARN.
    if any(":mfa/" in device.serial_number or ":sms-mfa/" in device.serial_number for device in user.mfa_devices):
        return failed("an MFA device of the user is virtual", at=path)
    return passed("no MFA device of the user is virtual", at=path)


@rule(
    "user-access-key-age",
    severity=Severity.MEDIUM,
    controls=("FSBP:IAM.3", "AWS-Config:ACCESS_KEYS_ROTATED", "CIS-AWS-5.0:1.13", "PCI-DSS-4.0:8.3.9"),
    tags=("credentials", "user"),
)
def access_key_age(user: User, now: datetime, *, longest_days: int = 90) -> Verdict:
    """An IAM user's active access keys are at most {longest_days} days old.

    Why: old keys lie in notebooks, images and laptops that nobody remembers.
    Fix: replace the key by a role; where that cannot be, rotate it: aws iam create-access-key, then
      update-access-key --status Inactive on the old one, then delete-access-key.
    Parameters:
      longest_days: how old an active access key may be, in days.
    """
    row = user.credential_report
    active = _active_keys(row)
    if not active:
        return not_applicable("the user has no active access key")
    longest = timedelta(longest_days)
    old = [name for name, rotated, _ in active if rotated is not None and now - rotated > longest]
    if old:
        return failed(f"an active access key is older than {longest_days} days", at=[_rotated(name) for name in old])
    words = f"every active access key is at most {longest_days} days old"
    return passed(words, at=[_rotated(name) for name, *_ in active])


@rule(
    "user-credentials-unused",
    severity=Severity.MEDIUM,
    controls=("FSBP:IAM.8", "AWS-Config:IAM_USER_UNUSED_CREDENTIALS_CHECK", "CIS-AWS-5.0:1.11"),
    tags=("credentials", "user"),
)
def unused_credentials(user: User, now: datetime, *, longest_days: int = 90) -> Verdict:
    """An IAM user's password and access keys were used in the last {longest_days} days.

    Why: nobody notices when credentials that nobody uses are used.
    Fix: aws iam delete-login-profile, or update-access-key --status Inactive, for what is not used.
    Parameters:
      longest_days: for how many days a password or key may lie unused (CIS-AWS-5.0:1.11 asks for 45).
    """
    row = user.credential_report
    idle: list[str] = []
    used: list[str] = []
    if row.password_enabled:
        since = row.password_last_used or row.password_last_changed or row.user_creation_time
        (idle if _idle(since, now, longest_days) else used).append("CredentialReport.password_last_used")
    for name, rotated, last_used in _active_keys(row):
        since = last_used or rotated
        (idle if _idle(since, now, longest_days) else used).append(f"CredentialReport.{name}_last_used_date")
    if idle:
        return failed(f"credentials were not used in the last {longest_days} days", at=idle)
    if used:
        return passed(f"credentials were used in the last {longest_days} days", at=used)
    return not_applicable("the user has neither password nor active access key")


@rule(
    "account-password-policy",
    severity=Severity.MEDIUM,
    controls=("FSBP:IAM.7", "AWS-Config:IAM_PASSWORD_POLICY", "CIS-AWS-5.0:1.7", "CIS-AWS-5.0:1.8"),
    tags=("credentials",),
)
def password_policy(account: Account, *, shortest_length: int = 14, remembered: int = 24) -> Verdict:
    """The account asks for passwords of {shortest_length} characters or more and remembers {remembered} of them.

    Why: without a password policy IAM takes eight characters and lets an old password come back.
    Fix: aws iam update-account-password-policy --minimum-password-length {shortest_length}
      --password-reuse-prevention {remembered}.
    Parameters:
      shortest_length: the least number of characters that a password must have to be let in.
      remembered: how many earlier passwords must be refused, at least; IAM remembers 24 at most.
    """
    policy = account.password_policy
    if policy is None:
        return failed("the account has no password policy", at="PasswordPolicy")
    at = ("PasswordPolicy.MinimumPasswordLength", "PasswordPolicy.PasswordReusePrevention")
    if policy.minimum_password_length < shortest_length:
        return failed(f"passwords may have {policy.minimum_password_length} characters", at=at[0])
    if (policy.password_reuse_prevention or 0) < remembered:
        return failed("old passwords may be used again", at=at[1])
    return passed("passwords are long and do not come back", at=at)


@rule(
    "bucket-mfa-delete",
    severity=Severity.LOW,
    controls=("FSBP:S3.20", "AWS-Config:S3_BUCKET_MFA_DELETE_ENABLED"),
    tags=("mfa", "s3"),
)
def mfa_delete(bucket: Bucket) -> Verdict:
    """A bucket that SageMaker or a trail uses asks for MFA before versions are deleted.

    Why: training data, models and audit logs are what an intruder destroys; a stolen key alone must not do.
    Fix: as the root user, aws s3api put-bucket-versioning with Status=Enabled,MFADelete=Enabled.
    Limits: MFA delete cannot be set on a bucket that has lifecycle rules.
    """
    versioning = bucket.versioning
    if versioning.status is None:
        return failed("the bucket keeps no versions", at="Versioning.Status")
    if versioning.mfa_delete == "Enabled":
        return passed("deleting a version needs MFA", at="Versioning.MFADelete")
    return failed("deleting a version needs no MFA", at="Versioning.MFADelete")


def _active_keys(row: CredentialRow) -> list[tuple[str, datetime | None, datetime | None]]:
    """Name, last rotation and last use of each active key."""
    found = []
    unknown: CannotAssess | None = None
    for name in ("access_key_1", "access_key_2"):
        try:
            if getattr(row, f"{name}_active"):
                found.append((name, getattr(row, f"{name}_last_rotated"), getattr(row, f"{name}_last_used_date")))
        except CannotAssess as error:
            unknown = error
    if unknown is not None:
        raise unknown
    return found


def _rotated(name: str) -> str:
    return f"CredentialReport.{name}_last_rotated"


def _idle(since: datetime | None, now: datetime, longest_days: int) -> bool:
    return since is not None and now - since > timedelta(longest_days)
