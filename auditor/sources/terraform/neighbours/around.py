"""What the readers of neighbours share: finding what belongs together, policies, and making the resource."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from auditor.model.resource import Identity, Location, Origin, Resource
from auditor.model.text import writable
from auditor.model.unknown import Reason, Unknown
from auditor.sources.interface import Deployment, Reference
from auditor.sources.terraform.neighbours.outside import OWNED, UNREAD, alike, stand_in, told_names
from auditor.sources.terraform.places import Places
from auditor.sources.terraform.plan import Change, Plan
from auditor.sources.terraform.values import Secret, Values, told, unsealed

_NAMES = ("arn", "id", "name", "bucket", "key_id")
_POLICY = "aws_iam_policy_document"
# Of what a data source found, what it does not tell is there all the same.
UNTOLD = Unknown(Reason.NOT_COLLECTED, "the data source does not tell it")


# The data sources that find one thing and tell of it what its resource tells.
_FOUND = frozenset(
    {
        "aws_ecr_repository",
        "aws_iam_policy",
        "aws_iam_role",
        "aws_kms_alias",
        "aws_kms_key",
        "aws_s3_bucket",
        "aws_security_group",
        "aws_subnet",
        "aws_vpc",
    }
)


class Reads(Protocol):
    """What reading a plan offers."""

    plan: Plan
    places: Places
    values: Values

    def deployment(self, change: Change) -> Deployment:
        """Where a resource will be."""
        ...

    def called(self, change: Change) -> str:
        """What the source calls a resource."""
        ...


@dataclass(slots=True)
class _Links:
    """Which resources of a type belong to whom, by the owner's address, and what stands for those of nobody."""

    to: dict[str, list[Change]] = field(default_factory=dict)
    adrift: list[Unknown] = field(default_factory=list)


