"""Which accounts and regions to scan, and credentials for each."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.credentials import DeferredRefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError, ProfileNotFound

from auditor.errors import CredentialsError, InputError, UsageError, nearest
from auditor.model.gap import Gap, Scope
from auditor.model.unknown import Reason
from auditor.sources.live.awserrors import ReadFailed, failure
from auditor.sources.live.clients import Clients, new_session

if TYPE_CHECKING:
    # Asking whose credentials these are is the first request of all, and waits for no pydantic.
    from auditor.model.coverage import Target
    from auditor.sources.live.reader import Reader

OPERATIONS = ("account:ListRegions", "ec2:DescribeRegions")
ORGANIZATION_OPERATIONS = ("organizations:ListAccounts", "sts:AssumeRole")

# Account-global facts carry one region per partition: the one where IAM's control plane is.
_HOMES = {
    "aws": "us-east-1",
    "aws-cn": "cn-north-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-iso": "us-iso-east-1",
    "aws-iso-b": "us-isob-east-1",
    "aws-iso-e": "eu-isoe-west-1",
    "aws-iso-f": "us-isof-south-1",
    "aws-eusc": "eusc-de-east-1",
}
_ACCOUNT = re.compile(r"\d{12}")
_ROLE = re.compile(r"[\w+=,.@/-]{1,512}")
_SESSION_NAME = "sagemaker-auditor"
_ENABLED = ("ENABLED", "ENABLED_BY_DEFAULT")


def home_region(partition: str) -> str:
    """The region that account-global facts of a partition carry.

    Raises:
        UsageError: the partition is not known.
    """
    try:
        return _HOMES[partition]
    except KeyError:
        raise UsageError(f"the partition {partition} is not known") from None


@dataclass(frozen=True, slots=True)
class AccountAccess:
    """An account that can be read.

    Args:
        account: 12 digits.
        partition: of the caller's ARN.
        session: a botocore session with credentials for the account.
    """

    account: str
    partition: str
    session: botocore.session.Session

    def reader(self, share: float, deadline_seconds: float) -> "Reader":
        """What asks AWS about the account."""
        from auditor.sources.live.reader import Reader  # noqa: PLC0415  after the first request

        clients = Clients(self.session, connections=32)
        return Reader(self.account, self.partition, clients, share, deadline_seconds)


@dataclass(frozen=True, slots=True)
class Member:
    """An account that is to be read through a role.

    Args:
        account: 12 digits.
        role: name or path of the role in it.
    """

    account: str
    role: str


def own_access(profile: str | None = None) -> AccountAccess:
    """Access with the credentials that the environment or a profile offers.

    Raises:
        CredentialsError: there are none, or AWS refuses them.
    """
    try:
        session = new_session(profile)
        return _identify(session)
    except ProfileNotFound as error:
        raise CredentialsError(str(error)) from None
    except (BotoCoreError, ClientError) as error:
        remedy = "configure AWS credentials as for any AWS tool, or name a --profile"
        raise CredentialsError(f"no usable AWS credentials: {error}", remedy) from None


def assumed_access(
    base: AccountAccess, role_arn: str, external_id: str | None, tags: Mapping[str, str] | None = None
) -> AccountAccess:
    """Access through a role; its credentials renew themselves before they expire.

    Args:
        base: whose credentials assume the role.
        role_arn: the role.
        external_id: what its trust policy asks for; None for nothing.
        tags: session tags, which the account's trail shows; the trust policy must allow sts:TagSession.

    Raises:
        ReadFailed: the role cannot be assumed.
    """
    parts = role_arn.split(":")
    account = parts[4] if len(parts) > len(("arn", "partition", "iam", "region")) else ""
    refresh = _assume(base, role_arn, external_id, tags)
    session = new_session(credentials=DeferredRefreshableCredentials(refresh, "sts-assume-role"))
    try:
        return _identify(session)
    except (BotoCoreError, ClientError) as error:
        failed = failure(error, "sts:AssumeRole", Scope(account))
        gap = Gap(failed.gap.scope, "sts:AssumeRole", failed.gap.reason, f"{role_arn}: {failed.gap.detail}")
        raise ReadFailed(gap, failed.code) from error


def member_access(base: AccountAccess, member: Member, external_id: str | None) -> AccountAccess:
    """Access to an account through its role.

    Raises:
        ReadFailed: the role cannot be assumed.
    """
    arn = f"arn:{base.partition}:iam::{member.account}:role/{member.role}"
    return assumed_access(base, arn, external_id)


def read_accounts_file(path: Path, role: str) -> list[Member]:
    """The accounts of a file: one 12-digit id a line, with a role of its own if need be; `#` for remarks.

    Raises:
        InputError: the file cannot be read, or a line does not fit.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", file=str(path)) from None
    members: dict[str, Member] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        account, own = words[0], words[1] if len(words) > 1 else role
        if not _ACCOUNT.fullmatch(account) or len(words) > len(("account", "role")):
            remedy = "write one 12-digit account id a line, then a role name if need be"
            raise InputError(f"{line.strip()!r} is no account", file=str(path), line=number, remedy=remedy)
        if not _ROLE.fullmatch(own):
            remedy = "give --role-name, or write the role after the account"
            raise InputError(f"no role is given for {account}", file=str(path), line=number, remedy=remedy)
        members[account] = Member(account, own)
    if not members:
        raise InputError("it names no account", file=str(path))
    return list(members.values())


