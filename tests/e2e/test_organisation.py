"""An organisation audited end to end: the real templates, the real state machine, the packaged functions.

The templates are deployed into moto, the state machine is executed by its interpreter, and the zip that would be
uploaded is run by Lambda's own bootstrap. Six accounts by two regions: one refuses the role, one is throttled, one has
so many jobs that its target takes several invocations.
"""

from __future__ import annotations

import gzip
import importlib
import importlib.util
import json
import runpy
import sys
import time
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.core.config import default_user_config
from moto.iam.models import iam_backends
from moto.securityhub.models import securityhub_backends

from auditor.demo.extension.kinds import KINDS
from auditor.demo.extension.operations import create

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from auditor.demo.faults import Call, Failure
    from auditor.demo.server import EmbeddedAws

ROOT = Path(__file__).resolve().parents[2]
OWN, HOME = "123456789012", "eu-west-1"
REGIONS = ("eu-west-1", "us-east-1")
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
JOBS, JOBS_AT_ONCE = 160, 10
# Of the invocations that read the many jobs: long enough for a slow machine to read some, and too short for all, since
# each list of them is held up.
SECONDS, MARGIN, HELD_UP = 6.0, 3.0, 0.5
STACK = "sagemaker-auditor"
AUDIT = "lambda_handlers.audit_account.handler"
MERGE = "lambda_handlers.merge_reports.handler"


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The functions' zip, for the interpreter that runs the tests."""
    built = runpy.run_path(str(ROOT / "deploy/package.py"))
    path, _ = built["build"](HERE, "x86_64", tmp_path_factory.mktemp("package"))
    data: bytes = path.read_bytes()
    return data


@pytest.fixture
def aws(server: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedAws]:
    server.reset()
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    # The interpreter calls functions and buckets where this server listens.
    monkeypatch.setenv("MOTO_PORT", server.endpoint_url.rpartition(":")[2])
    monkeypatch.setitem(default_user_config, "stepfunctions", {"execute_state_machine": True})
    monkeypatch.setitem(default_user_config, "lambda", {"use_docker": False})
    yield server
    server.reset()


@pytest.fixture
def moto_stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(ROOT / "tests/deploy"))
    found = importlib.import_module("moto_stack")
    found.teach(monkeypatch)
    yield found
    del sys.modules["moto_stack"]


def template(**parameters: Any) -> Any:
    spec = importlib.util.spec_from_file_location("templates_as_data", ROOT / "tests/deploy/conftest.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Template("template.yaml", **parameters)


@dataclass
class Organisation:
    """Five members beside the management account."""

    aws: EmbeddedAws
    members: list[str] = field(default_factory=list)
    throttles: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        client = self.aws.client("organizations", "us-east-1")
        client.create_organization(FeatureSet="ALL")
        for name in ("one", "two", "busy", "slow", "closed"):
            made = client.create_account(AccountName=name, Email=f"{name}@example.com")
            self.members.append(made["CreateAccountStatus"]["AccountId"])
        strike = self.aws.faults.strike
        self.aws.faults.strike = lambda call: self._strike(call) or strike(call)  # type: ignore[method-assign]

    @property
    def accounts(self) -> list[str]:
        return [OWN, *self.members]

    @property
    def busy(self) -> str:
        return self.members[2]

    @property
    def slow(self) -> str:
        return self.members[3]

    @property
    def closed(self) -> str:
        return self.members[4]

    def restore(self) -> None:
        del self.aws.faults.strike

    def _strike(self, call: Call) -> Failure | None:
        if call.operation == "AssumeRole" and self.closed in call.parameters:
            return "denied"
        if (call.service, call.account, call.operation) == ("sagemaker", self.slow, "ListNotebookInstances"):
            self.throttles[call.region] += 1
            return "throttled" if self.throttles[call.region] <= 2 else None
        return None

    def fill(self) -> None:
        for account in self.accounts:
            for region in REGIONS:
                self.make("NotebookInstance", account, region, NotebookInstanceName="lab", InstanceType="ml.t3.medium")
        for number in range(JOBS):
            output = {"S3OutputPath": "s3://models/out"}
            made = time.time() - 86_400 + 60 * number
            times = {"CreationTime": made, "LastModifiedTime": made}
            self.make(
                "TrainingJob", self.busy, HOME, times, TrainingJobName=f"job-{number:03}", OutputDataConfig=output
            )

    def make(self, kind: str, account: str, region: str, facts: Any = None, **members: Any) -> None:
        given = {**members, "RoleArn": f"arn:aws:iam::{account}:role/x"}
        create(self.aws.store(region, account), KINDS[kind], given, facts or {})


@dataclass
class Deployed:
    """The stack, and what can be seen of its runs."""

    made: dict[str, str]
    functions: Any

    def run(self, name: str) -> dict[str, Any]:
        states = boto3.client("stepfunctions", region_name=HOME)
        started = states.start_execution(stateMachineArn=self.made["Runs"], name=name, input="{}")
        end = time.monotonic() + 120
        while (found := states.describe_execution(executionArn=started["executionArn"]))["status"] == "RUNNING":
            assert time.monotonic() < end
            time.sleep(0.05)
        assert found["status"] == "SUCCEEDED", found
        output: dict[str, Any] = json.loads(found["output"])
        return output

    def read(self, key: str) -> Any:
        body = boto3.client("s3", region_name=HOME).get_object(Bucket=self.made["Reports"], Key=key)["Body"].read()
        return json.loads(gzip.decompress(body) if key.endswith(".gz") else body)

    def keys(self, prefix: str) -> list[str]:
        pages = boto3.client("s3", region_name=HOME).get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self.made["Reports"], Prefix=prefix)
        return [item["Key"] for page in found for item in page.get("Contents", ())]

    def metrics(self) -> list[dict[str, Any]]:
        lines = self.functions.log(MERGE).splitlines()
        return [json.loads(line) for line in lines if line.startswith('{"_aws"')]


