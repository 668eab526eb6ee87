"""Planning: accounts by regions, and the reason for everything that is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from auditor.errors import CredentialsError, InputError, UsageError
from auditor.fleet.plan import plan_targets
from auditor.fleet.records import ScanTarget, read_json
from auditor.fleet.scope import forget, left_out

if TYPE_CHECKING:
    from auditor.delivery.store import FolderStore
    from auditor.demo.server import EmbeddedAws
    from auditor.fleet.settings import FleetSettings
    from auditor.sources.live.accounts import AccountAccess

OWN = "123456789012"
EVENT = {"run": "run-1", "started": "2026-11-20T03:00:00Z"}
ORGANIZATION: dict[str, Any] = {"organization": True, "role_name": "auditor", "external_id": "quite-a-secret"}


class Company:
    """An organisation of the management account, three units and five members."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self.client = aws.client("organizations", "us-east-1")
        self.client.create_organization(FeatureSet="ALL")
        self.root = self.client.list_roots()["Roots"][0]["Id"]
        self.prod = self.unit(self.root, "prod")
        self.models = self.unit(self.prod, "models")
        self.sandbox = self.unit(self.root, "sandbox")
        self.one = self.account("one", self.prod)
        self.two = self.account("two", self.models, team="ml")
        self.three = self.account("three", self.sandbox, team="ml", stage="throwaway")
        self.four = self.account("four", self.root)
        self.closed = self.account("closed", self.root)
        self.client.close_account(AccountId=self.closed)

    def unit(self, parent: str, name: str) -> str:
        found: str = self.client.create_organizational_unit(ParentId=parent, Name=name)["OrganizationalUnit"]["Id"]
        return found

    def account(self, name: str, parent: str, **tags: str) -> str:
        made = self.client.create_account(
            AccountName=name,
            Email=f"{name}@example.com",
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )
        account: str = made["CreateAccountStatus"]["AccountId"]
        if parent != self.root:
            self.client.move_account(AccountId=account, SourceParentId=self.root, DestinationParentId=parent)
        return account


@pytest.fixture
def company(aws: EmbeddedAws) -> Company:
    return Company(aws)


@pytest.fixture
def plan(settings: FleetSettings, store: FolderStore, own: AccountAccess) -> Any:
    def run(**changes: Any) -> tuple[list[dict[str, str]], list[dict[str, str]], dict[str, dict[str, str]]]:
        answer = plan_targets(EVENT, replace(settings, **changes), store, own)
        first, then = read_json(store, answer["global_key"]), read_json(store, answer["regions_key"])
        assert answer["planned"] == len(first) + len(then)
        assert answer["bucket"] == "reports"
        excluded = read_json(store, "runs/run-1/plan/excluded.json")
        return first, then, {item["account"] + item["region"]: item for item in excluded}

    return run


def accounts(targets: list[dict[str, str]]) -> set[str]:
    return {target["account"] for target in targets}


def test_one_account_without_a_role_is_one_target_and_its_regions(plan: Any) -> None:
    first, then, excluded = plan()
    assert [(target["account"], target["kind"], target["region"]) for target in first] == [(OWN, "global", "us-east-1")]
    assert [(target["region"], target["kind"]) for target in then] == [("eu-west-1", "region"), ("us-east-1", "region")]
    assert {target["role_arn"] for target in first + then} == {""}
    assert not excluded
    assert all(ScanTarget.of(target).as_json() == target for target in first + then)


def test_changes_are_judged_where_the_plan_scans(plan: Any, company: Company, store: Any, settings: Any) -> None:
    plan(**ORGANIZATION, ou_exclude=(company.sandbox,))
    forget()
    whole = replace(settings, **ORGANIZATION, ou_exclude=(company.sandbox,))
    assert left_out(whole, store, OWN, company.one, "eu-west-1") == ""
    assert "leaves out account" in left_out(whole, store, OWN, company.three, "eu-west-1")
    forget()


