"""CloudTrail: who did what to SageMaker, recorded where it cannot be changed."""

import re
from collections.abc import Callable

from auditor.model.inventory import Related
from auditor.model.rule import Rule, rule
from auditor.model.surroundings import (
    AccountRegion,
    AdvancedEventSelector,
    AdvancedFieldSelector,
    Bucket,
    EventSelector,
    Trail,
)
from auditor.model.unknown import CannotAssess
from auditor.model.verdict import Fact, Severity, Verdict, failed, not_applicable, passed

# Data events: the API calls on what is inside a resource. Source: CloudTrail user guide, "Logging data
# events", table of resources.type.
_DATA_EVENT_TYPES = {
    "AWS::SageMaker::Endpoint": "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::FeatureGroup": "AWS::SageMaker::FeatureGroup",
}
_S3_OBJECTS = "AWS::S3::Object"
# `arn:PARTITION:s3` with nothing after it stands for every bucket (CloudTrail API, DataResource.Values).
_EVERY_BUCKET = re.compile(r"arn:aws[a-z-]*:s3(:::)?")


def _covers_region(trail: Trail, region: AccountRegion) -> bool:
    return trail.is_multi_region_trail or trail.home_region == region.identity.region


def _any_trail(
    region: AccountRegion, trails: Related[Trail], judge: Callable[[Trail], Verdict], lacking: str
) -> Verdict:
    """PASSED if any trail that covers the region passes; not assessable if one could not be read."""
    unknown: CannotAssess | None = None
    seen: list[Fact] = []
    for trail in trails.seen():
        try:
            if not (_covers_region(trail, region) and trail.is_logging):
                continue
            verdict = judge(trail)
        except CannotAssess as error:
            unknown = unknown or error
            continue
        if verdict.status is not None and verdict.status.value == "PASSED":
            return verdict
        seen += [where for where in verdict.at if isinstance(where, Fact)]
    if unknown is not None:
        raise unknown
    trails.all()
    return failed(lacking, at=(*seen, "ResourceTypes"))


@rule(
    "region-trail",
    severity=Severity.HIGH,
    controls=(
        "FSBP:CloudTrail.1",
        "AWS-Config:MULTI_REGION_CLOUD_TRAIL_ENABLED",
        "CIS-AWS-5.0:3.1",
        "PCI-DSS-4.0:10.2.1",
        "SOC2:CC7.2",
    ),
    tags=("cloudtrail", "logging"),
)
def region_trail(region: AccountRegion, trails: Related[Trail]) -> Verdict:
    """A multi-region trail records the region's events.

    Why: without a trail nobody can say who created a notebook, read a model or opened a presigned URL.
    Fix: create one multi-region trail (an organisation trail if there is an organisation) and start logging.
    """
    return _any_trail(
        region,
        trails,
        lambda trail: (passed if trail.is_multi_region_trail else failed)(
            f"the trail {trail.identity.name} records the region",
            at=(Fact(trail, "IsMultiRegionTrail"), Fact(trail, "IsLogging")),
        ),
        "no multi-region trail that is logging records the region",
    )


@rule(
    "region-trail-management-events",
    severity=Severity.HIGH,
    controls=("FSBP:CloudTrail.1", "AWS-Config:CLOUDTRAIL_SECURITY_TRAIL_ENABLED", "CIS-AWS-5.0:3.1"),
    tags=("cloudtrail", "logging"),
)
def management_events(region: AccountRegion, trails: Related[Trail]) -> Verdict:
    """A trail records read and write management events of the region.

    Why: creating, changing and describing SageMaker resources are management events; a selector may leave
      reads, or whole services, out.
    Fix: aws cloudtrail put-event-selectors with IncludeManagementEvents=true and ReadWriteType=All.
    """
    return _any_trail(
        region,
        trails,
        _logs_management_events,
        "no trail records read and write management events of the region",
    )


def _logs_management_events(trail: Trail) -> Verdict:
    if trail.advanced_event_selectors:
        whole = any(_is_whole_category(selector, "Management") for selector in trail.advanced_event_selectors)
        return (passed if whole else failed)(
            f"advanced selectors of the trail {trail.identity.name}", at=Fact(trail, "AdvancedEventSelectors")
        )
    reads = {
        selector.read_write_type
        for selector in trail.event_selectors
        if selector.include_management_events and not _leaves_out_sagemaker(selector)
    }
    whole = "All" in reads or {"ReadOnly", "WriteOnly"} <= reads
    return (passed if whole else failed)(
        f"the trail {trail.identity.name} records {' and '.join(sorted(reads)) or 'no'} management events",
        at=Fact(trail, "EventSelectors"),
    )


def _leaves_out_sagemaker(selector: EventSelector) -> bool:
    return any(source.startswith("sagemaker") for source in selector.exclude_management_event_sources)


