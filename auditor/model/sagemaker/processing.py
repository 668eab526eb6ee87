"""SageMaker processing: the members that bear on security and operation."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from auditor.model.fields import Items, observed
from auditor.model.resource import Resource, Tag
from auditor.model.sensitive import SensitiveMap
from auditor.model.shape import Shape

from .common import NetworkConfig, TransformInput, TransformOutput, TransformResources


class AppSpecification(Shape):
    """API structure `AppSpecification`."""

    image_uri: str = observed()


class AthenaDatasetDefinition(Shape):
    """API structure `AthenaDatasetDefinition`."""

    output_s3_uri: str = observed()
    kms_key_id: str | None = None
    output_compression: str | None = None


class RedshiftDatasetDefinition(Shape):
    """API structure `RedshiftDatasetDefinition`."""

    cluster_role_arn: str = observed()
    output_s3_uri: str = observed()
    kms_key_id: str | None = None
    output_compression: str | None = None


class DatasetDefinition(Shape):
    """API structure `DatasetDefinition`."""

    athena_dataset_definition: AthenaDatasetDefinition | None = None
    redshift_dataset_definition: RedshiftDatasetDefinition | None = None
    input_mode: str | None = None


class ProcessingS3Input(Shape):
    """API structure `ProcessingS3Input`."""

    s3_uri: str = observed()
    s3_data_type: str = observed()
    s3_input_mode: str | None = None
    s3_data_distribution_type: str | None = None
    s3_compression_type: str | None = None


class ProcessingInput(Shape):
    """API structure `ProcessingInput`."""

    s3_input: ProcessingS3Input | None = None
    dataset_definition: DatasetDefinition | None = None


class ProcessingS3Output(Shape):
    """API structure `ProcessingS3Output`."""

    s3_uri: str = observed()
    s3_upload_mode: str = observed()


class ProcessingOutput(Shape):
    """API structure `ProcessingOutput`."""

    s3_output: ProcessingS3Output | None = None


class ProcessingOutputConfig(Shape):
    """API structure `ProcessingOutputConfig`."""

    outputs: Items[ProcessingOutput] = observed()
    kms_key_id: str | None = None


class ProcessingInstancePreference(Shape):
    """API structure `ProcessingInstancePreference`."""

    instance_type: str = observed()
    instance_count: int | None = None


class ProcessingClusterConfig(Shape):
    """API structure `ProcessingClusterConfig`."""

    instance_count: int | None = None
    instance_type: str | None = None
    volume_size_in_gb: int = observed("VolumeSizeInGB")
    volume_kms_key_id: str | None = None
    instance_preferences: Items[ProcessingInstancePreference] = ()
    selected_instance_type: str | None = None
    selected_instance_count: int | None = None


class ProcessingResources(Shape):
    """API structure `ProcessingResources`."""

    cluster_config: ProcessingClusterConfig = observed()


class ProcessingStoppingCondition(Shape):
    """API structure `ProcessingStoppingCondition`."""

    max_runtime_in_seconds: int = observed()


class ProcessingJob(Resource):
    """`DescribeProcessingJob`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::ProcessingJob"
    name_member: ClassVar[str] = "ProcessingJobName"
    arn_member: ClassVar[str] = "ProcessingJobArn"
    status_field: ClassVar[str] = "processing_job_status"
    ended_statuses: ClassVar[frozenset[str]] = frozenset({"Completed", "Failed", "Stopped"})
    creator_fields: ClassVar[tuple[str, ...]] = (
        "auto_ml_job_arn",
        "monitoring_schedule_arn",
        "training_job_arn",
        "role_arn",
    )

    processing_inputs: Items[ProcessingInput] = ()
    processing_output_config: ProcessingOutputConfig | None = None
    processing_job_name: str = observed()
    processing_resources: ProcessingResources = observed()
    stopping_condition: ProcessingStoppingCondition | None = None
    app_specification: AppSpecification = observed()
    environment: SensitiveMap = Field(default_factory=dict)
    network_config: NetworkConfig | None = None
    role_arn: str | None = None
    processing_job_arn: str = observed()
    processing_job_status: str = observed()
    last_modified_time: datetime | None = None
    creation_time: datetime = observed()
    monitoring_schedule_arn: str | None = None
    auto_ml_job_arn: str | None = Field(default=None, alias="AutoMLJobArn")
    training_job_arn: str | None = None
    tags: Items[Tag] = observed()


class BatchDataCaptureConfig(Shape):
    """API structure `BatchDataCaptureConfig`."""

    destination_s3_uri: str = observed()
    kms_key_id: str | None = None


class TransformJob(Resource):
    """`DescribeTransformJob`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::TransformJob"
    name_member: ClassVar[str] = "TransformJobName"
    arn_member: ClassVar[str] = "TransformJobArn"
    status_field: ClassVar[str] = "transform_job_status"
    ended_statuses: ClassVar[frozenset[str]] = frozenset({"Completed", "Failed", "Stopped"})
    creator_fields: ClassVar[tuple[str, ...]] = ("auto_ml_job_arn", "labeling_job_arn", "model_name")

    transform_job_name: str = observed()
    transform_job_arn: str = observed()
    transform_job_status: str = observed()
    model_name: str = observed()
    environment: SensitiveMap = Field(default_factory=dict)
    transform_input: TransformInput = observed()
    transform_output: TransformOutput | None = None
    data_capture_config: BatchDataCaptureConfig | None = None
    transform_resources: TransformResources = observed()
    creation_time: datetime = observed()
    labeling_job_arn: str | None = None
    auto_ml_job_arn: str | None = Field(default=None, alias="AutoMLJobArn")
    tags: Items[Tag] = observed()
