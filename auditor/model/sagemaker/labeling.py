"""SageMaker labeling: the members that bear on security and operation."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from auditor.model.fields import Items, Maybe, observed
from auditor.model.resource import Resource, Tag
from auditor.model.shape import Shape

from .common import VpcConfig


class UiConfig(Shape):
    """API structure `UiConfig`."""

    human_task_ui_arn: str | None = None


class HumanTaskConfig(Shape):
    """API structure `HumanTaskConfig`."""

    workteam_arn: str = observed()
    ui_config: UiConfig = observed()
    task_description: str = observed()
    number_of_human_workers_per_data_object: int = observed()


class LabelingJobResourceConfig(Shape):
    """API structure `LabelingJobResourceConfig`."""

    volume_kms_key_id: str | None = None
    vpc_config: VpcConfig | None = None


class LabelingJobAlgorithmsConfig(Shape):
    """API structure `LabelingJobAlgorithmsConfig`."""

    labeling_job_algorithm_specification_arn: str = observed()
    initial_active_learning_model_arn: str | None = None
    labeling_job_resource_config: LabelingJobResourceConfig | None = None


class LabelingJobS3DataSource(Shape):
    """API structure `LabelingJobS3DataSource`."""

    manifest_s3_uri: str = observed()


class LabelingJobSnsDataSource(Shape):
    """API structure `LabelingJobSnsDataSource`."""

    sns_topic_arn: str = observed()


class LabelingJobDataSource(Shape):
    """API structure `LabelingJobDataSource`."""

    s3_data_source: LabelingJobS3DataSource | None = None
    sns_data_source: LabelingJobSnsDataSource | None = None


class LabelingJobInputConfig(Shape):
    """API structure `LabelingJobInputConfig`."""

    data_source: LabelingJobDataSource = observed()


class LabelingJobOutput(Shape):
    """API structure `LabelingJobOutput`."""

    output_dataset_s3_uri: str = observed()
    final_active_learning_model_arn: str | None = None


class LabelingJobOutputConfig(Shape):
    """API structure `LabelingJobOutputConfig`."""

    s3_output_path: str = observed()
    kms_key_id: str | None = None
    sns_topic_arn: str | None = None


class LabelingJobStoppingConditions(Shape):
    """API structure `LabelingJobStoppingConditions`."""

    max_human_labeled_object_count: int | None = None


class LabelingJob(Resource):
    """`DescribeLabelingJob`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::LabelingJob"
    name_member: ClassVar[str] = "LabelingJobName"
    arn_member: ClassVar[str] = "LabelingJobArn"
    status_field: ClassVar[str] = "labeling_job_status"
    ended_statuses: ClassVar[frozenset[str]] = frozenset({"Completed", "Failed", "Stopped"})

    labeling_job_status: str = observed()
    creation_time: datetime = observed()
    last_modified_time: datetime = observed()
    labeling_job_name: str = observed()
    labeling_job_arn: str = observed()
    input_config: LabelingJobInputConfig = observed()
    output_config: LabelingJobOutputConfig = observed()
    role_arn: str = observed()
    stopping_conditions: LabelingJobStoppingConditions | None = None
    labeling_job_algorithms_config: LabelingJobAlgorithmsConfig | None = None
    human_task_config: HumanTaskConfig = observed()
    tags: Items[Tag] = observed()
    labeling_job_output: LabelingJobOutput | None = None


class FlowDefinitionOutputConfig(Shape):
    """API structure `FlowDefinitionOutputConfig`."""

    s3_output_path: str = observed()
    kms_key_id: str | None = None


class HumanLoopActivationConditionsConfig(Shape):
    """API structure `HumanLoopActivationConditionsConfig`."""

    human_loop_activation_conditions: str = observed()


class HumanLoopActivationConfig(Shape):
    """API structure `HumanLoopActivationConfig`."""

    human_loop_activation_conditions_config: HumanLoopActivationConditionsConfig = observed()


class HumanLoopConfig(Shape):
    """API structure `HumanLoopConfig`."""

    workteam_arn: str = observed()
    human_task_ui_arn: str = observed()
    task_description: str = observed()


class HumanLoopRequestSource(Shape):
    """API structure `HumanLoopRequestSource`."""

    aws_managed_human_loop_request_source: str = observed()


class FlowDefinition(Resource):
    """`DescribeFlowDefinition`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::FlowDefinition"
    name_member: ClassVar[str] = "FlowDefinitionName"
    arn_member: ClassVar[str] = "FlowDefinitionArn"

    flow_definition_arn: str = observed()
    flow_definition_name: str = observed()
    flow_definition_status: str = observed()
    creation_time: datetime = observed()
    human_loop_request_source: HumanLoopRequestSource | None = None
    human_loop_activation_config: HumanLoopActivationConfig | None = None
    human_loop_config: HumanLoopConfig | None = None
    output_config: FlowDefinitionOutputConfig = observed()
    role_arn: str = observed()
    tags: Items[Tag] = observed()


class CognitoConfig(Shape):
    """API structure `CognitoConfig`."""

    user_pool: str = observed()
    client_id: str = observed()


class OidcConfigForResponse(Shape):
    """API structure `OidcConfigForResponse`."""

    client_id: str | None = None
    issuer: str | None = None
    authorization_endpoint: str | None = None
    jwks_uri: str | None = None
    authentication_request_extra_params: dict[str, Maybe[str]] = Field(default_factory=dict)


class SourceIpConfig(Shape):
    """API structure `SourceIpConfig`."""

    cidrs: Items[str] = observed()


class WorkforceVpcConfigResponse(Shape):
    """API structure `WorkforceVpcConfigResponse`."""

    vpc_id: str = observed()
    security_group_ids: Items[str] = observed()
    subnets: Items[str] = observed()
    vpc_endpoint_id: str | None = None


class Workforce(Resource):
    """`DescribeWorkforce`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::Workforce"
    name_member: ClassVar[str] = "WorkforceName"
    arn_member: ClassVar[str] = "WorkforceArn"

    workforce_name: str = observed()
    workforce_arn: str = observed()
    source_ip_config: SourceIpConfig | None = None
    cognito_config: CognitoConfig | None = None
    oidc_config: OidcConfigForResponse | None = None
    workforce_vpc_config: WorkforceVpcConfigResponse | None = None
    status: str | None = None
    tags: Items[Tag] = observed()


class CognitoMemberDefinition(Shape):
    """API structure `CognitoMemberDefinition`."""

    user_pool: str = observed()
    client_id: str = observed()


class MemberDefinition(Shape):
    """API structure `MemberDefinition`."""

    cognito_member_definition: CognitoMemberDefinition | None = None


class IamPolicyConstraints(Shape):
    """API structure `IamPolicyConstraints`."""

    source_ip: str | None = None
    vpc_source_ip: str | None = None


class S3Presign(Shape):
    """API structure `S3Presign`."""

    iam_policy_constraints: IamPolicyConstraints | None = None


class WorkerAccessConfiguration(Shape):
    """API structure `WorkerAccessConfiguration`."""

    s3_presign: S3Presign | None = None


class Workteam(Resource):
    """`DescribeWorkteam`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::Workteam"
    name_member: ClassVar[str] = "WorkteamName"
    arn_member: ClassVar[str] = "WorkteamArn"

    workteam_name: str = observed()
    member_definitions: Items[MemberDefinition] = observed()
    workteam_arn: str = observed()
    workforce_arn: str | None = None
    description: str = observed()
    worker_access_configuration: WorkerAccessConfiguration | None = None
    tags: Items[Tag] = observed()
