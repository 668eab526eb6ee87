"""SARIF 2.1.0 (OASIS standard), within the limits of GitHub code scanning.

A failed finding is a result; a waived one is a suppressed result. What passed is left out, for every result becomes
an alert; what could not be judged and what could not be read are notifications of the run, so that nobody takes
their absence for a pass. Limits: GitHub's "SARIF support for code scanning", "Validating your SARIF file".
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, TextIO

from auditor.model.coverage import Report, RuleInfo
from auditor.model.finding import Finding
from auditor.model.gap import Gap
from auditor.model.verdict import Severity, Status

from . import decision_words
from .encoding import dump
from .markdown_words import clause
from .places import file_of, line_of, name_of, uri_of
from .text import visible

SCHEMA_URI = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
VERSION = "2.1.0"
MAX_RESULTS = 25_000
MAX_NOTIFICATIONS = 1_000
_TAGS = 20
_TEXT = 1_000
_BASE = "%SRCROOT%"
_LEVELS: Mapping[Severity, str] = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFORMATIONAL: "note",
}
# Code scanning names what lies above 9.0 critical, from 7.0 high, from 4.0 medium, above 0 low.
_SCORES: Mapping[Severity, str] = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
}


def render(report: Report, stream: TextIO, *, limit: int = MAX_RESULTS) -> None:
    """Write one run, each result on a line of its own.

    Args:
        report: what to write; its findings are read several times.
        stream: takes ASCII.
        limit: how many results at most; beyond it the least severe are left out, and a notification says so.
    """
    severities = Counter(finding.severity for finding in report.findings if finding.status is Status.FAILED)
    room = _room(severities, limit)
    left_out = severities.total() - sum(room.values())
    index = {rule.id: place for place, rule in enumerate(report.rules)}
    head = {
        "tool": {"driver": _driver(report)},
        "automationDetails": {"id": f"sagemaker-auditor/{report.scan.kind}/"},
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": {_BASE: {"description": {"text": "The root of the repository."}}},
        "invocations": [_invocation(report, left_out)],
    }
    stream.write(f'{{"$schema": "{SCHEMA_URI}",\n"version": "{VERSION}",\n"runs": [{{\n')
    stream.writelines(f'"{key}": {dump(value)},\n' for key, value in head.items())
    stream.write('"results": [')
    separator = "\n"
    for finding in report.findings:
        if finding.status is Status.FAILED and room[finding.severity] > 0:
            room[finding.severity] -= 1
            stream.write(separator + dump(_result(finding, index[finding.rule])))
            separator = ",\n"
    stream.write("\n]}]}\n")


def _room(severities: Mapping[Severity, int], limit: int) -> Counter[Severity]:
    """How many results of each severity are written: all of the worst before any of the next."""
    room: Counter[Severity] = Counter()
    for severity in sorted(severities, key=lambda one: -one.rank):
        room[severity] = min(severities[severity], limit - room.total())
    return room


def _driver(report: Report) -> dict[str, Any]:
    return {
        "name": report.tool.name,
        "version": report.tool.version,
        "semanticVersion": report.tool.version,
        "rules": [_rule(rule) for rule in report.rules],
    }


def _rule(rule: RuleInfo) -> dict[str, Any]:
    severity = Severity(rule.severity)
    tags = list(dict.fromkeys(("security", rule.concern, *rule.tags, *rule.controls)))[:_TAGS]
    properties: dict[str, Any] = {"tags": [visible(tag) for tag in tags if tag], "precision": "high"}
    if severity in _SCORES:
        properties["security-severity"] = _SCORES[severity]
    words = [("Why", rule.why), ("Fix", rule.fix), ("Limits", rule.limits)]
    words += [(f"Parameter {one.name}", one.words) for one in rule.parameters]
    said = [(name, text) for name, text in words if text]
    return {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.id.split("-")),
        "shortDescription": {"text": visible(rule.title)},
        "fullDescription": {"text": _cut(visible(f"{rule.title} {rule.why}"))},
        "defaultConfiguration": {"level": _LEVELS[severity]},
        "help": {
            "text": "\n".join(f"{name}: {visible(text)}" for name, text in said),
            "markdown": "\n\n".join(
                [f"# {rule.id}", clause(rule.title), *(f"**{name}.** {clause(text)}" for name, text in said)]
            ),
        },
        "properties": properties,
    }


def _result(finding: Finding, rule_index: int) -> dict[str, Any]:
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "kind": "fail",
        "level": _LEVELS[finding.severity],
        "message": {"text": _cut(f"{visible(name_of(finding))}: {visible(finding.message)}")},
        "locations": [_location(finding)],
        # The id says nothing of lines, so neither changes when they move; the first is the one GitHub reads.
        "partialFingerprints": {"primaryLocationLineHash": f"{finding.id}:1", "findingId/v1": finding.id},
        "baselineState": "unchanged" if finding.known else "new",
        "suppressions": _suppressions(finding),
        "properties": {"severity": finding.severity.value, "lifecycle": finding.lifecycle.value},
    }


def _location(finding: Finding) -> dict[str, Any]:
    name = visible(name_of(finding))
    return {
        "physicalLocation": {
            "artifactLocation": _artifact(file_of(finding)),
            "region": {"startLine": line_of(finding)},
        },
        "logicalLocations": [
            {
                "name": name,
                "fullyQualifiedName": visible(finding.resource.arn) or f"{finding.resource.type}/{name}",
                "kind": "resource",
            }
        ],
    }


def _artifact(file: str) -> dict[str, Any]:
    if file.startswith("/"):
        return {"uri": f"file://{uri_of(file)}"}
    if file.startswith("../"):
        return {"uri": uri_of(file)}
    return {"uri": uri_of(file), "uriBaseId": _BASE}


def _suppressions(finding: Finding) -> list[dict[str, Any]]:
    waiver = finding.waiver
    if waiver is None:
        return []
    parts = [waiver.reason, f"approved by {waiver.approver}", f"expires {waiver.expires}", waiver.ticket]
    words = "; ".join(visible(part) for part in parts if part)
    return [{"kind": "external", "status": "accepted", "justification": words}]


def _invocation(report: Report, left_out: int) -> dict[str, Any]:
    notes = list(islice(_notifications(report), MAX_NOTIFICATIONS + 1))
    if len(notes) > MAX_NOTIFICATIONS:
        text = f"More than {MAX_NOTIFICATIONS:,} notifications: the JSON report holds them all."
        notes[-1] = _note("warning", text)
    if left_out:
        text = f"{left_out:,} results of the least severity are left out: code scanning takes {MAX_RESULTS:,} a run."
        notes.insert(0, _note("warning", text))
    return {
        "executionSuccessful": report.coverage.complete,
        "startTimeUtc": _utc(report.scan.started_at),
        "endTimeUtc": _utc(report.scan.finished_at),
        "toolExecutionNotifications": notes,
    }


def _notifications(report: Report) -> Iterator[dict[str, Any]]:
    for sentence in (*decision_words.review(report.review), *decision_words.waivers(report, notable=True)):
        yield _note("warning", visible(sentence))
    for gap in report.coverage.gaps:
        yield _of_gap(gap)
    for finding in report.findings:
        if finding.status is Status.NOT_AVAILABLE:
            text = f"{visible(name_of(finding))}: {visible(finding.message)}"
            yield _note("warning", text) | {
                "associatedRule": {"id": finding.rule},
                "locations": [_location(finding)],
            }


def _of_gap(gap: Gap) -> dict[str, Any]:
    scope = gap.scope
    where = " ".join(part for part in (scope.account, scope.region, scope.type, scope.resource) if part)
    text = ": ".join(part for part in (where, gap.operation, gap.detail or gap.reason.value) if part)
    return _note("note" if gap.harmless else "warning", visible(text))


def _note(level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": _cut(text)}}


def _utc(time: str) -> str:
    return time.removesuffix("+00:00") + "Z" if time.endswith("+00:00") else time


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT else text[: _TEXT - 1] + "…"
