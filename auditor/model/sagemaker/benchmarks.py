"""SageMaker benchmarks: the members that bear on security and operation."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from auditor.model.fields import Items, observed
from auditor.model.resource import Resource, Tag
from auditor.model.sensitive import SensitiveMap
from auditor.model.shape import Shape

from .common import VpcConfig


class AIBenchmarkNetworkConfig(Shape):
    """API structure `AIBenchmarkNetworkConfig`."""

    vpc_config: VpcConfig | None = None


class AICloudWatchLogs(Shape):
    """API structure `AICloudWatchLogs`."""

    log_group_arn: str | None = None
    log_stream_name: str | None = None


class AIMlflowConfig(Shape):
    """API structure `AIMlflowConfig`."""

    mlflow_resource_arn: str = observed()
    mlflow_experiment_name: str | None = None
    mlflow_run_name: str | None = None


class AIBenchmarkOutputResult(Shape):
    """API structure `AIBenchmarkOutputResult`."""

    s3_output_location: str = observed()
    cloud_watch_logs: Items[AICloudWatchLogs] = ()
    mlflow_config: AIMlflowConfig | None = None


class AIBenchmarkJob(Resource):
    """`DescribeAIBenchmarkJob`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::AIBenchmarkJob"
    name_member: ClassVar[str] = "AIBenchmarkJobName"
    arn_member: ClassVar[str] = "AIBenchmarkJobArn"
    status_field: ClassVar[str] = "ai_benchmark_job_status"
    ended_statuses: ClassVar[frozenset[str]] = frozenset({"Completed", "Failed", "Stopped"})

    ai_benchmark_job_name: str = observed("AIBenchmarkJobName")
    ai_benchmark_job_arn: str = observed("AIBenchmarkJobArn")
    ai_benchmark_job_status: str = observed("AIBenchmarkJobStatus")
    output_config: AIBenchmarkOutputResult = observed()
    role_arn: str = observed()
    network_config: AIBenchmarkNetworkConfig | None = None
    creation_time: datetime = observed()
    tags: Items[Tag] = observed()


class AIAdapterModelPackageEntry(Shape):
    """API structure `AIAdapterModelPackageEntry`."""

    model_package_arn: str = observed()


class AIAdapterS3Entry(Shape):
    """API structure `AIAdapterS3Entry`."""

    s3_uri: str = observed()


class AIAdapterSource(Shape):
    """API structure `AIAdapterSource`."""

    model_package_arns: Items[AIAdapterModelPackageEntry] = ()
    s3_uris: Items[AIAdapterS3Entry] = ()


class AIModelSourceS3(Shape):
    """API structure `AIModelSourceS3`."""

    s3_uri: str | None = None


class AIModelSource(Shape):
    """API structure `AIModelSource`."""

    s3: AIModelSourceS3 | None = None


class AIRecommendationAdapterDetails(Shape):
    """API structure `AIRecommendationAdapterDetails`."""

    model_package_arns: Items[AIAdapterModelPackageEntry] = observed()
    s3_uris: Items[AIAdapterS3Entry] = observed()


class AIRecommendationDeploymentS3Channel(Shape):
    """API structure `AIRecommendationDeploymentS3Channel`."""

    uri: str | None = None


class AIRecommendationDeploymentConfiguration(Shape):
    """API structure `AIRecommendationDeploymentConfiguration`."""

    s3: Items[AIRecommendationDeploymentS3Channel] = ()
    image_uri: str | None = None
    instance_type: str | None = None
    instance_count: int | None = None
    environment_variables: SensitiveMap = Field(default_factory=dict)


class AIRecommendationInstanceDetail(Shape):
    """API structure `AIRecommendationInstanceDetail`."""

    instance_type: str | None = None
    instance_count: int | None = None


class AIRecommendationModelDetails(Shape):
    """API structure `AIRecommendationModelDetails`."""

    model_package_arn: str | None = None
    instance_details: Items[AIRecommendationInstanceDetail] = ()


class AIRecommendation(Shape):
    """API structure `AIRecommendation`."""

    recommendation_description: str | None = None
    model_details: AIRecommendationModelDetails | None = None
    deployment_configuration: AIRecommendationDeploymentConfiguration | None = None
    ai_benchmark_job_arn: str | None = Field(default=None, alias="AIBenchmarkJobArn")
    adapter_details: AIRecommendationAdapterDetails | None = None


class AIRecommendationComputeSpec(Shape):
    """API structure `AIRecommendationComputeSpec`."""

    instance_types: Items[str] = ()


class AIRecommendationOutputResult(Shape):
    """API structure `AIRecommendationOutputResult`."""

    s3_output_location: str = observed()
    model_package_group_identifier: str | None = None
    mlflow_config: AIMlflowConfig | None = None


class AIRecommendationJob(Resource):
    """`DescribeAIRecommendationJob`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::AIRecommendationJob"
    name_member: ClassVar[str] = "AIRecommendationJobName"
    arn_member: ClassVar[str] = "AIRecommendationJobArn"
    status_field: ClassVar[str] = "ai_recommendation_job_status"
    ended_statuses: ClassVar[frozenset[str]] = frozenset({"Completed", "Failed", "Stopped"})

    ai_recommendation_job_name: str = observed("AIRecommendationJobName")
    ai_recommendation_job_arn: str = observed("AIRecommendationJobArn")
    ai_recommendation_job_status: str = observed("AIRecommendationJobStatus")
    model_source: AIModelSource = observed()
    output_config: AIRecommendationOutputResult = observed()
    recommendations: Items[AIRecommendation] = ()
    role_arn: str = observed()
    compute_spec: AIRecommendationComputeSpec | None = None
    adapter_source: AIAdapterSource | None = None
    creation_time: datetime = observed()
    tags: Items[Tag] = observed()
