"""One target: the same findings as a scan, in as many invocations as it takes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from targets_of_a_run import FEW, OWN, PLACE, REGIONS, region_target  # type: ignore[import-not-found]

from auditor.cli.catalogs import load_catalog
from auditor.demo.account import populate
from auditor.errors import ConfigError, InputError
from auditor.fleet.records import read_json
from auditor.fleet.target import audit_account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.delivery.store import Body
    from auditor.demo.faults import Call
    from auditor.demo.server import EmbeddedAws


@pytest.fixture
def estate(aws: EmbeddedAws, jobs: Any) -> dict[str, Any]:
    """Jobs that name a key, a security group and a bucket."""
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(VpcId=vpc, GroupName="closed", Description="closed")["GroupId"]
    key = aws.client("kms").create_key(Description="models")["KeyMetadata"]["Arn"]
    aws.client("s3").create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    members = {
        "VpcConfig": {"Subnets": [subnet], "SecurityGroupIds": [group]},
        "OutputDataConfig": {"S3OutputPath": "s3://models/out", "KmsKeyId": key},
    }
    jobs(60, **members)
    return members


def test_the_findings_are_those_of_a_scan(fleet: Any, aws: EmbeddedAws, scanned: Any) -> None:
    populate(aws.endpoint_url, fleet.now)
    # So few jobs at once that every family of them comes in parts.
    fleet.settings = replace(fleet.settings, slice_jobs=7)
    fleet.everything()
    found: dict[str, tuple[str, str, str]] = {}
    for place in ("global", *REGIONS):
        part = fleet.findings(f"{OWN}/{place}")
        assert not found.keys() & part.keys()
        found |= part
        assert fleet.ledger(f"{OWN}/{place}")["status"] == "SCANNED", fleet.ledger(f"{OWN}/{place}")["reason"]
    expected = scanned(fleet.catalog, fleet.now, REGIONS)
    assert {expected[one] for one in expected.keys() - found.keys()} == set()
    assert {found[one] for one in found.keys() - expected.keys()} == set()
    assert {one: (found[one], expected[one]) for one in found if found[one][:2] != expected[one][:2]} == {}


def test_what_the_account_has_once_is_read_once(fleet: Any, aws: EmbeddedAws) -> None:
    aws.client("iam").create_role(RoleName="train", AssumeRolePolicyDocument="{}")
    fleet.everything()
    assert aws.calls.count("iam", "GetAccountAuthorizationDetails") == 1
    reported = [rule for rule, _, _ in fleet.findings(PLACE).values()]
    assert "root-user-mfa" not in reported
    assert "region-trail" in reported
    assert "root-user-mfa" in [rule for rule, _, _ in fleet.findings(f"{OWN}/global").values()]


def test_a_region_whose_account_was_not_read_says_so(fleet: Any) -> None:
    fleet.catalog = load_catalog(()).select(("region-trail",))
    fleet.audit(region_target(fleet))
    ledger = fleet.ledger(PLACE)
    assert ledger["status"] == "PARTIAL"
    assert "NOT_COLLECTED" in ledger["reason"]
    assert [status for _, status, _ in fleet.findings(PLACE).values()] == ["NOT_AVAILABLE"]


def test_many_jobs_take_several_invocations_and_no_key_is_asked_for_twice(
    few: Any, aws: EmbeddedAws, estate: dict[str, Any]
) -> None:
    assert estate
    few.settings = replace(few.settings, slice_jobs=10)
    target, turns = region_target(few), 0
    while True:
        # The clock of the invocation jumps to its end after a few looks at it.
        looks = iter([900.0] * 5)
        means = replace(few.means(), remaining=lambda looks=looks: next(looks, 0.0))
        answer = audit_account({"target": target, "cursor": None, "attempt": turns}, means)
        turns += 1
        if answer["status"] == "done":
            break
        assert turns < 40
    assert turns > 3
    ledger = few.ledger(PLACE)
    assert ledger["status"] == "SCANNED"
    assert ledger["invocations"] == turns
    jobs_judged = [rule for rule, _, _ in few.findings(PLACE).values() if rule == "training-job-network-isolation"]
    assert len(jobs_judged) == 60
    assert aws.calls.count("kms", "DescribeKey") == 1
    assert aws.calls.count("s3", "GetBucketEncryption") == 1
    parts = [key for key in few.store.list(f"runs/run-1/findings/{PLACE}/") if "TrainingJob" in key]
    assert len([key for key in parts if "settle" not in key]) == 6


def test_a_margin_that_leaves_no_time_is_told(few: Any) -> None:
    few.settings = replace(few.settings, margin_seconds=30.0)
    with pytest.raises(ConfigError, match="MARGIN_SECONDS"):
        few.audit(region_target(few), seconds=20.0)


def test_what_had_the_whole_time_and_did_not_end_is_a_hole_and_not_begun_for_ever(few: Any, jobs: Any) -> None:
    jobs(3)
    few.catalog = load_catalog(()).select(("region-trail", *FEW))
    target = region_target(few)
    # The invocation seems long when it begins, but requests must end at once.
    looks = iter([900.0, few.settings.margin_seconds + 0.0001])
    means = replace(few.means(), remaining=lambda: next(looks, 900.0))
    assert audit_account({"target": target, "cursor": None, "attempt": 0}, means)["status"] == "more"
    done = read_json(few.store, f"runs/run-1/state/{PLACE}.json")["done"]
    # Those that were begun with the invocation; what came later is left to the next.
    assert len(done) == 6
    few.audit(target)
    ledger = few.ledger(PLACE)
    assert ledger["status"] == "PARTIAL"
    reasons = [one["reason"] for one in ledger["coverage"]["unfinished"]]
    assert ["DEADLINE" in reason for reason in reasons] == [True] * 6


def slow_to_begin(few: Any, target: dict[str, Any]) -> dict[str, Any]:
    """An invocation in which entering the account took nearly all of the time; what is in the cursor then."""
    margin = few.settings.margin_seconds
    looks = iter([900.0, margin + 0.0001])
    means = replace(few.means(), remaining=lambda: next(looks, margin + 1.0))
    assert audit_account({"target": target, "cursor": None, "attempt": 0}, means)["status"] == "more"
    kept: dict[str, Any] = read_json(few.store, f"runs/run-1/state/{PLACE}.json")
    return kept


def test_what_had_little_time_is_left_to_the_next_invocation(few: Any, jobs: Any) -> None:
    jobs(3)
    target = region_target(few)
    for turn in (1, 2):
        kept = slow_to_begin(few, target)
        assert (kept["done"], kept["stalled"]) == ({}, turn)
    few.audit(target)
    assert few.ledger(PLACE)["status"] == "SCANNED"


def test_a_target_that_is_always_slow_to_begin_goes_on_all_the_same(few: Any, jobs: Any) -> None:
    jobs(3)
    target = region_target(few)
    kept = [slow_to_begin(few, target) for _ in range(3)]
    assert [bool(one["done"]) for one in kept] == [False, False, True]
    assert kept[2]["stalled"] == 0


def test_jobs_of_one_moment_stay_together(few: Any, jobs: Any, aws: EmbeddedAws) -> None:
    jobs(12)
    moment = aws.record("TrainingJob", "job-0004").data["CreationTime"]
    for name in ("job-0005", "job-0006", "job-0007"):
        aws.amend("TrainingJob", name, CreationTime=moment)
    few.settings = replace(few.settings, slice_jobs=5)
    few.audit(region_target(few))
    rules = Counter(rule for rule, _, _ in few.findings(PLACE).values())
    assert rules["training-job-network-isolation"] == 12


def test_a_job_that_runs_since_before_the_window_is_in_one_part_only(few: Any, jobs: Any, aws: EmbeddedAws) -> None:
    jobs(12)
    # Made a day ago; the window is half of it and more jobs run within it.
    aws.amend("TrainingJob", "job-0001", TrainingJobStatus="InProgress")
    aws.amend("TrainingJob", "job-0011", TrainingJobStatus="InProgress")
    start = aws.record("TrainingJob", "job-0004").data["CreationTime"]
    few.settings = replace(few.settings, slice_jobs=3, jobs_since=timedelta(seconds=few.now.timestamp() - start + 1))
    few.audit(region_target(few))
    rules = Counter(rule for rule, _, _ in few.findings(PLACE).values())
    assert rules["training-job-network-isolation"] == 9


def test_what_cannot_have_changed_is_not_read_again(few: Any, aws: EmbeddedAws, jobs: Any) -> None:
    jobs(20)
    few.audit(region_target(few))
    first = few.findings(PLACE)
    aws.calls.clear()
    few.run = "run-2"
    few.audit(region_target(few))
    assert few.findings(PLACE) == first
    assert aws.calls.count("sagemaker", "DescribeTrainingJob") == 0
    # One search, for those that run; none for contents.
    assert aws.calls.count("sagemaker", "Search") == 1


def test_a_damaged_state_is_read_anew(few: Any, jobs: Any) -> None:
    jobs(20)
    few.audit(region_target(few))
    first = few.findings(PLACE)
    (key,) = [key for key in few.store.list("state/") if "TrainingJob" in key]
    few.store.put(key, b"\x1f\x8b broken", media_type="x")
    few.run = "run-2"
    few.audit(region_target(few))
    assert few.findings(PLACE) == first


def test_a_bucket_is_judged_by_one_target_of_the_account(few: Any, aws: EmbeddedAws, jobs: Any) -> None:
    aws.client("s3").create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    jobs(2)
    jobs(2, region="us-east-1")
    few.everything()
    judged = [rule for region in REGIONS for rule, _, _ in few.findings(f"{OWN}/{region}").values() if "bucket" in rule]
    assert judged == ["bucket-mfa-delete"]
    assert aws.calls.count("s3", "GetBucketVersioning") == 1


def test_what_is_new_stays_new_when_the_end_is_repeated(few: Any, aws: EmbeddedAws) -> None:
    few.catalog = load_catalog(()).select(("notebook-instance-root-access",))
    notebooks = aws.client("sagemaker")
    arn = f"arn:aws:iam::{OWN}:role/x"
    notebooks.create_notebook_instance(NotebookInstanceName="one", InstanceType="ml.t3.medium", RoleArn=arn)
    few.audit(region_target(few))
    ledger = few.ledger(PLACE)
    assert (ledger["new"], [one["new"] for one in ledger["totals"]["rules"]]) == ([], [None])
    few.run = "run-2"
    notebooks.create_notebook_instance(NotebookInstanceName="two", InstanceType="ml.t3.medium", RoleArn=arn)
    target = region_target(few)
    for _ in range(2):
        few.audit(target)
        ledger = few.ledger(PLACE)
        assert [one["name"] for one in ledger["new"]] == ["two"]
        assert [one["new"] for one in ledger["totals"]["rules"]] == [1]
    few.run = "run-3"
    few.audit(region_target(few))
    assert few.ledger(PLACE)["new"] == []


@pytest.mark.parametrize(
    ("event", "word"),
    [
        (None, "no JSON object"),
        ({}, "target"),
        ({"target": {}}, "target.run"),
        ({"target": {"run": "../../x"}}, "target"),
    ],
)
def test_an_event_that_does_not_fit_is_refused(event: Any, word: str, few: Any) -> None:
    with pytest.raises(InputError, match=word):
        audit_account(event, few.means())


def test_a_target_without_a_plan_is_refused(few: Any) -> None:
    target = region_target(few)
    few.store = type(few.store)(few.store._root / "elsewhere")
    with pytest.raises(InputError, match="no plan"):
        few.audit(target)


class Killed(BaseException):
    """What ends a function from outside cannot be caught."""


@dataclass
class Mortal:
    """A store whose caller is killed at a write: before it, or after it."""

    inner: Any
    at: int
    after: bool
    writes: int = 0
    dead: bool = False
    keys: list[str] = field(default_factory=list)

    def get(self, key: str) -> bytes | None:
        found: bytes | None = self.inner.get(key)
        return found

    def put(self, key: str, body: Body, *, media_type: str = "", only_new: bool = False) -> bool:
        if self.dead:
            raise Killed
        self.writes += 1
        if self.writes == self.at and not self.after:
            self.dead = True
            raise Killed
        written: bool = self.inner.put(key, body, media_type=media_type, only_new=only_new)
        if self.writes == self.at:
            self.dead = True
            raise Killed
        return written

    def list(self, prefix: str = "") -> Iterator[str]:
        found: Iterator[str] = self.inner.list(prefix)
        return found

    def exists(self, key: str) -> bool:
        return bool(self.inner.exists(key))


@given(kills=strategies.lists(strategies.tuples(strategies.integers(1, 50), strategies.booleans()), max_size=4))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_killed_anywhere_and_retried_it_finds_the_same(
    kills: list[tuple[int, bool]], few: Any, estate: dict[str, Any], memory: Any, undisturbed: Any
) -> None:
    assert estate
    expected = undisturbed(few)
    store = memory()
    few.store = store
    few.settings = replace(few.settings, slice_jobs=25)
    target = region_target(few)
    for at, after in kills:
        few.store = Mortal(store, at, after)
        try:
            few.audit(target)
        except Killed:
            continue
    few.store = store
    few.audit(target)
    assert few.findings(PLACE) == expected
    ledger = few.ledger(PLACE)
    assert ledger["findings"] == len(expected)
    assert sum(row[-1] for row in ledger["tally"]) == len(expected)
    asked = ledger["coverage"]["rules"]
    assert sum(one["passed"] + one["failed"] + one["not_available"] for one in asked) == len(expected)


def test_calls_of_a_target_go_to_its_account(few: Any, aws: EmbeddedAws, jobs: Any) -> None:
    few.settings = replace(few.settings, accounts=("111111111111",), role_name="auditor")
    jobs(2, account="111111111111")
    few.audit(region_target(few))
    asked: list[Call] = [call for call in aws.calls.all() if call.service == "sagemaker"]
    assert {call.account for call in asked} == {"111111111111"}
    assert len(few.findings("111111111111/eu-west-1")) == 2
