"""SageMaker notebooks: the members that bear on security and operation."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from auditor.model.fields import Items, observed
from auditor.model.resource import Resource, Tag
from auditor.model.sensitive import SensitiveScript
from auditor.model.shape import Shape


class InstanceMetadataServiceConfiguration(Shape):
    """API structure `InstanceMetadataServiceConfiguration`."""

    minimum_instance_metadata_service_version: str = "1"


class NotebookInstance(Resource):
    """`DescribeNotebookInstance`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::NotebookInstance"
    name_member: ClassVar[str] = "NotebookInstanceName"
    arn_member: ClassVar[str] = "NotebookInstanceArn"

    notebook_instance_arn: str = observed()
    notebook_instance_name: str = observed()
    notebook_instance_status: str | None = None
    url: str | None = None
    instance_type: str | None = None
    subnet_id: str | None = None
    security_groups: Items[str] = ()
    role_arn: str | None = None
    kms_key_id: str | None = None
    network_interface_id: str | None = None
    last_modified_time: datetime | None = None
    creation_time: datetime | None = None
    notebook_instance_lifecycle_config_name: str | None = None
    direct_internet_access: str = "Enabled"
    volume_size_in_gb: int | None = Field(default=None, alias="VolumeSizeInGB")
    accelerator_types: Items[str] = ()
    default_code_repository: str | None = None
    additional_code_repositories: Items[str] = ()
    root_access: str = "Enabled"
    # API reference, CreateNotebookInstance: "The default value is notebook-al2023-v1" (botocore 1.44).
    # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateNotebookInstance.html
    platform_identifier: str = "notebook-al2023-v1"
    instance_metadata_service_configuration: InstanceMetadataServiceConfiguration | None = None
    tags: Items[Tag] = observed()


class NotebookInstanceLifecycleHook(Shape):
    """API structure `NotebookInstanceLifecycleHook`."""

    content: SensitiveScript | None = None


class NotebookInstanceLifecycleConfig(Resource):
    """`DescribeNotebookInstanceLifecycleConfig`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::NotebookInstanceLifecycleConfig"
    name_member: ClassVar[str] = "NotebookInstanceLifecycleConfigName"
    arn_member: ClassVar[str] = "NotebookInstanceLifecycleConfigArn"

    notebook_instance_lifecycle_config_arn: str = observed()
    notebook_instance_lifecycle_config_name: str = observed()
    on_create: Items[NotebookInstanceLifecycleHook] = ()
    on_start: Items[NotebookInstanceLifecycleHook] = ()
    last_modified_time: datetime | None = None
    creation_time: datetime | None = None
    tags: Items[Tag] = observed()


class GitConfig(Shape):
    """API structure `GitConfig`."""

    repository_url: str = observed()
    secret_arn: str | None = None


class CodeRepository(Resource):
    """`DescribeCodeRepository`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::CodeRepository"
    name_member: ClassVar[str] = "CodeRepositoryName"
    arn_member: ClassVar[str] = "CodeRepositoryArn"

    code_repository_name: str = observed()
    code_repository_arn: str = observed()
    creation_time: datetime = observed()
    last_modified_time: datetime = observed()
    git_config: GitConfig | None = None
    tags: Items[Tag] = observed()
