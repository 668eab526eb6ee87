"""SageMaker automl: the members that bear on security and operation."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from auditor.model.fields import Items, Maybe, observed
from auditor.model.resource import Resource, Tag
from auditor.model.shape import Shape

from .common import ModelAccessConfig, VpcConfig


class AutoMLS3DataSource(Shape):
    """API structure `AutoMLS3DataSource`."""

    s3_data_type: str = observed()
    s3_uri: str = observed()


class AutoMLDataSource(Shape):
    """API structure `AutoMLDataSource`."""

    s3_data_source: AutoMLS3DataSource = observed()


class AutoMLChannel(Shape):
    """API structure `AutoMLChannel`."""

    data_source: AutoMLDataSource | None = None
    compression_type: str | None = None
    sample_weight_attribute_name: str | None = None


class AutoMLCandidateGenerationConfig(Shape):
    """API structure `AutoMLCandidateGenerationConfig`."""

    feature_specification_s3_uri: str | None = None


class AutoMLJobCompletionCriteria(Shape):
    """API structure `AutoMLJobCompletionCriteria`."""

    max_runtime_per_training_job_in_seconds: int | None = None


class AutoMLSecurityConfig(Shape):
    """API structure `AutoMLSecurityConfig`."""

    volume_kms_key_id: str | None = None
    enable_inter_container_traffic_encryption: bool = False
    vpc_config: VpcConfig | None = None


class AutoMLJobConfig(Shape):
    """API structure `AutoMLJobConfig`."""

    completion_criteria: AutoMLJobCompletionCriteria | None = None
    security_config: AutoMLSecurityConfig | None = None
    candidate_generation_config: AutoMLCandidateGenerationConfig | None = None
    mode: str | None = None


class AutoMLOutputDataConfig(Shape):
    """API structure `AutoMLOutputDataConfig`."""

    kms_key_id: str | None = None
    s3_output_path: str = observed()


class ModelDeployConfig(Shape):
    """API structure `ModelDeployConfig`."""

    auto_generate_endpoint_name: bool | None = None
    endpoint_name: str | None = None


class ModelDeployResult(Shape):
    """API structure `ModelDeployResult`."""

    endpoint_name: str | None = None


class AutoMLJob(Resource):
    """`DescribeAutoMLJob`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::AutoMLJob"
    name_member: ClassVar[str] = "AutoMLJobName"
    arn_member: ClassVar[str] = "AutoMLJobArn"
    status_field: ClassVar[str] = "auto_ml_job_status"
    ended_statuses: ClassVar[frozenset[str]] = frozenset({"Completed", "Failed", "Stopped"})

    auto_ml_job_name: str = observed("AutoMLJobName")
    auto_ml_job_arn: str = observed("AutoMLJobArn")
    input_data_config: Items[AutoMLChannel] = observed()
    output_data_config: AutoMLOutputDataConfig = observed()
    role_arn: str = observed()
    auto_ml_job_config: AutoMLJobConfig | None = Field(default=None, alias="AutoMLJobConfig")
    creation_time: datetime = observed()
    last_modified_time: datetime = observed()
    auto_ml_job_status: str = observed("AutoMLJobStatus")
    model_deploy_config: ModelDeployConfig | None = None
    model_deploy_result: ModelDeployResult | None = None
    tags: Items[Tag] = observed()


class EmrServerlessComputeConfig(Shape):
    """API structure `EmrServerlessComputeConfig`."""

    execution_role_arn: str = observed("ExecutionRoleARN")


class AutoMLComputeConfig(Shape):
    """API structure `AutoMLComputeConfig`."""

    emr_serverless_compute_config: EmrServerlessComputeConfig | None = None


class AutoMLJobChannel(Shape):
    """API structure `AutoMLJobChannel`."""

    compression_type: str | None = None
    data_source: AutoMLDataSource | None = None


class ImageClassificationJobConfig(Shape):
    """API structure `ImageClassificationJobConfig`."""

    completion_criteria: AutoMLJobCompletionCriteria | None = None


class TabularJobConfig(Shape):
    """API structure `TabularJobConfig`."""

    completion_criteria: AutoMLJobCompletionCriteria | None = None
    feature_specification_s3_uri: str | None = None
    mode: str | None = None
    sample_weight_attribute_name: str | None = None


class TextClassificationJobConfig(Shape):
    """API structure `TextClassificationJobConfig`."""

    completion_criteria: AutoMLJobCompletionCriteria | None = None


class TextGenerationJobConfig(Shape):
    """API structure `TextGenerationJobConfig`."""

    completion_criteria: AutoMLJobCompletionCriteria | None = None
    base_model_name: str | None = None
    text_generation_hyper_parameters: dict[str, Maybe[str]] = Field(default_factory=dict)
    model_access_config: ModelAccessConfig | None = None


class TimeSeriesForecastingJobConfig(Shape):
    """API structure `TimeSeriesForecastingJobConfig`."""

    feature_specification_s3_uri: str | None = None
    completion_criteria: AutoMLJobCompletionCriteria | None = None


class AutoMLProblemTypeConfig(Shape):
    """API structure `AutoMLProblemTypeConfig`."""

    image_classification_job_config: ImageClassificationJobConfig | None = None
    text_classification_job_config: TextClassificationJobConfig | None = None
    time_series_forecasting_job_config: TimeSeriesForecastingJobConfig | None = None
    tabular_job_config: TabularJobConfig | None = None
    text_generation_job_config: TextGenerationJobConfig | None = None


class AutoMLJobV2(Resource):
    """`DescribeAutoMLJobV2`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::AutoMLJobV2"
    name_member: ClassVar[str] = "AutoMLJobName"
    arn_member: ClassVar[str] = "AutoMLJobArn"
    status_field: ClassVar[str] = "auto_ml_job_status"
    ended_statuses: ClassVar[frozenset[str]] = frozenset({"Completed", "Failed", "Stopped"})

    auto_ml_job_name: str = observed("AutoMLJobName")
    auto_ml_job_arn: str = observed("AutoMLJobArn")
    auto_ml_job_input_data_config: Items[AutoMLJobChannel] = observed("AutoMLJobInputDataConfig")
    output_data_config: AutoMLOutputDataConfig = observed()
    role_arn: str = observed()
    auto_ml_problem_type_config: AutoMLProblemTypeConfig | None = Field(default=None, alias="AutoMLProblemTypeConfig")
    creation_time: datetime = observed()
    last_modified_time: datetime = observed()
    auto_ml_job_status: str = observed("AutoMLJobStatus")
    model_deploy_config: ModelDeployConfig | None = None
    model_deploy_result: ModelDeployResult | None = None
    security_config: AutoMLSecurityConfig | None = None
    auto_ml_compute_config: AutoMLComputeConfig | None = Field(default=None, alias="AutoMLComputeConfig")
    tags: Items[Tag] = observed()
