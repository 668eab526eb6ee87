"""Which component makes what, and which member of the request each argument of version 1 is.

Source: `component.yaml` and the specs of the components under components/aws/sagemaker of kubeflow/pipelines.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from auditor.model.resource import Resource
from auditor.model.sagemaker import BY_TYPE
from auditor.model.sagemaker.endpoints import EndpointConfig
from auditor.model.sagemaker.models import Model
from auditor.model.sagemaker.processing import ProcessingJob, TransformJob
from auditor.model.sagemaker.training import HyperParameterTuningJob, TrainingJob

# `train/src/sagemaker_training_component.py`, and before it `train.py`.
_FIRST = re.compile(r"(?:.*/)?(\w+)/src/sagemaker_\w+_component\.py|(?:.*/)?(\w+)\.py")
# `TrainingJob/src/TrainingJob_component.py`; `Modelv2` is a second one of a kind.
_SECOND = re.compile(r"(?:.*/)?(?P<kind>[A-Z]\w*?)(?:v\d)?/src/\w+_component\.py")


class Component(NamedTuple):
    """A component. Args: kind: None where what it makes is not judged; word: its name; paths: of version 1."""

    kind: type[Resource] | None
    word: str
    paths: Mapping[str, str] | None


def _cluster(at: str) -> dict[str, str]:
    return {
        "instance_type": f"{at}.InstanceType",
        "instance_count": f"{at}.InstanceCount",
        "volume_size": f"{at}.VolumeSizeInGB",
        "resource_encryption_key": f"{at}.VolumeKmsKeyId",
    }


def _network(at: str = "") -> dict[str, str]:
    return {
        "vpc_security_group_ids": f"{at}VpcConfig.SecurityGroupIds",
        "vpc_subnets": f"{at}VpcConfig.Subnets",
        "network_isolation": f"{at}EnableNetworkIsolation",
        "traffic_encryption": f"{at}EnableInterContainerTrafficEncryption",
    }


def _training(at: str = "") -> dict[str, str]:
    return {
        "role": f"{at}RoleArn",
        "image": f"{at}AlgorithmSpecification.TrainingImage",
        "algorithm_name": f"{at}AlgorithmSpecification.AlgorithmName",
        "training_input_mode": f"{at}AlgorithmSpecification.TrainingInputMode",
        "channels": f"{at}InputDataConfig",
        "output_encryption_key": f"{at}OutputDataConfig.KmsKeyId",
        "max_run_time": f"{at}StoppingCondition.MaxRuntimeInSeconds",
        "spot_instance": f"{at}EnableManagedSpotTraining",
        "checkpoint_config": f"{at}CheckpointConfig",
        "environment": f"{at}Environment",
        **_cluster(f"{at}ResourceConfig"),
        **_network(at),
    }


_TRAIN = {
    **_training(),
    "job_name": "TrainingJobName",
    "model_artifact_path": "OutputDataConfig.S3OutputPath",
    "hyperparameters": "HyperParameters",
    "debug_hook_config": "DebugHookConfig",
    "debug_rule_config": "DebugRuleConfigurations",
    "tags": "Tags",
}
_TUNE = {
    **_training("TrainingJobDefinition."),
    "job_name": "HyperParameterTuningJobName",
    "output_location": "TrainingJobDefinition.OutputDataConfig.S3OutputPath",
    "static_parameters": "TrainingJobDefinition.StaticHyperParameters",
    "max_num_jobs": "HyperParameterTuningJobConfig.ResourceLimits.MaxNumberOfTrainingJobs",
    "max_parallel_jobs": "HyperParameterTuningJobConfig.ResourceLimits.MaxParallelTrainingJobs",
    "tags": "Tags",
}
_PROCESS = {
    "job_name": "ProcessingJobName",
    "role": "RoleArn",
    "image": "AppSpecification.ImageUri",
    "container_entrypoint": "AppSpecification.ContainerEntrypoint",
    "container_arguments": "AppSpecification.ContainerArguments",
    "environment": "Environment",
    "input_config": "ProcessingInputs",
    "output_config": "ProcessingOutputConfig.Outputs",
    "output_encryption_key": "ProcessingOutputConfig.KmsKeyId",
    "max_run_time": "StoppingCondition.MaxRuntimeInSeconds",
    "tags": "Tags",
    **_cluster("ProcessingResources.ClusterConfig"),
    **_network("NetworkConfig."),
}
_TRANSFORM = {
    "job_name": "TransformJobName",
    "model_name": "ModelName",
    "environment": "Environment",
    "input_location": "TransformInput.DataSource.S3DataSource.S3Uri",
    "output_location": "TransformOutput.S3OutputPath",
    "output_encryption_key": "TransformOutput.KmsKeyId",
    "instance_type": "TransformResources.InstanceType",
    "instance_count": "TransformResources.InstanceCount",
    "resource_encryption_key": "TransformResources.VolumeKmsKeyId",
    "tags": "Tags",
}
_MODEL = {
    "model_name": "ModelName",
    "role": "ExecutionRoleArn",
    "image": "PrimaryContainer.Image",
    "model_artifact_url": "PrimaryContainer.ModelDataUrl",
    "environment": "PrimaryContainer.Environment",
    "model_package": "PrimaryContainer.ModelPackageName",
    "container_host_name": "PrimaryContainer.ContainerHostname",
    "secondary_containers": "Containers",
    "tags": "Tags",
    **{name: path for name, path in _network().items() if name != "traffic_encryption"},
}
# A second and third variant are there where they name a model.
_DEPLOY = {
    "endpoint_config_name": "EndpointConfigName",
    "resource_encryption_key": "KmsKeyId",
    "endpoint_config_tags": "Tags",
    **{
        f"{name}_{number}": f"ProductionVariants.{number}.{member}"
        for number in (1, 2, 3)
        for name, member in (
            ("variant_name", "VariantName"),
            ("model_name", "ModelName"),
            ("initial_instance_count", "InitialInstanceCount"),
            ("instance_type", "InstanceType"),
        )
    },
}
_VERSION_1: Mapping[str, Component] = {
    "train": Component(TrainingJob, "train", _TRAIN),
    "hyperparameter_tuning": Component(HyperParameterTuningJob, "hyperparameter_tuning", _TUNE),
    "process": Component(ProcessingJob, "process", _PROCESS),
    "batch_transform": Component(TransformJob, "batch_transform", _TRANSFORM),
    "model": Component(Model, "model", _MODEL),
    "create_model": Component(Model, "model", _MODEL),
    "deploy": Component(EndpointConfig, "deploy", _DEPLOY),
    **{word: Component(None, word, None) for word in ("ground_truth", "workteam", "rlestimator")},
}


def component_of(command: tuple[str, ...]) -> Component | None:
    """The component that a container runs; None where it is none of SageMaker's.

    Args:
        command: its image and the words of its command.
    """
    image = command[0] if command else ""
    for word in command:
        second = _SECOND.fullmatch(word)
        if second is not None:
            kind = BY_TYPE.get(f"AWS::SageMaker::{second['kind']}")
            return Component(kind, second["kind"], None) if kind or "sagemaker" in image else None
        first = _FIRST.fullmatch(word)
        known = _VERSION_1.get(first[1] or first[2]) if first is not None else None
        # Any program may be called train.py.
        if known is not None and ("sagemaker" in word or "sagemaker" in image):
            return known
    return None