@pytest.fixture
def organisation(aws: EmbeddedAws) -> Iterator[Organisation]:
    found = Organisation(aws)
    found.fill()
    yield found
    found.restore()


@pytest.fixture
def deployed(
    organisation: Organisation,
    moto_stack: ModuleType,
    package: bytes,
    local_lambda: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Deployed:
    given = template(
        OrganizationId="o-abcdefghij",
        TargetAccounts="organization",
        Regions=",".join(REGIONS),
        SecurityHub="true",
        NotifySeverity="LOW",
        MaxConcurrency=3,
    )
    s3 = boto3.client("s3", region_name=HOME)
    where = {"LocationConstraint": HOME}
    s3.create_bucket(Bucket=moto_stack.ARTEFACTS, CreateBucketConfiguration=where)
    body = moto_stack.packaged(given.path, given.load, package, HOME)
    assert list(moto_stack.unknown_types(json.loads(body))) == []
    s3.put_object(Bucket=moto_stack.ARTEFACTS, Key="packaged", Body=body)
    cloudformation = boto3.client("cloudformation", region_name=HOME)
    cloudformation.create_stack(
        StackName=STACK,
        TemplateURL=f"https://s3.amazonaws.com/{moto_stack.ARTEFACTS}/packaged",
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": str(value)} for key, value in given.given.items()],
    )
    found = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    made = {one["LogicalResourceId"]: one.get("PhysicalResourceId", "") for one in found if "LogicalResourceId" in one}
    # moto keeps documents of a template as they are, and cannot show them by its API.
    for role in iam_backends[OWN]["aws"].roles.values():
        role.assume_role_policy_document = _document(role.assume_role_policy_document)
        role.policies = {name: _document(policy) for name, policy in role.policies.items()}
    # moto denies what a statement denies, whatever its conditions say; they are tested beside the templates.
    s3.delete_bucket_policy(Bucket=made["Reports"])
    functions = local_lambda(_unzipped(package, tmp_path / "code"), organisation.aws.environment())
    monkeypatch.setattr(LambdaSimpleBackend, "invoke", _invoke(functions, package))
    return Deployed(made, functions)


def _unzipped(package: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(BytesIO(package)) as archive:
        archive.extractall(folder)
    return folder


def _invoke(functions: Any, package: bytes) -> Callable[..., bytes]:
    def invoke(
        self: LambdaSimpleBackend, function_name: str, qualifier: str, body: Any, headers: Any, response_headers: Any
    ) -> bytes:
        del headers
        function = self.get_function(function_name, qualifier)
        assert function.code_bytes == package
        # moto takes text of digits for a number.
        given = {name: _text(value) for name, value in function.environment_vars.items()}
        variables = {**given, "SLICE_JOBS": str(JOBS_AT_ONCE), "MARGIN_SECONDS": str(MARGIN)}
        answer = functions.invoke(function.handler, variables, body if isinstance(body, bytes) else body.encode())
        if answer.error:
            response_headers["x-amz-function-error"] = "Unhandled"
        found: bytes = answer.body
        return found

    return invoke


def _document(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict) else value


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _queue(topic: str) -> Callable[[], list[dict[str, Any]]]:
    sqs = boto3.client("sqs", region_name=HOME)
    url = sqs.create_queue(QueueName="notices")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    boto3.client("sns", region_name=HOME).subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def notices() -> list[dict[str, Any]]:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ())
        return [json.loads(json.loads(one["Body"])["Message"]) for one in found]

    return notices


def _hub(account: str, region: str) -> dict[str, str]:
    """Id to status of what an account's Security Hub holds in a region; each once."""
    found = securityhub_backends[account][region].findings
    data = [one.as_dict() for one in found]
    ids = [one["Id"] for one in data]
    assert len(ids) == len(set(ids))
    return {one["Id"]: one["Compliance"]["Status"] for one in data}


def test_an_organisation_from_schedule_to_notice(organisation: Organisation, deployed: Deployed) -> None:
    aws, functions = organisation.aws, deployed.functions
    notices = _queue(deployed.made["Notices"])

    def hold_up(call: Call) -> None:
        if (call.account, call.region) == (organisation.busy, HOME):
            time.sleep(HELD_UP)

    def seconds(_: str, event: Any) -> float:
        target = event.get("target", {})
        return SECONDS if (target.get("account"), target.get("region")) == (organisation.busy, HOME) else 60.0

    aws.faults.before("sagemaker", "ListTrainingJobs", hold_up)
    functions.time_left = seconds
    answer = deployed.run("run-1")
    logs = functions.log(AUDIT)

    # One account refuses the role: its own target says so, and its regions are not known.
    assert answer == {"complete": False, "failed": 1, "report_key": "runs/run-1/report.html"}, logs[-4000:]
    ledger = {
        key.removeprefix("runs/run-1/targets/"): deployed.read(key) for key in deployed.keys("runs/run-1/targets/")
    }
    assert len(ledger) == 5 * 3 + 1
    lost = {place: entry for place, entry in ledger.items() if entry["status"] != "SCANNED"}
    assert list(lost) == [f"{organisation.closed}/global.json"], lost
    assert lost[f"{organisation.closed}/global.json"]["status"] == "NOT_SCANNED"
    assert "sts:AssumeRole" in lost[f"{organisation.closed}/global.json"]["reason"]

    # One account has so many jobs that its target went on from the cursor.
    busy = [event for name, event in functions.events if name == AUDIT and _is(event, organisation.busy, HOME)]
    assert len(busy) >= 3
    assert [event["attempt"] for event in busy] == list(range(len(busy)))
    assert all(event["cursor"] for event in busy[1:])

    # One was throttled, waited, and lost nothing.
    slow = ledger[f"{organisation.slow}/{HOME}.json"]["coverage"]["requests"]
    assert [one["throttled"] for one in slow if one["operation"] == "sagemaker:ListNotebookInstances"] == [2]

    report = deployed.read("runs/run-1/report.json.gz")
    ids = {one["id"]: one["status"] for one in report["findings"]}
    assert len(ids) == len(report["findings"])
    judged = Counter((one["resource"]["account"], one["rule"]) for one in report["findings"])
    assert judged[organisation.busy, "training-job-network-isolation"] == JOBS
    scanned = [account for account in organisation.accounts if account != organisation.closed]
    assert all(judged[account, "notebook-instance-root-access"] == len(REGIONS) for account in scanned)
    assert all(judged[account, "root-user-mfa"] == 1 for account in scanned)
    assert f"runs/run-1/reports/{OWN}/{HOME}.html" in deployed.keys("runs/run-1/reports/")

    # Rows for Athena, for each finding one.
    assert sum(len(_lines(deployed, key)) for key in deployed.keys("findings/dt=")) == len(ids)

    (total,) = [line for line in deployed.metrics() if "TargetsPlanned" in line]
    assert (total["TargetsPlanned"], total["TargetsScanned"], total["TargetsNotScanned"]) == (16, 15, 1)
    assert total["Heartbeat"] == 1

    failed = Counter(
        (one["resource"]["account"], one["resource"]["region"])
        for one in report["findings"]
        if one["status"] == "FAILED" and one["lifecycle"] == "current"
    )
    held = {(account, region): _hub(account, region) for account in scanned for region in REGIONS}
    assert {place: len(found) for place, found in held.items()} == dict(failed)
    (notice,) = notices()
    assert (notice["complete"], notice["compared"]) == (False, False)

    # The same again: nothing is doubled, nothing is new.
    aws.faults.clear()
    assert deployed.run("run-2")["failed"] == 1
    again = {one["id"]: one["status"] for one in deployed.read("runs/run-2/report.json.gz")["findings"]}
    assert again == ids
    assert {place: _hub(*place) for place in held} == held
    assert notices() == []


def _is(event: Any, account: str, region: str) -> bool:
    target = event["target"]
    return (target["account"], target["region"], target["kind"]) == (account, region, "region") and "error" not in event


def _lines(deployed: Deployed, key: str) -> list[bytes]:
    body = boto3.client("s3", region_name=HOME).get_object(Bucket=deployed.made["Reports"], Key=key)["Body"].read()
    return gzip.decompress(body).splitlines()
