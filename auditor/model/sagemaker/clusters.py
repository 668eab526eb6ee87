"""SageMaker clusters: the members that bear on security and operation."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from auditor.model.fields import Items, observed
from auditor.model.resource import Resource, Tag
from auditor.model.shape import Shape

from .common import VpcConfig


class ClusterAutoScalingConfigOutput(Shape):
    """API structure `ClusterAutoScalingConfigOutput`."""

    mode: str = observed()
    status: str = observed()


class AlarmDetails(Shape):
    """API structure `AlarmDetails`."""

    alarm_name: str = observed()


class DeploymentConfiguration(Shape):
    """API structure `DeploymentConfiguration`."""

    auto_rollback_configuration: Items[AlarmDetails] = ()


class ClusterAutoPatchConfigDetails(Shape):
    """API structure `ClusterAutoPatchConfigDetails`."""

    deployment_config: DeploymentConfiguration | None = None
    idle_wait_window_in_seconds: int | None = None


class ClusterInstanceRequirementDetails(Shape):
    """API structure `ClusterInstanceRequirementDetails`."""

    current_instance_types: Items[str] = ()
    desired_instance_types: Items[str] = ()


class ClusterEbsVolumeConfig(Shape):
    """API structure `ClusterEbsVolumeConfig`."""

    volume_size_in_gb: int | None = Field(default=None, alias="VolumeSizeInGB")
    volume_kms_key_id: str | None = None
    root_volume: bool | None = None


class ClusterInstanceStorageConfig(Shape):
    """API structure `ClusterInstanceStorageConfig`."""

    ebs_volume_config: ClusterEbsVolumeConfig | None = None


class ClusterInstanceTypeDetail(Shape):
    """API structure `ClusterInstanceTypeDetail`."""

    instance_type: str | None = None


class ClusterLifeCycleConfig(Shape):
    """API structure `ClusterLifeCycleConfig`."""

    source_s3_uri: str | None = None


class ScheduledUpdateConfig(Shape):
    """API structure `ScheduledUpdateConfig`."""

    schedule_expression: str = observed()
    deployment_config: DeploymentConfiguration | None = None


class ClusterInstanceGroupDetails(Shape):
    """API structure `ClusterInstanceGroupDetails`."""

    instance_type: str | None = None
    instance_requirements: ClusterInstanceRequirementDetails | None = None
    instance_type_details: Items[ClusterInstanceTypeDetail] = ()
    life_cycle_config: ClusterLifeCycleConfig | None = None
    execution_role: str | None = None
    instance_storage_configs: Items[ClusterInstanceStorageConfig] = ()
    status: str | None = None
    training_plan_arn: str | None = None
    training_plan_status: str | None = None
    override_vpc_config: VpcConfig | None = None
    scheduled_update_config: ScheduledUpdateConfig | None = None
    auto_patch_config: ClusterAutoPatchConfigDetails | None = None
    current_image_id: str | None = None
    desired_image_id: str | None = None
    current_image_release_version: str | None = None
    desired_image_release_version: str | None = None
    image_version_status: str | None = None
    software_update_status: str | None = None
    active_software_update_config: DeploymentConfiguration | None = None


class ClusterOrchestratorEksConfig(Shape):
    """API structure `ClusterOrchestratorEksConfig`."""

    cluster_arn: str = observed()


class ClusterAccountingDatabase(Shape):
    """API structure `ClusterAccountingDatabase`."""

    secret_arn: str = observed()


class ClusterOrchestratorSlurmConfig(Shape):
    """API structure `ClusterOrchestratorSlurmConfig`."""

    accounting_database: ClusterAccountingDatabase | None = None


class ClusterOrchestrator(Shape):
    """API structure `ClusterOrchestrator`."""

    eks: ClusterOrchestratorEksConfig | None = None
    slurm: ClusterOrchestratorSlurmConfig | None = None


class EnvironmentConfigDetails(Shape):
    """API structure `EnvironmentConfigDetails`."""

    s3_output_path: str | None = None


class ClusterRestrictedInstanceGroupDetails(Shape):
    """API structure `ClusterRestrictedInstanceGroupDetails`."""

    instance_type: str | None = None
    execution_role: str | None = None
    instance_storage_configs: Items[ClusterInstanceStorageConfig] = ()
    status: str | None = None
    training_plan_arn: str | None = None
    training_plan_status: str | None = None
    override_vpc_config: VpcConfig | None = None
    scheduled_update_config: ScheduledUpdateConfig | None = None
    environment_config: EnvironmentConfigDetails | None = None


class Cluster(Resource):
    """`DescribeCluster`."""

    cfn_type: ClassVar[str] = "AWS::SageMaker::Cluster"
    name_member: ClassVar[str] = "ClusterName"
    arn_member: ClassVar[str] = "ClusterArn"

    cluster_arn: str = observed()
    cluster_name: str = observed()
    cluster_status: str = observed()
    creation_time: datetime | None = None
    instance_groups: Items[ClusterInstanceGroupDetails] = observed()
    restricted_instance_groups: Items[ClusterRestrictedInstanceGroupDetails] = ()
    vpc_config: VpcConfig | None = None
    orchestrator: ClusterOrchestrator | None = None
    node_recovery: str | None = None
    node_provisioning_mode: str | None = None
    cluster_role: str | None = None
    auto_scaling: ClusterAutoScalingConfigOutput | None = None
    tags: Items[Tag] = observed()
