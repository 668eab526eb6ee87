"""Lines: of the files beside the plan where they may be read, else of the plan."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from auditor.model.resource import Resource
from auditor.sources.document import read_documents
from auditor.sources.interface import Deployment, GateContext
from auditor.sources.terraform import source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOTEBOOK = "aws_sagemaker_notebook_instance"
NB = f"{NOTEBOOK}.nb"
HERE = GateContext(Deployment("aws", "111122223333", "eu-west-1"))


def test_lines_are_those_of_the_files_beside_the_plan(
    collect: Callable[..., Any], resource: Callable[..., Any], tmp_path: Path, configured: Callable[..., Any]
) -> None:
    (tmp_path / "ml").mkdir()
    text = 'module "ml" {\n  source = "./ml"\n}\nmodule "far" {\n  source = "example/far/aws"\n}\n'
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    block = f'# {{\nresource "{NOTEBOOK}" "nb" {{\n  name = "}}"\n  root_access = "Enabled"\n}}\n'
    (tmp_path / "ml" / "nb.tf").write_text(block, encoding="utf-8")
    other = tmp_path.parent / "other.tf"
    other.write_text(f'resource "{NOTEBOOK}" "linked" {{\n}}\n', encoding="utf-8")
    (tmp_path / "link.tf").symlink_to(other)
    changes = [resource(f"module.{name}.{NB}", {"name": name, "root_access": "Enabled"}) for name in ("ml", "far")]
    changes.append(resource(f"{NOTEBOOK}.linked", {"name": "linked"}))
    call = {"module": {"resources": [configured(NB)]}}
    calls = {"ml": {"source": "./ml", **call}, "far": {"source": "example/far/aws", **call}}
    found, _ = collect(changes, {"module_calls": calls})
    place = found[f"module.ml.{NB}"].origin.of("RootAccess")
    assert str(place) == f"{tmp_path.as_posix()}/ml/nb.tf:4#module.ml.{NB}"
    assert "/plan.json:" in str(found[f"{NOTEBOOK}.linked"].origin.of(""))
    assert str(found[f"module.far.{NB}"].origin.of("RootAccess")).startswith(f"{tmp_path.as_posix()}/main.tf:4#")


def test_without_files_the_line_is_the_plans(collect: Callable[..., Any], resource: Callable[..., Any]) -> None:
    found, _ = collect([resource(NB, {"name": "nb", "root_access": "Enabled"})])
    place = str(found[NB].origin.of("RootAccess")).partition("#")[0]
    file, _, line = place.rpartition(":")
    with open(file, encoding="utf-8") as plan:  # noqa: PTH123  the name is what is tested
        assert '"root_access"' in plan.read().splitlines()[int(line) - 1]


def test_modules_outside_of_the_repository_are_not_read(
    collect: Callable[..., Any], resource: Callable[..., Any], tmp_path: Path, configured: Callable[..., Any]
) -> None:
    outside = tmp_path.parent / "outside"
    outside.mkdir(exist_ok=True)
    (outside / "nb.tf").write_text(f'resource "{NOTEBOOK}" "nb" {{\n}}\n', encoding="utf-8")
    calls = {"out": {"source": "../outside", "module": {"resources": [configured(NB)]}}}
    found, _ = collect([resource(f"module.out.{NB}", {"name": "nb"})], {"module_calls": calls})
    assert "nb.tf" not in str(found[f"module.out.{NB}"].origin.of(""))


@pytest.mark.parametrize("name", ["./x\0y", f"./{'n' * 5_000}", "./" + "a/" * 5_000])
def test_a_module_of_a_name_that_no_folder_has_is_not_read(
    collect: Callable[..., Any], resource: Callable[..., Any], configured: Callable[..., Any], name: str
) -> None:
    calls = {"out": {"source": name, "module": {"resources": [configured(NB)]}}}
    found, _ = collect([resource(f"module.out.{NB}", {"name": "nb"})], {"module_calls": calls})
    assert "plan.json" in str(found[f"module.out.{NB}"].origin.of(""))


def test_modules_within_the_repository_are_read(tmp_path: Path, configured: Callable[..., Any]) -> None:
    for folder in ("live", "modules/nb"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "modules/nb/nb.tf").write_text(f'\n\nresource "{NOTEBOOK}" "nb" {{\n}}\n', encoding="utf-8")
    change = {"actions": ["create"], "after": {"name": "nb"}, "after_unknown": {}, "after_sensitive": {}}
    entry = {
        "address": f"module.n.{NB}",
        "module_address": "module.n",
        "type": NOTEBOOK,
        "name": "nb",
        "change": change,
    }
    calls = {"n": {"source": "../modules/nb", "module": {"resources": [configured(NB)]}}}
    plan = {
        "format_version": "1.2",
        "resource_changes": [entry],
        "configuration": {"root_module": {"module_calls": calls}},
    }
    path = tmp_path / "live/plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    (document,) = read_documents(path, "live/plan.json")
    first = next(iter(source(document, HERE).collect()))
    assert isinstance(first, Resource)
    assert str(first.origin.of("")) == f"modules/nb/nb.tf:3#module.n.{NB}"


JSON_FILE = """{
  "//": "written by a program",
  "module": {"ml": [{
    "source": "./ml"
  }]},
  "resource": [{
    "aws_sagemaker_model": {
      "m": {
        "name": "m",
        "vpc_config": {
          "subnets": ["subnet-1"]
        },
        "dynamic": {
          "container": [{
            "for_each": "${var.images}",
            "content": {
              "image": "${container.value}"
            }
          }]
        }
      }
    }
  }]
}
"""


def test_lines_of_files_in_json_are_found_too(
    collect: Callable[..., Any], resource: Callable[..., Any], configured: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "main.tf.json").write_text(JSON_FILE, encoding="utf-8")
    (tmp_path / "ml").mkdir()
    (tmp_path / "ml" / "nb.tofu.json").write_text(
        f'{{"resource": {{\n"{NOTEBOOK}": {{\n"nb": {{\n"root_access": "Enabled"}}}}}}}}', encoding="utf-8"
    )
    model = "aws_sagemaker_model.m"
    after = {"name": "m", "vpc_config": [{"subnets": ["subnet-1"]}], "container": [{"image": "a"}, {"image": "b"}]}
    changes = [resource(model, after), resource(f"module.ml.{NB}", {"name": "nb", "root_access": "Enabled"})]
    call = {"source": "./ml", "module": {"resources": [configured(NB)]}}
    found, _ = collect(changes, {"module_calls": {"ml": call}})
    place = found[model].origin
    assert str(place.of("")) == f"{tmp_path.as_posix()}/main.tf.json:8#{model}"
    lines = {path: place.of(path).line for path in ("VpcConfig.Subnets", "Containers[1].Image", "PrimaryContainer")}
    assert lines == {"VpcConfig.Subnets": 11, "Containers[1].Image": 17, "PrimaryContainer": 8}
    inner = found[f"module.ml.{NB}"].origin.of("RootAccess")
    assert str(inner) == f"{tmp_path.as_posix()}/ml/nb.tofu.json:4#module.ml.{NB}"


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "null",
        '{"resource": 1, "module": [[], 2], "data": {"a": null}}',
        f'{{"resource": {{"{NOTEBOOK}": {{"nb": "x"}}}}}}',
        f'{{"resource": {{"{NOTEBOOK}": [{{"nb": [[]]}}, 3]}}}}',
        "[" * 1000 + "]" * 1000,
        '{"a": 1, "a": 2}',
        "{",
    ],
)
def test_json_of_another_form_costs_lines_and_no_verdict(
    collect: Callable[..., Any], resource: Callable[..., Any], tmp_path: Path, text: str
) -> None:
    (tmp_path / "main.tf.json").write_text(text, encoding="utf-8")
    found, gaps = collect([resource(NB, {"name": "nb", "root_access": "Enabled"})])
    assert found[NB].peek("root_access") == "Enabled"
    assert len(gaps) == 1
