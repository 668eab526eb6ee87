"""What else SageMaker leans on: buckets, trails, image repositories, log groups, alarms, scaling."""

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field

from .fields import Items, Maybe, observed
from .resource import Resource, Tag
from .shape import Shape


class AccountRegion(Resource):
    """One account in one region: the subject of rules on what a region lacks.

    Members: `ResourceTypes` are the SageMaker types of which something was found there, `UnseenTypes` those of
    which nothing was found but something may be hidden.
    """

    cfn_type: ClassVar[str] = "AWS::::Region"
    service: ClassVar[str] = ""

    resource_types: Items[str] = observed()
    unseen_types: dict[str, Maybe[bool]] = Field(default_factory=dict)

    def has(self, cfn_type: str) -> bool:
        """Whether something of a type was found.

        Raises:
            CannotAssess: nothing was found, and a hole in the collection may hide it.
        """
        if cfn_type in self.resource_types:
            return True
        return bool(self.unseen_types.get(cfn_type, False))


class ServerSideEncryptionByDefault(Shape):
    """API structure `ServerSideEncryptionByDefault`."""

    sse_algorithm: str = observed("SSEAlgorithm")
    kms_master_key_id: str | None = Field(default=None, alias="KMSMasterKeyID")


class ServerSideEncryptionRule(Shape):
    """API structure `ServerSideEncryptionRule`."""

    apply_server_side_encryption_by_default: ServerSideEncryptionByDefault | None = None
    bucket_key_enabled: bool | None = None


class ServerSideEncryptionConfiguration(Shape):
    """API structure `ServerSideEncryptionConfiguration`."""

    rules: Items[ServerSideEncryptionRule] = ()


class PublicAccessBlock(Shape):
    """API structure `PublicAccessBlockConfiguration`; an unset switch is off."""

    block_public_acls: bool = False
    ignore_public_acls: bool = False
    block_public_policy: bool = False
    restrict_public_buckets: bool = False


class BucketVersioning(Shape):
    """`s3:GetBucketVersioning`; both members are absent on a bucket that was never versioned."""

    status: str | None = None
    mfa_delete: str | None = Field(default=None, alias="MFADelete")


class LoggingEnabled(Shape):
    """API structure `LoggingEnabled`."""

    target_bucket: str = observed()
    target_prefix: str | None = None


class Bucket(Resource):
    """A bucket that a resource names, with one member per S3 operation.

    `Encryption` is `s3:GetBucketEncryption`'s configuration, `Policy` the parsed bucket policy (None where
    there is none), `PublicAccessBlock` None where none is set, `Logging` None where it is off,
    `PolicyIsPublic` is `s3:GetBucketPolicyStatus`'s IsPublic (False where there is no policy),
    `DefaultKeyManager` is `kms:DescribeKey`'s KeyManager (`AWS` or `CUSTOMER`) of the key that `Encryption`
    names, None where it names none.
    """

    cfn_type: ClassVar[str] = "AWS::S3::Bucket"
    service: ClassVar[str] = "s3"
    name_member: ClassVar[str] = "Name"
    account_wide: ClassVar[bool] = True

    encryption: ServerSideEncryptionConfiguration | None = observed()
    default_key_manager: str | None = observed()
    policy: dict[str, Any] | None = observed()
    policy_is_public: bool = observed()
    public_access_block: PublicAccessBlock | None = observed()
    versioning: BucketVersioning = observed()
    logging: LoggingEnabled | None = observed()
    tags: Items[Tag] = Field(default=())


class DataResource(Shape):
    """API structure `DataResource`."""

    type: str | None = None
    values: Items[str] = ()


class EventSelector(Shape):
    """API structure `EventSelector`."""

    read_write_type: str = "All"
    include_management_events: bool = True
    data_resources: Items[DataResource] = ()
    exclude_management_event_sources: Items[str] = ()


class AdvancedFieldSelector(Shape):
    """API structure `AdvancedFieldSelector`."""

    field: str = observed()
    equals: Items[str] = ()
    starts_with: Items[str] = ()
    ends_with: Items[str] = ()
    not_equals: Items[str] = ()
    not_starts_with: Items[str] = ()
    not_ends_with: Items[str] = ()


class AdvancedEventSelector(Shape):
    """API structure `AdvancedEventSelector`."""

    name: str | None = None
    field_selectors: Items[AdvancedFieldSelector] = ()


