"""S3 buckets that resources name, one member for each operation."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from auditor.model.gap import Gap
from auditor.model.resource import Resource
from auditor.model.surroundings import Bucket
from auditor.model.unknown import Reason, Unknown
from auditor.sources.live.actions import action
from auditor.sources.live.neighbours.gathering import Gathering, Member, document
from auditor.sources.live.neighbours.kms import hidden_key, region_of
from auditor.sources.live.neighbours.wanted import Wanted
from auditor.sources.live.reader import Answer, ReadFailed

_FIRST = "s3:GetBucketEncryption"
# AWS encrypts every bucket since January 2023; the code is that of other regions and older endpoints.
_NO_SETTING = "ServerSideEncryptionConfigurationNotFoundError"
_OWN_BUCKETS = "s3:ListBuckets"
_DESCRIBE_KEY = "kms:DescribeKey"


@dataclass(frozen=True, slots=True)
class _Row:
    """A member: the operation that answers it, and which error code stands for which fact."""

    member: str
    operation: str
    take: Callable[[dict[str, Any]], Any]
    absent: Mapping[str, Any]


_NO_POLICY = "NoSuchBucketPolicy"
_ROWS = (
    _Row("Policy", "s3:GetBucketPolicy", lambda data: document(data.get("Policy")), {_NO_POLICY: None}),
    _Row(
        "PolicyIsPublic",
        "s3:GetBucketPolicyStatus",
        lambda data: data.get("PolicyStatus", {}).get("IsPublic", False),
        {_NO_POLICY: False},
    ),
    _Row(
        "PublicAccessBlock",
        "s3:GetPublicAccessBlock",
        lambda data: data.get("PublicAccessBlockConfiguration"),
        {"NoSuchPublicAccessBlockConfiguration": None},
    ),
    _Row("Versioning", "s3:GetBucketVersioning", lambda data: data, {}),
    _Row("Logging", "s3:GetBucketLogging", lambda data: data.get("LoggingEnabled"), {}),
)
OPERATIONS = (_OWN_BUCKETS, _FIRST, _DESCRIBE_KEY, *(row.operation for row in _ROWS))


def collect(gathering: Gathering, wanted: Wanted) -> Iterator[Resource | Gap]:
    """Every bucket that something names; one of somebody else's that cannot be read is a gap."""
    gathering.begin(Bucket)
    buckets = wanted.buckets()
    if not buckets:
        return
    own = _own(gathering)
    yield from gathering.each(lambda item: _bucket(gathering, *item, own=own), buckets)


def _own(gathering: Gathering) -> frozenset[str] | None:
    """The account's buckets; None where it may not list them."""
    try:
        return frozenset(
            bucket["Name"]
            for answer in gathering.reader.pages(gathering.region, _OWN_BUCKETS)
            for bucket in answer.data.get("Buckets", ())
        )
    except ReadFailed as error:
        gathering.failed(Bucket, error)
        return None


def _bucket(gathering: Gathering, name: str, region: str, *, own: frozenset[str] | None) -> Resource | Gap:
    reader = gathering.reader
    members: dict[str, Member] = {}
    try:
        # botocore follows the redirect to the bucket's own region.
        answer = reader.call(region, _FIRST, Bucket=name)
    except ReadFailed as error:
        gap = error.gap
        if error.code == "NoSuchBucket":
            return Gap(gathering.scope(Bucket, name), _FIRST, Reason.VANISHED, gap.detail)
        if gap.reason is Reason.ACCESS_DENIED and own is not None and name not in own:
            # Granting it to the auditor alone does not help: the owner decides.
            missing = action(_FIRST)
            detail = f"the bucket is not the account's; its bucket policy must allow {missing} to the auditor's role"
            return Gap(gathering.scope(Bucket, name), _FIRST, Reason.CROSS_ACCOUNT, detail)
        members["Encryption"] = _unencrypted(gathering, error)
    else:
        members["Encryption"] = _encryption(answer)
    members["DefaultKeyManager"] = _key_manager(gathering, members["Encryption"], region)
    for row in _ROWS:
        policy = members.get("Policy")
        if row.member == "PolicyIsPublic" and policy is not None and policy.value is None:
            # Without a policy there is no status either.
            members[row.member] = Member(False, policy.observation)
            continue
        members[row.member] = gathering.ask(
            Bucket, row.operation, row.take, region=region, absent=row.absent, Bucket=name
        )
    arn = f"arn:{reader.partition}:s3:::{name}"
    observation = members["Encryption"].observation
    return gathering.build(Bucket, {"Name": name}, observation, members, name=name, arn=arn)


def _encryption(answer: Answer) -> Member:
    return Member(answer.data.get("ServerSideEncryptionConfiguration"), answer.observation)


def _key_manager(gathering: Gathering, encryption: Member, region: str) -> Member:
    """Whose the key is that new objects are encrypted with, whatever way it is named; None where none is."""
    if isinstance(encryption.value, Unknown):
        return encryption
    rules = (encryption.value or {}).get("Rules", ())
    defaults = (rule.get("ApplyServerSideEncryptionByDefault", {}) for rule in rules)
    key = next((default["KMSMasterKeyID"] for default in defaults if "KMSMasterKeyID" in default), "")
    if not key:
        return Member(None, encryption.observation)
    try:
        answer = gathering.reader.call(region_of(key) or region, _DESCRIBE_KEY, KeyId=key)
    except ReadFailed as error:
        return Member(hidden_key(gathering, error, key, Bucket).as_unknown(), gathering.here(_DESCRIBE_KEY))
    return Member(answer.data["KeyMetadata"].get("KeyManager"), answer.observation)


def _unencrypted(gathering: Gathering, error: ReadFailed) -> Member:
    here = gathering.here(_FIRST)
    if error.code == _NO_SETTING:
        return Member(None, here)
    gathering.failed(Bucket, error)
    return Member(error.gap.as_unknown(), here)
