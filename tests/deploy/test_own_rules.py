"""The service's own stack is judged by the service's own rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor.cli import main

DEPLOY = Path(__file__).parents[2] / "deploy"
TEMPLATES = ("template.yaml", "member-role.yaml", "member-events.yaml", "athena.yaml", "gate-hook.yaml")
PARAMETERS = ("AuditorAccountId=111122223333", "OrganizationId=o-exampleorgid")
# What fails, and why it must.
ALLOWED = {
    # S3 delivers access logs only to buckets with its own key, and a log of the log would never end.
    ("bucket-kms-key", "AccessLogs"),
    ("bucket-access-logging", "AccessLogs"),
}


def test_the_stack_passes_the_rules_of_the_service(tmp_path: Path) -> None:
    report = tmp_path / "findings.json"
    given = [part for parameter in PARAMETERS for part in ("--parameters", parameter)]
    with pytest.raises(SystemExit):
        main(["gate", *(str(DEPLOY / name) for name in TEMPLATES), *given, "-f", f"json={report}"])
    findings = json.loads(report.read_text(encoding="utf-8"))["findings"]
    failed = {(one["rule"], one["location"]["logical_id"]) for one in findings if one["status"] == "FAILED"}
    assert failed == ALLOWED
    passed = {one["rule"] for one in findings if one["status"] == "PASSED"}
    assert {"bucket-encryption", "bucket-tls-only", "kms-key-rotation"} <= passed
