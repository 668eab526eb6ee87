"""Charts as inline SVG, drawn by attributes alone: the page's policy allows no style attributes."""

from collections.abc import Mapping

from markupsafe import Markup

from auditor.model.coverage import Summary, Tally

_RADIUS = 54
_GAP = 1.2
_BAR = 100.0
_LEAST = 0.8

PARTS = ("failed", "not_available", "passed")


def ring(summary: Summary) -> Markup:
    """The shares of the score as a ring: passed, failed and not available, weighted by severity.

    The number itself stands beside it as text, so the drawing is hidden from screen readers.
    """
    weighed = dict.fromkeys(PARTS, 0.0)
    for severity, tally in summary.by_severity.items():
        for part in PARTS:
            weighed[part] += summary.weights.get(severity, 0) * getattr(tally, part)
    whole = sum(weighed.values())
    arcs = [Markup('<circle class="track" r="{}"/>').format(_RADIUS)]
    start = 0.0
    for part in ("passed", "not_available", "failed"):
        share = 100 * weighed[part] / whole if whole else 0
        if share:
            arcs.append(_arc(part, start, share, alone=share == _BAR))
        start += share
    # Turned so that the ring begins at the top.
    return Markup(
        '<svg class="ring" viewBox="-64 -64 128 128" aria-hidden="true" focusable="false">'
        '<g transform="rotate(-90)">{}</g></svg>'
    ).format(Markup().join(arcs))


def _arc(part: str, start: float, share: float, *, alone: bool) -> Markup:
    length = share if alone else max(share - _GAP, 0.4)
    return Markup(
        '<circle class="arc {}" r="{}" pathLength="100" stroke-dasharray="{:.2f} {:.2f}" stroke-dashoffset="{:.2f}"/>'
    ).format(part, _RADIUS, length, 100 - length, -start)


def bar(tally: Tally, most: int) -> Markup:
    """The counts of one row as a bar; the numbers stand beside it as text.

    Args:
        tally: what to draw.
        most: the count that fills the bar.
    """
    parts, at = [], 0.0
    for part in PARTS:
        number = getattr(tally, part)
        if not number:
            continue
        length = max(_BAR * number / max(most, 1), _LEAST)
        parts.append(Markup('<rect class="{}" x="{:.2f}" width="{:.2f}" height="6"/>').format(part, at, length))
        at += length
    return Markup(
        '<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">{}</svg>'
    ).format(Markup().join(parts))


def most(tallies: Mapping[str, Tally]) -> int:
    """The largest count of current findings in a row."""
    return max((sum(getattr(tally, part) for part in PARTS) for tally in tallies.values()), default=0)
