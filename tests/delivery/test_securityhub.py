from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import ANY, Stubber
from estate import RULES, one, small

from auditor.delivery.clients import DELIVERY_CONFIG
from auditor.delivery.securityhub import OPERATIONS, Hub, ImportResult, Refused, import_findings
from auditor.model.coverage import Report, Target, TargetStatus
from auditor.model.finding import Evidence, Finding, WaiverRef
from auditor.model.resource import Lifecycle
from auditor.model.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.demo.server import EmbeddedAws

ACCOUNT, REGION = "111122223333", "eu-west-1"
HUB = Hub("aws", ACCOUNT, REGION)
FAMILY = "AWS::SageMaker::TrainingJob"
TIMES = ("2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00", "2026-01-03T00:00:00+00:00")


def made(number: int, status: Status = Status.FAILED, **members: Any) -> Finding:
    """A current finding in the hub's account and region."""
    found = one(number, status)
    resource = replace(found.resource, account=ACCOUNT, region=REGION)
    return replace(found, resource=resource, lifecycle=Lifecycle.CURRENT, waiver=None, **members)


def report(*findings: Finding, at: str = TIMES[0], status: TargetStatus = TargetStatus.SCANNED) -> Report:
    base = small()
    keys = Target(ACCOUNT, REGION, "AWS::KMS::Key", TargetStatus.SCANNED)
    targets = (Target(ACCOUNT, REGION, FAMILY, status), keys)
    return replace(
        base,
        scan=replace(base.scan, finished_at=at),
        coverage=replace(base.coverage, targets=targets),
        findings=findings,
    )


class LocalHub:
    """moto's Security Hub in the account, over HTTP; it filters nothing, so that what is not ours comes back too."""

    def __init__(self, server: EmbeddedAws) -> None:
        server.reset()
        self.server = server
        self.client = server.client("securityhub", REGION, config=DELIVERY_CONFIG)
        self.client.enable_security_hub()

    def deliver(self, what: Report, *, single: bool = False) -> ImportResult:
        return import_findings(self.client, what, HUB, single=single)

    def held(self) -> dict[str, dict[str, Any]]:
        pages = self.client.get_paginator("get_findings").paginate()
        return {finding["Id"].rpartition("/")[2]: finding for page in pages for finding in page["Findings"]}

    def states(self) -> dict[str, tuple[str, str]]:
        return {key: (item["RecordState"], item["Compliance"]["Status"]) for key, item in self.held().items()}

    def sent(self) -> list[list[dict[str, Any]]]:
        calls = self.server.calls.all()
        return [json.loads(c.parameters)["Findings"] for c in calls if c.operation == "BatchImportFindings"]


@pytest.fixture
def hub(server: EmbeddedAws) -> LocalHub:
    return LocalHub(server)


def test_what_fails_is_imported_and_nothing_else(hub: LocalHub, check_asff: Callable[[Any], Any]) -> None:
    ended = made(3)
    ended = replace(ended, lifecycle=Lifecycle.HISTORICAL)
    elsewhere = replace(made(4), resource=replace(made(4).resource, region="us-east-1"))
    what = report(made(1), made(2, Status.PASSED), ended, elsewhere, made(6, Status.NOT_AVAILABLE), made(7))
    assert hub.deliver(what) == ImportResult(new=2, elsewhere=1)
    assert set(hub.held()) == {made(1).id, made(7).id}
    for batch in hub.sent():
        for finding in batch:
            check_asff(finding)
            assert not {"Workflow", "Note", "UserDefinedFields", "VerificationState", "Severity"} & set(finding)


def test_a_second_run_sends_nothing_that_is_as_it_was(hub: LocalHub) -> None:
    hub.deliver(report(made(1), made(2)))
    assert hub.deliver(report(made(1), made(2), at=TIMES[1])) == ImportResult(unchanged=2)
    assert len(hub.sent()) == 1


