"""Expressions of a template: how they are told to a reader, and what stands for what is not known."""

from typing import Any

from auditor.model.unknown import Reason, Unknown

_LONG = 120


def shown(raw: Any) -> str:
    """An expression in YAML's short form, without the literals within: they may be secrets."""
    if not isinstance(raw, dict) or len(raw) != 1:
        return "a value"
    ((name, inner),) = raw.items()
    short = f"!{name.removeprefix('Fn::')}"
    if isinstance(inner, str) and name in ("Ref", "Condition", "Fn::GetAtt", "Fn::ImportValue", "Fn::GetAZs"):
        return f"{short} {inner}"[:_LONG]
    if name == "Fn::GetAtt" and isinstance(inner, list) and all(isinstance(part, str) for part in inner):
        return f"{short} {'.'.join(inner)}"[:_LONG]
    names = list(dict.fromkeys(_references(inner)))
    return f"{short} over {', '.join(names)}"[:_LONG] if names else short


def _references(raw: Any) -> list[str]:
    if isinstance(raw, dict):
        found = [shown(raw)] if len(raw) == 1 and next(iter(raw)) in ("Ref", "Fn::GetAtt", "Fn::ImportValue") else []
        return found or [name for inner in raw.values() for name in _references(inner)]
    return [name for inner in raw for name in _references(inner)] if isinstance(raw, list) else []


def unresolved(expression: str, remedy: str) -> Unknown:
    """What stands for a value that only the deployment tells.

    Args:
        expression: what the template says.
        remedy: what would resolve it, or who does.
    """
    if "{{resolve:" in expression:
        start = expression.index("{{resolve:")
        expression = expression[start : expression.find("}}", start) + 2] or "a dynamic reference"
    return Unknown(Reason.UNRESOLVED_REFERENCE, f"{expression}: {remedy}")


def is_unknown(value: Any) -> bool:
    """Whether a value, or anything within it, is not known."""
    if isinstance(value, Unknown):
        return True
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(is_unknown(item) for item in inside)


def lines_of(value: Any) -> str:
    """A scalar as text, as functions join it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
