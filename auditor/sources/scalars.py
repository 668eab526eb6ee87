"""Single values: what kind of thing one is, and the API's own type of what a source spells otherwise."""

from collections.abc import Mapping
from typing import Any

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (str, int, float),
    "blob": (str,),
}
_KINDS = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
_BOOLEANS = {"true": True, "false": False}


def kind_of(value: Any) -> str:
    """What kind of thing a value is, without the value: it may be a secret."""
    return _KINDS.get(type(value), "a string" if isinstance(value, str) else "a number")


def fits(value: Any, code: str) -> bool:
    """Whether a value is of the type that a scalar's code asks for; a boolean is no number."""
    types = _TYPES["string" if code.startswith("=") else code]
    return isinstance(value, types) and (not isinstance(value, bool) or bool in types)


def wanted(code: str) -> str:
    """What a scalar's code asks for, in words."""
    return "a string" if code.startswith("=") else f"{'an' if code[0] in 'aeiou' else 'a'} {code}"


def converted(value: Any, code: str) -> Any:
    """A value as the type that a scalar's code asks for, where a template's spelling of it says the same.

    Returns:
        `"true"` as True, `"5"` as 5, `5` as "5", True as "true"; anything else as it is.
    """
    if fits(value, code) or isinstance(value, dict | list):
        return value
    if code == "boolean":
        return _BOOLEANS.get(value.lower(), value) if isinstance(value, str) else value
    if code in ("integer", "long", "float", "double"):
        return _number(value, whole=code in ("integer", "long"))
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def _number(value: Any, *, whole: bool) -> Any:
    if isinstance(value, bool):
        return value
    try:
        if not whole:
            return float(value)
        return int(value) if isinstance(value, str) or value == int(value) else value
    except (TypeError, ValueError, OverflowError):
        return value
