"""Security Hub after targets that were not read whole: what fails is there, and nothing is archived."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from auditor.cli.catalogs import load_catalog
from auditor.fleet.records import read_json
from auditor.fleet.target import audit_account

if TYPE_CHECKING:
    from auditor.demo.server import EmbeddedAws

OTHER = "111111111111"
PLACE = f"{OTHER}/eu-west-1"
ERROR = {"Error": "Runtime.ExitError", "Cause": "signal: killed"}


@pytest.fixture
def hub(fleet: Any, aws: EmbeddedAws, jobs: Any) -> Any:
    """An account with two notebooks and enough jobs that its region takes several invocations."""
    fleet.catalog = load_catalog(()).select(("notebook-instance-root-access", "training-job-network-isolation"))
    fleet.settings = replace(
        fleet.settings, slice_jobs=10, accounts=(OTHER,), role_name="auditor", security_hub=True, regions=("eu-west-1",)
    )
    client(aws, "securityhub").enable_security_hub()
    jobs(40, account=OTHER)
    for name in ("one", "two"):
        notebook(aws, name)
    return fleet


def client(aws: EmbeddedAws, service: str) -> Any:
    given = aws.client("sts").assume_role(RoleArn=f"arn:aws:iam::{OTHER}:role/auditor", RoleSessionName="test")
    keys = given["Credentials"]
    import boto3  # noqa: PLC0415  one client of one test

    return boto3.client(
        service,
        region_name="eu-west-1",
        endpoint_url=aws.endpoint_url,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def notebook(aws: EmbeddedAws, name: str) -> None:
    client(aws, "sagemaker").create_notebook_instance(
        NotebookInstanceName=name, InstanceType="ml.t3.medium", RoleArn=f"arn:aws:iam::{OTHER}:role/x"
    )


def begin(fleet: Any) -> dict[str, Any]:
    """The region's target after one invocation that left something over."""
    fleet.plan()
    (target,) = read_json(fleet.store, f"runs/{fleet.run}/plan/regions.json")
    looks = iter([900.0] * 5)
    means = replace(fleet.means(), remaining=lambda: next(looks, 0.0))
    assert audit_account({"target": target, "cursor": None, "attempt": 0}, means)["status"] == "more"
    return dict(target)


def held(aws: EmbeddedAws) -> dict[str, str]:
    """Name of the notebook to the state of its finding."""
    found = client(aws, "securityhub").get_findings()["Findings"]
    return {one["Resources"][0]["Id"].rpartition("/")[2]: one["RecordState"] for one in found}


def test_what_a_failed_target_found_is_imported_and_nothing_archived(hub: Any, aws: EmbeddedAws) -> None:
    hub.audit(begin(hub))
    assert held(aws) == {"one": "ACTIVE", "two": "ACTIVE"}
    hub.run = "run-2"
    aws.forget("NotebookInstance", "one", account=OTHER)
    notebook(aws, "three")
    audit_account({"target": begin(hub), "error": ERROR}, hub.means())
    ledger = hub.ledger(PLACE)
    assert ledger["status"] == "PARTIAL"
    (result,) = ledger["security_hub"]
    assert (result["new"], result["unchanged"], result["archived"], result["kept"]) == (1, 1, 0, 1)
    assert held(aws) == {"one": "ACTIVE", "two": "ACTIVE", "three": "ACTIVE"}
    hub.run = "run-3"
    hub.audit(begin(hub))
    assert hub.ledger(PLACE)["security_hub"][0]["archived"] == 1
    assert {name for name, state in held(aws).items() if state == "ACTIVE"} == {"two", "three"}


def test_a_family_that_was_denied_archives_nothing_of_its_own(hub: Any, aws: EmbeddedAws) -> None:
    hub.audit(begin(hub))
    hub.run = "run-2"
    aws.faults.deny("sagemaker", "ListNotebookInstances")
    hub.audit(begin(hub))
    assert hub.ledger(PLACE)["status"] == "PARTIAL"
    assert held(aws) == {"one": "ACTIVE", "two": "ACTIVE"}


def test_an_account_that_can_no_longer_be_entered_says_that_nothing_was_imported(hub: Any, aws: EmbeddedAws) -> None:
    target = begin(hub)
    aws.calls.clear()
    aws.faults.deny("sts", "AssumeRole")
    audit_account({"target": target, "error": ERROR}, hub.means())
    ledger = hub.ledger(PLACE)
    assert (ledger["status"], ledger["reason"]) == ("PARTIAL", "Runtime.ExitError: signal: killed")
    assert ledger["security_hub"][0]["problem"] == "the account could not be entered"
    assert aws.calls.count("securityhub", "BatchImportFindings") == 0


def test_a_hub_that_is_off_fails_nothing(hub: Any, aws: EmbeddedAws, caplog: pytest.LogCaptureFixture) -> None:
    client(aws, "securityhub").disable_security_hub()
    aws.faults.deny("securityhub", "GetFindings")
    audit_account({"target": begin(hub), "error": ERROR}, hub.means())
    assert "AccessDenied" in hub.ledger(PLACE)["security_hub"][0]["problem"]
    assert "Security Hub of 111111111111/eu-west-1" in caplog.text
