"""SageMaker training: the members that bear on security and operation."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from auditor.model.fields import Items, observed
from auditor.model.resource import Resource, Tag
from auditor.model.sensitive import SensitiveMap
from auditor.model.shape import Shape

from .common import Channel, ModelArtifacts, OutputDataConfig, ResourceConfig, StoppingCondition, VpcConfig


class TrainingRepositoryAuthConfig(Shape):
    """API structure `TrainingRepositoryAuthConfig`."""

    training_repository_credentials_provider_arn: str = observed()


class TrainingImageConfig(Shape):
    """API structure `TrainingImageConfig`."""

    training_repository_access_mode: str = observed()
    training_repository_auth_config: TrainingRepositoryAuthConfig | None = None


class AlgorithmSpecification(Shape):
    """API structure `AlgorithmSpecification`."""

    training_image: str | None = None
    training_input_mode: str = observed()
    training_image_config: TrainingImageConfig | None = None


class CheckpointConfig(Shape):
    """API structure `CheckpointConfig`."""

    s3_uri: str = observed()


class InfraCheckConfig(Shape):
    """API structure `InfraCheckConfig`."""

    enable_infra_check: bool | None = None


class MlflowConfig(Shape):
    """API structure `MlflowConfig`."""

    mlflow_resource_arn: str = observed()
    mlflow_experiment_name: str | None = None
    mlflow_run_name: str | None = None


class MlflowDetails(Shape):
    """API structure `MlflowDetails`."""

    mlflow_experiment_id: str | None = None
    mlflow_run_id: str | None = None


class ModelPackageConfig(Shape):
    """API structure `ModelPackageConfig`."""

    model_package_group_arn: str = observed()
    source_model_package_arn: str | None = None


class RemoteDebugConfig(Shape):
    """API structure `RemoteDebugConfig`."""

    enable_remote_debug: bool = False


class ServerlessJobConfig(Shape):
    """API structure `ServerlessJobConfig`."""

    base_model_arn: str = observed()
    accept_eula: bool = False
    evaluator_arn: str | None = None


class WarmPoolStatus(Shape):
    """API structure `WarmPoolStatus`."""

    status: str = observed()
    resource_retained_billable_time_in_seconds: int | None = None


class TrainingJob(Resource):
    """`DescribeTrainingJob`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::TrainingJob"
    name_member: ClassVar[str] = "TrainingJobName"
    arn_member: ClassVar[str] = "TrainingJobArn"
    status_field: ClassVar[str] = "training_job_status"
    ended_statuses: ClassVar[frozenset[str]] = frozenset({"Completed", "Failed", "Stopped"})
    creator_fields: ClassVar[tuple[str, ...]] = ("tuning_job_arn", "auto_ml_job_arn", "labeling_job_arn", "role_arn")

    training_job_name: str = observed()
    training_job_arn: str = observed()
    tuning_job_arn: str | None = None
    labeling_job_arn: str | None = None
    auto_ml_job_arn: str | None = Field(default=None, alias="AutoMLJobArn")
    model_artifacts: ModelArtifacts = observed()
    training_job_status: str = observed()
    hyper_parameters: SensitiveMap = Field(default_factory=dict)
    algorithm_specification: AlgorithmSpecification | None = None
    role_arn: str | None = None
    input_data_config: Items[Channel] = ()
    output_data_config: OutputDataConfig | None = None
    resource_config: ResourceConfig | None = None
    warm_pool_status: WarmPoolStatus | None = None
    vpc_config: VpcConfig | None = None
    stopping_condition: StoppingCondition = observed()
    creation_time: datetime = observed()
    last_modified_time: datetime | None = None
    enable_network_isolation: bool = False
    enable_inter_container_traffic_encryption: bool = False
    enable_managed_spot_training: bool = False
    checkpoint_config: CheckpointConfig | None = None
    training_time_in_seconds: int | None = None
    billable_time_in_seconds: int | None = None
    billable_token_count: int | None = None
    profiling_status: str | None = None
    environment: SensitiveMap = Field(default_factory=dict)
    remote_debug_config: RemoteDebugConfig | None = None
    infra_check_config: InfraCheckConfig | None = None
    serverless_job_config: ServerlessJobConfig | None = None
    mlflow_config: MlflowConfig | None = None
    model_package_config: ModelPackageConfig | None = None
    mlflow_details: MlflowDetails | None = None
    output_model_package_arn: str | None = None
    tags: Items[Tag] = observed()


