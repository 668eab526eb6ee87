"""What `scan` takes, writes and ends with."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

if TYPE_CHECKING:
    from auditor.demo.server import EmbeddedAws

ROOT = Path(__file__).resolve().parents[2]
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
QUICK = ("scan", "--no-state", "--quota-share", "1", "--select", "notebook-instance-volume-key")
# One rule that the small account keeps, one that it breaks.
KEPT = "notebook-instance-root-access"
BROKEN = "root-user-mfa"


def quick(*rules: str) -> tuple[str, ...]:
    return ("scan", "--no-state", "--quota-share", "1", *(word for rule in rules for word in ("--select", rule)))


def test_nothing_failed_is_0(auditor: Any) -> None:
    ran = auditor.run(*quick(KEPT), "-f", "json")
    assert ran.code == 0, ran.stderr
    assert set(ran.statuses.values()) == {"PASSED"}


def test_a_failure_is_1_from_the_severity_of_fail_on(auditor: Any) -> None:
    assert auditor.call(*quick(BROKEN)).code == 1
    assert auditor.call(*quick(BROKEN), "--fail-on", "critical").code == 1
    medium = "user-console-mfa"
    severities = {
        rule["id"]: rule["severity"] for rule in json.loads(auditor.call("rules", "list", "--format", "json").stdout)
    }
    assert severities[medium] != "CRITICAL"
    assert auditor.call(*quick(medium)).code == 1
    assert auditor.call(*quick(medium), "--fail-on", "CRITICAL").code == 0


def test_a_hole_is_3_also_where_something_failed(auditor: Any, aws: EmbeddedAws) -> None:
    aws.faults.deny("sagemaker", "ListNotebookInstances")
    ran = auditor.run(*quick(KEPT, BROKEN), "-f", "json")
    assert ran.code == 3
    assert "FAILED" in ran.statuses.values()
    assert "sagemaker:ListNotebookInstances" in ran.stderr


def test_no_credentials_are_2(auditor: Any) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del auditor.environment[name]
    ran = auditor.run(*QUICK)
    assert (ran.code, ran.stdout) == (2, "")
    assert "no usable AWS credentials" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("scna",), "'scan'"),
        (("scan", "--regoin", "eu-west-1"), "--region"),
        (("scan", "--select", "root-user-mfaa"), "'root-user-mfa'"),
        (("scan", "--ignore", "encription_at_rest"), "'encryption_at_rest'"),
        (("scan", "-f", "jsno"), "'json'"),
        (("scan", "--fail-on", "hihg"), "'high'"),
        (("scan", "--log-format", "xml"), "'json'"),
        (("scan", "--region", "eu-west-11"), "'eu-west-1'"),
        (("scan", "--region", "eu-west-1", "--jobs-since", "30x"), "--jobs-since: '30x' is not a span such as 30d"),
        (("scan", "--jobs-since", "30x"), "did you mean '30d'?"),
        (("scan", "--quota-share", "2"), "--quota-share: "),
        (("scan", "--state", "x", "--no-state"), "--no-state exclude each other"),
        (("scan", "--accounts", "x", "--organization"), "exclude each other"),
        (("scan", "--output", "report.pdf"), "-f json"),
        (("scan", "-f", "json=x", "-f", "html=x"), "two reports would go to x"),
        (("scan", "-f", "json", "-f", "html"), "standard output"),
        (("scan", "--rules", "missing.py"), "--rules missing.py: there is no such file"),
        (("scan", "--rules", str(ROOT / "README.md")), "README.md: it is not a Python file (name a Python file"),
        (("scan", "--rules", "no_such_module"), "--rules no_such_module: the module cannot be imported"),
        (("rules", "list", "--rules", str(ROOT / "rules/mfaa.py")), "rules/mfa.py'?"),
        (("scan", "--config", "missing.toml"), "missing.toml"),
        (("scan", "--snapshot", "missing.gz"), "missing.gz"),
        (("rules", "show", "root-user-mfaa"), "'root-user-mfa'"),
        (("rules", "shwo"), "show"),
        (("permissions", "--for", "scann"), "'scan'"),
        (("completion", "bsh"), "'bash'"),
        (("report", "missing.json"), "missing.json"),
    ],
)
def test_what_does_not_fit_is_2_and_names_the_nearest(words: tuple[str, ...], hint: str, auditor: Any) -> None:
    ran = auditor.run(*words)
    assert ran.code == 2, ran.stderr
    assert ran.stdout == ""
    assert hint in ran.stderr
    assert "Traceback" not in ran.stderr


def test_rules_are_chosen_by_id_tag_severity_concern_and_framework(auditor: Any) -> None:
    def chosen(*words: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(auditor.call("rules", "list", "--format", "json", *words).stdout)
        assert found
        return found

    every = chosen()
    assert [rule["id"] for rule in chosen("--select", KEPT)] == [KEPT]
    assert {rule["severity"] for rule in chosen("--select", "critical")} == {"CRITICAL"}
    assert {rule["concern"] for rule in chosen("--select", "mfa")} == {"mfa"}
    tag = next(tag for rule in every for tag in rule["tags"])
    assert all(tag in rule["tags"] for rule in chosen("--select", tag))
    framework = next(control.partition(":")[0] for rule in every for control in rule["controls"])
    by_framework = chosen("--select", framework)
    assert all(any(one.startswith(framework) for one in rule["controls"]) for rule in by_framework)
    assert len(by_framework) < len(every)
    without = {rule["id"] for rule in chosen("--ignore", "mfa")}
    assert without == {rule["id"] for rule in every if rule["concern"] != "mfa"}
    both = {rule["id"] for rule in chosen("--select", "mfa", "--select", KEPT, "--ignore", BROKEN)}
    assert both == {rule["id"] for rule in every if rule["concern"] == "mfa"} - {BROKEN} | {KEPT}


def test_a_scan_judges_by_the_chosen_rules_alone(auditor: Any) -> None:
    ran = auditor.call("scan", "--no-state", "--select", "mfa", "--ignore", BROKEN, "-f", "json")
    rules = {rule["id"] for rule in ran.report["rules"]}
    assert {rule["concern"] for rule in ran.report["rules"]} == {"mfa"}
    assert BROKEN not in rules
    assert {finding["rule"] for finding in ran.report["findings"]} <= rules


def test_standard_output_holds_the_report_and_nothing_else(auditor: Any) -> None:
    ran = auditor.run(*QUICK, "-vv", "--log-format", "json", "-f", "json", "-o", "-")
    schema = json.loads((ROOT / "docs/schema/report.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(ran.report, schema)
    lines = auditor.run(*QUICK, "-f", "jsonl").stdout.splitlines()
    assert [json.loads(line)["record"] for line in lines][-1] == "summary"
    assert auditor.run(*QUICK, "-f", "html").stdout.lstrip().lower().startswith("<!doctype html>")


def test_the_summary_is_standard_output_where_no_report_is(auditor: Any) -> None:
    ran = auditor.run(*QUICK)
    assert "COMPLETE" in ran.stdout
    assert "Score" in ran.stdout
    assert len(ran.stdout.splitlines()) <= 40


def test_several_reports_each_to_its_place(auditor: Any, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "er"
    ran = auditor.run(
        *QUICK, "-f", f"json={out}/f.json", "-f", f"html={out}/r.html", "-f", "jsonl", "-o", tmp_path / "f.jsonl"
    )
    assert ran.code == 0, ran.stderr
    document = json.loads((out / "f.json").read_text(encoding="utf-8"))
    first = json.loads((tmp_path / "f.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert document["scan"]["id"] == first["scan"]["id"]
    assert document["scan"]["id"] in (out / "r.html").read_text(encoding="utf-8")
    assert "COMPLETE" in ran.stdout
    assert not [path for path in tmp_path.rglob(".*") if path.is_file()]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("-o", "new/"), {"new/report.html", "new/findings.json"}),
        (("-o", "new"), {"new/report.html", "new/findings.json"}),
        (("-o", "report.html"), {"report.html"}),
        (("-o", "findings.jsonl"), {"findings.jsonl"}),
        (("-f", "json", "-o", "x.data"), {"x.data"}),
        (("-f", "json", "-f", "jsonl", "-o", "new"), {"new/findings.json", "new/findings.jsonl"}),
        (("-f", "json", "-f", "html=r.html"), {"r.html"}),
    ],
)
def test_output_is_a_file_or_a_folder(words: tuple[str, ...], names: set[str], auditor: Any) -> None:
    ran = auditor.run(*QUICK, *words)
    assert ran.code == 0, ran.stderr
    found = {str(path.relative_to(auditor.folder)) for path in auditor.folder.rglob("*") if path.is_file()}
    assert found == names


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("-f", "json=file/findings.json"), "Not a directory"),
        (("-o", "file/deep/"), "Not a directory"),
        (("-f", "json=folder"), "it is a folder"),
        (("-o", "/proc/findings.json"), "/proc/findings.json cannot be written"),
    ],
)
def test_a_report_that_cannot_be_written_is_refused_before_the_scan(
    words: tuple[str, ...], why: str, auditor: Any, aws: EmbeddedAws
) -> None:
    (auditor.folder / "file").write_text("", encoding="utf-8")
    (auditor.folder / "folder").mkdir()
    ran = auditor.run(*QUICK, *words)
    assert ran.code == 2
    assert "cannot be written" in ran.stderr
    assert why in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not aws.calls.count("sagemaker", "ListNotebookInstances")
    assert {path.name for path in auditor.folder.rglob("*")} == {"file", "folder"}


def test_a_pipe_is_written_to_and_stays_one(auditor: Any) -> None:
    pipe = auditor.folder / "pipe"
    os.mkfifo(pipe)
    scan = auditor.start(*QUICK, "-f", f"json={pipe}")
    assert json.loads(pipe.read_text(encoding="utf-8"))["coverage"]["complete"]
    assert scan.wait(60) == 0
    assert pipe.is_fifo()


def test_logs_go_to_stderr_as_text_or_json_without_secrets(auditor: Any) -> None:
    text = auditor.run(*QUICK, "-vv", "-f", "json")
    assert "debug: sagemaker:ListNotebookInstances in eu-west-1" in text.stderr
    ran = auditor.run(*QUICK, "-vv", "--log-format", "json", "-f", "json")
    entries = [json.loads(line) for line in ran.stderr.splitlines() if line.startswith("{")]
    assert {"time", "level", "logger", "message"} == set(entries[0])
    assert "sagemaker:ListNotebookInstances in eu-west-1" in {entry["message"] for entry in entries}
    for run in (text, ran):
        assert SECRET not in run.stderr + run.stdout
        assert not re.search(r"AKIA[A-Z0-9]{16}", run.stderr + run.stdout)


def test_a_log_line_that_holds_credentials_is_redacted(auditor: Any, aws: EmbeddedAws) -> None:
    """The message of an error may quote what was sent."""
    external = "quite-a-secret-external-id"
    role = "arn:aws:iam::111111111111:role/auditor"
    aws.faults.deny("sts", "AssumeRole")
    ran = auditor.run("scan", "--no-state", "--role-arn", role, "--external-id", external, "-vv")
    assert ran.code == 2
    assert external not in ran.stderr
    assert SECRET not in ran.stderr
    assert "Traceback" not in ran.stderr