def test_what_would_be_deleted_for_its_age_is_sent_again(hub: LocalHub) -> None:
    hub.deliver(report(made(1)))
    assert hub.deliver(report(made(1), at="2026-01-08T00:00:00+00:00")) == ImportResult(updated=1)


def test_a_change_is_an_update_that_keeps_the_time_of_creation(hub: LocalHub) -> None:
    hub.deliver(report(made(1)))
    waiver = WaiverRef("accepted", "amara", "jonas", "2026-12-31")
    assert hub.deliver(report(replace(made(1), waiver=waiver), at=TIMES[1])) == ImportResult(updated=1)
    (held,) = hub.held().values()
    assert (held["CreatedAt"], held["UpdatedAt"]) == TIMES[:2]
    assert (held["RecordState"], held["Compliance"]["Status"]) == ("ACTIVE", "FAILED")


def test_what_is_fixed_is_archived_as_passed(hub: LocalHub) -> None:
    hub.deliver(report(made(1)))
    assert hub.deliver(report(made(1, Status.PASSED), at=TIMES[1])) == ImportResult(updated=1, archived=1)
    assert hub.states() == {made(1).id: ("ARCHIVED", "PASSED")}
    assert hub.deliver(report(made(1, Status.PASSED), at=TIMES[2])) == ImportResult()


def test_what_fails_again_is_active_again(hub: LocalHub) -> None:
    hub.deliver(report(made(1)))
    hub.deliver(report(made(1, Status.PASSED), at=TIMES[1]))
    assert hub.deliver(report(made(1), at=TIMES[2])).new == 1
    assert hub.states() == {made(1).id: ("ACTIVE", "FAILED")}


def test_what_is_gone_is_archived(hub: LocalHub, check_asff: Callable[[Any], Any]) -> None:
    hub.deliver(report(made(1), made(2)))
    assert hub.deliver(report(made(2), at=TIMES[1])) == ImportResult(updated=1, archived=1, unchanged=1)
    assert hub.states() == {made(1).id: ("ARCHIVED", "FAILED"), made(2).id: ("ACTIVE", "FAILED")}
    check_asff(hub.sent()[-1][0])


def test_what_security_hub_adds_is_not_sent_back(hub: LocalHub) -> None:
    hub.deliver(report(made(1)))
    (held,) = hub.held().values()
    fields = {**held["ProductFields"], "aws/securityhub/FindingId": "x"}
    hub.client.batch_import_findings(Findings=[{**held, "ProductFields": fields, "ProductName": "Default"}])
    hub.deliver(report(at=TIMES[1]))
    ((sent,),) = hub.sent()[-1:]
    assert sent["RecordState"] == "ARCHIVED"
    assert all(key.startswith("sagemaker-auditor/") for key in sent["ProductFields"])
    assert "ProductName" not in sent


def test_a_job_that_has_ended_is_archived(hub: LocalHub) -> None:
    hub.deliver(report(made(1)))
    ended = replace(made(1), lifecycle=Lifecycle.HISTORICAL)
    assert hub.deliver(report(ended, at=TIMES[1])) == ImportResult(updated=1, archived=1)


@pytest.mark.parametrize("status", [TargetStatus.PARTIAL, TargetStatus.NOT_SCANNED])
def test_nothing_is_archived_where_not_all_was_scanned(hub: LocalHub, status: TargetStatus) -> None:
    hub.deliver(report(made(1), made(2)))
    later = report(made(2, Status.PASSED), at=TIMES[1], status=status)
    assert hub.deliver(later) == ImportResult(updated=1, kept=1)
    assert hub.states() == {made(1).id: ("ACTIVE", "FAILED"), made(2).id: ("ACTIVE", "PASSED")}


def on(kind: str) -> Finding:
    """A failed finding on another kind of resource."""
    return replace(made(1), resource=replace(made(1).resource, type=kind, name="x", arn=""))


def test_the_region_itself_is_as_whole_as_what_lies_in_it(hub: LocalHub) -> None:
    hub.deliver(report(on("AWS::::Region")))
    assert hub.deliver(report(at=TIMES[1], status=TargetStatus.PARTIAL)).kept == 1
    assert hub.deliver(report(at=TIMES[2])).archived == 1


