"""Flat rows for tables: one a finding, one a target or gap of the coverage. Athena reads them (deploy/athena).

A row is one JSON object on a line. Tags and evidence are JSON text in a column of their own: Athena's JSON reader
folds the keys of objects to lower case, which would merge tags that differ in case alone. The columns here are those
of the tables, without the partitions `dt` and `region`, which are part of a row's place.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from auditor.model.coverage import Coverage, RuleInfo, ScanInfo
from auditor.model.finding import Finding

from .encoding import dump

# Where a gap or finding is of no single region.
NO_REGION = "global"

FINDING_COLUMNS: Mapping[str, str] = {
    "run_id": "string",
    "observed_at": "string",
    "finding_id": "string",
    "rule": "string",
    "title": "string",
    "concern": "string",
    "severity": "string",
    "severity_rank": "int",
    "status": "string",
    "lifecycle": "string",
    "reason": "string",
    "message": "string",
    "account": "string",
    "resource_type": "string",
    "resource_name": "string",
    "resource_arn": "string",
    "owner": "string",
    "tags": "string",
    "made_by": "string",
    "correlation": "string",
    "controls": "array<string>",
    "evidence": "string",
    "waived": "boolean",
    "waiver_reason": "string",
    "waiver_owner": "string",
    "waiver_expires": "string",
    "waiver_ticket": "string",
}
COVERAGE_COLUMNS: Mapping[str, str] = {
    "run_id": "string",
    "observed_at": "string",
    "record": "string",
    "account": "string",
    "family": "string",
    "status": "string",
    "resources": "int",
    "resource": "string",
    "operation": "string",
    "reason": "string",
    "detail": "string",
}


def finding_row(finding: Finding, rule: RuleInfo, scan: ScanInfo) -> dict[str, Any]:
    """A finding as a row of `findings`.

    Args:
        finding: what to write.
        rule: its rule.
        scan: the run; `observed_at` is when it ended.
    """
    resource, waiver = finding.resource, finding.waiver
    return {
        "run_id": scan.id,
        "observed_at": scan.finished_at,
        "finding_id": finding.id,
        "rule": finding.rule,
        "title": rule.title,
        "concern": rule.concern,
        "severity": finding.severity.value,
        "severity_rank": finding.severity.rank,
        "status": finding.status.value,
        "lifecycle": finding.lifecycle.value,
        "reason": finding.reason.value if finding.reason else None,
        "message": finding.message,
        "account": resource.account,
        "resource_type": resource.type,
        "resource_name": resource.name,
        "resource_arn": resource.arn,
        "owner": resource.owner,
        "tags": dump(dict(resource.tags or {})),
        "made_by": finding.group,
        "correlation": finding.correlation,
        "controls": list(rule.controls),
        "evidence": dump(finding.evidence),
        "waived": waiver is not None,
        "waiver_reason": waiver.reason if waiver else None,
        "waiver_owner": waiver.owner if waiver else None,
        "waiver_expires": waiver.expires if waiver else None,
        "waiver_ticket": waiver.ticket if waiver else None,
    }


def coverage_rows(coverage: Coverage, scan: ScanInfo) -> Iterator[tuple[str, dict[str, Any]]]:
    """The targets and gaps of a run as rows of `coverage`, each with its region.

    `record` is `target` (with `status` and `resources`) or `gap` (with `operation`, `detail` and what it hides).

    Args:
        coverage: of a report.
        scan: the run.
    """
    blank: dict[str, Any] = dict.fromkeys(COVERAGE_COLUMNS)
    blank |= {"run_id": scan.id, "observed_at": scan.finished_at}
    for target in coverage.targets:
        own = {"record": "target", "account": target.account, "family": target.family}
        seen = {"status": target.status.value, "resources": target.resources, "reason": target.reason}
        yield target.region or NO_REGION, {**blank, **own, **seen}
    for gap in coverage.gaps:
        scope = gap.scope
        own = {"record": "gap", "account": scope.account, "family": scope.type, "resource": scope.resource}
        why = {"operation": gap.operation, "reason": gap.reason.value, "detail": gap.detail}
        yield scope.region or NO_REGION, {**blank, **own, **why}
