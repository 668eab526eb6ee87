"""Keys, buckets, trails and image repositories."""

from collections.abc import Mapping
from typing import Any

from auditor.iam.documents import statements
from auditor.model.unknown import CannotAssess, Reason, Unknown
from auditor.sources.cloudformation.template import Definition
from auditor.sources.cloudformation.world import World, listed, some

# A trail without selectors records all management events (CloudTrail API, GetEventSelectors).
_EVERY_MANAGEMENT_EVENT = [{"ReadWriteType": "All", "IncludeManagementEvents": True}]
# Since January 2023 and April 2023 (Amazon S3 user guide, "Default encryption FAQ" and "Blocking public access").
_AES = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
_BLOCKED = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
_SYMMETRIC = "SYMMETRIC_DEFAULT"


def key(world: World, definition: Definition) -> dict[str, Any]:
    """A customer-managed key with its aliases."""
    properties = world.properties(definition)
    name = world.name(definition)
    where = world.resolver.given.deployment
    enabled = properties.get("Enabled", True)
    off = str(enabled).lower() in ("false", "0") if isinstance(enabled, bool | str | int) else False
    default = {
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": where.account}, "Action": "kms:*", "Resource": "*"}]
    }
    at = (*definition.at, "Properties")
    for member, told in (("KeyRotationEnabled", "EnableKeyRotation"), ("Policy", "KeyPolicy"), ("KeyState", "Enabled")):
        if told in properties:
            world.move((*at, member), (*at, told))
    return {
        "KeyId": name,
        "KeyManager": "CUSTOMER",
        "Enabled": enabled if isinstance(enabled, Unknown) else not off,
        "KeyState": enabled if isinstance(enabled, Unknown) else "Disabled" if off else "Enabled",
        "KeySpec": properties.get("KeySpec", _SYMMETRIC),
        "KeyUsage": properties.get("KeyUsage", "ENCRYPT_DECRYPT"),
        "Origin": properties.get("Origin", "AWS_KMS"),
        "MultiRegion": properties.get("MultiRegion", False),
        "KeyRotationEnabled": properties.get("EnableKeyRotation", False),
        "Policy": properties.get("KeyPolicy", default),
        "AliasNames": _aliases(world, definition),
        **({"AWSAccountId": where.account} if where.account else {}),
        **some(properties, Tags="Tags"),
    }


def replica_key(world: World, definition: Definition) -> dict[str, Any]:
    """A replica of a key of another region; rotation is the primary's."""
    primary = Unknown(Reason.NOT_COLLECTED, "the primary key tells it")
    return {
        **key(world, definition),
        "MultiRegion": True,
        "MultiRegionConfiguration": {"MultiRegionKeyType": "REPLICA"},
        "KeyRotationEnabled": primary,
    }


def bucket(world: World, definition: Definition) -> dict[str, Any]:
    """A bucket with the policy that a resource of its own gives it."""
    properties = world.properties(definition)
    at = (*definition.at, "Properties")
    facts: dict[str, Any] = {
        "Name": world.name(definition),
        "Encryption": _encryption(properties.get("BucketEncryption")),
        "DefaultKeyManager": _key_manager(world, properties.get("BucketEncryption")),
        "Policy": None,
        "PolicyIsPublic": False,
        "PublicAccessBlock": properties.get("PublicAccessBlockConfiguration", _BLOCKED),
        "Versioning": _versioning(properties.get("VersioningConfiguration")),
        "Logging": _logging(properties.get("LoggingConfiguration"), world.name(definition)),
        **some(properties, Tags="Tags"),
    }
    for member, told in (
        ("Encryption", "BucketEncryption"),
        ("PublicAccessBlock", "PublicAccessBlockConfiguration"),
        ("Versioning", "VersioningConfiguration"),
        ("Logging", "LoggingConfiguration"),
    ):
        if told in properties:
            world.move((*at, member), (*at, told))
    policies = [*world.attached(definition, "Bucket", "AWS::S3::BucketPolicy")]
    for other, given in policies[:1]:
        world.move((*at, "Policy"), (*other.at, "Properties", "PolicyDocument"))
        facts["Policy"] = given.get("PolicyDocument")
        facts["PolicyIsPublic"] = _public(facts["Policy"])
    if len(policies) > 1:
        several = " and ".join(other.logical_id for other, _ in policies)
        doubt = Unknown(Reason.UNRESOLVED_REFERENCE, f"{several} are policies of it; a bucket has one")
        facts["Policy"] = doubt
        if any(_public(given.get("PolicyDocument")) is not True for _, given in policies):
            facts["PolicyIsPublic"] = doubt
    for unknown in world.doubtful(definition, "Bucket", "AWS::S3::BucketPolicy"):
        facts["Policy"] = facts["PolicyIsPublic"] = unknown
    return facts


