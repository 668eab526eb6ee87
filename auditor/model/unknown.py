"""What was not observed: `Unknown` stands in for it and `CannotAssess` is raised when it is read."""

from enum import StrEnum
from typing import NoReturn


class Reason(StrEnum):
    """Why something is unknown or a hole in the collection. A closed list."""

    ACCESS_DENIED = "ACCESS_DENIED"
    CREDENTIALS = "CREDENTIALS"
    THROTTLED = "THROTTLED"
    DEADLINE = "DEADLINE"
    API_ERROR = "API_ERROR"
    VANISHED = "VANISHED"
    REGION_UNAVAILABLE = "REGION_UNAVAILABLE"
    NOT_COLLECTED = "NOT_COLLECTED"
    EXCLUDED = "EXCLUDED"
    UNRESOLVED_REFERENCE = "UNRESOLVED_REFERENCE"
    KNOWN_AFTER_APPLY = "KNOWN_AFTER_APPLY"
    RUNTIME_VALUE = "RUNTIME_VALUE"
    CROSS_ACCOUNT = "CROSS_ACCOUNT"
    UNSUPPORTED_SYNTAX = "UNSUPPORTED_SYNTAX"
    UNEXPECTED_VALUE = "UNEXPECTED_VALUE"
    RULE_ERROR = "RULE_ERROR"


# A choice of the user, and a resource that is no longer there, leave no hole in what was to be looked at.
HARMLESS_REASONS = frozenset({Reason.EXCLUDED, Reason.VANISHED})


class CannotAssess(Exception):  # noqa: N818  it is an answer that a rule gives, not an error of the program
    """A rule read something that was not observed; the finding becomes NOT_AVAILABLE.

    Args:
        unknown: what stands in for the value.
        holder: the shape whose field was read, where it was a field.
        field: the name of that field.
    """

    def __init__(self, unknown: "Unknown", holder: object = None, field: str = "") -> None:
        super().__init__(unknown.reason, unknown.detail)
        self.unknown = unknown
        self.holder = holder
        self.field = field


class Unknown:
    """A value that was not observed. Any use of it as a value raises `CannotAssess`.

    Args:
        reason: why it was not observed.
        detail: what would have told it: the operation, the error code, the missing action, the expression.
    """

    __slots__ = ("detail", "reason")

    def __init__(self, reason: Reason, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail

    def __repr__(self) -> str:
        return f"Unknown({self.reason}, {self.detail!r})"

    @property
    def words(self) -> str:
        """Reason and detail, as a reader of a report is told them."""
        what = f"not observed, {self.reason.value}"
        return f"{what}: {self.detail}" if self.detail else what

    def _raise(self, *_: object, **__: object) -> NoReturn:
        raise CannotAssess(self)

    def __getattr__(self, name: str) -> NoReturn:
        # Dunder probes (copy, pickle, inspect) must see an ordinary missing attribute.
        if name.startswith("__"):
            raise AttributeError(name)
        raise CannotAssess(self)

    __bool__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = _raise
    __iter__ = __len__ = __contains__ = __getitem__ = __call__ = __str__ = __int__ = __float__ = _raise
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __format__ = __index__ = _raise
