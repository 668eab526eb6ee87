"""Annotations of a GitHub workflow, worst first.

Escaping is that of the runner (actions/toolkit, packages/core/src/command.ts). A step shows ten errors and ten
warnings; the others stay in its log, which is why the worst come first and their number is bounded.
"""

from collections.abc import Mapping
from typing import TextIO

from auditor.model.coverage import Report
from auditor.model.finding import Finding
from auditor.model.verdict import Severity, Status

from . import decision_words
from .places import file_of, line_of, name_of
from .ranking import worst
from .text import visible

MAX_ANNOTATIONS = 200
_COMMANDS: Mapping[Severity, str] = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
    Severity.INFORMATIONAL: "notice",
}


def render(report: Report, stream: TextIO) -> None:
    """Write one workflow command for each failed finding, for what could not be judged, and for what was not read.

    Args:
        report: what to write; its findings are read twice.
        stream: takes the text, which the runner reads.
    """
    fixes = {rule.id: rule.fix for rule in report.rules}
    failed, number = worst(report.findings, MAX_ANNOTATIONS)
    for finding in failed:
        message = f"{name_of(finding)}: {finding.message}. Fix: {fixes[finding.rule]}"
        stream.write(_command(_COMMANDS[finding.severity], message, _about(finding)))
    if number > len(failed):
        stream.write(_command("warning", f"{number - len(failed):,} more failed findings are in the reports", {}))
    unknown, count = worst(report.findings, MAX_ANNOTATIONS, _is_unknown)
    for finding in unknown:
        stream.write(_command("warning", f"{name_of(finding)}: {finding.message}", _about(finding)))
    if count > len(unknown):
        stream.write(_command("warning", f"{count - len(unknown):,} more could not be judged", {}))
    doubtful = decision_words.waivers(report, notable=True)[:MAX_ANNOTATIONS]
    stream.writelines(_command("warning", f"Waiver {sentence}", {}) for sentence in doubtful)
    stream.writelines(_command("notice", sentence, {}) for sentence in decision_words.review(report.review))
    if not report.coverage.complete:
        for gap in [gap for gap in report.coverage.gaps if not gap.harmless][:MAX_ANNOTATIONS]:
            what = gap.scope.resource or gap.scope.type or gap.operation
            stream.write(_command("error", f"not read: {what}: {gap.detail or gap.reason.value}", {}))


def _is_unknown(finding: Finding) -> bool:
    return finding.status is Status.NOT_AVAILABLE and finding.counts


def _about(finding: Finding) -> dict[str, str]:
    title = f"{finding.severity.value} {finding.rule}"
    if finding.location is None:
        return {"title": title}
    return {"file": file_of(finding), "line": str(line_of(finding)), "title": title}


def _command(name: str, message: str, about: Mapping[str, str]) -> str:
    properties = ",".join(f"{key}={_property(value)}" for key, value in about.items())
    return f"::{name}{' ' if properties else ''}{properties}::{_data(visible(message))}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")
