"""What was and was not looked at, in words: the same in every form that people read."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from auditor.model.coverage import Coverage, TargetStatus
from auditor.model.gap import Gap
from auditor.model.unknown import Reason

_ACTION = re.compile(r"\b[a-z][a-z0-9-]*:[A-Z][A-Za-z0-9]+\b")

REASONS: dict[Reason, str] = {
    Reason.ACCESS_DENIED: "access denied",
    Reason.CREDENTIALS: "no usable credentials",
    Reason.THROTTLED: "throttled",
    Reason.DEADLINE: "out of time",
    Reason.API_ERROR: "AWS answered with an error",
    Reason.VANISHED: "gone before it could be read",
    Reason.REGION_UNAVAILABLE: "region not available",
    Reason.NOT_COLLECTED: "not collected",
    Reason.EXCLUDED: "left out by choice",
    Reason.UNRESOLVED_REFERENCE: "a reference that leads nowhere",
    Reason.KNOWN_AFTER_APPLY: "known only after apply",
    Reason.RUNTIME_VALUE: "known only at run time",
    Reason.CROSS_ACCOUNT: "in another account",
    Reason.UNSUPPORTED_SYNTAX: "syntax not supported",
    Reason.UNEXPECTED_VALUE: "unexpected value",
    Reason.RULE_ERROR: "a rule failed to run",
}


@dataclass(frozen=True, slots=True)
class Hole:
    """Gaps of one kind, counted.

    Args:
        operation: `service:Operation`.
        reason: why.
        grant: the IAM action to grant; empty where a permission is not what is missing.
        detail: of the first of them.
        where: accounts and regions, as text.
        number: how many there are.
    """

    operation: str
    reason: Reason
    grant: str
    detail: str
    where: tuple[str, ...]
    number: int

    @property
    def words(self) -> str:
        """Why, for people."""
        return REASONS[self.reason]


def looked_at(coverage: Coverage, kind: str = "") -> str:
    """One sentence on how much was looked at.

    Args:
        coverage: of a report.
        kind: of its run; a `gate` looks at files.
    """
    if not coverage.targets:
        return "No account was read; what was judged is what was handed in."
    states = Counter(target.status for target in coverage.targets)
    number = len(coverage.targets)
    # The sign is meant.
    whole = f"{number:,} account × region × family"  # noqa: RUF001
    if kind == "gate":
        whole = f"{number:,} file{'' if number == 1 else 's'}"
    scanned = states[TargetStatus.SCANNED]
    if scanned == number:
        return f"Looked at {'the' if whole == '1 file' else 'all'} {whole}."
    parts = [
        f"{states[status]:,} {words}"
        for status, words in (
            (TargetStatus.PARTIAL, "only in part"),
            (TargetStatus.NOT_SCANNED, "not at all"),
        )
        if states[status]
    ]
    return f"Looked at {scanned:,} of {whole}; {' and '.join(parts)}."


def holes(gaps: Sequence[Gap]) -> list[Hole]:
    """Gaps folded by operation and reason: errors first, then choices; the most frequent first."""
    folded: defaultdict[tuple[str, Reason], list[Gap]] = defaultdict(list)
    for gap in gaps:
        folded[gap.operation, gap.reason].append(gap)
    found = [
        Hole(
            operation=operation,
            reason=reason,
            grant=_grant(members[0]),
            detail=members[0].detail,
            where=tuple(dict.fromkeys(_where(gap) for gap in members)),
            number=len(members),
        )
        for (operation, reason), members in folded.items()
    ]
    return sorted(found, key=lambda hole: (_rank(hole.reason), -hole.number, hole.operation))


def _rank(reason: Reason) -> int:
    if reason in (Reason.EXCLUDED, Reason.VANISHED):
        return 2
    return 0 if reason in (Reason.ACCESS_DENIED, Reason.CREDENTIALS) else 1


def _grant(gap: Gap) -> str:
    """The IAM action that is missing: what the detail names, else the operation itself."""
    if gap.reason is not Reason.ACCESS_DENIED:
        return ""
    named = _ACTION.findall(gap.detail)
    return named[-1] if named else gap.operation


def _where(gap: Gap) -> str:
    parts = [gap.scope.account, gap.scope.region, gap.scope.type, gap.scope.resource]
    return " ".join(part for part in parts if part) or "everywhere"
