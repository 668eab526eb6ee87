from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from auditor.cli import cli
from auditor.demo.extension.kinds import KINDS
from auditor.demo.extension.operations import create
from auditor.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.demo.server import EmbeddedAws

ROOT = Path(__file__).resolve().parents[2]
REGION = "eu-west-1"
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/trainer"
OTHERS = ("111111111111", "222222222222")
MODULE: tuple[object, ...] = (sys.executable, "-P", "-m", "auditor")
_DAY = 86_400


@dataclass
class Ran:
    """What a run of the command left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def report(self) -> dict[str, Any]:
        """Standard output as a JSON report."""
        read: dict[str, Any] = json.loads(self.stdout)
        return read

    @property
    def statuses(self) -> dict[str, str]:
        """Finding id to status."""
        return {finding["id"]: finding["status"] for finding in self.report["findings"]}


@dataclass
class Auditor:
    """Runs the command, in a process of its own or in this one."""

    environment: dict[str, str]
    folder: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(
        self, *words: object, cwd: Path | None = None, program: tuple[object, ...] = MODULE, **more: str
    ) -> subprocess.Popen[str]:
        """Start the command as a process."""
        process = subprocess.Popen(
            [str(word) for word in (*program, *words)],
            cwd=cwd or self.folder,
            env={**self.environment, **more},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.started.append(process)
        return process

    def run(self, *words: object, cwd: Path | None = None, program: tuple[object, ...] = MODULE, **more: str) -> Ran:
        """Run the command as a process, to its end."""
        process = self.start(*words, cwd=cwd, program=program, **more)
        stdout, stderr = process.communicate(timeout=120)
        return Ran(process.returncode, stdout, stderr)

    def call(self, *words: object) -> Ran:
        """Run the command in this process, as `main` does but for the last resort."""
        runner = CliRunner()
        result = runner.invoke(cli, [str(word) for word in words], standalone_mode=False)
        error = result.exception
        if isinstance(error, AuditError):
            return Ran(int(error.exit_code), result.stdout, f"{result.stderr}error: {error}")
        if error is not None:
            raise error
        code = result.return_value
        return Ran(code if isinstance(code, int) else 0, result.stdout, result.stderr)

    def stop(self) -> None:
        """End what still runs."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait()
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()


@pytest.fixture(scope="module")
def aws(server: EmbeddedAws) -> Iterator[EmbeddedAws]:
    """A small account with one resource of every kind that a scan reads."""
    server.reset()
    _fill_around(server)
    _fill_sagemaker(server)
    yield server
    server.reset()


@pytest.fixture
def auditor(aws: EmbeddedAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Auditor]:
    """The command, where the small account is the whole of AWS."""
    aws.faults.clear()
    aws.calls.clear()
    for name in [name for name in os.environ if name.startswith(("AWS_", "SAGEMAKER_AUDITOR"))]:
        monkeypatch.delenv(name)
    given = {**aws.environment(), "XDG_STATE_HOME": str(tmp_path / "state-home")}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    (folder := tmp_path / "cwd").mkdir()
    one = Auditor(dict(os.environ), folder)
    yield one
    one.stop()
    aws.faults.clear()


@pytest.fixture
def plain(auditor: Auditor) -> Ran:
    """A scan in which nothing is denied."""
    return auditor.call("scan", "--no-state", "--quota-share", "1", "-f", "json")


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _trust(**principal: str) -> str:
    return _document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def _fill_around(aws: EmbeddedAws) -> None:
    iam = aws.client("iam")
    iam.create_role(RoleName="trainer", AssumeRolePolicyDocument=_trust(Service="sagemaker.amazonaws.com"))
    iam.put_role_policy(
        RoleName="trainer",
        PolicyName="all",
        PolicyDocument=_document({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}),
    )
    iam.create_role(RoleName="auditor", AssumeRolePolicyDocument=_trust(AWS=f"arn:aws:iam::{ACCOUNT}:root"))
    iam.create_user(UserName="ada")
    iam.create_user(UserName="grace")
    iam.create_user(UserName="joan")
    for name in ("ada", "grace", "joan"):
        iam.create_login_profile(UserName=name, Password="correct-Horse-9-battery")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="grace")["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(
        UserName="grace", SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321"
    )
    # A device of hardware is in no list but the user's own.
    iam.enable_mfa_device(
        UserName="joan", SerialNumber="GAHT12345678", AuthenticationCode1="123456", AuthenticationCode2="654321"
    )
    iam.update_account_password_policy(MinimumPasswordLength=14)
    s3 = aws.client("s3")
    for name in ("artefacts", "trail-logs"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    allow = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject"}
    s3.put_bucket_policy(Bucket="trail-logs", Policy=_document({**allow, "Resource": "arn:aws:s3:::trail-logs/*"}))
    trail = aws.client("cloudtrail")
    trail.create_trail(Name="all", S3BucketName="trail-logs", IsMultiRegionTrail=True)
    trail.start_logging(Name="all")
    aws.client("ecr").create_repository(repositoryName="train")


def _network(aws: EmbeddedAws) -> dict[str, str]:
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.0.0/24")["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    group = ec2.create_security_group(VpcId=vpc, GroupName="closed", Description="closed")["GroupId"]
    for service in ("sagemaker.api", "sagemaker.runtime"):
        ec2.create_vpc_endpoint(
            VpcId=vpc,
            VpcEndpointType="Interface",
            ServiceName=f"com.amazonaws.{REGION}.{service}",
            SubnetIds=[subnet],
            SecurityGroupIds=[group],
        )
    return {"$SUBNET": subnet, "$GROUP": group}


def _fill_sagemaker(aws: EmbeddedAws) -> None:
    """Straight into the store, which is quicker than so many requests."""
    network = _network(aws)
    key = aws.client("kms").create_key(Description="models")["KeyMetadata"]["Arn"]
    text = (Path(__file__).parent / "account.json").read_text(encoding="utf-8")
    for mark, value in {**network, "$KEY": key, "$ROLE": ROLE}.items():
        text = text.replace(mark, value)
    given: dict[str, dict[str, Any]] = json.loads(text)
    store = aws.store(REGION)
    made = time.time() - _DAY
    for name in (*given, *(name for name in KINDS if name not in given)):
        kind = KINDS[name]
        members = {**dict.fromkeys(kind.identity, "small"), "RoleArn": ROLE}
        for (domain,) in store.of(KINDS["Domain"]):
            members["DomainId"] = domain
        create(store, kind, {**members, **given.get(name, {})}, {kind.created: made, kind.modified: made})
