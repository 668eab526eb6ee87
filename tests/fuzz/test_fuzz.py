"""Whatever a file holds, the gate judges it or names what is wrong with it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.catalog import Catalog
from auditor.gate import run
from auditor.gate.files import Candidate
from auditor.scan.assessment import Assessment
from auditor.sources.interface import GateContext
from rules import MODULES

ROOT = Path(__file__).resolve().parents[2]
CATALOG = Catalog.of(MODULES)
NAMES = ("template.yaml", "plan.json", "Dockerfile", "create-model.json", "x.template")


def test_mutated_samples_are_judged_or_refused() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--inputs", "3000", "--seed", "7"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.startswith("3,000 inputs")


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets faults of the auditor come out."""
    monkeypatch.setattr(run, "_FAULTS", ())


@pytest.mark.usefixtures("faults")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(NAMES), data=st.binary() | st.text().map(str.encode))
def test_any_bytes_are_judged_or_refused(tmp_path: Path, name: str, data: bytes) -> None:
    _judged(tmp_path / name, data)


_WORDS = st.sampled_from(
    [
        *("Resources", "Type", "Properties", "AWS::SageMaker::Model", "AWS::IAM::Role", "Ref", "Fn::If", "Fn::Sub"),
        *("apiVersion", "kind", "spec", "sagemaker.services.k8s.aws/v1alpha1", "Model", "metadata", "name", "Steps"),
        *("Name", "Arguments", "Parameters", "resource_changes", "change", "after", "actions", "create", "States"),
        *("Resource", "arn:aws:states:::sagemaker:createModel", "ModelName", "ExecutionRoleArn", "Containers"),
    ]
)
_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=4),
    max_leaves=30,
)


@pytest.mark.usefixtures("faults")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.dictionaries(_WORDS, _VALUES, max_size=4))
def test_any_document_is_judged_or_refused(tmp_path: Path, value: dict[str, Any]) -> None:
    _judged(tmp_path / "any.json", json.dumps(value).encode())


def _judged(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    assessment = Assessment(CATALOG, datetime(2026, 1, 1, tzinfo=UTC), "gate")
    outcome = run.Gate(GateContext()).judge(assessment, [Candidate(path, path.name, named=True)])
    assert outcome.refused == len(outcome.errors)
    assert all(error.startswith(path.name) for error in outcome.errors)
    assert len(outcome.targets) == 1
    assert not assessment._faulty_rules
