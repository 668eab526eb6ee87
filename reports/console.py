"""A summary that fits one screen, worst first."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Protocol, TextIO, runtime_checkable

from auditor.model.coverage import Report, Tally
from auditor.model.finding import Finding
from auditor.model.review import WaiverState
from auditor.model.unknown import HARMLESS_REASONS
from auditor.model.verdict import Severity

from . import decision_words
from .coverage_words import Hole, holes, looked_at
from .ranking import is_open
from .text import clipped, padded, visible, width

_LEAST_WIDTH = 40
_LEAST_HEIGHT = 16
_HOLES = 3
_SENTENCES = 3
_RESET = "\x1b[0m"
_BOLD = "\x1b[1m"
_DIM = "\x1b[2m"
_COLOURS = {
    Severity.CRITICAL: "\x1b[1;35m",
    Severity.HIGH: "\x1b[31m",
    Severity.MEDIUM: "\x1b[33m",
    Severity.LOW: "\x1b[36m",
    Severity.INFORMATIONAL: "\x1b[2m",
}
_YELLOW = "\x1b[33m"
_GREEN = "\x1b[32m"
_GOOD = 90.0


@runtime_checkable
class _KnowsFailed(Protocol):
    """Findings that need not be read one by one to tell which rules failed."""

    def failed(self) -> Iterator[tuple[int, Finding]]:
        """For each rule: how many findings failed that count and are not waived, and the first of them."""


class _Worst:
    """The failed rules of a report, with an example each."""

    def __init__(self, report: Report) -> None:
        self.failed: Counter[str] = Counter()
        self.examples: dict[str, Finding] = {}
        if isinstance(report.findings, _KnowsFailed):
            for count, finding in report.findings.failed():
                self.failed[finding.rule] = count
                self.examples[finding.rule] = finding
            return
        for finding in report.findings:
            if is_open(finding):
                self.failed[finding.rule] += 1
                self.examples.setdefault(finding.rule, finding)

    def ranked(self) -> list[tuple[str, int, Finding]]:
        def key(rule: str) -> tuple[int, int, str]:
            return -self.examples[rule].severity.rank, -self.failed[rule], rule

        return [(rule, self.failed[rule], self.examples[rule]) for rule in sorted(self.failed, key=key)]


class _Screen:
    """Lines of a given width, with colour only where asked for and only characters that the stream has."""

    def __init__(self, stream: TextIO, columns: int, *, colour: bool) -> None:
        self._stream = stream
        self._columns = columns
        self._colour = colour
        self._encoding = getattr(stream, "encoding", None) or "utf-8"

    def line(self, text: str = "", paint: str = "") -> None:
        """One line, cut to the width."""
        text = clipped(text, self._columns)
        self._write(f"{paint}{text}{_RESET}" if paint and self._colour and text else text)

    def marked(self, mark: str, paint: str, rest: str) -> None:
        """One line that begins with a coloured mark."""
        rest = clipped(rest, self._columns - width(mark))
        self._write(f"{paint}{mark}{_RESET}{rest}" if self._colour else mark + rest)

    def _write(self, text: str) -> None:
        fitting = text.encode(self._encoding, "replace").decode(self._encoding)
        self._stream.write(fitting.rstrip() + "\n")


def render(report: Report, stream: TextIO, *, columns: int = 80, rows: int = 24, colour: bool = False) -> None:
    """Write a summary.

    Args:
        report: what to sum up; its findings are read once.
        stream: takes the text; characters that its encoding lacks become question marks.
        columns: width of the screen; at least 40 is used.
        rows: height of the screen; at least 16 is used.
        colour: whether to colour with ANSI escape sequences.
    """
    screen = _Screen(stream, max(columns, _LEAST_WIDTH), colour=colour)
    budget = max(rows, _LEAST_HEIGHT) - 1  # the prompt takes one line
    budget -= _coverage(screen, report)
    budget -= _counts(screen, report)
    budget -= _decisions(screen, report)
    _rules(screen, report, budget)


def _coverage(screen: _Screen, report: Report) -> int:
    complete = report.coverage.complete
    mark = "COMPLETE  " if complete else "INCOMPLETE  "
    screen.marked(mark, _GREEN if complete else _YELLOW, visible(looked_at(report.coverage, report.scan.kind)))
    found = holes(report.coverage.gaps)
    missing = [hole for hole in found if hole.reason not in HARMLESS_REASONS]
    shown = missing[:_HOLES]
    for hole in shown:
        remedy = f"; grant {hole.grant}" if hole.grant else ""
        place = hole.where[0] if hole.number == 1 else f"{hole.number:,} times"
        text = f"  not seen: {hole.operation or 'surroundings'}: {hole.words}{remedy} ({place})"
        screen.line(visible(text), _YELLOW)
    lines = len(shown) + 2
    if len(missing) > len(shown):
        screen.line(f"  … and {len(missing) - len(shown):,} more kinds of gap, in the reports", _YELLOW)
        lines += 1
    if harmless := _harmless(found):
        screen.line(f"  {harmless}; the reports say what", _DIM)
        lines += 1
    screen.line()
    return lines


def _harmless(found: Sequence[Hole]) -> str:
    """Gaps that leave no hole, by reason, in one line."""
    numbers: Counter[str] = Counter()
    for hole in found:
        if hole.reason in HARMLESS_REASONS:
            numbers[hole.words] += hole.number
    return ", ".join(f"{words}: {number:,}" for words, number in sorted(numbers.items(), reverse=True))


def _counts(screen: _Screen, report: Report) -> int:
    total = report.summary.by_status
    score = report.summary.score
    told = "no score: nothing was judged" if score is None else f"Score {score:.1f} of 100"
    paint = _BOLD if score is None or score < _GOOD else _BOLD + _GREEN
    screen.marked(
        told,
        paint,
        f"   {total.failed:,} failed ({total.waived:,} waived), {total.not_available:,} not available,"
        f" {total.passed:,} passed",
    )
    lines = 1
    if ended := _historical(total):
        screen.line(ended, _DIM)
        lines += 1
    for severity in reversed(Severity):
        tally = report.summary.by_severity.get(severity.value, Tally())
        if tally.failed or tally.not_available:
            rest = f" {tally.failed:>7,} failed {tally.not_available:>7,} not available"
            screen.marked(f"  {severity.value:<13}", _COLOURS[severity], rest)
            lines += 1
    screen.line()
    return lines + 1


def _decisions(screen: _Screen, report: Report) -> int:
    """What steered the run, the most doubtful first; the JSON report has all of it."""
    sentences = [*decision_words.review(report.review)]
    sentences += [f"waiver {sentence}" for sentence in decision_words.waivers(report, notable=True)]
    used = sum(use.state is WaiverState.USED for use in report.waivers)
    if used:
        sentences.append(f"{used:,} waivers in force" if used > 1 else "1 waiver in force")
    if not sentences:
        return 0
    for sentence in sentences[:_SENTENCES]:
        screen.line(f"  {visible(sentence)}", _YELLOW)
    more = len(sentences) - _SENTENCES
    if more > 0:
        screen.line(f"  … and {more:,} more on waivers and configuration, in the reports", _YELLOW)
    screen.line()
    return min(len(sentences), _SENTENCES) + (more > 0) + 1


def _historical(total: Tally) -> str:
    if not (total.historical_failed or total.historical_not_available):
        return ""
    return (
        f"On ended jobs, not in the score: {total.historical_failed:,} failed,"
        f" {total.historical_not_available:,} not available"
    )


def _rules(screen: _Screen, report: Report, budget: int) -> None:
    ranked = _Worst(report).ranked()
    titles = {rule.id: rule.title for rule in report.rules}
    if not ranked:
        screen.line(_nothing(report.summary.by_status))
        return
    screen.line("Worst first:", _BOLD)
    # Two lines to a rule; one is spent on the heading and one may be on the rest.
    room = max(1, (budget - 2) // 2)
    for rule, number, example in ranked[:room]:
        for mark, paint, text in _told(rule, number, example, titles.get(rule, "")):
            screen.marked(mark, paint, text)
    if len(ranked) > room:
        screen.line(f"  … and {len(ranked) - room:,} more failed rules, in the reports", _DIM)


def _nothing(total: Tally) -> str:
    """What is said where no rule is listed."""
    if not total.passed + total.failed + total.not_available:
        return "Nothing was judged, so nothing is known to fail."
    if total.failed:
        return "All that fails is waived or in the baseline."
    return "No current resource fails a rule."


def _told(rule: str, number: int, example: Finding, title: str) -> Iterator[tuple[str, str, str]]:
    yield padded(example.severity.value[:8], 9), _COLOURS[example.severity], f"{number:>6,}  {rule}: {title}"
    resource = example.resource
    place = f"{example.location.file}:{example.location.line}" if example.location else resource.region
    kind = resource.type.rpartition("::")[2]
    yield " " * 17, "", visible(f"e.g. {kind} {resource.name} in {place}: {example.message}")
