"""A rule: a pure function of typed facts, with the words that explain it."""

import inspect
import re
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Union, get_args, get_origin, get_type_hints

from .inventory import Related
from .parameter import Parameter, Value, meanings, shown
from .resource import Resource
from .unknown import CannotAssess
from .verdict import Severity, Verdict

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
_SECTION = re.compile(r"^(Why|Fix|Limits|Parameters): *", re.MULTILINE)
_WORDED = ("title", "why", "fix", "limits")


@dataclass(frozen=True, slots=True)
class Variant:
    """The values of a rule's parameters for some resources.

    Args:
        fits: whether a resource is one of them; raises CannotAssess where its tags were not observed.
        values: those that differ from the default.
        by_tags: whether tags decide.
    """

    fits: Callable[[Resource], bool]
    values: Mapping[str, Value]
    by_tags: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule of the catalog.

    Args:
        id: kebab-case, permanent.
        title: the desired state, one sentence.
        severity: of a failed finding.
        why: what an attacker or an accident gains where it fails.
        fix: what to do.
        judge: the function; its first argument is the subject, the others are what `needs` lists; parameters are
            handed by keyword, those that differ from the default.
        scope: types of resource it judges.
        needs: what it is handed besides the subject: resource types (as `Related`), or `datetime` for now.
        limits: what it cannot see, where that is worth knowing.
        controls: `FRAMEWORK:ID` of the controls it gives evidence for.
        tags: free labels to select by.
        since: release of the auditor in which it appeared.
        version: rises whenever its verdict can change.
        concern: the module it lives in; set by the catalog.
        parameters: what an organisation may set; `{name}` in title, why, fix and limits stands for the value.
        values: parameters that are set to something else than their default.
        variants: values for some resources, which go before `values`; of several that fit the first counts.
        templates: words as they were written; found by the rule itself.
    """

    id: str
    title: str
    severity: Severity
    why: str
    fix: str
    judge: Callable[..., Verdict]
    scope: tuple[type[Resource], ...]
    needs: tuple[type[Any], ...] = ()
    limits: str = ""
    controls: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    since: str = "0.1.0"
    version: int = 1
    concern: str = ""
    parameters: tuple[Parameter, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict)
    variants: tuple[Variant, ...] = ()
    templates: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse an id that is not kebab-case and words that are missing; put the parameters into the words."""
        if not _ID.fullmatch(self.id):
            raise ValueError(f"rule id {self.id!r} is not kebab-case")
        for name in ("title", "why", "fix"):
            if not getattr(self, name):
                raise ValueError(f"rule {self.id} has no {name}")
        if not self.scope:
            raise ValueError(f"rule {self.id} judges no type of resource")
        if self.parameters:
            self._word()

    def _word(self) -> None:
        templates = self.templates or {name: getattr(self, name) for name in _WORDED}
        object.__setattr__(self, "templates", templates)
        for name, text in templates.items():
            for parameter in self.parameters:
                value = self.values.get(parameter.name, parameter.default)
                text = text.replace(f"{{{parameter.name}}}", shown(value))  # noqa: PLW2901  filled step by step
            object.__setattr__(self, name, text)

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of a name; None where the rule has none such."""
        return next((one for one in self.parameters if one.name == name), None)

    def tuned(self, values: Mapping[str, Value], variants: tuple[Variant, ...] = ()) -> "Rule":
        """The rule with other parameters.

        Args:
            values: parameters by name; those that are not named keep their default.
            variants: values for some resources, which go before them.

        Raises:
            ValueError: there is no such parameter, or a value does not fit.
        """
        return replace(self, values=self.differing(values), variants=variants)

    def differing(self, values: Mapping[str, Any]) -> dict[str, Value]:
        """Those of some values that differ from the default.

        Raises:
            ValueError: as of `tuned`.
        """
        found: dict[str, Value] = {}
        for name, given in values.items():
            parameter = self.parameter(name)
            if parameter is None:
                raise ValueError(f"{self.id} has no parameter {name}")
            value = parameter.fitting(given)
            if value != parameter.default:
                found[name] = value
        return found

    def values_for(self, resource: Resource) -> Mapping[str, Value]:
        """The parameters that differ from the default for a resource.

        Raises:
            CannotAssess: they depend on tags of the resource that were not observed.
        """
        if not self.variants:
            return self.values
        unknown: CannotAssess | None = None
        possible: list[Mapping[str, Value]] = []
        for variant in self.variants:
            try:
                if not variant.fits(resource):
                    continue
            except CannotAssess as error:
                unknown = unknown or error
                possible.append(variant.values)
                continue
            possible.append(variant.values)
            break
        else:
            possible.append(self.values)
        if unknown is not None and any(one != possible[0] for one in possible):
            raise unknown
        return possible[0]

    def said(self, values: Mapping[str, Value]) -> str:
        """What a finding says of the parameters that it was judged with, where they differ from the default."""
        defaults = {one.name: one.default for one in self.parameters}
        # A list that is empty unless it is set says nothing by that.
        unset = {name: "" if defaults[name] == () else f", not {shown(defaults[name])}" for name in values}
        return "; ".join(f"{name} is {shown(value)}{unset[name]}" for name, value in values.items())

    @property
    def waits(self) -> bool:
        """True where the rule needs neighbours, so that it cannot judge a resource as it streams by."""
        return any(need is not datetime for need in self.needs)


def rule(
    rule_id: str,
    *,
    severity: Severity,
    controls: tuple[str, ...] = (),
    tags: tuple[str, ...] = (),
    since: str = "0.1.0",
    version: int = 1,
) -> Callable[[Callable[..., Verdict]], Rule]:
    """Turn a function into a `Rule`. Its first parameter's annotation is the scope, its docstring the page.

    Further arguments are annotated `Related[SomeResource]` (neighbours) or `datetime` (now). Those behind a `*`, of
    type int, float, bool, str or tuple[str, ...] and with a default, are parameters that the configuration may set;
    the docstring explains each under `Parameters:`.

    Raises:
        ValueError: the id, an annotation or the docstring does not fit.
    """

    def decorate(function: Callable[..., Verdict]) -> Rule:
        hints = get_type_hints(function)
        arguments = inspect.signature(function).parameters.values()
        names = [one.name for one in arguments if one.kind is not one.KEYWORD_ONLY]
        title, words = parse_docstring(inspect.getdoc(function) or "")
        return Rule(
            id=rule_id,
            title=title,
            severity=severity,
            why=words.get("Why", ""),
            fix=words.get("Fix", ""),
            limits=words.get("Limits", ""),
            judge=function,
            scope=_resource_types(hints[names[0]]),
            needs=tuple(_need(hints[name]) for name in names[1:]),
            controls=controls,
            tags=tags,
            since=since,
            version=version,
            parameters=tuple(parameters_of(function, words.get("Parameters", ""))),
        )

    return decorate


def parameters_of(function: Callable[..., Verdict], words: str) -> Iterator[Parameter]:
    """The parameters of a rule's function: its arguments by keyword only.

    Args:
        function: what judges.
        words: what each does: `name: what it does, in which unit.`, one after the other.

    Raises:
        ValueError: one has no default, one of another type than it says, or is not explained.
    """
    hints = get_type_hints(function)
    found = [one for one in inspect.signature(function).parameters.values() if one.kind is one.KEYWORD_ONLY]
    said = meanings(words, (one.name for one in found))
    for one in found:
        hint = hints[one.name]
        if type(one.default) is not (tuple if hint == tuple[str, ...] else hint):
            raise ValueError(f"the parameter {one.name} needs a default of its type")
        yield Parameter(one.name, one.default, said.get(one.name, ""))


def parse_docstring(text: str) -> tuple[str, dict[str, str]]:
    """The first line of a rule's docstring, and its sections (Why, Fix, Limits, Parameters) with folded white space."""
    title, _, rest = text.strip().partition("\n")
    parts = _SECTION.split(rest)
    words = {name: " ".join(body.split()) for name, body in zip(parts[1::2], parts[2::2], strict=True)}
    return title.strip(), words


def _resource_types(hint: Any) -> tuple[type[Resource], ...]:
    options = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    for option in options:
        if not (isinstance(option, type) and issubclass(option, Resource)):
            raise ValueError(f"{option!r} is not a type of resource")
    return options


def _need(hint: Any) -> type[Any]:
    if hint is datetime:
        return datetime
    if get_origin(hint) is Related:
        (kind,) = get_args(hint)
        if isinstance(kind, type) and issubclass(kind, Resource):
            return kind
    raise ValueError(f"{hint!r} is neither Related[...] of a resource nor datetime")
