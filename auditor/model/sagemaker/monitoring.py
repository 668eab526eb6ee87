"""SageMaker monitoring: the members that bear on security and operation."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from auditor.model.fields import Items, observed
from auditor.model.resource import Resource, Tag
from auditor.model.sensitive import SensitiveMap
from auditor.model.shape import Shape

from .common import NetworkConfig, VpcConfig


class DataQualityAppSpecification(Shape):
    """API structure `DataQualityAppSpecification`."""

    image_uri: str = observed()
    record_preprocessor_source_uri: str | None = None
    post_analytics_processor_source_uri: str | None = None
    environment: SensitiveMap = Field(default_factory=dict)


class MonitoringStatisticsResource(Shape):
    """API structure `MonitoringStatisticsResource`."""

    s3_uri: str | None = None


class DataQualityBaselineConfig(Shape):
    """API structure `DataQualityBaselineConfig`."""

    statistics_resource: MonitoringStatisticsResource | None = None


class BatchTransformInput(Shape):
    """API structure `BatchTransformInput`."""

    data_captured_destination_s3_uri: str = observed()
    s3_input_mode: str | None = None
    s3_data_distribution_type: str | None = None


class EndpointInput(Shape):
    """API structure `EndpointInput`."""

    endpoint_name: str = observed()
    s3_input_mode: str | None = None
    s3_data_distribution_type: str | None = None


class DataQualityJobInput(Shape):
    """API structure `DataQualityJobInput`."""

    endpoint_input: EndpointInput | None = None
    batch_transform_input: BatchTransformInput | None = None


class MonitoringNetworkConfig(Shape):
    """API structure `MonitoringNetworkConfig`."""

    enable_inter_container_traffic_encryption: bool = False
    enable_network_isolation: bool = False
    vpc_config: VpcConfig | None = None


class MonitoringS3Output(Shape):
    """API structure `MonitoringS3Output`."""

    s3_uri: str = observed()
    s3_upload_mode: str | None = None


class MonitoringOutput(Shape):
    """API structure `MonitoringOutput`."""

    s3_output: MonitoringS3Output = observed()


class MonitoringOutputConfig(Shape):
    """API structure `MonitoringOutputConfig`."""

    monitoring_outputs: Items[MonitoringOutput] = observed()
    kms_key_id: str | None = None


class MonitoringClusterConfig(Shape):
    """API structure `MonitoringClusterConfig`."""

    instance_count: int = observed()
    instance_type: str = observed()
    volume_size_in_gb: int = observed("VolumeSizeInGB")
    volume_kms_key_id: str | None = None


class MonitoringResources(Shape):
    """API structure `MonitoringResources`."""

    cluster_config: MonitoringClusterConfig = observed()


class MonitoringStoppingCondition(Shape):
    """API structure `MonitoringStoppingCondition`."""

    max_runtime_in_seconds: int = observed()


class DataQualityJobDefinition(Resource):
    """`DescribeDataQualityJobDefinition`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::DataQualityJobDefinition"
    name_member: ClassVar[str] = "JobDefinitionName"
    arn_member: ClassVar[str] = "JobDefinitionArn"

    job_definition_arn: str = observed()
    job_definition_name: str = observed()
    creation_time: datetime = observed()
    data_quality_baseline_config: DataQualityBaselineConfig | None = None
    data_quality_app_specification: DataQualityAppSpecification = observed()
    data_quality_job_input: DataQualityJobInput = observed()
    data_quality_job_output_config: MonitoringOutputConfig = observed()
    job_resources: MonitoringResources = observed()
    network_config: MonitoringNetworkConfig | None = None
    role_arn: str = observed()
    stopping_condition: MonitoringStoppingCondition | None = None
    tags: Items[Tag] = observed()


class ModelBiasAppSpecification(Shape):
    """API structure `ModelBiasAppSpecification`."""

    image_uri: str = observed()
    config_uri: str = observed()
    environment: SensitiveMap = Field(default_factory=dict)


class MonitoringGroundTruthS3Input(Shape):
    """API structure `MonitoringGroundTruthS3Input`."""

    s3_uri: str | None = None


class ModelBiasJobInput(Shape):
    """API structure `ModelBiasJobInput`."""

    endpoint_input: EndpointInput | None = None
    batch_transform_input: BatchTransformInput | None = None
    ground_truth_s3_input: MonitoringGroundTruthS3Input = observed()


