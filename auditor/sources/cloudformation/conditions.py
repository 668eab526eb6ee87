"""Conditions, three-valued: what cannot be known before deployment is decided in both ways, each a scenario."""

from collections.abc import Iterator
from typing import Any

from auditor.model.unknown import Unknown
from auditor.sources.cloudformation.choices import Open, Option
from auditor.sources.cloudformation.expressions import lines_of
from auditor.sources.cloudformation.resolving import Resolving
from auditor.sources.cloudformation.template import comparison
from auditor.sources.interface import Reference
from auditor.sources.marks import RawPath

_EITHER = (Option("true", True), Option("false", False))
_PAIR = 2
# So many choices are noted in the time that a value takes.
_UNIT = 16


class Conditions:
    """The conditions of a template under the choices of one reading.

    Args:
        resolver: resolves what they compare.
    """

    def __init__(self, resolver: Resolving) -> None:
        self._resolver = resolver
        self._kept: dict[str, tuple[bool, Open]] = {}
        self._open: set[str] = set()

    def holds(self, name: str, at: RawPath) -> bool:
        """Whether a condition of the template holds.

        Args:
            name: its name.
            at: where it is asked for.
        """
        conditions = self._resolver.template.conditions
        if name in conditions and name not in self._kept and name not in self._open:
            self._decide(name)
        if name in self._kept:
            found, asked = self._kept[name]
            self._resolver.choices.again(asked)
            if not self._resolver.afford(1 + len(asked) // _UNIT):
                self._resolver.endless()
            return found
        if name not in conditions:
            self._resolver.no_such(at, f"there is no condition {name}", name, conditions)
        else:
            self._resolver.fault(("Conditions", name), f"the condition {name} refers to itself in a circle")
        return self._either(name)

    def _decide(self, name: str) -> None:
        """Decide a condition, after all that it names: their chains may be longer than Python calls itself."""
        conditions = self._resolver.template.conditions
        opened: list[str] = []
        awaited = [(name, False)]
        try:
            while awaited:
                one, ready = awaited.pop()
                if ready:
                    with self._resolver.choices.heard() as asked:
                        found = self._whether(conditions[one], ("Conditions", one), one)
                    self._kept[one] = (found, asked)
                    self._open.discard(one)
                elif one in conditions and one not in self._kept and one not in self._open:
                    self._open.add(one)
                    opened.append(one)
                    awaited.append((one, True))
                    awaited += [(inner, False) for inner in _named(conditions[one])]
        finally:
            self._open.difference_update(opened)

    def _either(self, subject: str) -> bool:
        return bool(self._resolver.choices.of(subject, _EITHER).value)

    def _whether(self, raw: Any, at: RawPath, name: str) -> bool:
        function, inner = next(iter(raw.items())) if isinstance(raw, dict) and len(raw) == 1 else ("", None)
        at = (*at, function)
        if function == "Condition" and isinstance(inner, str):
            return self.holds(inner, at)
        if function == "Fn::Equals" and isinstance(inner, list) and len(inner) == _PAIR:
            return self._equal(inner[0], inner[1], at, name)
        if function == "Fn::Not" and isinstance(inner, list) and len(inner) == 1:
            return not self._whether(inner[0], (*at, 0), name)
        if function in ("Fn::And", "Fn::Or") and isinstance(inner, list) and inner:
            # Every part is asked, so that the same choices are met whatever the parts before it say.
            parts = [self._whether(one, (*at, index), name) for index, one in enumerate(inner)]
            return all(parts) if function == "Fn::And" else any(parts)
        self._resolver.fault(at, f"the condition {name} is no Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition")
        return self._either(name)

    def _equal(self, one: Any, other: Any, at: RawPath, name: str) -> bool:
        left, right = self._resolver.value(one, (*at, 0)), self._resolver.value(other, (*at, 1))
        if _plain(left) and _plain(right):
            return lines_of(left) == lines_of(right)
        if isinstance(left, list) and isinstance(right, list) and all(map(_plain, (*left, *right))):
            return left == right
        if one == other:
            return True
        for reference, literal in ((one, right), (other, left)):
            if self._is_another(reference) and _plain(literal):
                # The choice says that it is none of what conditions compare it with.
                return False
        return self._either(self._resolver.template.comparisons.get(comparison(one, other), name))

    def _is_another(self, raw: Any) -> bool:
        """Whether something is a parameter that was chosen to be none of what it is compared with."""
        subject = raw.get("Ref") if isinstance(raw, dict) and len(raw) == 1 else None
        choices = self._resolver.choices
        options = choices.options(subject) if isinstance(subject, str) else None
        if not isinstance(subject, str) or options is None:
            return False
        return choices.of(subject, options).value is None


def _named(raw: Any) -> Iterator[str]:
    """The conditions that a condition always asks for."""
    if not isinstance(raw, dict) or len(raw) != 1:
        return
    ((function, inner),) = raw.items()
    if function == "Condition" and isinstance(inner, str):
        yield inner
    elif function in ("Fn::And", "Fn::Or", "Fn::Not") and isinstance(inner, list):
        for one in inner:
            yield from _named(one)


def _plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, Reference | Unknown)
