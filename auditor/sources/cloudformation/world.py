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


@dataclass(slots=True)
class World:
    """The resources of one reading.

    Args:
        resolver: resolves them.
    """

    resolver: Resolver
    _kept: dict[str, tuple[dict[str, Any], Open]] = field(default_factory=dict)

    def of(self, *kinds: str) -> Iterator[Definition]:
        """The resources of some types that will be made."""
        for definition in self.resolver.template.resources.values():
            if definition.kind in kinds and self.resolver.exists(definition.logical_id):
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
        name = self.name(definition)
        own = definition.properties.get(name_property(definition.kind))
        for other in self.of(*kinds):
            # What else is open about it matters to the resource only where it is attached. The same expression names
            # the same, whatever it comes to.
            same_words = isinstance(own, dict) and own in listed(other.properties.get(member))
            if same_words or names(self.resolver.property_of(other, member), name):
                yield other, self.properties(other)

    def doubtful(self, definition: Definition, member: str, *kinds: str) -> list[Any]:
        """An `Unknown` where a resource of some types may be attached to a resource, and cannot be seen to be."""
        own = definition.properties.get(name_property(definition.kind))
        called = re.compile(rf"\b{re.escape(definition.logical_id)}\b")
        for other in self.of(*kinds):
            raw = other.properties.get(member)
            if isinstance(own, dict) and own in listed(raw):
                continue
            if is_unknown(self.resolver.property_of(other, member)) and called.search(json.dumps(raw, default=str)):
                return [unresolved(f"{other.logical_id}.{member}", "it may name this one")]
        return []


def names(value: Any, name: str) -> bool:
    """Whether a value, or an item of a list, is a name."""
    items = value if isinstance(value, list) else [value]
    return any(isinstance(item, str) and item == name for item in items)


def some(properties: Mapping[str, Any], **members: str) -> dict[str, Any]:
    """Members of the API by the property that says each; what is not said is left out."""
    return {member: properties[name] for member, name in members.items() if name in properties}


def same(properties: Mapping[str, Any], *members: str) -> dict[str, Any]:
    """Members of the API that the properties call by the same name; what is not said is left out."""
    return {member: properties[member] for member in members if member in properties}


def listed(value: Any) -> list[Any]:
    """A value as a list: one item alone, nothing where it is not there."""
    return value if isinstance(value, list) else [] if value is None else [value]
