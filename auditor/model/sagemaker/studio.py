"""SageMaker studio: the members that bear on security and operation."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from auditor.model.fields import Items, observed
from auditor.model.resource import Resource, Tag
from auditor.model.sensitive import SensitiveMap, SensitiveScript
from auditor.model.shape import Shape

from .studio_settings import (
    CodeRepositoryStructure,
    DefaultSpaceSettings,
    DomainSettings,
    JupyterServerAppSettings,
    KernelGatewayAppSettings,
    ResourceSpec,
    UserSettings,
)


class Domain(Resource):
    """`DescribeDomain`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::Domain"
    name_member: ClassVar[str] = "DomainName"
    arn_member: ClassVar[str] = "DomainArn"

    domain_arn: str = observed()
    domain_name: str = observed()
    single_sign_on_application_arn: str | None = None
    status: str | None = None
    creation_time: datetime | None = None
    last_modified_time: datetime | None = None
    security_group_id_for_domain_boundary: str | None = None
    auth_mode: str | None = None
    default_user_settings: UserSettings | None = None
    domain_settings: DomainSettings | None = None
    app_network_access_type: str = "PublicInternetOnly"
    home_efs_file_system_kms_key_id: str | None = None
    subnet_ids: Items[str] = ()
    url: str | None = None
    vpc_id: str | None = None
    kms_key_id: str | None = None
    app_security_group_management: str | None = None
    default_space_settings: DefaultSpaceSettings | None = None
    tags: Items[Tag] = observed()


class UserProfile(Resource):
    """`DescribeUserProfile`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::UserProfile"
    name_member: ClassVar[str] = "UserProfileName"
    arn_member: ClassVar[str] = "UserProfileArn"

    user_profile_arn: str = observed()
    user_profile_name: str = observed()
    status: str | None = None
    last_modified_time: datetime | None = None
    creation_time: datetime | None = None
    user_settings: UserSettings | None = None
    tags: Items[Tag] = observed()


class OwnershipSettings(Shape):
    """API structure `OwnershipSettings`."""

    owner_user_profile_name: str = observed()


class S3FileSystem(Shape):
    """API structure `S3FileSystem`."""

    s3_uri: str = observed()


class CustomFileSystem(Shape):
    """API structure `CustomFileSystem`."""

    s3_file_system: S3FileSystem | None = None


class SpaceIdleSettings(Shape):
    """API structure `SpaceIdleSettings`."""

    idle_timeout_in_minutes: int | None = None


class SpaceAppLifecycleManagement(Shape):
    """API structure `SpaceAppLifecycleManagement`."""

    idle_settings: SpaceIdleSettings | None = None


class SpaceCodeEditorAppSettings(Shape):
    """API structure `SpaceCodeEditorAppSettings`."""

    default_resource_spec: ResourceSpec | None = None
    app_lifecycle_management: SpaceAppLifecycleManagement | None = None


class SpaceJupyterLabAppSettings(Shape):
    """API structure `SpaceJupyterLabAppSettings`."""

    default_resource_spec: ResourceSpec | None = None
    code_repositories: Items[CodeRepositoryStructure] = ()
    app_lifecycle_management: SpaceAppLifecycleManagement | None = None


class EbsStorageSettings(Shape):
    """API structure `EbsStorageSettings`."""

    ebs_volume_size_in_gb: int = observed()


class SpaceStorageSettings(Shape):
    """API structure `SpaceStorageSettings`."""

    ebs_storage_settings: EbsStorageSettings | None = None


class SpaceSettings(Shape):
    """API structure `SpaceSettings`."""

    jupyter_server_app_settings: JupyterServerAppSettings | None = None
    kernel_gateway_app_settings: KernelGatewayAppSettings | None = None
    code_editor_app_settings: SpaceCodeEditorAppSettings | None = None
    jupyter_lab_app_settings: SpaceJupyterLabAppSettings | None = None
    space_storage_settings: SpaceStorageSettings | None = None
    custom_file_systems: Items[CustomFileSystem] = ()
    remote_access: str | None = None


class SpaceSharingSettings(Shape):
    """API structure `SpaceSharingSettings`."""

    sharing_type: str = observed()


class Space(Resource):
    """`DescribeSpace`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::Space"
    name_member: ClassVar[str] = "SpaceName"
    arn_member: ClassVar[str] = "SpaceArn"

    space_arn: str = observed()
    space_name: str = observed()
    status: str | None = None
    last_modified_time: datetime | None = None
    creation_time: datetime | None = None
    space_settings: SpaceSettings | None = None
    ownership_settings: OwnershipSettings | None = None
    space_sharing_settings: SpaceSharingSettings | None = None
    url: str | None = None
    tags: Items[Tag] = observed()


class ContainerConfig(Shape):
    """API structure `ContainerConfig`."""

    container_environment_variables: SensitiveMap = Field(default_factory=dict)


class CodeEditorAppImageConfig(Shape):
    """API structure `CodeEditorAppImageConfig`."""

    container_config: ContainerConfig | None = None


class JupyterLabAppImageConfig(Shape):
    """API structure `JupyterLabAppImageConfig`."""

    container_config: ContainerConfig | None = None


class AppImageConfig(Resource):
    """`DescribeAppImageConfig`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::AppImageConfig"
    name_member: ClassVar[str] = "AppImageConfigName"
    arn_member: ClassVar[str] = "AppImageConfigArn"

    app_image_config_arn: str = observed()
    app_image_config_name: str = observed()
    creation_time: datetime | None = None
    last_modified_time: datetime | None = None
    jupyter_lab_app_image_config: JupyterLabAppImageConfig | None = None
    code_editor_app_image_config: CodeEditorAppImageConfig | None = None
    tags: Items[Tag] = observed()


class StudioLifecycleConfig(Resource):
    """`DescribeStudioLifecycleConfig`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::StudioLifecycleConfig"
    name_member: ClassVar[str] = "StudioLifecycleConfigName"
    arn_member: ClassVar[str] = "StudioLifecycleConfigArn"

    studio_lifecycle_config_arn: str = observed()
    studio_lifecycle_config_name: str = observed()
    creation_time: datetime | None = None
    last_modified_time: datetime | None = None
    studio_lifecycle_config_content: SensitiveScript = observed()
    studio_lifecycle_config_app_type: str | None = None
    tags: Items[Tag] = observed()


class Image(Resource):
    """`DescribeImage`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::Image"
    name_member: ClassVar[str] = "ImageName"
    arn_member: ClassVar[str] = "ImageArn"

    creation_time: datetime | None = None
    description: str | None = None
    image_arn: str = observed()
    image_name: str = observed()
    image_status: str | None = None
    last_modified_time: datetime | None = None
    role_arn: str | None = None
    tags: Items[Tag] = observed()
