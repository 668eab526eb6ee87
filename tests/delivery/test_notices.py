from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import ANY, Stubber
from estate import RULES, one, small
from hypothesis import given
from hypothesis import strategies as st

from auditor.delivery.digest import Digest, NewFinding, digest, new_findings, subject, words
from auditor.delivery.known import remembered
from auditor.delivery.notices import FINDING_DETAIL, RUN_DETAIL, SOURCE, NoticeResult, message, publish, put_events
from auditor.delivery.totals import totals
from auditor.model.coverage import Report, Target, TargetStatus
from auditor.model.finding import Finding, WaiverRef
from auditor.model.resource import Lifecycle
from auditor.model.verdict import Severity, Status

if TYPE_CHECKING:
    from collections.abc import Collection

    from auditor.demo.server import EmbeddedAws

REGION = "eu-west-1"
ANY_TEXT = st.text(st.characters(codec=None))


def made(number: int, status: Status = Status.FAILED) -> Finding:
    return replace(one(number, status), lifecycle=Lifecycle.CURRENT, waiver=None)


def report(*findings: Finding, status: TargetStatus = TargetStatus.SCANNED) -> Report:
    base = small()
    targets = (Target("111122223333", REGION, "A", status),)
    return replace(base, coverage=replace(base.coverage, targets=targets), findings=findings)


def told(what: Report, known: Collection[str] | None, threshold: Severity = Severity.HIGH) -> Digest:
    new = new_findings(what, known, threshold)
    sums = totals(what, known)
    return digest(
        "run-1",
        what.scan.finished_at,
        sums,
        new,
        threshold=threshold,
        compared=known is not None,
        report="s3://reports/run-1/report.html",
    )


def many(number: int, text: str = "x") -> Digest:
    new = tuple(
        NewFinding(f"{n:032x}", "a-rule", Severity.HIGH, "111122223333", REGION, "T", text, text, text)
        for n in range(number)
    )
    return Digest("run-1", "2026-01-01T00:00:00Z", Severity.HIGH, new)


def test_new_is_what_failed_now_and_not_before_at_or_above_a_severity() -> None:
    waived = replace(made(6), waiver=WaiverRef("accepted", "amara", "jonas", "2026-12-31"))
    ended = replace(made(8), lifecycle=Lifecycle.HISTORICAL)
    # Of the sample's rules number 0 is LOW, 1 CRITICAL, 2 MEDIUM, 3 and 4 HIGH.
    what = report(*(made(n) for n in range(5)), made(9, Status.PASSED), waived, ended)
    found = told(what, {made(3).id}).new
    assert [(finding.id, finding.severity) for finding in found] == [
        (made(1).id, Severity.CRITICAL),
        (made(4).id, Severity.HIGH),
    ]
    assert len(told(what, set(), Severity.INFORMATIONAL).new) == 5


def test_the_first_run_says_so_and_calls_nothing_new() -> None:
    what = told(report(made(1), made(0)), None)
    assert what.new == ()
    assert what.matters
    assert subject(what) == "SageMaker audit: first run, 1 failed at HIGH or above"
    assert "no earlier run" in words(what, 10)


def test_a_run_without_news_matters_to_nobody() -> None:
    assert not told(report(made(1)), {made(1).id}).matters


def test_the_words_of_a_digest() -> None:
    what = told(report(made(1), made(3), status=TargetStatus.PARTIAL), set())
    assert subject(what) == "SageMaker audit: 1 CRITICAL, 1 HIGH new (incomplete)"
    text = words(what, 1)
    assert "Failed now: 1 CRITICAL, 1 HIGH, 0 MEDIUM, 0 LOW, 0 INFORMATIONAL." in text
    assert "Accounts by regions: 0 scanned, 1 partly scanned, 0 not scanned." in text
    assert "what was not scanned is not clean" in text
    assert "- CRITICAL rule-1: train-000000 (AWS::SageMaker::TrainingJob, 111122223333 eu-west-1)" in text
    assert "... and 1 more." in text
    assert "Report: s3://reports/run-1/report.html" in text


