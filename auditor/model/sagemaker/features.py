"""SageMaker features: the members that bear on security and operation."""

from datetime import datetime
from typing import ClassVar

from auditor.model.fields import Items, observed
from auditor.model.resource import Resource, Tag
from auditor.model.shape import Shape


class LastUpdateStatus(Shape):
    """API structure `LastUpdateStatus`."""

    status: str = observed()


class S3StorageConfig(Shape):
    """API structure `S3StorageConfig`."""

    s3_uri: str = observed()
    kms_key_id: str | None = None
    resolved_output_s3_uri: str | None = None


class OfflineStoreConfig(Shape):
    """API structure `OfflineStoreConfig`."""

    s3_storage_config: S3StorageConfig = observed()
    disable_glue_table_creation: bool | None = None


class OnlineStoreSecurityConfig(Shape):
    """API structure `OnlineStoreSecurityConfig`."""

    kms_key_id: str | None = None


class OnlineStoreConfig(Shape):
    """API structure `OnlineStoreConfig`."""

    security_config: OnlineStoreSecurityConfig | None = None
    enable_online_store: bool = False
    storage_type: str | None = None


class ThroughputConfigDescription(Shape):
    """API structure `ThroughputConfigDescription`."""

    throughput_mode: str = observed()


class FeatureGroup(Resource):
    """`DescribeFeatureGroup`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::FeatureGroup"
    name_member: ClassVar[str] = "FeatureGroupName"
    arn_member: ClassVar[str] = "FeatureGroupArn"

    feature_group_arn: str = observed()
    feature_group_name: str = observed()
    creation_time: datetime = observed()
    last_modified_time: datetime | None = None
    online_store_config: OnlineStoreConfig | None = None
    offline_store_config: OfflineStoreConfig | None = None
    throughput_config: ThroughputConfigDescription | None = None
    role_arn: str | None = None
    feature_group_status: str | None = None
    last_update_status: LastUpdateStatus | None = None
    description: str | None = None
    online_store_total_size_bytes: int | None = None
    tags: Items[Tag] = observed()