def organization_members(reader: "Reader", role: str) -> Iterator[Member | Gap]:
    """The active accounts of the caller's organisation; a gap for each that is not active.

    Raises:
        ReadFailed: the organisation cannot be listed.
    """
    for answer in reader.pages(home_region(reader.partition), "organizations:ListAccounts"):
        for account in answer.data.get("Accounts", ()):
            state = account.get("State") or account.get("Status")
            if state == "ACTIVE":
                yield Member(account["Id"], role)
            else:
                scope = Scope(account["Id"])
                yield Gap(scope, "organizations:ListAccounts", Reason.EXCLUDED, f"the account is {state}")


def choose_regions(reader: "Reader", requested: tuple[str, ...], default: str) -> tuple[list[str], list[Gap]]:
    """The regions to scan, and a gap for each that was asked for and cannot be.

    Args:
        reader: asks AWS.
        requested: names of regions, or `all`; empty for the default.
        default: the session's own region.

    Raises:
        UsageError: no region is given, or a name is no region of the partition.
    """
    known = sagemaker_regions(reader.partition)
    names = list(dict.fromkeys(requested or ((default,) if default else ())))
    if not names:
        raise UsageError("no region is given", "name one with --region, or --region all")
    wrong = [name for name in names if name not in known and name != "all"]
    if wrong:
        message = f"{wrong[0]!r} is no SageMaker region of the partition {reader.partition}"
        raise UsageError(message, nearest(wrong[0], known))
    try:
        enabled = set(_enabled_regions(reader))
    except ReadFailed as error:
        if "all" in names:
            return [], [error.scoped(Scope(reader.account))]
        # Whether a region is switched on will show when it is asked.
        return names, []
    if "all" in names:
        return [name for name in known if name in enabled], []
    gaps = [
        Gap(
            Scope(reader.account, name),
            "account:ListRegions",
            Reason.REGION_UNAVAILABLE,
            "the region is not enabled",
        )
        for name in names
        if name not in enabled
    ]
    return [name for name in names if name in enabled], gaps


def sagemaker_regions(partition: str) -> list[str]:
    """The regions of a partition in which botocore knows a SageMaker endpoint."""
    session = new_session()
    return sorted(session.get_available_regions("sagemaker", partition_name=partition))


def not_scanned(gap: Gap) -> "Target":
    """The coverage of a whole account or region that was not read."""
    from auditor.model.coverage import Target, TargetStatus  # noqa: PLC0415  after the first request

    status, reason = TargetStatus.NOT_SCANNED, f"{gap.reason}: {gap.detail}"
    return Target(gap.scope.account, gap.scope.region, "everything", status, 0, reason)


def _enabled_regions(reader: "Reader") -> list[str]:
    home = home_region(reader.partition)
    try:
        pages = reader.pages(home, "account:ListRegions", RegionOptStatusContains=list(_ENABLED))
        return [region["RegionName"] for answer in pages for region in answer.data.get("Regions", ())]
    except ReadFailed:
        regions = reader.call(home, "ec2:DescribeRegions").data.get("Regions", ())
        return [region["RegionName"] for region in regions if region.get("OptInStatus") != "not-opted-in"]


def _identify(session: botocore.session.Session) -> AccountAccess:
    region = session.get_config_variable("region") or "us-east-1"
    identity = Clients(session).get("sts", region).get_caller_identity()
    return AccountAccess(identity["Account"], identity["Arn"].split(":")[1], session)


def _assume(
    base: AccountAccess, role_arn: str, external_id: str | None, tags: Mapping[str, str] | None
) -> Callable[[], dict[str, Any]]:
    parameters: dict[str, Any] = {"RoleArn": role_arn, "RoleSessionName": _SESSION_NAME}
    if external_id:
        parameters["ExternalId"] = external_id
    if tags:
        parameters["Tags"] = [{"Key": f"{_SESSION_NAME}:{key}", "Value": value} for key, value in tags.items()]
    region = base.session.get_config_variable("region") or home_region(base.partition)
    clients = Clients(base.session)

    def refresh() -> dict[str, Any]:
        answer = clients.get("sts", region).assume_role(**parameters)["Credentials"]
        expires: datetime = answer["Expiration"]
        return {
            "access_key": answer["AccessKeyId"],
            "secret_key": answer["SecretAccessKey"],
            "token": answer["SessionToken"],
            "expiry_time": expires.astimezone(UTC).isoformat(),
        }

    return refresh