class Around:
    """The neighbours of one plan.

    Args:
        reads: reads the plan.
    """

    def __init__(self, reads: Reads) -> None:
        self.reads = reads
        self._by_type: defaultdict[str, list[Change]] = defaultdict(list)
        self._found: defaultdict[str, list[Change]] = defaultdict(list)
        self._by_name: defaultdict[str, list[Change]] = defaultdict(list)
        self._raw: dict[str, dict[str, Any]] = {}
        self._linked: dict[tuple[str, str], _Links] = {}
        self._lost: defaultdict[str, list[Change]] = defaultdict(list)
        self._losers: dict[tuple[str, str], dict[str, Change]] = {}
        for change in reads.plan.changes:
            if change.mode == "managed" and change.deleted:
                self._lost[change.type].append(change)
            if change.mode == "managed" and change.stays:
                self._by_type[change.type].append(change)
                for name in names(change):
                    self._by_name[name].append(change)
        for change in reads.plan.read:
            own = names(change)
            # What the plan manages too it tells whole; what two data sources found is one.
            if change.type in _FOUND and not self._known(change.type, own):
                self._found_one(change, own)
        self._stand_ins()

    def _stand_ins(self) -> None:
        """What stands for the owners that the plan neither holds nor deletes, and whose settings it changes."""
        gone = {(change.type, name) for lost in self._lost.values() for change in lost for name in _former(change)}
        for kind, (attribute, owner, _) in OWNED.items():
            for change in (*self._by_type.get(kind, ()), *self._lost.get(kind, ())):
                now = self._values(change).get(attribute) if change.stays else None
                for name in dict.fromkeys((*told_names(now), *told_names(change.before.get(attribute)))):
                    if not self._known(owner, {name}) and not any((one, name) in gone for one in alike(owner)):
                        other = stand_in(change, name)
                        self._found_one(other, names(other))

    def _found_one(self, change: Change, own: set[str]) -> None:
        self._found[change.type].append(change)
        for name in own:
            self._by_name[name].append(change)

    def _known(self, kind: str, called: set[str]) -> bool:
        return any(one.type in alike(kind) for name in called for one in self._by_name[name])

    def found(self, kind: str) -> Iterator[tuple[Change, dict[str, Any]]]:
        """What data sources of a type found, with what they tell of it."""
        for change in self._found.get(kind, ()):
            yield change, self._values(change)

    def all(self, *types: str) -> Iterator[tuple[Change, dict[str, Any]]]:
        """Every resource of some types that will be there, with its attributes."""
        for kind in types:
            for change in self._by_type.get(kind, ()):
                yield change, self._values(change)

    def of(self, owner: Change, attribute: str, kind: str) -> Iterator[tuple[Change, dict[str, Any]]]:
        """The resources of a type whose attribute names the owner."""
        for change in self._links(kind, attribute).to.get(owner.address, ()):
            yield change, self._values(change)

    def adrift(self, attribute: str, kind: str) -> list[Unknown]:
        """What stands for the resources of a type of which nobody knows whom they belong to: one Unknown, or none."""
        return self._links(kind, attribute).adrift

    def only(self, owner: Change, attribute: str, kind: str) -> tuple[Change, dict[str, Any]] | Unknown | None:
        """The resource of a type of which each owner has one; an Unknown where it may be another, None without any."""
        found = list(self.of(owner, attribute, kind))
        unknown = self.adrift(attribute, kind)
        if len(found) > 1:
            names = " and ".join(change.address for change, _ in found)
            return Unknown(Reason.UNEXPECTED_VALUE, f"which of {names} holds depends on the order of the apply")
        return found[0] if found else unknown[0] if unknown else None

    def lost(self, owner: Change, attribute: str, kind: str) -> Change | None:
        """The resource of a type that was the owner's, and that the plan deletes or gives to another."""
        if (kind, attribute) not in self._losers:
            told = ((one, one.before.get(attribute)) for one in self._lost.get(kind, ()))
            self._losers[kind, attribute] = {name: one for one, name in told if isinstance(name, str)}
        losers = self._losers[kind, attribute]
        return next((losers[name] for name in names(owner) if name in losers), None)

    def _links(self, kind: str, attribute: str) -> "_Links":
        if (kind, attribute) not in self._linked:
            links = _Links()
            for change in self._by_type.get(kind, ()):
                owners, known = self._leads(change, attribute)
                for other in owners:
                    links.to.setdefault(other, []).append(change)
                if not known and not links.adrift:
                    detail = f"{change.address} may be its own: {attribute} is known after apply"
                    links.adrift.append(Unknown(Reason.KNOWN_AFTER_APPLY, detail))
            links.adrift = links.adrift or self._unread(kind) or self._lost_by_nobody(kind, attribute)
            self._linked[kind, attribute] = links
        return self._linked[kind, attribute]

    def _unread(self, kind: str) -> list[Unknown]:
        """What stands for the resources of another provider that do as those of a type do."""
        for other, attribute in UNREAD.get(kind, ()):
            for change in self._by_type.get(other, ()):
                owners, known = self._leads(change, attribute)
                if not known or not all(owner in self._others for owner in owners):
                    detail = f"{change.address} may be its own, and is not read"
                    return [Unknown(Reason.UNSUPPORTED_SYNTAX, detail)]
        return []

    def _lost_by_nobody(self, kind: str, attribute: str) -> list[Unknown]:
        """What stands for the settings that are deleted and do not tell whose they were."""
        for change in self._lost.get(kind, ()) if kind in OWNED else ():
            if not change.stays and not any(told_names(change.before.get(attribute))):
                why = f"{change.address} may be its own, and is deleted"
                return [Unknown(Reason.UNRESOLVED_REFERENCE, why)]
        return []

    @cached_property
    def _others(self) -> frozenset[str]:
        """The addresses of what the Cloud Control provider makes."""
        return frozenset(
            one.address for kind, listed in self._by_type.items() if kind.startswith("awscc_") for one in listed
        )

    def _values(self, change: Change) -> dict[str, Any]:
        if change.address not in self._raw:
            self._raw[change.address] = self.reads.values.of(change)
        return self._raw[change.address]

    def _leads(self, change: Change, attribute: str) -> tuple[set[str], bool]:
        """The resources that an attribute names, by expression and by value, and whether those are all."""
        trail = self.reads.values.trail(change, attribute)
        hits = {hit.change.address for hit in trail.hits if hit.change.mode == "managed"}
        value = self._values(change).get(attribute)
        items = value if isinstance(value, list) else [value]
        texts = [item for item in items if isinstance(item, str) and not isinstance(item, Secret)]
        named = {one.address for text in texts for one in self._by_name.get(text, ())}
        unknown = any(isinstance(item, Unknown | Secret) for item in items)
        return hits | named, not unknown or (trail.clear and bool(hits))

    def policy_apart(self, owner: Change, attribute: str, kind: str, otherwise: Any, gone: Any = None) -> Any:
        """The policy that a resource of a type gives to an owner.

        Args:
            owner: what the policy is for.
            attribute: the attribute that names the owner.
            kind: the type.
            otherwise: what holds where no resource gives one.
            gone: what holds once the resource is deleted that gave one; the owner still tells the old one.
        """
        apart = self.only(owner, attribute, kind)
        if apart is None:
            return gone if self.lost(owner, attribute, kind) is not None else otherwise
        return apart if isinstance(apart, Unknown) else self.policy(apart[0], "policy", apart[1].get("policy"))

    def policy(self, change: Change, attribute: str, value: Any, *block: str | int) -> Any:
        """A policy document as a mapping; an Unknown where it is not told.

        Args:
            change: the resource that has it.
            attribute: the attribute that holds it.
            value: its value.
            block: name and number of the block that it stands in.
        """
        if isinstance(value, Secret):
            return Unknown(Reason.UNRESOLVED_REFERENCE, f"{attribute}: the plan marks it as sensitive")
        if isinstance(value, str) and not isinstance(value, Reference):
            return _parsed(value)
        if value is None:
            return None
        trail = self.reads.values.trail(change, *block, attribute)
        if trail.clear and len(trail.hits) == 1 and trail.hits[0].change.type == _POLICY:
            return _document(self.reads.values.of(trail.hits[0].change))
        return value if isinstance(value, Unknown) else Unknown(Reason.KNOWN_AFTER_APPLY, f"{attribute} is made later")

    def made(
        self, kind: type[Resource], change: Change, facts: Mapping[str, Any], lines: Mapping[str, str]
    ) -> Resource:
        """Make a resource.

        Args:
            kind: its type.
            change: what it is made from.
            facts: members of its API; name and ARN only where the plan calls it otherwise than what it is made from.
            lines: the argument in which a member stands, where it has one.
        """
        place = self.reads.places.of(change)
        where = self.reads.deployment(change)
        name = str(facts.get(kind.name_member) or self.reads.called(change))
        arn = str(facts.get(kind.arn_member) or told(change, "arn"))
        identity = Identity(kind.cfn_type, name, arn, where.partition, where.account, where.region)
        whole: dict[str, Any] = {kind.name_member: name, "Tags": tags(self._values(change)), **facts}
        if arn and kind.arn_member:
            whole[kind.arn_member] = arn

        def locate(path: str) -> Location:
            member = path.partition(".")[0].partition("[")[0]
            line = place.line_of((lines[member],) if member in lines else ())
            return Location(place.shown, line, change.address)

        given = {
            member: value for member, value in unsealed(whole, kind).items() if value is not None or member in facts
        }
        return kind.build(given, identity, Origin("terraform", locate(""), locate=locate))


