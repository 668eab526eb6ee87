"""Scans of several accounts through roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.demo.faults import Call
    from auditor.demo.server import EmbeddedAws

OWN = "123456789012"
OTHERS = ("111111111111", "222222222222")
EXTERNAL = "quite-a-secret"
JUDGED = ("--select", "root-user-mfa", "--select", "notebook-instance-root-access")
SCAN = ("scan", "--no-state", "--quota-share", "1", "-f", "json", *JUDGED)


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "accounts.txt"
    path.write_text("# ours\n" + "\n".join(OTHERS) + "\n", encoding="utf-8")
    return path


def accounts(report: dict[str, Any]) -> set[str]:
    return {finding["resource"]["account"] for finding in report["findings"]}


def assumed(aws: EmbeddedAws) -> list[str]:
    return [call.parameters for call in aws.calls.all() if call.operation == "AssumeRole"]


def test_two_accounts_of_a_file_are_read_through_their_roles(auditor: Any, aws: EmbeddedAws, listed: Path) -> None:
    ran = auditor.run(*SCAN, "--accounts", listed, "--role-name", "team/auditor", "--external-id", EXTERNAL)
    assert ran.code == 1, ran.stderr
    report = ran.report
    assert accounts(report) == set(OTHERS)
    assert report["scan"]["accounts"] == list(OTHERS)
    asked = assumed(aws)
    assert len(asked) == len(OTHERS)
    for account, text in zip(OTHERS, asked, strict=True):
        assert f"arn%3Aaws%3Aiam%3A%3A{account}%3Arole%2Fteam%2Fauditor" in text
        assert f"ExternalId={EXTERNAL}" in text
    assert EXTERNAL not in ran.stdout + ran.stderr
    assert OWN not in {call.account for call in aws.calls.all() if call.service == "sagemaker"}


def test_an_account_that_cannot_be_entered_is_not_scanned_and_the_others_are(
    auditor: Any, aws: EmbeddedAws, listed: Path
) -> None:
    def let_the_next_in(call: Call) -> None:
        # Runs once what this call gets is settled: the first is refused, the second is not.
        assert OTHERS[0] in call.parameters
        aws.faults.clear()

    aws.faults.deny("sts", "AssumeRole")
    aws.faults.before("sts", "AssumeRole", let_the_next_in)
    ran = auditor.call(*SCAN, "--accounts", listed, "--role-name", "auditor")
    assert ran.code == 3
    assert accounts(ran.report) == {OTHERS[1]}
    (lost,) = [target for target in ran.report["coverage"]["targets"] if target["account"] == OTHERS[0]]
    assert (lost["status"], lost["region"]) == ("NOT_SCANNED", "")
    assert "sts:AssumeRole" in lost["reason"]
    assert OTHERS[0] in ran.stderr


def test_a_single_role_is_assumed_with_its_external_id(auditor: Any, aws: EmbeddedAws) -> None:
    role = f"arn:aws:iam::{OTHERS[0]}:role/auditor"
    ran = auditor.call(*SCAN, "--role-arn", role, "--external-id", EXTERNAL)
    assert accounts(ran.report) == {OTHERS[0]}
    (asked,) = assumed(aws)
    assert f"ExternalId={EXTERNAL}" in asked
    aws.faults.deny("sts", "AssumeRole")
    refused = auditor.call(*SCAN, "--role-arn", role)
    assert (refused.code, refused.stdout) == (2, "")
    assert "the role cannot be assumed" in refused.stderr


def test_an_organisation_without_accounts_is_no_complete_scan(
    auditor: Any, aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    del aws
    monkeypatch.setattr("auditor.sources.live.accounts.organization_members", lambda *_: iter(()))
    ran = auditor.call(*SCAN, "--organization", "--role-name", "auditor")
    assert ran.code == 3, ran.stderr
    assert ran.report["coverage"]["complete"] is False


def test_the_active_accounts_of_an_organisation(auditor: Any, aws: EmbeddedAws) -> None:
    organizations = aws.client("organizations", "us-east-1")
    organizations.create_organization(FeatureSet="ALL")
    made = organizations.create_account(AccountName="data", Email="data@example.com")
    member = made["CreateAccountStatus"]["AccountId"]
    closed = organizations.create_account(AccountName="old", Email="old@example.com")
    gone = closed["CreateAccountStatus"]["AccountId"]
    organizations.close_account(AccountId=gone)
    ran = auditor.call(*SCAN, "--organization", "--role-name", "auditor")
    assert ran.code == 1, ran.stderr
    assert accounts(ran.report) == {OWN, member}
    assert len(assumed(aws)) == 1
    excluded = [gap for gap in ran.report["coverage"]["gaps"] if gap["scope"]["account"] == gone]
    assert [gap["reason"] for gap in excluded] == ["EXCLUDED"]
    assert auditor.call(*SCAN, "--organization").code == 2
    aws.faults.deny("organizations", "ListAccounts")
    denied = auditor.call(*SCAN, "--organization", "--role-name", "auditor")
    assert denied.code == 2
    assert "organizations:ListAccounts" in denied.stderr


@pytest.mark.parametrize(
    ("text", "word"),
    [("12345\n", "accounts.txt:1"), ("", "names no account"), ("111111111111 a b\n", "accounts.txt:1")],
)
def test_a_file_of_accounts_that_does_not_fit_is_explained(text: str, word: str, auditor: Any, tmp_path: Path) -> None:
    path = tmp_path / "accounts.txt"
    path.write_text(text, encoding="utf-8")
    ran = auditor.call(*SCAN, "--accounts", path, "--role-name", "auditor")
    assert (ran.code, ran.stdout) == (2, "")
    assert word in ran.stderr