class Autotune(Shape):
    """API structure `Autotune`."""

    mode: str = observed()


class HyperParameterAlgorithmSpecification(Shape):
    """API structure `HyperParameterAlgorithmSpecification`."""

    training_image: str | None = None
    training_input_mode: str = observed()


class HyperParameterTuningInstanceConfig(Shape):
    """API structure `HyperParameterTuningInstanceConfig`."""

    instance_type: str = observed()
    instance_count: int = observed()
    volume_size_in_gb: int = observed("VolumeSizeInGB")


class HyperParameterTuningResourceConfig(Shape):
    """API structure `HyperParameterTuningResourceConfig`."""

    instance_type: str | None = None
    instance_count: int | None = None
    volume_size_in_gb: int | None = Field(default=None, alias="VolumeSizeInGB")
    volume_kms_key_id: str | None = None
    instance_configs: Items[HyperParameterTuningInstanceConfig] = ()


class HyperParameterTrainingJobDefinition(Shape):
    """API structure `HyperParameterTrainingJobDefinition`."""

    static_hyper_parameters: SensitiveMap = Field(default_factory=dict)
    algorithm_specification: HyperParameterAlgorithmSpecification = observed()
    role_arn: str = observed()
    input_data_config: Items[Channel] = ()
    vpc_config: VpcConfig | None = None
    output_data_config: OutputDataConfig = observed()
    resource_config: ResourceConfig | None = None
    hyper_parameter_tuning_resource_config: HyperParameterTuningResourceConfig | None = None
    stopping_condition: StoppingCondition = observed()
    enable_network_isolation: bool = False
    enable_inter_container_traffic_encryption: bool = False
    enable_managed_spot_training: bool = False
    checkpoint_config: CheckpointConfig | None = None
    environment: SensitiveMap = Field(default_factory=dict)


class ResourceLimits(Shape):
    """API structure `ResourceLimits`."""

    max_runtime_in_seconds: int | None = None


class HyperParameterTuningJobConfig(Shape):
    """API structure `HyperParameterTuningJobConfig`."""

    resource_limits: ResourceLimits = observed()


class HyperParameterTuningJob(Resource):
    """`DescribeHyperParameterTuningJob`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::HyperParameterTuningJob"
    name_member: ClassVar[str] = "HyperParameterTuningJobName"
    arn_member: ClassVar[str] = "HyperParameterTuningJobArn"
    status_field: ClassVar[str] = "hyper_parameter_tuning_job_status"
    ended_statuses: ClassVar[frozenset[str]] = frozenset({"Completed", "Failed", "Stopped", "DeleteFailed"})

    hyper_parameter_tuning_job_name: str = observed()
    hyper_parameter_tuning_job_arn: str = observed()
    hyper_parameter_tuning_job_config: HyperParameterTuningJobConfig = observed()
    training_job_definition: HyperParameterTrainingJobDefinition | None = None
    training_job_definitions: Items[HyperParameterTrainingJobDefinition] = ()
    hyper_parameter_tuning_job_status: str = observed()
    creation_time: datetime = observed()
    hyper_parameter_tuning_end_time: datetime | None = None
    last_modified_time: datetime | None = None
    autotune: Autotune | None = None
    tags: Items[Tag] = observed()

    def creator(self) -> str:
        """The pipeline that its name tells of, else the role of its first definition."""
        several = self.peek("training_job_definitions")
        for definition in (self.peek("training_job_definition"), *(several if isinstance(several, tuple) else ())):
            role = definition.peek("role_arn") if isinstance(definition, HyperParameterTrainingJobDefinition) else None
            if isinstance(role, str):
                return super().creator() or role
        return super().creator()
