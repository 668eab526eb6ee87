"""A template's sections, as far as they have the form that CloudFormation asks for."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from auditor.catalog import nearest
from auditor.errors import InputError
from auditor.sources.cloudformation.attributes import name_property
from auditor.sources.cloudformation.loops import Expansion, expand
from auditor.sources.cloudformation.nested import ASSET
from auditor.sources.document import Document
from auditor.sources.marks import RawPath

_CDK_PATH = "aws:cdk:path"
MACRO = "Fn::Transform"
# Where Fn::Sub puts something in.
_PLACE = re.compile(r"\$\{([^}!.]*)\}")
# Of a map with more keys, the differences between them are looked at as one.
_MOST_KEYS = 8
# Macros of AWS's that add resources or sections and change none of those that are judged. What SAM makes of its
# own types are functions, tables and their roles, and it leaves all other resources as they are.
_HARMLESS_MACROS = frozenset(
    {
        "AWS::CodeDeployBlueGreen",
        "AWS::LanguageExtensions",
        "AWS::SecretsManager-2020-07-23",
        "AWS::SecretsManager-2024-09-16",
        "AWS::Serverless-2016-10-31",
        "AWS::ServiceCatalog",
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that has not the form it must have, at a path of the document.

    Args:
        at: the path.
        message: what is wrong.
        remedy: what would help.
        whole: whether it may hide more than the resource at the path.
    """

    at: RawPath
    message: str
    remedy: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a template.

    Args:
        name: its name.
        kind: its type, such as `String` or `List<AWS::EC2::Subnet::Id>`.
        default: the default; None where there is none.
        allowed: AllowedValues.
        secret: whether NoEcho hides its value.
    """

    name: str
    kind: str
    default: Any
    allowed: tuple[Any, ...]
    secret: bool

    @property
    def is_list(self) -> bool:
        """Whether its value is a list, written with commas."""
        return self.kind == "CommaDelimitedList" or self.kind.startswith(("List<", "AWS::SSM::Parameter::Value<List<"))

    @property
    def stored(self) -> bool:
        """Whether its value is the name of what Systems Manager holds."""
        return self.kind.startswith("AWS::SSM::Parameter::Value<")

    def refused(self, value: Any) -> str | None:
        """What of a given value AllowedValues leave out; None where that is nothing."""
        items = self.typed(value) if self.is_list else value
        said = [_text(one) for one in (items if isinstance(items, list) else [items])]
        allowed = [_text(one) for one in self.allowed]
        return next((one for one in said if one not in allowed), None) if allowed else None

    def typed(self, value: Any) -> Any:
        """A value as `Ref` gives it."""
        if self.is_list:
            items = value if isinstance(value, list) else str(value).split(",")
            return [_text(item).strip() for item in items if _text(item).strip()]
        return _text(value) if isinstance(value, str | int | float) else value


@dataclass(frozen=True, slots=True)
class Definition:
    """A resource as a template defines it.

    Args:
        logical_id: its name in the template.
        kind: its type.
        properties: its properties, unresolved.
        condition: the name of its condition; empty where it has none.
        at: the path of the definition in the document.
        construct: the path of the CDK construct that made it; empty where none did.
        asset: the file that CDK says its template is, of a nested stack; else empty.
    """

    logical_id: str
    kind: str
    properties: Mapping[str, Any]
    condition: str
    at: RawPath
    construct: str = ""
    asset: str = ""

    @property
    def shown(self) -> str:
        """What reports call it: the logical id, with the CDK's path where there is one."""
        return f"{self.logical_id} ({self.construct})" if self.construct else self.logical_id


@dataclass(frozen=True, slots=True)
class Names:
    """What the resources of a type are called.

    Args:
        given: the names that stand in the template as they are.
        none: the logical ids of those that are given no name.
    """

    given: frozenset[str]
    none: frozenset[str]