def test_what_there_is_no_room_for_is_still_counted() -> None:
    report_ = report(*(made(n) for n in range(5)))
    sums = totals(report_, set())
    worst = new_findings(report_, set(), Severity.LOW)[1:2]
    what = digest("run-1", report_.scan.finished_at, sums, worst, threshold=Severity.LOW)
    assert [one.severity for one in what.new] == [Severity.CRITICAL]
    assert subject(what) == "SageMaker audit: 1 CRITICAL, 2 HIGH, 1 MEDIUM, 1 LOW new"
    assert "... and 4 more." in words(what, 10)
    assert json.loads(json.loads(message(what))["sqs"])["newCount"] == 5
    # Below the threshold nothing is told, and so nothing counted.
    assert digest("run-1", report_.scan.finished_at, sums, worst, threshold=Severity.CRITICAL).number == 1


@given(ANY_TEXT, st.integers(0, 5))
def test_any_name_can_be_told(name: str, number: int) -> None:
    finding = made(1)
    resource = replace(finding.resource, name=name, arn=name)
    what = told(report(*(replace(finding, id=f"{n:032x}", resource=resource, message=name) for n in range(number))), [])
    line = subject(what)
    assert line.isascii()
    assert line.isprintable()
    assert len(line) < 100
    assert all(part.isprintable() for part in words(what, 10).splitlines())
    assert set(json.loads(message(what))) == {"default", "sms", "sqs", "lambda", "http", "https", "firehose"}


@pytest.mark.parametrize("number", [0, 1, 200, 5000])
def test_a_message_is_never_larger_than_sns_takes(number: int) -> None:
    what = many(number, "é" * 300)
    whole = message(what)
    assert len(whole.encode()) <= 262_144
    data = json.loads(json.loads(whole)["sqs"])
    assert data["newCount"] == number
    assert len(data["new"]) <= 200
    assert bool(data["new"]) is bool(number)


class Queue:
    """An SQS queue of moto that gets what a topic or bus carries."""

    def __init__(self, server: EmbeddedAws) -> None:
        self.sqs = server.client("sqs", REGION)
        self.url = self.sqs.create_queue(QueueName="notices")["QueueUrl"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]
        self.arn = attributes["QueueArn"]

    def bodies(self) -> list[dict[str, Any]]:
        out: list[dict[str, Any]] = []
        while messages := self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            for got in messages:
                out.append(json.loads(got["Body"]))
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=got["ReceiptHandle"])
        return out


def test_a_topic_carries_text_and_data(server: EmbeddedAws) -> None:
    server.reset()
    queue, sns = Queue(server), server.client("sns", REGION)
    topic = sns.create_topic(Name="notices")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    what = told(report(made(1), made(3)), set())
    assert publish(sns, topic, what) == NoticeResult(sent=1)
    (body,) = queue.bodies()
    assert body["Subject"] == "SageMaker audit: 1 CRITICAL, 1 HIGH new"
    data = json.loads(body["Message"])
    assert [finding["rule"] for finding in data["new"]] == ["rule-1", "rule-3"]
    assert data["complete"] is True


def test_nothing_is_published_where_nothing_is_new(server: EmbeddedAws) -> None:
    server.reset()
    quiet = told(report(made(1)), {made(1).id})
    assert publish(server.client("sns", REGION), "arn:aws:sns:eu-west-1:123456789012:none", quiet) == NoticeResult()
    assert server.calls.count("sns", "Publish") == 0


def test_a_topic_that_is_gone_or_denied_is_a_problem_and_no_exception(server: EmbeddedAws) -> None:
    server.reset()
    sns, what = server.client("sns", REGION), told(report(made(1)), set())
    gone = publish(sns, "arn:aws:sns:eu-west-1:123456789012:none", what)
    assert gone.sent == 0
    assert "NotFound" in gone.problems[0]
    server.faults.deny("sns")
    assert "AccessDenied" in publish(sns, "arn:aws:sns:eu-west-1:123456789012:none", what).problems[0]


def bus_of(server: EmbeddedAws, queue: Queue) -> Any:
    events = server.client("events", REGION)
    events.create_event_bus(Name="audit")
    pattern = json.dumps({"source": [SOURCE]})
    events.put_rule(Name="all", EventBusName="audit", EventPattern=pattern)
    events.put_targets(Rule="all", EventBusName="audit", Targets=[{"Id": "queue", "Arn": queue.arn}])
    return events


