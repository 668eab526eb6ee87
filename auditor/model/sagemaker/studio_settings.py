"""What a Studio domain settles for its users and itself: structures of Domain and UserProfile."""

from auditor.model.fields import Items, observed
from auditor.model.shape import Shape


class S3FileSystemConfig(Shape):
    """API structure `S3FileSystemConfig`."""

    s3_uri: str = observed()


class CustomFileSystemConfig(Shape):
    """API structure `CustomFileSystemConfig`."""

    s3_file_system_config: S3FileSystemConfig | None = None


class DefaultEbsStorageSettings(Shape):
    """API structure `DefaultEbsStorageSettings`."""

    default_ebs_volume_size_in_gb: int = observed()
    maximum_ebs_volume_size_in_gb: int = observed()


class DefaultSpaceStorageSettings(Shape):
    """API structure `DefaultSpaceStorageSettings`."""

    default_ebs_storage_settings: DefaultEbsStorageSettings | None = None


class IdleSettings(Shape):
    """API structure `IdleSettings`."""

    lifecycle_management: str | None = None
    idle_timeout_in_minutes: int | None = None
    min_idle_timeout_in_minutes: int | None = None
    max_idle_timeout_in_minutes: int | None = None


class AppLifecycleManagement(Shape):
    """API structure `AppLifecycleManagement`."""

    idle_settings: IdleSettings | None = None


class CodeRepositoryStructure(Shape):
    """API structure `CodeRepository`."""

    repository_url: str = observed()


class CustomImage(Shape):
    """API structure `CustomImage`."""

    image_name: str = observed()
    image_version_number: int | None = None
    app_image_config_name: str = observed()


class EmrSettings(Shape):
    """API structure `EmrSettings`."""

    assumable_role_arns: Items[str] = ()
    execution_role_arns: Items[str] = ()


class ResourceSpec(Shape):
    """API structure `ResourceSpec`."""

    sage_maker_image_arn: str | None = None
    sage_maker_image_version_arn: str | None = None
    sage_maker_image_version_alias: str | None = None
    instance_type: str | None = None
    lifecycle_config_arn: str | None = None
    training_plan_arn: str | None = None


class JupyterLabAppSettings(Shape):
    """API structure `JupyterLabAppSettings`."""

    default_resource_spec: ResourceSpec | None = None
    custom_images: Items[CustomImage] = ()
    lifecycle_config_arns: Items[str] = ()
    code_repositories: Items[CodeRepositoryStructure] = ()
    app_lifecycle_management: AppLifecycleManagement | None = None
    emr_settings: EmrSettings | None = None
    built_in_lifecycle_config_arn: str | None = None


class JupyterServerAppSettings(Shape):
    """API structure `JupyterServerAppSettings`."""

    default_resource_spec: ResourceSpec | None = None
    lifecycle_config_arns: Items[str] = ()
    code_repositories: Items[CodeRepositoryStructure] = ()


class KernelGatewayAppSettings(Shape):
    """API structure `KernelGatewayAppSettings`."""

    default_resource_spec: ResourceSpec | None = None
    custom_images: Items[CustomImage] = ()
    lifecycle_config_arns: Items[str] = ()


class DefaultSpaceSettings(Shape):
    """API structure `DefaultSpaceSettings`."""

    execution_role: str | None = None
    security_groups: Items[str] = ()
    jupyter_server_app_settings: JupyterServerAppSettings | None = None
    kernel_gateway_app_settings: KernelGatewayAppSettings | None = None
    jupyter_lab_app_settings: JupyterLabAppSettings | None = None
    space_storage_settings: DefaultSpaceStorageSettings | None = None
    custom_file_system_configs: Items[CustomFileSystemConfig] = ()


class AmazonQSettings(Shape):
    """API structure `AmazonQSettings`."""

    status: str | None = None
    q_profile_arn: str | None = None


class DockerSettings(Shape):
    """API structure `DockerSettings`."""

    enable_docker_access: str | None = None
    vpc_only_trusted_accounts: Items[str] = ()
    rootless_docker: str | None = None


class RStudioServerProDomainSettings(Shape):
    """API structure `RStudioServerProDomainSettings`."""

    domain_execution_role_arn: str = observed()
    r_studio_connect_url: str | None = None
    r_studio_package_manager_url: str | None = None
    default_resource_spec: ResourceSpec | None = None


class TrustedIdentityPropagationSettings(Shape):
    """API structure `TrustedIdentityPropagationSettings`."""

    status: str = observed()


class UnifiedStudioSettings(Shape):
    """API structure `UnifiedStudioSettings`."""

    environment_id: str | None = None
    project_s3_path: str | None = None
    single_sign_on_application_arn: str | None = None