class ModelBiasJobDefinition(Resource):
    """`DescribeModelBiasJobDefinition`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::ModelBiasJobDefinition"
    name_member: ClassVar[str] = "JobDefinitionName"
    arn_member: ClassVar[str] = "JobDefinitionArn"

    job_definition_arn: str = observed()
    job_definition_name: str = observed()
    creation_time: datetime = observed()
    model_bias_app_specification: ModelBiasAppSpecification = observed()
    model_bias_job_input: ModelBiasJobInput = observed()
    model_bias_job_output_config: MonitoringOutputConfig = observed()
    job_resources: MonitoringResources = observed()
    network_config: MonitoringNetworkConfig | None = None
    role_arn: str = observed()
    stopping_condition: MonitoringStoppingCondition | None = None
    tags: Items[Tag] = observed()


class ModelExplainabilityAppSpecification(Shape):
    """API structure `ModelExplainabilityAppSpecification`."""

    image_uri: str = observed()
    config_uri: str = observed()
    environment: SensitiveMap = Field(default_factory=dict)


class ModelExplainabilityJobInput(Shape):
    """API structure `ModelExplainabilityJobInput`."""

    endpoint_input: EndpointInput | None = None
    batch_transform_input: BatchTransformInput | None = None


class ModelExplainabilityJobDefinition(Resource):
    """`DescribeModelExplainabilityJobDefinition`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::ModelExplainabilityJobDefinition"
    name_member: ClassVar[str] = "JobDefinitionName"
    arn_member: ClassVar[str] = "JobDefinitionArn"

    job_definition_arn: str = observed()
    job_definition_name: str = observed()
    creation_time: datetime = observed()
    model_explainability_app_specification: ModelExplainabilityAppSpecification = observed()
    model_explainability_job_input: ModelExplainabilityJobInput = observed()
    model_explainability_job_output_config: MonitoringOutputConfig = observed()
    job_resources: MonitoringResources = observed()
    network_config: MonitoringNetworkConfig | None = None
    role_arn: str = observed()
    stopping_condition: MonitoringStoppingCondition | None = None
    tags: Items[Tag] = observed()


class ModelQualityAppSpecification(Shape):
    """API structure `ModelQualityAppSpecification`."""

    image_uri: str = observed()
    record_preprocessor_source_uri: str | None = None
    post_analytics_processor_source_uri: str | None = None
    environment: SensitiveMap = Field(default_factory=dict)


class ModelQualityJobInput(Shape):
    """API structure `ModelQualityJobInput`."""

    endpoint_input: EndpointInput | None = None
    batch_transform_input: BatchTransformInput | None = None
    ground_truth_s3_input: MonitoringGroundTruthS3Input = observed()


class ModelQualityJobDefinition(Resource):
    """`DescribeModelQualityJobDefinition`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::ModelQualityJobDefinition"
    name_member: ClassVar[str] = "JobDefinitionName"
    arn_member: ClassVar[str] = "JobDefinitionArn"

    job_definition_arn: str = observed()
    job_definition_name: str = observed()
    creation_time: datetime = observed()
    model_quality_app_specification: ModelQualityAppSpecification = observed()
    model_quality_job_input: ModelQualityJobInput = observed()
    model_quality_job_output_config: MonitoringOutputConfig = observed()
    job_resources: MonitoringResources = observed()
    network_config: MonitoringNetworkConfig | None = None
    role_arn: str = observed()
    stopping_condition: MonitoringStoppingCondition | None = None
    tags: Items[Tag] = observed()


class MonitoringExecutionSummary(Shape):
    """API structure `MonitoringExecutionSummary`."""

    monitoring_schedule_name: str = observed()
    scheduled_time: datetime = observed()
    creation_time: datetime = observed()
    last_modified_time: datetime = observed()
    monitoring_execution_status: str = observed()
    processing_job_arn: str | None = None
    endpoint_name: str | None = None
    monitoring_job_definition_name: str | None = None
    monitoring_type: str | None = None


class MonitoringAppSpecification(Shape):
    """API structure `MonitoringAppSpecification`."""

    image_uri: str = observed()
    record_preprocessor_source_uri: str | None = None
    post_analytics_processor_source_uri: str | None = None


class MonitoringBaselineConfig(Shape):
    """API structure `MonitoringBaselineConfig`."""

    statistics_resource: MonitoringStatisticsResource | None = None


class MonitoringInput(Shape):
    """API structure `MonitoringInput`."""

    endpoint_input: EndpointInput | None = None
    batch_transform_input: BatchTransformInput | None = None


class MonitoringJobDefinition(Shape):
    """API structure `MonitoringJobDefinition`."""

    baseline_config: MonitoringBaselineConfig | None = None
    monitoring_inputs: Items[MonitoringInput] = observed()
    monitoring_output_config: MonitoringOutputConfig = observed()
    monitoring_resources: MonitoringResources = observed()
    monitoring_app_specification: MonitoringAppSpecification = observed()
    stopping_condition: MonitoringStoppingCondition | None = None
    environment: SensitiveMap = Field(default_factory=dict)
    network_config: NetworkConfig | None = None
    role_arn: str = observed()


class ScheduleConfig(Shape):
    """API structure `ScheduleConfig`."""

    schedule_expression: str = observed()


class MonitoringScheduleConfig(Shape):
    """API structure `MonitoringScheduleConfig`."""

    schedule_config: ScheduleConfig | None = None
    monitoring_job_definition: MonitoringJobDefinition | None = None
    monitoring_job_definition_name: str | None = None
    monitoring_type: str | None = None


class MonitoringSchedule(Resource):
    """`DescribeMonitoringSchedule`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::MonitoringSchedule"
    name_member: ClassVar[str] = "MonitoringScheduleName"
    arn_member: ClassVar[str] = "MonitoringScheduleArn"

    monitoring_schedule_arn: str = observed()
    monitoring_schedule_name: str = observed()
    monitoring_schedule_status: str = observed()
    monitoring_type: str | None = None
    creation_time: datetime = observed()
    last_modified_time: datetime = observed()
    monitoring_schedule_config: MonitoringScheduleConfig = observed()
    endpoint_name: str | None = None
    last_monitoring_execution_summary: MonitoringExecutionSummary | None = None
    tags: Items[Tag] = observed()