def test_what_is_referred_to_is_gone_only_if_all_that_refers_was_seen(hub: LocalHub) -> None:
    hub.deliver(report(on("AWS::KMS::Key")))
    assert hub.deliver(report(at=TIMES[1], status=TargetStatus.PARTIAL)).kept == 1
    assert hub.deliver(report(at=TIMES[2])).archived == 1


def test_a_family_that_is_no_target_of_the_run_is_kept(hub: LocalHub) -> None:
    # A run on a region knows nothing of the account's roles, which another target of the same run judges.
    hub.deliver(report(on("AWS::IAM::Role")))
    assert hub.deliver(report(at=TIMES[1])) == ImportResult(kept=1)


def test_what_no_target_tells_of_is_kept(hub: LocalHub) -> None:
    hub.deliver(report(made(1)))
    nothing = report(at=TIMES[1])
    assert hub.deliver(replace(nothing, coverage=replace(nothing.coverage, targets=()))) == ImportResult(kept=1)


def test_findings_of_rules_that_were_not_asked_are_kept(hub: LocalHub) -> None:
    hub.deliver(report(made(1), made(2)))
    fewer = replace(report(at=TIMES[1]), rules=tuple(rule for rule in RULES if rule.id != made(1).rule))
    assert hub.deliver(fewer) == ImportResult(updated=1, archived=1, kept=1)
    assert hub.states()[made(1).id] == ("ACTIVE", "FAILED")


def test_what_can_no_longer_be_assessed_stays_and_says_so(hub: LocalHub) -> None:
    hub.deliver(report(made(1)))
    hub.deliver(report(made(1, Status.NOT_AVAILABLE), at=TIMES[1]))
    assert hub.states() == {made(1).id: ("ACTIVE", "NOT_AVAILABLE")}


def test_findings_of_others_and_what_customers_wrote_stay_as_they_are(hub: LocalHub) -> None:
    hub.deliver(report(made(1), made(2)))
    mine = hub.held()[made(1).id]
    workflow = {"Workflow": {"Status": "SUPPRESSED"}, "UserDefinedFields": {"ticket": "SEC-1"}}
    # Each differs from ours in one thing only.
    foreign = {**mine, "Id": "another-tool/1"}
    generated = {**mine, "Id": f"{mine['Id']}0", "GeneratorId": "another-tool"}
    neighbour = {**mine, "Id": f"{REGION}/{'9' * 12}/sagemaker-auditor/x", "AwsAccountId": "9" * 12}
    hub.client.batch_import_findings(Findings=[{**mine, **workflow}, foreign, generated, neighbour])
    before = {key: item for key, item in hub.held().items() if key != made(1).id}
    hub.deliver(report(made(1, Status.PASSED), made(2), at=TIMES[1]))
    after = hub.held()
    assert {key: item for key, item in after.items() if key != made(1).id} == before
    assert after[made(1).id]["RecordState"] == "ARCHIVED"
    assert {name: after[made(1).id][name] for name in workflow} == workflow


def test_single_resources_archive_nothing_but_their_own(hub: LocalHub) -> None:
    hub.deliver(report(made(1), made(2)))
    assert hub.deliver(report(made(1, Status.PASSED), at=TIMES[1]), single=True) == ImportResult(updated=1, archived=1)
    assert hub.states()[made(2).id] == ("ACTIVE", "FAILED")


def test_batches_hold_no_more_than_a_hundred_findings(hub: LocalHub) -> None:
    assert hub.deliver(report(*(made(number) for number in range(250)))).new == 250
    assert [len(batch) for batch in hub.sent()] == [100, 100, 50]


