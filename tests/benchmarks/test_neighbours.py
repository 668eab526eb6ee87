"""Every neighbouring service answers in its own protocol what an auditor asks of it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ROOT = Path(__file__).parents[2]
SESSION = boto3.Session()  # one for all: each would load the service models anew
KEY = "000000a1-5ca1-4b1e-9d0c-0000000000a1"
VPC = "vpc-0a1b2c3d4e5f60001"
BUCKET = {"Bucket": "ml-models"}
NAMESPACE = {"ServiceNamespace": "sagemaker"}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.endpoint", "--jobs", "100"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def _call(url: str, service: str, operation: str, request: dict[str, Any]) -> Any:
    client = SESSION.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="example",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with closing(client):
        return getattr(client, operation)(**request)


CALLS: list[tuple[str, str, dict[str, Any], str, Any]] = [
    ("sts", "get_caller_identity", {}, "Account", "123456789012"),
    (
        "sts",
        "assume_role",
        {"RoleArn": "arn:aws:iam::123456789012:role/audit", "RoleSessionName": "audit"},
        "Credentials.AccessKeyId",
        "ASIAEXAMPLE",
    ),
    ("account", "list_regions", {}, "Regions.0.RegionName", "us-east-1"),
    ("iam", "get_account_authorization_details", {}, "RoleDetailList.0.RoleName", "ml-ranking-training"),
    (
        "iam",
        "get_account_authorization_details",
        {},
        "RoleDetailList.0.AssumeRolePolicyDocument.Statement.0.Effect",
        "Allow",
    ),
    ("iam", "get_account_summary", {}, "SummaryMap.AccountMFAEnabled", 1),
    ("iam", "generate_credential_report", {}, "State", "COMPLETE"),
    ("iam", "get_account_password_policy", {}, "PasswordPolicy.RequireNumbers", True),
    ("iam", "list_virtual_mfa_devices", {}, "VirtualMFADevices", []),
    ("iam", "list_roles", {}, "IsTruncated", False),
    ("iam", "list_policies", {}, "Policies", []),
    ("ec2", "describe_regions", {}, "Regions.0.OptInStatus", "opt-in-not-required"),
    ("ec2", "describe_vpcs", {"VpcIds": [VPC]}, "Vpcs.0.VpcId", VPC),
    ("ec2", "describe_subnets", {}, "Subnets.5.CidrBlock", "10.0.5.0/24"),
    (
        "ec2",
        "describe_route_tables",
        {"Filters": [{"Name": "vpc-id", "Values": [VPC]}]},
        "RouteTables.0.Routes.0.GatewayId",
        "local",
    ),
    ("ec2", "describe_security_groups", {}, "SecurityGroups.0.IpPermissionsEgress.0.IpProtocol", "-1"),
    ("ec2", "describe_vpc_endpoints", {}, "VpcEndpoints.0.VpcEndpointType", "Gateway"),
    ("ec2", "describe_flow_logs", {}, "FlowLogs.0.TrafficType", "ALL"),
    ("ec2", "describe_nat_gateways", {}, "NatGateways", []),
    ("ec2", "describe_internet_gateways", {}, "InternetGateways", []),
    ("kms", "describe_key", {"KeyId": KEY}, "KeyMetadata.KeyManager", "CUSTOMER"),
    ("kms", "get_key_rotation_status", {"KeyId": KEY}, "KeyRotationEnabled", True),
    ("kms", "get_key_policy", {"KeyId": KEY, "PolicyName": "default"}, "PolicyName", "default"),
    ("kms", "list_keys", {}, "Keys.0.KeyId", KEY),
    ("kms", "list_aliases", {}, "Aliases", []),
    ("s3", "list_buckets", {}, "Buckets.1.Name", "ml-models"),
    ("s3", "head_bucket", BUCKET, "BucketRegion", "us-east-1"),
    (
        "s3",
        "get_bucket_encryption",
        BUCKET,
        "ServerSideEncryptionConfiguration.Rules.0.ApplyServerSideEncryptionByDefault.SSEAlgorithm",
        "aws:kms",
    ),
    ("s3", "get_public_access_block", BUCKET, "PublicAccessBlockConfiguration.BlockPublicAcls", True),
    ("s3", "get_bucket_versioning", BUCKET, "Status", "Enabled"),
    ("s3", "get_bucket_logging", BUCKET, "LoggingEnabled.TargetBucket", "ml-logs"),
    ("s3", "get_bucket_policy_status", BUCKET, "PolicyStatus.IsPublic", False),
    ("s3", "get_bucket_location", BUCKET, "LocationConstraint", None),
    ("s3", "get_bucket_tagging", BUCKET, "TagSet.0.Key", "team"),
    ("cloudtrail", "describe_trails", {}, "trailList.0.IsMultiRegionTrail", True),
    ("cloudtrail", "get_trail_status", {"Name": "organization"}, "IsLogging", True),
    (
        "cloudtrail",
        "get_event_selectors",
        {"TrailName": "organization"},
        "EventSelectors.0.ReadWriteType",
        "All",
    ),
    ("logs", "describe_log_groups", {}, "logGroups.0.retentionInDays", 90),
    ("ecr", "describe_repositories", {}, "repositories.0.imageTagMutability", "MUTABLE"),
    (
        "ecr",
        "describe_repositories",
        {"repositoryNames": ["training/vision"]},
        "repositories.0.repositoryName",
        "training/vision",
    ),
    ("cloudwatch", "describe_alarms", {}, "MetricAlarms", []),
    ("application-autoscaling", "describe_scalable_targets", NAMESPACE, "ScalableTargets", []),
    ("organizations", "describe_organization", {}, "Organization.FeatureSet", "ALL"),
    ("organizations", "list_accounts", {}, "Accounts.0.Id", "123456789012"),
    ("resourcegroupstaggingapi", "get_resources", {}, "ResourceTagMappingList", []),
    ("accessanalyzer", "list_analyzers", {"type": "ACCOUNT"}, "analyzers", []),
    ("lambda", "list_functions", {}, "Functions", []),
    ("config", "describe_configuration_recorders", {}, "ConfigurationRecorders", []),
]


@pytest.mark.parametrize(("service", "operation", "request_", "path", "expected"), CALLS)
def test_answer_is_read_by_botocore(
    url: str, service: str, operation: str, request_: dict[str, Any], path: str, expected: Any
) -> None:
    value = _call(url, service, operation, request_)

    for part in path.split("."):
        value = value[int(part)] if part.isdecimal() else value[part]
    assert value == expected


def test_credential_report_is_the_csv_that_aws_writes(url: str) -> None:
    content = _call(url, "iam", "get_credential_report", {})["Content"].decode()
    rows = [line.split(",") for line in content.splitlines()]

    assert {len(row) for row in rows} == {22}
    assert [row[0] for row in rows] == ["user", "<root_account>", "ana", "ben", "ci-deploy"]


def test_bucket_policy_is_json_text(url: str) -> None:
    assert '"aws:SecureTransport"' in _call(url, "s3", "get_bucket_policy", BUCKET)["Policy"]


@pytest.mark.parametrize(
    ("service", "operation", "request_", "code"),
    [
        ("kms", "describe_key", {"KeyId": "missing"}, "NotFoundException"),
        ("s3", "get_bucket_encryption", {"Bucket": "somebody-elses"}, "NoSuchBucket"),
        ("iam", "get_role", {"RoleName": "missing"}, "NoSuchEntity"),
        ("ecr", "get_repository_policy", {"repositoryName": "x/y"}, "RepositoryNotFoundException"),
        ("sagemaker", "describe_domain", {"DomainId": "d-missing"}, "ResourceNotFound"),
        ("s3", "get_bucket_website", BUCKET, "NoSuchWebsiteConfiguration"),
    ],
)
def test_what_is_not_there_is_an_error_in_the_services_own_form(
    url: str, service: str, operation: str, request_: dict[str, Any], code: str
) -> None:
    with pytest.raises(ClientError) as error:
        _call(url, service, operation, request_)

    assert error.value.response["Error"]["Code"] == code
