"""API paths within a resource: reading the value at one, finding the path of a structure."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from .sensitive import Redacted
from .shape import Shape
from .unknown import Unknown

_SCALARS = frozenset({str, bool, int, float, type(None)})
# A list of this many items or fewer is shown whole as evidence.
_SHOWN_ITEMS = 20


@lru_cache(maxsize=4096)
def _steps(path: str) -> tuple[str | int | None, ...]:
    steps: list[str | int | None] = []
    for part in path.split("."):
        name, _, rest = part.partition("[")
        steps.append(name)
        while rest:
            index, _, rest = rest.partition("]")
            steps.append(int(index) if index else None)
            rest = rest.lstrip("[")
    return tuple(steps)


def value_at(shape: Shape, path: str) -> tuple[Any, bool]:
    """The value at an API path, and whether it was set by anyone.

    Args:
        shape: the resource or structure to start from.
        path: API members joined by dots; `[2]` takes an item, `[]` all of them.

    Returns:
        The value as plain data (an `Unknown` and sensitive values as their description), and False where
        the member was left unset, so that the value is the service's default or None.
    """
    value, given = _walk(shape, _steps(path))
    # Most evidence is a word, a number or a switch.
    return (value if type(value) in _SCALARS else plain(value)), given


def _walk(value: Any, steps: tuple[str | int | None, ...]) -> tuple[Any, bool]:
    given = True
    for index, step in enumerate(steps):
        if value is None or isinstance(value, Unknown):
            return value, given and value is not None
        if step is None:
            found = [_walk(item, steps[index + 1 :]) for item in value]
            return tuple(item for item, _ in found), any(flag for _, flag in found)
        if isinstance(step, int):
            value = value[step]
        elif isinstance(value, Shape):
            field = type(value).field_of(step)
            if field is None:
                return None, False
            given = given and field in value.model_fields_set
            value = value.peek(field)
        elif isinstance(value, dict):
            given = given and step in value
            value = value.get(step)
        else:
            return None, False
    return value, given


def plain(value: Any) -> Any:
    """A value as JSON-able data in API spelling; sensitive and unknown values as their description."""
    if isinstance(value, Shape):
        return {member: plain(item) for member, item in value.members()}
    if isinstance(value, Unknown | Redacted):
        return value.words if isinstance(value, Unknown) else repr(value)
    if isinstance(value, tuple | list):
        shown = [plain(item) for item in value[:_SHOWN_ITEMS]]
        return [*shown, f"… {len(value) - _SHOWN_ITEMS} more"] if len(value) > _SHOWN_ITEMS else shown
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def structures(shape: Shape, prefix: str = "") -> Iterator[tuple[str, Shape]]:
    """Every structure within a resource with its API path, the resource itself first under the empty path."""
    yield prefix, shape
    for member, field in type(shape).fields_by_member.items():
        value = shape.peek(field)
        path = f"{prefix}.{member}" if prefix else member
        if isinstance(value, Shape):
            yield from structures(value, path)
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                if isinstance(item, Shape):
                    yield from structures(item, f"{path}[{index}]")


def path_of(root: Shape, holder: object, field: str) -> str:
    """The API path of a field of a structure somewhere within a resource; empty where it is not in it."""
    for path, shape in structures(root):
        if shape is holder:
            member = type(shape).model_fields[field].alias or field
            return f"{path}.{member}" if path else member
    return ""