@dataclass
class Template:
    """The sections of a template.

    Args:
        document: where they stand.
    """

    document: Document
    parameters: dict[str, Parameter] = field(default_factory=dict)
    mappings: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    resources: dict[str, Definition] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    macros: list[Any] = field(default_factory=list)
    expansion: Expansion = field(default_factory=Expansion)

    @classmethod
    def of(cls, document: Document, values: Callable[[Parameter], Any]) -> "Template":
        """The template that a document holds.

        Args:
            document: the document.
            values: the value of a parameter where it is fixed, for the loops of Fn::ForEach; else None.

        Raises:
            InputError: it is no object, or has no resources that could be read.
        """
        raw = document.value
        if not isinstance(raw, dict) or not isinstance(raw.get("Resources"), dict):
            raise InputError(
                "a template is an object with an object of Resources", file=document.shown, key="Resources"
            )
        template = cls(document)
        template._parameters(raw)
        template.mappings = template._section(raw, "Mappings")
        known = {name: values(parameter) for name, parameter in template.parameters.items()}
        template.expansion = Expansion(template.mappings, known)
        template.conditions = template._expanded(raw, "Conditions")
        for name, body in template._expanded(raw, "Resources").items():
            if name != MACRO:
                template._resource(name, body)
        template._macros(raw)
        return template

    def line_path(self, at: RawPath) -> RawPath:
        """Where a path of the expanded template stands in the document."""
        return self.expansion.origin(at)

    @cached_property
    def outputs(self) -> Mapping[str, Any]:
        """The outputs, unresolved."""
        return self._expanded(self.document.value, "Outputs")

    @cached_property
    def of_kind(self) -> Mapping[str, Sequence[Definition]]:
        """Type → the resources of it, in the order of the template."""
        found: dict[str, list[Definition]] = {}
        for definition in self.resources.values():
            found.setdefault(definition.kind, []).append(definition)
        return found

    @cached_property
    def names(self) -> Mapping[str, Names]:
        """Type → what its resources are called."""
        found = {}
        for kind, definitions in self.of_kind.items():
            wanted = name_property(kind)
            given = (one.properties.get(wanted) for one in definitions)
            none = (one.logical_id for one in definitions if wanted not in one.properties)
            found[kind] = Names(frozenset(name for name in given if isinstance(name, str)), frozenset(none))
        return found

    @cached_property
    def compared(self) -> Mapping[str, tuple[str, ...]]:
        """Parameter or pseudo parameter → the texts that conditions compare it with, in the order of the template."""
        found: dict[str, dict[str, None]] = {}
        for one, other in _comparisons(list(self.conditions.values())):
            for reference, literal in ((one, other), (other, one)):
                name = _referred(reference)
                if name:
                    texts = found.setdefault(name, {})
                    if isinstance(literal, str | int | float):
                        texts[_text(literal)] = None
        return {name: tuple(texts) for name, texts in found.items()}

    @cached_property
    def computed(self) -> frozenset[str]:
        """Parameters of which conditions compare what functions make of them."""
        if not self.parameters:
            return frozenset()
        pairs = _comparisons(list(self.conditions.values()))
        return frozenset(name for pair in pairs for side in pair if not _referred(side) for name in _mentioned(side))

    @cached_property
    def selecting(self) -> Mapping[str, tuple[str, ...]]:
        """Parameter → the keys of the maps in which it selects; none where those are too many to look at each."""
        found: dict[str, dict[str, None]] = {}
        raw = self.document.value
        sections = (raw.get("Resources"), self.conditions) if self.mappings and self.parameters else ()
        for name, keys in (one for section in sections for one in self._selections(section)):
            found.setdefault(name, {}).update(dict.fromkeys(keys))
        return {name: tuple(keys) if len(keys) <= _MOST_KEYS else () for name, keys in found.items()}

    def _selections(self, raw: Any) -> Iterator[tuple[str, list[str]]]:
        """Each parameter that selects in a map, with what it may be."""
        if isinstance(raw, dict):
            keys = raw.get("Fn::FindInMap")
            if isinstance(keys, list) and len(keys) >= 3:  # noqa: PLR2004  a map and two keys
                whole = self.mappings.get(keys[0]) if isinstance(keys[0], str) else None
                inner = whole if isinstance(whole, dict) else {}
                rows = [row for row in inner.values() if isinstance(row, dict)]
                for name, known in (
                    (_referred(keys[1]), [*inner]),
                    (_referred(keys[2]), [k for row in rows for k in row]),
                ):
                    if name in self.parameters:
                        yield name, [str(one) for one in known]
        for one in raw.values() if isinstance(raw, dict) else raw if isinstance(raw, list) else ():
            yield from self._selections(one)

    @cached_property
    def comparisons(self) -> Mapping[str, str]:
        """Each comparison of the conditions → what a reader is told of it: the condition that makes it."""
        found: dict[str, str] = {}
        for name, raw in self.conditions.items():
            for count, pair in enumerate(_comparisons(raw), 1):
                found.setdefault(comparison(*pair), name if count == 1 else f"{name} ({count})")
        return found

    def _section(self, raw: Mapping[str, Any], name: str) -> dict[str, Any]:
        section = raw.get(name)
        if section is None:
            return {}
        if not isinstance(section, dict):
            self.faults.append(Fault((name,), f"{name} must be an object"))
            return {}
        return section

    def _expanded(self, raw: Mapping[str, Any], name: str) -> dict[str, Any]:
        section = self._section(raw, name)
        whole, faults = expand(section, (name,), self.expansion)
        self.faults += [Fault(at, message, remedy) for at, message, remedy in faults]
        return whole

    def _parameters(self, raw: Mapping[str, Any]) -> None:
        for name, body in self._section(raw, "Parameters").items():
            if not isinstance(body, dict) or not isinstance(body.get("Type"), str):
                self.faults.append(Fault(("Parameters", name), "a parameter is an object with a Type"))
                continue
            allowed = body.get("AllowedValues")
            default = body.get("Default")
            self.parameters[name] = Parameter(
                name,
                body["Type"],
                default if isinstance(default, str | int | float | list) else None,
                tuple(allowed) if isinstance(allowed, list) else (),
                str(body.get("NoEcho", "")).lower() == "true",
            )

    def _resource(self, name: str, body: Any) -> None:
        at = ("Resources", name)
        if not isinstance(body, dict) or not isinstance(body.get("Type"), str):
            remedy = nearest("Type", body) if isinstance(body, dict) else ""
            self.faults.append(Fault(at, "a resource is an object with a Type", remedy))
            return
        properties, condition = body.get("Properties"), body.get("Condition")
        if properties is not None and not isinstance(properties, dict):
            self.faults.append(Fault((*at, "Properties"), "Properties must be an object"))
            return
        if condition is not None and not isinstance(condition, str):
            self.faults.append(Fault((*at, "Condition"), "Condition must be the name of a condition"))
            return
        if MACRO in body:
            # It may change any property of the resource.
            properties = {**(properties or {}), MACRO: body[MACRO]}
        metadata = body.get("Metadata")
        noted = [metadata.get(key) if isinstance(metadata, dict) else None for key in (_CDK_PATH, ASSET)]
        construct, asset = (one if isinstance(one, str) else "" for one in noted)
        self.resources[name] = Definition(name, body["Type"], properties or {}, condition or "", at, construct, asset)

    def _macros(self, raw: Mapping[str, Any]) -> None:
        transform = raw.get("Transform")
        listed = transform if isinstance(transform, list) else [] if transform is None else [transform]
        self.macros = [one for one in listed if not (isinstance(one, str) and one in _HARMLESS_MACROS)]
        # AWS::Include and macros of one's own may stand at the top or beside the resources.
        self.macros += [
            section[MACRO] for section in (raw, raw["Resources"]) if isinstance(section, dict) and MACRO in section
        ]


