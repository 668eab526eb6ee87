"""Open Cybersecurity Schema Framework: class Compliance Finding (2003), one JSON record to a line.

After version 1.5.0 of the schema (github.com/ocsf/ocsf-schema), with the profile `cloud`. What it has no place for is
in `unmapped`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TextIO

from auditor.model.coverage import Report, RuleInfo
from auditor.model.finding import Finding
from auditor.model.verdict import Severity, Status

from .asff import partition_of
from .encoding import dump

VERSION = "1.5.0"
_CATEGORY, _CLASS, _CREATE = 2, 2003, 1
_SEVERITIES: Mapping[Severity, int] = {severity: number for number, severity in enumerate(Severity, 1)}
# No answer is what the schema calls a warning: "did not yield a result due to missing information".
_COMPLIANCE: Mapping[Status, tuple[int, str]] = {
    Status.PASSED: (1, "Pass"),
    Status.NOT_AVAILABLE: (2, "Warning"),
    Status.FAILED: (3, "Fail"),
}
_NEW, _SUPPRESSED = (1, "New"), (3, "Suppressed")
_AWS_ACCOUNT = 10


def render(report: Report, stream: TextIO) -> None:
    """Write each finding as a line.

    Args:
        report: what to write; its findings are read once.
        stream: takes ASCII.
    """
    rules = {rule.id: rule for rule in report.rules}
    stream.writelines(dump(event(finding, rules[finding.rule], report)) + "\n" for finding in report.findings)


def event(finding: Finding, rule: RuleInfo, report: Report) -> dict[str, Any]:
    """One finding as an event of class 2003.

    Args:
        finding: what to write.
        rule: its rule.
        report: tells the time of the run and who ran it.
    """
    when = _milliseconds(report.scan.finished_at)
    status, status_name = _SUPPRESSED if finding.waiver else _NEW
    out: dict[str, Any] = {
        "activity_id": _CREATE,
        "activity_name": "Create",
        "category_uid": _CATEGORY,
        "category_name": "Findings",
        "class_uid": _CLASS,
        "class_name": "Compliance Finding",
        "type_uid": _CLASS * 100 + _CREATE,
        "type_name": "Compliance Finding: Create",
        "time": when,
        "severity_id": _SEVERITIES[finding.severity],
        "severity": finding.severity.value.capitalize(),
        "status_id": status,
        "status": status_name,
        "message": finding.message,
        "metadata": {
            "version": VERSION,
            "product": {
                "name": report.tool.name,
                "vendor_name": report.tool.name,
                "version": report.tool.version,
            },
            "event_code": finding.rule,
            "correlation_uid": report.scan.id,
        },
        "finding_info": {
            "uid": finding.id,
            "title": rule.title,
            "desc": rule.why,
            "types": [rule.concern],
            "last_seen_time": when,
        },
        "compliance": _compliance(finding, rule),
        "remediation": {"desc": rule.fix},
        "resources": [_resource(finding)],
        "unmapped": _unmapped(finding),
    }
    if finding.resource.account:
        out["metadata"]["profiles"] = ["cloud"]
        out["cloud"] = {
            "provider": "AWS",
            "region": finding.resource.region,
            "account": {"uid": finding.resource.account, "type": "AWS Account", "type_id": _AWS_ACCOUNT},
        }
    return out


def _compliance(finding: Finding, rule: RuleInfo) -> dict[str, Any]:
    number, name = _COMPLIANCE[finding.status]
    standards = dict.fromkeys(control.partition(":")[0] for control in rule.controls)
    out: dict[str, Any] = {
        "control": rule.id,
        # Versions before 1.5 demand one; a rule that no framework asks for is the auditor's own.
        "standards": list(standards) or ["sagemaker-auditor"],
        "requirements": list(rule.controls),
        "status_id": number,
        "status": name,
        "status_detail": finding.message,
    }
    if finding.reason is not None:
        out["status_code"] = finding.reason.value
    return out


def _resource(finding: Finding) -> dict[str, Any]:
    resource = finding.resource
    out: dict[str, Any] = {
        "uid": resource.arn or resource.name or resource.type,
        "name": resource.name,
        "type": resource.type,
        "region": resource.region,
        "cloud_partition": partition_of(resource),
        "labels": [f"{key}={value}" for key, value in (resource.tags or {}).items()],
    }
    if resource.owner:
        out["owner"] = {"name": resource.owner}
    return out


def _unmapped(finding: Finding) -> dict[str, Any]:
    out: dict[str, Any] = {"lifecycle": finding.lifecycle.value, "evidence": finding.evidence}
    for name in ("waiver", "location"):
        if (value := getattr(finding, name)) is not None:
            out[name] = value
    for name in ("correlation", "group"):
        if value := getattr(finding, name):
            out[name] = value
    return out


def _milliseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)
