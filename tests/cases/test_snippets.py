"""What `explain` shows is itself judged: the bad snippet fails its rule, the good one passes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

import rules
from auditor.cases.book import Entry, read_cases
from auditor.cases.facts import ACCOUNT, kind_of, stage
from auditor.cases.run import judge
from auditor.cases.snippets import Example, examples_of
from auditor.cases.terraform import plan_of
from auditor.catalog import Catalog
from auditor.cli import cli
from auditor.model.resource import Resource
from auditor.sources.detect import detect, kind_called
from auditor.sources.document import Document, read_documents
from auditor.sources.interface import Deployment, GateContext
from auditor.sources.terraform import source as plan_source

CATALOG = {rule.id: rule for rule in Catalog.of(rules.MODULES)}
SUFFIXES = {"cloudformation": "yaml", "kubernetes": "yaml", "pipeline": "json", "request": "json"}
CONTEXT = GateContext(Deployment.of("eu-west-1", ACCOUNT))


@cache
def _entries() -> dict[str, list[Entry]]:
    return read_cases(Path(__file__).parent)


@cache
def _shown() -> dict[str, tuple[Example, ...]]:
    found = {rule: tuple(examples_of(rule)) for rule in CATALOG}
    return {rule: examples for rule, examples in found.items() if examples}


def _subject(text: str, language: str, folder: Path, entry: Entry) -> Resource:
    path = folder / f"example.{SUFFIXES[language]}"
    path.write_text(text, encoding="utf-8")
    (document,) = read_documents(path)
    kind = kind_called("request") if language == "request" else detect(document)
    assert kind is not None
    assert kind.name == language
    context = CONTEXT
    if language == "request":
        name = kind_of(entry, entry.resource).cfn_type.rpartition("::")[2]
        context = GateContext(CONTEXT.deployment, operation=f"Create{name}")
    return next(one for one in kind.source(document, context).collect() if isinstance(one, Resource))


@pytest.mark.parametrize("rule", sorted(_shown()))
def test_the_bad_one_fails_and_the_good_one_passes(rule: str, tmp_path: Path) -> None:
    wrong = []
    for example in _shown()[rule]:
        for word, case, expected in (("bad", "non_compliant", "FAILED"), ("good", "compliant", "PASSED")):
            for entry in _entries()[rule][:1]:
                given = stage(entry, entry.cases[case])
                if example.language == "terraform":
                    plan = Document("plan.json", plan_of(given.kind, given.facts or {}))
                    found = plan_source(plan, CONTEXT).collect()
                    subject = next(one for one in found if isinstance(one, Resource))
                else:
                    subject = _subject(getattr(example, word), example.language, tmp_path, entry)
                finding = judge(CATALOG[rule], subject, given.inventory(), given.now)
                if finding is None or finding.status.value != expected:
                    said = f"{finding.status.value}: {finding.message}" if finding else "nothing"
                    wrong.append(f"{example.language} {word}: {said}")
    assert wrong == []


def test_most_rules_on_requests_have_snippets() -> None:
    assert len(_shown()) >= 100
    assert {example.language for examples in _shown().values() for example in examples} == {*SUFFIXES, "terraform"}


def test_explain_says_why_fix_unset_and_snippets() -> None:
    ran = CliRunner().invoke(cli, ["explain", "notebook-instance-root-access", "--language", "terraform"])
    assert ran.exit_code == 0
    for words in ("Why: root can stop", "Fix: stop the instance", "Not set: NotebookInstance, without RootAccess"):
        assert words in ran.stdout
    assert '      root_access = "Enabled"' in ran.stdout
    assert '      root_access = "Disabled"' in ran.stdout
    assert "AWS::SageMaker::NotebookInstance\n" in ran.stdout


def test_every_rule_can_be_explained() -> None:
    for rule in CATALOG:
        ran = CliRunner().invoke(cli, ["explain", rule])
        assert ran.exit_code == 0, rule
        assert "Fix: " in ran.stdout


def test_a_patch_holds_only_what_differs() -> None:
    example = next(one for one in examples_of("notebook-instance-root-access") if one.language == "cloudformation")
    assert example.patch() == "-       RootAccess: Enabled\n+       RootAccess: Disabled"