def trail(world: World, definition: Definition) -> dict[str, Any]:
    """A trail."""
    properties = world.properties(definition)
    selectors = properties.get("EventSelectors", _EVERY_MANAGEMENT_EVENT)
    advanced = properties.get("AdvancedEventSelectors", [])
    return {
        "Name": world.name(definition),
        "HomeRegion": world.resolver.given.deployment.region,
        "EventSelectors": [] if advanced and "EventSelectors" not in properties else selectors,
        "AdvancedEventSelectors": advanced,
        **some(
            properties,
            S3BucketName="S3BucketName",
            IsMultiRegionTrail="IsMultiRegionTrail",
            IsOrganizationTrail="IsOrganizationTrail",
            IncludeGlobalServiceEvents="IncludeGlobalServiceEvents",
            LogFileValidationEnabled="EnableLogFileValidation",
            KmsKeyId="KMSKeyId",
            CloudWatchLogsLogGroupArn="CloudWatchLogsLogGroupArn",
            IsLogging="IsLogging",
            Tags="Tags",
        ),
    }


def repository(world: World, definition: Definition) -> dict[str, Any]:
    """An image repository."""
    properties = world.properties(definition)
    scanning = properties.get("ImageScanningConfiguration", {})
    on = scanning.get("ScanOnPush", False) if isinstance(scanning, Mapping) else scanning
    return {
        "repositoryName": world.name(definition),
        "scanOnPush": on,
        "policy": properties.get("RepositoryPolicyText"),
        **some(properties, imageTagMutability="ImageTagMutability", Tags="Tags"),
    }


def _aliases(world: World, definition: Definition) -> list[str]:
    found = world.attached(definition, "TargetKeyId", "AWS::KMS::Alias")
    names = [properties.get("AliasName") for _, properties in found]
    return [name for name in names if isinstance(name, str)]


def _encryption(raw: Any) -> Any:
    if raw is None:
        return _AES
    if not isinstance(raw, Mapping):
        return raw
    rules = raw.get("ServerSideEncryptionConfiguration", [])
    if isinstance(rules, Unknown):
        return rules
    return {"Rules": [_encryption_rule(rule) for rule in listed(rules)]}


def _encryption_rule(rule: Any) -> Any:
    if not isinstance(rule, Mapping):
        return rule
    return some(
        rule, ApplyServerSideEncryptionByDefault="ServerSideEncryptionByDefault", BucketKeyEnabled="BucketKeyEnabled"
    )


def _key_manager(world: World, raw: Any) -> Any:
    """Who manages the key that a bucket encrypts with: you where the template makes it; None without one."""
    rules = _encryption(raw)
    first = rules["Rules"][0] if isinstance(rules, Mapping) and rules["Rules"] else rules
    default = first.get("ApplyServerSideEncryptionByDefault") if isinstance(first, Mapping) else first
    if not isinstance(default, Mapping):
        return default
    algorithm, named = default.get("SSEAlgorithm"), default.get("KMSMasterKeyID")
    if isinstance(algorithm, str) and "kms" not in algorithm:
        return None
    if named is None:
        return algorithm if isinstance(algorithm, Unknown) else "AWS"
    keys = {world.name(one) for one in world.of("AWS::KMS::Key", "AWS::KMS::ReplicaKey")}
    if isinstance(named, str) and named in keys:
        return "CUSTOMER"
    if isinstance(named, str) and "alias/aws/" in named:
        return "AWS"
    return (
        named if isinstance(named, Unknown) else Unknown(Reason.UNRESOLVED_REFERENCE, "KMS tells who manages the key")
    )


def _logging(raw: Any, own: str) -> Any:
    if not isinstance(raw, Mapping):
        return raw
    return {"TargetBucket": raw.get("DestinationBucketName", own), **some(raw, TargetPrefix="LogFilePrefix")}


def _versioning(config: Any) -> Any:
    """S3's answer for a bucket that a template makes; MFADelete is no property of `AWS::S3::Bucket`."""
    if not isinstance(config, Mapping):
        return {} if config is None else config
    return {**config, "MFADelete": Unknown(Reason.NOT_COLLECTED, "only the root user can set it, through S3's API")}


def _public(policy: Any) -> Any:
    """Whether a policy lets everyone in; what a condition narrows is for S3 to say."""
    if not isinstance(policy, Mapping):
        return policy
    try:
        open_to_all = [one for one in statements(policy) if one.allows and one.anyone]
    except CannotAssess as error:
        return error.unknown
    if any(not one.conditions for one in open_to_all):
        return True
    told = Unknown(Reason.UNRESOLVED_REFERENCE, "S3 tells whether the policy's conditions make it public")
    return told if open_to_all else False
