"""What `explain` shows is itself judged: the bad snippet fails its rule, the good one passes."""

from __future__ import annotations

import json
import runpy
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

import rules
from auditor.cases.facts import ACCOUNT
from auditor.cases.snippets import LANGUAGES, examples_of, plans_of
from auditor.catalog import Catalog
from auditor.cli import cli
from auditor.engine import Judge
from auditor.model.gap import Gap
from auditor.model.inventory import Inventory
from auditor.model.resource import Resource
from auditor.sources.detect import detect, kind_called
from auditor.sources.document import read_documents
from auditor.sources.interface import Deployment, GateContext
from auditor.sources.terraform.hcl import blocks

ROOT = Path(__file__).resolve().parents[2]
CATALOG = {rule.id: rule for rule in Catalog.of(rules.MODULES)}
NAMES = {"cloudformation": "example.yaml", "dockerfile": "Dockerfile", "kubernetes": "example.yaml"}
CONTEXT = GateContext(Deployment.of("eu-west-1", ACCOUNT))
NOW = datetime(2026, 11, 25, tzinfo=UTC)


@cache
def _matrix() -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = runpy.run_path(str(ROOT / "docs/generate_parity.py"))["matrix"]()
    return found


def _said(rule: str, language: str, text: str, path: Path) -> set[str]:
    """What the rule says of all that a file makes, read as the gate reads it."""
    path.write_text(text, encoding="utf-8")
    found: list[Resource] = []
    gaps: list[Gap] = []
    for document in read_documents(path):
        kind = kind_called("request") if language == "request" else detect(document)
        assert kind is not None
        assert kind.name == language
        for item in kind.source(document, CONTEXT).collect():
            if isinstance(item, Resource):
                found.append(item)
            elif isinstance(item, Gap):
                gaps.append(item)
    asked = Judge([CATALOG[rule]], Inventory(found, gaps), NOW)
    return {finding.status.value for one in found for finding in asked.judge(one)}


def _file(rule: str, language: str) -> str:
    if language != "request":
        return NAMES.get(language, "example.json")
    # The file name says which operation a request is for.
    kinds = [kind for kind, said in _matrix()[rule]["request"].items() if said == "judged"]
    return f"create-{kinds[0]}.json"


@pytest.mark.parametrize("rule", sorted(CATALOG))
def test_the_bad_one_fails_and_the_good_one_does_not(rule: str, tmp_path: Path) -> None:
    wrong = []
    plans = plans_of(rule)
    for example in examples_of(rule):
        for word in ("bad", "good") if example.bad else ("good",):
            text = getattr(example, word)
            if example.language == "terraform":
                text = json.dumps(plans[word])
            said = _said(rule, example.language, text, tmp_path / _file(rule, example.language))
            # Of a key or a bucket elsewhere, one file says nothing.
            right = "FAILED" in said if word == "bad" else said and "FAILED" not in said
            if not right:
                wrong.append(f"{example.language} {word}: {sorted(said) or 'nothing'}")
    assert wrong == []


def test_what_is_shown_of_terraform_makes_what_is_judged() -> None:
    for rule in CATALOG:
        plans = plans_of(rule)
        for example in examples_of(rule, ("terraform",)):
            for word, plan in plans.items():
                changes = plan["resource_changes"]
                made = [(block.kind, block.labels[0]) for block in blocks(getattr(example, word))]
                assert made == [("resource", change["type"]) for change in changes], rule


def test_every_rule_is_shown_in_every_language_in_which_it_is_judged() -> None:
    missing = [
        f"{rule} in {language}"
        for rule, by_source in _matrix().items()
        for language in LANGUAGES
        if {"judged", "only passes"} & set(by_source[language].values()) and not list(examples_of(rule, (language,)))
    ]
    assert missing == []


def test_only_what_no_file_can_show_to_fail_has_no_bad_one() -> None:
    without = [(rule, one.language) for rule in CATALOG for one in examples_of(rule) if not one.bad]
    assert without
    assert {word for rule, language in without for word in _matrix()[rule][language].values()} == {"only passes"}


def test_where_a_rule_is_judged_is_shown_with_it() -> None:
    ran = CliRunner().invoke(cli, ["rules", "show", "bucket-tls-only"])
    assert "live, snapshot, cloudformation, terraform\n" in ran.stdout
    ran = CliRunner().invoke(cli, ["rules", "show", "dockerfile-user"])
    assert [line.split()[1] for line in ran.stdout.splitlines() if line.startswith("sources:")] == ["dockerfile"]


def test_what_only_passes_says_so() -> None:
    ran = CliRunner().invoke(cli, ["explain", "vpc-flow-logs", "--language", "cloudformation"])
    assert "cloudformation: this passes" in ran.stdout
    assert "this fails" not in ran.stdout
    assert "another file may make it" in ran.stdout


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
