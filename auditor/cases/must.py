"""What the parts of a case file must be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auditor.errors import InputError
from auditor.model.unknown import Reason


@dataclass(frozen=True, slots=True)
class Must:
    """Refuses what does not fit, naming the file and the place in it.

    Args:
        file: the case file.
        key: the rule, or the rule and the case.
    """

    file: str
    key: str

    def be_text(self, name: str, value: Any) -> str:
        """A text."""
        if not isinstance(value, str):
            raise self._wrong(f"{name} must be a text")
        return value

    def be_texts(self, name: str, value: Any) -> tuple[str, ...]:
        """A list of texts."""
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(f"{name} must be a list of texts")
        return tuple(value)

    def be_object(self, name: str, value: Any) -> Mapping[str, Any]:
        """An object."""
        if not isinstance(value, dict):
            raise self._wrong(f"{name} must be an object of API members, or one of its statuses")
        return value

    def be_time(self, name: str, value: Any) -> str:
        """A time with its zone, ISO 8601; or nothing."""
        text = self.be_text(name, value)
        try:
            fits = not text or datetime.fromisoformat(text).tzinfo is not None
        except ValueError:
            fits = False
        if not fits:
            raise self._wrong(f"{name} must be a time such as 2026-01-15T00:00:00+00:00")
        return text

    def be_neighbours(self, name: str, value: Any) -> Mapping[str, Any]:
        """Types, each with a list of facts or the gap that hides them."""
        for kind, given in self.be_object(name, value).items():
            listed = isinstance(given, list) and all(isinstance(item, dict) for item in given)
            if not listed and not self._is_gap(given):
                gap = f'{{"$gap": {Reason.ACCESS_DENIED.value}}}'
                raise self._wrong(f"{name}.{kind} must be a list of objects of API members, or a gap such as {gap}")
        return dict(value)

    @staticmethod
    def _is_gap(given: Any) -> bool:
        return isinstance(given, dict) and set(given) == {"$gap"} and given["$gap"] in [*Reason]

    def _wrong(self, message: str) -> InputError:
        return InputError(message, file=self.file, key=self.key)
