"""SageMaker endpoints: the members that bear on security and operation."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from auditor.model.fields import Items, observed
from auditor.model.resource import Resource, Tag
from auditor.model.sensitive import SensitiveMap
from auditor.model.shape import Shape

from .common import ProductionVariantServerlessConfig, VpcConfig


class AsyncInferenceOutputConfig(Shape):
    """API structure `AsyncInferenceOutputConfig`."""

    kms_key_id: str | None = None
    s3_output_path: str | None = None
    s3_failure_path: str | None = None


class AsyncInferenceConfig(Shape):
    """API structure `AsyncInferenceConfig`."""

    output_config: AsyncInferenceOutputConfig = observed()


class CaptureOption(Shape):
    """API structure `CaptureOption`."""

    capture_mode: str = observed()


class DataCaptureConfig(Shape):
    """API structure `DataCaptureConfig`."""

    enable_capture: bool = False
    destination_s3_uri: str = observed()
    kms_key_id: str | None = None
    capture_options: Items[CaptureOption] = observed()


class AcceleratorPartitionLayout(Shape):
    """API structure `AcceleratorPartitionLayout`."""

    accelerator_partition_types: Items[str] = ()


class InstancePool(Shape):
    """API structure `InstancePool`."""

    instance_type: str = observed()
    model_name_override: str | None = None


class ProductionVariantCapacityReservationConfig(Shape):
    """API structure `ProductionVariantCapacityReservationConfig`."""

    ml_reservation_arn: str | None = None


class ProductionVariantCoreDumpConfig(Shape):
    """API structure `ProductionVariantCoreDumpConfig`."""

    destination_s3_uri: str = observed()
    kms_key_id: str | None = None


class ProductionVariantManagedInstanceScaling(Shape):
    """API structure `ProductionVariantManagedInstanceScaling`."""

    status: str | None = None
    min_instance_count: int | None = None
    max_instance_count: int | None = None


class PrefixAwareRoutingConfig(Shape):
    """API structure `PrefixAwareRoutingConfig`."""

    concurrency_threshold: int | None = None


class ProductionVariantRoutingConfig(Shape):
    """API structure `ProductionVariantRoutingConfig`."""

    prefix_aware_routing_config: PrefixAwareRoutingConfig | None = None


class ProductionVariant(Shape):
    """API structure `ProductionVariant`."""

    model_name: str | None = None
    initial_instance_count: int | None = None
    instance_type: str | None = None
    instance_pools: Items[InstancePool] = ()
    initial_variant_weight: float | None = None
    accelerator_type: str | None = None
    core_dump_config: ProductionVariantCoreDumpConfig | None = None
    serverless_config: ProductionVariantServerlessConfig | None = None
    volume_size_in_gb: int | None = Field(default=None, alias="VolumeSizeInGB")
    enable_ssm_access: bool = Field(default=False, alias="EnableSSMAccess")
    managed_instance_scaling: ProductionVariantManagedInstanceScaling | None = None
    routing_config: ProductionVariantRoutingConfig | None = None
    inference_ami_version: str | None = None
    capacity_reservation_config: ProductionVariantCapacityReservationConfig | None = None
    accelerator_partition_layouts: Items[AcceleratorPartitionLayout] = ()


class EndpointConfig(Resource):
    """`DescribeEndpointConfig`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::EndpointConfig"
    name_member: ClassVar[str] = "EndpointConfigName"
    arn_member: ClassVar[str] = "EndpointConfigArn"

    endpoint_config_name: str = observed()
    endpoint_config_arn: str = observed()
    production_variants: Items[ProductionVariant] = observed()
    data_capture_config: DataCaptureConfig | None = None
    kms_key_id: str | None = None
    creation_time: datetime = observed()
    async_inference_config: AsyncInferenceConfig | None = None
    shadow_production_variants: Items[ProductionVariant] = ()
    execution_role_arn: str | None = None
    vpc_config: VpcConfig | None = None
    enable_network_isolation: bool = False
    tags: Items[Tag] = observed()


class DataCaptureConfigSummary(Shape):
    """API structure `DataCaptureConfigSummary`."""

    enable_capture: bool = False
    capture_status: str = observed()
    destination_s3_uri: str = observed()
    kms_key_id: str = observed()


class Alarm(Shape):
    """API structure `Alarm`."""

    alarm_name: str | None = None


class AutoRollbackConfig(Shape):
    """API structure `AutoRollbackConfig`."""

    alarms: Items[Alarm] = ()


class DeploymentConfig(Shape):
    """API structure `DeploymentConfig`."""

    auto_rollback_configuration: AutoRollbackConfig | None = None


class DeployedImage(Shape):
    """API structure `DeployedImage`."""

    specified_image: str | None = None
    resolved_image: str | None = None


class InstancePoolSummary(Shape):
    """API structure `InstancePoolSummary`."""

    instance_type: str = observed()
    current_instance_count: int = observed()


class Ec2CapacityReservation(Shape):
    """API structure `Ec2CapacityReservation`."""

    total_instance_count: int | None = None
    available_instance_count: int | None = None


