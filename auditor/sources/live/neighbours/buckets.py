"""S3 buckets that resources and trails name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from auditor.model.gap import Gap
from auditor.model.resource import Observation, Resource
from auditor.model.surroundings import Bucket
from auditor.model.unknown import Reason
from auditor.sources.live.neighbours.around import Around, Items, document
from auditor.sources.live.reader import ReadFailed


@dataclass(frozen=True, slots=True)
class _Row:
    """One member: its operation, how to take it from the answer, and what an absence is called and means."""

    member: str
    operation: str
    take: Callable[[dict[str, Any]], Any]
    absent_code: str = ""
    absent: Any = None


_MEMBERS = (
    _Row(
        "Encryption",
        "s3:GetBucketEncryption",
        lambda data: data.get("ServerSideEncryptionConfiguration"),
        "ServerSideEncryptionConfigurationNotFoundError",
    ),
    _Row("Policy", "s3:GetBucketPolicy", lambda data: document(data.get("Policy")), "NoSuchBucketPolicy"),
    _Row(
        "PolicyIsPublic",
        "s3:GetBucketPolicyStatus",
        lambda data: data["PolicyStatus"]["IsPublic"],
        "NoSuchBucketPolicy",
        absent=False,
    ),
    _Row(
        "PublicAccessBlock",
        "s3:GetPublicAccessBlock",
        lambda data: data["PublicAccessBlockConfiguration"],
        "NoSuchPublicAccessBlockConfiguration",
    ),
    _Row("Versioning", "s3:GetBucketVersioning", lambda data: data),
    _Row("Logging", "s3:GetBucketLogging", lambda data: data.get("LoggingEnabled")),
)
OPERATIONS = ("s3:ListBuckets", *(row.operation for row in _MEMBERS))
_ELSEWHERE = frozenset({"PermanentRedirect", "301"})


def collect(around: Around, names: list[str]) -> Items:
    """The buckets of some names; one list tells which are the account's own, and their regions."""
    if not names:
        return
    own: dict[str, tuple[str, Observation]] = {}
    listed = True
    try:
        for raw, observation in around.items("s3:ListBuckets", "Buckets"):
            own[raw["Name"]] = (raw.get("BucketRegion") or around.region, observation)
    except ReadFailed as failed:
        listed = False
        around.hide(Bucket, "Name", failed)
    for name in names:
        if listed and name not in own:
            detail = "not among the account's buckets: another account's, or deleted"
            yield Gap(around.scope(Bucket, name), "s3:ListBuckets", Reason.CROSS_ACCOUNT, detail)
            continue
        region, observation = own.get(name, (around.region, Observation("s3:GetBucketPolicy")))
        yield _bucket(around, name, region, observation)


def _bucket(around: Around, name: str, region: str, observation: Observation) -> Resource | Gap:
    raw: dict[str, Any] = {"Name": name}
    places: dict[str, Observation] = {}
    for row in _MEMBERS:
        if not around.needs(Bucket, row.member):
            continue
        try:
            answer = around.reader.call(
                region, row.operation, Bucket=name, ExpectedBucketOwner=around.reader.account
            )
            raw[row.member] = row.take(answer.data)
            places[row.member] = answer.observation
        except ReadFailed as failed:
            if failed.code == row.absent_code:
                raw[row.member] = row.absent
                places[row.member] = Observation(row.operation)
            elif failed.code == "NoSuchBucket":
                return failed.scoped(around.scope(Bucket, name))
            elif failed.code in _ELSEWHERE:
                scope = around.scope(Bucket, name)
                return Gap(scope, row.operation, Reason.CROSS_ACCOUNT, "the bucket lies elsewhere")
            else:
                raw[row.member] = around.hide(Bucket, row.member, failed)
    arn = f"arn:{around.reader.partition}:s3:::{name}"
    return around.build(Bucket, raw, observation, arn=arn, places=places)
