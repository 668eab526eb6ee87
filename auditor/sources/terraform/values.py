"""What a resource will be: the values that a plan tells, and marks for what it does not tell or may not show."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from auditor.model.resource import Resource
from auditor.model.sensitive import Redacted
from auditor.model.shape import Shape
from auditor.model.unknown import Reason, Unknown
from auditor.sources.interface import Reference
from auditor.sources.shapes import nested_shape
from auditor.sources.terraform.blocks import may_be_block
from auditor.sources.terraform.plan import Change, Plan
from auditor.sources.terraform.references import Hit, Tracer, Trail, is_leaf, within

# What a resource is called once it exists: never null after the apply.
_CALLED = re.compile(r"(?:^|_)(?:arn|id|ids|name|bucket)$")
# Texts of which a name is but a part, and the rest decides.
_PLACE = re.compile(r"image|url|document|policy$")
# Members whose presence alone is a fact, and that lead to another resource.
_NAMING = re.compile(r"(?:Kms(?:Master)?Key(?:Id|Arn)?|KmsKey|Role(?:Arn)?|ExecutionRole|Name|SubnetIds?|Subnets)$")
_GROUPS = re.compile(r"SecurityGroup(?:s|Ids|Id)$|VpcId$")
_MARKED = "the plan marks it as sensitive"


class Secret(str):
    """A text that the plan marks as sensitive: it never leaves the source but as `Redacted` or as its length."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Values:
    """Reads the values of changes.

    Args:
        plan: the plan.
        tracer: follows its expressions.
        called: what a resource of the plan is called in what the source yields.
        leaves_out: whether the text of a resource surely holds no block of a name.
    """

    plan: Plan
    tracer: Tracer
    called: Callable[[Change], str]
    leaves_out: Callable[[Change, str], bool]

    def of(self, change: Change) -> dict[str, Any]:
        """The attributes of a resource; those that are left to the service are not among them.

        A `Reference`, an `Unknown` or a `Secret` stands for what is not told, or told under the seal of secrecy.
        """
        expressions = self.plan.module(change.module).resources.get(change.key)
        whole: dict[str, Any] = _Reading(self, change, known=expressions is not None).block(
            change.after, change.unknown, change.sensitive, expressions
        )
        return whole

    def trail(self, change: Change, *path: str | int) -> Trail:
        """Where the expression of an attribute leads."""
        return self.tracer.trail(self.expression(change, *path), change.module, change.index)

    def expression(self, change: Change, *path: str | int) -> Any:
        """The expression of an attribute; None where the plan holds none."""
        found: Any = self.plan.module(change.module).resources.get(change.key)
        for step in path:
            found = within(found, step)
        return found

    def reference(self, hit: Hit) -> Reference:
        """What stands for a name that a resource will have."""
        return Reference(self.called(hit.change))


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads one change. Args: values; change; known: whether its configuration is there."""

    values: Values
    change: Change
    known: bool

    def block(
        self, after: Any, unknown: Any, sensitive: Any, expressions: Any, *, listed: bool = False
    ) -> dict[str, Any]:
        """The attributes of a block, or the entries of a map; `listed` says that it is an item of a list."""
        leaf = is_leaf(expressions)
        known = self.known and isinstance(expressions, dict) and not leaf
        later = unknown if isinstance(unknown, dict) else {}
        out: dict[str, Any] = {}
        for key in dict.fromkeys((*after, *later)):
            inner = expressions if leaf else within(expressions, key)
            if _part(later, key) is True and inner is None and known and self._unset(key):
                # Nobody set it, so the service decides.
                continue
            item = self._value(key, after.get(key), _part(later, key), _part(sensitive, key), inner)
            # Of a map, the key tells as much as the value.
            named = not leaf or (listed and _CALLED.search(key))
            out[key] = self._unresolved(key, inner) if isinstance(item, Reference) and not named else item
        return out

    def _unset(self, key: str) -> bool:
        """Whether what the configuration in the plan does not hold is not set.

        The plan holds no `dynamic` block, and no block of an argument that may be written as one: of a block that
        is known after apply it does not tell whether there is any. The text does, where it is there.
        """
        return not may_be_block(key) or self.values.leaves_out(self.change, key)

    def _value(self, key: str, after: Any, unknown: Any, sensitive: Any, expression: Any) -> Any:
        if unknown is True:
            return self._later(key, expression)
        if sensitive is True or (after is not None and self._declared_secret(after, expression)):
            return _sealed(after)
        if isinstance(after, dict):
            return self.block(after, unknown, sensitive, expression)
        if isinstance(after, list) or isinstance(unknown, list):
            return self._items(key, after if isinstance(after, list) else [], unknown, sensitive, expression)
        return after

    def _items(self, key: str, after: list[Any], unknown: Any, sensitive: Any, expression: Any) -> list[Any]:
        later = unknown if isinstance(unknown, list) else []
        waiting = [place for place, mark in enumerate(later) if mark is True]
        told = self._references(expression) if waiting else []
        standing = dict(zip(waiting, told, strict=False)) if len(told) == len(waiting) else {}
        out: list[Any] = []
        for place in range(max(len(after), len(later))):
            if place in standing:
                out.append(standing[place])
                continue
            inner = within(expression, place)
            value = after[place] if place < len(after) else None
            marks = (_part(later, place), _part(sensitive, place))
            if isinstance(value, dict) and True not in marks:
                out.append(self.block(value, *marks, inner, listed=True))
                continue
            item = self._value(key, value, *marks, inner)
            if item is not None:
                out.append(item)
        return out

    def _later(self, key: str, expression: Any) -> Any:
        """What stands for a value that is known after apply."""
        found = [] if _PLACE.search(key) else self._references(expression)
        if len(found) == 1:
            return found[0]
        if found and key.endswith("s"):
            return found
        return self._unresolved(key, expression)

    def _references(self, expression: Any) -> list[Reference]:
        """What an expression refers to, where it refers to nothing else; else nothing."""
        trail = self.values.tracer.trail(expression, self.change.module, self.change.index)
        plain = all(
            hit.change.mode == "managed" and (not hit.attribute or _CALLED.search(hit.attribute)) for hit in trail.hits
        )
        return [self.values.reference(hit) for hit in trail.hits] if trail.clear and plain else []

    def _unresolved(self, key: str, expression: Any) -> Unknown:
        if expression is None and may_be_block(key):
            detail = f"{key} is known after apply: a dynamic block may hold it; judge the plan beside its .tf files"
            return Unknown(Reason.KNOWN_AFTER_APPLY, detail)
        trail = self.values.tracer.trail(expression, self.change.module, self.change.index)
        words = f": {', '.join(trail.words)}" if trail.words else ""
        return Unknown(Reason.KNOWN_AFTER_APPLY, f"{key} is known after apply{words}")

    def _declared_secret(self, after: Any, expression: Any) -> bool:
        """Whether a variable that is declared sensitive gave the value: old formats mark no values."""
        if self.change.sensitive is not None or (isinstance(after, list) and after and isinstance(after[0], dict)):
            return False
        return is_leaf(expression) and self.values.tracer.sensitive(expression, self.change.module)


def told(change: Change, attribute: str) -> str:
    """An attribute that is a text, known and no secret; else empty."""
    value = change.after.get(attribute)
    hidden = _part(change.unknown, attribute) is True or _part(change.sensitive, attribute) is True
    return value if isinstance(value, str) and not hidden else ""


def _part(marks: Any, step: str | int) -> Any:
    """The mark of a part of something."""
    if marks is True:
        return True
    if isinstance(marks, dict):
        return marks.get(step)
    if isinstance(marks, list) and isinstance(step, int) and step < len(marks):
        return marks[step]
    return None


def _sealed(value: Any) -> Any:
    """A sensitive value; of a map its keys are as sensitive."""
    if value is None or value in ([], {}):
        return value
    if isinstance(value, str):
        return Secret(value)
    if isinstance(value, list):
        return [
            {key: _sealed(part) for key, part in item.items()} if isinstance(item, dict) else _sealed(item)
            for item in value
        ]
    if isinstance(value, dict):
        return {f"<redacted {number}>": _sealed(part) for number, part in enumerate(value.values(), 1)}
    # A number or a switch is told by what is said of it.
    return Unknown(Reason.UNRESOLVED_REFERENCE, _MARKED)


def unsealed(facts: Mapping[str, Any], model: type[Shape] | None) -> dict[str, Any]:
    """Facts in which no sensitive text is left but where the model itself drops it at the door.

    Where presence alone is a fact, its length stands for the text; elsewhere nothing can be said of it.

    Args:
        facts: members of the API.
        model: what they will be validated as; None where nothing is modelled.
    """
    return {member: _unsealed(value, model, member) for member, value in facts.items()}


def _unsealed(value: Any, model: type[Shape] | None, member: str) -> Any:
    field = model.fields_by_member.get(member) if model is not None else None
    annotation = model.model_fields[field].annotation if model is not None and field is not None else None
    drops = _dropped(annotation)
    inner = nested_shape(annotation) if annotation is not None else None

    def clean(item: Any) -> Any:
        if isinstance(item, Secret):
            return str(item) if drops else _placeholder(item, model, member)
        if isinstance(item, dict):
            return unsealed(item, inner) if inner is not None else {key: clean(part) for key, part in item.items()}
        if isinstance(item, list):
            return [clean(part) for part in item]
        return item

    return clean(value)


def _dropped(annotation: Any) -> bool:
    """Whether the model keeps no more of a field than `Redacted`."""
    return annotation is Redacted or any(_dropped(inner) for inner in get_args(annotation))


def _placeholder(text: Secret, model: type[Shape] | None, member: str) -> Any:
    names = _NAMING.search(member) or _GROUPS.search(member)
    # The name of a resource says who it is; every finding shows it.
    if (
        names
        or (model is not None and issubclass(model, Resource) and member == model.name_member)
        or member == "Value"
    ):
        return Reference(repr(Redacted(len(text))))
    return Unknown(Reason.UNRESOLVED_REFERENCE, f"{member}: {_MARKED}")