class DomainSettings(Shape):
    """API structure `DomainSettings`."""

    security_group_ids: Items[str] = ()
    r_studio_server_pro_domain_settings: RStudioServerProDomainSettings | None = None
    execution_role_identity_config: str | None = None
    trusted_identity_propagation_settings: TrustedIdentityPropagationSettings | None = None
    docker_settings: DockerSettings | None = None
    amazon_q_settings: AmazonQSettings | None = None
    unified_studio_settings: UnifiedStudioSettings | None = None


class DirectDeploySettings(Shape):
    """API structure `DirectDeploySettings`."""

    status: str | None = None


class EmrServerlessSettings(Shape):
    """API structure `EmrServerlessSettings`."""

    execution_role_arn: str | None = None
    status: str | None = None


class GenerativeAiSettings(Shape):
    """API structure `GenerativeAiSettings`."""

    amazon_bedrock_role_arn: str | None = None


class IdentityProviderOAuthSetting(Shape):
    """API structure `IdentityProviderOAuthSetting`."""

    data_source_name: str | None = None
    status: str | None = None
    secret_arn: str | None = None


class KendraSettings(Shape):
    """API structure `KendraSettings`."""

    status: str | None = None


class ModelRegisterSettings(Shape):
    """API structure `ModelRegisterSettings`."""

    status: str | None = None
    cross_account_model_register_role_arn: str | None = None


class TimeSeriesForecastingSettings(Shape):
    """API structure `TimeSeriesForecastingSettings`."""

    status: str | None = None
    amazon_forecast_role_arn: str | None = None


class WorkspaceSettings(Shape):
    """API structure `WorkspaceSettings`."""

    s3_artifact_path: str | None = None
    s3_kms_key_id: str | None = None


class CanvasAppSettings(Shape):
    """API structure `CanvasAppSettings`."""

    time_series_forecasting_settings: TimeSeriesForecastingSettings | None = None
    model_register_settings: ModelRegisterSettings | None = None
    workspace_settings: WorkspaceSettings | None = None
    identity_provider_o_auth_settings: Items[IdentityProviderOAuthSetting] = ()
    direct_deploy_settings: DirectDeploySettings | None = None
    kendra_settings: KendraSettings | None = None
    generative_ai_settings: GenerativeAiSettings | None = None
    emr_serverless_settings: EmrServerlessSettings | None = None


class CodeEditorAppSettings(Shape):
    """API structure `CodeEditorAppSettings`."""

    default_resource_spec: ResourceSpec | None = None
    custom_images: Items[CustomImage] = ()
    lifecycle_config_arns: Items[str] = ()
    app_lifecycle_management: AppLifecycleManagement | None = None
    built_in_lifecycle_config_arn: str | None = None


class RSessionAppSettings(Shape):
    """API structure `RSessionAppSettings`."""

    default_resource_spec: ResourceSpec | None = None
    custom_images: Items[CustomImage] = ()


class SharingSettings(Shape):
    """API structure `SharingSettings`."""

    notebook_output_option: str = "Disabled"
    s3_output_path: str | None = None
    s3_kms_key_id: str | None = None


class HiddenSageMakerImage(Shape):
    """API structure `HiddenSageMakerImage`."""

    sage_maker_image_name: str | None = None
    version_aliases: Items[str] = ()


class StudioWebPortalSettings(Shape):
    """API structure `StudioWebPortalSettings`."""

    hidden_ml_tools: Items[str] = ()
    hidden_app_types: Items[str] = ()
    hidden_instance_types: Items[str] = ()
    hidden_sage_maker_image_version_aliases: Items[HiddenSageMakerImage] = ()
    execution_role_session_name_mode: str | None = None


class UserSettings(Shape):
    """API structure `UserSettings`."""

    execution_role: str | None = None
    security_groups: Items[str] = ()
    sharing_settings: SharingSettings | None = None
    jupyter_server_app_settings: JupyterServerAppSettings | None = None
    kernel_gateway_app_settings: KernelGatewayAppSettings | None = None
    r_session_app_settings: RSessionAppSettings | None = None
    canvas_app_settings: CanvasAppSettings | None = None
    code_editor_app_settings: CodeEditorAppSettings | None = None
    jupyter_lab_app_settings: JupyterLabAppSettings | None = None
    space_storage_settings: DefaultSpaceStorageSettings | None = None
    default_landing_uri: str | None = None
    custom_file_system_configs: Items[CustomFileSystemConfig] = ()
    studio_web_portal_settings: StudioWebPortalSettings | None = None
