from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from auditor.demo.account import REGIONS, populate
from auditor.demo.faults import Call
from auditor.demo.server import EmbeddedAws

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ONCE = Config(retries={"total_max_attempts": 1})
READS: tuple[tuple[str, str, str, dict[str, Any], tuple[str, str, str]], ...] = (
    (
        "sagemaker",
        "ListModels",
        "list_models",
        {},
        ("AccessDeniedException", "ThrottlingException", "InternalFailure"),
    ),
    ("kms", "ListKeys", "list_keys", {}, ("AccessDeniedException", "ThrottlingException", "InternalFailure")),
    ("iam", "ListRoles", "list_roles", {}, ("AccessDenied", "Throttling", "InternalFailure")),
    (
        "sts",
        "GetCallerIdentity",
        "get_caller_identity",
        {},
        ("AccessDenied", "Throttling", "InternalFailure"),
    ),
    (
        "ec2",
        "DescribeVpcs",
        "describe_vpcs",
        {},
        ("UnauthorizedOperation", "RequestLimitExceeded", "InternalError"),
    ),
    (
        "s3",
        "GetBucketPolicy",
        "get_bucket_policy",
        {"Bucket": "b"},
        ("AccessDenied", "SlowDown", "InternalError"),
    ),
    (
        "securityhub",
        "GetFindings",
        "get_findings",
        {},
        ("AccessDeniedException", "TooManyRequestsException", "InternalFailure"),
    ),
)


def failing(aws: EmbeddedAws, service: str, method: str, arguments: dict[str, Any]) -> str:
    with pytest.raises(ClientError) as error:
        getattr(aws.client(service, config=ONCE), method)(**arguments)
    return str(error.value.response["Error"]["Code"])


@pytest.mark.parametrize(("service", "operation", "method", "arguments", "codes"), READS, ids=[r[0] for r in READS])
def test_a_fault_has_the_error_shape_of_its_service(
    aws: EmbeddedAws,
    service: str,
    operation: str,
    method: str,
    arguments: dict[str, Any],
    codes: tuple[str, ...],
) -> None:
    seen = []
    for inject in (aws.faults.deny, aws.faults.throttle, aws.faults.fail):
        aws.faults.clear()
        inject(service, operation)
        seen.append(failing(aws, service, method, arguments))
    assert tuple(seen) == codes
    assert aws.calls.count(service, operation) == 3


def test_a_denial_meets_one_operation_in_one_region(aws: EmbeddedAws) -> None:
    aws.faults.deny("sagemaker", "ListModels", region="us-east-1")
    aws.client("sagemaker").list_models()
    aws.client("sagemaker", "us-east-1").list_endpoints()
    with pytest.raises(ClientError, match="not authorized to perform: sagemaker:ListModels"):
        aws.client("sagemaker", "us-east-1").list_models()


def test_throttling_ends_after_so_many_calls(aws: EmbeddedAws) -> None:
    aws.faults.throttle("sagemaker", "ListModels", times=2)
    client = aws.client("sagemaker", config=ONCE)
    for _ in range(2):
        with pytest.raises(ClientError, match="ThrottlingException"):
            client.list_models()
    assert client.list_models()["Models"] == []


def test_a_resource_can_vanish_between_list_and_describe(aws: EmbeddedAws) -> None:
    client = aws.client("sagemaker")
    for name in ("stays", "goes"):
        client.create_model(ModelName=name, ExecutionRoleArn="arn:aws:iam::123456789012:role/sample")
    aws.vanish_before_describe("Model", "goes")
    assert len(client.list_models()["Models"]) == 2
    assert client.describe_model(ModelName="stays")["ModelName"] == "stays"
    assert failing(aws, "sagemaker", "describe_model", {"ModelName": "goes"}) == "ValidationException"


def test_every_call_is_recorded_by_the_name_of_its_operation(aws: EmbeddedAws) -> None:
    for service, method in (
        ("cloudwatch", "describe_alarms"),
        ("s3", "list_buckets"),
        ("iam", "get_account_summary"),
        ("application-autoscaling", "describe_scalable_targets"),
    ):
        arguments = {"ServiceNamespace": "sagemaker"} if method == "describe_scalable_targets" else {}
        getattr(aws.client(service), method)(**arguments)
    account = "123456789012"
    assert aws.calls.all() == [
        Call("cloudwatch", "DescribeAlarms", account, "eu-west-1"),
        Call("s3", "ListBuckets", account, "eu-west-1"),
        Call("iam", "GetAccountSummary", account, "eu-west-1"),
        Call("application-autoscaling", "DescribeScalableTargets", account, "eu-west-1"),
    ]


@pytest.mark.parametrize(
    ("service", "method"),
    [("sagemaker", "list_contexts"), ("cloudtrail", "lookup_events"), ("accessanalyzer", "list_analyzers")],
)
def test_what_the_embedded_aws_lacks_is_an_unknown_operation(aws: EmbeddedAws, service: str, method: str) -> None:
    assert failing(aws, service, method, {}) == "UnknownOperationException"


