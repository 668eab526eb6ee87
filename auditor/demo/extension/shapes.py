"""What botocore's service model says of a value: which members it may carry, and whether it is valid."""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_BASIC_PLANE = 0x10000
_FAILED = "failed to satisfy constraint"
_JAVA = {"\\uD800\\uDC00-\\uDBFF\\uDFFF": "\\U00010000-\\U0010ffff", "\\p{Alnum}": "a-zA-Z0-9"}
_REPEATED_END = re.compile(r"\$\{\d+,\d+\}")
_PROPERTY = re.compile(r"\\p\{(\w)\}")


def prune(shape: Any, value: Any) -> Any:
    """Return ``value`` without the members that ``shape`` lacks and without unset ones, at every depth."""
    if isinstance(value, dict):
        if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
            members = shape.members
            return {
                name: prune(members[name], item) for name, item in value.items() if item is not None and name in members
            }
        if shape.type_name == "map":
            return {name: prune(shape.value, item) for name, item in value.items()}
    if isinstance(value, list) and shape.type_name == "list":
        return [prune(shape.member, item) for item in value]
    return value


def violations(shape: Any, value: Any, path: str = "") -> Iterator[str]:
    """Yield one sentence, worded like AWS, per constraint of ``shape`` that ``value`` breaks.

    Looked at: required members, enums, patterns (whole match), lengths and ranges.
    """
    if shape.type_name == "structure" and isinstance(value, dict):
        yield from _structure(shape, value, path)
    elif shape.type_name == "list" and isinstance(value, list):
        yield from _size(shape, len(value), path, "length")
        for index, item in enumerate(value, 1):
            yield from violations(shape.member, item, f"{path}.{index}.member")
    elif shape.type_name == "map" and isinstance(value, dict):
        for name, item in value.items():
            yield from violations(shape.value, item, _join(path, name))
    elif shape.type_name == "string":
        yield from _string(shape, value, path)
    elif shape.type_name in {"integer", "long", "float", "double"}:
        yield from _size(shape, value, path, "value")


def _structure(shape: Any, value: dict[str, Any], path: str) -> Iterator[str]:
    """Yield what is wrong with the members of a structure."""
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{_join(path, name)}' {_FAILED}: Member must not be null"
    for name, item in value.items():
        if name in shape.members and item is not None:
            yield from violations(shape.members[name], item, _join(path, name))


def _join(path: str, name: str) -> str:
    """Return the dotted path of a member, in AWS's camel case."""
    name = name[:1].lower() + name[1:]
    return f"{path}.{name}" if path else name


def _string(shape: Any, value: Any, path: str) -> Iterator[str]:
    """Yield what is wrong with a string."""
    if not isinstance(value, str):
        yield f"Value at '{path}' {_FAILED}: Member must be a string"
        return
    enum = getattr(shape, "enum", None)
    if enum and value not in enum:
        yield (f"Value '{value}' at '{path}' {_FAILED}: Member must satisfy enum value set: [{', '.join(enum)}]")
    yield from _size(shape, len(value), path, "length")
    pattern = shape.metadata.get("pattern")
    if pattern and not compiled(pattern).fullmatch(value):
        yield (f"Value '{value}' at '{path}' {_FAILED}: Member must satisfy regular expression pattern: {pattern}")


def _size(shape: Any, size: float, path: str, what: str) -> Iterator[str]:
    """Yield whether a length or number lies outside the shape's range."""
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield f"Value at '{path}' {_FAILED}: Member must have {what} greater than or equal to {low}"
    if high is not None and size > high:
        yield f"Value at '{path}' {_FAILED}: Member must have {what} less than or equal to {high}"


@functools.cache
def compiled(pattern: str) -> re.Pattern[str]:
    r"""Return a pattern of the service model, which is Java's, for Python.

    ``\p{L}`` is spelled out, a range of surrogate pairs becomes one of code points, and a repeated ``$``,
    which Java takes, is said once.
    """
    for java, python in _JAVA.items():
        pattern = pattern.replace(java, python)
    pattern = _REPEATED_END.sub("$", pattern)
    return re.compile(_PROPERTY.sub(lambda match: _category(match[1]), pattern), re.DOTALL)


def _category(major: str) -> str:
    """Return the characters of a Unicode major category, as the inside of a character class."""
    return "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in _ranges()[major])


@functools.cache
def _ranges() -> dict[str, list[tuple[int, int]]]:
    """Return the runs of code points of each Unicode major category, in the basic plane.

    The planes above it hold emoji and historic scripts, which no name in the sample account uses.
    """
    found: dict[str, list[tuple[int, int]]] = {}
    for major, run in itertools.groupby(range(_BASIC_PLANE), lambda code: unicodedata.category(chr(code))[0]):
        codes = list(run)
        found.setdefault(major, []).append((codes[0], codes[-1]))
    return found