def names(change: Change) -> set[str]:
    """What else names a resource, as far as it is told."""
    return {told(change, word) for word in _NAMES} - {""}


def _former(change: Change) -> set[str]:
    """What a resource is called that is deleted and does not come back."""
    values = () if change.stays else (change.before.get(word) for word in _NAMES)
    return {value for value in values if isinstance(value, str)}


def tags(raw: Mapping[str, Any]) -> Any:
    """Tags as the API lists them, those of the provider among them."""
    value = either(raw.get("tags_all"), raw.get("tags"))
    if isinstance(value, Unknown):
        return value
    return [{"Key": key, "Value": item} for key, item in value.items()] if isinstance(value, dict) else []


def single(value: Any) -> Any:
    """A block that may stand once; an empty one where it does not, an Unknown where nobody knows."""
    found = value[0] if isinstance(value, list) and value else value
    return found if isinstance(found, dict | Unknown) else {}


def part(block: Any, name: str) -> Any:
    """An argument of a block; an Unknown where the block is one."""
    return block.get(name) if isinstance(block, dict) else block if isinstance(block, Unknown) else None


def many(value: Any) -> Any:
    """A list, empty where there is none; an Unknown stays one."""
    if isinstance(value, str):
        return [value]
    return value if isinstance(value, list | Unknown) else []


