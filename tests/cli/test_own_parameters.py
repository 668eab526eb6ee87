"""Rules of one's own with parameters: the page's example, set by a configuration, and held to the contract."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs/own-rules.md"
HEAD = """\
from auditor.model.rule import rule
from auditor.model.sagemaker import NotebookInstance
from auditor.model.verdict import Severity, Verdict, failed, passed


"""
RULE = "my-notebook-volume"


def block(language: str) -> str:
    """The second block of a language on the page: the rule with a parameter, and its cases."""
    _, second = re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return str(second)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.py"
    path.write_text(HEAD + block("python"), encoding="utf-8")
    return path


def cases(own: Path, **changes: Any) -> Path:
    entry = json.loads(block("json"))[RULE] | changes
    path = own.with_name("cases.json")
    path.write_text(json.dumps({RULE: entry}), encoding="utf-8")
    return path


def test_the_example_keeps_the_contract(auditor: Any, own: Path) -> None:
    ran = auditor.call("rules", "test", "--rules", own, "--cases", cases(own))
    assert ran.code == 0, ran.stdout
    assert ran.stdout.endswith(" rules, 1 with cases, 0 faults\n")
    shown = json.loads(auditor.call("rules", "show", RULE, "--rules", own, "--format", "json").stdout)
    meaning = "the most that a volume may have, in GB"
    assert shown["parameters"] == [{"name": "largest_gb", "type": "integer", "default": 50, "meaning": meaning}]


def test_a_configuration_sets_it_for_a_scan(auditor: Any, own: Path, tmp_path: Path) -> None:
    config = tmp_path / "auditor.toml"
    config.write_text(f"[rule.{RULE}]\nlargest_gb = 1\n", encoding="utf-8")
    words = ("scan", "--no-state", "--rules", own, "--select", RULE, "-f", "json")
    plain, strict = auditor.run(*words), auditor.run(*words, "--config", config)
    assert (plain.code, strict.code) == (0, 1), strict.stderr
    assert {one["status"] for one in plain.report["findings"]} == {"PASSED"}
    assert {one["status"] for one in strict.report["findings"]} == {"FAILED"}
    assert all("(largest_gb is 1, not 50)" in one["message"] for one in strict.report["findings"])
    assert strict.report["review"]["parameters"] == [f"{RULE}: largest_gb is 1, not 50"]


@pytest.mark.parametrize(
    ("tuned", "said"),
    [
        ({}, f"{RULE}: no case under `tuned` shows what the parameter largest_gb changes"),
        (
            {"same": {"$parameters": {"largest_gb": 40}, "$expect": "PASSED"}},
            "tuned.same (live, aws): the parameters change nothing: it is PASSED without them as well",
        ),
        (
            {"wrong": {"$parameters": {"largest_gb": 10}, "$expect": "PASSED"}},
            "tuned.wrong (live, aws): expected PASSED, got FAILED: the volume has 20 GB (largest_gb is 10, not 50)",
        ),
    ],
)
def test_a_parameter_that_no_case_shows_is_named(auditor: Any, own: Path, tuned: dict[str, Any], said: str) -> None:
    ran = auditor.call("rules", "test", "--rules", own, "--cases", cases(own, tuned=tuned))
    assert ran.code == 1
    assert said in ran.stdout


@pytest.mark.parametrize(
    ("tuned", "said"),
    [
        ({"a": {"$parameters": {"largest": 1}, "$expect": "FAILED"}}, "tuned.a: my-notebook-volume has no parameter"),
        ({"a": {"$parameters": {"largest_gb": 0}, "$expect": "FAILED"}}, "tuned.a: expected a whole number"),
        ({"a": {"$case": "nothing", "$expect": "FAILED"}}, "$case: no written case is called 'nothing'"),
        ({"a": {"$case": "denied", "$expect": "FAILED"}}, "$case: no written case is called 'denied'"),
        ({"a": 3}, "tuned.a: the case must be an object"),
        ([], "tuned must be an object"),
    ],
)
def test_a_tuned_case_that_cannot_be_used_is_explained(auditor: Any, own: Path, tuned: Any, said: str) -> None:
    ran = auditor.call("rules", "test", "--rules", own, "--cases", cases(own, tuned=tuned))
    assert (ran.code, ran.stdout) == (2, "")
    assert said in ran.stderr


def test_parameters_belong_to_tuned_cases(auditor: Any, own: Path) -> None:
    facts = {"VolumeSizeInGB": 20, "$parameters": {"largest_gb": 10}}
    ran = auditor.call("rules", "test", "--rules", own, "--cases", cases(own, compliant=facts))
    assert ran.code == 2
    assert "compliant: unknown key '$parameters'" in ran.stderr


def test_a_parameter_that_nothing_explains_is_refused(auditor: Any, own: Path) -> None:
    text = own.read_text(encoding="utf-8")
    own.write_text(text.replace("      largest_gb: the most", "      the most"), encoding="utf-8")
    ran = auditor.call("rules", "test", "--rules", own)
    assert ran.code == 2
    assert "the parameter largest_gb is not explained: say under Parameters: what it does" in ran.stderr
