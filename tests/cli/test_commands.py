"""The commands that need no account, and those that read what a scan wrote."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from auditor.sources.live.permissions import actions

if TYPE_CHECKING:
    from pathlib import Path

GOOD = '''\
from auditor.model.rule import rule
from auditor.model.sagemaker import NotebookInstance
from auditor.model.verdict import Severity, Verdict, failed, passed


@rule("own-notebook-size", severity=Severity.LOW)
def own_notebook_size(notebook: NotebookInstance) -> Verdict:
    """Notebook instances are small.

    Why: large ones cost.
    Fix: choose a smaller type.
    """
    kind = notebook.instance_type or ""
    if "xlarge" in kind:
        return failed("it is large", at="InstanceType")
    return passed("it is small", at="InstanceType")
'''
# Looks at nothing, so that it passes what was not read.
BLIND = GOOD.replace("notebook.instance_type", '"ml.t3.medium"')


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.py"
    path.write_text(GOOD, encoding="utf-8")
    return path


def test_rules_are_listed_as_text_and_json(auditor: Any) -> None:
    listed = json.loads(auditor.call("rules", "list", "--format", "json").stdout)
    text = auditor.call("rules", "list").stdout
    assert text.rstrip().endswith(f"{len(listed)} rules")
    assert all(rule["id"] in text and rule["title"] in text for rule in listed)
    assert {
        "id",
        "title",
        "severity",
        "concern",
        "resource_types",
        "sources",
        "paths",
        "controls",
        "tags",
        "since",
    } <= {*listed[0]}


def test_a_rule_is_explained_as_text_and_json(auditor: Any) -> None:
    shown = json.loads(auditor.call("rules", "show", "root-user-mfa", "--format", "json").stdout)
    text = auditor.call("rules", "show", "root-user-mfa").stdout
    for name in ("id", "title", "severity", "why", "fix"):
        assert shown[name] in text


def test_the_built_in_rules_keep_the_contract(auditor: Any) -> None:
    ran = auditor.call("rules", "test")
    assert ran.code == 0, ran.stdout
    assert ran.stdout.endswith(", 0 faults\n")


def test_a_rule_of_the_users_own_is_tested_listed_and_judges(auditor: Any, own: Path) -> None:
    assert auditor.run("rules", "test", "--rules", own).code == 0
    assert "own-notebook-size" in auditor.call("rules", "list", "--rules", own).stdout
    ran = auditor.run("scan", "--no-state", "--rules", own, "--select", "own-notebook-size", "-f", "json")
    assert ran.code == 0, ran.stderr
    assert {finding["rule"] for finding in ran.report["findings"]} == {"own-notebook-size"}


def test_a_rule_that_passes_on_what_was_not_observed_is_found_out(auditor: Any, own: Path) -> None:
    own.write_text(BLIND, encoding="utf-8")
    ran = auditor.run("rules", "test", "--rules", own)
    assert ran.code == 1
    assert "own-notebook-size: it passes a AWS::SageMaker::NotebookInstance" in ran.stdout


CASES: dict[str, Any] = {
    "own-notebook-size": {
        "resource": "NotebookInstance",
        "decides": ["InstanceType"],
        "compliant": {"InstanceType": "ml.t3.medium"},
        "non_compliant": {"InstanceType": "ml.m5.xlarge"},
        "unset": "PASSED",
    }
}


def _cases(own: Path, **changes: Any) -> Path:
    path = own.with_name("own_cases.json")
    entry = {**CASES["own-notebook-size"], **changes}
    path.write_text(json.dumps({"own-notebook-size": entry}), encoding="utf-8")
    return path


def test_the_cases_of_the_users_own_rules_are_run(auditor: Any, own: Path) -> None:
    ran = auditor.run("rules", "test", "--rules", own, "--cases", _cases(own))
    assert ran.code == 0, ran.stdout
    assert ran.stdout.endswith(" rules, 1 with cases, 0 faults\n")
    folder = auditor.call("rules", "test", "--rules", own, "--cases", own.parent)
    assert (folder.code, folder.stdout) == (0, ran.stdout)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"compliant": {"InstanceType": "ml.m5.xlarge"}},
            "own-notebook-size: compliant (live, aws): expected PASSED, got FAILED: it is large",
        ),
        ({"unset": "FAILED"}, "own-notebook-size: unset (live, aws): expected FAILED, got PASSED"),
        ({"huge": {"$expect": "FAILED", "$message": "huge"}}, "huge (live, aws): message 'it is large' lacks 'huge'"),
        (
            {"decides": ["RootAccess"]},
            "non_compliant:InstanceType left out: expected FAILED, got PASSED: it is small; if the",
        ),
    ],
)
def test_a_rule_that_says_otherwise_than_its_case_is_named(
    changes: dict[str, Any], said: str, auditor: Any, own: Path
) -> None:
    ran = auditor.call("rules", "test", "--rules", own, "--cases", _cases(own, **changes))
    assert ran.code == 1
    assert said in ran.stdout


def test_with_cases_every_rule_of_ones_own_needs_them(auditor: Any, own: Path, tmp_path: Path) -> None:
    other = tmp_path / "more.py"
    other.write_text(
        GOOD.replace("own-notebook-size", "own-other").replace("own_notebook", "own_other"), encoding="utf-8"
    )
    ran = auditor.call("rules", "test", "--rules", own, "--rules", other, "--cases", _cases(own))
    assert ran.code == 1
    assert "own-other: no case file has an entry for it" in ran.stdout


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"resource": "Notebook"}, "own-notebook-size: no type of resource is called 'Notebook'"),
        ({"resource": "TrainingJob"}, "judges AWS::SageMaker::NotebookInstance, not TrainingJob"),
        (
            {"compliant": {"InstanceTipe": "x"}},
            "compliant: NotebookInstance has no member 'InstanceTipe' (did you mean",
        ),
        ({"decides": "InstanceType"}, "own-notebook-size: decides must be a list of texts"),
        ({"compliant": 5}, "own-notebook-size.compliant: the case must be an object"),
        ({"unset": "MAYBE"}, "own-notebook-size.unset: $expect must be one of FAILED"),
        ({"neighbours": {"KmsKey": {"$gap": "NO"}}}, "neighbours.KmsKey must be a list"),
        ({"now": "yesterday"}, "now must be a time such as"),
        ({"odd": {"$expect": "PASSED", "SecurityGroups[3].Id": 1}}, "own-notebook-size.odd: the facts do not fit"),
    ],
)
def test_a_case_file_that_cannot_be_used_is_explained(
    changes: dict[str, Any], said: str, auditor: Any, own: Path
) -> None:
    ran = auditor.call("rules", "test", "--rules", own, "--cases", _cases(own, **changes))
    assert (ran.code, ran.stdout) == (2, "")
    assert "own_cases.json: " in ran.stderr
    assert said in ran.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": {}, "a": {}}', "'a' is written twice"),
        ("{", "own_cases.json:1"),
        ("[]", "maps rule ids"),
        ('{"own-notebook-siez": {}}', "'resource' is missing"),
        (json.dumps({"own-notebook-siez": CASES["own-notebook-size"]}), "did you mean 'own-notebook-size'"),
    ],
)
def test_a_case_file_that_is_none_is_explained(text: str, said: str, auditor: Any, own: Path) -> None:
    path = own.with_name("own_cases.json")
    path.write_text(text, encoding="utf-8")
    ran = auditor.call("rules", "test", "--rules", own, "--cases", path)
    assert (ran.code, ran.stdout) == (2, "")
    assert said in ran.stderr
    nowhere = auditor.call("rules", "test", "--rules", own, "--cases", own.with_name("none"))
    assert nowhere.code == 2
    assert "No such file" in nowhere.stderr


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("import nothing_like_it", "nothing_like_it"),
        ("def (", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
        ("x = 1", "holds no rules"),
        (GOOD.replace("own-notebook-size", "root-user-mfa"), "root-user-mfa"),
    ],
)
def test_a_file_of_rules_that_cannot_be_used_is_explained(text: str, word: str, auditor: Any, own: Path) -> None:
    own.write_text(text, encoding="utf-8")
    ran = auditor.run("rules", "list", "--rules", own)
    assert (ran.code, ran.stdout) == (2, "")
    assert word in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("purpose", ["scan", "organization", "planner", "security-hub"])
def test_the_policy_is_json_that_iam_takes(purpose: str, auditor: Any) -> None:
    policy = json.loads(auditor.call("permissions", "--for", purpose).stdout)
    assert policy["Version"] == "2012-10-17"
    (statement,) = policy["Statement"]
    assert statement["Action"] == list(actions(purpose))


def test_a_report_is_rendered_again(auditor: Any, tmp_path: Path) -> None:
    saved = {form: tmp_path / f"findings.{form}" for form in ("json", "jsonl")}
    words = [word for form, path in saved.items() for word in ("-f", f"{form}={path}")]
    auditor.call("scan", "--no-state", "--select", "mfa", *words)
    for path in saved.values():
        for form, other in saved.items():
            again = auditor.call("report", path, "-f", form)
            assert again.code == 0, again.stderr
            assert again.stdout == other.read_text(encoding="utf-8")
        assert "Score" in auditor.call("report", path).stdout
    auditor.call("report", saved["json"], "-o", tmp_path / "again")
    assert {path.name for path in (tmp_path / "again").iterdir()} == {"report.html", "findings.json"}


def test_a_report_that_was_cut_off_is_explained(auditor: Any, tmp_path: Path) -> None:
    path = tmp_path / "findings.json"
    auditor.call("scan", "--no-state", "--select", "mfa", "-o", path)
    path.write_text(path.read_text(encoding="utf-8")[:-200], encoding="utf-8")
    ran = auditor.call("report", path)
    assert (ran.code, ran.stdout) == (2, "")
    assert "findings.json" in ran.stderr


def test_the_settings_in_force_are_shown(auditor: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = auditor.call("config", "show")
    assert "no configuration file" in plain.stdout
    assert 'fail_on = "LOW"' in plain.stdout
    path = tmp_path / "auditor.toml"
    path.write_text('fail_on = "high"\nselect = ["mfa"]\n', encoding="utf-8")
    given = auditor.call("config", "show", "--config", path).stdout
    assert 'fail_on = "HIGH"  # set' in given
    assert 'select = ["mfa"]  # set' in given
    monkeypatch.setenv("SAGEMAKER_AUDITOR_CONFIG", str(path))
    assert auditor.call("config", "show").stdout == given
    path.write_text("fail_onn = 1\n", encoding="utf-8")
    wrong = auditor.call("config", "show")
    assert wrong.code == 2
    assert "did you mean 'fail_on'" in wrong.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_every_shell(shell: str, auditor: Any) -> None:
    ran = auditor.call("completion", shell)
    assert ran.code == 0
    assert "_SAGEMAKER_AUDITOR_COMPLETE" in ran.stdout


def test_completion_completes_commands_and_options(auditor: Any) -> None:
    """What the scripts ask the program."""
    asked = {"_SAGEMAKER_AUDITOR_COMPLETE": "bash_complete", "COMP_CWORD": "1"}
    assert "permissions" in auditor.run(COMP_WORDS="sagemaker-auditor perm", **asked).stdout
    asked["COMP_CWORD"] = "2"
    assert "--save-snapshot" in auditor.run(COMP_WORDS="sagemaker-auditor scan --save", **asked).stdout
