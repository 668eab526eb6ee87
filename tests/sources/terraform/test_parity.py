"""Each rule's cases as Terraform plans: the same verdicts as live, and every security argument finds its member."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

import rules
from auditor.cases.book import Entry, read_cases
from auditor.cases.facts import kind_of
from auditor.cases.run import judge, trials
from auditor.cases.spell import has_request, unsaid
from auditor.cases.terraform import NOT_EXPRESSIBLE, RESOURCES, as_plan, resource_for
from auditor.catalog import Catalog
from auditor.sources.shapes import is_structure, members, structure_of
from auditor.sources.spelling import loose
from auditor.sources.terraform.table import SPELLING, type_of
from auditor.sources.terraform.table import kind_of as kind_of_resource

HERE = Path(__file__).parent
CASES = HERE.parents[1] / "cases"
ARGUMENTS = json.loads((HERE / "arguments.json").read_text(encoding="utf-8"))
CATALOG = {rule.id: rule for rule in Catalog.of(rules.MODULES)}


@cache
def _entries() -> tuple[Entry, ...]:
    found = [entry for entries in read_cases(CASES).values() for entry in entries]
    return tuple(entry for entry in found if resource_for(kind_of(entry, entry.resource)))


@pytest.mark.parametrize("entry", _entries(), ids=lambda entry: f"{entry.rule}-{entry.resource}")
def test_the_cases_come_out_as_they_do_live(entry: Entry) -> None:
    kind = kind_of(entry, entry.resource)
    silent = any(unsaid(kind, path) for path in (*entry.decides, *entry.depends))
    wrong = []
    judged = [name for name in ("compliant", "non_compliant") if not entry.cases[name].live_only]
    decided = not silent or entry.live_only or not judged
    for trial in trials(CATALOG[entry.rule], entry):
        if not has_request(trial.stage.kind) or entry.live_only or trial.case.live_only:
            continue
        if trial.case.name == "unset" and "Tags" in entry.decides:
            # A plan without tags makes a resource without any; live, they are read apart.
            continue
        subject, inventory = as_plan(trial.stage)
        finding = judge(CATALOG[entry.rule], subject, inventory, trial.stage.now)
        said = finding.status.value if finding else "NOT_APPLICABLE"
        if said not in (trial.allowed | {"NOT_AVAILABLE"} if silent else trial.allowed):
            wrong.append(f"{trial.name}: {said}, not {sorted(trial.allowed)}: {finding.message if finding else ''}")
        decided = decided or said in ("PASSED", "FAILED")
    assert wrong == []
    assert decided, "all of it comes out as not available: find out why, or say so with live_only"


def test_enough_rules_are_compared() -> None:
    assert len({entry.rule for entry in _entries()}) >= 80


@pytest.mark.parametrize("resource", sorted(ARGUMENTS["resources"]))
def test_every_security_argument_finds_its_member(resource: str) -> None:
    kind = kind_of_resource(resource)
    listed = ARGUMENTS["not_modelled"].get(resource)
    if kind is None:
        assert listed, f"{resource} makes no type of the model: list it with the reason"
        assert type_of(resource).startswith("AWS::SageMaker::")
        return
    assert listed is None
    assert resource in RESOURCES
    for argument in ARGUMENTS["resources"][resource]:
        reason = ARGUMENTS["not_said"].get(f"{resource}.{argument}")
        found = _member_at(structure_of(kind, "create") or "", kind.cfn_type, argument)
        assert (found == "") is (reason is not None), f"{resource}.{argument}: {found or 'no member'}"


def _member_at(structure: str, name: str, argument: str) -> str:
    """The API path of an argument; empty where a part of it has none."""
    path: list[str] = []
    for part in argument.split("."):
        if not is_structure(structure):
            return ""
        by_word = {loose(member): member for member in members(structure)}
        renames = SPELLING.renames[name]
        member = renames[loose(part)] if loose(part) in renames else by_word.get(loose(part), "")
        if not member:
            return ""
        path.append(member)
        structure = name = members(structure)[member].code.lstrip("[{")
    return ".".join(path)


def test_what_the_provider_cannot_say_are_members_of_the_api() -> None:
    for resource, paths in NOT_EXPRESSIBLE.items():
        kind = kind_of_resource(resource)
        assert kind is not None
        for path in paths:
            structure = structure_of(kind, "create") or ""
            for step in path.split("."):
                assert step in members(structure), f"{resource}: {path}"
                structure = members(structure)[step].code.lstrip("[{")
