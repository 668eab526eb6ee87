import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
from hypothesis import given
from hypothesis import strategies as st
from samples import HOSTILE, finding, report

from auditor.model.coverage import Report
from auditor.model.finding import Finding, Place, WaiverRef
from auditor.model.verdict import Severity, Status
from reports import RENDERERS, sarif

SCHEMA = json.loads(Path(__file__).with_name("sarif.schema.json").read_text(encoding="utf-8"))
NAMES = st.text(st.characters(codec=None)) | st.sampled_from(HOSTILE)


def written(what: Report) -> dict[str, Any]:
    stream = io.StringIO()
    RENDERERS["sarif"].render(what, stream)
    text = stream.getvalue()
    assert text.isascii()
    document: dict[str, Any] = json.loads(text)
    jsonschema.validate(document, SCHEMA)
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


def in_file(number: int, file: str = "infra/t.yaml", line: int = 7, **more: Any) -> Finding:
    return replace(finding(number), location=Place(file, line, "Job"), **more)


def test_a_failed_finding_is_a_result_at_its_line() -> None:
    run = written(report([in_file(1)]))
    (result,) = run["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "infra/t.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 7},
    }
    assert result["level"] == "error"
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    assert rule["id"] == result["ruleId"]
    assert rule["properties"]["security-severity"] == "8.0"
    assert "**Fix.** Fix" in rule["help"]["markdown"]


def test_moving_lines_changes_no_fingerprint() -> None:
    before, after = (written(report([in_file(1, line=line)]))["results"][0] for line in (7, 90))
    assert before["partialFingerprints"] == after["partialFingerprints"]
    assert before["locations"] != after["locations"]


def test_what_passed_is_no_alert_and_what_could_not_be_judged_is_said() -> None:
    run = written(report([in_file(1, status=Status.PASSED), in_file(2, status=Status.NOT_AVAILABLE)]))
    assert run["results"] == []
    (invocation,) = run["invocations"]
    notes = invocation["toolExecutionNotifications"]
    assert [note["associatedRule"]["id"] for note in notes if "associatedRule" in note] == [finding(2).rule]
    assert invocation["executionSuccessful"] is False
    assert any("sagemaker:ListModels" in note["message"]["text"] for note in notes)


def test_a_waived_finding_is_suppressed() -> None:
    waiver = WaiverRef("legacy", "ml", "ciso", "2026-02-01", "SEC-1")
    waived, plain = written(report([in_file(1, waiver=waiver), in_file(2)]))["results"]
    (suppression,) = waived["suppressions"]
    assert suppression["status"] == "accepted"
    assert suppression["justification"] == "legacy; approved by ciso; expires 2026-02-01; SEC-1"
    assert plain["suppressions"] == []


def test_beyond_the_limit_the_least_severe_are_left_out_and_it_is_said() -> None:
    many = [in_file(number, severity=Severity.LOW) for number in range(5)]
    worst = [in_file(9, severity=Severity.CRITICAL)]
    stream = io.StringIO()
    sarif.render(report([*many, *worst]), stream, limit=3)
    (run,) = json.loads(stream.getvalue())["runs"]
    assert [result["properties"]["severity"] for result in run["results"]] == ["LOW", "LOW", "CRITICAL"]
    first = run["invocations"][0]["toolExecutionNotifications"][0]
    assert first["message"]["text"].startswith("3 results of the least severity are left out")


@given(NAMES, NAMES)
def test_any_name_and_any_file_keep_to_the_schema(name: str, file: str) -> None:
    live = finding(1, name)
    run = written(report([live, in_file(2, file=f"a/{file}".replace("/..", "/x"), message=name)]))
    assert len(run["results"]) == 2
    assert all(char.isprintable() for result in run["results"] for char in result["message"]["text"])


def test_files_outside_the_repository_are_not_relative_to_it() -> None:
    results = written(report([in_file(1, file="/srv/x.json"), in_file(2, file="../x.json")]))["results"]
    found = [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in results]
    assert found == [{"uri": "file:///srv/x.json"}, {"uri": "../x.json"}]