def _is_whole_category(selector: AdvancedEventSelector, category: str) -> bool:
    """Whether a selector takes all events of a category, but for what CloudTrail lets one leave out."""
    fields = {field.field: field for field in selector.field_selectors}
    chosen = fields.pop("eventCategory", None)
    if chosen is None or category not in chosen.equals:
        return False
    source = fields.pop("eventSource", None)
    if source is not None and not _only_drops_high_volume(source):
        return False
    return not fields


def _only_drops_high_volume(field: AdvancedFieldSelector) -> bool:
    # Advanced selectors may leave out AWS KMS and RDS Data API events, the high-volume ones.
    dropped = set(field.not_equals)
    return dropped <= {"kms.amazonaws.com", "rdsdata.amazonaws.com"} and not (field.equals or field.starts_with)


def _data_event_types(trail: Trail) -> dict[str, set[str]]:
    """Resource type to the kinds of events (`ReadOnly`, `WriteOnly`) recorded for every resource of it."""
    found: dict[str, set[str]] = {}
    for selector in trail.advanced_event_selectors:
        fields = {field.field: field for field in selector.field_selectors}
        category, kind = fields.pop("eventCategory", None), fields.pop("resources.type", None)
        read_only = fields.pop("readOnly", None)
        if category is None or "Data" not in category.equals or kind is None or fields:
            continue
        wanted = {"ReadOnly", "WriteOnly"}
        if read_only is not None:
            wanted = {"ReadOnly" if "true" in read_only.equals else "WriteOnly"}
        for name in kind.equals:
            found.setdefault(name, set()).update(wanted)
    for classic in trail.event_selectors:
        kinds = {"ReadOnly", "WriteOnly"} if classic.read_write_type == "All" else {classic.read_write_type}
        for resource in classic.data_resources:
            if resource.type is not None and any(_EVERY_BUCKET.fullmatch(value) for value in resource.values):
                found.setdefault(resource.type, set()).update(kinds)
    return found


def _data_events(resource_type: str, kinds: set[str]) -> Callable[[Trail], Verdict]:
    def judge(trail: Trail) -> Verdict:
        recorded = _data_event_types(trail).get(resource_type, set())
        path = "AdvancedEventSelectors" if trail.advanced_event_selectors else "EventSelectors"
        return (passed if kinds <= recorded else failed)(
            f"data events that the trail {trail.identity.name} records for every {resource_type}: "
            f"{', '.join(sorted(recorded)) or 'none'}",
            at=Fact(trail, path),
        )

    return judge


@rule(
    "region-trail-s3-read-events",
    severity=Severity.MEDIUM,
    controls=("FSBP:S3.23", "AWS-Config:CLOUDTRAIL_ALL_READ_S3_DATA_EVENT_CHECK", "CIS-AWS-5.0:3.9"),
    tags=("cloudtrail", "data-events", "s3"),
)
def s3_read_events(region: AccountRegion, trails: Related[Trail]) -> Verdict:
    """A trail records reads of S3 objects.

    Why: who copied the training data or the model is in no management event.
    Fix: add a data event selector for AWS::S3::Object with reads to a trail.
    """
    return _any_trail(
        region, trails, _data_events(_S3_OBJECTS, {"ReadOnly"}), "no trail records reads of every S3 object"
    )


@rule(
    "region-trail-s3-write-events",
    severity=Severity.MEDIUM,
    controls=("FSBP:S3.22", "AWS-Config:CLOUDTRAIL_ALL_WRITE_S3_DATA_EVENT_CHECK", "CIS-AWS-5.0:3.8"),
    tags=("cloudtrail", "data-events", "s3"),
)
def s3_write_events(region: AccountRegion, trails: Related[Trail]) -> Verdict:
    """A trail records writes of S3 objects.

    Why: who poisoned the training data or replaced the model is in no management event.
    Fix: add a data event selector for AWS::S3::Object with writes to a trail.
    """
    return _any_trail(
        region, trails, _data_events(_S3_OBJECTS, {"WriteOnly"}), "no trail records writes of every S3 object"
    )


def _sagemaker_data_events(rule_id: str, found_type: str, what: str, call: str) -> Rule:
    def judge(region: AccountRegion, trails: Related[Trail]) -> Verdict:
        if not region.has(found_type):
            return not_applicable(f"the region has no {found_type}")
        selector = _data_events(_DATA_EVENT_TYPES[found_type], {"ReadOnly", "WriteOnly"})
        return _any_trail(region, trails, selector, f"no trail records {call}")

    return Rule(
        id=rule_id,
        title=f"A trail records the data events of SageMaker {what}.",
        severity=Severity.MEDIUM,
        why=f"{call} is a data event, which no trail records unless it is told to: misuse leaves no trace.",
        fix=f"Add an advanced event selector with eventCategory Data and resources.type "
        f"{_DATA_EVENT_TYPES[found_type]} to a trail.",
        judge=judge,
        scope=(AccountRegion,),
        needs=(Trail,),
        controls=("WA-ML:MLSEC06-BP02",),
        tags=("cloudtrail", "data-events"),
    )


