"""Plans and Terraform files that would make a reader work without end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from auditor.model.unknown import Unknown
from auditor.sources.terraform.hcl import blocks
from auditor.sources.terraform.references import names_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODEL = "aws_sagemaker_model.a"
_MANY = 20


def _root(outputs: dict[str, Any], first: str) -> dict[str, Any]:
    """A module whose outputs lead to its variable, which leads to all its outputs."""
    every = {"references": [f"module.m.{name}" for name in outputs]}
    expressions = {"execution_role_arn": {"references": [first]}}
    return {
        "resources": [
            {
                "address": MODEL,
                "mode": "managed",
                "type": "aws_sagemaker_model",
                "name": "a",
                "expressions": expressions,
            }
        ],
        "module_calls": {"m": {"source": "./m", "expressions": {"v": every}, "module": {"outputs": outputs}}},
    }


def test_names_that_lead_in_circles_are_followed_once(
    collect: Callable[..., Any], resource: Callable[..., Any]
) -> None:
    outputs = {f"o{number}": {"expression": {"references": ["var.v"]}} for number in range(_MANY)}
    changes = [
        resource(MODEL, {"name": "a"}, {"execution_role_arn": True}),
        resource("module.m.aws_iam_role.r", {}, {"arn": True}),
    ]
    found, _ = collect(changes, _root(outputs, "module.m.o0"))
    assert isinstance(found[MODEL].peek("execution_role_arn"), Unknown)


def test_what_several_names_lead_to_is_found_through_the_first(
    collect: Callable[..., Any], resource: Callable[..., Any]
) -> None:
    role = {"expression": {"references": ["aws_iam_role.r.arn", "aws_iam_role.r"]}}
    both = {"expression": {"references": ["var.v"]}}
    changes = [
        resource(MODEL, {"name": "a"}, {"execution_role_arn": True}),
        resource("module.m.aws_iam_role.r", {"name": "r"}, {"arn": True}),
    ]
    found, _ = collect(changes, _root({"o0": both, "o1": role, "o2": role}, "module.m.o0"))
    assert found[MODEL].execution_role_arn == "r"


def test_many_names_are_compared_with_their_neighbours_only() -> None:
    names = [f"aws_iam_role.r{number}" for number in range(50_000)]
    longer = [f"{name}.arn" for name in names]
    assert names_in({"references": [*longer, *names]}) == tuple(longer)


@pytest.mark.parametrize(
    ("references", "left"),
    [
        (["a.b", "a.b.c", "a.bb"], ("a.b.c", "a.bb")),
        (["a.b", 'a.b["x"]', "a.b-c"], ('a.b["x"]', "a.b-c")),
        (["a.b", "a.b"], ("a.b",)),
    ],
)
def test_the_start_of_another_name_is_no_name_of_its_own(references: list[str], left: tuple[str, ...]) -> None:
    assert names_in({"references": references}) == left


def test_blocks_of_one_kind_are_counted_as_they_come() -> None:
    (outer,) = blocks('resource "x" "y" {\n' + "a {}\n" * 100_000 + "}\n")
    assert outer.mark.line_of(("a", 99_999)) == 100_001


def test_strings_within_strings_cost_lines_and_no_verdict(
    collect: Callable[..., Any], resource: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "main.tf").write_text('resource "x" "y" {\n a = "' + '${"' * 50_000, encoding="utf-8")
    found, gaps = collect([resource(MODEL, {"name": "a"})], _root({}, "var.r"))
    assert MODEL in found
    assert not [gap for gap in gaps if "fault" in gap.detail]
