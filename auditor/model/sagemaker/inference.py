"""SageMaker inference: the members that bear on security and operation."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from auditor.model.fields import Items, Maybe, observed
from auditor.model.resource import Resource, Tag
from auditor.model.shape import Shape

from .common import ProductionVariantServerlessConfig, StoppingCondition


class EndpointMetadata(Shape):
    """API structure `EndpointMetadata`."""

    endpoint_name: str = observed()
    endpoint_config_name: str | None = None
    endpoint_status: str | None = None


class InferenceExperimentDataStorageConfig(Shape):
    """API structure `InferenceExperimentDataStorageConfig`."""

    kms_key: str | None = None


class InferenceExperiment(Resource):
    """`DescribeInferenceExperiment`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::InferenceExperiment"
    name_member: ClassVar[str] = "Name"
    arn_member: ClassVar[str] = "Arn"

    arn: str = observed()
    name: str = observed()
    status: str = observed()
    description: str | None = None
    creation_time: datetime | None = None
    last_modified_time: datetime | None = None
    role_arn: str | None = None
    endpoint_metadata: EndpointMetadata = observed()
    data_storage_config: InferenceExperimentDataStorageConfig | None = None
    kms_key: str | None = None
    tags: Items[Tag] = observed()


class EndpointInfo(Shape):
    """API structure `EndpointInfo`."""

    endpoint_name: str | None = None


class EndpointInputConfiguration(Shape):
    """API structure `EndpointInputConfiguration`."""

    instance_type: str | None = None
    serverless_config: ProductionVariantServerlessConfig | None = None


class RecommendationJobPayloadConfig(Shape):
    """API structure `RecommendationJobPayloadConfig`."""

    sample_payload_url: str | None = None


class RecommendationJobContainerConfig(Shape):
    """API structure `RecommendationJobContainerConfig`."""

    framework_version: str | None = None
    payload_config: RecommendationJobPayloadConfig | None = None
    nearest_model_name: str | None = None
    supported_instance_types: Items[str] = ()


class RecommendationJobVpcConfig(Shape):
    """API structure `RecommendationJobVpcConfig`."""

    security_group_ids: Items[str] = observed()
    subnets: Items[str] = observed()


class RecommendationJobInputConfig(Shape):
    """API structure `RecommendationJobInputConfig`."""

    model_package_version_arn: str | None = None
    model_name: str | None = None
    endpoint_configurations: Items[EndpointInputConfiguration] = ()
    volume_kms_key_id: str | None = None
    container_config: RecommendationJobContainerConfig | None = None
    endpoints: Items[EndpointInfo] = ()
    vpc_config: RecommendationJobVpcConfig | None = None


class InferenceRecommendationsJob(Resource):
    """`DescribeInferenceRecommendationsJob`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::InferenceRecommendationsJob"
    name_member: ClassVar[str] = "JobName"
    arn_member: ClassVar[str] = "JobArn"
    status_field: ClassVar[str] = "status"
    ended_statuses: ClassVar[frozenset[str]] = frozenset({"COMPLETED", "FAILED", "STOPPED", "DELETED"})

    job_name: str = observed()
    job_description: str | None = None
    job_arn: str = observed()
    role_arn: str = observed()
    status: str = observed()
    creation_time: datetime = observed()
    last_modified_time: datetime = observed()
    input_config: RecommendationJobInputConfig = observed()
    tags: Items[Tag] = observed()


class ModelCompilationConfig(Shape):
    """API structure `ModelCompilationConfig`."""

    image: str | None = None
    override_environment: dict[str, Maybe[str]] = Field(default_factory=dict)


class ModelQuantizationConfig(Shape):
    """API structure `ModelQuantizationConfig`."""

    image: str | None = None
    override_environment: dict[str, Maybe[str]] = Field(default_factory=dict)


class ModelShardingConfig(Shape):
    """API structure `ModelShardingConfig`."""

    image: str | None = None
    override_environment: dict[str, Maybe[str]] = Field(default_factory=dict)


class ModelSpeculativeDecodingTrainingDataSource(Shape):
    """API structure `ModelSpeculativeDecodingTrainingDataSource`."""

    s3_uri: str = observed()
    s3_data_type: str = observed()


class ModelSpeculativeDecodingConfig(Shape):
    """API structure `ModelSpeculativeDecodingConfig`."""

    training_data_source: ModelSpeculativeDecodingTrainingDataSource | None = None


class OptimizationConfig(Shape):
    """API structure `OptimizationConfig`."""

    model_quantization_config: ModelQuantizationConfig | None = None
    model_compilation_config: ModelCompilationConfig | None = None
    model_sharding_config: ModelShardingConfig | None = None
    model_speculative_decoding_config: ModelSpeculativeDecodingConfig | None = None


class OptimizationModelAccessConfig(Shape):
    """API structure `OptimizationModelAccessConfig`."""

    accept_eula: bool = False


class OptimizationJobModelSourceS3(Shape):
    """API structure `OptimizationJobModelSourceS3`."""

    s3_uri: str | None = None
    model_access_config: OptimizationModelAccessConfig | None = None


class OptimizationSageMakerModel(Shape):
    """API structure `OptimizationSageMakerModel`."""

    model_name: str | None = None


class OptimizationJobModelSource(Shape):
    """API structure `OptimizationJobModelSource`."""

    s3: OptimizationJobModelSourceS3 | None = None
    sage_maker_model: OptimizationSageMakerModel | None = None


class OptimizationJobOutputConfig(Shape):
    """API structure `OptimizationJobOutputConfig`."""

    kms_key_id: str | None = None
    s3_output_location: str = observed()
    sage_maker_model: OptimizationSageMakerModel | None = None


class OptimizationOutput(Shape):
    """API structure `OptimizationOutput`."""

    recommended_inference_image: str | None = None


class OptimizationVpcConfig(Shape):
    """API structure `OptimizationVpcConfig`."""

    security_group_ids: Items[str] = observed()
    subnets: Items[str] = observed()


class OptimizationJob(Resource):
    """`DescribeOptimizationJob`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::OptimizationJob"
    name_member: ClassVar[str] = "OptimizationJobName"
    arn_member: ClassVar[str] = "OptimizationJobArn"
    status_field: ClassVar[str] = "optimization_job_status"
    ended_statuses: ClassVar[frozenset[str]] = frozenset({"COMPLETED", "FAILED", "STOPPED"})

    optimization_job_arn: str = observed()
    optimization_job_status: str = observed()
    creation_time: datetime = observed()
    last_modified_time: datetime = observed()
    optimization_job_name: str = observed()
    model_source: OptimizationJobModelSource = observed()
    optimization_environment: dict[str, Maybe[str]] = Field(default_factory=dict)
    deployment_instance_type: str = observed()
    max_instance_count: int | None = None
    optimization_configs: Items[OptimizationConfig] = observed()
    output_config: OptimizationJobOutputConfig = observed()
    optimization_output: OptimizationOutput | None = None
    role_arn: str = observed()
    stopping_condition: StoppingCondition = observed()
    vpc_config: OptimizationVpcConfig | None = None
    tags: Items[Tag] = observed()
