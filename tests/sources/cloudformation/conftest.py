"""Templates as text in, what the source yields or the gate finds out."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.catalog import Catalog
from auditor.gate.files import candidates
from auditor.gate.run import Gate
from auditor.model.finding import Finding
from auditor.model.gap import Gap
from auditor.model.resource import Resource
from auditor.scan.assessment import Assessment
from auditor.sources.cloudformation import source
from auditor.sources.document import read_documents
from auditor.sources.interface import Deployment, GateContext, Neighbour, NextWorld
from rules import MODULES

# What the tests share lies beside them; test folders are not packages.
sys.path.insert(0, str(Path(__file__).parent))

CATALOG = Catalog.of(MODULES)
HERE = Deployment.of("eu-west-1", "111122223333")

Items = list[Resource | Neighbour | Gap | NextWorld]
Collect = Callable[..., Items]
Judge = Callable[..., dict[tuple[str, str], Finding]]


@pytest.fixture
def collect(tmp_path: Path) -> Collect:
    """What the source yields of a template."""

    def run(text: str, deployment: Deployment = HERE, **parameters: str) -> Items:
        file = tmp_path / "template.yaml"
        file.write_text(text, encoding="utf-8")
        (document,) = read_documents(file, "template.yaml")
        return list(source(document, GateContext(deployment, parameters)).collect())

    return run


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """What the gate finds in a template, by rule and logical id."""

    def run(text: str, deployment: Deployment = HERE, **parameters: str) -> dict[tuple[str, str], Finding]:
        file = tmp_path / "template.yaml"
        file.write_text(text, encoding="utf-8")
        assessment = Assessment(CATALOG, datetime(2026, 1, 15, tzinfo=UTC), "gate")
        outcome = Gate(GateContext(deployment, parameters)).judge(assessment, list(candidates([file])))
        assert outcome.errors == []
        found = list(assessment._findings)
        by_key = {(one.rule, one.location.logical_id if one.location else ""): one for one in found}
        assert len(by_key) == len(found)
        return by_key

    return run
