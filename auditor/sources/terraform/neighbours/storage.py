"""Buckets, trails, repositories, log groups, alarms and scaling."""

from collections.abc import Iterator, Mapping
from typing import Any

from auditor.iam.documents import statements
from auditor.model.resource import Resource
from auditor.model.surroundings import (
    Alarm,
    Bucket,
    LogGroup,
    Repository,
    ScalableTarget,
    ScalingPolicy,
    Trail,
)
from auditor.model.unknown import CannotAssess, Reason, Unknown
from auditor.sources.terraform.neighbours.around import (
    UNTOLD,
    Around,
    dicts,
    either,
    many,
    names,
    part,
    present,
    single,
)
from auditor.sources.terraform.neighbours.identity import AWS_ALIAS, KEYS
from auditor.sources.terraform.plan import Change
from auditor.sources.terraform.values import Secret, told

_ELSEWHERE = Unknown(Reason.NOT_COLLECTED, "the plan does not say how the bucket is set up")
_BY_ROOT = Unknown(Reason.NOT_COLLECTED, "the plan leaves MFA delete as it is: only the root user can set it")
_KMS_TELLS = Unknown(Reason.UNRESOLVED_REFERENCE, "KMS tells who manages the key")
_SWITCHES = {
    "BlockPublicAcls": "block_public_acls",
    "IgnorePublicAcls": "ignore_public_acls",
    "BlockPublicPolicy": "block_public_policy",
    "RestrictPublicBuckets": "restrict_public_buckets",
}


def buckets(around: Around) -> Iterator[Resource]:
    """Buckets with what the separate resources set.

    Of a new bucket the service's defaults hold for what nothing sets: it is encrypted with S3's own keys and
    public access is blocked (Amazon S3 user guide, "Default settings for new S3 buckets").
    """
    managers = _managers(around)
    for change, raw in (*around.all("aws_s3_bucket"), *around.found("aws_s3_bucket")):
        policy = _policy(around, change, raw)
        encryption = _encryption(around, change, raw)
        facts: dict[str, Any] = {
            "Encryption": encryption,
            "DefaultKeyManager": _key_manager(encryption, managers),
            "Policy": policy,
            "PolicyIsPublic": _public(policy),
            "PublicAccessBlock": _public_access(around, change),
            "Versioning": _versioning(around, change, raw),
            "Logging": _logging(around, change, raw),
        }
        yield around.made(Bucket, change, facts, {"Name": "bucket"})


def _inner(apart: tuple[Change, dict[str, Any]] | Unknown | None) -> dict[str, Any] | Unknown | None:
    """The attributes of the resource that sets up a bucket; an Unknown where nobody knows which one does."""
    return apart[1] if isinstance(apart, tuple) else apart


def _apart(around: Around, change: Change, kind: str, own: Any) -> Any:
    """What a resource of a type sets up, else the bucket's own block; that tells the old one where it is deleted."""
    found = _inner(around.only(change, "bucket", kind))
    if found is not None:
        return found
    return {} if around.lost(change, "bucket", kind) is not None else single(own)


def _unset(around: Around, change: Change, kind: str, new: Any, gone: Any) -> Any:
    """What holds where no resource of a type sets a bucket up.

    Args:
        around: the neighbours.
        change: the bucket.
        kind: the type.
        new: what holds for a new bucket.
        gone: what holds for one whose resource of the type is deleted.
    """
    lost = around.lost(change, "bucket", kind)
    if change.created and (lost is None or change.deleted):
        return new
    kept = lost is None or change.created or lost.before.get("skip_destroy") is True
    return _ELSEWHERE if kept else gone


def _encryption(around: Around, change: Change, raw: dict[str, Any]) -> Any:
    kind = "aws_s3_bucket_server_side_encryption_configuration"
    found = _apart(around, change, kind, raw.get("server_side_encryption_configuration"))
    rules = many(part(found, "rule")) if not isinstance(found, Unknown) else found
    if isinstance(rules, Unknown):
        return rules
    if not rules:
        default = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
        return _unset(around, change, kind, default, default)
    return {"Rules": [_rule(one) for one in rules if isinstance(one, dict)]}


def _rule(raw: dict[str, Any]) -> dict[str, Any]:
    by_default = single(raw.get("apply_server_side_encryption_by_default"))
    encryption = present(
        SSEAlgorithm=part(by_default, "sse_algorithm"), KMSMasterKeyID=part(by_default, "kms_master_key_id")
    )
    return present(
        ApplyServerSideEncryptionByDefault=encryption or None, BucketKeyEnabled=raw.get("bucket_key_enabled")
    )