def test_iam_enforcement_denies_what_a_role_may_not(aws: EmbeddedAws) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="reader")
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sagemaker:ListModels", "Resource": "*"}],
    }
    iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=json.dumps(policy))
    client = aws.client("sagemaker", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    aws.enforce_iam(True)
    assert client.list_models()["Models"] == []
    with pytest.raises(ClientError, match="AccessDeniedException"):
        client.list_endpoints()
    assert failing(aws, "sagemaker", "list_models", {}) == "UnrecognizedClientException"


def test_the_neighbours_have_the_defaults_of_aws(aws: EmbeddedAws) -> None:
    s3, trail, iam = aws.client("s3"), aws.client("cloudtrail"), aws.client("iam")
    s3.create_bucket(Bucket="plain-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    trail.create_trail(Name="plain", S3BucketName="plain-bucket")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}')
    iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/AmazonSageMakerFullAccess")
    aws.root_account(mfa=True, access_key=True)
    iam.generate_credential_report()
    report = iam.get_credential_report()["Content"].decode().splitlines()
    root = next(csv.DictReader(report))
    encryption = s3.get_bucket_encryption(Bucket="plain-bucket")["ServerSideEncryptionConfiguration"]
    algorithm = encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
    assert algorithm == "AES256"
    assert trail.get_event_selectors(TrailName="plain")["EventSelectors"][0]["IncludeManagementEvents"] is True
    assert (root["user"], root["mfa_active"], root["access_key_1_active"]) == (
        "<root_account>",
        "true",
        "true",
    )
    assert iam.get_account_summary()["SummaryMap"]["AccountMFAEnabled"] == 1
    key = aws.client("kms").describe_key(KeyId="alias/aws/sagemaker")["KeyMetadata"]
    assert key["KeyManager"] == "AWS"


def test_a_key_of_another_account_is_denied_rather_than_absent(aws: EmbeddedAws) -> None:
    foreign = "arn:aws:kms:eu-west-1:210987654321:key/8f6b1c2d-3e4f-4a5b-9c6d-7e8f9a0b1c2d"
    own = foreign.replace("210987654321", "123456789012")
    assert failing(aws, "kms", "describe_key", {"KeyId": foreign}) == "AccessDeniedException"
    assert failing(aws, "kms", "describe_key", {"KeyId": own}) == "NotFoundException"


def test_one_embedded_aws_runs_at_a_time(server: EmbeddedAws) -> None:
    assert server.endpoint_url.startswith("http://127.0.0.1:")
    with pytest.raises(RuntimeError, match="runs in this process already"):
        EmbeddedAws().__enter__()


def test_the_environment_is_handed_over_and_not_set(aws: EmbeddedAws) -> None:
    given = aws.environment("us-east-1")
    assert given["AWS_ENDPOINT_URL"] == aws.endpoint_url
    assert os.environ.get("AWS_ENDPOINT_URL") != aws.endpoint_url


def test_importing_the_package_does_not_import_moto() -> None:
    program = "import sys, auditor.demo, auditor.demo.server, auditor.demo.account; print('moto' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


DUMP = """
import json, re
from datetime import UTC, datetime
from auditor.demo.account import REGIONS, populate
from auditor.demo.server import EmbeddedAws
READS = [("iam", "get_account_authorization_details", "RoleDetailList"), ("ec2", "describe_vpcs", "Vpcs"),
         ("ec2", "describe_subnets", "Subnets"), ("ec2", "describe_security_groups", "SecurityGroups"),
         ("ec2", "describe_vpc_endpoints", "VpcEndpoints"), ("kms", "list_keys", "Keys"),
         ("kms", "list_aliases", "Aliases"), ("ec2", "describe_route_tables", "RouteTables")]
with EmbeddedAws(seed=7) as aws:
    populate(aws.endpoint_url, datetime(2026, 11, 24, 12, tzinfo=UTC))
    dump = {}
    for region in REGIONS:
        for service, method, member in READS:
            dump[f"{region} {method}"] = getattr(aws.client(service, region), method)()[member]
        for kind, held in aws.store(region).records.items():
            dump[f"{region} {kind}"] = [[list(key), record.data, record.tags] for key, record in held.items()]
text = json.dumps(dump, sort_keys=True, default=str)
print(re.sub(r'"[^"]*(Date|Timestamp|LastUpdated)[^"]*": "[^"]*"', '"time": 0', text))
"""


def test_two_runs_give_the_same_account() -> None:
    runs = [
        subprocess.run([sys.executable, "-c", DUMP], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert len(runs[0]) > 100_000
    assert runs[0] == runs[1]


@pytest.fixture(scope="module")
def northwind(server: EmbeddedAws) -> Iterator[EmbeddedAws]:
    server.reset()
    populate(server.endpoint_url, NOW)
    yield server
    server.reset()


def test_the_sample_account_has_jobs_old_and_new_ended_and_running(northwind: EmbeddedAws) -> None:
    jobs = [record.data for record in northwind.store().records["TrainingJob"].values()]
    ages = [(NOW.timestamp() - job["CreationTime"]) / 86_400 for job in jobs]
    assert len(jobs) >= 120
    assert max(ages) > 45
    assert min(ages) < 1
    assert {job["TrainingJobStatus"] for job in jobs} == {"Completed", "Failed", "Stopped", "InProgress"}
    assert sum("TuningJobArn" in job for job in jobs) == 8
    assert max(len(job["TrainingJobName"]) for job in jobs) == 63


def test_the_sample_account_has_every_sort_of_key(northwind: EmbeddedAws) -> None:
    keys = northwind.client("kms")
    described = [keys.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in keys.list_keys()["Keys"]]
    assert {key["KeyManager"] for key in described} == {"AWS", "CUSTOMER"}
    assert {key["KeyState"] for key in described} == {"Enabled", "PendingDeletion"}


def test_the_sample_account_spans_its_regions_and_holds_hostile_text(northwind: EmbeddedAws) -> None:
    for region in REGIONS:
        assert northwind.store(region).records["NotebookInstance"]
    groups = northwind.client("ec2").describe_security_groups()["SecurityGroups"]
    tags = {tag["Value"] for group in groups for tag in group.get("Tags", [])}
    assert "<script>alert(1)</script>" in tags
    assert any("\u202e" in value for value in tags)
