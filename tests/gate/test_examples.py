"""The examples: a good and a bad one of every kind of file, in every form of report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.sources.detect import KINDS
from reports import RENDERERS

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
# Folders beside those that are called as their kind is.
ALSO = {"cdk": "cloudformation", "sam": "cloudformation", "docker": "dockerfile", "pipelines": "pipeline"}
ALSO |= {"requests": "request"}
# The Security Finding Format is for what is in an account and a region.
FORMS = {name: one for name, one in RENDERERS.items() if name != "asff"}
FILES = sorted(path for path in EXAMPLES.glob("*/*") if "good" in path.name or "bad" in path.name)


def is_good(path: Path) -> bool:
    return "good" in path.name


def test_every_kind_has_a_good_and_a_bad_one() -> None:
    found = {(ALSO.get(path.parent.name, path.parent.name), is_good(path)) for path in FILES}
    assert found == {(kind.name, good) for kind in KINDS for good in (True, False)}
    assert {path.parent.name for path in FILES} == {path.name for path in EXAMPLES.iterdir()}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_the_good_pass_and_the_bad_fail_in_every_form(path: Path, tmp_path: Path) -> None:
    words = [word for form, one in FORMS.items() for word in ("-f", f"{form}={tmp_path / f'out{one.suffix}'}")]
    command = [sys.executable, "-P", "-m", "auditor", "gate", str(path.relative_to(ROOT)), *words]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "SAGEMAKER_"))}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == (0 if is_good(path) else 1), ran.stderr
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(f"out{one.suffix}" for one in FORMS.values())
    # Annotations are of what is wrong alone.
    assert {one.name for one in tmp_path.iterdir() if not one.stat().st_size} <= {"out.github.txt"}
    report = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert report["coverage"]["complete"]
    statuses = {finding["status"] for finding in report["findings"]}
    assert ("PASSED" in statuses) >= is_good(path)
    assert ("FAILED" in statuses) != is_good(path)
