"""Structures that several groups of SageMaker resources share."""

from pydantic import Field

from auditor.model.fields import Items, observed
from auditor.model.shape import Shape


class ModelArtifacts(Shape):
    """API structure `ModelArtifacts`."""

    s3_model_artifacts: str = observed()


class DatasetSource(Shape):
    """API structure `DatasetSource`."""

    dataset_arn: str = observed()


class FileSystemDataSource(Shape):
    """API structure `FileSystemDataSource`."""

    file_system_access_mode: str = observed()


class HubAccessConfig(Shape):
    """API structure `HubAccessConfig`."""

    hub_content_arn: str = observed()


class ModelAccessConfig(Shape):
    """API structure `ModelAccessConfig`."""

    accept_eula: bool = False


class S3DataSource(Shape):
    """API structure `S3DataSource`."""

    s3_data_type: str = observed()
    s3_uri: str = observed()
    s3_data_distribution_type: str | None = None
    model_access_config: ModelAccessConfig | None = None
    hub_access_config: HubAccessConfig | None = None


class DataSource(Shape):
    """API structure `DataSource`."""

    s3_data_source: S3DataSource | None = None
    file_system_data_source: FileSystemDataSource | None = None
    dataset_source: DatasetSource | None = None


class Channel(Shape):
    """API structure `Channel`."""

    data_source: DataSource = observed()
    compression_type: str | None = None
    input_mode: str | None = None


class OutputDataConfig(Shape):
    """API structure `OutputDataConfig`."""

    kms_key_id: str | None = None
    s3_output_path: str = observed()
    compression_type: str | None = None


class InstanceGroup(Shape):
    """API structure `InstanceGroup`."""

    instance_type: str = observed()
    instance_count: int = observed()


class PlacementSpecification(Shape):
    """API structure `PlacementSpecification`."""

    instance_count: int = observed()


class InstancePlacementConfig(Shape):
    """API structure `InstancePlacementConfig`."""

    enable_multiple_jobs: bool | None = None
    placement_specifications: Items[PlacementSpecification] = ()


class InstancePreference(Shape):
    """API structure `InstancePreference`."""

    instance_type: str = observed()
    instance_count: int | None = None


class ResourceConfig(Shape):
    """API structure `ResourceConfig`."""

    instance_type: str | None = None
    instance_count: int | None = None
    volume_size_in_gb: int | None = Field(default=None, alias="VolumeSizeInGB")
    volume_kms_key_id: str | None = None
    keep_alive_period_in_seconds: int | None = None
    instance_groups: Items[InstanceGroup] = ()
    training_plan_arn: str | None = None
    instance_placement_config: InstancePlacementConfig | None = None
    instance_preferences: Items[InstancePreference] = ()
    selected_instance_type: str | None = None
    selected_instance_count: int | None = None


class VpcConfig(Shape):
    """API structure `VpcConfig`."""

    security_group_ids: Items[str] = observed()
    subnets: Items[str] = observed()


class StoppingCondition(Shape):
    """API structure `StoppingCondition`."""

    max_runtime_in_seconds: int | None = None
    max_wait_time_in_seconds: int | None = None


class NetworkConfig(Shape):
    """API structure `NetworkConfig`."""

    enable_inter_container_traffic_encryption: bool = False
    enable_network_isolation: bool = False
    vpc_config: VpcConfig | None = None


class TransformS3DataSource(Shape):
    """API structure `TransformS3DataSource`."""

    s3_data_type: str = observed()
    s3_uri: str = observed()


class TransformDataSource(Shape):
    """API structure `TransformDataSource`."""

    s3_data_source: TransformS3DataSource = observed()


class TransformInput(Shape):
    """API structure `TransformInput`."""

    data_source: TransformDataSource = observed()
    compression_type: str | None = None


class TransformOutput(Shape):
    """API structure `TransformOutput`."""

    s3_output_path: str = observed()
    kms_key_id: str | None = None


class TransformResources(Shape):
    """API structure `TransformResources`."""

    instance_type: str = observed()
    instance_count: int = observed()
    volume_kms_key_id: str | None = None
    transform_ami_version: str | None = None


class IamIdentity(Shape):
    """API structure `IamIdentity`."""

    arn: str | None = None


class UserContext(Shape):
    """API structure `UserContext`."""

    user_profile_arn: str | None = None
    iam_identity: IamIdentity | None = None


class ProductionVariantServerlessConfig(Shape):
    """API structure `ProductionVariantServerlessConfig`."""

    max_concurrency: int = observed()
    provisioned_concurrency: int | None = None
