"""What the statements of the stack's policies say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.deploy.conftest import Template

    Statements = Callable[[Template], Iterator[tuple[str, dict[str, Any]]]]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def principals(statement: dict[str, Any], kind: str) -> list[str]:
    principal = statement.get("Principal", {})
    return listed(principal.get(kind, [])) if isinstance(principal, dict) else []


def demanded(statement: dict[str, Any]) -> dict[str, Any]:
    """Condition key to value, whatever the operator."""
    return {key: value for test in statement.get("Condition", {}).values() for key, value in test.items()}