class ProductionVariantCapacityReservationSummary(Shape):
    """API structure `ProductionVariantCapacityReservationSummary`."""

    ml_reservation_arn: str | None = None
    total_instance_count: int | None = None
    available_instance_count: int | None = None
    ec2_capacity_reservations: Items[Ec2CapacityReservation] = ()


class ProductionVariantStatus(Shape):
    """API structure `ProductionVariantStatus`."""

    status: str = observed()


class ProductionVariantSummary(Shape):
    """API structure `ProductionVariantSummary`."""

    deployed_images: Items[DeployedImage] = ()
    current_weight: float | None = None
    desired_weight: float | None = None
    current_instance_count: int | None = None
    desired_instance_count: int | None = None
    instance_pools: Items[InstancePoolSummary] = ()
    variant_status: Items[ProductionVariantStatus] = ()
    current_serverless_config: ProductionVariantServerlessConfig | None = None
    desired_serverless_config: ProductionVariantServerlessConfig | None = None
    managed_instance_scaling: ProductionVariantManagedInstanceScaling | None = None
    routing_config: ProductionVariantRoutingConfig | None = None
    capacity_reservation_config: ProductionVariantCapacityReservationSummary | None = None
    accelerator_partition_layouts: Items[AcceleratorPartitionLayout] = ()


class Endpoint(Resource):
    """`DescribeEndpoint`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::Endpoint"
    name_member: ClassVar[str] = "EndpointName"
    arn_member: ClassVar[str] = "EndpointArn"

    endpoint_name: str = observed()
    endpoint_arn: str = observed()
    endpoint_config_name: str | None = None
    production_variants: Items[ProductionVariantSummary] = ()
    data_capture_config: DataCaptureConfigSummary | None = None
    endpoint_status: str = observed()
    creation_time: datetime = observed()
    last_modified_time: datetime = observed()
    last_deployment_config: DeploymentConfig | None = None
    async_inference_config: AsyncInferenceConfig | None = None
    shadow_production_variants: Items[ProductionVariantSummary] = ()
    tags: Items[Tag] = observed()


class InferenceComponentDeploymentConfig(Shape):
    """API structure `InferenceComponentDeploymentConfig`."""

    auto_rollback_configuration: AutoRollbackConfig | None = None


class InferenceComponentPlacementStatus(Shape):
    """API structure `InferenceComponentPlacementStatus`."""

    instance_type: str = observed()


class InferenceComponentRuntimeConfigSummary(Shape):
    """API structure `InferenceComponentRuntimeConfigSummary`."""

    placement_status: Items[InferenceComponentPlacementStatus] = ()


class InferenceComponentComputeResourceRequirements(Shape):
    """API structure `InferenceComponentComputeResourceRequirements`."""

    number_of_accelerator_devices_required: float | None = None
    accelerator_partition_type: str | None = None


class InferenceComponentContainerSpecificationSummary(Shape):
    """API structure `InferenceComponentContainerSpecificationSummary`."""

    deployed_image: DeployedImage | None = None
    artifact_url: str | None = None
    environment: SensitiveMap = Field(default_factory=dict)


class InferenceComponentDataCacheConfigSummary(Shape):
    """API structure `InferenceComponentDataCacheConfigSummary`."""

    enable_caching: bool = observed()


class InferenceComponentAvailabilityZoneBalance(Shape):
    """API structure `InferenceComponentAvailabilityZoneBalance`."""

    enforcement_mode: str = observed()


class InferenceComponentSchedulingConfig(Shape):
    """API structure `InferenceComponentSchedulingConfig`."""

    availability_zone_balance: InferenceComponentAvailabilityZoneBalance | None = None


class InferenceComponentSpecificationSummary(Shape):
    """API structure `InferenceComponentSpecificationSummary`."""

    instance_type: str | None = None
    model_name: str | None = None
    container: InferenceComponentContainerSpecificationSummary | None = None
    compute_resource_requirements: InferenceComponentComputeResourceRequirements | None = None
    data_cache_config: InferenceComponentDataCacheConfigSummary | None = None
    scheduling_config: InferenceComponentSchedulingConfig | None = None


class InferenceComponent(Resource):
    """`DescribeInferenceComponent`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::InferenceComponent"
    name_member: ClassVar[str] = "InferenceComponentName"
    arn_member: ClassVar[str] = "InferenceComponentArn"

    inference_component_name: str = observed()
    inference_component_arn: str = observed()
    endpoint_name: str = observed()
    endpoint_arn: str = observed()
    specification: InferenceComponentSpecificationSummary | None = None
    specifications: Items[InferenceComponentSpecificationSummary] = ()
    runtime_config: InferenceComponentRuntimeConfigSummary | None = None
    creation_time: datetime = observed()
    last_modified_time: datetime = observed()
    inference_component_status: str | None = None
    last_deployment_config: InferenceComponentDeploymentConfig | None = None
    tags: Items[Tag] = observed()
