"""What SageMaker's requests and answers hold, without botocore: `shapes.json` is generated from its model.

A member's code is the name of a structure, `[x` a list of x, `{x` a map to x, `=A|B` one of some words, or a
scalar: string, integer, long, float, double, boolean, timestamp, blob.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from auditor.model.resource import Resource
from auditor.model.shape import Shape

Answer = Literal["create", "describe", "search"]


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a structure: its code, and whether a request must have it."""

    code: str
    required: bool


@cache
def _table() -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = json.loads(
        files("auditor.sources").joinpath("shapes.json").read_text(encoding="utf-8")
    )
    return found


@cache
def members(structure: str) -> Mapping[str, Member]:
    """The members of a structure.

    Raises:
        KeyError: there is no such structure.
    """
    return {
        name: Member(code.removeprefix("!"), code.startswith("!"))
        for name, code in _table()["structures"][structure].items()
    }


def is_structure(code: str) -> bool:
    """Whether a code is the name of a structure."""
    return code in _table()["structures"]


def structure_of(kind: type[Resource], answer: Answer) -> str | None:
    """The structure that creates a type, describes it, or stands for it in Search; else None."""
    return _table()["types"][kind.cfn_type].get(answer)


@cache
def unanswered(kind: type[Resource], answer: Answer) -> frozenset[str]:
    """API paths that the model names and an answer (or a request) has no place for.

    They are not observed by it, so that their default must not be taken. `Tags` are no matter of Describe,
    for which they are read apart. A path ends at the first member that is missing; items are written `[]`.
    """
    structure = structure_of(kind, answer)
    if structure is None:
        return frozenset(kind.fields_by_member)
    lacking = frozenset(_lacking(kind, structure, ""))
    return lacking - {"Tags"} if answer == "describe" else lacking


def _lacking(kind: type[Shape], structure: str, prefix: str) -> Iterator[str]:
    there = members(structure)
    for name, field in kind.fields_by_member.items():
        member = there.get(name)
        if member is None:
            yield prefix + name
            continue
        code = member.code.lstrip("[{")
        inner = nested_shape(kind.model_fields[field].annotation)
        if inner is not None and is_structure(code):
            way = "[]" * (len(member.code) - len(code))
            yield from _lacking(inner, code, f"{prefix}{name}{way}.")


def nested_shape(annotation: Any) -> type[Shape] | None:
    """The structure that a field's annotation holds, alone, optional or in a list; None for scalars."""
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        return annotation
    if get_origin(annotation) in (Union, UnionType, tuple, Annotated):
        for inner in get_args(annotation):
            found = nested_shape(inner) if inner is not Ellipsis else None
            if found is not None:
                return found
    return None
