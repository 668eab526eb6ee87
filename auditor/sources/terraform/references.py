"""Where an expression of the configuration leads: to resources of the plan, through variables and outputs.

Of an expression a plan tells the names that occur in it, longest first and each followed by what it starts with
(`aws_kms_key.main.arn`, `aws_kms_key.main`). Values of locals are not in a plan.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from auditor.sources.terraform.plan import Change, Plan, steps

if TYPE_CHECKING:
    from auditor.sources.marks import RawPath

_DEPTH = 20
_PARTS = re.compile(r'[^.\[\]"]+|\[(?:"(?:[^"\\]|\\.)*"|\d+|\*)\]')
# What is known whenever a plan is made.
_TOLD = frozenset({"path", "terraform", "count"})


@dataclass(frozen=True, slots=True)
class Hit:
    """An attribute of one instance of a resource.

    Args:
        change: what becomes of it.
        attribute: the attribute; empty where the expression names the resource as a whole (`aws_subnet.all[*].id`).
    """

    change: Change
    attribute: str


@dataclass(frozen=True, slots=True)
class Trail:
    """Where an expression leads.

    Args:
        hits: attributes of instances of resources, in the order in which they are named.
        clear: whether nothing else is in the expression that only the apply could tell.
        words: the names in the expression, to be told to a reader.
    """

    hits: tuple[Hit, ...]
    clear: bool
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Way:
    """How an expression is followed.

    What two names lead to is followed once: a second time tells nothing new, and names that double with every
    module would have no end.

    Args:
        left: how many more steps are taken.
        been: the variables and outputs that were followed.
    """

    left: int = _DEPTH
    been: set[tuple[str, str, str]] = field(default_factory=set)

    def first(self, module: str, what: str, name: str) -> bool:
        """Whether a variable or output was not followed before; from now on it was."""
        key = (module, what, name)
        known = key in self.been
        self.been.add(key)
        return not known

    def further(self) -> "_Way":
        """One step on."""
        return _Way(self.left - 1, self.been)


class Tracer:
    """Follows expressions.

    Args:
        plan: the plan.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._instances: defaultdict[tuple[str, str], list[Change]] = defaultdict(list)
        self._modules: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for change in plan.changes:
            if change.stays or change.mode == "data":
                self._instances[change.module, change.key].append(change)
            around = ""
            for name, key in steps(change.module):
                self._modules[around, name].add(key)
                around = f"{around}.module.{name}{key}".lstrip(".")

    def trail(self, expression: Any, module: str, index: str | int | None = None) -> Trail:
        """Where an expression leads.

        Args:
            expression: as the configuration in the plan holds it.
            module: address of the module's instance in which it stands.
            index: key of the instance of the resource whose attribute it sets.
        """
        return self._follow(expression, module, index, _Way())

    def sensitive(self, expression: Any, module: str) -> bool:
        """Whether a variable that is declared sensitive is in an expression, here or where the module is called."""
        return self._is_sensitive(expression, module, _Way())

    def _is_sensitive(self, expression: Any, module: str, way: "_Way") -> bool:
        for word in names_in(expression):
            parts = _PARTS.findall(word)
            if parts[:1] != ["var"] or len(parts) == 1 or not way.left or not way.first(module, "var", parts[1]):
                continue
            if self._plan.module(module).sensitive_variable(parts[1]):
                return True
            outer = self._outer(module, parts[1])
            if outer is not None and self._is_sensitive(*outer, way.further()):
                return True
        return False

    def _outer(self, module: str, variable: str) -> tuple[Any, str] | None:
        """What a module is called with for a variable, and where; None in the root module."""
        around = steps(module)
        if not around:
            return None
        parent = "".join(f".module.{name}{key}" for name, key in around[:-1]).lstrip(".")
        call = self._plan.module(parent).call(around[-1][0])
        expressions = call.get("expressions")
        return (expressions.get(variable) if isinstance(expressions, dict) else None), parent

    def _follow(self, expression: Any, module: str, index: str | int | None, way: "_Way") -> Trail:
        words = names_in(expression)
        hits: dict[tuple[RawPath, str], Hit] = {}
        clear = True
        for word in words:
            found = self._name(_PARTS.findall(word), module, index, way)
            if found is None:
                clear = False
                continue
            clear = clear and found.clear
            for hit in found.hits:
                hits.setdefault((hit.change.at, hit.attribute), hit)
        return Trail(tuple(hits.values()), clear, words)

    def _name(self, parts: list[str], module: str, index: str | int | None, way: "_Way") -> Trail | None:
        """Where one name leads; None where the plan does not tell."""
        head, *rest = parts or [""]
        if head in _TOLD or (head == "each" and rest[:1] == ["key"]):
            return Trail((), clear=True)
        if not rest or head in ("local", "each", "self") or not way.left:
            return None
        if head == "var":
            outer = self._outer(module, rest[0])
            # The variables of the root module are values by the time of a plan.
            if outer is None or not way.first(module, "var", rest[0]):
                return Trail((), clear=True)
            return self._follow(*outer, None, way.further())
        if head == "module":
            return self._output(rest, module, way)
        words, rest = ([head, *rest[:2]], rest[2:]) if head == "data" else ([head, rest[0]], rest[1:])
        return self._resource(".".join(words), rest, module, index)

    def _output(self, rest: list[str], module: str, way: "_Way") -> Trail | None:
        name, *rest = rest
        known = self._modules.get((module, name), set())
        keys = sorted(known)
        if rest and rest[0].startswith("["):
            keys = [rest[0]] if rest[0] in known else keys
            rest = rest[1:]
        if not rest:
            return None
        hits: list[Hit] = []
        clear = bool(keys)
        for key in keys:
            child = f"{module}.module.{name}{key}".lstrip(".")
            if not way.first(child, "output", rest[0]):
                continue
            found = self._follow(self._plan.module(child).output(rest[0]), child, None, way.further())
            hits += found.hits
            clear = clear and found.clear
        return Trail(tuple(hits), clear)

    def _resource(self, key: str, rest: list[str], module: str, index: str | int | None) -> Trail | None:
        found = self._instances.get((module, key), [])
        if rest and rest[0].startswith("["):
            wanted = rest[0][1:-1]
            found = [one for one in found if wanted in ("*", str(one.index), f'"{one.index}"')]
            rest = rest[1:]
        elif index is not None and len(found) > 1 and any(one.index == index for one in found):
            # `aws_kms_key.each[each.key]`, of which a plan tells the name alone.
            found = [one for one in found if one.index == index]
        if not found:
            return None
        return Trail(tuple(Hit(one, rest[0] if rest else "") for one in found), clear=True)


def names_in(expression: Any) -> tuple[str, ...]:
    """The names in an expression, without those that are only the start of another."""
    if not isinstance(expression, dict) or not isinstance(expression.get("references"), list):
        return ()
    words = list(dict.fromkeys(word for word in expression["references"] if isinstance(word, str)))
    ordered = sorted(words)
    return tuple(word for word in words if not _starts_one(word, ordered))


def is_leaf(expression: Any) -> bool:
    """Whether something of the configuration is an expression, and not what a block holds."""
    return isinstance(expression, dict) and {*expression} <= {"constant_value", "references"}


def within(expression: Any, step: str | int) -> Any:
    """The expression of an attribute of a block, or of an item of some blocks; None where there is none."""
    if isinstance(step, int):
        if isinstance(expression, list):
            return expression[step] if step < len(expression) else None
        return expression
    return expression.get(step) if isinstance(expression, Mapping) and not is_leaf(expression) else None


def _starts_one(word: str, ordered: list[str]) -> bool:
    """Whether one of some sorted names begins with a word and goes on with a step."""
    for longer in (f"{word}.", f"{word}["):
        place = bisect_left(ordered, longer)
        if place < len(ordered) and ordered[place].startswith(longer):
            return True
    return False
