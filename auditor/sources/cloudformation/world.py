"""One reading of a template: the resources that will be made, resolved."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.sources.cloudformation.attributes import name_property
from auditor.sources.cloudformation.choices import Open
from auditor.sources.cloudformation.expressions import is_unknown, unresolved
from auditor.sources.cloudformation.resolver import NO_VALUE, Resolver
from auditor.sources.cloudformation.template import Definition
from auditor.sources.marks import RawPath

# Properties that hold policies: there references stand for ARNs.
_POLICIES = frozenset(
    {"AssumeRolePolicyDocument", "KeyPolicy", "Policies", "PolicyDocument", "RepositoryPolicyText", "ResourcePolicy"}
)
_OBJECTS = _POLICIES - {"Policies"}
# Stands for what only the deployment tells: the stack's name, or account and region where they are not given.
_PENDING = re.compile(r"\$\{AWS::\w+\}")
# More is nobody's way to write a template, and takes long to compare.
_MOST_PATTERNS = 100


@dataclass(slots=True)
class World:
    """The resources of one reading.

    Args:
        resolver: resolves them.
    """

    resolver: Resolver
    _kept: dict[str, tuple[dict[str, Any], Open]] = field(default_factory=dict)
    _owned: dict[tuple[str, str, tuple[str, ...]], tuple["_Owners", Open]] = field(default_factory=dict)

    def of(self, *kinds: str) -> Iterator[Definition]:
        """The resources of some types that will be made."""
        for kind in kinds:
            for definition in self.resolver.template.of_kind.get(kind, ()):
                if self.resolver.exists(definition.logical_id):
                    yield definition

    def properties(self, definition: Definition) -> dict[str, Any]:
        """The resolved properties of a resource."""
        kept = self._kept.get(definition.logical_id)
        if kept is None:
            with self.resolver.choices.heard() as asked:
                kept = self._kept[definition.logical_id] = (self._resolved(definition), asked)
        self.resolver.choices.again(kept[1])
        return kept[0]

    def _resolved(self, definition: Definition) -> dict[str, Any]:
        found = {}
        for name, raw in definition.properties.items():
            at: RawPath = (*definition.at, "Properties", name)
            resolve = self.resolver.policy if name in _OBJECTS else self.resolver.value
            if name == "Policies" and definition.kind.startswith("AWS::IAM::"):
                resolve = self.resolver.policy
            value = resolve(raw, at)
            if value is not NO_VALUE:
                found[name] = value
        return found

    def name(self, definition: Definition) -> str:
        """What references to a resource say."""
        return self.resolver.name_of(definition.logical_id)

    def move(self, to: RawPath, at: RawPath) -> None:
        """Note that a fact stands elsewhere than the facts around it."""
        self.resolver.moved[to] = at

    def attached(self, definition: Definition, member: str, *kinds: str) -> Iterator[tuple[Definition, dict[str, Any]]]:
        """Resources of some types whose property names a resource, alone or in a list, with their properties."""
        owners = self._owners(definition.kind, member, kinds)
        if owners is _NOBODYS:
            return
        own = definition.properties.get(_own(definition.kind, member))
        said = self.resolver.property_of(definition, _own(definition.kind, member)) if own is not None else None
        found: dict[str, Definition] = {}
        for name in {self.name(definition): None, said if isinstance(said, str) else "": None}:
            found.update({other.logical_id: other for other in owners.named.get(name, ())})
        if isinstance(own, dict):
            # The same expression names the same, whatever it comes to.
            found.update({other.logical_id: other for other in owners.worded.get(_words(own), ())})
        for other in found.values():
            # What else is open about it matters to the resource only where it is attached.
            yield other, self.properties(other)

    def doubtful(self, definition: Definition, member: str, *kinds: str) -> list[Any]:
        """An `Unknown` where a resource of some types may be attached to a resource, and cannot be seen to be."""
        owners = self._owners(definition.kind, member, kinds)
        if owners is _NOBODYS:
            return []
        own = definition.properties.get(_own(definition.kind, member))
        first = owners.anyones or (owners.imported if own is not None else "")
        if not first and own is not None and owners.patterns:
            name = self.resolver.property_of(definition, _own(definition.kind, member))
            first = next((who for who, pattern in owners.patterns if _may_be(name, pattern)), "")
        return [unresolved(f"{first}.{member}", "it may name this one")] if first else []

    def _owners(self, kind: str, member: str, kinds: tuple[str, ...]) -> "_Owners":
        if all(one not in self.resolver.template.of_kind for one in kinds):
            return _NOBODYS
        key = (kind, member, kinds)
        kept = self._owned.get(key)
        if kept is None:
            with self.resolver.choices.heard() as asked:
                kept = self._owned[key] = (self._gathered(kind, member, kinds), asked)
        self.resolver.choices.again(kept[1])
        return kept[0]

    def _gathered(self, kind: str, member: str, kinds: tuple[str, ...]) -> "_Owners":
        owners = _Owners()
        own = [one.properties.get(_own(kind, member)) for one in self.resolver.template.of_kind.get(kind, ())]
        taken = {_words(one) for one in own if isinstance(one, dict)}
        for other in self.of(*kinds):
            raw = other.properties.get(member)
            for index, item in enumerate(listed(raw)):
                words = _words(item) if taken and isinstance(item, dict) else ""
                if words:
                    owners.worded.setdefault(words, []).append(other)
                at: RawPath = (*other.at, "Properties", member, *([index] if isinstance(raw, list) else []))
                for value in listed(self.resolver.value(item, at)):
                    owners.note(other, value, item, mine=words in taken)
        return owners


@dataclass(slots=True)
class _Owners:
    """What a property of some resources names.

    Args:
        named: name → the resources that name it.
        worded: expression → the resources that say it.
        anyones: a resource of which nobody can tell what it names; empty where there is none.
        imported: one that names what another stack makes.
        patterns: those that name something of which only a part is known, with that.
    """

    named: dict[str, list[Definition]] = field(default_factory=dict)
    worded: dict[str, list[Definition]] = field(default_factory=dict)
    anyones: str = ""
    imported: str = ""
    patterns: list[tuple[str, re.Pattern[str]]] = field(default_factory=list)

    def note(self, other: Definition, value: Any, raw: Any, *, mine: bool) -> None:
        """Note an item of the property of a resource.

        Args:
            other: the resource.
            value: what it names.
            raw: how it says so.
            mine: whether a resource of the template is called by the same expression.
        """
        if isinstance(value, str):
            self.named.setdefault(value, []).append(other)
        if mine:
            return
        if isinstance(value, str) and _PENDING.search(value) and len(self.patterns) < _MOST_PATTERNS:
            known = _PENDING.split(value)
            self.patterns.append((other.logical_id, re.compile(".*".join(map(re.escape, known)), re.DOTALL)))
        elif is_unknown(value) or (isinstance(value, str) and _PENDING.search(value)):
            # What another stack exports was there before this one: nothing that gets its name here.
            if isinstance(raw, dict) and list(raw) == ["Fn::ImportValue"]:
                self.imported = self.imported or other.logical_id
            else:
                self.anyones = self.anyones or other.logical_id


_NOBODYS = _Owners()


def _own(kind: str, member: str) -> str:
    """The property by which a resource of some type says what another resource's property may name."""
    return member if kind == "AWS::EC2::SecurityGroup" and member == "GroupName" else name_property(kind)


def _words(raw: Any) -> str:
    return json.dumps(raw, sort_keys=True, default=str)


def _may_be(name: Any, pattern: re.Pattern[str]) -> bool:
    """Whether a name fits; one that is itself known in part only may always."""
    return not isinstance(name, str) or _PENDING.search(name) is not None or pattern.fullmatch(name) is not None


def some(properties: Mapping[str, Any], **members: str) -> dict[str, Any]:
    """Members of the API by the property that says each; what is not said is left out."""
    return {member: properties[name] for member, name in members.items() if name in properties}


def same(properties: Mapping[str, Any], *members: str) -> dict[str, Any]:
    """Members of the API that the properties call by the same name; what is not said is left out."""
    return {member: properties[member] for member in members if member in properties}


def listed(value: Any) -> list[Any]:
    """A value as a list: one item alone, nothing where it is not there."""
    return value if isinstance(value, list) else [] if value is None else [value]
