"""What a gate makes of findings that only the deployment could decide."""

from auditor.model.coverage import Report
from auditor.model.unknown import Reason
from auditor.model.verdict import Severity, Status

# What a file does not tell because of how it is written, names without describing it, or says in words that nobody
# knows. What an account holds beside the files (EXCLUDED) is not among them: no other spelling would tell it.
UNRESOLVED = frozenset(
    {
        Reason.CROSS_ACCOUNT,
        Reason.KNOWN_AFTER_APPLY,
        Reason.RUNTIME_VALUE,
        Reason.UNEXPECTED_VALUE,
        Reason.UNRESOLVED_REFERENCE,
        Reason.UNSUPPORTED_SYNTAX,
    }
)


def unresolved(report: Report, threshold: Severity) -> bool:
    """Whether something could not be judged because the files do not tell it.

    Args:
        report: the report of a gate.
        threshold: the lowest severity that counts; what was not understood of a resource always does.
    """
    if any(gap.reason in UNRESOLVED for gap in report.coverage.gaps):
        return True
    return any(
        finding.status is Status.NOT_AVAILABLE
        and finding.reason in UNRESOLVED
        and finding.severity.rank >= threshold.rank
        for finding in report.findings
    )
