"""Field types that let an `Unknown` stand where one item of a list or map was not observed."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import Field, WrapValidator

from .unknown import Reason, Unknown

T = TypeVar("T")

_MISSING = Unknown(Reason.NOT_COLLECTED, "the answer that was read does not hold this member")


def _pass_unknown(value: Any, handler: Callable[[Any], Any]) -> Any:
    return value if type(value) is Unknown else handler(value)


Maybe = Annotated[T, WrapValidator(_pass_unknown)]
Items = tuple[Annotated[T, WrapValidator(_pass_unknown)], ...]


def observed(alias: str | None = None) -> Any:
    """Declare a field that the service always answers, so that its absence means it was not observed.

    Args:
        alias: the API member, where it is not the field's name in PascalCase.
    """
    return Field(default_factory=lambda: _MISSING, alias=alias)


def missing() -> Unknown:
    """The one `Unknown` that stands for a member the answering shape does not hold."""
    return _MISSING
