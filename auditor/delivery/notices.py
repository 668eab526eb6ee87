"""Telling people and programs what is new: one digest a run on SNS, and events on EventBridge.

A notice that cannot be sent never ends a run: it is told in the result, and the metrics and the report are there.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from auditor.delivery.digest import Digest, as_data, finding_data, subject, words

OPERATIONS = ("sns:Publish", "events:PutEvents")

SOURCE = "sagemaker-auditor"
RUN_DETAIL, FINDING_DETAIL = "SageMaker Audit Run Finished", "SageMaker Audit Finding New"

# Amazon SNS API reference, Publish: 262,144 bytes; Amazon EventBridge user guide, PutEvents: 10 entries and 256 KB a
# call, where an entry is as large as its source, detail type and detail, and 14 bytes for its time.
_LARGEST_MESSAGE = 262_144
_MOST_ENTRIES, _LARGEST_CALL, _TIME = 10, 256 * 1024, 14
_TRIES = 2
_MOST_SPELLED_OUT = 200
# Whoever switches many rules on at once reads the report; events are for what can be handled one by one.
_MOST_EVENTS = 1000


@dataclass(frozen=True, slots=True)
class NoticeResult:
    """What became of a notice.

    Args:
        sent: how many messages or events were taken.
        left_out: events of new findings beyond what one run sends.
        problems: what went wrong, in words; empty where nothing did.
    """

    sent: int = 0
    left_out: int = 0
    problems: tuple[str, ...] = ()


def publish(client: Any, topic: str, what: Digest) -> NoticeResult:
    """Send a digest to an SNS topic: as text to people, as JSON to queues, functions and endpoints.

    Args:
        client: of SNS, in the topic's region.
        topic: its ARN.
        what: the digest; nothing is sent where nothing in it matters.
    """
    if not what.matters:
        return NoticeResult()
    try:
        client.publish(TopicArn=topic, Subject=subject(what), Message=message(what), MessageStructure="json")
    except (BotoCoreError, ClientError) as error:
        return NoticeResult(problems=(f"{topic}: {error}",))
    return NoticeResult(sent=1)


def message(what: Digest) -> str:
    """A digest in the form that SNS takes with MessageStructure `json`, cut to what SNS takes."""
    most = min(len(what.new), _MOST_SPELLED_OUT)
    while True:
        text, data = words(what, most), json.dumps(as_data(what, most))
        forms = dict.fromkeys(("sqs", "lambda", "http", "https", "firehose"), data)
        whole = json.dumps({"default": text, "sms": subject(what), **forms})
        if len(whole) <= _LARGEST_MESSAGE or not most:
            return whole
        most //= 2


def put_events(client: Any, bus: str, what: Digest) -> NoticeResult:
    """Put a run's events on an EventBridge bus: one for the run, whatever it found, and one for each new finding.

    Args:
        client: of EventBridge, in the bus's region.
        bus: its name or ARN.
        what: the digest.
    """
    left_out = what.number - len(what.new[:_MOST_EVENTS])
    sent = 0
    problems: dict[str, None] = {}
    waiting: list[dict[str, Any]] = list(_entries(bus, what))
    try:
        # An answer may refuse single entries; by the time that all others are through, they may well be taken.
        for _ in range(_TRIES):
            refused: list[dict[str, Any]] = []
            problems.clear()
            for batch in _batches(waiting):
                answers = client.put_events(Entries=batch)["Entries"]
                for entry, answer in zip(batch, answers, strict=True):
                    if answer.get("ErrorCode"):
                        refused.append(entry)
                        problems[f"{bus}: {answer['ErrorCode']}: {answer.get('ErrorMessage', '')}"] = None
                    else:
                        sent += 1
            waiting = refused
    except (BotoCoreError, ClientError) as error:
        problems[f"{bus}: {error}"] = None
    return NoticeResult(sent=sent, left_out=left_out, problems=tuple(problems))


def _entries(bus: str, what: Digest) -> Iterator[dict[str, Any]]:
    when = datetime.fromisoformat(what.finished_at)
    # Findings have events of their own.
    run = {name: value for name, value in as_data(what, 0).items() if name != "new"}
    yield _entry(bus, when, RUN_DETAIL, run)
    for one in what.new[:_MOST_EVENTS]:
        entry = _entry(bus, when, FINDING_DETAIL, {"run": what.run, **finding_data(one)})
        if one.arn:
            entry["Resources"] = [one.arn]
        yield entry


def _entry(bus: str, when: datetime, kind: str, detail: object) -> dict[str, Any]:
    text = json.dumps(detail)
    return {"Time": when, "Source": SOURCE, "DetailType": kind, "Detail": text, "EventBusName": bus}


def _batches(entries: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    room = _LARGEST_CALL
    for entry in entries:
        size = _TIME + sum(len(entry[name].encode()) for name in ("Source", "DetailType", "Detail"))
        size += sum(len(arn.encode()) for arn in entry.get("Resources", ()))
        if batch and (len(batch) == _MOST_ENTRIES or size > room):
            yield batch
            batch, room = [], _LARGEST_CALL
        batch.append(entry)
        room -= size
    if batch:
        yield batch
