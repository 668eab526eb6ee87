"""What an answer has no place for, and the fingerprint of what was read from it."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from auditor.model.resource import Resource
from auditor.model.shape import Shape
from auditor.sources.live.clients import fast_timestamp
from auditor.sources.shapes import Answer, nested_shape, unanswered


@cache
def unanswered_members(kind: type[Resource], answer: Answer) -> frozenset[str]:
    """Top-level members of the model that an answer has no place for: they are NOT_COLLECTED."""
    return frozenset(path.partition(".")[0].partition("[")[0] for path in unanswered(kind, answer))


@cache
def fingerprint(kind: type[Resource], needed: frozenset[str]) -> str:
    """Changes with the fields of the model and with what is read: facts kept under another are not used."""
    text = "|".join((*_fields(kind, ""), *sorted(needed)))
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _fields(kind: type[Shape], prefix: str) -> list[str]:
    found = []
    for member, field in sorted(kind.fields_by_member.items()):
        annotation = kind.model_fields[field].annotation
        inner = nested_shape(annotation)
        # By name: the text of an annotation holds addresses, which differ from run to run.
        found.append(f"{prefix}{member}:{inner.__name__ if inner is not None else ''}")
        if inner is not None:
            found += _fields(inner, f"{prefix}{member}.")
    return found


def time_in(data: Mapping[str, Any], member: str) -> datetime | None:
    """A time in an answer, whichever way it is spelled; None where it is absent."""
    value = data.get(member) if member else None
    return fast_timestamp(value) if value is not None and not isinstance(value, datetime) else value


def created_filter(operator: str, at: datetime | None) -> list[dict[str, str]]:
    """A filter on the time of creation, to the second, below which two walks could not share a bound."""
    if at is None:
        return []
    return [{"Name": "CreationTime", "Operator": operator, "Value": at.strftime("%Y-%m-%dT%H:%M:%SZ")}]