def dicts(value: Any) -> list[Any]:
    """The blocks of a list, and an Unknown for each that nobody knows."""
    found = many(value)
    return [found] if isinstance(found, Unknown) else [one for one in found if isinstance(one, dict | Unknown)]


def unknown_last(items: list[Any]) -> list[Any]:
    """Some items, those first that are known: a rule that looks for the first bad one shall not stop before it."""
    return sorted(items, key=lambda item: isinstance(item, Unknown))


def either(*values: Any) -> Any:
    """The first that is unknown or set; else the last."""
    return next((value for value in values if isinstance(value, Unknown) or value), values[-1])


def present(**facts: Any) -> dict[str, Any]:
    """Facts without those that are unset: the service's default holds for them."""
    return {name: value for name, value in facts.items() if isinstance(value, Unknown) or value not in (None, "")}


def _parsed(text: str) -> Any:
    if not text:
        return None
    try:
        found = writable(json.loads(text))
    except (ValueError, RecursionError):
        return Unknown(Reason.UNEXPECTED_VALUE, "the policy document is not JSON")
    return found if isinstance(found, dict) else Unknown(Reason.UNEXPECTED_VALUE, "the policy is not an object")


def _document(raw: Mapping[str, Any]) -> Any:
    """The document that the data source aws_iam_policy_document makes."""
    others = either(*(raw.get(name) for name in ("source_policy_documents", "override_policy_documents")))
    if isinstance(others, Unknown) or others:
        return Unknown(Reason.KNOWN_AFTER_APPLY, "the policy document is made of others")
    listed = raw.get("statement")
    if not isinstance(listed, list):
        return Unknown(Reason.KNOWN_AFTER_APPLY, "the statements are known after apply")
    return {
        "Version": "2012-10-17",
        "Statement": [_statement(item) if isinstance(item, dict) else item for item in listed],
    }


def _statement(raw: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        "Effect": either(raw.get("effect"), "Allow"),
        "Action": raw.get("actions"),
        "NotAction": raw.get("not_actions"),
        "Resource": raw.get("resources"),
        "NotResource": raw.get("not_resources"),
        "Principal": _principals(raw.get("principals")),
        "NotPrincipal": _principals(raw.get("not_principals")),
        "Condition": _conditions(raw.get("condition")),
    }
    return {name: value for name, value in found.items() if isinstance(value, Unknown) or value}


def _principals(blocks: Any) -> Any:
    if not isinstance(blocks, list):
        return blocks
    out: dict[str, list[Any]] = {}
    for block in blocks:
        kind = part(block, "type")
        if not isinstance(kind, str):
            return Unknown(Reason.KNOWN_AFTER_APPLY, "a principal is known after apply")
        if kind:
            names = part(block, "identifiers")
            out.setdefault("AWS" if kind == "*" else kind, []).extend(names if isinstance(names, list) else [names])
    return out


def _conditions(blocks: Any) -> Any:
    if not isinstance(blocks, list):
        return blocks
    out: dict[str, dict[str, Any]] = {}
    for block in blocks:
        test, variable = part(block, "test"), part(block, "variable")
        if not isinstance(test, str) or not isinstance(variable, str):
            return Unknown(Reason.KNOWN_AFTER_APPLY, "a condition is known after apply")
        out.setdefault(test, {})[variable] = part(block, "values")
    return out
