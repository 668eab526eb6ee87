"""One comment on a pull request: found again by its marker and replaced, worst first, never too long."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TextIO

from auditor.model.coverage import Report
from auditor.model.finding import Finding
from auditor.model.verdict import Severity, Status

from . import decision_words
from .markdown_words import clause, code, prose
from .places import name_of, place_of
from .ranking import worst

# A bot looks for this line to replace its comment instead of adding another one.
MARKER = "<!-- sagemaker-auditor -->"
# Characters of a comment's body that GitHub takes; counted here in bytes of UTF-8, of which there are not fewer.
LIMIT = 65_536
_FINDINGS = 200
_LISTED = 50
_RESERVE = 200
_LONGEST = 400


def render(report: Report, stream: TextIO, *, limit: int = LIMIT) -> None:
    """Write the comment.

    Args:
        report: what to write; its findings are read twice.
        stream: takes the text.
        limit: how many bytes of UTF-8 at most.
    """
    room = limit - _RESERVE
    cut = False
    folded = 0
    for block in _blocks(report):
        size = len(block.encode("utf-8", "replace"))
        if size > room:
            cut = True
            break
        room -= size
        folded += block.count("<details>") - block.count("</details>")
        stream.write(block)
    if cut:
        stream.write("\n</details>\n" * folded)
        stream.write("\n\n_There is more: this comment is as long as may be. The other reports hold everything._\n")


def _blocks(report: Report) -> Iterator[str]:
    tally = report.summary.by_status
    yield f"{MARKER}\n## SageMaker audit: {_headline(report)}\n"
    counts = [
        (tally.failed - tally.waived, "failed"),
        (tally.waived, "waived"),
        (tally.not_available, "could not be judged"),
        (tally.passed, "passed"),
    ]
    yield "\n" + " · ".join(f"**{number:,}** {word}" for number, word in counts) + "\n"
    yield from _review(report)
    yield from _failed(report)
    yield from _unknown(report)
    yield from _gaps(report)
    yield from _waivers(report)


def _headline(report: Report) -> str:
    tally = report.summary.by_status
    if not report.coverage.complete:
        return "incomplete, not everything could be read"
    if tally.failed > tally.waived:
        return "something failed"
    return "nothing failed" if tally.passed + tally.failed + tally.not_available else "nothing was judged"


def _review(report: Report) -> Iterator[str]:
    review = report.review
    if review.config_from:
        yield f"\nConfiguration and waivers are those of {code(review.config_from)}.\n"
    for sentence in review.altered:
        yield f"\n> **This change alters what judges it:** {prose(sentence)}\n"
    if review.parameters:
        yield f"\nParameters of rules that are not the default: {'; '.join(map(prose, review.parameters))}.\n"
    if review.baseline:
        yield (
            f"\nAgainst the baseline {code(review.baseline)}: **{review.new:,}** new, "
            f"{review.known:,} known, {review.fixed:,} fixed.\n"
        )
    if review.changed_since:
        left = f"{review.left_out:,} other files are left out"
        yield f"\nOnly files that changed since {code(review.changed_since)} count; {left}.\n"


def _failed(report: Report) -> Iterator[str]:
    failed, number = worst(report.findings, _FINDINGS)
    if not failed:
        return
    yield "\n| severity | rule | where | what |\n|---|---|---|---|\n"
    yield from map(_row, failed)
    if number > len(failed):
        yield f"\n{number - len(failed):,} more failed findings are in the other reports.\n"
    rules = {rule.id: rule for rule in report.rules}
    yield "\n<details><summary>How to fix it</summary>\n"
    for rule in dict.fromkeys(finding.rule for finding in failed):
        yield f"\n**{rule}.** {clause(rules[rule].title)} {clause(rules[rule].fix)}\n"
    yield "\n</details>\n"


def _row(finding: Finding) -> str:
    where = f"{code(_short(place_of(finding)), cell=True)} {code(_short(name_of(finding)), cell=True)}"
    return f"| {finding.severity.value} | {finding.rule} | {where} | {prose(_short(finding.message), cell=True)} |\n"


def _unknown(report: Report) -> Iterator[str]:
    rules: Counter[tuple[str, Severity]] = Counter(
        (finding.rule, finding.severity)
        for finding in report.findings
        if finding.status is Status.NOT_AVAILABLE and finding.counts
    )
    if rules:
        yield "\n<details><summary>What could not be judged</summary>\n\n| severity | rule | times |\n|---|---|---|\n"
        for (rule, severity), number in sorted(rules.items(), key=lambda one: (-one[0][1].rank, one[0][0])):
            yield f"| {severity.value} | {rule} | {number:,} |\n"
        yield "\n</details>\n"


def _gaps(report: Report) -> Iterator[str]:
    gaps = [gap for gap in report.coverage.gaps if not gap.harmless]
    lines = (": ".join(part for part in (gap.scope.resource or gap.scope.type, gap.detail) if part) for gap in gaps)
    yield from _listed("What was not read or not understood", lines, len(gaps))


def _waivers(report: Report) -> Iterator[str]:
    lines = decision_words.waivers(report)
    yield from _listed("Waivers", lines, len(lines))


def _listed(title: str, lines: Iterable[str], number: int) -> Iterator[str]:
    if not number:
        return
    yield f"\n<details><summary>{title} ({number:,})</summary>\n\n"
    for _, line in zip(range(_LISTED), lines, strict=False):
        yield f"- {prose(_short(line))}\n"
    if number > _LISTED:
        yield f"- and {number - _LISTED:,} more\n"
    yield "\n</details>\n"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