class Trail(Resource):
    """`cloudtrail:DescribeTrails` with status and event selectors; kept under its home region.

    A trail of the organisation or of several regions is handed to every region it covers by the collector,
    so that a region's rules find it.
    """

    cfn_type: ClassVar[str] = "AWS::CloudTrail::Trail"
    service: ClassVar[str] = "cloudtrail"
    name_member: ClassVar[str] = "Name"
    arn_member: ClassVar[str] = "TrailARN"
    account_wide: ClassVar[bool] = True

    name: str = observed()
    trail_arn: str = observed("TrailARN")
    home_region: str = observed()
    s3_bucket_name: str = observed("S3BucketName")
    is_multi_region_trail: bool = False
    is_organization_trail: bool = False
    include_global_service_events: bool = False
    log_file_validation_enabled: bool = False
    kms_key_id: str | None = None
    cloud_watch_logs_log_group_arn: str | None = None
    is_logging: bool = observed()
    event_selectors: Items[EventSelector] = observed()
    advanced_event_selectors: Items[AdvancedEventSelector] = observed()
    tags: Items[Tag] = Field(default=())


class Repository(Resource):
    """`ecr:DescribeRepositories`, with the repository policy parsed (None where there is none)."""

    cfn_type: ClassVar[str] = "AWS::ECR::Repository"
    service: ClassVar[str] = "ecr"
    name_member: ClassVar[str] = "repositoryName"
    arn_member: ClassVar[str] = "repositoryArn"

    repository_name: str = observed("repositoryName")
    repository_arn: str = observed("repositoryArn")
    repository_uri: str = observed("repositoryUri")
    image_tag_mutability: str = Field(default="MUTABLE", alias="imageTagMutability")
    scan_on_push: bool = observed("scanOnPush")
    policy: dict[str, Any] | None = observed()
    tags: Items[Tag] = Field(default=())


class LogGroup(Resource):
    """`logs:DescribeLogGroups` under /aws/sagemaker/; no retention means that logs never expire."""

    cfn_type: ClassVar[str] = "AWS::Logs::LogGroup"
    service: ClassVar[str] = "logs"
    name_member: ClassVar[str] = "logGroupName"
    arn_member: ClassVar[str] = "arn"

    log_group_name: str = observed("logGroupName")
    retention_in_days: int | None = Field(default=None, alias="retentionInDays")
    kms_key_id: str | None = Field(default=None, alias="kmsKeyId")
    tags: Items[Tag] = Field(default=())


class Dimension(Shape):
    """API structure `Dimension`."""

    name: str = observed()
    value: str = observed()


class Alarm(Resource):
    """`cloudwatch:DescribeAlarms` MetricAlarm on SageMaker's namespaces."""

    cfn_type: ClassVar[str] = "AWS::CloudWatch::Alarm"
    service: ClassVar[str] = "cloudwatch"
    name_member: ClassVar[str] = "AlarmName"
    arn_member: ClassVar[str] = "AlarmArn"

    alarm_name: str = observed()
    actions_enabled: bool = True
    alarm_actions: Items[str] = ()
    metric_name: str | None = None
    namespace: str | None = None
    dimensions: Items[Dimension] = ()
    tags: Items[Tag] = Field(default=())


class ScalableTarget(Resource):
    """`application-autoscaling:DescribeScalableTargets` in the namespace `sagemaker`."""

    cfn_type: ClassVar[str] = "AWS::ApplicationAutoScaling::ScalableTarget"
    service: ClassVar[str] = "application-autoscaling"
    name_member: ClassVar[str] = "ResourceId"
    arn_member: ClassVar[str] = "ScalableTargetARN"

    resource_id: str = observed()
    scalable_dimension: str = observed()
    min_capacity: int = observed()
    max_capacity: int = observed()
    creation_time: datetime | None = None
    tags: Items[Tag] = Field(default=())


class ScalingPolicy(Resource):
    """`application-autoscaling:DescribeScalingPolicies` in the namespace `sagemaker`."""

    cfn_type: ClassVar[str] = "AWS::ApplicationAutoScaling::ScalingPolicy"
    service: ClassVar[str] = "application-autoscaling"
    name_member: ClassVar[str] = "PolicyName"
    arn_member: ClassVar[str] = "PolicyARN"

    policy_name: str = observed()
    resource_id: str = observed()
    scalable_dimension: str = observed()
    policy_type: str = observed()
    target_tracking_scaling_policy_configuration: dict[str, Any] | None = None
    step_scaling_policy_configuration: dict[str, Any] | None = None
    tags: Items[Tag] = Field(default=())
