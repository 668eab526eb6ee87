"""What the synthetic resources say of themselves, in botocore's spelling.

Each function draws one variant of a description from a seeded generator. ``@NAME@`` stands for the name of
the resource and ``@T0@`` … ``@T3@`` for its points in time (creation, start, end, last change; epoch seconds,
as the whole of a JSON value); ``account.py`` fills them in.
"""

import random
from typing import Any

from benchmarks import world

Body = dict[str, Any]

_INSTANCES = ("ml.m5.2xlarge", "ml.g5.2xlarge", "ml.g5.12xlarge", "ml.p4d.24xlarge", "ml.c6i.8xlarge")
_FRAMEWORKS = (
    "pytorch-training:2.5.1-gpu-py311-cu124-ubuntu22.04-sagemaker",
    "tensorflow-training:2.18.0-gpu-py310-cu125-ubuntu22.04-sagemaker",
    "huggingface-pytorch-training:2.5.1-transformers4.49.0-gpu-py311-cu124-ubuntu22.04",
)
_PHASES = (
    ("Starting", "Preparing the instances for training", "@T0@", "@T1@"),
    ("Downloading", "Downloading the training image", "@T1@", "@T1@"),
    ("Training", "Training image download completed. Training in progress.", "@T1@", "@T2@"),
    ("Uploading", "Uploading generated training model", "@T2@", "@T2@"),
    ("Completed", "Training job completed", "@T2@", "@T3@"),
)


def _chance(rng: random.Random, share: float) -> bool:
    return rng.random() < share


def vpc_config(rng: random.Random) -> Body:
    """Return a VpcConfig of one or two subnets and a security group of ``world``."""
    return {
        "SecurityGroupIds": [rng.choice(world.SECURITY_GROUPS)],
        "Subnets": sorted(rng.sample(world.SUBNETS, rng.choice((1, 2)))),
    }


def tags(rng: random.Random) -> list[Body]:
    """Return the tags of one resource, as a cost-aware company sets them."""
    pairs = {
        "team": rng.choice(("ranking", "vision", "pricing", "forecast")),
        "environment": rng.choice(("dev", "staging", "prod")),
        "cost-center": str(rng.randint(1000, 1020)),
    }
    if _chance(rng, 0.5):
        pairs["data-classification"] = rng.choice(("public", "internal", "confidential"))
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def _channel(rng: random.Random, name: str) -> Body:
    prefix = f"s3://ml-training-data/datasets/v{rng.randint(1, 40)}/{name}/"
    source = {"S3DataType": "S3Prefix", "S3Uri": prefix, "S3DataDistributionType": "FullyReplicated"}
    return {
        "ChannelName": name,
        "DataSource": {"S3DataSource": source},
        "ContentType": "application/x-parquet",
        "CompressionType": "None",
        "RecordWrapperType": "None",
    }


def _hyperparameters(rng: random.Random) -> dict[str, str]:
    return {
        "learning_rate": f"{rng.uniform(1e-5, 1e-2):.6f}",
        "epochs": str(rng.randint(1, 90)),
        "batch_size": str(2 ** rng.randint(3, 9)),
        "optimizer": rng.choice(("adamw", "sgd", "lamb")),
        "weight_decay": f"{rng.uniform(0, 0.1):.4f}",
        "warmup_steps": str(rng.randint(0, 4000)),
        "sagemaker_container_log_level": "20",
        "sagemaker_job_name": '"@NAME@"',
        "sagemaker_program": '"train.py"',
        "sagemaker_region": f'"{world.REGION}"',
        "sagemaker_submit_directory": '"s3://ml-scratch/@NAME@/source/sourcedir.tar.gz"',
    }


def _metrics(rng: random.Random) -> Body:
    regexes = {"train:loss": "loss: ([0-9.]+)", "validation:accuracy": "accuracy: ([0-9.]+)"}
    return {
        "AlgorithmSpecification": {
            "TrainingImage": rng.choice(
                [world.dlc_image(name) for name in _FRAMEWORKS] + [world.image(world.REPOSITORIES[0])]
            ),
            "TrainingInputMode": rng.choice(("File", "FastFile")),
            "MetricDefinitions": [{"Name": name, "Regex": regex} for name, regex in regexes.items()],
            "EnableSageMakerMetricsTimeSeries": True,
        },
        "FinalMetricDataList": [
            {"MetricName": name, "Value": round(rng.random(), 6), "Timestamp": "@T2@"} for name in regexes
        ],
    }