def test_the_same_plan_twice_is_the_same_bytes(plan: Any, store: FolderStore) -> None:
    plan()
    before = {key: store.get(key) for key in store.list("runs/")}
    plan()
    assert {key: store.get(key) for key in store.list("runs/")} == before


def test_every_active_account_of_an_organisation(plan: Any, company: Company, aws: EmbeddedAws) -> None:
    first, then, excluded = plan(**ORGANIZATION)
    assert accounts(first) == {OWN, company.one, company.two, company.three, company.four}
    assert len(then) == 2 * len(first)
    roles = {target["account"]: target["role_arn"] for target in first}
    assert roles[OWN] == ""
    assert roles[company.one] == f"arn:aws:iam::{company.one}:role/auditor"
    assert set(excluded) == {company.closed}
    assert excluded[company.closed]["reason"] == "EXCLUDED"
    assumed = [call.parameters for call in aws.calls.all() if call.operation == "AssumeRole"]
    assert len(assumed) == 4
    assert all("ExternalId=quite-a-secret" in text and "run-1" in text for text in assumed)


def test_units_choose_with_all_that_lies_below(plan: Any, company: Company) -> None:
    first, _, excluded = plan(**ORGANIZATION, ou_include=(company.prod,))
    assert accounts(first) == {company.one, company.two}
    assert set(excluded) == {OWN, company.three, company.four, company.closed}
    assert "none of the organizational units" in excluded[company.four]["detail"]
    first, _, excluded = plan(**ORGANIZATION, ou_exclude=(company.prod,))
    assert accounts(first) == {OWN, company.three, company.four}
    assert "is excluded" in excluded[company.two]["detail"]
    first, _, _ = plan(**ORGANIZATION, ou_include=(company.root,), ou_exclude=(company.models, company.sandbox))
    assert accounts(first) == {OWN, company.one, company.four}


def test_tags_choose(plan: Any, company: Company) -> None:
    first, _, excluded = plan(**ORGANIZATION, tag_include=(("team", "ml"),), tag_exclude=(("stage", ""),))
    assert accounts(first) == {company.two}
    assert "none of the tags" in excluded[company.one]["detail"]
    assert "a tag that is excluded" in excluded[company.three]["detail"]


def test_an_account_that_cannot_be_entered_stays_planned(plan: Any, company: Company, aws: EmbeddedAws) -> None:
    aws.faults.deny("sts", "AssumeRole")
    first, then, excluded = plan(role_name="auditor", accounts=(company.one,))
    assert accounts(first) == {company.one}
    assert then == []
    hole = excluded[company.one]
    assert (hole["operation"], hole["reason"]) == ("sts:AssumeRole", "ACCESS_DENIED")
    assert "regions of the account are not known" in hole["detail"]


def test_regions_that_are_not_switched_on_are_told(plan: Any) -> None:
    _, then, excluded = plan(regions=("all",))
    regions = {target["region"] for target in then}
    assert {"eu-west-1", "us-east-1"} <= regions
    left_out = {item["region"] for item in excluded.values()}
    assert not regions & left_out
    assert all("not opted in" in item["detail"] for item in excluded.values())


def test_what_does_not_fit_is_refused(plan: Any, company: Company, aws: EmbeddedAws, own: Any, store: Any) -> None:
    with pytest.raises(UsageError, match="eu-west-9"):
        plan(regions=("eu-west-9",))
    aws.faults.deny("organizations", "ListAccounts")
    with pytest.raises(CredentialsError, match="organizations:ListAccounts"):
        plan(**ORGANIZATION)
    assert company.root
    for event in ({}, {"run": "../x", "started": EVENT["started"]}, {"run": "x", "started": "now"}, {"run": "x"}):
        with pytest.raises(InputError):
            plan_targets(event, None, store, own)  # type: ignore[arg-type]  # refused before it is looked at
