"""What resources refer to is read once, in every spelling; what is denied is unknown and never a fact."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from auditor.model.coverage import TargetStatus
from auditor.model.gap import Gap
from auditor.model.identity import Account, Group, ManagedPolicy, Role, User
from auditor.model.inventory import Inventory
from auditor.model.kms import KmsKey
from auditor.model.network import (
    FlowLog,
    InternetGateway,
    NatGateway,
    RouteTable,
    SecurityGroup,
    Subnet,
    Vpc,
    VpcEndpoint,
)
from auditor.model.resource import Identity, Observation, Origin, Resource
from auditor.model.sagemaker import Endpoint, TrainingJob
from auditor.model.surroundings import Alarm, Bucket, LogGroup, Repository, ScalableTarget, Trail
from auditor.model.unknown import CannotAssess, Reason, Unknown
from auditor.sources.live.accounts import home_region
from auditor.sources.live.neighbours import AccountNeighbours, RegionNeighbours, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.demo.server import EmbeddedAws
    from auditor.sources.live.reader import Reader

ACCOUNT = "123456789012"
# A partition and a region that is not the one its account-wide facts carry.
PARTITIONS = {"aws": "eu-west-1", "aws-us-gov": "us-gov-east-1", "aws-cn": "cn-northwest-1"}
ORIGIN = Origin("live", Observation("sagemaker:DescribeTrainingJob"))
NETWORK = (Vpc, Subnet, RouteTable, NatGateway, InternetGateway, SecurityGroup, VpcEndpoint, FlowLog)
IAM = (Account, Role, User, Group, ManagedPolicy)


class Around:
    """Collects the neighbours of jobs that are made up, in one region of one partition."""

    def __init__(self, aws: EmbeddedAws, reader: Reader, where: str) -> None:
        self.aws = aws
        self.reader = reader
        self.partition = reader.partition
        self.where = where
        self.home = home_region(reader.partition)
        self.wanted = Wanted((where,))
        self.jobs: list[TrainingJob] = []

    def client(self, service: str) -> Any:
        return self.aws.client(service, self.where)

    def identity(self, kind: type[Resource], name: str) -> Identity:
        return Identity(kind.cfn_type, name, "", self.partition, ACCOUNT, self.where)

    def job(self, **members: Any) -> TrainingJob:
        made = TrainingJob.build(members, self.identity(TrainingJob, f"job-{len(self.jobs)}"), ORIGIN)
        self.jobs.append(made)
        self.wanted.note(made)
        return made

    def region(self, *kinds: type[Resource]) -> tuple[Inventory, RegionNeighbours]:
        collector = RegionNeighbours(self.reader, self.where, self.wanted, types_needed=frozenset(kinds))
        return _inventory(collector), collector

    def account(self, *kinds: type[Resource]) -> tuple[Inventory, AccountNeighbours]:
        collector = AccountNeighbours(self.reader, self.home, self.wanted, types_needed=frozenset(kinds))
        return _inventory(collector), collector


def _inventory(collector: AccountNeighbours | RegionNeighbours) -> Inventory:
    inventory = Inventory()
    for item in collector.collect():
        if isinstance(item, Gap):
            inventory.add_gap(item)
        else:
            inventory.add(item)
    return inventory


@pytest.fixture(params=PARTITIONS)
def around(request: pytest.FixtureRequest, aws: EmbeddedAws, reader_of: Callable[[str], Reader]) -> Around:
    return Around(aws, reader_of(request.param), PARTITIONS[request.param])


def test_a_key_is_found_under_every_spelling_and_asked_for_twice(aws: EmbeddedAws, around: Around) -> None:
    kms = around.client("kms")
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/data", TargetKeyId=key["KeyId"])
    head = key["Arn"].partition(":key/")[0]
    spellings = (key["KeyId"], key["Arn"], "alias/data", f"{head}:alias/data")
    for spelling in spellings:
        job = around.job(OutputDataConfig={"KmsKeyId": spelling, "S3OutputPath": "s3://out-bucket/x"})
    aws.calls.clear()
    inventory, collector = around.region(KmsKey)
    keys = [inventory.related(KmsKey, job).find(spelling) for spelling in spellings]
    assert {found.identity.arn for found in keys} == {key["Arn"]}
    assert key["Arn"].startswith(f"arn:{around.partition}:kms:{around.where}:")
    assert keys[0].key_rotation_enabled is False
    assert keys[0].policy["Statement"]
    assert keys[0].origin.of("Policy").operation == "kms:GetKeyPolicy"  # type: ignore[union-attr]
    assert aws.calls.count("kms", "DescribeKey") == 2
    assert [target.status for target in collector.targets()] == [TargetStatus.SCANNED]


def test_a_denied_key_policy_leaves_the_rest_of_the_key(aws: EmbeddedAws, around: Around) -> None:
    key = around.client("kms").create_key()["KeyMetadata"]
    job = around.job(OutputDataConfig={"KmsKeyId": key["KeyId"]})
    aws.faults.deny("kms", "GetKeyPolicy")
    inventory, collector = around.region(KmsKey)
    found = inventory.related(KmsKey, job).find(key["KeyId"])
    assert found.enabled is True
    assert found.peek("policy").reason is Reason.ACCESS_DENIED
    assert [gap.operation for gap in inventory.gaps()] == ["kms:GetKeyPolicy"]
    assert [target.status for target in collector.targets()] == [TargetStatus.PARTIAL]


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        ("arn:{partition}:kms:{region}:999999999999:key/12345678-1234-1234-1234-123456789012", Reason.CROSS_ACCOUNT),
        ("alias/none", Reason.UNRESOLVED_REFERENCE),
    ],
)
def test_a_key_that_cannot_be_read_hides_itself_only(around: Around, named: str, reason: Reason) -> None:
    spelling = named.format(partition=around.partition, region=around.where)
    job = around.job(OutputDataConfig={"KmsKeyId": spelling})
    inventory, _ = around.region(KmsKey)
    assert [(gap.scope.resource, gap.reason) for gap in inventory.gaps()] == [(spelling, reason)]
    with pytest.raises(CannotAssess):
        inventory.related(KmsKey, job).find(spelling)


def test_what_is_another_accounts_is_for_its_owner_to_open(aws: EmbeddedAws, around: Around) -> None:
    key = f"arn:{around.partition}:kms:{around.where}:999999999999:key/12345678-1234-1234-1234-123456789012"
    around.job(OutputDataConfig={"KmsKeyId": key, "S3OutputPath": "s3://not-ours/x"})
    aws.faults.deny("kms", "DescribeKey")
    aws.faults.deny("s3", "GetBucketEncryption")
    inventory, _ = around.region(KmsKey)
    (hidden,) = inventory.gaps()
    assert hidden.reason is Reason.CROSS_ACCOUNT
    assert hidden.detail == (
        "the key belongs to account 999999999999; its key policy must allow kms:DescribeKey to the auditor's role"
    )
    inventory, _ = around.account(Bucket)
    (hidden,) = inventory.gaps()
    assert hidden.reason is Reason.CROSS_ACCOUNT
    assert hidden.detail == (
        "the bucket is not the account's; its bucket policy must allow s3:GetEncryptionConfiguration"
        " to the auditor's role"
    )


def network(around: Around) -> tuple[str, str, str]:
    ec2 = around.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(VpcId=vpc, GroupName="jobs", Description="jobs")["GroupId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    policy = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}]})
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{around.where}.s3", PolicyDocument=policy)
    ec2.create_vpc(CidrBlock="10.9.0.0/16")
    return vpc, subnet, group


def test_the_network_of_a_job_is_read_and_no_other(around: Around) -> None:
    vpc, subnet, group = network(around)
    job = around.job(VpcConfig={"Subnets": [subnet, "subnet-gone"], "SecurityGroupIds": [group]})
    inventory, collector = around.region(*NETWORK)
    assert [found.identity.name for found in inventory.related(Vpc, job).all()] == [vpc]
    assert inventory.related(Subnet, job).find(subnet).vpc_id == vpc
    assert inventory.related(SecurityGroup, job).find(group).group_name == "jobs"
    (endpoint,) = inventory.related(VpcEndpoint, job).all()
    assert isinstance(endpoint.policy_document, dict)
    assert endpoint.policy_document["Statement"][0]["Action"] == "*"
    assert len(inventory.related(InternetGateway, job).all()) == 1
    assert (
        inventory.related(Vpc, job).find(vpc).identity.arn
        == f"arn:{around.partition}:ec2:{around.where}:{ACCOUNT}:vpc/{vpc}"
    )
    assert {target.family for target in collector.targets()} == {kind.cfn_type for kind in NETWORK}


def test_one_denied_network_type_is_one_gap(aws: EmbeddedAws, around: Around) -> None:
    _, subnet, _ = network(around)
    job = around.job(VpcConfig={"Subnets": [subnet], "SecurityGroupIds": []})
    aws.faults.deny("ec2", "DescribeRouteTables")
    inventory, collector = around.region(Vpc, RouteTable)
    assert len(inventory.related(Vpc, job).all()) == 1
    with pytest.raises(CannotAssess) as error:
        inventory.related(RouteTable, job).all()
    assert error.value.unknown.reason is Reason.ACCESS_DENIED
    status = {target.family: target.status for target in collector.targets()}
    assert status == {Vpc.cfn_type: TargetStatus.SCANNED, RouteTable.cfn_type: TargetStatus.NOT_SCANNED}


def test_without_subnets_nothing_is_known_of_their_vpcs(aws: EmbeddedAws, around: Around) -> None:
    job = around.job(VpcConfig={"Subnets": ["subnet-1"], "SecurityGroupIds": []})
    aws.faults.deny("ec2", "DescribeSubnets")
    inventory, _ = around.region(Vpc)
    with pytest.raises(CannotAssess):
        inventory.related(Vpc, job).all()


def test_only_needed_types_are_asked_for(aws: EmbeddedAws, around: Around) -> None:
    _, subnet, group = network(around)
    around.job(VpcConfig={"Subnets": [subnet], "SecurityGroupIds": [group]})
    aws.calls.clear()
    around.region(SecurityGroup)
    around.account()
    assert dict(aws.calls.operations()) == {("ec2", "DescribeSecurityGroups"): 1}


def bucket(around: Around, name: str = "data-bucket") -> None:
    where = {"LocationConstraint": around.where}
    around.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=where)


def test_a_bucket_without_settings_is_known_to_have_none(around: Around) -> None:
    bucket(around)
    job = around.job(OutputDataConfig={"S3OutputPath": "s3://data-bucket/out"})
    found = around.account(Bucket)[0].related(Bucket, job).find("data-bucket")
    assert found.policy is None
    assert found.policy_is_public is False
    assert found.logging is None
    assert found.versioning.status is None
    assert found.encryption is not None
    assert found.identity.region == around.home
    assert found.identity.arn == f"arn:{around.partition}:s3:::data-bucket"


def test_each_denied_bucket_operation_hides_its_own_member(aws: EmbeddedAws, around: Around) -> None:
    bucket(around)
    job = around.job(OutputDataConfig={"S3OutputPath": "s3://data-bucket/out"})
    for operation in ("GetBucketPolicy", "GetBucketEncryption"):
        aws.faults.deny("s3", operation)
    inventory, collector = around.account(Bucket)
    found = inventory.related(Bucket, job).find("data-bucket")
    hidden = {name for name in Bucket.model_fields if isinstance(found.peek(name), Unknown)}
    assert hidden == {"policy", "encryption", "default_key_manager"}
    assert {gap.operation for gap in inventory.gaps()} == {"s3:GetBucketPolicy", "s3:GetBucketEncryption"}
    assert [target.status for target in collector.targets()] == [TargetStatus.PARTIAL]


def encrypt(around: Around, name: str, **default: str) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": default}
    around.client("s3").put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})


def test_whose_key_a_bucket_uses_is_told_by_kms_however_it_is_named(aws: EmbeddedAws, around: Around) -> None:
    kms = around.client("kms")
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/data", TargetKeyId=key["KeyId"])
    gone = f"arn:{around.partition}:kms:{around.where}:999999999999:key/12345678-1234-1234-1234-123456789012"
    named = {
        "by-id": key["KeyId"],
        "by-arn": key["Arn"],
        "by-alias": "alias/data",
        "by-aws": "alias/aws/s3",
        "gone": gone,
    }
    for name, spelling in named.items():
        bucket(around, f"data-{name}")
        encrypt(around, f"data-{name}", SSEAlgorithm="aws:kms", KMSMasterKeyID=spelling)
    for name in ("unnamed", "of-s3"):
        bucket(around, f"data-{name}")
    encrypt(around, "data-unnamed", SSEAlgorithm="aws:kms")
    for name in (*named, "unnamed", "of-s3"):
        job = around.job(OutputDataConfig={"S3OutputPath": f"s3://data-{name}/out"})
    inventory, collector = around.account(Bucket)
    buckets = inventory.related(Bucket, job)
    managers = {name: buckets.find(f"data-{name}").peek("default_key_manager") for name in (*named, "unnamed", "of-s3")}
    assert managers.pop("gone").reason is Reason.CROSS_ACCOUNT
    mine = dict.fromkeys(("by-id", "by-arn", "by-alias"), "CUSTOMER")
    assert managers == {**mine, "by-aws": "AWS", "unnamed": None, "of-s3": None}
    assert [target.status for target in collector.targets()] == [TargetStatus.SCANNED]
    aws.faults.deny("kms", "DescribeKey")
    inventory, collector = around.account(Bucket)
    assert inventory.related(Bucket, job).find("data-by-id").peek("default_key_manager").reason is Reason.ACCESS_DENIED
    assert [target.status for target in collector.targets()] == [TargetStatus.PARTIAL]


def test_a_bucket_that_is_not_there_has_vanished(aws: EmbeddedAws, around: Around) -> None:
    around.job(OutputDataConfig={"S3OutputPath": "s3://no-such-bucket/out"})
    assert [gap.reason for gap in around.account(Bucket)[0].gaps()] == [Reason.VANISHED]
    aws.faults.deny("s3", "GetBucketEncryption")
    assert [gap.reason for gap in around.account(Bucket)[0].gaps()] == [Reason.CROSS_ACCOUNT]


def test_a_trail_is_read_where_it_lives_and_its_bucket_too(aws: EmbeddedAws, around: Around) -> None:
    bucket(around, "trail-bucket")
    trails = around.client("cloudtrail")
    trails.create_trail(Name="local", S3BucketName="trail-bucket", IsMultiRegionTrail=False)
    trails.start_logging(Name="local")
    job = around.job()
    inventory, _ = around.account(Trail, Bucket)
    (trail,) = inventory.related(Trail, job).all()
    assert trail.is_logging is True
    assert trail.identity.arn.startswith(f"arn:{around.partition}:cloudtrail:{around.where}:")
    assert trail.home_region == around.where
    assert trail.event_selectors[0].include_management_events is True
    assert trail.advanced_event_selectors == ()
    assert inventory.related(Bucket, trail).find("trail-bucket").policy is None
    aws.faults.deny("cloudtrail", "DescribeTrails")
    with pytest.raises(CannotAssess):
        around.account(Trail)[0].related(Trail, job).all()


def people(around: Around) -> None:
    iam = around.client("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}}],
    }
    iam.create_role(RoleName="train", AssumeRolePolicyDocument=json.dumps(trust))
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    iam.put_role_policy(RoleName="train", PolicyName="inline", PolicyDocument=json.dumps(allow))
    iam.create_policy(PolicyName="own", PolicyDocument=json.dumps(allow))
    for name in ("with-mfa", "without"):
        iam.create_user(UserName=name)
        iam.create_login_profile(UserName=name, Password="Only-For-Tests-1")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="with-mfa")["VirtualMFADevice"]
    iam.enable_mfa_device(
        UserName="with-mfa",
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1="123456",
        AuthenticationCode2="654321",
    )


def test_iam_is_walked_once(aws: EmbeddedAws, around: Around) -> None:
    people(around)
    aws.calls.clear()
    inventory, _ = around.account(*IAM)
    job = around.job()
    role = inventory.related(Role, job).find("train")
    assert role.identity.arn == f"arn:{around.partition}:iam::{ACCOUNT}:role/train"
    assert role.assume_role_policy_document["Statement"][0]["Effect"] == "Allow"
    assert role.role_policy_list[0].policy_document["Statement"][0]["Action"] == "s3:*"
    policy = inventory.related(ManagedPolicy, job).find("own")
    assert policy.policy_version_list[0].document["Statement"][0]["Action"] == "s3:*"
    users = inventory.related(User, job)
    assert users.find("without").credential_report.mfa_active is False
    assert users.find("without").mfa_devices == ()
    assert len(users.find("with-mfa").mfa_devices) == 1
    assert aws.calls.count("iam", "GetAccountAuthorizationDetails") == 1
    assert aws.calls.count("iam", "ListVirtualMFADevices") == 1
    assert aws.calls.count("iam", "GetCredentialReport") == 1


def test_the_account_tells_of_its_root_user(aws: EmbeddedAws, around: Around) -> None:
    aws.root_account(mfa=False, access_key=True, partition=around.partition)
    inventory, _ = around.account(Account)
    (account,) = inventory.related(Account, around.job()).all()
    assert account.summary_map["AccountAccessKeysPresent"] == 1
    assert account.password_policy is None
    assert account.root_credentials.access_key_1_active is True
    assert account.root_credentials.password_last_used is None
    assert account.identity.region == around.home
    assert aws.calls.count("iam", "GetAccountAuthorizationDetails") == 0


IAM_MEMBERS = [
    ("GetAccountSummary", "summary_map"),
    ("GetAccountPasswordPolicy", "password_policy"),
    ("GenerateCredentialReport", "root_credentials"),
    ("GetCredentialReport", "root_credentials"),
    ("ListVirtualMFADevices", "virtual_mfa_devices"),
]


@pytest.mark.parametrize(("operation", "member"), IAM_MEMBERS)
def test_each_denied_iam_operation_hides_its_own_member(
    aws: EmbeddedAws, around: Around, operation: str, member: str
) -> None:
    aws.faults.deny("iam", operation)
    inventory, collector = around.account(Account)
    account = inventory.related(Account, around.job()).seen()[0]
    assert [name for name in Account.model_fields if isinstance(account.peek(name), Unknown)] == [member]
    assert [gap.operation for gap in inventory.gaps()] == [f"iam:{operation}"]
    assert [target.status for target in collector.targets()] == [TargetStatus.PARTIAL]


def test_log_groups_alarms_scaling_and_images(aws: EmbeddedAws, around: Around) -> None:
    around.client("ecr").create_repository(repositoryName="team/image")
    logs = around.client("logs")
    logs.create_log_group(logGroupName="/aws/sagemaker/TrainingJobs")
    logs.create_log_group(logGroupName="/aws/lambda/other")
    for namespace in ("AWS/SageMaker", "AWS/EC2"):
        around.client("cloudwatch").put_metric_alarm(
            AlarmName=namespace,
            Namespace=namespace,
            MetricName="Errors",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
    suffix = "amazonaws.com.cn" if around.partition == "aws-cn" else "amazonaws.com"
    image = f"{ACCOUNT}.dkr.ecr.{around.where}.{suffix}/team/image:1"
    job = around.job(AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File"})
    aws.calls.clear()
    inventory, _ = around.region(LogGroup, Alarm, Repository, ScalableTarget)
    repository = inventory.related(Repository, job).find("team/image")
    assert repository.policy is None
    assert repository.scan_on_push is False
    groups = inventory.related(LogGroup, job).all()
    assert [group.log_group_name for group in groups] == ["/aws/sagemaker/TrainingJobs"]
    assert not groups[0].identity.arn.endswith("*")
    assert [alarm.alarm_name for alarm in inventory.related(Alarm, job).all()] == ["AWS/SageMaker"]
    assert aws.calls.count("application-autoscaling", "DescribeScalableTargets") == 0
    around.wanted.note(Endpoint.build({}, around.identity(Endpoint, "e"), ORIGIN))
    around.region(ScalableTarget)
    assert aws.calls.count("application-autoscaling", "DescribeScalableTargets") == 1