def _managers(around: Around) -> dict[str, Any]:
    """Who manages the keys that the plan makes or found, by what they are called."""
    made = ((change, "CUSTOMER") for change, _ in around.all(*KEYS))
    found = ((change, raw.get("key_manager")) for change, raw in around.found("aws_kms_key"))
    return {name: who for change, who in (*made, *found) for name in {around.reads.called(change), *names(change)}}


def _key_manager(encryption: Any, managers: Mapping[str, Any]) -> Any:
    """Who manages the key that a bucket encrypts with; None where it is S3's own.

    Without a key of its own it is AWS's (S3 user guide, "Using server-side encryption with AWS KMS keys"); an alias
    that is not AWS's leads to a customer-managed key (KMS API, CreateAlias).
    """
    if isinstance(encryption, Unknown):
        return encryption
    rules = [one.get("ApplyServerSideEncryptionByDefault") or {} for one in encryption["Rules"]]
    default = rules[0] if rules else dict.fromkeys(("SSEAlgorithm", "KMSMasterKeyID"), _ELSEWHERE)
    algorithm, named = default.get("SSEAlgorithm"), default.get("KMSMasterKeyID")
    if isinstance(algorithm, str) and "kms" not in algorithm:
        return None
    if named is None:
        return algorithm if isinstance(algorithm, Unknown) else "AWS"
    if isinstance(named, str) and named in managers:
        return managers[named]
    if isinstance(named, str) and not isinstance(named, Secret) and "alias/" in named:
        return "AWS" if AWS_ALIAS in named else "CUSTOMER"
    return named if isinstance(named, Unknown) else _KMS_TELLS


def _policy(around: Around, change: Change, raw: dict[str, Any]) -> Any:
    own, kind = raw.get("policy"), "aws_s3_bucket_policy"
    unset = _unset(around, change, kind, None, None)
    otherwise = around.policy(change, "policy", own) if own is not None else unset
    return around.policy_apart(change, "bucket", kind, otherwise, gone=unset)


def _public(policy: Any) -> Any:
    """What S3 would say of a policy, where that is plain (GetBucketPolicyStatus)."""
    if isinstance(policy, Unknown):
        return policy
    try:
        open_to_all = [one for one in statements(policy or {}) if one.allows and one.anyone]
    except CannotAssess as error:
        return error.unknown
    if not open_to_all:
        return False
    if any(not one.conditions for one in open_to_all):
        return True
    return Unknown(Reason.NOT_COLLECTED, "S3 decides whether the conditions make the policy public")


def _public_access(around: Around, change: Change) -> Any:
    kind = "aws_s3_bucket_public_access_block"
    found = _inner(around.only(change, "bucket", kind))
    if found is not None:
        switches = ((member, part(found, name)) for member, name in _SWITCHES.items())
        return found if isinstance(found, Unknown) else present(**dict(switches))
    return _unset(around, change, kind, dict.fromkeys(_SWITCHES, True), dict.fromkeys(_SWITCHES, False))


def _versioning(around: Around, change: Change, raw: dict[str, Any]) -> Any:
    kind = "aws_s3_bucket_versioning"
    apart = _inner(around.only(change, "bucket", kind))
    if isinstance(apart, Unknown):
        return apart
    if apart is not None:
        found = single(apart.get("versioning_configuration"))
        return present(Status=part(found, "status"), MFADelete=either(part(found, "mfa_delete"), _BY_ROOT))
    own = _apart(around, change, kind, raw.get("versioning"))
    if isinstance(own, Unknown) or own:
        enabled = part(own, "enabled")
        status = enabled if isinstance(enabled, Unknown) else "Enabled" if enabled is True else "Suspended"
        return {"Status": status, "MFADelete": "Enabled" if part(own, "mfa_delete") is True else _BY_ROOT}
    return _unset(around, change, kind, {}, {"Status": "Suspended", "MFADelete": _BY_ROOT})


def _logging(around: Around, change: Change, raw: dict[str, Any]) -> Any:
    kind = "aws_s3_bucket_logging"
    found = _apart(around, change, kind, raw.get("logging"))
    if isinstance(found, Unknown):
        return found
    if not found:
        return _unset(around, change, kind, None, None)
    return present(TargetBucket=found.get("target_bucket"), TargetPrefix=found.get("target_prefix"))