def test_a_bus_carries_the_run_and_each_new_finding(server: EmbeddedAws) -> None:
    server.reset()
    queue = Queue(server)
    events = bus_of(server, queue)
    findings = [replace(made(1), id=f"{n:032x}") for n in range(11)]
    assert put_events(events, "audit", told(report(*findings), set())) == NoticeResult(sent=12)
    got = queue.bodies()
    kinds = [body["detail-type"] for body in got]
    assert (kinds.count(RUN_DETAIL), kinds.count(FINDING_DETAIL)) == (1, 11)
    (run,) = [body["detail"] for body in got if body["detail-type"] == RUN_DETAIL]
    assert (run["newCount"], run["failed"]["CRITICAL"]) == (11, 11)
    new = [body for body in got if body["detail-type"] == FINDING_DETAIL]
    assert {body["detail"]["id"] for body in new} == {finding.id for finding in findings}
    assert new[0]["resources"] == [findings[0].resource.arn]
    assert new[0]["detail"]["run"] == "run-1"
    assert server.calls.count("events", "PutEvents") == 2


def test_a_run_without_news_is_still_an_event(server: EmbeddedAws) -> None:
    server.reset()
    queue = Queue(server)
    events = bus_of(server, queue)
    assert put_events(events, "audit", told(report(made(1)), {made(1).id})) == NoticeResult(sent=1)


def test_more_events_than_one_run_sends_are_counted(server: EmbeddedAws) -> None:
    server.reset()
    events = server.client("events", REGION)
    events.create_event_bus(Name="audit")
    result = put_events(events, "audit", many(1200))
    assert (result.sent, result.left_out) == (1001, 200)


def test_calls_stay_below_the_size_that_eventbridge_takes(server: EmbeddedAws) -> None:
    server.reset()
    sizes: list[int] = []
    events = server.client("events", REGION)
    # Far larger than any finding is.
    what = many(40, "x" * 9000)
    server.faults.before("events", "PutEvents", lambda call: sizes.append(len(call.parameters)))
    events.create_event_bus(Name="audit")
    assert put_events(events, "audit", what).sent == 41
    assert len(sizes) > 5
    assert max(sizes) <= 256 * 1024 + 10 * 400


def test_refused_entries_are_tried_once_more(server: EmbeddedAws) -> None:
    events = server.client("events", REGION)
    taken = {"EventId": "11710aed-b79e-4468-a20b-bb3c0c3b4860"}
    throttled = {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}
    with Stubber(events) as answers:
        first = {"FailedEntryCount": 2, "Entries": [taken, throttled, throttled]}
        second = {"FailedEntryCount": 1, "Entries": [taken, throttled]}
        answers.add_response("put_events", first, {"Entries": ANY})
        answers.add_response("put_events", second, {"Entries": ANY})
        result = put_events(events, "audit", many(2))
        answers.assert_no_pending_responses()
    assert result == NoticeResult(sent=2, problems=("audit: ThrottlingException: slow down",))


def test_a_denied_bus_is_a_problem_and_no_exception(server: EmbeddedAws) -> None:
    server.reset()
    server.faults.deny("events")
    result = put_events(server.client("events", REGION), "audit", many(1))
    assert result.sent == 0
    assert "AccessDenied" in result.problems[0]


def test_what_failed_is_remembered_and_what_was_fixed_is_not() -> None:
    first = remembered(report(made(1), made(3), made(7, Status.PASSED)))
    assert first == {made(1).id, made(3).id}
    second = remembered(report(made(1), made(3, Status.PASSED)), first)
    assert second == {made(1).id}


def test_where_not_all_was_scanned_what_was_not_seen_is_remembered() -> None:
    before = {made(1).id, made(3).id}
    now = report(made(3, Status.PASSED), made(4), status=TargetStatus.PARTIAL)
    assert remembered(now, before) == {made(1).id, made(4).id}
    # It shows again: nothing is new.
    assert new_findings(report(made(1), made(4)), remembered(now, before), Severity.LOW) == []


def test_rules_of_the_sample_are_what_these_tests_take_them_for() -> None:
    assert [rule.severity for rule in RULES] == ["LOW", "CRITICAL", "MEDIUM", "HIGH", "HIGH"]
