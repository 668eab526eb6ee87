"""Every SageMaker resource type in the model."""

from auditor.model.resource import Resource

from .automl import AutoMLJob, AutoMLJobV2
from .benchmarks import AIBenchmarkJob, AIRecommendationJob
from .clusters import Cluster
from .edge import CompilationJob, DeviceFleet, EdgePackagingJob
from .endpoints import Endpoint, EndpointConfig, InferenceComponent
from .features import FeatureGroup
from .inference import InferenceExperiment, InferenceRecommendationsJob, OptimizationJob
from .labeling import FlowDefinition, LabelingJob, Workforce, Workteam
from .models import Algorithm, Model, ModelCard, ModelPackage, ModelPackageGroup
from .monitoring import (
    DataQualityJobDefinition,
    ModelBiasJobDefinition,
    ModelExplainabilityJobDefinition,
    ModelQualityJobDefinition,
    MonitoringSchedule,
)
from .notebooks import CodeRepository, NotebookInstance, NotebookInstanceLifecycleConfig
from .partners import MlflowApp, MlflowTrackingServer, PartnerApp
from .pipelines import Pipeline
from .processing import ProcessingJob, TransformJob
from .studio import AppImageConfig, Domain, Image, Space, StudioLifecycleConfig, UserProfile
from .training import HyperParameterTuningJob, TrainingJob

RESOURCES: tuple[type[Resource], ...] = (
    NotebookInstance,
    NotebookInstanceLifecycleConfig,
    CodeRepository,
    TrainingJob,
    HyperParameterTuningJob,
    ProcessingJob,
    TransformJob,
    AutoMLJob,
    AutoMLJobV2,
    Model,
    ModelPackage,
    ModelPackageGroup,
    ModelCard,
    Algorithm,
    EndpointConfig,
    Endpoint,
    InferenceComponent,
    InferenceExperiment,
    InferenceRecommendationsJob,
    OptimizationJob,
    Domain,
    UserProfile,
    Space,
    AppImageConfig,
    StudioLifecycleConfig,
    Image,
    FeatureGroup,
    DataQualityJobDefinition,
    ModelBiasJobDefinition,
    ModelExplainabilityJobDefinition,
    ModelQualityJobDefinition,
    MonitoringSchedule,
    Pipeline,
    LabelingJob,
    FlowDefinition,
    Workforce,
    Workteam,
    CompilationJob,
    EdgePackagingJob,
    DeviceFleet,
    Cluster,
    PartnerApp,
    MlflowTrackingServer,
    MlflowApp,
    AIBenchmarkJob,
    AIRecommendationJob,
)

BY_TYPE: dict[str, type[Resource]] = {kind.cfn_type: kind for kind in RESOURCES}

__all__ = [
    "BY_TYPE",
    "RESOURCES",
    "AIBenchmarkJob",
    "AIRecommendationJob",
    "Algorithm",
    "AppImageConfig",
    "AutoMLJob",
    "AutoMLJobV2",
    "Cluster",
    "CodeRepository",
    "CompilationJob",
    "DataQualityJobDefinition",
    "DeviceFleet",
    "Domain",
    "EdgePackagingJob",
    "Endpoint",
    "EndpointConfig",
    "FeatureGroup",
    "FlowDefinition",
    "HyperParameterTuningJob",
    "Image",
    "InferenceComponent",
    "InferenceExperiment",
    "InferenceRecommendationsJob",
    "LabelingJob",
    "MlflowApp",
    "MlflowTrackingServer",
    "Model",
    "ModelBiasJobDefinition",
    "ModelCard",
    "ModelExplainabilityJobDefinition",
    "ModelPackage",
    "ModelPackageGroup",
    "ModelQualityJobDefinition",
    "MonitoringSchedule",
    "NotebookInstance",
    "NotebookInstanceLifecycleConfig",
    "OptimizationJob",
    "PartnerApp",
    "Pipeline",
    "ProcessingJob",
    "Space",
    "StudioLifecycleConfig",
    "TrainingJob",
    "TransformJob",
    "UserProfile",
    "Workforce",
    "Workteam",
]
