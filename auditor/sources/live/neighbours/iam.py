"""IAM, once an account: principals and policies in one walk, the account's own facts."""

import csv
import io
import time
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.model.identity import Account, Group, ManagedPolicy, Role, User
from auditor.model.resource import Observation, Resource
from auditor.model.unknown import Reason, Unknown
from auditor.sources.live.awserrors import ReadFailed

from .base import Item, Place, call, items

_WALK = "iam:GetAccountAuthorizationDetails"
OPERATIONS = (
    _WALK,
    "iam:GetAccountSummary",
    "iam:GenerateCredentialReport",
    "iam:GetCredentialReport",
    "iam:ListVirtualMFADevices",
    "iam:ListMFADevices",
    "iam:GetAccountPasswordPolicy",
)
TYPES: tuple[type[Resource], ...] = (Account, Role, User, Group, ManagedPolicy)
_LISTS: Mapping[str, tuple[type[Resource], str, str]] = {
    "RoleDetailList": (Role, "RoleName", "Role"),
    "UserDetailList": (User, "UserName", "User"),
    "GroupDetailList": (Group, "GroupName", "Group"),
    "Policies": (ManagedPolicy, "PolicyName", "LocalManagedPolicy"),
}
_NOTHING = frozenset({"N/A", "no_information", "not_supported", ""})
_REPORT_ATTEMPTS = 20
_REPORT_SECONDS = 1.0
_ROOT = "<root_account>"
_ROOT_DEVICE = ":mfa/root-account-mfa-device"


def collect(place: Place, needed: frozenset[type[Resource]]) -> Iterator[Item]:
    """The types that are needed."""
    report: dict[str, dict[str, Any]] | Unknown = {}
    devices: dict[str, list[dict[str, Any]]] | Unknown = {}
    if needed & {Account, User}:
        report = _credential_report(place)
        devices = _virtual_devices(place)
    if Account in needed:
        yield _account(place, report, devices)
    if needed & {Role, User, Group, ManagedPolicy}:
        yield from _principals(place, needed, report, devices)


def _principals(
    place: Place,
    needed: frozenset[type[Resource]],
    report: dict[str, dict[str, Any]] | Unknown,
    devices: dict[str, list[dict[str, Any]]] | Unknown,
) -> Iterator[Item]:
    filters = [name for kind, _, name in _LISTS.values() if kind in needed]
    if ManagedPolicy in needed:
        filters.append("AWSManagedPolicy")
    try:
        for answer in place.reader.pages(place.region, _WALK, Filter=filters):
            for member, (kind, name, _) in _LISTS.items():
                for data in answer.data.get(member, ()) if kind in needed else ():
                    more = _credentials(place, data, report, devices) if kind is User else {}
                    yield place.build(
                        kind, {**data, **more}, answer.observation, name=_name(data, name), arn=data["Arn"]
                    )
    except ReadFailed as error:
        for kind, _, _ in _LISTS.values():
            if kind in needed:
                yield place.gap(error, kind)


def _name(data: Mapping[str, Any], member: str) -> str:
    """The name, or the end of the ARN, which always has it."""
    return str(data.get(member) or data["Arn"].rpartition("/")[2])


def _credentials(
    place: Place,
    user: Mapping[str, Any],
    report: dict[str, dict[str, Any]] | Unknown,
    devices: dict[str, list[dict[str, Any]]] | Unknown,
) -> dict[str, Any]:
    name = user["UserName"]
    if isinstance(report, Unknown):
        return {"CredentialReport": report, "MFADevices": _devices(place, name)}
    late = Unknown(Reason.NOT_COLLECTED, "the user is newer than the credential report (at most four hours)")
    row = report.get(name)
    if row is None:
        return {"CredentialReport": late, "MFADevices": _devices(place, name)}
    if row.get("mfa_active") is False:
        return {"CredentialReport": row, "MFADevices": []}
    known = [] if isinstance(devices, Unknown) else devices.get(name, [])
    return {"CredentialReport": row, "MFADevices": known or _devices(place, name)}


def _devices(place: Place, user: str) -> Any:
    try:
        return [device for device, _ in items(place, "iam:ListMFADevices", "MFADevices", UserName=user)]
    except ReadFailed as error:
        return error.gap.as_unknown()


def _virtual_devices(place: Place) -> dict[str, list[dict[str, Any]]] | Unknown:
    found: dict[str, list[dict[str, Any]]] = {}
    try:
        listed = items(place, "iam:ListVirtualMFADevices", "VirtualMFADevices", AssignmentStatus="Assigned")
        for device, _ in listed:
            owner = device.get("User", {}).get("UserName", "")
            owner = _ROOT if device["SerialNumber"].endswith(_ROOT_DEVICE) else owner
            found.setdefault(owner, []).append({**device, "UserName": owner})
    except ReadFailed as error:
        return error.gap.as_unknown()
    return found


def _credential_report(place: Place) -> dict[str, dict[str, Any]] | Unknown:
    """User name to row. IAM makes the report when asked, at most every four hours."""
    try:
        for _ in range(_REPORT_ATTEMPTS):
            if call(place, "iam:GenerateCredentialReport").data.get("State") == "COMPLETE":
                break
            place.reader.sleep(_REPORT_SECONDS)
        content = call(place, "iam:GetCredentialReport").data["Content"]
    except ReadFailed as error:
        return error.gap.as_unknown()
    text = content.decode() if isinstance(content, bytes) else str(content)
    return {row["user"]: _row(row) for row in csv.DictReader(io.StringIO(text))}


def _row(row: Mapping[str, str]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in row.items():
        if value in ("true", "false"):
            out[name] = value == "true"
        elif value not in _NOTHING or name in ("user", "arn"):
            out[name] = value
    return out


def _account(
    place: Place,
    report: dict[str, dict[str, Any]] | Unknown,
    devices: dict[str, list[dict[str, Any]]] | Unknown,
) -> Item:
    data: dict[str, Any] = {}
    place.member(data, "SummaryMap", lambda: call(place, "iam:GetAccountSummary").data["SummaryMap"])
    place.member(
        data,
        "PasswordPolicy",
        lambda: call(place, "iam:GetAccountPasswordPolicy").data["PasswordPolicy"],
        "NoSuchEntity",
    )
    if isinstance(devices, Unknown):
        data["VirtualMFADevices"] = devices
    else:
        data["VirtualMFADevices"] = [device for owned in devices.values() for device in owned]
    if isinstance(report, Unknown):
        data["RootCredentials"] = report
    else:
        absent = Unknown(Reason.NOT_COLLECTED, "the credential report has no row for the root user")
        data["RootCredentials"] = report.get(_ROOT, absent)
    account = place.reader.account
    arn = place.arn("iam", "root", region=False)
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return place.build(Account, data, Observation("iam:GetAccountSummary", at=at), name=account, arn=arn)
