"""The failed findings of a report, worst first, without holding all of them."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Protocol, runtime_checkable

from auditor.model.finding import Finding
from auditor.model.verdict import Status

from .places import file_of, line_of


def is_open(finding: Finding) -> bool:
    """Whether a finding failed, counts, is covered by no waiver, and the baseline does not hold it."""
    return finding.status is Status.FAILED and finding.counts and finding.waiver is None and not finding.known


@runtime_checkable
class Ranked(Protocol):
    """Findings of which it is known, without reading them, which rules have open ones."""

    def open_by_severity(self) -> Iterator[tuple[int, int, Iterator[Finding]]]:
        """Rules with open findings, highest severity first: its rank, their number, all findings of the rule."""


def worst(
    findings: Iterable[Finding], limit: int, wanted: Callable[[Finding], bool] = is_open
) -> tuple[list[Finding], int]:
    """The worst findings, and how many there are in all.

    Args:
        findings: read once; of those that are ranked, only what may be among the worst.
        limit: how many are kept.
        wanted: which of them count.
    """
    if wanted is is_open and isinstance(findings, Ranked):
        return _worst_of(findings, limit)
    number = 0

    def chosen() -> Iterable[Finding]:
        nonlocal number
        for finding in findings:
            if wanted(finding):
                number += 1
                yield finding

    kept = heapq.nsmallest(limit, chosen(), key=_place)
    return kept, number


def _worst_of(findings: Ranked, limit: int) -> tuple[list[Finding], int]:
    kept: list[Finding] = []
    number = 0
    for rank, count, of_rule in findings.open_by_severity():
        number += count
        # A rule whose worst is below the last that is kept has nothing to add.
        if len(kept) < limit or rank >= kept[-1].severity.rank:
            kept = heapq.nsmallest(limit, chain(kept, filter(is_open, of_rule)), key=_place)
    return kept, number


def _place(finding: Finding) -> tuple[int, str, int, str]:
    return -finding.severity.rank, file_of(finding), line_of(finding), finding.id
