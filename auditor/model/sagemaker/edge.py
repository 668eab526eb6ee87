"""SageMaker edge: the members that bear on security and operation."""

from datetime import datetime
from typing import ClassVar

from auditor.model.fields import Items, observed
from auditor.model.resource import Resource, Tag
from auditor.model.shape import Shape

from .common import ModelArtifacts, StoppingCondition


class InputConfig(Shape):
    """API structure `InputConfig`."""

    s3_uri: str = observed()
    framework_version: str | None = None


class NeoVpcConfig(Shape):
    """API structure `NeoVpcConfig`."""

    security_group_ids: Items[str] = observed()
    subnets: Items[str] = observed()


class TargetPlatform(Shape):
    """API structure `TargetPlatform`."""

    accelerator: str | None = None


class OutputConfig(Shape):
    """API structure `OutputConfig`."""

    s3_output_location: str = observed()
    target_device: str | None = None
    target_platform: TargetPlatform | None = None
    kms_key_id: str | None = None


class CompilationJob(Resource):
    """`DescribeCompilationJob`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::CompilationJob"
    name_member: ClassVar[str] = "CompilationJobName"
    arn_member: ClassVar[str] = "CompilationJobArn"
    status_field: ClassVar[str] = "compilation_job_status"
    ended_statuses: ClassVar[frozenset[str]] = frozenset({"COMPLETED", "FAILED", "STOPPED"})

    compilation_job_name: str = observed()
    compilation_job_arn: str = observed()
    compilation_job_status: str = observed()
    stopping_condition: StoppingCondition = observed()
    inference_image: str | None = None
    model_package_version_arn: str | None = None
    creation_time: datetime = observed()
    last_modified_time: datetime = observed()
    model_artifacts: ModelArtifacts = observed()
    role_arn: str = observed()
    input_config: InputConfig = observed()
    output_config: OutputConfig = observed()
    vpc_config: NeoVpcConfig | None = None
    tags: Items[Tag] = observed()


class EdgeOutputConfig(Shape):
    """API structure `EdgeOutputConfig`."""

    s3_output_location: str = observed()
    kms_key_id: str | None = None
    preset_deployment_type: str | None = None
    preset_deployment_config: str | None = None


class EdgePresetDeploymentOutput(Shape):
    """API structure `EdgePresetDeploymentOutput`."""

    status: str | None = None


class EdgePackagingJob(Resource):
    """`DescribeEdgePackagingJob`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::EdgePackagingJob"
    name_member: ClassVar[str] = "EdgePackagingJobName"
    arn_member: ClassVar[str] = "EdgePackagingJobArn"
    status_field: ClassVar[str] = "edge_packaging_job_status"
    ended_statuses: ClassVar[frozenset[str]] = frozenset({"COMPLETED", "FAILED", "STOPPED"})

    edge_packaging_job_arn: str = observed()
    edge_packaging_job_name: str = observed()
    model_name: str | None = None
    model_version: str | None = None
    role_arn: str | None = None
    output_config: EdgeOutputConfig | None = None
    edge_packaging_job_status: str = observed()
    creation_time: datetime | None = None
    last_modified_time: datetime | None = None
    preset_deployment_output: EdgePresetDeploymentOutput | None = None
    tags: Items[Tag] = observed()


class DeviceFleet(Resource):
    """`DescribeDeviceFleet`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::DeviceFleet"
    name_member: ClassVar[str] = "DeviceFleetName"
    arn_member: ClassVar[str] = "DeviceFleetArn"

    device_fleet_name: str = observed()
    device_fleet_arn: str = observed()
    output_config: EdgeOutputConfig = observed()
    description: str | None = None
    creation_time: datetime = observed()
    last_modified_time: datetime = observed()
    role_arn: str | None = None
    iot_role_alias: str | None = None
    tags: Items[Tag] = observed()
