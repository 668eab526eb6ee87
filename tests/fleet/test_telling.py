"""A merge that is killed or repeated: everybody is told, and twice only where nothing could be known of the first."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from auditor.cli.catalogs import load_catalog
from auditor.fleet.merge import merge_reports
from auditor.fleet.records import read_json, write_json
from auditor.fleet.speakers import Speakers

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.demo.server import EmbeddedAws

OWN, OTHER = "123456789012", "111111111111"
RULE = "notebook-instance-root-access"
RESULT = "runs/run-1/plan/result.json"


class Killed(BaseException):
    """What ends a function from outside cannot be caught."""


class Audience:
    """Counts what it is told: a client of SNS and one of EventBridge, with answers as botocore gives them."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.notices = self.runs = 0
        self.refuses = False

    @property
    def heartbeats(self) -> int:
        return sum("Heartbeat" in line for line in self.lines)

    @property
    def told(self) -> tuple[int, int, int]:
        return self.heartbeats, self.notices, self.runs

    def speakers(self, aws: EmbeddedAws, topic: str) -> Speakers:
        sns, events = aws.client("sns"), aws.client("events")
        sns.meta.events.register("before-call.sns.Publish", self._publish)
        events.meta.events.register("before-call.events.PutEvents", self._put)
        assert topic
        return Speakers(lambda line: self.lines.append(json.loads(line)), sns, events)

    def _publish(self, **_: Any) -> None:
        self.notices += 1

    def _put(self, **_: Any) -> None:
        self.runs += 1


class Mortal:
    """A store whose caller is killed at a write: before it, or after it."""

    def __init__(self, inner: Any, at: int, *, after: bool) -> None:
        self.inner, self.at, self.after = inner, at, after
        self.keys: list[str] = []

    def put(self, key: str, body: Any, **words: Any) -> bool:
        self.keys.append(key)
        now = len(self.keys) == self.at
        if now and not self.after:
            raise Killed
        written = bool(self.inner.put(key, body, **words))
        if now:
            raise Killed
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@pytest.fixture
def ran(fleet: Any, aws: EmbeddedAws, memory: Any) -> Any:
    """A run of which one target never reported; not merged yet."""
    topic = aws.client("sns").create_topic(Name="notices")["TopicArn"]
    fleet.catalog = load_catalog(()).select((RULE,))
    fleet.store = memory()
    fleet.settings = replace(fleet.settings, topic_arn=topic, event_bus="default")
    aws.client("sagemaker").create_notebook_instance(
        NotebookInstanceName="one", InstanceType="ml.t3.medium", RoleArn=f"arn:aws:iam::{OWN}:role/x"
    )
    fleet.everything()
    planned = read_json(fleet.store, "runs/run-1/plan/regions.json")
    silent = {**planned[0], "account": OTHER, "role_arn": f"arn:aws:iam::{OTHER}:role/auditor"}
    write_json(fleet.store, "runs/run-1/plan/regions.json", [*planned, silent])
    return fleet


@pytest.fixture
def merge(aws: EmbeddedAws) -> Callable[..., Any]:
    def run(fleet: Any, audience: Audience) -> Any:
        speakers = audience.speakers(aws, fleet.settings.topic_arn)
        return merge_reports({"run": fleet.run}, fleet.settings, fleet.catalog, fleet.store, speakers)

    return run


def rows(fleet: Any) -> dict[str, list[dict[str, Any]]]:
    """What merging wrote into the table `coverage`, by key."""
    keys = [key for key in fleet.store.list("coverage/") if "-lost-" in key]
    return {key: [json.loads(line) for line in gzip.decompress(fleet.store.get(key)).splitlines()] for key in keys}


def test_a_repeated_merge_tells_nobody_again(ran: Any, merge: Any, aws: EmbeddedAws) -> None:
    audience = Audience()
    answers = [merge(ran, audience) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert audience.told == (1, 1, 1)
    assert read_json(ran.store, RESULT)["metrics"]["lines"] == len(audience.lines)
    assert not [call for call in aws.calls.all() if call.service == "securityhub"]


def test_killed_at_any_write_and_repeated_everybody_is_told_and_once_if_it_could_be_known(ran: Any, merge: Any) -> None:
    probe = Mortal(ran.store, 0, after=False)
    kept = dict(ran.store.objects)
    ran.store = probe
    merge(ran, Audience())
    assert probe.keys.count(RESULT) == 3
    for at, key in enumerate(probe.keys, 1):
        for after in (False, True):
            probe.inner.objects = dict(kept)
            audience = Audience()
            ran.store = Mortal(probe.inner, at, after=after)
            with pytest.raises(Killed):
                merge(ran, audience)
            ran.store = probe.inner
            answer = merge(ran, audience)
            assert (answer["complete"], answer["failed"]) == (False, 1)
            # Only whoever dies between telling and its note tells again.
            twice = sum(audience.told) - 3
            assert twice == (1 if key == RESULT and not after else 0), (key, after, audience.told)
            assert min(audience.told) == 1
            assert rows(ran)


def test_a_notice_that_was_refused_is_sent_when_the_merge_is_repeated(ran: Any, merge: Any, aws: EmbeddedAws) -> None:
    audience = Audience()
    aws.faults.deny("sns", "Publish")
    merge(ran, audience)
    assert read_json(ran.store, RESULT)["notice"]["problems"]
    aws.faults.clear()
    merge(ran, audience)
    assert read_json(ran.store, RESULT)["notice"]["sent"] == 1
    assert (audience.heartbeats, audience.runs) == (1, 1)
    merge(ran, audience)
    assert audience.notices == 2


def test_what_never_reported_has_rows_until_it_reports(ran: Any, merge: Any) -> None:
    merge(ran, Audience())
    ((key, (target, gap)),) = rows(ran).items()
    day = f"{ran.now:%Y-%m-%d}"
    assert key == f"coverage/dt={day}/region=eu-west-1/all-run-1-lost-0000.jsonl.gz"
    assert (target["record"], target["account"], target["family"]) == ("target", OTHER, "everything")
    assert (target["status"], target["reason"], target["run_id"]) == ("NOT_SCANNED", "it did not report", "run-1")
    assert (gap["record"], gap["account"], gap["reason"]) == ("gap", OTHER, "NOT_COLLECTED")
    ran.audit(read_json(ran.store, "runs/run-1/plan/regions.json")[-1])
    merge(ran, Audience())
    assert rows(ran) == {key: []}
    assert [one for one in ran.store.list(f"coverage/dt={day}/region=eu-west-1/") if OTHER in one]


def test_what_the_plan_could_not_find_out_has_rows_and_makes_the_notice_incomplete(ran: Any, merge: Any) -> None:
    hole = {
        "account": OWN,
        "region": "",
        "operation": "account:ListRegions",
        "reason": "ACCESS_DENIED",
        "detail": "no",
    }
    planned = read_json(ran.store, "runs/run-1/plan/regions.json")
    write_json(ran.store, "runs/run-1/plan/regions.json", planned[:-1])
    write_json(ran.store, "runs/run-1/plan/excluded.json", [hole])
    audience = Audience()
    assert merge(ran, audience)["complete"] is False
    assert read_json(ran.store, RESULT)["complete"] is False
    (whole,) = [line for line in audience.lines if "Heartbeat" in line]
    assert whole["TargetsNotScanned"] == 1
    (found,) = [row for some in rows(ran).values() for row in some]
    assert (found["record"], found["operation"], found["reason"]) == ("gap", "account:ListRegions", "ACCESS_DENIED")
