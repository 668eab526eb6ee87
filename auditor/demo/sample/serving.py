"""What serves: models, packages, endpoints, what watches them, and the feature store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from auditor.demo.sample.foundation import FOREIGN_KEY
from auditor.demo.sample.workspaces import key_of

if TYPE_CHECKING:
    from auditor.demo.sample.site import Site

_XGBOOST = "763104351884.dkr.ecr.{region}.amazonaws.com/sagemaker-xgboost:1.7-1"
_MONITOR_OUTPUT = {
    "MonitoringOutputs": [{"S3Output": {"S3Uri": "s3://northwind-fraud-data/monitor", "LocalPath": "/o"}}]
}
_MONITOR_CLUSTER = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}
_ANALYZER = "468650794304.dkr.ecr.{region}.amazonaws.com/sagemaker-model-monitor-analyzer"
_DIGEST = "@sha256:" + "4f" * 32

# name, role, isolated, network ("" none), artefact
_MODELS = (
    (
        "fraud-transactions-v12",
        "nw-fraud-training",
        True,
        "private",
        "s3://northwind-fraud-data/models/v12.tar.gz",
    ),
    (
        "fraud-transactions-v11",
        "nw-fraud-training",
        True,
        "private",
        "s3://northwind-fraud-data/models/v11.tar.gz",
    ),
    ("recsys-ranker-v3", "nw-recsys-training", False, "", "s3://northwind-recsys-data/models/v3.tar.gz"),
    (
        "recsys-two-tower-v7",
        "nw-recsys-training",
        False,
        "single",
        "s3://northwind-recsys-data/models/v7.tar.gz",
    ),
    (
        "lesion-unet-v2",
        "nw-imaging-training",
        True,
        "private",
        "s3://northwind-imaging-dicom/models/unet.tar.gz",
    ),
    (
        "research-demo",
        "nw-imaging-research",
        False,
        "public",
        "s3://northwind-public-models/<script>alert(4)</script>/model.tar.gz",
    ),
)


def create_serving(site: Site, home: bool) -> None:
    """Create models and endpoints; the second region serves one."""
    for row in _MODELS if home else _MODELS[:3]:
        _model(site, *row)
    _endpoints(site, home)
    if home:
        _registry(site)
        _monitoring(site)
        _inline_schedule(site)
        _features(site)
        _pipelines(site)


def _model(site: Site, name: str, role: str, isolated: bool, network: str, artefact: str) -> None:
    """Create a model."""
    image = _XGBOOST.format(region=site.region)
    container: dict[str, Any] = {"Image": image, "ModelDataUrl": artefact}
    site.create(
        "Model",
        35,
        tags={"Owner": name.split("-", 1)[0], "Stage": "prod"},
        ModelName=name,
        ExecutionRoleArn=site.role(role),
        PrimaryContainer=container if name != "recsys-two-tower-v7" else None,
        Containers=[container, {"Image": image + _DIGEST}] if name == "recsys-two-tower-v7" else None,
        EnableNetworkIsolation=isolated or None,
        VpcConfig=site.network(network) if network else None,
    )


def _variant(model: str, **members: Any) -> dict[str, Any]:
    """Return a production variant on instances, unless the members say otherwise."""
    variant = {"VariantName": "primary", "ModelName": model, **members}
    if "ServerlessConfig" not in variant:
        variant = {
            "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large",
            "InitialVariantWeight": 1.0,
            **variant,
        }
    return variant


def _capture(site: Site, key: str | None) -> dict[str, Any]:
    """Return a data capture configuration."""
    found = key_of(site, key)
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": 20,
        "DestinationS3Uri": "s3://northwind-fraud-data/capture",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        **({"KmsKeyId": found} if found else {}),
    }


def _endpoints(site: Site, home: bool) -> None:
    """Create endpoint configurations of every sort and the endpoints that use them."""
    asynchronous = {"OutputConfig": {"S3OutputPath": "s3://northwind-imaging-dicom/async"}}
    configs: dict[str, dict[str, Any]] = {
        "fraud-scoring": {
            "ProductionVariants": [_variant("fraud-transactions-v12", InitialInstanceCount=3)],
            "KmsKeyId": site.ids["key-fraud"],
            "DataCaptureConfig": _capture(site, "key-fraud"),
        },
        "recsys-ranker": {"ProductionVariants": [_variant("recsys-ranker-v3")]},
        "recsys-serverless": {
            "ProductionVariants": [
                _variant("recsys-ranker-v3", ServerlessConfig={"MemorySizeInMB": 2048, "MaxConcurrency": 20})
            ]
        },
    }
    if home:
        configs |= {
            "recsys-two-tower": {
                "ProductionVariants": [_variant("recsys-two-tower-v7", InstanceType="ml.g5.2xlarge")],
                "KmsKeyId": key_of(site, "alias/nw-platform"),
            },
            "lesion-async": {
                "ProductionVariants": [_variant("lesion-unet-v2", InstanceType="ml.g4dn.xlarge")],
                "AsyncInferenceConfig": asynchronous,
                "KmsKeyId": FOREIGN_KEY,
            },
            "fraud-shadow": {
                "ProductionVariants": [_variant("fraud-transactions-v11", InitialInstanceCount=2)],
                "ShadowProductionVariants": [_variant("fraud-transactions-v12", VariantName="shadow")],
                "KmsKeyId": key_of(site, "id-retired"),
                "DataCaptureConfig": _capture(site, None),
            },
        }
    for name, members in configs.items():
        site.create("EndpointConfig", 34, tags={"Stage": "prod"}, EndpointConfigName=f"{name}-cfg", **members)
        status = {"EndpointStatus": "Failed", "FailureReason": "Image not found"} if name == "fraud-shadow" else None
        site.create("Endpoint", 33, status, {"Stage": "prod"}, EndpointName=name, EndpointConfigName=f"{name}-cfg")


def _registry(site: Site) -> None:
    """Create model package groups with versions, one shared with another account, and a model card."""
    image = _XGBOOST.format(region=site.region)
    for group, approvals in (
        ("fraud-transactions", ("Approved", "Approved", "PendingManualApproval")),
        ("recsys", ("Rejected",)),
    ):
        created = site.create(
            "ModelPackageGroup",
            250,
            ModelPackageGroupName=group,
            ModelPackageGroupDescription='Versions <b onclick="alert(5)">of record</b>',
        )
        for index, approval in enumerate(approvals):
            site.create(
                "ModelPackage",
                60 - index * 20,
                ModelPackageGroupName=group,
                ModelApprovalStatus=approval,
                InferenceSpecification={
                    "Containers": [{"Image": image, "ModelDataUrl": f"s3://northwind-{group[:5]}-data/m.tar.gz"}],
                    "SupportedContentTypes": ["text/csv"],
                    "SupportedResponseMIMETypes": ["text/csv"],
                },
                SecurityConfig={"KmsKeyId": site.ids["key-fraud"]} if group != "recsys" and index else None,
            )
        if group == "recsys":
            statement = {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "sagemaker:DescribeModelPackageGroup",
                "Resource": created["ModelPackageGroupArn"],
            }
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            site.aws("sagemaker").put_model_package_group_policy(ModelPackageGroupName=group, ResourcePolicy=policy)
    site.create(
        "ModelCard",
        30,
        ModelCardName="fraud-transactions",
        Content=json.dumps({"model_overview": {"model_description": "Card payments"}}),
        ModelCardStatus="Approved",
    )


def _monitoring(site: Site) -> None:
    """Create job definitions of the four kinds, and schedules that name one or hold their own."""
    endpoint = {"EndpointName": "fraud-scoring", "LocalPath": "/opt/ml/processing/input"}
    image = _ANALYZER.format(region=site.region)
    clarify = f"131013547314.dkr.ecr.{site.region}.amazonaws.com/sagemaker-clarify-processing:1.0"
    truth = {"GroundTruthS3Input": {"S3Uri": "s3://northwind-fraud-data/truth"}}
    families: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
        "DataQuality": ({"ImageUri": image}, {}, True),
        "ModelQuality": ({"ImageUri": image, "ProblemType": "BinaryClassification"}, truth, False),
        "ModelBias": (
            {"ImageUri": clarify, "ConfigUri": "s3://northwind-fraud-data/bias.json"},
            truth,
            False,
        ),
        "ModelExplainability": (
            {"ImageUri": clarify, "ConfigUri": "s3://northwind-fraud-data/e.json"},
            {},
            True,
        ),
    }
    for family, (app, extra, good) in families.items():
        key = {"VolumeKmsKeyId": site.ids["key-fraud"]} if good else {}
        isolation = {"EnableNetworkIsolation": True, "EnableInterContainerTrafficEncryption": True}
        site.create(
            f"{family}JobDefinition",
            50,
            JobDefinitionName=f"fraud-{family.lower()}",
            RoleArn=site.role("nw-fraud-training"),
            JobResources={"ClusterConfig": {**_MONITOR_CLUSTER, **key}},
            NetworkConfig={**isolation, "VpcConfig": site.network()} if good else None,
            **{
                f"{family}AppSpecification": app,
                f"{family}JobInput": {"EndpointInput": endpoint, **extra},
                f"{family}JobOutputConfig": {
                    **_MONITOR_OUTPUT,
                    **({"KmsKeyId": site.ids["key-fraud"]} if good else {}),
                },
            },
        )
        site.create(
            "MonitoringSchedule",
            49,
            {"MonitoringScheduleStatus": "Scheduled" if good else "Stopped"},
            MonitoringScheduleName=f"fraud-{family.lower()}-daily",
            MonitoringScheduleConfig={
                "ScheduleConfig": {"ScheduleExpression": "cron(0 4 ? * * *)"},
                "MonitoringJobDefinitionName": f"fraud-{family.lower()}",
                "MonitoringType": family,
            },
        )


def _inline_schedule(site: Site) -> None:
    """Create a schedule that holds its own definition, without key, isolation or VPC."""
    endpoint = {"EndpointName": "recsys-ranker", "LocalPath": "/opt/ml/processing/input"}
    site.create(
        "MonitoringSchedule",
        200,
        MonitoringScheduleName="recsys-inline",
        MonitoringScheduleConfig={
            "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
            "MonitoringJobDefinition": {
                "MonitoringInputs": [{"EndpointInput": endpoint}],
                "MonitoringOutputConfig": _MONITOR_OUTPUT,
                "MonitoringResources": {"ClusterConfig": _MONITOR_CLUSTER},
                "MonitoringAppSpecification": {"ImageUri": _ANALYZER.format(region=site.region)},
                "RoleArn": site.role("nw-recsys-training"),
            },
        },
    )


def _features(site: Site) -> None:
    """Create feature groups: online with and without a key, offline, both."""
    rows: tuple[tuple[str, str | None, str | None, bool, bool], ...] = (
        ("fraud-card-features", "key-fraud", "key-fraud", True, True),
        ("recsys-sessions", None, None, True, True),
        ("imaging-studies", None, "key-imaging", False, True),
        ("recsys-live-only", "alias/nw-platform", None, True, False),
    )
    for name, online_key, offline_key, online, offline in rows:
        first, second = key_of(site, online_key), key_of(site, offline_key)
        security = {"SecurityConfig": {"KmsKeyId": first}} if first else {}
        storage = {"S3Uri": "s3://northwind-fraud-data/features", **({"KmsKeyId": second} if second else {})}
        site.create(
            "FeatureGroup",
            110,
            tags={"Owner": name.split("-", 1)[0]},
            FeatureGroupName=name,
            RecordIdentifierFeatureName="id",
            EventTimeFeatureName="at",
            FeatureDefinitions=[
                {"FeatureName": "id", "FeatureType": "String"},
                {"FeatureName": "at", "FeatureType": "Fractional"},
            ],
            RoleArn=site.role("nw-fraud-training"),
            OnlineStoreConfig={"EnableOnlineStore": True, **security} if online else None,
            OfflineStoreConfig={"S3StorageConfig": storage} if offline else None,
        )


def _pipelines(site: Site) -> None:
    """Create a pipeline with a training step, and one that runs with the wrong role."""
    step = {
        "Name": "train",
        "Type": "Training",
        "Arguments": {
            "AlgorithmSpecification": {
                "TrainingImage": _XGBOOST.format(region=site.region),
                "TrainingInputMode": "File",
            },
            "OutputDataConfig": {"S3OutputPath": "s3://northwind-fraud-data/models"},
            "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 30},
            "RoleArn": {"Get": "Parameters.Role"},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        },
    }
    definition = json.dumps(
        {"Version": "2020-12-01", "Parameters": [{"Name": "Role", "Type": "String"}], "Steps": [step]}
    )
    for name, role in (("fraud-retrain", "nw-pipelines"), ("recsys-nightly", "nw-legacy-notebooks")):
        site.create(
            "Pipeline",
            95,
            tags={"Owner": name.split("-", 1)[0]},
            PipelineName=name,
            PipelineDefinition=definition,
            PipelineDescription="Runs every night",
            ClientRequestToken=f"northwind-{name}-0000000000000000",
            RoleArn=site.role(role),
        )
