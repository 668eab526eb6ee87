"""Small templates that would make a reader work, or fill memory, without end."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from auditor.model.gap import Gap
from auditor.model.resource import Resource
from auditor.model.sagemaker import Model
from auditor.model.unknown import Unknown
from auditor.sources.interface import NextWorld

Collect = Callable[..., list[Resource | Gap | NextWorld]]
_LEVELS = 60


def _model(value: Any) -> dict[str, Any]:
    return {"Type": "AWS::SageMaker::Model", "Properties": {"PrimaryContainer": {"Image": value}}}


def _nested(wrap: Callable[[Any], Any], inner: Any) -> Any:
    for _ in range(_LEVELS):
        inner = wrap(inner)
    return inner


def _map_of_maps() -> dict[str, Any]:
    """Each entry names the next one twice."""
    table: dict[str, Any] = {
        f"k{level}": {"v": {"Fn::Join": ["", [{"Fn::FindInMap": ["M", f"k{level + 1}", "v"]}] * 2]}}
        for level in range(_LEVELS)
    }
    table[f"k{_LEVELS}"] = {"v": "x"}
    return {
        "Mappings": {"M": table},
        "Resources": {"Model": _model({"Fn::FindInMap": ["M", "k0", "v"]})},
    }


def _shared_lists(wanted: Any) -> dict[str, Any]:
    """Each bucket's property holds the next one's twice."""
    resources: dict[str, Any] = {
        f"B{level}": {
            "Type": "AWS::S3::Bucket",
            "Properties": {"X": [{"Fn::GetAtt": [f"B{level + 1}", "X"]}] * 2},
        }
        for level in range(_LEVELS)
    }
    resources[f"B{_LEVELS}"] = {"Type": "AWS::S3::Bucket", "Properties": {"X": ["x"]}}
    resources["Model"] = _model(wanted)
    return {"Resources": resources}


def _loops() -> dict[str, Any]:
    """Each loop goes through one item, twice as long as that of the loop around it."""
    body: dict[str, Any] = {"Model": _model("x")}
    for level in range(_LEVELS, 0, -1):
        item = f"${{A{level - 1}}}" * 2 if level > 1 else "x"
        body = {f"Fn::ForEach::L{level}": [f"A{level}", [item], body]}
    return {"Transform": "AWS::LanguageExtensions", "Resources": body}


@pytest.mark.parametrize(
    "template",
    [
        _map_of_maps(),
        _shared_lists({"Fn::ToJsonString": {"a": {"Fn::GetAtt": ["B0", "X"]}}}),
        {"Resources": {"Model": _model(_nested(lambda inner: {"Fn::Base64": inner}, "x" * 100))}},
        {"Resources": {"Model": _model(_nested(lambda inner: {"Fn::ToJsonString": {"a": inner}}, '"'))}},
        {"Resources": {"Model": _model({"Fn::Join": ["x" * 100_000, [""] * 10_000]})}},
    ],
    ids=["maps", "lists", "base64", "json", "join"],
)
def test_what_functions_would_make_without_end_is_not_known(collect: Collect, template: dict[str, Any]) -> None:
    (model,) = {item.identity.name: item for item in collect(json.dumps(template)) if isinstance(item, Model)}.values()
    container = model.peek("primary_container")
    assert isinstance(container if isinstance(container, Unknown) else container.peek("image"), Unknown)


@pytest.mark.parametrize(
    "template", [_map_of_maps(), _shared_lists({"Fn::GetAtt": ["B0", "X"]})], ids=["maps", "lists"]
)
def test_who_wears_out_the_reader_hides_nothing(collect: Collect, template: dict[str, Any]) -> None:
    template["Resources"]["Zlast"] = {
        "Type": "AWS::SageMaker::NotebookInstance",
        "Properties": {"RootAccess": "Enabled"},
    }
    gaps = [item for item in collect(json.dumps(template)) if isinstance(item, Gap)]
    (worn,) = {gap for gap in gaps if "make too much" in gap.detail}
    assert not worn.scope.resource


def test_loops_that_double_their_items_end(collect: Collect) -> None:
    found = collect(json.dumps(_loops()))
    assert any("writes too much" in item.detail for item in found if isinstance(item, Gap))


def test_places_without_an_end_are_looked_for_once(collect: Collect) -> None:
    (model,) = (
        item
        for item in collect(json.dumps({"Resources": {"Model": _model({"Fn::Sub": "${" * 100_000})}}))
        if isinstance(item, Model)
    )
    assert model.primary_container is not None
    assert model.primary_container.image == "${" * 100_000


def test_the_nearest_name_is_told_of_the_first_wrong_names_only(collect: Collect) -> None:
    resources = {f"Model{number}": _model({"Ref": f"Modell{number}"}) for number in range(1_000)}
    hints = [
        item
        for item in collect(json.dumps({"Resources": resources}))
        if isinstance(item, Gap) and "did you mean" in item.detail
    ]
    assert 0 < len(hints) <= 100
