"""A rule's parameters: what an organisation may set otherwise, and what fits there."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Value = bool | int | float | str | tuple[str, ...]
# What a span of days or minutes can be counted with (datetime.timedelta), and far beyond what anybody means.
LARGEST = 999_999_999
_EXPECTED = {
    bool: "true or false",
    int: f"a whole number from 1 to {LARGEST:,}",
    float: f"a number above 0, at most {LARGEST:,}",
    str: "a text that is not empty",
    tuple: 'a list of texts that are not empty, such as ["one", "two"]',
}
_MOST_SHOWN = 3
_LONGEST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing about a rule that an organisation may set.

    Args:
        name: as the configuration spells it.
        default: what holds where nothing is set; its type is the parameter's.
        meaning: what it does, with the unit, as a clause.
    """

    name: str
    default: Value
    meaning: str

    def __post_init__(self) -> None:
        """Refuse a default of another type, one that does not fit, and a meaning that is missing."""
        if not self.meaning:
            raise ValueError(f"the parameter {self.name} is not explained: say under Parameters: what it does")
        if type(self.default) not in _EXPECTED:
            raise ValueError(f"the parameter {self.name} is none of bool, int, float, str, tuple[str, ...]")
        self.fitting(self.default)

    @property
    def kind(self) -> str:
        """The type, as TOML calls it."""
        return {bool: "boolean", int: "integer", float: "float", str: "string", tuple: "array of strings"}[
            type(self.default)
        ]

    def fitting(self, given: Any) -> Value:
        """A value for the parameter.

        Args:
            given: as TOML or JSON has it.

        Raises:
            ValueError: it does not fit; says what is expected.
        """
        kind = type(self.default)
        value = tuple(given) if kind is tuple and isinstance(given, list | tuple) else given
        if kind is float and type(value) is int:
            value = float(value) if abs(value) <= LARGEST else math.inf
        if type(value) is not kind or not _fits(value):
            raise ValueError(f"expected {_EXPECTED[kind]}, got {_cut(repr(given))}")
        fitting: Value = value
        return fitting


def _fits(value: Any) -> bool:
    if isinstance(value, bool):
        return True
    if isinstance(value, int | float):
        return 0 < value <= LARGEST
    if isinstance(value, str):
        return bool(value.strip())
    return all(isinstance(item, str) and item.strip() for item in value)


def shown(value: Value) -> str:
    """A value in a sentence; of a long list the first and how many more there are."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, tuple):
        return _cut(str(value))
    more = len(value) - _MOST_SHOWN
    words = [_cut(item) for item in value[:_MOST_SHOWN]] + ([f"{more:,} more"] if more > 0 else [])
    return ", ".join(words) or "not set"


def meanings(text: str, names: Iterable[str]) -> dict[str, str]:
    """What the section `Parameters:` of a docstring says of each name.

    Args:
        text: the section, white space folded: `name: what it does. other: what that does.`
        names: the parameters.
    """
    known = "|".join(map(re.escape, names))
    if not known:
        return {}
    parts = re.split(rf"(?:^|(?<= ))({known}): ", text)
    return {name: said.strip().removesuffix(".") for name, said in zip(parts[1::2], parts[2::2], strict=True)}


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
