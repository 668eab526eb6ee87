"""IAM, once per account: principals and policies, and the facts of the account itself."""

from typing import Any

from auditor.model.identity import Account, CredentialRow, Group, ManagedPolicy, Role, User
from auditor.model.resource import Observation, Resource
from auditor.model.unknown import Reason, Unknown
from auditor.sources.live.neighbours import credentials
from auditor.sources.live.neighbours.around import Around, Family, Items
from auditor.sources.live.reader import ReadFailed

_DETAILS: tuple[tuple[type[Resource], str, tuple[str, ...]], ...] = (
    (Role, "RoleDetailList", ("Role",)),
    (User, "UserDetailList", ("User",)),
    (Group, "GroupDetailList", ("Group",)),
    (ManagedPolicy, "Policies", ("LocalManagedPolicy", "AWSManagedPolicy")),
)
_REPORT_MEMBERS = ((User, "CredentialReport"), (Account, "RootCredentials"), (User, "MFADevices"))


class _Report:
    """The credential report, read once where anything needs it."""

    def __init__(self, around: Around) -> None:
        self.failed: ReadFailed | None = None
        self.observation = Observation("iam:GetCredentialReport")
        self.rows: dict[str, CredentialRow] = {}
        if any(around.needs(kind, member) for kind, member in _REPORT_MEMBERS):
            try:
                self.rows, self.observation = credentials.read(around)
            except ReadFailed as failed:
                self.failed = failed

    def row(self, around: Around, kind: type[Resource], member: str, name: str) -> CredentialRow | Unknown:
        """The row of a user."""
        if self.failed is not None:
            return around.hide(kind, member, self.failed)
        missing = Unknown(Reason.NOT_COLLECTED, f"{name} is not in the credential report yet")
        return self.rows.get(name, missing)


def _collect(around: Around) -> Items:
    report = _Report(around)
    if around.needs(Account):
        yield _account(around, report)
    details = [row for row in _DETAILS if around.needs(row[0])]
    if not details:
        return
    kinds = [word for _, _, words in details for word in words]
    operation = "iam:GetAccountAuthorizationDetails"
    try:
        for answer in around.reader.pages(around.region, operation, Filter=kinds):
            for kind, member, _ in details:
                for raw in answer.data.get(member) or ():
                    yield _principal(around, kind, raw, answer.observation, report)
    except ReadFailed as failed:
        for kind, _, _ in details:
            yield failed.scoped(around.scope(kind))


def _principal(
    around: Around, kind: type[Resource], raw: dict[str, Any], observation: Observation, report: _Report
) -> Resource:
    if kind is not User:
        return around.build(kind, raw, observation)
    name = raw["UserName"]
    row = report.row(around, User, "CredentialReport", name)
    places = {"CredentialReport": report.observation}
    members = {**raw, "CredentialReport": row}
    if around.needs(User, "MFADevices"):
        # A user of whom the report says that there is no device needs no request.
        if isinstance(row, CredentialRow) and row.peek("mfa_active") is False:
            members["MFADevices"] = []
            places["MFADevices"] = report.observation
        else:
            members["MFADevices"] = _devices(around, name, places)
    return around.build(User, members, observation, places=places)


def _devices(around: Around, name: str, places: dict[str, Observation]) -> Any:
    try:
        found = []
        for answer in around.reader.pages(around.region, "iam:ListMFADevices", UserName=name):
            found += answer.data.get("MFADevices") or []
            places["MFADevices"] = answer.observation
    except ReadFailed as failed:
        return around.hide(User, "MFADevices", failed)
    return found


def _account(around: Around, report: _Report) -> Resource:
    raw: dict[str, Any] = {}
    places: dict[str, Observation] = {}
    if around.needs(Account, "SummaryMap"):
        try:
            answer = around.call("iam:GetAccountSummary")
            raw["SummaryMap"], places["SummaryMap"] = answer.data["SummaryMap"], answer.observation
        except ReadFailed as failed:
            raw["SummaryMap"] = around.hide(Account, "SummaryMap", failed)
    if around.needs(Account, "PasswordPolicy"):
        try:
            answer = around.call("iam:GetAccountPasswordPolicy")
            raw["PasswordPolicy"], places["PasswordPolicy"] = (
                answer.data["PasswordPolicy"],
                answer.observation,
            )
        except ReadFailed as failed:
            none = failed.code in ("NoSuchEntity", "NoSuchEntityException")
            raw["PasswordPolicy"] = None if none else around.hide(Account, "PasswordPolicy", failed)
            places["PasswordPolicy"] = Observation("iam:GetAccountPasswordPolicy")
    if around.needs(Account, "VirtualMFADevices"):
        raw["VirtualMFADevices"] = _virtual(around, places)
    if around.needs(Account, "RootCredentials"):
        raw["RootCredentials"] = report.row(around, Account, "RootCredentials", credentials.ROOT)
        places["RootCredentials"] = report.observation
    observation = places.get("SummaryMap", Observation("iam:GetAccountSummary"))
    arn = around.arn("iam", "root", region="")
    return around.build(Account, raw, observation, name=around.reader.account, arn=arn, places=places)


def _virtual(around: Around, places: dict[str, Observation]) -> Any:
    try:
        found = []
        for answer in around.reader.pages(
            around.region, "iam:ListVirtualMFADevices", AssignmentStatus="Assigned"
        ):
            for raw in answer.data.get("VirtualMFADevices") or ():
                found.append({**raw, "UserName": (raw.get("User") or {}).get("UserName")})
            places["VirtualMFADevices"] = answer.observation
    except ReadFailed as failed:
        return around.hide(Account, "VirtualMFADevices", failed)
    return found


IDENTITIES = Family(
    (Account, *(kind for kind, _, _ in _DETAILS)),
    (
        "iam:GenerateCredentialReport",
        "iam:GetAccountAuthorizationDetails",
        "iam:GetAccountPasswordPolicy",
        "iam:GetAccountSummary",
        "iam:GetCredentialReport",
        "iam:ListMFADevices",
        "iam:ListVirtualMFADevices",
    ),
    _collect,
)