def training_job(rng: random.Random) -> Body:
    """Return a training job of about 3 kB."""
    resources: Body = {
        "InstanceType": rng.choice(_INSTANCES),
        "InstanceCount": rng.choice((1, 1, 1, 2, 4)),
        "VolumeSizeInGB": rng.choice((30, 100, 500)),
    }
    if _chance(rng, 0.6):
        resources["VolumeKmsKeyId"] = world.key_arn(rng.choice(world.KEYS))
    body: Body = {
        **_metrics(rng),
        "HyperParameters": _hyperparameters(rng),
        "RoleArn": world.role_arn(rng.choice(world.ROLES)),
        "InputDataConfig": [_channel(rng, name) for name in ("train", "validation")],
        "OutputDataConfig": {
            "KmsKeyId": world.key_arn(rng.choice(world.KEYS)) if _chance(rng, 0.7) else "",
            "S3OutputPath": "s3://ml-models/@NAME@/output",
            "CompressionType": "GZIP",
        },
        "ResourceConfig": resources,
        "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
        "SecondaryStatusTransitions": [
            {"Status": status, "StatusMessage": message, "StartTime": start, "EndTime": end}
            for status, message, start, end in _PHASES
        ],
        "EnableNetworkIsolation": _chance(rng, 0.3),
        "EnableInterContainerTrafficEncryption": _chance(rng, 0.4),
        "EnableManagedSpotTraining": _chance(rng, 0.2),
        "DebugHookConfig": {"S3OutputPath": "s3://ml-scratch/@NAME@/debug", "CollectionConfigurations": []},
        "Environment": {"STAGE": rng.choice(("dev", "prod")), "DATA_BUCKET": "ml-training-data"},
        "RemoteDebugConfig": {"EnableRemoteDebug": _chance(rng, 0.1)},
    }
    if _chance(rng, 0.6):
        body["VpcConfig"] = vpc_config(rng)
    if body["EnableManagedSpotTraining"]:
        body["CheckpointConfig"] = {
            "S3Uri": "s3://ml-checkpoints/@NAME@/",
            "LocalPath": "/opt/ml/checkpoints",
        }
    return body


def processing_job(rng: random.Random) -> Body:
    """Return a processing job with two inputs and one output."""
    cluster: Body = {"InstanceCount": 1, "InstanceType": rng.choice(_INSTANCES), "VolumeSizeInGB": 30}
    if _chance(rng, 0.5):
        cluster["VolumeKmsKeyId"] = world.key_arn(rng.choice(world.KEYS))
    network: Body = {
        "EnableInterContainerTrafficEncryption": _chance(rng, 0.4),
        "EnableNetworkIsolation": _chance(rng, 0.3),
    }
    if _chance(rng, 0.6):
        network["VpcConfig"] = vpc_config(rng)
    return {
        "ProcessingInputs": [
            {
                "InputName": name,
                "AppManaged": False,
                "S3Input": {
                    "S3Uri": f"s3://ml-scratch/@NAME@/{name}",
                    "LocalPath": f"/opt/ml/processing/{name}",
                    "S3DataType": "S3Prefix",
                    "S3InputMode": "File",
                    "S3DataDistributionType": "FullyReplicated",
                    "S3CompressionType": "None",
                },
            }
            for name in ("input", "code")
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "features",
                    "AppManaged": False,
                    "S3Output": {
                        "S3Uri": "s3://ml-features/@NAME@/",
                        "LocalPath": "/opt/ml/processing/output",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ],
            "KmsKeyId": world.key_arn(rng.choice(world.KEYS)),
        },
        "ProcessingResources": {"ClusterConfig": cluster},
        "StoppingCondition": {"MaxRuntimeInSeconds": 14400},
        "AppSpecification": {
            "ImageUri": world.image(world.REPOSITORIES[0]),
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/code/prepare.py"],
            "ContainerArguments": ["--day", "@NAME@"],
        },
        "Environment": {"STAGE": rng.choice(("dev", "prod"))},
        "NetworkConfig": network,
        "RoleArn": world.role_arn(rng.choice(world.ROLES)),
    }


