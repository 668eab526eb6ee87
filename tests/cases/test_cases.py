"""Runs every case file beside this one against the rules, in every spelling."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.validate import ParamValidator

from auditor.cases.book import Entry, read_cases
from auditor.cases.check import ANSWERS, flipped, must_fit, requested, spelled, tuned, unshown
from auditor.cases.facts import REGIONS, kind_of, stage
from auditor.cases.run import trials
from auditor.cases.spell import has_request, request_of, says
from auditor.catalog import Catalog
from auditor.model.resource import Resource
from auditor.model.rule import Rule
from auditor.model.unknown import Unknown
from auditor.sources.document import read_documents
from auditor.sources.requests import RequestSource
from rules import MODULES

CATALOG = Catalog.of(MODULES)
ENTRIES = [entry for found in read_cases(Path(__file__).parent).values() for entry in found]
SAGEMAKER = botocore.session.get_session().get_service_model("sagemaker")
NESTED = {"Workforce": "Workforce", "Workteam": "Workteam"}
# Members that a request must have and no answer tells: facts hold them for the request's sake.
ASKED_ONLY = {"Cluster": ".InstanceCount does not exist", "InferenceExperiment": ".EndpointName does not exist"}


def _name(entry: Entry) -> str:
    return f"{entry.rule}-{entry.resource}-{entry.file}"


each_entry = pytest.mark.parametrize("entry", ENTRIES, ids=_name)


@pytest.mark.parametrize("partition", REGIONS)
@pytest.mark.parametrize("spelling", ANSWERS)
@each_entry
def test_every_case(entry: Entry, spelling: str, partition: str) -> None:
    assert not [*spelled(CATALOG.get(entry.rule), entry, spelling, partition)]


@pytest.mark.parametrize("spelling", ANSWERS)
@pytest.mark.parametrize("entry", [one for one in ENTRIES if one.tuned], ids=_name)
def test_a_parameter_changes_the_verdict(entry: Entry, spelling: str) -> None:
    for partition in REGIONS:
        assert not [*tuned(CATALOG.get(entry.rule), entry, spelling, partition)]


@pytest.mark.parametrize("rule", [one for one in CATALOG if one.parameters], ids=lambda rule: rule.id)
def test_every_parameter_has_a_case(rule: Rule) -> None:
    assert not [*unshown(rule, (one for one in ENTRIES if one.rule == rule.id))]


@pytest.mark.parametrize("spelling", ["request", "pipeline", "kubernetes"])
@each_entry
def test_every_case_as_a_request(entry: Entry, spelling: str) -> None:
    assert not [*requested(CATALOG.get(entry.rule), entry, spelling)]


@pytest.mark.parametrize("spelling", ["request", "pipeline", "kubernetes"])
def test_every_spelling_is_asked(spelling: str) -> None:
    assert any(says(spelling, kind_of(entry, entry.resource)) for entry in ENTRIES)


@each_entry
def test_no_other_field_changes_the_verdict(entry: Entry) -> None:
    assert not [*flipped(CATALOG.get(entry.rule), entry)]


def test_the_entries_fit_their_rules() -> None:
    assert ENTRIES
    assert all(len([*trials(CATALOG.get(entry.rule), entry)]) >= len(entry.cases) for entry in ENTRIES)
    must_fit(CATALOG, read_cases(Path(__file__).parent))


@each_entry
def test_the_facts_are_answers_of_the_api(entry: Entry) -> None:
    wrong = []
    for case in entry.cases.values():
        ready = stage(entry, case)
        if not has_request(ready.kind) or ready.facts is None:
            continue
        name = ready.kind.cfn_type.rpartition("::")[2]
        shape: Any = SAGEMAKER.operation_model(f"Describe{name}").output_shape
        shape = shape.members[NESTED[name]] if name in NESTED else shape
        facts = {key: value for key, value in ready.facts.items() if key != "Tags"}
        asked = ASKED_ONLY.get(name)
        faults = (fault for fault in _faults(facts, shape, "") if asked is None or not fault.endswith(asked))
        wrong += [f"{case.name}: {fault}" for fault in faults]
    assert not wrong


@each_entry
def test_the_requests_are_requests_of_the_api(entry: Entry, tmp_path: Path) -> None:
    for name in ("compliant", "non_compliant"):
        ready = stage(entry, entry.cases[name])
        if not has_request(ready.kind) or ready.facts is None or entry.live_only or _marked(ready.facts):
            continue
        request = request_of(ready.kind, ready.facts)
        operation = f"Create{ready.kind.cfn_type.rpartition('::')[2]}"
        shape = SAGEMAKER.operation_model(operation).input_shape
        assert shape is not None
        report = ParamValidator().validate(request, shape)
        assert not report.has_errors(), report.generate_report()
        file = tmp_path / f"{operation}.json"
        file.write_text(json.dumps(request), encoding="utf-8")
        read = [item for item in RequestSource(read_documents(file)[0]).collect() if isinstance(item, Resource)]
        assert [type(item) for item in read] == [ready.kind]


def _marked(value: Any) -> bool:
    if isinstance(value, Unknown):
        return True
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_marked(item) for item in items)


def _faults(value: Any, shape: Shape, path: str) -> list[str]:
    if isinstance(value, Unknown):
        return []
    for wanted, inner in ((StructureShape, dict), (ListShape, list), (MapShape, dict)):
        if isinstance(shape, wanted):
            return _inner_faults(value, shape, path) if isinstance(value, inner) else [f"{path} is no {inner}"]
    return _scalar_faults(value, shape, path)


def _inner_faults(value: Any, shape: Shape, path: str) -> list[str]:
    if isinstance(shape, ListShape):
        return [f for n, item in enumerate(value) for f in _faults(item, shape.member, f"{path}[{n}]")]
    if isinstance(shape, MapShape):
        return [f for key, item in value.items() for f in _faults(item, shape.value, f"{path}.{key}")]
    there = shape.members if isinstance(shape, StructureShape) else {}
    unknown = [f"{path}.{key} does not exist" for key in value if key not in there]
    known = [key for key in value if key in there]
    return unknown + [f for key in known for f in _faults(value[key], there[key], f"{path}.{key}")]


def _scalar_faults(value: Any, shape: Shape, path: str) -> list[str]:
    words = getattr(shape, "enum", None)
    if words:
        return [] if value in words else [f"{path}: {value!r} is none of {words}"]
    if shape.type_name == "timestamp":
        datetime.fromisoformat(value)
        return []
    wanted = {"string": str, "boolean": bool, "integer": int, "long": int, "float": float, "double": float}
    right = isinstance(value, wanted[shape.type_name]) and (not isinstance(value, bool) or shape.type_name == "boolean")
    return [] if right else [f"{path} is no {shape.type_name}"]


def test_a_wrong_fact_is_seen() -> None:
    shape = SAGEMAKER.operation_model("DescribeNotebookInstance").output_shape
    assert shape is not None
    facts = {"RootAccess": "Sometimes", "NoSuchMember": 1, "VolumeSizeInGB": True, "SecurityGroups": "sg-1"}
    assert len(_faults(facts, shape, "")) == 4
