"""Resources and gaps as JSON-able data and back, for state, snapshots and what waits on disk.

Sensitive values have been dropped before they get here: what is written is their length and what was seen in
them. An `Unknown` stays one. Anything that was never answered is left out and is so again when it is read.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .gap import Gap, Scope
from .kinds import every_kind
from .resource import Identity, Location, Observation, Origin, Resource
from .sensitive import Redacted
from .shape import Shape
from .unknown import Reason, Unknown

_UNKNOWN, _REDACTED, _MAP = "$unknown", "$redacted", "$map"


class CodecError(ValueError):
    """Data that no resource or gap was ever written as."""


def encode(resource: Resource, only: frozenset[str] | None = None) -> dict[str, Any]:
    """A resource as data that `json` can write: type, identity, origin and facts.

    Args:
        resource: the resource.
        only: the members to write; None for all.
    """
    identity = resource.identity
    facts = {member: _encode(value) for member, value in resource.members() if only is None or member in only}
    return {
        "type": identity.type,
        "id": [identity.name, identity.arn, identity.partition, identity.account, identity.region],
        "origin": _encode_origin(resource.origin, facts),
        "facts": facts,
    }


def decode(data: Mapping[str, Any]) -> Resource:
    """The resource that `encode` wrote.

    Raises:
        CodecError: it was not written by `encode`, or names a type that the model does not have.
    """
    try:
        kind = every_kind()[data["type"]]
        name, arn, partition, account, region = _texts(data["id"])
        identity = Identity(data["type"], name, arn, partition, account, region)
        facts = {member: _decode(value) for member, value in data["facts"].items()}
        return kind.build(facts, identity, _decode_origin(data["origin"]))
    except KeyError as error:
        raise CodecError(f"{error.args[0]!r} is missing or not known") from error
    except (AttributeError, TypeError, ValueError) as error:
        raise CodecError("it is not the form of a resource") from error


def encode_gap(gap: Gap) -> dict[str, Any]:
    """A gap as data that `json` can write."""
    scope = gap.scope
    return {
        "scope": [scope.account, scope.region, scope.type, scope.resource],
        "operation": gap.operation,
        "reason": gap.reason.value,
        "detail": gap.detail,
    }


def decode_gap(data: Mapping[str, Any]) -> Gap:
    """The gap that `encode_gap` wrote.

    Raises:
        CodecError: it was not written by `encode_gap`.
    """
    try:
        account, region, kind, resource = _texts(data["scope"])
        operation, detail = _texts((data["operation"], data["detail"]))
        return Gap(Scope(account, region, kind, resource), operation, Reason(data["reason"]), detail)
    except (KeyError, TypeError, ValueError) as error:
        raise CodecError("it is not the form of a gap") from error


def _encode(value: Any) -> Any:  # noqa: PLR0911  one return per kind of value
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Unknown):
        return {_UNKNOWN: [value.reason.value, value.detail]}
    if isinstance(value, Redacted):
        return {_REDACTED: [value.length, *value.secrets]}
    if isinstance(value, Shape):
        return {member: _encode(item) for member, item in value.members()}
    if isinstance(value, tuple | list):
        return [_encode(item) for item in value]
    if isinstance(value, dict):
        out = {str(key): _encode(item) for key, item in value.items()}
        # A key of the user's own that looks like one of ours must not be read as ours.
        return {_MAP: out} if any(key.startswith("$") for key in out) else out
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if _UNKNOWN in value:
        reason, detail = _texts(value[_UNKNOWN])
        return Unknown(Reason(reason), detail)
    if _REDACTED in value:
        length, *secrets = value[_REDACTED]
        return Redacted(int(length), _texts(secrets))
    return {key: _decode(item) for key, item in value.get(_MAP, value).items()}


def _encode_origin(origin: Origin, facts: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {"source": origin.source, "at": _encode_place(origin.default)}
    # What can tell the place of any value cannot be written: what it says of each member can.
    members = {member: origin.of(member) for member in facts} if origin.locate else origin.members
    if members:
        out["members"] = {member: _encode_place(place) for member, place in members.items()}
    return out


def _encode_place(place: Observation | Location) -> list[Any]:
    if isinstance(place, Observation):
        return ["api", place.operation, place.request_id, place.at]
    return ["file", place.file, place.line, place.logical_id]


def _decode_origin(data: Mapping[str, Any]) -> Origin:
    members = {member: _decode_place(place) for member, place in data.get("members", {}).items()}
    (source,) = _texts((data["source"],))
    return Origin(source, _decode_place(data["at"]), members)


def _decode_place(data: Any) -> Observation | Location:
    kind, first, second, third = data
    if kind == "api":
        return Observation(*_texts((first, second, third)))
    if kind == "file":
        file, logical_id = _texts((first, third))
        return Location(file, int(second), logical_id)
    raise CodecError(f"{kind!r} is no kind of place")


def _texts(values: Any) -> tuple[str, ...]:
    if all(isinstance(value, str) for value in values):
        return tuple(values)
    raise CodecError("text was expected")