def transform_job(rng: random.Random) -> Body:
    """Return a batch transform job."""
    resources: Body = {"InstanceType": rng.choice(_INSTANCES), "InstanceCount": 1}
    if _chance(rng, 0.5):
        resources["VolumeKmsKeyId"] = world.key_arn(rng.choice(world.KEYS))
    return {
        "ModelName": "pricing-model",
        "MaxConcurrentTransforms": 4,
        "MaxPayloadInMB": 6,
        "BatchStrategy": "MultiRecord",
        "Environment": {"STAGE": rng.choice(("dev", "prod"))},
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://ml-features/@NAME@/"}},
            "ContentType": "text/csv",
            "CompressionType": "None",
            "SplitType": "Line",
        },
        "TransformOutput": {
            "S3OutputPath": "s3://ml-scratch/@NAME@/predictions",
            "Accept": "text/csv",
            "AssembleWith": "Line",
            "KmsKeyId": world.key_arn(rng.choice(world.KEYS)) if _chance(rng, 0.6) else "",
        },
        "TransformResources": resources,
    }


def model(rng: random.Random) -> Body:
    """Return a model of one container."""
    body: Body = {
        "PrimaryContainer": {
            "Image": world.image(rng.choice(world.REPOSITORIES)),
            "ImageConfig": {"RepositoryAccessMode": "Platform"},
            "Mode": "SingleModel",
            "ModelDataUrl": "s3://ml-models/@NAME@/output/model.tar.gz",
            "Environment": {"SAGEMAKER_PROGRAM": "inference.py", "STAGE": rng.choice(("dev", "prod"))},
        },
        "ExecutionRoleArn": world.role_arn(rng.choice(world.ROLES)),
        "EnableNetworkIsolation": _chance(rng, 0.4),
    }
    if _chance(rng, 0.6):
        body["VpcConfig"] = vpc_config(rng)
    return body


def endpoint_config(rng: random.Random) -> Body:
    """Return an endpoint configuration of one variant, half of them with data capture."""
    body: Body = {
        "ProductionVariants": [
            {
                "VariantName": "AllTraffic",
                "ModelName": "@NAME@",
                "InitialInstanceCount": rng.choice((1, 2, 3)),
                "InstanceType": rng.choice(_INSTANCES),
                "InitialVariantWeight": 1.0,
            }
        ],
        "EnableNetworkIsolation": False,
    }
    if _chance(rng, 0.6):
        body["KmsKeyId"] = world.key_arn(rng.choice(world.KEYS))
    if _chance(rng, 0.5):
        body["DataCaptureConfig"] = {
            "EnableCapture": True,
            "InitialSamplingPercentage": 20,
            "DestinationS3Uri": "s3://ml-logs/capture/@NAME@",
            "KmsKeyId": world.key_arn(rng.choice(world.KEYS)),
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        }
    return body


def notebook_instance(rng: random.Random) -> Body:
    """Return a notebook instance, some of them open to the Internet and with root access."""
    body: Body = {
        "Url": "@NAME@.notebook.us-east-1.sagemaker.aws",
        "InstanceType": "ml.t3.medium",
        "RoleArn": world.role_arn(rng.choice(world.ROLES)),
        "DirectInternetAccess": rng.choice(("Enabled", "Disabled")),
        "VolumeSizeInGB": rng.choice((5, 50)),
        "RootAccess": rng.choice(("Enabled", "Disabled")),
        "PlatformIdentifier": rng.choice(("notebook-al2-v2", "notebook-al2-v3")),
        "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": rng.choice("12")},
        "IpAddressType": "ipv4",
    }
    if _chance(rng, 0.7):
        body["SubnetId"] = rng.choice(world.SUBNETS)
        body["SecurityGroups"] = [rng.choice(world.SECURITY_GROUPS)]
        body["NetworkInterfaceId"] = "eni-0a1b2c3d4e5f60001"
    if _chance(rng, 0.5):
        body["KmsKeyId"] = world.key_arn(rng.choice(world.KEYS))
    return body
