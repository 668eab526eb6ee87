"""SageMaker models: the members that bear on security and operation."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from auditor.model.fields import Items, observed
from auditor.model.resource import Resource, Tag
from auditor.model.sensitive import SensitiveMap, SensitiveText
from auditor.model.shape import Shape

from .common import (
    Channel,
    ModelAccessConfig,
    OutputDataConfig,
    ResourceConfig,
    StoppingCondition,
    TransformInput,
    TransformOutput,
    TransformResources,
    UserContext,
    VpcConfig,
)


class InferenceHubAccessConfig(Shape):
    """API structure `InferenceHubAccessConfig`."""

    hub_content_arn: str = observed()


class S3ModelDataSource(Shape):
    """API structure `S3ModelDataSource`."""

    s3_uri: str = observed()
    s3_data_type: str = observed()
    compression_type: str = observed()
    model_access_config: ModelAccessConfig | None = None
    hub_access_config: InferenceHubAccessConfig | None = None
    manifest_s3_uri: str | None = None
    e_tag: str | None = None
    manifest_etag: str | None = None


class AdditionalModelDataSource(Shape):
    """API structure `AdditionalModelDataSource`."""

    s3_data_source: S3ModelDataSource = observed()


class RepositoryAuthConfig(Shape):
    """API structure `RepositoryAuthConfig`."""

    repository_credentials_provider_arn: str = observed()


class ImageConfig(Shape):
    """API structure `ImageConfig`."""

    repository_access_mode: str = observed()
    repository_auth_config: RepositoryAuthConfig | None = None


class ModelDataSource(Shape):
    """API structure `ModelDataSource`."""

    s3_data_source: S3ModelDataSource | None = None


class ContainerDefinition(Shape):
    """API structure `ContainerDefinition`."""

    image: str | None = None
    image_config: ImageConfig | None = None
    mode: str | None = None
    model_data_url: str | None = None
    model_data_source: ModelDataSource | None = None
    additional_model_data_sources: Items[AdditionalModelDataSource] = ()
    environment: SensitiveMap = Field(default_factory=dict)
    model_package_name: str | None = None


class DeploymentRecommendation(Shape):
    """API structure `DeploymentRecommendation`."""

    recommendation_status: str = observed()


class InferenceExecutionConfig(Shape):
    """API structure `InferenceExecutionConfig`."""

    mode: str = observed()


class Model(Resource):
    """`DescribeModel`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::Model"
    name_member: ClassVar[str] = "ModelName"
    arn_member: ClassVar[str] = "ModelArn"

    model_name: str = observed()
    primary_container: ContainerDefinition | None = None
    containers: Items[ContainerDefinition] = ()
    inference_execution_config: InferenceExecutionConfig | None = None
    execution_role_arn: str | None = None
    vpc_config: VpcConfig | None = None
    creation_time: datetime = observed()
    model_arn: str = observed()
    enable_network_isolation: bool = False
    deployment_recommendation: DeploymentRecommendation | None = None
    tags: Items[Tag] = observed()


class MetadataProperties(Shape):
    """API structure `MetadataProperties`."""

    repository: str | None = None


class ModelLifeCycle(Shape):
    """API structure `ModelLifeCycle`."""

    stage_status: str = observed()
    stage_description: str | None = None


class ModelPackageSecurityConfig(Shape):
    """API structure `ModelPackageSecurityConfig`."""

    kms_key_id: str = observed()


class ModelPackageStatusItem(Shape):
    """API structure `ModelPackageStatusItem`."""

    status: str = observed()


class ModelPackageStatusDetails(Shape):
    """API structure `ModelPackageStatusDetails`."""

    validation_statuses: Items[ModelPackageStatusItem] = observed()
    image_scan_statuses: Items[ModelPackageStatusItem] = ()


class TransformJobDefinition(Shape):
    """API structure `TransformJobDefinition`."""

    environment: SensitiveMap = Field(default_factory=dict)
    transform_input: TransformInput = observed()
    transform_output: TransformOutput = observed()
    transform_resources: TransformResources = observed()


class ModelPackageValidationProfile(Shape):
    """API structure `ModelPackageValidationProfile`."""

    transform_job_definition: TransformJobDefinition = observed()


class ModelPackageValidationSpecification(Shape):
    """API structure `ModelPackageValidationSpecification`."""

    validation_role: str = observed()
    validation_profiles: Items[ModelPackageValidationProfile] = observed()


