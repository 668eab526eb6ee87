"""Buckets that resources name, and trails: each operation that is denied hides its own member."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from auditor.model.coverage import TargetStatus
from auditor.model.surroundings import Bucket, Trail
from auditor.model.unknown import CannotAssess, Reason, Unknown

if TYPE_CHECKING:
    from auditor.demo.server import EmbeddedAws

ACCOUNT = "123456789012"


def bucket(around: Any, name: str = "data-bucket") -> None:
    where = {"LocationConstraint": around.where}
    around.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=where)


def test_a_bucket_without_settings_is_known_to_have_none(around: Any) -> None:
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


def test_each_denied_bucket_operation_hides_its_own_member(aws: EmbeddedAws, around: Any) -> None:
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


def encrypt(around: Any, name: str, **default: str) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": default}
    around.client("s3").put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})


def test_whose_key_a_bucket_uses_is_told_by_kms_however_it_is_named(aws: EmbeddedAws, around: Any) -> None:
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


def test_a_bucket_that_is_not_there_has_vanished(aws: EmbeddedAws, around: Any) -> None:
    around.job(OutputDataConfig={"S3OutputPath": "s3://no-such-bucket/out"})
    assert [gap.reason for gap in around.account(Bucket)[0].gaps()] == [Reason.VANISHED]
    aws.faults.deny("s3", "GetBucketEncryption")
    assert [gap.reason for gap in around.account(Bucket)[0].gaps()] == [Reason.CROSS_ACCOUNT]


def test_a_trail_is_read_where_it_lives_and_its_bucket_too(aws: EmbeddedAws, around: Any) -> None:
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
