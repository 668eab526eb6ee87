"""What runs and ends: training, tuning, processing, transform, AutoML, compilation and labeling jobs."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditor.demo.sample.workspaces import key_of

if TYPE_CHECKING:
    from auditor.demo.sample.site import Site

_FRAMEWORKS = "763104351884.dkr.ecr.{region}.amazonaws.com/{name}"
_PYTORCH = _FRAMEWORKS.replace("{name}", "pytorch-training:2.3.0-gpu-py311-cu121-ubuntu20.04-sagemaker")
_XGBOOST = _FRAMEWORKS.replace("{name}", "sagemaker-xgboost:1.7-1")
_CLARIFY = "131013547314.dkr.ecr.{region}.amazonaws.com/sagemaker-clarify-processing:1.0"
_HOURS = 3600.0


@dataclass(frozen=True)
class Series:
    """A kind of training job that a team runs again and again.

    Attributes:
        name: What it trains; the jobs are numbered.
        count: How many jobs.
        every: Days between two jobs; the first ran ``every`` days ago.
        role: The role's name.
        image: The image, with ``{region}``.
        instance: The instance type.
        nodes: The number of instances.
        bucket: Where the output goes.
        output_key: The key of the output, None for the bucket's own.
        volume_key: The key of the volumes.
        network: As ``Site.network``, "" for none.
        switches: Further members of the request.
        running: How many of the latest jobs still run.
        tags: Tags of every job.
    """

    name: str
    count: int
    every: float
    role: str
    image: str
    instance: str
    nodes: int
    bucket: str
    output_key: str | None
    volume_key: str | None
    network: str
    switches: dict[str, Any]
    running: int
    tags: dict[str, str]


_ISOLATED = {"EnableNetworkIsolation": True, "EnableInterContainerTrafficEncryption": True}
_HOSTILE_IMAGE = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/"><img/src=x/onerror=alert(1)>:latest'

_SERIES = (
    Series(
        "fraud-transactions-xgb", 34, 1.6, "nw-fraud-training", _XGBOOST, "ml.m5.4xlarge", 2,
        "northwind-fraud-data", "key-fraud", "key-fraud", "private", _ISOLATED, 1,
        {"Owner": "fraud-ml", "CostCenter": "4410", "DataClass": "confidential"},
    ),
    Series(
        "fraud-graph-embeddings", 9, 6.0, "nw-fraud-training", _PYTORCH, "ml.g5.12xlarge", 4,
        "northwind-fraud-data", "id-fraud", None, "private", {"EnableNetworkIsolation": True}, 1,
        {"Owner": "fraud-ml", "CostCenter": "4410"},
    ),
    Series(
        "recsys-two-tower", 30, 2.0, "nw-recsys-training", _PYTORCH, "ml.p4d.24xlarge", 2,
        "northwind-recsys-data", None, None, "",
        {
            "EnableManagedSpotTraining": True,
            "Environment": {"API_TOKEN": "not-a-real-token", "WANDB_MODE": "online"},
        },
        2, {"Owner": "recsys"},
    ),
    Series(
        "recsys-session-ranker", 16, 3.5, "nw-recsys-training", _XGBOOST, "ml.m5.2xlarge", 1,
        "northwind-recsys-data", "alias/aws/s3", "alias/nw-platform", "single", {}, 0,
        {"Owner": "recsys", "Comment": "=1+1"},
    ),
    Series(
        "imaging-lesion-unet", 12, 4.5, "nw-imaging-training", _PYTORCH, "ml.p4d.24xlarge", 4,
        "northwind-imaging-dicom", "key-imaging", "key-imaging", "private",
        {**_ISOLATED, "CheckpointConfig": {"S3Uri": "s3://northwind-imaging-dicom/checkpoints"}},
        1, {"Owner": "imaging-ml", "DataClass": "phi"},
    ),
    Series(
        "research-playground", 11, 5.0, "nw-imaging-research", _HOSTILE_IMAGE, "ml.g5.2xlarge", 1,
        "northwind-public-models", None, None, "public",
        {
            "RemoteDebugConfig": {"EnableRemoteDebug": True},
            "HyperParameters": {"note": "<script>alert(2)</script>"},
        },
        1, {"Owner": "research"},
    ),
)  # fmt: skip
_ENDED = ("Completed", "Completed", "Completed", "Failed", "Completed", "Stopped")


def create_jobs(site: Site, home: bool) -> None:
    """Create the jobs of the last sixty days; the second region runs a tenth of them."""
    for series in _SERIES:
        for index in range(series.count if home else series.count // 8):
            _training_job(site, series, index)
    _tuning(site)
    _processing(site, home)
    if home:
        _long_name(site)
        _transforms(site)
        _automl(site)
        _compilation(site)


def _training_job(site: Site, series: Series, index: int, **facts: Any) -> None:
    """Create one job of a series."""
    running = index < series.running
    days = 0.1 + index * 0.1 if running else (index + 1) * series.every
    status = "InProgress" if running else _ENDED[index % len(_ENDED)]
    if not running:
        start = site.now - days * 24 * _HOURS + 90
        facts |= {"TrainingStartTime": start, "TrainingEndTime": start + (1 + index % 5) * _HOURS}
    if status == "Failed":
        facts["FailureReason"] = "AlgorithmError: <img src=x onerror=alert(3)> CUDA out of memory"
    stopping = {"MaxRuntimeInSeconds": 86400}
    if series.switches.get("EnableManagedSpotTraining"):
        stopping["MaxWaitTimeInSeconds"] = 172800
    site.create(
        "TrainingJob",
        days,
        {"TrainingJobStatus": status, **facts},
        series.tags,
        TrainingJobName=facts.get("Name", f"{series.name}-{index + 1:03d}"),
        RoleArn=site.role(series.role),
        AlgorithmSpecification={
            "TrainingImage": series.image.format(region=site.region),
            "TrainingInputMode": "File",
        },
        InputDataConfig=[_channel(f"s3://{series.bucket}/train")],
        OutputDataConfig=_output(site, f"s3://{series.bucket}/models", series.output_key),
        ResourceConfig=_cluster(site, series.instance, series.nodes, series.volume_key),
        StoppingCondition=stopping,
        VpcConfig=site.network(series.network) if series.network else None,
        **series.switches,
    )


def _channel(uri: str) -> dict[str, Any]:
    """Return a training channel."""
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": "train", "DataSource": {"S3DataSource": source}}


def _output(site: Site, uri: str, key: str | None) -> dict[str, Any]:
    """Return where a job writes, with or without a key."""
    found = key_of(site, key)
    return {"S3OutputPath": uri, **({"KmsKeyId": found} if found else {})}


def _cluster(site: Site, instance: str, nodes: int, key: str | None) -> dict[str, Any]:
    """Return the machines of a job."""
    found = key_of(site, key)
    resources: dict[str, Any] = {"InstanceType": instance, "InstanceCount": nodes, "VolumeSizeInGB": 100}
    return {**resources, **({"VolumeKmsKeyId": found} if found else {})}


def _long_name(site: Site) -> None:
    """Create a job whose name has all 63 characters, writing to a path that a terminal would reorder."""
    site.create(
        "TrainingJob",
        9,
        TrainingJobName="quarterly-" + "r" * 44 + "-backfill",
        RoleArn=site.role("nw-legacy-notebooks"),
        AlgorithmSpecification={
            "TrainingImage": _XGBOOST.format(region=site.region),
            "TrainingInputMode": "File",
        },
        OutputDataConfig={"S3OutputPath": "s3://northwind-recsys-data/\u202egpj.exe"},
        ResourceConfig=_cluster(site, "ml.m5.large", 1, None),
        StoppingCondition={"MaxRuntimeInSeconds": 3600},
    )


def _tuning(site: Site) -> None:
    """Create a tuning job and the training jobs that are its children."""
    name = "recsys-ranker-hpo"
    definition: dict[str, Any] = {
        "AlgorithmSpecification": {
            "TrainingImage": _XGBOOST.format(region=site.region),
            "TrainingInputMode": "File",
        },
        "RoleArn": site.role("nw-recsys-training"),
        "OutputDataConfig": {"S3OutputPath": "s3://northwind-recsys-data/hpo"},
        "ResourceConfig": _cluster(site, "ml.m5.xlarge", 1, None),
        "StoppingCondition": {"MaxRuntimeInSeconds": 7200},
    }
    created = site.create(
        "HyperParameterTuningJob",
        8,
        {
            "TrainingJobStatusCounters": {
                "Completed": 8,
                "InProgress": 0,
                "RetryableError": 0,
                "NonRetryableError": 0,
                "Stopped": 0,
            },
            "ObjectiveStatusCounters": {"Succeeded": 8, "Pending": 0, "Failed": 0},
        },
        {"Owner": "recsys"},
        HyperParameterTuningJobName=name,
        HyperParameterTuningJobConfig={
            "Strategy": "Bayesian",
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 8, "MaxParallelTrainingJobs": 2},
        },
        TrainingJobDefinition=definition,
    )
    for index in range(8):
        # AWS ends such names in eight hexadecimal digits; these stay the same from run to run.
        end = zlib.crc32(f"{site.region}/{name}/{index}".encode())
        site.create(
            "TrainingJob",
            8 - index * 0.1,
            {"TuningJobArn": created["HyperParameterTuningJobArn"]},
            TrainingJobName=f"{name}-{index + 1:03d}-{end:08x}",
            **definition,
        )


def _processing(site: Site, home: bool) -> None:
    """Create processing jobs: some guarded, some not, and a Clarify analysis."""
    for index in range(14 if home else 3):
        good = index % 3 == 0
        network: dict[str, Any] = {"EnableNetworkIsolation": good}
        if good:
            network |= {"EnableInterContainerTrafficEncryption": True, "VpcConfig": site.network()}
        image = _CLARIFY if index == 1 else _XGBOOST
        bucket = "northwind-fraud-data" if good else "northwind-recsys-data"
        site.create(
            "ProcessingJob",
            0.2 if index == 2 else index * 4.0 + 1,  # noqa: PLR2004 - the third one runs
            {"ProcessingJobStatus": "InProgress" if index == 2 else _ENDED[index % 6]},  # noqa: PLR2004 - same
            {"Owner": "fraud-ml" if good else "recsys"},
            ProcessingJobName=f"{'clarify-bias' if index == 1 else 'features-daily'}-{index + 1:03d}",
            RoleArn=site.role("nw-fraud-training" if good else "nw-recsys-training"),
            AppSpecification={"ImageUri": image.format(region=site.region)},
            NetworkConfig=network if index % 4 else None,
            Environment={"STAGE": "prod", "DB_PASSWORD": "not-a-real-secret"} if index == 4 else None,  # noqa: PLR2004
            ProcessingResources={
                "ClusterConfig": _cluster(site, "ml.m5.xlarge", 1 + index % 2, "key-fraud" if good else None)
            },
            ProcessingOutputConfig={
                "Outputs": [
                    {
                        "OutputName": "features",
                        "S3Output": {
                            "S3Uri": f"s3://{bucket}/features",
                            "LocalPath": "/opt/ml/processing/output",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                ],
                **({"KmsKeyId": site.ids["key-fraud"]} if good else {}),
            },
        )


def _transforms(site: Site) -> None:
    """Create batch transform jobs; the models they name are created with the endpoints."""
    for index in range(6):
        key = (None, "key-fraud", "alias/aws/s3")[index % 3]
        found = key_of(site, key)
        bucket = "northwind-fraud-data" if found else "northwind-recsys-data"
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/score"}
        site.create(
            "TransformJob",
            0.05 if index == 0 else index * 7.0,
            {"TransformJobStatus": "InProgress" if index == 0 else "Completed"},
            TransformJobName=f"nightly-scoring-{index + 1:03d}",
            ModelName="fraud-transactions-v12" if found else "recsys-ranker-v3",
            TransformInput={"DataSource": {"S3DataSource": source}, "ContentType": "text/csv"},
            TransformOutput=_output(site, f"s3://{bucket}/scored", key),
            TransformResources={
                "InstanceType": "ml.m5.xlarge",
                "InstanceCount": 1,
                **({"VolumeKmsKeyId": found} if found and key == "key-fraud" else {}),
            },
        )


def _automl(site: Site) -> None:
    """Create AutoML jobs of both versions."""
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://northwind-recsys-data/automl"}}
    site.create(
        "AutoMLJob",
        25,
        AutoMLJobName="churn-first-try",
        InputDataConfig=[{"DataSource": source, "TargetAttributeName": "churned"}],
        OutputDataConfig={"S3OutputPath": "s3://northwind-recsys-data/automl-out"},
        RoleArn=site.role("nw-recsys-training"),
    )
    site.create(
        "AutoMLJobV2",
        5,
        AutoMLJobName="claims-tabular",
        AutoMLJobInputDataConfig=[{"ChannelType": "training", "DataSource": source}],
        OutputDataConfig=_output(site, "s3://northwind-fraud-data/automl-out", "key-fraud"),
        AutoMLProblemTypeConfig={"TabularJobConfig": {"TargetAttributeName": "claim"}},
        RoleArn=site.role("nw-fraud-training"),
        SecurityConfig={
            "VolumeKmsKeyId": site.ids["key-fraud"],
            "EnableInterContainerTrafficEncryption": True,
            "VpcConfig": site.network(),
        },
    )


def _compilation(site: Site) -> None:
    """Compile a model for the clinics' devices, and package it."""
    for index, key in enumerate((None, "key-imaging")):
        found = key_of(site, key)
        site.create(
            "CompilationJob",
            40 - index,
            CompilationJobName=f"lesion-jetson-{index + 1}",
            RoleArn=site.role("nw-imaging-training"),
            InputConfig={
                "S3Uri": "s3://northwind-imaging-dicom/models/unet.tar.gz",
                "DataInputConfig": '{"input0": [1, 3, 512, 512]}',
                "Framework": "PYTORCH",
            },
            OutputConfig={
                "S3OutputLocation": "s3://northwind-imaging-dicom/compiled",
                "TargetDevice": "jetson_xavier",
                **({"KmsKeyId": found} if found else {}),
            },
            StoppingCondition={"MaxRuntimeInSeconds": 900},
            VpcConfig=site.network() if found else None,
        )
    site.create(
        "EdgePackagingJob",
        38,
        EdgePackagingJobName="lesion-edge-1",
        CompilationJobName="lesion-jetson-1",
        ModelName="lesion-unet",
        ModelVersion="1.0",
        RoleArn=site.role("nw-imaging-training"),
        OutputConfig={"S3OutputLocation": "s3://northwind-imaging-dicom/edge"},
    )
