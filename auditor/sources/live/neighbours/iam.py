"""IAM, once an account: principals and policies in one walk, the credential report, MFA devices."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from auditor.model.gap import Gap
from auditor.model.identity import Account, Group, ManagedPolicy, Role, User
from auditor.model.resource import Resource
from auditor.model.unknown import Reason, Unknown
from auditor.sources.live.neighbours.gathering import Gathering, Member, document
from auditor.sources.live.reader import ReadFailed

_WALK, _SUMMARY = "iam:GetAccountAuthorizationDetails", "iam:GetAccountSummary"
_PASSWORDS = "iam:GetAccountPasswordPolicy"
_GENERATE, _REPORT = "iam:GenerateCredentialReport", "iam:GetCredentialReport"
_VIRTUAL, _DEVICES = "iam:ListVirtualMFADevices", "iam:ListMFADevices"
OPERATIONS = (_WALK, _SUMMARY, _PASSWORDS, _GENERATE, _REPORT, _VIRTUAL, _DEVICES)

_PRINCIPALS: tuple[tuple[type[Resource], str, tuple[str, ...]], ...] = (
    (Role, "RoleDetailList", ("Role",)),
    (User, "UserDetailList", ("User",)),
    (Group, "GroupDetailList", ("Group",)),
    # AWS's own policies and the customer's come by different filters.
    (ManagedPolicy, "Policies", ("LocalManagedPolicy", "AWSManagedPolicy")),
)
_INLINE = ("RolePolicyList", "UserPolicyList", "GroupPolicyList")
_ROOT = "<root_account>"
_BLANK = frozenset({"", "N/A", "no_information", "not_supported"})
_SWITCH = {"true": True, "false": False}
# A report is made within seconds; a large account's within a minute (IAM user guide, credential reports).
_POLLS = 30
_POLL_SECONDS = 2.0
_NOT_THERE = Unknown(Reason.NOT_COLLECTED, f"{_REPORT}: the report has no row for it yet (up to 4 hours old)")


@dataclass(slots=True)
class _People:
    """What is known of the account's people, by user name.

    Args:
        rows: rows of the credential report, or why there are none.
        virtual: all virtual MFA devices, or why they are unknown.
    """

    rows: Member
    virtual: Member
    by_user: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for device in self.virtual.value if isinstance(self.virtual.value, list) else ():
            self.by_user.setdefault(device.get("UserName", ""), []).append(device)

    def row(self, user: str) -> Member:
        """A user's row."""
        if isinstance(self.rows.value, Unknown):
            return self.rows
        return Member(self.rows.value.get(user, _NOT_THERE), self.rows.observation)


def collect(gathering: Gathering) -> Iterator[Resource | Gap]:
    """The account, its roles, users, groups and managed policies, as far as they are wanted."""
    kinds = tuple(kind for kind, _, _ in _PRINCIPALS if gathering.needs(kind))
    gathering.begin(Account, *kinds)
    people = _people(gathering) if gathering.needs(User, Account) else None
    if gathering.needs(Account) and people is not None:
        yield _account(gathering, people)
    if kinds:
        try:
            yield from _walk(gathering, kinds, people)
        except ReadFailed as error:
            yield from gathering.lose(error, *kinds)


def _walk(gathering: Gathering, kinds: tuple[type[Resource], ...], people: _People | None) -> Iterator[Resource]:
    filters = [word for kind, _, words in _PRINCIPALS if kind in kinds for word in words]
    for answer in gathering.reader.pages(gathering.region, _WALK, Filter=filters):
        for kind, items, _ in _PRINCIPALS:
            if kind not in kinds:
                continue
            for raw in answer.data.get(items, ()):
                members = {}
                if kind is User and people is not None:
                    members = _user_members(gathering, str(raw["UserName"]), people)
                yield gathering.build(kind, _parsed(raw), answer.observation, members)


