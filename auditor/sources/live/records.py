"""What an answer has no place for, and the fingerprint of what was read from it."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from auditor.model.resource import Observation, Resource
from auditor.model.shape import Shape
from auditor.sources.live.clients import fast_timestamp
from auditor.sources.live.reader import Reader
from auditor.sources.live.table import Row
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


def search_records(
    reader: Reader, region: str, row: Row, filters: list[dict[str, str]]
) -> Iterator[tuple[list[dict[str, Any]], Observation]]:
    """A walk of `Search`: page by page, the records of one type in the spelling of its Describe.

    Args:
        reader: asks AWS.
        region: where to ask.
        row: how the type is collected; one that Search does not answer has no pages.
        filters: what the records must have, as SearchExpression.Filters.

    Raises:
        ReadFailed: a page was not answered.
    """
    search = row.search
    if search is None:
        return
    if search.source_type:
        filters = [*filters, {"Name": "Source.SourceType", "Operator": "Equals", "Value": search.source_type}]
    parameters: dict[str, Any] = {"Resource": search.resource, "SortBy": "CreationTime", "SortOrder": "Ascending"}
    if filters:
        parameters["SearchExpression"] = {"Filters": filters}
    for answer in reader.pages(region, "sagemaker:Search", **parameters):
        found = []
        for result in answer.data.get("Results", ()):
            record = result
            for member in search.record:
                record = record.get(member) or {}
            if record:
                if search.source_type and "Tags" not in record:
                    record = {**record, "Tags": result.get("TrialComponent", {}).get("Tags", [])}
                found.append(record)
        yield found, answer.observation
