"""What a report says of waivers, baseline and configuration, in sentences that every form shares."""

from collections.abc import Iterator

from auditor.model.coverage import Report
from auditor.model.review import Review, WaiverState, WaiverUse

_STATES = {
    WaiverState.EXPIRED: "expired, and does nothing",
    WaiverState.EXPIRING: "expires within 30 days",
    WaiverState.UNUSED: "unused: it covers no failed finding",
    WaiverState.USED: "in force",
}
_ORDER = tuple(_STATES)


def waivers(report: Report, *, notable: bool = False) -> list[str]:
    """A sentence for each waiver: expired ones first, then those about to expire, unused ones, the others.

    Args:
        report: what is told of.
        notable: whether those that are simply in force are left out.
    """
    uses = sorted(report.waivers, key=lambda use: (_ORDER.index(use.state), use.expires, use.rule, use.resource))
    return [_of(use) for use in uses if not notable or use.state is not WaiverState.USED]


def _of(use: WaiverUse) -> str:
    ticket = f", {use.ticket}" if use.ticket else ""
    number = "1 finding" if use.findings == 1 else f"{use.findings:,} findings"
    return (
        f"{_STATES[use.state]}: {use.rule} on {use.resource}, {number}, until {use.expires}: "
        f"{use.reason} (owner {use.owner}, approved by {use.approver}{ticket})"
    )


def review(what: Review) -> Iterator[str]:
    """A sentence for each thing that narrowed or steered the run; what a change alters in its judge comes first."""
    for sentence in what.altered:
        yield f"The change under review alters {sentence}"
    for sentence in what.parameters:
        yield f"Parameter of {sentence}"
    if what.config_from:
        yield f"Configuration and waivers are those of {what.config_from}"
    if what.baseline:
        yield f"Against the baseline {what.baseline}: {what.new:,} new, {what.known:,} known, {what.fixed:,} fixed"
    if what.changed_since:
        yield f"Only files that changed since {what.changed_since} count; {what.left_out:,} are left out"
