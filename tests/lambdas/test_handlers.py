"""The handlers: thin, and whole from the event to the answer."""

from __future__ import annotations

import ast
import gzip
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from auditor.errors import ConfigError, InputError
from auditor.fleet import functions
from lambda_handlers import audit_account, audit_change, merge_reports, plan_targets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.demo.server import EmbeddedAws

FOLDER = Path(__file__).resolve().parents[2] / "lambda_handlers"
REGION, BUCKET = "eu-west-1", "audit-reports"
FEW = "notebook-instance-root-access,root-user-mfa"


class Context:
    """What Lambda hands to a handler."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 900_000


@pytest.fixture
def aws(server: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedAws]:
    server.reset()
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    given = {"REPORT_BUCKET": BUCKET, "REGIONS": REGION, "SELECT": FEW, "QUOTA_SHARE": "1"}
    for name, value in {**server.environment(), **given}.items():
        monkeypatch.setenv(name, value)
    server.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    functions.own.cache_clear()
    yield server
    functions.own.cache_clear()
    server.reset()


def test_handlers_are_glue() -> None:
    for path in sorted(FOLDER.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 60, path.name
        tree = ast.parse(text)
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.For | ast.While | ast.Try)], path.name


def test_a_run_from_plan_to_report(aws: EmbeddedAws, capsys: pytest.CaptureFixture[str]) -> None:
    role = "arn:aws:iam::123456789012:role/x"
    aws.client("sagemaker").create_notebook_instance(
        NotebookInstanceName="lab", InstanceType="ml.t3.medium", RoleArn=role
    )
    started = datetime.now(UTC).isoformat()
    planned = plan_targets.handler({"run": "run-1", "started": started}, Context())
    assert (planned["bucket"], planned["planned"]) == (BUCKET, 2)
    s3 = aws.client("s3")
    for key in (planned["global_key"], planned["regions_key"]):
        for target in json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()):
            answer = audit_account.handler({"target": target, "cursor": None, "attempt": 0}, Context())
            assert (answer["status"], answer["findings"]) == ("done", 1)
    merged = merge_reports.handler({"run": "run-1"}, Context())
    assert merged == {"complete": True, "failed": 0, "report_key": "runs/run-1/report.html"}
    page = s3.get_object(Bucket=BUCKET, Key=merged["report_key"])
    assert page["ContentType"] == "text/html; charset=utf-8"
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert any(line.get("Heartbeat") == 1 for line in lines)


def test_a_change_is_judged(aws: EmbeddedAws) -> None:
    role = "arn:aws:iam::123456789012:role/x"
    arn = aws.client("sagemaker").create_notebook_instance(
        NotebookInstanceName="lab", InstanceType="ml.t3.medium", RoleArn=role
    )["NotebookInstanceArn"]
    event = {
        "id": "1",
        "source": "aws.sagemaker",
        "detail-type": "SageMaker Notebook Instance State Change",
        "account": "123456789012",
        "region": REGION,
        "resources": [arn],
        "detail": {"NotebookInstanceName": "lab"},
    }
    answer = audit_change.handler(event, Context())
    assert (answer["status"], answer["findings"]) == ("judged", {"FAILED": 1})
    assert audit_change.handler({"source": "aws.ec2"}, Context())["status"] == "ignored"


def test_what_lies_in_the_bucket_steers_runs_and_changes(aws: EmbeddedAws) -> None:
    waiver = {
        "rule": "notebook-instance-root-access",
        "resource": "lab",
        "reason": "a laboratory",
        "owner": "ml",
        "approver": "security",
        "expires": f"{datetime.now(UTC).date() + timedelta(days=90)}",
    }
    s3 = aws.client("s3")
    s3.put_object(Bucket=BUCKET, Key="config/waivers.yaml", Body=json.dumps({"waivers": [waiver]}).encode())
    s3.put_object(
        Bucket=BUCKET,
        Key="config/sagemaker-auditor.toml",
        Body=b'waivers = "waivers.yaml"\n[severity]\nnotebook-instance-root-access = "CRITICAL"\n',
    )
    aws.client("sagemaker").create_notebook_instance(
        NotebookInstanceName="lab", InstanceType="ml.t3.medium", RoleArn="arn:aws:iam::123456789012:role/x"
    )
    planned = plan_targets.handler({"run": "run-1", "started": datetime.now(UTC).isoformat()}, Context())
    (target,) = json.loads(s3.get_object(Bucket=BUCKET, Key=planned["regions_key"])["Body"].read())
    audit_account.handler({"target": target, "cursor": None, "attempt": 0}, Context())
    key = f"runs/run-1/reports/123456789012/{REGION}.json.gz"
    report = json.loads(gzip.decompress(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()))
    (finding,) = report["findings"]
    assert (finding["severity"], finding["waiver"]["reason"]) == ("CRITICAL", "a laboratory")
    merge_reports.handler({"run": "run-1"}, Context())
    whole = json.loads(gzip.decompress(s3.get_object(Bucket=BUCKET, Key="runs/run-1/report.json.gz")["Body"].read()))
    assert [(one["state"], one["findings"]) for one in whole["waivers"]] == [("USED", 1)]
    event = {
        "source": "aws.sagemaker",
        "detail-type": "SageMaker Notebook Instance State Change",
        "account": "123456789012",
        "region": REGION,
        "detail": {"NotebookInstanceName": "lab"},
    }
    answer = audit_change.handler(event, Context())
    assert (answer["findings"], answer["new"]) == ({"FAILED": 1}, 0)
    s3.put_object(Bucket=BUCKET, Key="config/sagemaker-auditor.toml", Body=b"nonsense = 1\n")
    with pytest.raises(ConfigError, match="nonsense"):
        plan_targets.handler({"run": "run-2", "started": datetime.now(UTC).isoformat()}, Context())
    with pytest.raises(ConfigError, match="nonsense"):
        audit_change.handler(event, Context())


def test_an_environment_that_does_not_fit_is_explained(aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    assert aws.endpoint_url
    for handler in (plan_targets.handler, audit_account.handler, merge_reports.handler):
        with pytest.raises(InputError):
            handler({}, Context())
    monkeypatch.delenv("REPORT_BUCKET")
    given: Any = {"run": "x"}
    for handler in (plan_targets.handler, audit_account.handler, merge_reports.handler, audit_change.handler):
        with pytest.raises(ConfigError, match="REPORT_BUCKET"):
            handler(given, Context())


def test_the_first_request_waits_for_neither_rules_nor_model(tmp_path: Path) -> None:
    # Asked in a process of its own: this one has loaded everything.
    program = f"""
import json, os, sys
from auditor.errors import CredentialsError
from lambda_handlers import audit_account, audit_change, merge_reports, plan_targets
os.environ["REPORT_BUCKET"] = "{BUCKET}"
try:
    audit_account.handler({{}}, None)
except CredentialsError:
    pass
print(json.dumps(sorted(sys.modules)))
"""
    given = {"PATH": os.defpath, "HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true"}
    answer = subprocess.run(
        [sys.executable, "-c", program], env=given, cwd=FOLDER.parent, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(answer.stdout))
    assert "botocore.session" in loaded
    heavy = {"rules", "pydantic", "auditor.catalog", "auditor.model.sagemaker", "auditor.fleet.target", "jinja2"}
    assert not loaded & heavy