SAGEMAKER_DATA_EVENTS = (
    _sagemaker_data_events("region-trail-endpoint-events", "AWS::SageMaker::Endpoint", "endpoints", "InvokeEndpoint"),
    _sagemaker_data_events(
        "region-trail-feature-group-events",
        "AWS::SageMaker::FeatureGroup",
        "feature groups",
        "GetRecord and PutRecord",
    ),
)


@rule(
    "trail-encryption",
    severity=Severity.MEDIUM,
    controls=("FSBP:CloudTrail.2", "AWS-Config:CLOUD_TRAIL_ENCRYPTION_ENABLED", "CIS-AWS-5.0:3.5"),
    tags=("cloudtrail", "kms"),
)
def trail_encryption(trail: Trail) -> Verdict:
    """A trail's log files are encrypted with a KMS key.

    Why: with a key of one's own, reading the log needs a right on the key besides the right on the bucket.
    Fix: aws cloudtrail update-trail --name NAME --kms-key-id KEY.
    """
    if trail.kms_key_id:
        return passed("log files are encrypted with a KMS key", at="KmsKeyId")
    return failed("log files are not encrypted with a KMS key", at="KmsKeyId")


@rule(
    "trail-log-file-validation",
    severity=Severity.MEDIUM,
    controls=("FSBP:CloudTrail.4", "AWS-Config:CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED", "CIS-AWS-5.0:3.2"),
    tags=("cloudtrail",),
)
def log_file_validation(trail: Trail) -> Verdict:
    """A trail writes digests that prove its log files were not changed.

    Why: without digests a log that lost an hour looks like a quiet hour.
    Fix: aws cloudtrail update-trail --name NAME --enable-log-file-validation.
    """
    if trail.log_file_validation_enabled:
        return passed("log file validation is on", at="LogFileValidationEnabled")
    return failed("log file validation is off", at="LogFileValidationEnabled")


@rule(
    "trail-cloudwatch-logs",
    severity=Severity.LOW,
    controls=("FSBP:CloudTrail.5", "AWS-Config:CLOUD_TRAIL_CLOUD_WATCH_LOGS_ENABLED"),
    tags=("cloudtrail", "monitoring"),
)
def trail_to_cloudwatch(trail: Trail) -> Verdict:
    """A trail sends its events to CloudWatch Logs.

    Why: alarms on sign-ins, policy changes and presigned URLs need the events within minutes.
    Fix: aws cloudtrail update-trail with --cloud-watch-logs-log-group-arn and a role.
    """
    if trail.cloud_watch_logs_log_group_arn:
        return passed("events go to CloudWatch Logs", at="CloudWatchLogsLogGroupArn")
    return failed("events do not go to CloudWatch Logs", at="CloudWatchLogsLogGroupArn")


@rule(
    "trail-bucket-not-public",
    severity=Severity.CRITICAL,
    controls=("FSBP:CloudTrail.6", "AWS-Config:CLOUDTRAIL_S3_BUCKET_PUBLIC_ACCESS_PROHIBITED"),
    tags=("cloudtrail", "s3"),
)
def trail_bucket_public(trail: Trail, buckets: Related[Bucket]) -> Verdict:
    """The bucket of a trail's log files is not public.

    Why: the log names every principal, role and resource of the account.
    Fix: block public access on the bucket: aws s3api put-public-access-block with all four switches on.
    Limits: access control lists are not read; IgnorePublicAcls decides whether they count.
    """
    bucket = buckets.find(trail.s3_bucket_name)
    block = bucket.public_access_block
    if block is not None and block.restrict_public_buckets and block.ignore_public_acls:
        return passed("public access to the bucket is blocked", at=Fact(bucket, "PublicAccessBlock"))
    if bucket.policy_is_public:
        return failed("the bucket's policy is public", at=Fact(bucket, "PolicyIsPublic"))
    if block is not None and block.ignore_public_acls:
        return passed(
            "the bucket's policy is not public and access control lists do not count",
            at=(Fact(bucket, "PolicyIsPublic"), Fact(bucket, "PublicAccessBlock")),
        )
    return failed("public access control lists on the bucket would count", at=Fact(bucket, "PublicAccessBlock"))


@rule(
    "trail-bucket-access-logging",
    severity=Severity.LOW,
    controls=("FSBP:CloudTrail.7", "AWS-Config:S3_BUCKET_LOGGING_ENABLED", "CIS-AWS-5.0:3.4"),
    tags=("cloudtrail", "s3"),
)
def trail_bucket_logging(trail: Trail, buckets: Related[Bucket]) -> Verdict:
    """Access to the bucket of a trail's log files is logged.

    Why: who read or deleted the log is recorded only there.
    Fix: aws s3api put-bucket-logging with a target bucket other than the bucket itself.
    """
    bucket = buckets.find(trail.s3_bucket_name)
    if bucket.logging is not None:
        return passed("access to the bucket is logged", at=Fact(bucket, "Logging"))
    return failed("access to the bucket is not logged", at=Fact(bucket, "Logging"))
