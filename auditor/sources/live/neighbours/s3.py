"""Buckets that resources name: one operation a fact, each unknown on its own."""

import json
from collections.abc import Iterator
from typing import Any

from auditor.model.gap import Gap, Scope
from auditor.model.resource import Observation
from auditor.model.surroundings import Bucket
from auditor.model.unknown import Reason
from auditor.sources.live.reader import ReadFailed

from .base import Item, Place, call

OPERATIONS = (
    "s3:GetBucketLocation",
    "s3:GetBucketEncryption",
    "s3:GetBucketPolicy",
    "s3:GetBucketPolicyStatus",
    "s3:GetPublicAccessBlock",
    "s3:GetBucketVersioning",
    "s3:GetBucketLogging",
)
_GONE = frozenset({"NoSuchBucket"})
# The answer for a bucket of another account, where no policy lets us look.
_FOREIGN = frozenset({"AccessDenied", "AllAccessDisabled", "403"})


def collect(place: Place, names: set[str]) -> Iterator[Item]:
    """The buckets of some names."""
    for name in sorted(names):
        yield _bucket(place, name)


def _bucket(place: Place, name: str) -> Item:
    scope = Scope(place.reader.account, place.region, Bucket.cfn_type, name)
    try:
        location = call(place, "s3:GetBucketLocation", Bucket=name, ExpectedBucketOwner=place.reader.account)
    except ReadFailed as error:
        if error.code in _GONE:
            return Gap(scope, error.gap.operation, Reason.VANISHED, error.gap.detail)
        if error.code in _FOREIGN:
            detail = f"the bucket is of another account, or {error.gap.detail}"
            gap = Gap(scope, error.gap.operation, Reason.ACCESS_DENIED, detail)
            place.holes.setdefault(Bucket.cfn_type, gap)
            return gap
        return place.gap(error, Bucket, name)
    # An empty location means us-east-1 (S3 API reference, GetBucketLocation).
    region = location.data.get("LocationConstraint") or "us-east-1"
    region = "eu-west-1" if region == "EU" else region
    data: dict[str, Any] = {"Name": name}
    _facts(place, name, region, data)
    arn = place.arn("s3", name, account=False, region=False)
    observation = Observation("s3:GetBucket*", location.observation.request_id, location.observation.at)
    return place.build(Bucket, data, observation, name=name, arn=arn)


def _facts(place: Place, name: str, region: str, data: dict[str, Any]) -> None:
    def ask(operation: str) -> dict[str, Any]:
        return place.reader.call(region, operation, Bucket=name).data

    place.member(
        data,
        "Encryption",
        lambda: ask("s3:GetBucketEncryption")["ServerSideEncryptionConfiguration"],
        "ServerSideEncryptionConfigurationNotFoundError",
    )
    place.member(
        data, "Policy", lambda: json.loads(ask("s3:GetBucketPolicy")["Policy"]), "NoSuchBucketPolicy"
    )
    if data["Policy"] is None:
        data["PolicyIsPublic"] = False
    else:
        place.member(
            data,
            "PolicyIsPublic",
            lambda: bool(ask("s3:GetBucketPolicyStatus").get("PolicyStatus", {}).get("IsPublic", False)),
        )
    place.member(
        data,
        "PublicAccessBlock",
        lambda: ask("s3:GetPublicAccessBlock")["PublicAccessBlockConfiguration"],
        "NoSuchPublicAccessBlockConfiguration",
    )
    place.member(data, "Versioning", lambda: ask("s3:GetBucketVersioning"))
    place.member(data, "Logging", lambda: ask("s3:GetBucketLogging").get("LoggingEnabled"))
