"""What was collected and what was not; `Related` is how a rule looks at the neighbours of its subject."""

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar, overload

from .codec import decode, encode
from .gap import Gap, Scope
from .resource import Resource
from .unknown import CannotAssess, Reason, Unknown

R = TypeVar("R", bound=Resource)

# As objects, ten thousand models take a hundred megabytes; as compressed text, a tenth of that.
_AS_OBJECTS = 300
# Goes behind the type of what steps will make.
_LATER = "#step"


class Related(Generic[R]):
    """The resources of one type in the account and region of a subject.

    Every look-up either answers from what was observed or raises `CannotAssess`.
    """

    def __init__(self, kind: type[R], subject: Resource, inventory: "Inventory") -> None:
        self._kind = kind
        self._subject = subject
        self._inventory = inventory

    def find(self, name: str) -> R:
        """The resource that an ARN, a name, an id or an alias refers to.

        Raises:
            CannotAssess: it was not collected, or lies in another account.
        """
        scope = self._scope()
        found = self._inventory.lookup(self._kind, scope, name)
        if found is not None:
            return found
        gap = self._inventory.gap_for(scope, name)
        if gap is not None and gap.reason is Reason.EXCLUDED and not gap.operation:
            # The file that was judged leads to it: what lies around the file was left out, the reference was not.
            what = f"{self._kind.cfn_type} {name} is named and not described: {gap.detail}"
            raise CannotAssess(Unknown(Reason.UNRESOLVED_REFERENCE, what))
        if gap is not None:
            raise CannotAssess(gap.as_unknown())
        owner = _account_in(name)
        if owner and owner != scope.account:
            raise CannotAssess(Unknown(Reason.CROSS_ACCOUNT, f"{name} belongs to account {owner}"))
        raise CannotAssess(Unknown(Reason.UNRESOLVED_REFERENCE, f"no {self._kind.cfn_type} {name} was found"))

    def known(self, name: str) -> R | None:
        """The resource that a name refers to if it was collected by now, else None."""
        return self._inventory.lookup(self._kind, self._scope(), name)

    def all(self) -> Sequence[R]:
        """Every resource of the type, in the order of their ARNs or names.

        Raises:
            CannotAssess: a hole in the collection could hide one.
        """
        scope = self._scope()
        gap = self._inventory.gap_for(scope, "")
        if gap is not None:
            raise CannotAssess(gap.as_unknown())
        return self._inventory.of(self._kind, scope)

    def seen(self) -> Sequence[R]:
        """What was collected of the type, holes or not: enough to prove that something exists."""
        return self._inventory.of(self._kind, self._scope())

    def _scope(self) -> Scope:
        identity = self._subject.identity
        region = "" if self._kind.account_wide else identity.region
        return Scope(identity.account, region, self._kind.cfn_type)


class Inventory:
    """Resources by type, account and region, and the gaps."""

    def __init__(self, resources: Iterable[Resource] = (), gaps: Iterable[Gap] = ()) -> None:
        self._resources: dict[tuple[str, str, str], dict[str, Resource | bytes]] = {}
        self._names: dict[tuple[str, str, str], dict[str, str]] = {}
        self._gaps: dict[str, list[Gap]] = {}
        for resource in resources:
            self.add(resource)
        for gap in gaps:
            self.add_gap(gap)

    def add(self, resource: Resource) -> None:
        """Keep a resource; one that is there already under the same ARN or name is replaced.

        What the step of a pipeline will make is found by its name, and is not among what is there.
        """
        identity = resource.identity
        region = "" if resource.account_wide else identity.region
        place = (resource.cfn_type + _LATER * resource.origin.from_step, identity.account, region)
        kept = self._resources.setdefault(place, {})
        key = identity.arn or identity.name
        kept[key] = resource if len(kept) < _AS_OBJECTS else _folded(resource)
        names = self._names.setdefault(place, {})
        for name in resource.names():
            names[name] = key

    def add_gap(self, gap: Gap) -> None:
        """Keep a gap."""
        self._gaps.setdefault(gap.scope.type, []).append(gap)

    def forget(self) -> None:
        """Hold nothing: what comes next is another world."""
        self._resources.clear()
        self._names.clear()
        self._gaps.clear()

    def __iter__(self) -> Iterator[Resource]:
        for place in sorted(self._resources):
            yield from (_unfolded(self._resources[place][key]) for key in sorted(self._resources[place]))

    def gaps(self) -> Iterator[Gap]:
        """Every gap."""
        for kind in sorted(self._gaps):
            yield from self._gaps[kind]

    def related(self, kind: type[R], subject: Resource) -> Related[R]:
        """The neighbours of a subject of one type."""
        return Related(kind, subject, self)

    def of(self, kind: type[R], scope: Scope) -> Sequence[R]:
        """What was collected of a type in a scope, sorted by ARN or name."""
        found = self._resources.get((kind.cfn_type, scope.account, scope.region), {})
        return _Unfolding([found[key] for key in sorted(found)])

    def lookup(self, kind: type[R], scope: Scope, name: str) -> R | None:
        """The resource of a type that has this name, ARN, id or alias, or None."""
        for cfn_type in (kind.cfn_type, kind.cfn_type + _LATER):
            place = (cfn_type, scope.account, scope.region)
            key = self._names.get(place, {}).get(name)
            if key is not None:
                return _unfolded(self._resources[place][key])  # type: ignore[return-value]
        return None

    def gap_for(self, scope: Scope, name: str) -> Gap | None:
        """The gap that hides a named resource; with no name, one that hides any of the type.

        A resource that vanished while it was read hides nothing from a look at all of them; what the user
        excluded does.
        """
        gaps: list[Gap] = self._gaps.get(scope.type, []) + self._gaps.get("", [])
        for gap in gaps:
            other = gap.scope
            if other.account not in ("", scope.account) or (scope.region and other.region not in ("", scope.region)):
                continue
            if other.resource == name or not other.resource:
                return gap
            if not name and gap.reason is not Reason.VANISHED:
                return gap
        return None


class _Unfolding(Sequence[R]):
    """Resources of which one at a time is an object: ten thousand at once would take a hundred megabytes."""

    def __init__(self, kept: list[Resource | bytes]) -> None:
        self._kept = kept

    def __len__(self) -> int:
        return len(self._kept)

    @overload
    def __getitem__(self, index: int) -> R: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[R]: ...

    def __getitem__(self, index: int | slice) -> R | Sequence[R]:
        if isinstance(index, slice):
            return _Unfolding(self._kept[index])
        return _unfolded(self._kept[index])  # type: ignore[return-value]


def _account_in(name: str) -> str:
    prefix, _, rest = name.partition(":")
    parts = rest.split(":", 4)
    return parts[3] if prefix == "arn" and len(parts) == len(("partition", "service", "region", "account", "")) else ""


def _folded(resource: Resource) -> bytes:
    return zlib.compress(json.dumps(encode(resource)).encode(), 1)


def _unfolded(kept: Resource | bytes) -> Resource:
    return decode(json.loads(zlib.decompress(kept))) if isinstance(kept, bytes) else kept
