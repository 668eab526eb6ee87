"""Keys, logs, alarms, scaling and images are read once, in every spelling; what is denied is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from auditor.model.coverage import TargetStatus
from auditor.model.kms import KmsKey
from auditor.model.sagemaker import Endpoint
from auditor.model.surroundings import Alarm, Bucket, LogGroup, Repository, ScalableTarget
from auditor.model.unknown import CannotAssess, Reason

if TYPE_CHECKING:
    from auditor.demo.server import EmbeddedAws

ACCOUNT = "123456789012"


def test_a_key_is_found_under_every_spelling_and_asked_for_twice(aws: EmbeddedAws, around: Any) -> None:
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
    assert keys[0].origin.of("Policy").operation == "kms:GetKeyPolicy"
    assert aws.calls.count("kms", "DescribeKey") == 2
    assert [target.status for target in collector.targets()] == [TargetStatus.SCANNED]


def test_a_denied_key_policy_leaves_the_rest_of_the_key(aws: EmbeddedAws, around: Any) -> None:
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
def test_a_key_that_cannot_be_read_hides_itself_only(around: Any, named: str, reason: Reason) -> None:
    spelling = named.format(partition=around.partition, region=around.where)
    job = around.job(OutputDataConfig={"KmsKeyId": spelling})
    inventory, _ = around.region(KmsKey)
    assert [(gap.scope.resource, gap.reason) for gap in inventory.gaps()] == [(spelling, reason)]
    with pytest.raises(CannotAssess):
        inventory.related(KmsKey, job).find(spelling)


def test_what_is_another_accounts_is_for_its_owner_to_open(aws: EmbeddedAws, around: Any) -> None:
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


def test_log_groups_alarms_scaling_and_images(aws: EmbeddedAws, around: Any) -> None:
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
    around.wanted.note(Endpoint.build({}, around.identity(Endpoint, "e"), job.origin))
    around.region(ScalableTarget)
    assert aws.calls.count("application-autoscaling", "DescribeScalableTargets") == 1
