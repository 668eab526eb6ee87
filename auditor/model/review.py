"""What a report says beside its findings: which waivers were in force, and what the run was compared with."""

from dataclasses import dataclass
from enum import StrEnum


class WaiverState(StrEnum):
    """What became of a waiver in a run."""

    USED = "USED"
    UNUSED = "UNUSED"
    EXPIRING = "EXPIRING"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class WaiverUse:
    """One waiver, and what it did.

    Args:
        rule, resource: what it names; the resource is a glob.
        reason, owner, approver, expires, ticket: as written; `expires` is a date, ISO 8601.
        state: EXPIRING is used and ends within 30 days; EXPIRED does nothing; UNUSED matched no failed finding.
        findings: how many failed findings carry it; of an expired one, how many it would have been.
    """

    rule: str
    resource: str
    reason: str
    owner: str
    approver: str
    expires: str
    ticket: str
    state: WaiverState
    findings: int = 0


@dataclass(frozen=True, slots=True)
class Review:
    """How a run was narrowed and compared, and where what steers it came from.

    Args:
        config_from: where configuration and waivers were taken from: a git ref, or of a run on a schedule the objects
            in the report bucket; empty for the working tree.
        altered: what the change under review altered in them, one sentence each.
        changed_since: the git ref since which files had to have changed; empty where all count.
        left_out: files left out because they did not change.
        baseline: the earlier report; empty where there is none.
        known: failed findings that the baseline holds, too; they do not fail the run.
        new: failed findings that it does not hold.
        fixed: failed findings of the baseline that are gone.
        parameters: parameters of rules that are not the rules' own, one sentence each.
    """

    config_from: str = ""
    altered: tuple[str, ...] = ()
    changed_since: str = ""
    left_out: int = 0
    baseline: str = ""
    known: int = 0
    new: int = 0
    fixed: int = 0
    parameters: tuple[str, ...] = ()
