"""Every security argument of the provider leads to a member of the API that a rule reads, or is listed with a reason.

The arguments are those of `tests/sources/terraform/arguments.json`; what lies deeper in the same structures is held
by `ground_truth.csv`, since the paths are the API's own. The lists may only shrink: what is read must not be listed.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from auditor.model.resource import Resource
from auditor.reads import table
from auditor.sources.shapes import is_structure, members, nested_shape, structure_of
from auditor.sources.spelling import MEANT, loose
from auditor.sources.terraform.table import SPELLING, kind_of

HERE = Path(__file__).parent
ARGUMENTS = json.loads((HERE.parent / "sources/terraform/arguments.json").read_text(encoding="utf-8"))
LISTED: dict[str, dict[str, list[str]]] = json.loads((HERE / "terraform_arguments.json").read_text(encoding="utf-8"))


class Argument(NamedTuple):
    """An argument, the type and the API path that it leads to, and whether the model has the path."""

    name: str
    cfn_type: str
    path: str
    modelled: bool


def _arguments() -> Iterator[Argument]:
    for resource, names in ARGUMENTS["resources"].items():
        kind = kind_of(resource)
        for name in names if kind is not None else ():
            if kind is not None and f"{resource}.{name}" not in ARGUMENTS["not_said"]:
                path, modelled = _path(kind, name)
                yield Argument(f"{resource}.{name}", kind.cfn_type, path, modelled)


def _path(kind: type[Resource], argument: str) -> tuple[str, bool]:
    """The API path of an argument, items of lists written `[]`, and whether the model has it."""
    name, structure = kind.cfn_type, structure_of(kind, "create") or ""
    fields = kind.fields_by_member
    annotations: dict[str, Any] = {field: info.annotation for field, info in kind.model_fields.items()}
    modelled = True
    path: list[str] = []
    for part in argument.split("."):
        by_word = {loose(member): member for member in members(structure)}
        said = SPELLING.renames[name].get(loose(part)) or by_word[loose(part)]
        code = members(structure)[said].code
        member = MEANT.get(kind.cfn_type, {}).get(said, said) if not path else said
        modelled = modelled and member in fields
        inner = nested_shape(annotations[fields[member]]) if modelled else None
        fields = inner.fields_by_member if inner is not None else {}
        annotations = {field: info.annotation for field, info in inner.model_fields.items()} if inner else {}
        name = structure = code.lstrip("[{")
        path.append(member + "[]" * (len(code) - len(structure)) * is_structure(structure))
    return ".".join(path), modelled


@cache
def _read() -> dict[str, frozenset[str]]:
    """The paths that rules read, by type."""
    found: dict[str, set[str]] = {}
    for reads in table().values():
        for cfn_type, paths in reads.items():
            found.setdefault(cfn_type, set()).update(paths)
    return {cfn_type: frozenset(paths) for cfn_type, paths in found.items()}


def _is_read(one: Argument) -> bool:
    paths = _read().get(one.cfn_type, frozenset())
    return any(path == one.path or path.startswith((f"{one.path}.", f"{one.path}[")) for path in paths)


def _differences(what: str, found: set[str]) -> str:
    """How a list differs from what was found; empty where it does not."""
    listed = [name for names in LISTED[what].values() for name in names]
    more, fewer = sorted(found - set(listed)), sorted(set(listed) - found)
    twice = sorted({name for name in listed if listed.count(name) > 1})
    told = {"list with a reason": more, "take off the list": fewer, "listed twice": twice}
    return "; ".join(f"{do}: {', '.join(names)}" for do, names in told.items() if names)


def test_enough_arguments_are_looked_at() -> None:
    assert len(list(_arguments())) >= 197


def test_what_the_model_has_not_is_listed() -> None:
    assert not _differences("not_modelled", {one.name for one in _arguments() if not one.modelled})


def test_what_no_rule_reads_is_listed() -> None:
    assert not _differences("no_rule", {one.name for one in _arguments() if one.modelled and not _is_read(one)})


def test_every_reason_is_told() -> None:
    assert all(len(reason) > len("because") for reasons in LISTED.values() for reason in reasons)
