"""Failed findings of a gate with the lines that they are about: place, lines, reason, fix."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TextIO

from auditor.model.coverage import Report, RuleInfo
from auditor.model.finding import Finding
from auditor.model.verdict import Severity

from .places import name_of, place_of
from .ranking import worst
from .text import clipped, visible

FRAMES = 10
_COLUMNS = 100
_RESET = "\x1b[0m"
_BOLD = "\x1b[1m"
_COLOURS = {Severity.CRITICAL: "\x1b[1;35m", Severity.HIGH: "\x1b[31m", Severity.MEDIUM: "\x1b[33m"}


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file as it is shown.

    Args:
        lines: its lines, without line ends.
        masked: 1-based numbers of those whose values nobody may see.
        context: how many lines are shown before and after the one that is meant.
    """

    lines: tuple[str, ...]
    masked: frozenset[int]
    context: int = 2

    def shown(self, number: int) -> str:
        """A line, made visible; of one that is masked no more than a key and the length."""
        line = self.lines[number - 1]
        if number not in self.masked:
            return visible(line.expandtabs(4))
        blank = line[: len(line) - len(line.lstrip())].expandtabs(4)
        return f"{blank}<redacted, {len(line.strip())} chars>" if line.strip() else ""


def render(
    report: Report,
    stream: TextIO,
    source: Callable[[str], SourceText | None],
    *,
    patch: Callable[[Finding], str] | None = None,
    limit: int = FRAMES,
    colour: bool = False,
) -> None:
    """Write a frame for each of the worst failed findings.

    Args:
        report: of a gate; its findings are read once.
        stream: takes the text; characters that its encoding lacks become question marks.
        source: gives the lines of a file, or None where they are not shown.
        patch: gives the lines that would make it pass, in the language of its file; empty where that is not known.
        limit: how many frames at most.
        colour: whether to colour with ANSI escape sequences.
    """
    found, number = worst(report.findings, limit)
    rules = {rule.id: rule for rule in report.rules}
    sources: dict[str, SourceText | None] = {}
    encoding = getattr(stream, "encoding", None) or "utf-8"
    for finding in found:
        if finding.location is not None and finding.location.file not in sources:
            sources[finding.location.file] = source(finding.location.file)
        text = sources.get(finding.location.file) if finding.location is not None else None
        frame = [*_frame(finding, rules[finding.rule], text, colour=colour)]
        if patch is not None and (change := patch(finding)):
            frame += ["  for example:", *(f"    {visible(line)}" for line in change.splitlines())]
        stream.writelines(line.encode(encoding, "replace").decode(encoding) + "\n" for line in (*frame, ""))
    if number > len(found):
        stream.write(f"and {number - len(found):,} more failed findings, in the reports\n\n")


def _frame(finding: Finding, rule: RuleInfo, text: SourceText | None, *, colour: bool) -> Iterator[str]:
    mark = finding.severity.value
    if colour:
        mark = f"{_COLOURS.get(finding.severity, _BOLD)}{mark}{_RESET}"
    yield f"{mark} {finding.rule}  {place_of(finding)} ({visible(name_of(finding))})"
    if text is not None and finding.location is not None:
        yield from _lines(finding.location.line, text)
    yield f"  why: {visible(finding.message)}: {visible(rule.why)}"
    yield f"  fix: {visible(rule.fix)}"


def _lines(meant: int, text: SourceText) -> Iterator[str]:
    if not 1 <= meant <= len(text.lines):
        return
    first, last = max(1, meant - text.context), min(len(text.lines), meant + text.context)
    wide = len(str(last))
    for number in range(first, last + 1):
        pointer = ">" if number == meant else " "
        yield clipped(f"  {pointer} {number:>{wide}} | {text.shown(number)}", _COLUMNS).rstrip()
