"""The gate as a function: artifacts in S3, jobs of CodePipeline, and archives that a stranger made."""

from __future__ import annotations

import io
import json
import os
import zipfile
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

from auditor.catalog import Catalog
from auditor.errors import InputError
from auditor.gate import artifact
from auditor.gate.pipeline import gate_event
from lambda_handlers import gate_template
from rules import MODULES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from auditor.delivery.artifacts import Artifact
    from auditor.demo.server import EmbeddedAws

BUCKET, JOB = "artifacts", "11111111-abcd-1111-abcd-111111abcdef"
BAD = '{"NotebookInstanceName": "nb", "RootAccess": "Enabled", "InstanceType": "ml.t3.medium", "RoleArn": "r"}'
RULE = "notebook-instance-root-access"
NAME = "infra/create-notebook-instance.json"


def zipped(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


@pytest.fixture
def aws(server: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedAws]:
    server.reset()
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    server.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield server
    server.reset()


class Told:
    """Stands in for what is asked of AWS, and keeps what CodePipeline is told."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.credentials: Any = None
        self.results: list[tuple[str, bool, str]] = []

    def fetch(self, where: Artifact, credentials: Any, limit: int, into: Any) -> None:
        assert where.bucket == BUCKET
        assert len(self.body) < limit
        self.credentials = credentials
        into.write(self.body)

    def tell(self, job: str, *, passed: bool, message: str) -> None:
        # botocore refuses what the API would.
        client = boto3.client("codepipeline", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
        with Stubber(client) as stub:
            stub.add_response("put_job_success_result" if passed else "put_job_failure_result", {})
            if passed:
                client.put_job_success_result(jobId=job, executionDetails={"summary": message})
            else:
                client.put_job_failure_result(jobId=job, failureDetails={"type": "JobFailed", "message": message})
        self.results.append((job, passed, message))

    def ask(self, event: Any) -> dict[str, Any]:
        return gate_event(event, Catalog.of(MODULES), self.fetch, self.tell)


def job(parameters: str = "{}") -> dict[str, Any]:
    """An event as the guide of CodePipeline shows it ("Invoke an AWS Lambda function in a pipeline")."""
    place = {"location": {"s3Location": {"bucketName": BUCKET, "objectKey": "a.zip"}, "type": "S3"}, "name": "Built"}
    credentials = {"accessKeyId": "A", "secretAccessKey": "S", "sessionToken": "T"}
    configuration = {"FunctionName": "gate", "UserParameters": parameters}
    data = {
        "actionConfiguration": {"configuration": configuration},
        "inputArtifacts": [{"revision": None, **place}],
        "outputArtifacts": [],
        "artifactCredentials": credentials,
    }
    return {"CodePipeline.job": {"id": JOB, "accountId": "111122223333", "data": data}}


def test_an_artifact_in_s3_is_judged(aws: EmbeddedAws) -> None:
    aws.client("s3").put_object(Bucket=BUCKET, Key="a.zip", Body=zipped({NAME: BAD}))
    event = {"bucket": BUCKET, "key": "a.zip", "select": [RULE]}
    answer = gate_template.handler(event, None)
    assert (answer["exit_code"], answer["passed"], answer["failed"]) == (1, False, 1)
    (found,) = answer["findings"]
    assert (found["rule"], found["where"]) == (RULE, f"{NAME}:1")
    json.dumps(answer)
    assert gate_template.handler({**event, "fail_on": "CRITICAL"}, None)["passed"]


@pytest.mark.usefixtures("aws")
def test_an_artifact_that_is_not_there_is_told() -> None:
    with pytest.raises(InputError, match=r"s3://artifacts/none\.zip: cannot be read: .*NoSuchKey"):
        gate_template.handler({"bucket": BUCKET, "key": "none.zip"}, None)


def test_a_job_that_fails_stops_the_pipeline() -> None:
    told = Told(zipped({NAME: BAD}))
    answer = told.ask(job(json.dumps({"select": [RULE]})))
    ((name, passed, message),) = told.results
    assert (name, passed, answer["exit_code"]) == (JOB, False, 1)
    assert f"HIGH {RULE} {NAME}:1: " in message
    assert told.credentials == {"accessKeyId": "A", "secretAccessKey": "S", "sessionToken": "T"}


def test_a_job_that_passes_lets_it_go_on() -> None:
    told = Told(zipped({NAME: BAD}))
    told.ask(job(json.dumps({"select": [RULE], "fail_on": "CRITICAL"})))
    ((name, passed, message),) = told.results
    assert (name, passed) == (JOB, True)
    assert message.startswith(f"1 failed, 0 not available, 0 passed\nHIGH {RULE} ")


def test_a_job_may_set_parameters_of_rules() -> None:
    platform = "notebook-instance-platform"
    old = BAD.replace('"RoleArn"', '"PlatformIdentifier": "notebook-al2023-v1", "RoleArn"')
    for approved, expected in ((["notebook-al2023-v1"], 0), (["notebook-al2-v3"], 1)):
        told = Told(zipped({NAME: old}))
        options = {"select": [platform], "rule": {platform: {"approved": approved}}}
        assert told.ask(job(json.dumps(options)))["exit_code"] == expected


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ("{", "UserParameters: it is no JSON"),
        ("[]", "it is no JSON object"),
        ('{"selekt": []}', "selekt: unknown key"),
        ('{"rule": {"no-such-rule": {"x": 1}}}', "no-such-rule"),
        ('{"select": ["no-such-rule"]}', "no-such-rule"),
        ('{"fail_on": "BAD"}', "fail-on"),
        ('{"unknown": "maybe"}', "neither warn nor fail"),
        ('{"paths": ["../x"]}', "leads out of the archive"),
    ],
)
def test_a_job_that_cannot_be_understood_fails_and_says_why(parameters: str, said: str) -> None:
    told = Told(zipped({NAME: BAD}))
    answer = told.ask(job(parameters))
    ((_, passed, message),) = told.results
    assert (passed, answer["exit_code"]) == (False, 2)
    assert said in message


def test_a_job_without_an_artifact_fails() -> None:
    event = job()
    event["CodePipeline.job"]["data"]["inputArtifacts"] = []
    told = Told(b"")
    told.ask(event)
    assert [(name, passed) for name, passed, _ in told.results] == [(JOB, False)]


@pytest.mark.parametrize("event", [None, [], {}, {"bucket": 1, "key": "k"}])
def test_an_event_that_names_no_artifact_is_refused(event: Any) -> None:
    with pytest.raises(InputError, match="names no artifact"):
        Told(b"").ask(event)


def test_no_configuration_of_the_archive_counts() -> None:
    own = {"sagemaker-auditor.toml": f'ignore = ["{RULE}"]\n', "pyproject.toml": "x"}
    answer = Told(zipped({NAME: BAD, **own})).ask({"bucket": BUCKET, "key": "k", "select": [RULE]})
    assert answer["failed"] == 1


@pytest.mark.parametrize("name", ["../x.json", "/x.json", "a/../../x.json"])
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    with pytest.raises(InputError, match="leads out of the archive"):
        Told(zipped({name: BAD})).ask({"bucket": BUCKET, "key": "k"})


def test_no_link_is_followed() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        member = zipfile.ZipInfo("link.json")
        member.external_attr = 0o120777 << 16
        archive.writestr(member, "/etc/passwd")
    with pytest.raises(InputError, match="leads out of the archive"):
        Told(out.getvalue()).ask({"bucket": BUCKET, "key": "k"})


@pytest.mark.parametrize("body", [b"", b"no zip", b"PK\x03\x04broken"])
def test_what_is_no_archive_is_refused(body: bytes) -> None:
    with pytest.raises(InputError, match="the archive cannot be read"):
        Told(body).ask({"bucket": BUCKET, "key": "k"})


@pytest.mark.parametrize(("place", "value", "said"), [(0, 1, "encrypted"), (2, 99, "compression")])
def test_a_member_that_cannot_be_unpacked_is_told(place: int, value: int, said: str) -> None:
    body = bytearray(zipped({NAME: BAD}))
    # APPNOTE 4.3.7 and 4.3.12: flags, then the method, in the local and in the central header.
    for start in (6, body.index(b"PK\x01\x02") + 8):
        body[start + place] = value
    with pytest.raises(InputError, match=f"the archive cannot be read: .*{said}"):
        Told(bytes(body)).ask({"bucket": BUCKET, "key": "k"})


def test_an_archive_that_swells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifact, "MAX_UNPACKED", 3 << 20)
    bomb = zipped({f"{number}.json": " " * (2 << 20) for number in range(3)})
    assert len(bomb) < 1 << 20
    with pytest.raises(InputError, match="unpacks to too much"):
        artifact.unpack(io.BytesIO(bomb), tmp_path)
    monkeypatch.setattr(artifact, "MAX_FILES", 2)
    with pytest.raises(InputError, match="holds 3 files"):
        artifact.unpack(io.BytesIO(bomb), tmp_path / "other")