def test_batches_hold_no_more_than_six_megabytes(hub: LocalHub) -> None:
    # Characters of two bytes that JSON spells with six: as large as a finding can get.
    tags = {f"{number}{'é' * 60}": "é" * 128 for number in range(50)}
    evidence = tuple(Evidence(f"{number}{'é' * 60}", "é" * 500, "") for number in range(50))
    large = [replace(made(n), resource=replace(made(n).resource, tags=tags), evidence=evidence) for n in range(120)]
    assert hub.deliver(report(*large)).new == 120
    sizes = [len(json.dumps({"Findings": batch})) for batch in hub.sent()]
    assert max(sizes) <= 6_000_000
    assert len(hub.sent()[0]) < 100


def test_a_throttled_import_goes_through(hub: LocalHub) -> None:
    hub.server.faults.throttle("securityhub", "BatchImportFindings", times=2)
    assert hub.deliver(report(made(1))) == ImportResult(new=1)
    assert hub.server.calls.count("securityhub", "BatchImportFindings") == 3


@pytest.mark.parametrize("operation", ["GetFindings", "BatchImportFindings"])
def test_a_denied_request_is_a_problem_and_no_exception(hub: LocalHub, operation: str) -> None:
    hub.server.faults.deny("securityhub", operation)
    result = hub.deliver(report(made(1)))
    assert "AccessDenied" in result.problem
    assert operation in result.problem
    assert result.new == 0
    assert not hub.sent() or operation == "BatchImportFindings"


def test_what_was_taken_before_a_failure_is_counted(hub: LocalHub) -> None:
    calls = 0

    def second_fails(_: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            hub.server.faults.deny("securityhub", "BatchImportFindings")

    hub.server.faults.before("securityhub", "BatchImportFindings", second_fails)
    result = hub.deliver(report(*(made(number) for number in range(150))))
    assert result.new == 100
    assert "AccessDenied" in result.problem
    hub.server.faults.clear()
    assert hub.deliver(report(*(made(number) for number in range(150)))) == ImportResult(new=50, unchanged=100)


def test_no_more_is_asked_than_the_permissions_say(hub: LocalHub) -> None:
    hub.server.calls.clear()
    hub.deliver(report(made(1)))
    hub.deliver(report(at=TIMES[1]))
    asked = {f"{service}:{operation}" for service, operation in hub.server.calls.operations()}
    assert asked == set(OPERATIONS)


def test_what_security_hub_is_asked_and_what_it_refuses(server: EmbeddedAws) -> None:
    client = server.client("securityhub", REGION)
    key = f"{REGION}/{ACCOUNT}/sagemaker-auditor/{made(1).id}"
    filters = {
        "ProductArn": [{"Value": HUB.product, "Comparison": "EQUALS"}],
        "AwsAccountId": [{"Value": ACCOUNT, "Comparison": "EQUALS"}],
        "GeneratorId": [{"Value": "sagemaker-auditor/", "Comparison": "PREFIX"}],
        "RecordState": [{"Value": "ACTIVE", "Comparison": "EQUALS"}],
    }
    refused = {"Id": key, "ErrorCode": "InvalidInput", "ErrorMessage": "it does not adhere"}
    with Stubber(client) as answers:
        answers.add_response("get_findings", {"Findings": []}, {"Filters": filters, "MaxResults": 100})
        answers.add_response(
            "batch_import_findings",
            {"FailedCount": 1, "SuccessCount": 1, "FailedFindings": [refused]},
            {"Findings": ANY},
        )
        result = import_findings(client, report(made(1), made(2)), HUB)
        answers.assert_no_pending_responses()
    assert result == ImportResult(new=1, refused=(Refused(key, "InvalidInput", "it does not adhere"),))


def test_a_hub_that_is_not_enabled_is_a_problem(server: EmbeddedAws) -> None:
    client = server.client("securityhub", REGION)
    with Stubber(client) as answers:
        message = f"Account {ACCOUNT} is not subscribed to AWS Security Hub"
        answers.add_client_error("get_findings", "InvalidAccessException", message, 401)
        result = import_findings(client, report(made(1)), HUB)
    assert "is not subscribed to AWS Security Hub" in result.problem
