"""The whole report on the sample account is what was last looked at: every verdict, gap and target of it."""

import difflib
import json
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
_SHOWN_LINES = 60
reduced: Callable[[dict[str, Any]], str] = runpy.run_path(str(HERE / "reduce.py"))["reduced"]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("demo")
    words = [sys.executable, "-P", "-m", "auditor", "demo", "-o", str(folder)]
    ran = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
    return found


def test_the_report_on_the_sample_account_is_as_it_was(report: dict[str, Any]) -> None:
    known = (HERE / "demo.txt").read_text(encoding="utf-8").splitlines()
    found = reduced(report).splitlines()
    difference = [*difflib.unified_diff(known, found, "tests/snapshots/demo.txt", "this run", n=0, lineterm="")]
    shown = "\n".join(difference[:_SHOWN_LINES])
    assert not difference, f"{len(difference)} lines differ; if they should: make snapshots\n{shown}"


def test_every_finding_gap_and_target_has_a_line(report: dict[str, Any]) -> None:
    parts: dict[str, int] = {}
    for line in reduced(report).splitlines():
        if line.startswith("# "):
            name = line[2:]
            parts[name] = 0
        else:
            parts[name] += 1
    coverage = report["coverage"]
    found = {"gaps": coverage["gaps"], "targets": coverage["targets"], "findings": report["findings"]}
    assert {name: len(items) for name, items in found.items()} == {name: parts[name] for name in found}


def test_a_change_of_verdict_shows_and_a_change_of_ids_and_times_does_not(report: dict[str, Any]) -> None:
    before = reduced(report)
    assert before.isascii()
    again = json.loads(json.dumps(report))
    again["scan"] = {}
    for number, finding in enumerate(again["findings"]):
        finding["id"], finding["evidence"] = str(number), []
    assert reduced(again) == before
    again["findings"][0]["status"] = "NOT_AVAILABLE"
    assert reduced(again) != before