def trails(around: Around) -> Iterator[Resource]:
    """Trails with their event selectors."""
    for change, raw in around.all("aws_cloudtrail"):
        simple, advanced = many(raw.get("event_selector")), many(raw.get("advanced_event_selector"))
        logging = raw.get("enable_logging")
        every = raw.get("include_global_service_events")
        facts = present(
            HomeRegion=around.reads.deployment(change).region,
            S3BucketName=raw.get("s3_bucket_name"),
            IsMultiRegionTrail=raw.get("is_multi_region_trail"),
            IsOrganizationTrail=raw.get("is_organization_trail"),
            IncludeGlobalServiceEvents=True if every is None else every,
            LogFileValidationEnabled=raw.get("enable_log_file_validation"),
            KmsKeyId=raw.get("kms_key_id"),
            CloudWatchLogsLogGroupArn=raw.get("cloud_watch_logs_group_arn"),
            IsLogging=True if logging is None else logging,
        )
        facts["EventSelectors"] = (
            simple
            if isinstance(simple, Unknown)
            else _selectors(simple, others=isinstance(advanced, Unknown) or bool(advanced))
        )
        facts["AdvancedEventSelectors"] = (
            advanced if isinstance(advanced, Unknown) else [_advanced(one) for one in dicts(advanced)]
        )
        lines = {"KmsKeyId": "kms_key_id", "LogFileValidationEnabled": "enable_log_file_validation"}
        yield around.made(Trail, change, facts, {**lines, "S3BucketName": "s3_bucket_name"})


def _selectors(blocks: list[Any], *, others: bool) -> list[Any]:
    if not blocks and not others:
        # A new trail logs management events (CloudTrail API, PutEventSelectors).
        return [{"ReadWriteType": "All", "IncludeManagementEvents": True}]
    return [
        present(
            ReadWriteType=one.get("read_write_type"),
            IncludeManagementEvents=one.get("include_management_events"),
            ExcludeManagementEventSources=one.get("exclude_management_event_sources"),
            DataResources=[
                present(Type=part(data, "type"), Values=part(data, "values"))
                for data in dicts(one.get("data_resource"))
            ],
        )
        if isinstance(one, dict)
        else one
        for one in dicts(blocks)
    ]


def _advanced(one: Any) -> Any:
    if isinstance(one, Unknown):
        return one
    fields = ("equals", "starts_with", "ends_with", "not_equals", "not_starts_with", "not_ends_with")
    return {
        "FieldSelectors": [
            present(
                Field=part(field, "field"),
                **{"".join(word.capitalize() for word in name.split("_")): part(field, name) for name in fields},
            )
            for field in dicts(one.get("field_selector"))
        ]
    }


def others(around: Around) -> Iterator[Resource]:
    """Image repositories, SageMaker's log groups and alarms, and what scales its endpoints."""
    for change, raw in (*around.all("aws_ecr_repository"), *around.found("aws_ecr_repository")):
        untold = UNTOLD if change.told else None
        policy = around.policy_apart(change, "repository", "aws_ecr_repository_policy", untold)
        scanning = raw.get("image_scanning_configuration", untold)
        scan = part(single(scanning), "scan_on_push")
        mutability = present(imageTagMutability=raw.get("image_tag_mutability", untold))
        facts = {**mutability, "scanOnPush": False if scan is None else scan, "Policy": policy}
        lines = {"imageTagMutability": "image_tag_mutability", "scanOnPush": "image_scanning_configuration"}
        yield around.made(Repository, change, facts, lines)
    for change, raw in around.all("aws_cloudwatch_log_group"):
        facts = present(retentionInDays=either(raw.get("retention_in_days"), None), kmsKeyId=raw.get("kms_key_id"))
        lines = {"retentionInDays": "retention_in_days", "kmsKeyId": "kms_key_id"}
        yield around.made(LogGroup, change, facts, lines)
    for change, raw in around.all("aws_cloudwatch_metric_alarm"):
        dimensions = raw.get("dimensions")
        facts = present(
            ActionsEnabled=raw.get("actions_enabled"),
            AlarmActions=raw.get("alarm_actions"),
            MetricName=raw.get("metric_name"),
            Namespace=raw.get("namespace"),
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()]
            if isinstance(dimensions, dict)
            else dimensions,
        )
        yield around.made(Alarm, change, facts, {"AlarmActions": "alarm_actions"})
    yield from _scaling(around)


def _scaling(around: Around) -> Iterator[Resource]:
    for change, raw in around.all("aws_appautoscaling_target", "aws_appautoscaling_policy"):
        if told(change, "service_namespace") != "sagemaker":
            continue
        shared = present(ResourceId=raw.get("resource_id"), ScalableDimension=raw.get("scalable_dimension"))
        if change.type.endswith("_target"):
            facts = present(MinCapacity=raw.get("min_capacity"), MaxCapacity=raw.get("max_capacity"))
            yield around.made(ScalableTarget, change, {**shared, **facts}, {"MinCapacity": "min_capacity"})
        else:
            yield around.made(ScalingPolicy, change, {**shared, **present(PolicyType=raw.get("policy_type"))}, {})
