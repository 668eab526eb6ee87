"""SageMaker pipelines: the members that bear on security and operation."""

from datetime import datetime
from typing import ClassVar

from auditor.model.fields import Items, observed
from auditor.model.resource import Resource, Tag
from auditor.model.sensitive import SensitiveText

from .common import UserContext


class Pipeline(Resource):
    """`DescribePipeline`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::Pipeline"
    name_member: ClassVar[str] = "PipelineName"
    arn_member: ClassVar[str] = "PipelineArn"

    pipeline_arn: str = observed()
    pipeline_name: str = observed()
    # It holds the environment and the hyperparameters of every step.
    pipeline_definition: SensitiveText | None = None
    pipeline_description: str | None = None
    role_arn: str | None = None
    pipeline_status: str | None = None
    creation_time: datetime | None = None
    last_modified_time: datetime | None = None
    created_by: UserContext | None = None
    last_modified_by: UserContext | None = None
    pipeline_version_display_name: str | None = None
    pipeline_version_description: str | None = None
    pipeline_version_aliases: Items[str] = ()
    tags: Items[Tag] = observed()
