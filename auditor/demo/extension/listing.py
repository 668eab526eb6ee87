"""List operations: filters, order and pages, as AWS applies them.

AWS takes a page first and applies StatusEquals and the last-modified filters to it afterwards
(ListTrainingJobs, parameter StatusEquals), so a page may be short or empty and still carry a NextToken.
Tokens hold the last resource's place in the order, so that a deletion between pages loses nothing.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from auditor.demo.errors import AwsError
from auditor.demo.extension.kinds import VALIDATION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from auditor.demo.extension.kinds import Kind
    from auditor.demo.extension.store import Record

Params = dict[str, Any]
Criterion = Callable[["Record"], bool]

DEFAULT_PAGE = 10
_PAGING = frozenset({"NextToken", "MaxResults", "SortBy", "SortOrder", "CrossAccountFilterOption"})
_RENAMED = {
    "AppTypeEquals": "StudioLifecycleConfigAppType",
    "MonitoringTypeEquals": "MonitoringType",
    "PipelineNamePrefix": "PipelineName",
    "ModelNameContains": "ModelName",
}


def page(kind: Kind, records: Iterable[Record], params: Params) -> tuple[list[Record], str | None]:
    """Return one page of a List operation and the token of the next.

    Args:
        kind: The type listed.
        records: All resources of that type.
        params: The request.

    Raises:
        AwsError: ValidationException for a filter that is not known here or a token not given out here.
    """
    before, after = _criteria(kind, params)
    chosen = [record for record in records if all(keep(record) for keep in before)]
    chosen.sort(key=lambda record: _place(kind, record, params))
    reverse = params.get("SortOrder") == "Descending"
    if reverse:
        chosen.reverse()
    if token := params.get("NextToken"):
        last = decode(token)
        chosen = [
            record
            for record in chosen
            if (_place(kind, record, params) < last if reverse else _place(kind, record, params) > last)
        ]
    size = params.get("MaxResults") or DEFAULT_PAGE
    taken = chosen[:size]
    more = encode(_place(kind, taken[-1], params)) if len(chosen) > size else None
    return [record for record in taken if all(keep(record) for keep in after)], more


def encode(place: list[Any]) -> str:
    """Return an opaque token for a place in an order."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def decode(token: str) -> list[Any]:
    """Return the place that a token stands for; raise ValidationException for anything else."""
    try:
        place = json.loads(base64.urlsafe_b64decode(token.encode()))
    except ValueError:
        place = None
    if not isinstance(place, list):
        raise AwsError(VALIDATION, "Invalid pagination token.")
    return place


def _place(kind: Kind, record: Record, params: Params) -> list[Any]:
    """Return where a record stands in the requested order: the sort value, then its key."""
    by = params.get("SortBy", "CreationTime").replace("_", "").upper()
    if by.endswith("NAME"):
        value: Any = record.key[-1]
    elif by == "STATUS":
        value = record.data.get(kind.status, "")
    elif by == "VERSION":
        value = record.data["Version"]
    elif by.startswith("LASTMODIFIED"):
        value = float(record.data[kind.modified])
    else:
        value = float(record.data[kind.created])
    return [value, *record.key]


def _criteria(kind: Kind, params: Params) -> tuple[list[Criterion], list[Criterion]]:
    """Return the filters of a request: those applied before the page is taken, and those applied to it."""
    before: list[Criterion] = []
    after: list[Criterion] = []
    for name, value in params.items():
        if name in _PAGING or value is None:
            continue
        if name == "StatusEquals":
            after.append(_equals(kind.status, value))
        elif name.startswith(("LastModifiedTime", "ModifiedTime")):
            after.append(_time(kind.modified, name, value))
        elif name.startswith(("CreationTime", "Created")):
            before.append(_time(kind.created, name, value))
        else:
            before.append(_criterion(kind, name, value))
    return before, after


def _criterion(kind: Kind, name: str, value: Any) -> Criterion:
    """Return the filter that a request member of the usual naming stands for."""
    if name in _SPECIAL:
        return _SPECIAL[name](value)
    member = _RENAMED.get(name, name.removesuffix("Equals").removesuffix("Contains"))
    if name.endswith("Prefix"):
        return lambda record: str(record.data.get(member, "")).startswith(value)
    if name.endswith("Contains"):
        return lambda record: value in str(record.data.get(member, ""))
    if name.endswith("Equals") or name in _PLAIN:
        return _equals(member, value)
    raise AwsError(VALIDATION, f"List of {kind.name}: the embedded AWS does not know the filter {name}.")


def _name(part: str) -> Criterion:
    """Return a filter on a part of the name, in any case."""
    return lambda record: part.lower() in record.key[-1].lower()


def _package_type(wanted: str) -> Criterion:
    """Return a filter on versioned, unversioned or both sorts of model packages."""
    return lambda record: wanted in {"Both", "Versioned" if "ModelPackageVersion" in record.data else "Unversioned"}


def _group(name_or_arn: str) -> Criterion:
    """Return a filter on the model package group, given by name or ARN."""
    return _equals("ModelPackageGroupName", name_or_arn.rsplit("/", 1)[-1])


def _offline_status(wanted: str) -> Criterion:
    """Return a filter on the status of a feature group's offline store."""
    return lambda record: record.data.get("OfflineStoreStatus", {}).get("Status") == wanted


_SPECIAL: dict[str, Callable[[Any], Criterion]] = {
    "ModelPackageGroupName": _group,
    "ModelPackageType": _package_type,
    "NameContains": _name,
    "OfflineStoreStatusEquals": _offline_status,
}
_PLAIN = frozenset(
    {
        "EndpointName",
        "ImageName",
        "MlflowVersion",
        "ModelApprovalStatus",
        "ModelCardStatus",
        "MonitoringJobDefinitionName",
        "Status",
        "TrackingServerStatus",
        "Type",
    }
)


def _equals(member: str, value: Any) -> Criterion:
    """Return a filter on a member's value."""
    return lambda record: record.data.get(member) == value


def _time(member: str, name: str, value: Any) -> Criterion:
    """Return a filter on a time; both ends are open."""
    bound = float(value)
    if name.endswith("After"):
        return lambda record: float(record.data[member]) > bound
    return lambda record: float(record.data[member]) < bound
