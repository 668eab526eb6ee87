"""Which resource an event on EventBridge speaks of.

SageMaker tells of many changes itself ("Amazon SageMaker AI events" in the EventBridge Events Reference:
`SageMaker Training Job State Change` …); CloudTrail's management events tell of every Create and Update call
("AWS API Call via CloudTrail").
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.model.sagemaker import Cluster
from auditor.sources.live.table import TABLE, Row

_STATE_CHANGE = re.compile(r"SageMaker (.+) (?:State|Status) Change")
_CALL = re.compile(r"(?:Create|Update)(\w+)")
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+", re.ASCII)
_ARN = re.compile(r"arn:[a-z-]+:sagemaker:([a-z0-9-]+):(\d{12}):([a-z0-9-]+/.+)", re.IGNORECASE | re.ASCII)
_FIELD = re.compile(r"\{(\w+)\}")
_CLOUDTRAIL = "AWS API Call via CloudTrail"
_BY_NAME = {row.kind.__name__.lower(): row for row in TABLE}
# What events call otherwise than Describe operations do.
_OTHERWISE = {
    "automljob": "automljobv2",
    "endpointdeployment": "endpoint",
    "endpointweightsandcapacities": "endpoint",
    "groundtruthlabelingjob": "labelingjob",
    "hyperpodcluster": "cluster",
    "notebooklifecycleconfig": "notebookinstancelifecycleconfig",
}


class Ignored(Exception):  # noqa: N818  an answer: there is nothing to judge
    """An event that speaks of no resource that is judged; the text says why."""


@dataclass(frozen=True, slots=True)
class Change:
    """A resource that was made or changed.

    Args:
        row: how its type is read.
        account, region: where it is.
        keys: what Describe is asked with, by the member of the list item that holds it.
        arn: as the event has it; empty where it has none.
    """

    row: Row
    account: str
    region: str
    keys: Mapping[str, str] = field(default_factory=dict)
    arn: str = ""


def events_of(event: Any) -> list[Any] | None:
    """What the messages of SQS hold that Lambda hands over; None where there are none of those.

    A message that holds no JSON is None: it speaks of nothing (Lambda developer guide, "Using Lambda with Amazon SQS").
    """
    records = event.get("Records") if isinstance(event, Mapping) else None
    if not isinstance(records, list) or not all(isinstance(record, Mapping) for record in records):
        return None
    return [_parsed(record.get("body")) for record in records]


def _parsed(body: Any) -> Any:
    try:
        return json.loads(body)
    except (TypeError, ValueError, RecursionError):
        return None


def change_of(event: Any) -> Change:
    """The resource that an event speaks of.

    Raises:
        Ignored: there is none, or it is of a type that is not read.
    """
    if not isinstance(event, Mapping):
        raise Ignored("the event is no JSON object")
    account, region = str(event.get("account", "")), str(event.get("region", ""))
    if not _ACCOUNT.fullmatch(account) or not _REGION.fullmatch(region):
        raise Ignored("the event names no account and region")
    detail = event.get("detail")
    if event.get("source") != "aws.sagemaker" or not isinstance(detail, Mapping):
        raise Ignored("the event is not SageMaker's")
    kind = str(event.get("detail-type", ""))
    if kind == _CLOUDTRAIL:
        row, told = _called(detail)
        given: Any = ()
    else:
        named = _STATE_CHANGE.fullmatch(kind)
        row, told = _row(named[1] if named else kind), dict(detail)
        given = event.get("resources")
    arn = _arn(row, told, given if isinstance(given, list | tuple) else (), account, region)
    keys = _keys(row, told, arn)
    if len(keys) < len(row.keys):
        raise Ignored(f"the event does not tell which {row.kind.cfn_type} it speaks of")
    return Change(row, account, region, keys, arn)


def _called(detail: Mapping[str, Any]) -> tuple[Row, dict[str, Any]]:
    name = str(detail.get("eventName", ""))
    called = _CALL.fullmatch(name)
    if called is None:
        raise Ignored(f"the call {name!r} makes or changes nothing")
    if detail.get("errorCode"):
        raise Ignored(f"the call {name} was refused: {detail['errorCode']}")
    told: dict[str, Any] = {}
    for part in ("requestParameters", "responseElements"):
        found = detail.get(part)
        if isinstance(found, Mapping):
            # CloudTrail begins the names of members with a small letter.
            told |= {str(key)[:1].upper() + str(key)[1:]: value for key, value in found.items()}
    return _row(called[1]), told


def _row(name: str) -> Row:
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    row = _BY_NAME.get(_OTHERWISE.get(plain, plain))
    if row is None:
        raise Ignored(f"{name!r} is nothing that is judged by itself")
    return row


def _arn(row: Row, told: Mapping[str, Any], resources: Any, account: str, region: str) -> str:
    named = [told[member] for member in (row.kind.arn_member, row.arn) if told.get(member)]
    for given in (*named, *resources):
        found = _ARN.fullmatch(given) if isinstance(given, str) else None
        # Somebody else's resource must not be looked for under this account's role.
        if found is not None and (found[2], found[1]) == (account, region):
            return str(given)
    return ""


def _keys(row: Row, told: Mapping[str, Any], arn: str) -> dict[str, str]:
    from_arn = _from_arn(row, arn)
    found = {}
    for member, listed in row.keys:
        if listed.endswith("Arn") and arn:
            found[listed] = arn
            continue
        for value in (told.get(listed), told.get(member), from_arn.get(listed)):
            if isinstance(value, str) and value:
                found[listed] = value
                break
    return found


def _from_arn(row: Row, arn: str) -> dict[str, str]:
    found = _ARN.fullmatch(arn)
    if found is None:
        return {}
    tail = found[3].split("/")[1:]
    names = _FIELD.findall(row.arn_of) or [listed for _, listed in row.keys]
    if row.kind is Cluster:
        # Its ARN ends in an id, and Describe takes the ARN in the place of the name.
        return {names[0]: arn}
    # The ARN of a work team has the kind of its workforce before its name.
    tail = tail[-len(names) :]
    return dict(zip(names, tail, strict=True)) if len(names) == len(tail) else {}