def _parsed(raw: dict[str, Any]) -> dict[str, Any]:
    """The principal or policy with every policy document parsed."""
    found = dict(raw)
    if "AssumeRolePolicyDocument" in raw:
        found["AssumeRolePolicyDocument"] = document(raw["AssumeRolePolicyDocument"])
    for member in _INLINE:
        if member in raw:
            found[member] = [
                {**policy, "PolicyDocument": document(policy.get("PolicyDocument"))} for policy in raw[member]
            ]
    if "PolicyVersionList" in raw:
        found["PolicyVersionList"] = [
            {**version, "Document": document(version["Document"])}
            for version in raw["PolicyVersionList"]
            if "Document" in version
        ]
    return found


def _account(gathering: Gathering, people: _People) -> Resource:
    summary = gathering.ask(Account, _SUMMARY, lambda data: data["SummaryMap"])
    passwords = gathering.ask(Account, _PASSWORDS, lambda data: data["PasswordPolicy"], absent={"NoSuchEntity": None})
    members = {
        "SummaryMap": summary,
        "PasswordPolicy": passwords,
        "VirtualMFADevices": people.virtual,
        "RootCredentials": people.row(_ROOT),
    }
    reader = gathering.reader
    arn = f"arn:{reader.partition}:iam::{reader.account}:root"
    return gathering.build(Account, {}, summary.observation, members, name=reader.account, arn=arn)


def _people(gathering: Gathering) -> _People:
    return _People(_report(gathering), _virtual_devices(gathering))


def _user_members(gathering: Gathering, user: str, people: _People) -> dict[str, Member]:
    row = people.row(user)
    return {"CredentialReport": row, "MFADevices": _devices(gathering, user, row, people)}


def _devices(gathering: Gathering, user: str, row: Member, people: _People) -> Member:
    virtual = people.by_user.get(user, [])
    if virtual or (isinstance(row.value, dict) and row.value["mfa_active"] is False):
        # The report says that there is none, or the list of virtual devices holds the user's.
        return Member(virtual, people.virtual.observation if virtual else row.observation)
    return gathering.ask(User, _DEVICES, lambda data: data["MFADevices"], UserName=user)


def _virtual_devices(gathering: Gathering) -> Member:
    found: list[dict[str, Any]] = []
    observation = gathering.here(_VIRTUAL)
    try:
        for answer in gathering.reader.pages(gathering.region, _VIRTUAL, AssignmentStatus="Assigned"):
            observation = answer.observation
            found += [_device(raw) for raw in answer.data["VirtualMFADevices"]]
    except ReadFailed as error:
        _failed(gathering, error)
        return Member(error.gap.as_unknown(), observation)
    return Member(found, observation)


def _device(raw: dict[str, Any]) -> dict[str, Any]:
    """A device in the spelling of `MFADevice`, without its seed."""
    kept: dict[str, Any] = {key: raw[key] for key in ("SerialNumber", "EnableDate") if key in raw}
    user = raw.get("User", {}).get("UserName")
    # The root user is given with an ARN and without a name.
    return {**kept, "UserName": user} if user else kept


def _report(gathering: Gathering) -> Member:
    """The credential report's rows by user; waits, within bounds, for the report to be made."""
    reader, region = gathering.reader, gathering.region
    try:
        for _ in range(_POLLS):
            if reader.call(region, _GENERATE).data.get("State") == "COMPLETE":
                break
            reader.sleep(_POLL_SECONDS)
        answer = reader.call(region, _REPORT)
    except ReadFailed as error:
        _failed(gathering, error)
        return Member(error.gap.as_unknown(), gathering.here(_REPORT))
    content = answer.data["Content"]
    text = content.decode() if isinstance(content, bytes) else str(content)
    rows = {row["user"]: _row(row) for row in csv.DictReader(text.splitlines())}
    return Member(rows, answer.observation)


def _row(row: dict[str, str]) -> dict[str, Any]:
    return {key: None if value in _BLANK else _SWITCH.get(value, value) for key, value in row.items()}


def _failed(gathering: Gathering, error: ReadFailed) -> None:
    for kind in (User, Account):
        if gathering.needs(kind):
            gathering.failed(kind, error)
