"""The IAM policy that the auditor needs, derived from the collectors' own tables."""

from typing import Any

from auditor.errors import UsageError
from auditor.sources.live import accounts, neighbours, organization, table
from auditor.sources.live.actions import action

__all__ = ["EXCEPTIONS", "PURPOSES", "action", "actions", "policy"]

# Made by the auditor's own nature not a List, Describe, Get or Search, and harmless: it makes a report.
EXCEPTIONS = frozenset({"iam:GenerateCredentialReport", "sts:AssumeRole", "sts:TagSession"})
_NEEDS_NO_RIGHT = frozenset({"sts:GetCallerIdentity"})

PURPOSES: dict[str, tuple[str, ...]] = {
    "scan": (*table.OPERATIONS, *neighbours.OPERATIONS, *accounts.OPERATIONS),
    "organization": accounts.ORGANIZATION_OPERATIONS,
    "security-hub": ("securityhub:BatchImportFindings", "securityhub:GetFindings"),
    "planner": (*organization.OPERATIONS, *accounts.OPERATIONS, "sts:AssumeRole", "sts:TagSession"),
}


def actions(purpose: str) -> tuple[str, ...]:
    """The IAM actions of a purpose, sorted.

    Args:
        purpose: `scan`, for an account that is read; `organization`, for the caller that assumes roles;
            `planner`, for who chooses the accounts of scheduled runs; `security-hub`, for an account into whose
            Security Hub findings are imported.

    Raises:
        UsageError: there is no such purpose.
    """
    if purpose not in PURPOSES:
        raise UsageError(f"no policy is called {purpose!r}", f"known are {', '.join(PURPOSES)}")
    return tuple(sorted({action(operation) for operation in PURPOSES[purpose]} - _NEEDS_NO_RIGHT))


def policy(purpose: str) -> dict[str, Any]:
    """The policy document of a purpose; reading only, but for `security-hub`.

    Raises:
        UsageError: there is no such purpose.
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "SageMakerAuditor", "Effect": "Allow", "Action": list(actions(purpose)), "Resource": "*"}
        ],
    }
