"""Merging: nothing that was planned goes missing, and everybody is told once."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from auditor.cli.catalogs import load_catalog
from auditor.errors import InputError
from auditor.fleet.merge import merge_reports
from auditor.fleet.records import read_json, write_json
from auditor.fleet.speakers import Speakers
from auditor.fleet.target import audit_account

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.demo.server import EmbeddedAws

OWN = "123456789012"
OTHER = "111111111111"
FEW = ("training-job-network-isolation", "root-user-mfa", "notebook-instance-root-access")


@pytest.fixture
def few(fleet: Any) -> Any:
    fleet.catalog = load_catalog(()).select(FEW)
    return fleet


@pytest.fixture
def merge(aws: EmbeddedAws) -> Callable[..., tuple[dict[str, Any], list[dict[str, Any]]]]:
    def run(fleet: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        lines: list[str] = []
        speakers = Speakers(lines.append, aws.client("sns"), aws.client("events"))
        answer = merge_reports({"run": fleet.run}, fleet.settings, fleet.catalog, fleet.store, speakers)
        return answer, [json.loads(line) for line in lines]

    return run


def whole(fleet: Any) -> Any:
    return read_json(fleet.store, f"runs/{fleet.run}/report.json.gz")


def html(fleet: Any) -> str:
    body: bytes = fleet.store.get(f"runs/{fleet.run}/report.html")
    return body.decode()


def notebook(aws: EmbeddedAws, name: str) -> None:
    role = f"arn:aws:iam::{OWN}:role/x"
    aws.client("sagemaker").create_notebook_instance(
        NotebookInstanceName=name, InstanceType="ml.t3.medium", RoleArn=role
    )


def test_one_report_over_all_targets(few: Any, merge: Any, jobs: Any) -> None:
    few.settings = replace(few.settings, accounts=(OWN, OTHER), role_name="auditor")
    jobs(3)
    jobs(2, region="us-east-1", account=OTHER)
    few.everything()
    answer, metrics = merge(few)
    assert answer == {"complete": True, "failed": 0, "report_key": "runs/run-1/report.html"}
    report = whole(few)
    places = [f"{account}/{place}" for account in (OTHER, OWN) for place in ("global", "eu-west-1", "us-east-1")]
    expected = {one for place in places for one in few.findings(place)}
    assert {one["id"] for one in report["findings"]} == expected
    assert len(report["findings"]) == len(expected)
    by_status = report["summary"]["by_status"]
    assert by_status["historical_failed"] == 5
    assert report["coverage"]["complete"] is True
    assert {(t["account"], t["region"], t["status"]) for t in report["coverage"]["targets"]} >= {
        (OTHER, "us-east-1", "SCANNED"),
        (OWN, "eu-west-1", "SCANNED"),
    }
    (first,) = [one for one in metrics if "TargetsPlanned" in one]
    assert (first["TargetsPlanned"], first["TargetsScanned"], first["Heartbeat"]) == (6, 6, 1)
    assert (first["Score"], first["Failed"]) == (report["summary"]["score"], by_status["failed"])
    page = html(few)
    for place in places:
        assert f'href="reports/{place}.html"' in page
        assert few.store.exists(f"runs/run-1/reports/{place}.html")
    assert "Complete" in page


def test_what_failed_or_never_reported_is_not_scanned_with_its_reason(
    few: Any, merge: Any, jobs: Any, aws: EmbeddedAws
) -> None:
    jobs(1)
    few.everything()
    planned = read_json(few.store, "runs/run-1/plan/regions.json")
    silent = {**planned[0], "account": "222222222222"}
    denied = {**planned[0], "account": OTHER, "role_arn": f"arn:aws:iam::{OTHER}:role/auditor"}
    write_json(few.store, "runs/run-1/plan/regions.json", [*planned, silent, denied])
    aws.faults.deny("sts", "AssumeRole")
    few.audit(denied)
    answer, metrics = merge(few)
    assert (answer["complete"], answer["failed"]) == (False, 2)
    report = whole(few)
    lost = {t["account"]: t["reason"] for t in report["coverage"]["targets"] if t["status"] == "NOT_SCANNED"}
    assert lost["222222222222"] == "it did not report"
    assert "ACCESS_DENIED" in lost[OTHER]
    assert report["coverage"]["complete"] is False
    gaps = {gap["scope"]["account"]: gap["reason"] for gap in report["coverage"]["gaps"]}
    assert gaps["222222222222"] == "NOT_COLLECTED"
    assert gaps[OTHER] == "ACCESS_DENIED"
    (first,) = [one for one in metrics if "TargetsPlanned" in one]
    assert (first["TargetsPlanned"], first["TargetsNotScanned"]) == (5, 2)
    page = html(few)
    assert "Incomplete" in page
    assert "it did not report" in page
    # What was scanned is still there.
    assert len([one for one in report["findings"] if one["rule"] == FEW[0]]) == 1


def test_what_a_failed_target_had_found_is_in_the_merged_report(few: Any, merge: Any, jobs: Any) -> None:
    jobs(3)
    few.everything()
    (region, *_) = read_json(few.store, "runs/run-1/plan/regions.json")
    place = f"{OWN}/{region['region']}"
    # As if the end had failed: everything was found, and nothing says so.
    write_json(few.store, f"runs/run-1/targets/{place}.json", {"reason": "lost", "gaps": []})
    error = {"Error": "Runtime.ExitError", "Cause": "signal: killed"}
    audit_account({"target": region, "error": error}, few.means())
    answer, _ = merge(few)
    assert (answer["complete"], answer["failed"]) == (False, 0)
    report = whole(few)
    states = {
        t["region"]: (t["status"], t["reason"]) for t in report["coverage"]["targets"] if t["family"] == "everything"
    }
    assert states["eu-west-1"] == ("PARTIAL", "Runtime.ExitError: signal: killed")
    assert Counter(one["rule"] for one in report["findings"])["training-job-network-isolation"] == 3


@pytest.mark.parametrize("stays", [False, True], ids=["let in after the planner", "shut out all along"])
def test_whoever_shuts_the_planner_out_does_not_vanish(few: Any, merge: Any, aws: EmbeddedAws, stays: bool) -> None:
    few.settings = replace(few.settings, accounts=(OTHER,), role_name="auditor")
    aws.faults.deny("sts", "AssumeRole")
    few.plan()
    if not stays:
        aws.faults.clear()
    (target,) = read_json(few.store, "runs/run-1/plan/global.json")
    few.audit(target)
    answer, metrics = merge(few)
    assert (answer["complete"], answer["failed"]) == (False, 1)
    (first,) = [one for one in metrics if "TargetsPlanned" in one]
    assert (first["TargetsNotScanned"], first["TargetsScanned"]) == (1, 0 if stays else 1)
    assert any("regions of the account are not known" in gap["detail"] for gap in whole(few)["coverage"]["gaps"])


def test_a_run_without_targets_is_not_complete(few: Any, merge: Any) -> None:
    few.plan()
    for name in ("global", "regions"):
        write_json(few.store, f"runs/run-1/plan/{name}.json", [])
    answer, _ = merge(few)
    assert answer["complete"] is False


def test_what_the_plan_left_out_by_choice_is_no_hole(few: Any, merge: Any, aws: EmbeddedAws) -> None:
    organizations = aws.client("organizations", "us-east-1")
    organizations.create_organization(FeatureSet="ALL")
    made = organizations.create_account(AccountName="old", Email="old@example.com")
    closed = made["CreateAccountStatus"]["AccountId"]
    organizations.close_account(AccountId=closed)
    few.settings = replace(few.settings, organization=True, role_name="auditor")
    few.everything()
    answer, _ = merge(few)
    assert answer["complete"] is True
    assert closed in html(few)


def test_the_notice_tells_what_is_new_once(few: Any, merge: Any, aws: EmbeddedAws) -> None:
    queue = aws.client("sqs").create_queue(QueueName="notices")["QueueUrl"]
    topic = aws.client("sns").create_topic(Name="notices")["TopicArn"]
    aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:123456789012:notices")
    few.settings = replace(few.settings, topic_arn=topic, event_bus="default", notify_severity=_severity(few))

    def notices() -> list[dict[str, Any]]:
        answer = aws.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        return [json.loads(json.loads(one["Body"])["Message"]) for one in answer.get("Messages", ())]

    notebook(aws, "one")
    few.everything()
    merge(few)
    (first,) = notices()
    assert first["compared"] is False
    few.run = "run-2"
    notebook(aws, "two")
    few.everything()
    answer, metrics = merge(few)
    assert merge(few) == (answer, [])
    (second,) = notices()
    assert [one["name"] for one in second["new"]] == ["two"]
    (total,) = [one for one in metrics if "TargetsPlanned" in one]
    assert total["NewFailed"] == 1
    assert read_json(few.store, "runs/run-2/plan/result.json")["complete"] is answer["complete"] is True


def test_a_notice_that_cannot_be_sent_fails_nothing(few: Any, merge: Any, aws: EmbeddedAws) -> None:
    few.settings = replace(few.settings, topic_arn="arn:aws:sns:eu-west-1:123456789012:gone")
    few.everything()
    answer, _ = merge(few)
    assert answer["complete"] is True
    assert read_json(few.store, "runs/run-1/plan/result.json")["notice"]["problems"]
    assert aws.calls.count("sns", "Publish") >= 1


def test_hostile_names_stay_text(few: Any, merge: Any) -> None:
    few.everything()
    ledger = few.ledger(f"{OWN}/eu-west-1")
    write_json(
        few.store,
        f"runs/run-1/targets/{OWN}/eu-west-1.json",
        {**ledger, "status": "PARTIAL", "reason": "<script>window.ran=1</script>\u202e"},
    )
    merge(few)
    page = html(few)
    assert "<script" not in page
    assert "\u202e" not in page
    assert "default-src 'none'" in page
    assert not re.search(r"\son[a-z]+=|style=", page)


def test_damage_is_named(few: Any, merge: Any) -> None:
    few.everything()
    key = f"runs/run-1/targets/{OWN}/eu-west-1.json"
    few.store.put(key, b'{"totals": {}}', media_type="x")
    with pytest.raises(InputError, match=re.escape(key)):
        merge(few)
    with pytest.raises(InputError, match="no name of a run"):
        merge_reports({}, few.settings, few.catalog, few.store, Speakers(print))


def _severity(fleet: Any) -> Any:
    return fleet.catalog.get("notebook-instance-root-access").severity


def test_a_large_organisation_is_merged_in_one_go(few: Any, merge: Any, memory: Any) -> None:
    few.store = memory()
    few.everything()
    template = few.ledger(f"{OWN}/eu-west-1")
    report = few.store.get(template["report"]["json"])
    planned = []
    for number in range(300):
        target = {
            **template["target"],
            "account": f"{100_000_000_000 + number // 3}",
            "region": f"xx-test-{number % 3}",
        }
        place = f"{target['account']}/{target['region']}"
        planned.append(target)
        about = {"json": f"runs/run-1/reports/{place}.json.gz", "html": f"runs/run-1/reports/{place}.html"}
        write_json(few.store, f"runs/run-1/targets/{place}.json", {**template, "target": target, "report": about})
        few.store.put(about["json"], report, media_type="x")
    write_json(few.store, "runs/run-1/plan/regions.json", planned)
    answer, _ = merge(few)
    assert answer["complete"] is True
    assert html(few).count('class="account"') == 101