class SourceAlgorithm(Shape):
    """API structure `SourceAlgorithm`."""

    model_data_url: str | None = None
    model_data_source: ModelDataSource | None = None
    model_data_e_tag: str | None = None


class SourceAlgorithmSpecification(Shape):
    """API structure `SourceAlgorithmSpecification`."""

    source_algorithms: Items[SourceAlgorithm] = observed()


class ModelPackage(Resource):
    """`DescribeModelPackage`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::ModelPackage"
    name_member: ClassVar[str] = "ModelPackageName"
    arn_member: ClassVar[str] = "ModelPackageArn"

    model_package_name: str = observed()
    model_package_group_name: str | None = None
    model_package_version: int | None = None
    model_package_registration_type: str | None = None
    model_package_arn: str = observed()
    model_package_description: str | None = None
    creation_time: datetime = observed()
    source_algorithm_specification: SourceAlgorithmSpecification | None = None
    validation_specification: ModelPackageValidationSpecification | None = None
    model_package_status: str = observed()
    model_package_status_details: ModelPackageStatusDetails = observed()
    model_approval_status: str | None = None
    created_by: UserContext | None = None
    metadata_properties: MetadataProperties | None = None
    last_modified_time: datetime | None = None
    last_modified_by: UserContext | None = None
    approval_description: str | None = None
    sample_payload_url: str | None = None
    source_uri: str | None = None
    security_config: ModelPackageSecurityConfig | None = None
    model_life_cycle: ModelLifeCycle | None = None
    managed_storage_type: str | None = None
    tags: Items[Tag] = observed()


class ManagedConfiguration(Shape):
    """API structure `ManagedConfiguration`."""

    managed_storage_type: str | None = None


class ModelPackageGroup(Resource):
    """`DescribeModelPackageGroup`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::ModelPackageGroup"
    name_member: ClassVar[str] = "ModelPackageGroupName"
    arn_member: ClassVar[str] = "ModelPackageGroupArn"

    model_package_group_name: str = observed()
    model_package_group_arn: str = observed()
    model_package_group_description: str | None = None
    creation_time: datetime = observed()
    created_by: UserContext = observed()
    model_package_group_status: str = observed()
    managed_configuration: ManagedConfiguration | None = None
    tags: Items[Tag] = observed()


class ModelCardSecurityConfig(Shape):
    """API structure `ModelCardSecurityConfig`."""

    kms_key_id: str | None = None


class ModelCard(Resource):
    """`DescribeModelCard`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::ModelCard"
    name_member: ClassVar[str] = "ModelCardName"
    arn_member: ClassVar[str] = "ModelCardArn"

    model_card_arn: str = observed()
    model_card_name: str = observed()
    model_card_version: int = observed()
    content: SensitiveText = observed()
    model_card_status: str = observed()
    security_config: ModelCardSecurityConfig | None = None
    creation_time: datetime = observed()
    created_by: UserContext = observed()
    last_modified_time: datetime | None = None
    last_modified_by: UserContext | None = None
    model_card_processing_status: str | None = None
    tags: Items[Tag] = observed()


class TrainingJobDefinition(Shape):
    """API structure `TrainingJobDefinition`."""

    training_input_mode: str = observed()
    hyper_parameters: SensitiveMap = Field(default_factory=dict)
    input_data_config: Items[Channel] = observed()
    output_data_config: OutputDataConfig = observed()
    resource_config: ResourceConfig = observed()
    stopping_condition: StoppingCondition = observed()


class AlgorithmValidationProfile(Shape):
    """API structure `AlgorithmValidationProfile`."""

    training_job_definition: TrainingJobDefinition = observed()
    transform_job_definition: TransformJobDefinition | None = None


class AlgorithmValidationSpecification(Shape):
    """API structure `AlgorithmValidationSpecification`."""

    validation_role: str = observed()
    validation_profiles: Items[AlgorithmValidationProfile] = observed()


class Algorithm(Resource):
    """`DescribeAlgorithm`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::Algorithm"
    name_member: ClassVar[str] = "AlgorithmName"
    arn_member: ClassVar[str] = "AlgorithmArn"

    algorithm_name: str = observed()
    algorithm_arn: str = observed()
    algorithm_description: str | None = None
    creation_time: datetime = observed()
    validation_specification: AlgorithmValidationSpecification | None = None
    tags: Items[Tag] = observed()