def macro_name(macro: Any) -> str:
    """What a macro is called."""
    name = macro.get("Name") if isinstance(macro, dict) else macro
    return name if isinstance(name, str) else "a macro without a name"


def comparison(one: Any, other: Any) -> str:
    """What tells a comparison from others; the same whichever side is named first."""
    return json.dumps(sorted(json.dumps(side, sort_keys=True, default=str) for side in (one, other)))


def _referred(raw: Any) -> str:
    """The name that a value refers to with Ref, and nothing else; else empty."""
    name = raw.get("Ref") if isinstance(raw, dict) and len(raw) == 1 else None
    return name if isinstance(name, str) else ""


def _mentioned(raw: Any) -> Iterator[str]:
    """Names that an expression refers to."""
    if isinstance(raw, str):
        yield from (name.strip() for name in _PLACE.findall(raw))
        return
    name = _referred(raw)
    if name:
        yield name
    for one in raw.values() if isinstance(raw, dict) else raw if isinstance(raw, list) else ():
        yield from _mentioned(one)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _comparisons(raw: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(raw, dict):
        pair = raw.get("Fn::Equals")
        if isinstance(pair, list) and len(pair) == 2:  # noqa: PLR2004  a comparison has two sides
            yield pair[0], pair[1]
        for inner in raw.values():
            yield from _comparisons(inner)
    elif isinstance(raw, list):
        for inner in raw:
            yield from _comparisons(inner)
