"""A rule: a pure function of typed facts, with the words that explain it."""

import inspect
import re
import types
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Union, get_args, get_origin, get_type_hints

from .inventory import Related
from .resource import Resource
from .verdict import Severity, Verdict

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
_SECTION = re.compile(r"^(Why|Fix|Limits): *", re.MULTILINE)


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule of the catalog.

    Args:
        id: kebab-case, permanent.
        title: the desired state, one sentence.
        severity: of a failed finding.
        why: what an attacker or an accident gains where it fails.
        fix: what to do.
        judge: the function; its first argument is the subject, the others are what `needs` lists.
        scope: types of resource it judges.
        needs: what it is handed besides the subject: resource types (as `Related`), or `datetime` for now.
        limits: what it cannot see, where that is worth knowing.
        controls: `FRAMEWORK:ID` of the controls it gives evidence for.
        tags: free labels to select by.
        since: release of the auditor in which it appeared.
        version: rises whenever its verdict can change.
        concern: the module it lives in; set by the catalog.
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

    def __post_init__(self) -> None:
        """Refuse an id that is not kebab-case and words that are missing."""
        if not _ID.fullmatch(self.id):
            raise ValueError(f"rule id {self.id!r} is not kebab-case")
        for name in ("title", "why", "fix"):
            if not getattr(self, name):
                raise ValueError(f"rule {self.id} has no {name}")
        if not self.scope:
            raise ValueError(f"rule {self.id} judges no type of resource")

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

    Further parameters are annotated `Related[SomeResource]` (neighbours) or `datetime` (now).

    Raises:
        ValueError: the id, an annotation or the docstring does not fit.
    """

    def decorate(function: Callable[..., Verdict]) -> Rule:
        hints = get_type_hints(function)
        names = list(inspect.signature(function).parameters)
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
        )

    return decorate


def parse_docstring(text: str) -> tuple[str, dict[str, str]]:
    """The first line of a rule's docstring, and its sections (Why, Fix, Limits) with folded white space."""
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
