"""Judging one field wherever a resource has it: alone, in a structure that may be absent, in list items."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from auditor.model.resource import Resource
from auditor.model.shape import Shape
from auditor.model.unknown import CannotAssess
from auditor.model.verdict import Status, Verdict, Where


@dataclass(slots=True)
class Spot:
    """One place where a field is.

    Args:
        path: the API path, with the index of each list item.
        holder: the structure that has the field; None where the way to it was not observed.
        field: the name of the field in the holder.
        error: why the way was not observed.
    """

    path: str
    holder: Shape | None
    field: str
    error: CannotAssess | None = None

    def value(self) -> Any:
        """The value of the field.

        Raises:
            CannotAssess: it, or the way to it, was not observed.
        """
        if self.error is not None:
            raise self.error
        return getattr(self.holder, self.field)


def spots(shape: Shape, path: str) -> Iterator[Spot]:
    """Every place of an API path such as `ProductionVariants[].CoreDumpConfig.KmsKeyId`.

    Where a structure on the way is absent there is no place; where it was not observed, one that says so.
    """
    steps = _steps(path)
    return _spots(shape, list(steps), "") if "[]" in path else _straight(shape, path, steps)


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def _straight(shape: Shape, path: str, steps: tuple[str, ...]) -> Iterator[Spot]:
    """The one place of a path without lists."""
    holder = shape
    for step in steps[:-1]:
        try:
            value = getattr(holder, _field(type(holder), step))
        except CannotAssess as error:
            yield Spot(path, None, "", error)
            return
        if value is None:
            return
        holder = value
    yield Spot(path, holder, _field(type(holder), steps[-1]))


def _field(kind: type[Shape], member: str) -> str:
    field = kind.field_of(member)
    if field is None:
        raise ValueError(f"{kind.__name__} has no member {member}")
    return field


def _spots(shape: Shape, steps: list[str], prefix: str) -> Iterator[Spot]:
    step, rest = steps[0], steps[1:]
    member = step.removesuffix("[]")
    field = _field(type(shape), member)
    path = f"{prefix}{member}"
    if not rest:
        yield Spot(path, shape, field)
        return
    try:
        value = getattr(shape, field)
        items: Iterable[Any] = enumerate(value) if step.endswith("[]") else ((None, value),)
        for index, item in items:
            place = path if index is None else f"{path}[{index}]"
            if item is None:
                continue
            if not isinstance(item, Shape):
                # An item that was not observed raises when it is used.
                bool(item)
            yield from _spots(item, rest, f"{place}.")
    except CannotAssess as error:
        yield Spot(path, None, "", error)


def judge_spots(found: Iterable[Spot], judge: Callable[[Spot], Verdict], *, empty: Verdict) -> Verdict:
    """FAILED if any place failed, else not assessable if any is, else PASSED; `empty` where nothing applies.

    Args:
        found: the places.
        judge: gives a verdict on one, whose path is added to the evidence where the verdict names none.
        empty: the verdict where there is no place, or none to which the rule applies.

    Raises:
        CannotAssess: no place failed and one could not be assessed.
    """
    unknown: CannotAssess | None = None
    by_status: dict[Status, list[Verdict]] = {}
    for spot in found:
        try:
            verdict = judge(spot)
        except CannotAssess as error:
            unknown = unknown or error
            continue
        if verdict.status is not None:
            at: tuple[Where, ...] = verdict.at or (spot.path,)
            by_status.setdefault(verdict.status, []).append(Verdict(verdict.status, verdict.message, at))
    if unknown is not None and Status.FAILED not in by_status:
        raise unknown
    for status in (Status.FAILED, Status.PASSED):
        if status in by_status:
            verdicts = by_status[status]
            messages = dict.fromkeys(verdict.message for verdict in verdicts)
            return Verdict(status, "; ".join(messages), tuple(where for v in verdicts for where in v.at))
    return empty


@dataclass(frozen=True, slots=True)
class Paths:
    """Where the types of one rule have the field: type to API paths."""

    by_type: dict[type[Resource], tuple[str, ...]]

    def of(self, resource: Resource) -> Iterator[Spot]:
        """Every place of a resource."""
        for path in self.by_type[type(resource)]:
            yield from spots(resource, path)
