"""Which accounts and regions are scanned, with whose credentials, and what is said of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from auditor.demo.server import ACCOUNT, EmbeddedAws
from auditor.errors import CredentialsError, InputError, UsageError
from auditor.model.coverage import TargetStatus
from auditor.model.gap import Gap
from auditor.model.unknown import Reason
from auditor.sources.live import accounts
from auditor.sources.live.accounts import Member
from auditor.sources.live.awserrors import ReadFailed

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.sources.live.reader import Reader

OTHER = "210987654321"


@pytest.mark.parametrize(
    ("partition", "region"),
    [("aws", "us-east-1"), ("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1")],
)
def test_each_partition_has_one_home(partition: str, region: str) -> None:
    assert accounts.home_region(partition) == region
    assert region in accounts.sagemaker_regions(partition)


def test_an_unknown_partition_is_told() -> None:
    with pytest.raises(UsageError, match="aws-mars"):
        accounts.home_region("aws-mars")


@pytest.mark.usefixtures("aws")
def test_the_callers_own_account_is_known_from_its_credentials() -> None:
    own = accounts.own_access()
    assert (own.account, own.partition) == (ACCOUNT, "aws")


def test_without_credentials_the_remedy_is_told(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(CredentialsError, match="--profile"):
        accounts.own_access()
    with pytest.raises(CredentialsError, match="nobody"):
        accounts.own_access("nobody")
    assert aws.calls.all() == []


def test_a_role_of_another_account_is_assumed_in_its_region(aws: EmbeddedAws) -> None:
    own = accounts.own_access()
    access = accounts.member_access(own, Member(OTHER, "audit/reader"), "ticket-7")
    assert (access.account, access.partition) == (OTHER, "aws")
    (call,) = [call for call in aws.calls.all() if call.operation == "AssumeRole"]
    assert call.region == "eu-west-1"
    assert "ticket-7" in call.parameters
    assert "audit%2Freader" in call.parameters
    answer = access.reader(1.0, 60.0).call("eu-west-1", "sagemaker:ListModels")
    assert answer.data["Models"] == []
    assert aws.calls.all()[-1].account == OTHER


def test_a_role_that_cannot_be_assumed_is_a_gap_of_its_account(aws: EmbeddedAws) -> None:
    own = accounts.own_access()
    aws.faults.deny("sts", "AssumeRole")
    with pytest.raises(ReadFailed) as error:
        accounts.member_access(own, Member(OTHER, "reader"), None)
    gap = error.value.gap
    assert (gap.scope.account, gap.operation, gap.reason) == (OTHER, "sts:AssumeRole", Reason.ACCESS_DENIED)
    assert accounts.not_scanned(gap).status is TargetStatus.NOT_SCANNED


def test_the_file_of_accounts_takes_roles_and_remarks(tmp_path: Path) -> None:
    file = tmp_path / "accounts.txt"
    file.write_text(f"# production\n{ACCOUNT}\n\n{OTHER} special/reader  # legacy\n", encoding="utf-8")
    members = accounts.read_accounts_file(file, "reader")
    assert members == [Member(ACCOUNT, "reader"), Member(OTHER, "special/reader")]


@pytest.mark.parametrize(
    ("text", "role", "line"),
    [
        (f"{ACCOUNT}\n12345\n", "reader", 2),
        (f"{ACCOUNT} one two\n", "reader", 1),
        (f"#\n\n{ACCOUNT}\n", "", 3),
        (f"{ACCOUNT} role*\n", "reader", 1),
        ("# nothing\n", "reader", 0),
    ],
)
def test_a_line_that_does_not_fit_is_named(tmp_path: Path, text: str, role: str, line: int) -> None:
    file = tmp_path / "accounts.txt"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        accounts.read_accounts_file(file, role)
    assert (error.value.file, error.value.line) == (str(file), line)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.txt"):
        accounts.read_accounts_file(tmp_path / "none.txt", "reader")


def test_the_organisation_gives_its_active_accounts(aws: EmbeddedAws, reader: Reader) -> None:
    organizations = aws.client("organizations", "us-east-1")
    organizations.create_organization(FeatureSet="ALL")
    made = organizations.create_account(Email="closed@example.com", AccountName="closed")
    closed = made["CreateAccountStatus"]["AccountId"]
    organizations.close_account(AccountId=closed)
    found = list(accounts.organization_members(reader, "reader"))
    assert [member for member in found if isinstance(member, Member)] == [Member(ACCOUNT, "reader")]
    (gap,) = [item for item in found if isinstance(item, Gap)]
    assert (gap.scope.account, gap.reason) == (closed, Reason.EXCLUDED)


def test_all_regions_are_the_enabled_ones_with_sagemaker(aws: EmbeddedAws, reader: Reader) -> None:
    aws.calls.clear()
    chosen, gaps = accounts.choose_regions(reader, ("all",), "")
    assert {"eu-west-1", "us-east-1"} <= set(chosen) <= set(accounts.sagemaker_regions("aws"))
    assert gaps == []
    assert aws.calls.count("account", "ListRegions") == 1
    assert aws.calls.count("ec2", "DescribeRegions") == 0


@pytest.mark.parametrize("denied", [True, False])
def test_a_region_that_is_not_enabled_is_a_gap(aws: EmbeddedAws, reader: Reader, *, denied: bool) -> None:
    if denied:
        aws.faults.deny("account", "ListRegions")
    every = aws.client("ec2").describe_regions(AllRegions=True)["Regions"]
    disabled = next(raw["RegionName"] for raw in every if raw["OptInStatus"] == "not-opted-in")
    assert disabled not in accounts.choose_regions(reader, ("all",), "")[0]
    chosen, gaps = accounts.choose_regions(reader, ("eu-west-1", disabled), "")
    assert chosen == ["eu-west-1"]
    assert [(gap.scope.region, gap.reason) for gap in gaps] == [(disabled, Reason.REGION_UNAVAILABLE)]


def test_where_nothing_tells_the_regions_the_named_ones_are_tried(aws: EmbeddedAws, reader: Reader) -> None:
    aws.faults.deny("account")
    aws.faults.deny("ec2")
    assert accounts.choose_regions(reader, (), "eu-west-1") == (["eu-west-1"], [])
    chosen, gaps = accounts.choose_regions(reader, ("all",), "")
    assert chosen == []
    assert [(gap.scope.account, gap.scope.region, gap.reason) for gap in gaps] == [(ACCOUNT, "", Reason.ACCESS_DENIED)]


@pytest.mark.usefixtures("aws")
def test_no_region_and_a_wrong_region_are_mistakes_of_the_user(reader: Reader) -> None:
    with pytest.raises(UsageError, match="--region"):
        accounts.choose_regions(reader, (), "")
    with pytest.raises(UsageError, match="eu-west-9"):
        accounts.choose_regions(reader, ("eu-west-9",), "")
