"""Mirror pairs: every field that a rule does not say it depends on is changed, and the verdict must stay."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, get_args

from auditor.cases.book import Entry, put
from auditor.cases.facts import stage
from auditor.cases.run import Trial
from auditor.model.resource import Resource
from auditor.model.shape import Shape
from auditor.sources.shapes import is_structure, members, nested_shape, structure_of

_GONE = None
_STARTS = ("compliant", "non_compliant")


def flips(entry: Entry) -> Iterator[Trial]:
    """A trial for each field that may not matter, in the compliant and in the non-compliant facts."""
    declared = tuple(path for path in (*entry.decides, *entry.depends) if ":" not in path)
    for name in _STARTS:
        case = entry.cases[name]
        ready = stage(entry, case)
        facts = ready.facts or {}
        described = structure_of(ready.kind, "describe") if ready.kind.service == "sagemaker" else None
        for path, value in _changes(ready.kind, facts, "", described, _Free(ready.kind, declared)):
            changed = copy.deepcopy(facts)
            put(changed, path, value)
            shown = "left out" if value is _GONE else repr(value)
            yield Trial(case, f"{path} {shown}", replace(ready, facts=changed), frozenset({case.expect}))


class _Free:
    """Tells which paths a rule did not declare."""

    def __init__(self, kind: type[Resource], declared: tuple[str, ...]) -> None:
        self._declared = tuple(path.replace("[]", "") for path in declared)
        self._names = {kind.name_member, kind.arn_member}

    def changeable(self, path: str) -> bool:
        """Whether neither the path nor anything in or around it is declared."""
        return self.enterable(path) and not any(one.startswith(f"{_bare(path)}.") for one in self._declared)

    def enterable(self, path: str) -> bool:
        """Whether something beneath the path may be changed."""
        bare = _bare(path)
        return bare not in self._names and not any(bare == one or bare.startswith(f"{one}.") for one in self._declared)


def _bare(path: str) -> str:
    return "".join(part.partition("]")[2] if n else part for n, part in enumerate(path.split("[")))


def _changes(
    model: type[Shape], raw: Mapping[str, Any], prefix: str, structure: str | None, free: _Free
) -> Iterator[tuple[str, Any]]:
    for member, field in model.fields_by_member.items():
        path = f"{prefix}{member}"
        if not free.enterable(path):
            continue
        code = _code(structure, member)
        inner = nested_shape(model.model_fields[field].annotation)
        value = raw.get(member)
        if free.changeable(path):
            if value is not None:
                yield path, _GONE
            if inner is None:
                yield path, _other(value, model.model_fields[field], code)
            elif value is None:
                yield path, [] if "tuple" in str(model.model_fields[field].annotation) else {}
        if inner is not None:
            items = enumerate(value) if isinstance(value, list) else [(None, value)]
            for index, item in items:
                if isinstance(item, dict):
                    way = path if index is None else f"{path}[{index}]"
                    yield from _changes(inner, item, f"{way}.", code.lstrip("[{") or None, free)


def _code(structure: str | None, member: str) -> str:
    if structure is None or not is_structure(structure):
        return ""
    found = members(structure).get(member)
    return found.code if found else ""


def _other(value: Any, field: Any, code: str) -> Any:
    now = field.default if value is None else value
    if code.startswith("="):
        words = [word for word in code[1:].split("|") if word != now]
        return words[0] if words else "Flipped"
    kinds = {field.annotation, *get_args(field.annotation)}
    if bool in kinds:
        return not now
    if int in kinds or float in kinds:
        return 1 + (value or 7)
    if datetime in kinds:
        return "2024-02-29T00:00:00+00:00"
    shown = str(field.annotation)
    return ["flipped"] if "tuple" in shown else {"flipped": "flipped"} if "dict" in shown else "flipped"
