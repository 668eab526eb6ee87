"""The rest of the platform: labeling, devices, HyperPod, MLflow, experiments on models."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.demo.sample.site import Site


def create_platform(site: Site) -> None:
    """Create what a few teams use."""
    _workers(site)
    _labeling(site)
    _devices(site)
    _cluster(site)
    _tracking(site)
    _shadow_test(site)
    _optimisation(site)


def _workers(site: Site) -> None:
    """Create a workforce and two work teams."""
    pool = {"UserPool": f"{site.region}_NwHealth1", "ClientId": "7nwhealthclientid"}
    site.create(
        "Workforce",
        400,
        WorkforceName="default",
        CognitoConfig=pool,
        SourceIpConfig={"Cidrs": ["0.0.0.0/0"]},
    )
    members = [{"CognitoMemberDefinition": {**pool, "UserGroup": "radiologists"}}]
    topic = site.arn("sns", "labeling-done")
    site.create(
        "Workteam",
        390,
        WorkteamName="radiologists",
        WorkforceName="default",
        MemberDefinitions=members,
        Description="Readers in Dublin and Lyon",
        NotificationConfiguration={"NotificationTopicArn": topic},
    )
    site.create(
        "Workteam",
        20,
        WorkteamName="students",
        WorkforceName="default",
        MemberDefinitions=members,
        Description="Summer <i>project</i>",
    )


def _labeling(site: Site) -> None:
    """Create a review flow and a labeling job."""
    team = site.arn("sagemaker", "workteam/private-crowd/radiologists")
    site.create(
        "FlowDefinition",
        60,
        FlowDefinitionName="claims-review",
        HumanLoopConfig={
            "WorkteamArn": team,
            "HumanTaskUiArn": site.arn("sagemaker", "human-task-ui/claims"),
            "TaskTitle": "Review a claim",
            "TaskDescription": "Is this claim plausible?",
            "TaskCount": 1,
        },
        OutputConfig={"S3OutputPath": "s3://northwind-fraud-data/a2i"},
        RoleArn=site.role("nw-legacy-notebooks"),
    )
    site.create(
        "LabelingJob",
        15,
        {"LabelingJobStatus": "InProgress"},
        {"Owner": "imaging-ml", "DataClass": "phi"},
        LabelingJobName="lesion-outlines",
        LabelAttributeName="lesion",
        InputConfig={"DataSource": {"S3DataSource": {"ManifestS3Uri": "s3://northwind-imaging-dicom/m.json"}}},
        OutputConfig={"S3OutputPath": "s3://northwind-imaging-dicom/labels"},
        RoleArn=site.role("nw-imaging-training"),
        HumanTaskConfig={
            "WorkteamArn": team,
            "UiConfig": {"UiTemplateS3Uri": "s3://northwind-imaging-dicom/ui.html"},
            "TaskTitle": "Outline the lesion",
            "TaskDescription": "Draw a polygon",
            "NumberOfHumanWorkersPerDataObject": 2,
            "TaskTimeLimitInSeconds": 1800,
        },
    )


def _devices(site: Site) -> None:
    """Create the fleet of scanners."""
    site.create(
        "DeviceFleet",
        180,
        DeviceFleetName="clinic-scanners",
        RoleArn=site.role("nw-edge-fleet"),
        OutputConfig={"S3OutputLocation": "s3://northwind-imaging-dicom/fleet"},
        EnableIotRoleAlias=True,
    )


def _cluster(site: Site) -> None:
    """Create a HyperPod cluster."""
    site.create(
        "Cluster",
        70,
        ClusterName="imaging-foundation",
        InstanceGroups=[
            {
                "InstanceGroupName": "workers",
                "InstanceType": "ml.p5.48xlarge",
                "InstanceCount": 4,
                "LifeCycleConfig": {
                    "SourceS3Uri": "s3://sagemaker-northwind/lifecycle",
                    "OnCreate": "on_create.sh",
                },
                "ExecutionRole": site.role("nw-imaging-research"),
                "ThreadsPerCore": 1,
            }
        ],
        VpcConfig=site.network(),
        NodeRecovery="Automatic",
    )


def _tracking(site: Site) -> None:
    """Create a tracking server and an algorithm of the company's own."""
    site.create(
        "MlflowTrackingServer",
        100,
        TrackingServerName="northwind-mlflow",
        ArtifactStoreUri="s3://northwind-recsys-data/mlflow",
        RoleArn=site.role("nw-recsys-training"),
    )
    site.create(
        "Algorithm",
        320,
        AlgorithmName="northwind-survival",
        TrainingSpecification={
            "TrainingImage": f"{site.account}.dkr.ecr.{site.region}.amazonaws.com/nw-fraud-train:survival",
            "SupportedTrainingInstanceTypes": ["ml.m5.xlarge"],
            "TrainingChannels": [
                {"Name": "train", "SupportedContentTypes": ["text/csv"], "SupportedInputModes": ["File"]}
            ],
        },
    )


def _shadow_test(site: Site) -> None:
    """Compare two models in a shadow test."""
    infrastructure = {
        "InfrastructureType": "RealTimeInference",
        "RealTimeInferenceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    names = ("fraud-transactions-v11", "fraud-transactions-v12")
    site.create(
        "InferenceExperiment",
        6,
        Name="fraud-v11-v12",
        Type="ShadowMode",
        RoleArn=site.role("nw-fraud-training"),
        EndpointName="fraud-scoring",
        ModelVariants=[
            {"ModelName": name, "VariantName": name[-3:], "InfrastructureConfig": infrastructure} for name in names
        ],
        ShadowModeConfig={
            "SourceModelVariantName": "v11",
            "ShadowModelVariants": [{"ShadowModelVariantName": "v12", "SamplingPercentage": 50}],
        },
        DataStorageConfig={"Destination": "s3://northwind-fraud-data/shadow"},
    )


def _optimisation(site: Site) -> None:
    """Ask for a recommendation, compile a model, and put two on one endpoint."""
    site.create(
        "InferenceRecommendationsJob",
        14,
        JobName="ranker-sizing",
        JobType="Default",
        RoleArn=site.role("nw-recsys-training"),
        InputConfig={"ModelName": "recsys-ranker-v3"},
    )
    site.create(
        "OptimizationJob",
        4,
        OptimizationJobName="two-tower-compile",
        RoleArn=site.role("nw-recsys-training"),
        ModelSource={"S3": {"S3Uri": "s3://northwind-recsys-data/models"}},
        DeploymentInstanceType="ml.g5.2xlarge",
        OptimizationConfigs=[{"ModelCompilationConfig": {}}],
        OutputConfig={"S3OutputLocation": "s3://northwind-recsys-data/optimized"},
        StoppingCondition={"MaxRuntimeInSeconds": 3600},
    )
    site.create(
        "InferenceComponent",
        3,
        InferenceComponentName="ranker-component",
        EndpointName="recsys-ranker",
        VariantName="primary",
        Specification={
            "ModelName": "recsys-ranker-v3",
            "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024},
        },
        RuntimeConfig={"CopyCount": 1},
    )
