"""The failed findings of a report, worst first, without holding all of them."""

import heapq
from collections.abc import Callable, Iterable

from auditor.model.finding import Finding
from auditor.model.verdict import Status

from .places import file_of, line_of


def is_open(finding: Finding) -> bool:
    """Whether a finding failed, counts, is covered by no waiver, and the baseline does not hold it."""
    return finding.status is Status.FAILED and finding.counts and finding.waiver is None and not finding.known


def worst(
    findings: Iterable[Finding], limit: int, wanted: Callable[[Finding], bool] = is_open
) -> tuple[list[Finding], int]:
    """The worst findings, and how many there are in all.

    Args:
        findings: read once.
        limit: how many are kept.
        wanted: which of them count.
    """
    number = 0

    def chosen() -> Iterable[Finding]:
        nonlocal number
        for finding in findings:
            if wanted(finding):
                number += 1
                yield finding

    def key(finding: Finding) -> tuple[int, str, int, str]:
        return -finding.severity.rank, file_of(finding), line_of(finding), finding.id

    kept = heapq.nsmallest(limit, chosen(), key=key)
    return kept, number
