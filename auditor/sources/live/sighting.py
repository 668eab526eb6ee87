"""What an answer says of a resource, before it is typed: cheap to make, and to hand to another process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.model.codec import decode
from auditor.model.resource import Identity, Origin, Resource


@dataclass(frozen=True, slots=True)
class Sighting:
    """The facts on one resource as the service spelled them.

    Args:
        kind: its type.
        facts: API members; an `Unknown` stands for what was not observed.
        identity: who it is.
        origin: where the facts were observed.
        family: under which the state keeps it; empty where it is not to be kept.
        version: changes when the facts may have changed.
    """

    kind: type[Resource]
    facts: Mapping[str, Any]
    identity: Identity
    origin: Origin
    family: str = ""
    version: str = ""

    @property
    def members(self) -> Mapping[str, Any]:
        """The API members among the facts."""
        return self.facts

    def build(self) -> Resource:
        """The typed resource."""
        return self.kind.build(self.facts, self.identity, self.origin)


@dataclass(frozen=True, slots=True)
class Recalled:
    """Facts that the state kept, which are known to be whole.

    Args:
        kind: its type.
        facts: as the codec wrote them.
        identity: who it is.
        resource: what was made of them to see that they are whole; another process makes its own.
    """

    kind: type[Resource]
    facts: Mapping[str, Any]
    identity: Identity
    resource: Resource | None = field(default=None, repr=False, compare=False)

    def __reduce__(self) -> tuple[type["Recalled"], tuple[Any, ...]]:
        """Leave out what costs more to send than to make again."""
        return Recalled, (self.kind, self.facts, self.identity)

    @property
    def members(self) -> Mapping[str, Any]:
        """The API members among the facts."""
        found: Mapping[str, Any] = self.facts["facts"]
        return found

    def build(self) -> Resource:
        """The typed resource."""
        return decode(self.facts) if self.resource is None else self.resource


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A neighbour that is known already and will be judged later, when everything about it is.

    Args:
        resource: what is known.
    """

    resource: Resource


Sighted = Sighting | Recalled
