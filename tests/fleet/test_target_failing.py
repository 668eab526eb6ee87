"""A target that is denied, throttled or ended from outside: what was found counts, and what was not seen is said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from targets_of_a_run import PLACE, global_target, region_target  # type: ignore[import-not-found]

from auditor.fleet.target import audit_account

if TYPE_CHECKING:
    from auditor.demo.server import EmbeddedAws


def test_an_account_that_cannot_be_entered_is_not_scanned_and_says_why(few: Any, aws: EmbeddedAws) -> None:
    few.settings = replace(few.settings, accounts=("111111111111",), role_name="auditor")
    aws.faults.deny("sts", "AssumeRole")
    assert few.audit(global_target(few)) == 1
    ledger = few.ledger("111111111111/global")
    assert ledger["status"] == "NOT_SCANNED"
    assert "sts:AssumeRole" in ledger["reason"]
    assert "ACCESS_DENIED" in ledger["reason"]


def test_a_role_that_cannot_be_had_just_now_is_asked_for_again(few: Any, aws: EmbeddedAws, jobs: Any) -> None:
    few.settings = replace(few.settings, accounts=("111111111111",), role_name="auditor")
    jobs(1, account="111111111111")
    target = region_target(few)
    aws.faults.throttle("sts", "AssumeRole", times=2)
    few.audit(target)
    assert few.ledger("111111111111/eu-west-1")["status"] == "SCANNED"


def test_a_family_that_is_denied_makes_the_target_partial(few: Any, aws: EmbeddedAws, jobs: Any) -> None:
    jobs(3)
    aws.faults.deny("sagemaker", "ListTrainingJobs")
    few.audit(region_target(few))
    ledger = few.ledger(PLACE)
    assert ledger["status"] == "PARTIAL"
    assert ledger["coverage"]["unfinished"][0]["family"] == "AWS::SageMaker::TrainingJob"
    assert "sagemaker:ListTrainingJobs" in ledger["reason"]


def test_throttles_are_waited_out_and_counted(few: Any, aws: EmbeddedAws, jobs: Any) -> None:
    jobs(3)
    aws.faults.throttle("sagemaker", "ListTrainingJobs", times=3)
    few.audit(region_target(few))
    ledger = few.ledger(PLACE)
    assert ledger["status"] == "SCANNED"
    (count,) = [one for one in ledger["coverage"]["requests"] if one["operation"] == "sagemaker:ListTrainingJobs"]
    assert (count["throttled"], count["calls"]) == (3, 4)


def test_a_failure_from_outside_is_written_down_and_does_not_undo_what_is_done(few: Any, jobs: Any) -> None:
    jobs(1)
    target = region_target(few)
    error = {"Error": "Sandbox.Timedout", "Cause": "Task timed out after 900.00 seconds"}
    audit_account({"target": target, "error": error}, few.means())
    ledger = few.ledger(PLACE)
    assert (ledger["status"], ledger["reason"]) == ("NOT_SCANNED", f"{error['Error']}: {error['Cause']}")
    few.audit(target)
    audit_account({"target": target, "error": error}, few.means())
    assert few.ledger(PLACE)["status"] == "SCANNED"


def interrupted(fleet: Any) -> dict[str, Any]:
    """A target whose first invocation ended when something had been found."""
    target: dict[str, Any] = region_target(fleet)
    looks = iter([900.0] * 5)
    means = replace(fleet.means(), remaining=lambda: next(looks, 0.0))
    assert audit_account({"target": target, "cursor": None, "attempt": 0}, means)["status"] == "more"
    return target


@pytest.mark.parametrize("denied", [False, True], ids=["an error from outside", "the role is taken away"])
def test_what_was_found_before_a_target_failed_is_reported(few: Any, aws: EmbeddedAws, jobs: Any, denied: bool) -> None:
    account = "111111111111"
    few.settings = replace(few.settings, slice_jobs=10, accounts=(account,), role_name="auditor")
    jobs(40, account=account)
    target = interrupted(few)
    if denied:
        aws.faults.deny("sts", "AssumeRole")
        audit_account({"target": target, "cursor": None, "attempt": 1}, few.means())
    else:
        error = {"Error": "Runtime.ExitError", "Cause": "signal: killed"}
        audit_account({"target": target, "error": error}, few.means())
    ledger = few.ledger(f"{account}/eu-west-1")
    assert ledger["status"] == "PARTIAL"
    assert ("ACCESS_DENIED" if denied else "Runtime.ExitError: signal: killed") in ledger["reason"]
    found = few.findings(f"{account}/eu-west-1")
    assert 0 < len(found) == ledger["findings"] < 80
    report = few.report(f"{account}/eu-west-1")
    assert report["coverage"]["complete"] is False
    assert "SCANNED" not in {one["status"] for one in report["coverage"]["targets"]}
    assert any(gap["reason"] == ("ACCESS_DENIED" if denied else "NOT_COLLECTED") for gap in report["coverage"]["gaps"])
    # A target that can be read again is whole again.
    aws.faults.clear()
    few.audit(target)
    assert few.ledger(f"{account}/eu-west-1")["status"] == "SCANNED"
    assert few.findings(f"{account}/eu-west-1").keys() > found.keys()


def test_parts_that_are_gone_leave_a_failed_target_not_scanned(few: Any, jobs: Any) -> None:
    few.settings = replace(few.settings, slice_jobs=10)
    jobs(40)
    target = interrupted(few)
    for key in few.store.list(f"runs/run-1/findings/{PLACE}/"):
        few.store.put(key, b"\x1f\x8b broken", media_type="x")
    audit_account({"target": target, "error": "lost"}, few.means())
    assert (few.ledger(PLACE)["status"], few.ledger(PLACE)["reason"]) == ("NOT_SCANNED", "lost")
