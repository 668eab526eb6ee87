"""The examples of pipelines, manifests, state machines, DAGs and Dockerfiles, judged through the gate."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from auditor.cli import cli

ROOT = Path(__file__).parents[3]
KINDS = ("pipelines", "kubernetes", "stepfunctions", "airflow", "kubeflow", "docker")
# A rule that the bad example breaks, and the value that stands in the line it is said to break it in.
BROKEN = {
    "pipelines": ("model-environment-secrets", "Environment"),
    "kubernetes": ("notebook-instance-root-access", "rootAccess"),
    "stepfunctions": ("training-job-network-isolation", "EnableNetworkIsolation"),
    "airflow": ("training-job-volume-key", "ResourceConfig"),
    "kubeflow": ("training-job-network-isolation", "args"),
    "docker": ("dockerfile-piped-script", "curl"),
}


def _judged(kind: str, word: str) -> tuple[int, dict[str, Any], Path]:
    (path,) = [found for found in (ROOT / "examples" / kind).iterdir() if word in found.name]
    result = CliRunner().invoke(cli, ["gate", str(path), "-f", "json"], standalone_mode=False)
    return result.return_value, json.loads(result.stdout), path


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_example_passes(kind: str) -> None:
    code, report, _ = _judged(kind, "good")
    statuses = {finding["status"] for finding in report["findings"]}
    assert code == 0
    assert "PASSED" in statuses
    assert "FAILED" not in statuses


@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_example_fails_in_the_right_line(kind: str) -> None:
    code, report, path = _judged(kind, "bad")
    rule, word = BROKEN[kind]
    (finding,) = [one for one in report["findings"] if one["rule"] == rule]
    assert code == 1
    assert finding["status"] == "FAILED"
    line = finding["location"]["line"]
    assert word in path.read_text(encoding="utf-8").splitlines()[line - 1]
    assert "correct-horse" not in json.dumps(report)
