"""A scan with one operation denied, for every operation in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from auditor.sources.live.permissions import PURPOSES, action

if TYPE_CHECKING:
    from auditor.demo.server import EmbeddedAws

# Read only for types that no rule needs yet.
NOT_NEEDED = frozenset(
    {
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
        "cloudwatch:DescribeAlarms",
        "ec2:DescribeInternetGateways",
        "ec2:DescribeNatGateways",
        "ecr:DescribeRepositories",
        "ecr:GetRepositoryPolicy",
        "logs:DescribeLogGroups",
    }
)
# What these answer is got otherwise: by List and Describe; from the other of the two, or by asking the region.
COVERED = frozenset({"sagemaker:Search", "account:ListRegions", "ec2:DescribeRegions"})
# Asked only where this other one is denied as well.
INSTEAD_OF = {"ec2:DescribeRegions": "account:ListRegions"}
OPERATIONS = sorted({*PURPOSES["scan"]} - NOT_NEEDED)
SCAN = ("scan", "--no-state", "--quota-share", "1", "-f", "json")


class Plain:
    """What a scan says when nothing is denied, looked at once for the whole module."""

    def __init__(self) -> None:
        self.statuses: dict[str, str] = {}
        self.called: set[str] = set()


@pytest.fixture(scope="module")
def known() -> Plain:
    return Plain()


@pytest.fixture
def undenied(known: Plain, auditor: Any, aws: EmbeddedAws) -> Plain:
    if not known.called:
        ran = auditor.call(*SCAN)
        assert ran.code == 1, ran.stderr
        known.statuses = ran.statuses
        known.called = {f"{service}:{operation}" for service, operation in aws.calls.operations()}
        aws.calls.clear()
    return known


def test_every_operation_of_a_scan_is_denied_below(undenied: Plain) -> None:
    assert undenied.called - {"sts:GetCallerIdentity"} == set(OPERATIONS) - INSTEAD_OF.keys()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_nothing_passes_on_what_was_not_read(operation: str, undenied: Plain, auditor: Any, aws: EmbeddedAws) -> None:
    for denied in (operation, INSTEAD_OF.get(operation, operation)):
        aws.faults.deny(*denied.split(":"))
    ran = auditor.call(*SCAN)
    assert aws.calls.count(*operation.split(":"))
    report = ran.report
    passed = {one["id"]: one for one in report["findings"] if one["status"] == "PASSED"}
    assert {one: undenied.statuses.get(one) for one in passed} == dict.fromkeys(passed, "PASSED")
    resting = [fact for one in passed.values() for fact in one["evidence"] if operation in fact["observed"].split()]
    assert resting == []
    if operation in COVERED:
        assert (ran.code, ran.statuses) == (1, undenied.statuses)
        return
    assert ran.code == 3
    assert not report["coverage"]["complete"]
    # Old jobs that were left out by choice are a gap of their own, beside the one looked for.
    gaps = [gap for gap in report["coverage"]["gaps"] if gap["operation"] == operation and gap["reason"] != "EXCLUDED"]
    assert gaps
    assert {gap["reason"] for gap in gaps} == {"ACCESS_DENIED"}
    assert any(action(operation) in gap["detail"] for gap in gaps)
    assert any(target["status"] != "SCANNED" for target in report["coverage"]["targets"])


def test_regions_that_cannot_be_listed_are_a_gap_where_all_are_asked_for(auditor: Any, aws: EmbeddedAws) -> None:
    aws.faults.deny("account", "ListRegions")
    aws.faults.deny("ec2", "DescribeRegions")
    ran = auditor.call("scan", "--no-state", "--region", "all", "-f", "json")
    assert ran.code == 3
    assert ran.report["findings"] == []
    assert [gap["reason"] for gap in ran.report["coverage"]["gaps"]] == ["ACCESS_DENIED"]
