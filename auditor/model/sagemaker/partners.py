"""SageMaker partners: the members that bear on security and operation."""

from datetime import datetime
from typing import ClassVar

from auditor.model.fields import Items, observed
from auditor.model.resource import Resource, Tag
from auditor.model.shape import Shape

from .common import UserContext


class AvailableUpgrade(Shape):
    """API structure `AvailableUpgrade`."""

    version: str | None = None


class IdcConfigOutput(Shape):
    """API structure `IdcConfigOutput`."""

    instance_arn: str = observed()
    application_arn: str | None = None


class RoleGroupAssignment(Shape):
    """API structure `RoleGroupAssignment`."""

    role_name: str = observed()


class PartnerAppConfig(Shape):
    """API structure `PartnerAppConfig`."""

    role_group_assignments: Items[RoleGroupAssignment] = ()


class PartnerAppMaintenanceConfig(Shape):
    """API structure `PartnerAppMaintenanceConfig`."""

    maintenance_window_start: str | None = None


class PartnerApp(Resource):
    """`DescribePartnerApp`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::PartnerApp"
    name_member: ClassVar[str] = "Name"
    arn_member: ClassVar[str] = "Arn"

    arn: str = observed()
    name: str = observed()
    status: str | None = None
    creation_time: datetime | None = None
    last_modified_time: datetime | None = None
    execution_role_arn: str | None = None
    kms_key_id: str | None = None
    base_url: str | None = None
    maintenance_config: PartnerAppMaintenanceConfig | None = None
    version: str | None = None
    application_config: PartnerAppConfig | None = None
    auth_type: str | None = None
    enable_iam_session_based_identity: bool = False
    enable_auto_minor_version_upgrade: bool = False
    current_version_eol_date: datetime | None = None
    available_upgrade: AvailableUpgrade | None = None
    idc_config: IdcConfigOutput | None = None
    tags: Items[Tag] = observed()


class MlflowTrackingServer(Resource):
    """`DescribeMlflowTrackingServer`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::MlflowTrackingServer"
    name_member: ClassVar[str] = "TrackingServerName"
    arn_member: ClassVar[str] = "TrackingServerArn"

    tracking_server_arn: str = observed()
    tracking_server_name: str = observed()
    artifact_store_uri: str | None = None
    mlflow_version: str | None = None
    role_arn: str | None = None
    tracking_server_status: str | None = None
    tracking_server_maintenance_status: str | None = None
    tracking_server_url: str | None = None
    weekly_maintenance_window_start: str | None = None
    creation_time: datetime | None = None
    created_by: UserContext | None = None
    last_modified_time: datetime | None = None
    last_modified_by: UserContext | None = None
    s3_bucket_owner_account_id: str | None = None
    s3_bucket_owner_verification: bool | None = None
    tags: Items[Tag] = observed()


class MlflowApp(Resource):
    """`DescribeMlflowApp`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::MlflowApp"
    name_member: ClassVar[str] = "Name"
    arn_member: ClassVar[str] = "Arn"

    arn: str = observed()
    name: str = observed()
    artifact_store_uri: str | None = None
    mlflow_version: str | None = None
    role_arn: str | None = None
    kms_key_id: str | None = None
    status: str | None = None
    model_registration_mode: str | None = None
    account_default_status: str | None = None
    creation_time: datetime | None = None
    created_by: UserContext | None = None
    last_modified_time: datetime | None = None
    last_modified_by: UserContext | None = None
    weekly_maintenance_window_start: str | None = None
    maintenance_status: str | None = None
    tags: Items[Tag] = observed()
