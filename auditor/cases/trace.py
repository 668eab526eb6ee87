"""Which API paths a rule reads, found by watching it judge its cases."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from typing import Any

from auditor.cases.book import Entry
from auditor.cases.run import judge, trials, tuned_trials
from auditor.model.paths import structures
from auditor.model.resource import Resource
from auditor.model.rule import Rule
from auditor.model.shape import Shape, api_name

Reads = dict[str, set[str]]


def reads_of(rule: Rule, entries: Iterable[Entry]) -> Reads:
    """Type to the API paths that a rule reads while its cases run; items of lists are written `[]`."""
    found: Reads = {}
    for entry in entries:
        plain = ((rule, trial) for trial in trials(rule, entry))
        for asked, trial in chain(plain, tuned_trials(rule, entry)):
            subject, inventory = trial.stage.subject(), trial.stage.inventory()
            watched = [*([subject] if subject else []), *inventory]
            seen: set[tuple[int, str]] = set()
            judge(_watched(asked, seen), subject, inventory, trial.stage.now)
            _note(watched, seen, found)
    return found


def _watched(rule: Rule, seen: set[tuple[int, str]]) -> Rule:
    def judged(*facts: Any, **parameters: Any) -> Any:
        with _watching(seen):
            return rule.judge(*facts, **parameters)

    return replace(rule, judge=judged)


@contextmanager
def _watching(seen: set[tuple[int, str]]) -> Iterator[None]:
    plain: Callable[[Any, str], Any] = Shape.__getattribute__
    peek = Shape.peek

    def reading(self: Shape, name: str) -> Any:
        if name in type(self).model_fields:
            seen.add((id(self), name))
        return plain(self, name)

    def peeking(self: Shape, field: str) -> Any:
        seen.add((id(self), field))
        return peek(self, field)

    setattr(Shape, "__getattribute__", reading)  # noqa: B010  a type checker forbids the plain assignment
    setattr(Shape, "peek", peeking)  # noqa: B010  same
    try:
        yield
    finally:
        delattr(Shape, "__getattribute__")
        setattr(Shape, "peek", peek)  # noqa: B010  same


def _note(watched: Iterable[Resource], seen: set[tuple[int, str]], found: Reads) -> None:
    fields: dict[int, set[str]] = {}
    for holder, field in seen:
        fields.setdefault(holder, set()).add(field)
    for resource in watched:
        for prefix, shape in structures(resource):
            for field in fields.get(id(shape), ()):
                member = type(shape).model_fields[field].alias or api_name(field)
                path = f"{prefix}.{member}" if prefix else member
                found.setdefault(resource.cfn_type, set()).add(_without_indexes(path))


def _without_indexes(path: str) -> str:
    return "".join(f"[]{part.partition(']')[2]}" if n else part for n, part in enumerate(path.split("[")))
