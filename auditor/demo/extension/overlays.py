"""Which of moto's own SageMaker operations the extension replaces, and why.

A test proves that the extension shadows these and no others, so that an operation that a later moto gains
is not hidden by accident.
"""

from __future__ import annotations

_TIMES = "moto sets every time to now and every job to Completed; jobs must lie in the past, some running"
_STORE = "the type's other operations are the extension's, and they share one store"

# Why moto's Create, Describe and List of a type are not used (measured with moto 5.2.5).
REASONS = {
    "AutoMLJob": "moto loses AutoMLComputeConfig and has no first-version operations",
    "Cluster": "moto loses Orchestrator, NodeRecovery, RestrictedInstanceGroups, ClusterRole",
    "CompilationJob": _TIMES,
    "DataQualityJobDefinition": "moto ignores paging and filters of the list",
    "Domain": "moto loses TagPropagation, and ListTags on a domain is an internal error",
    "Endpoint": "moto does not copy AsyncInferenceConfig and shadow variants; UpdateEndpoint is missing",
    "EndpointConfig": "moto loses VpcConfig, EnableNetworkIsolation, ExecutionRoleArn, ExplainerConfig",
    "FeatureGroup": "moto loses OnlineStoreConfig; an unknown name and ListTags are internal errors",
    "HyperParameterTuningJob": _TIMES,
    "Model": "moto answers EnableNetworkIsolation False always, and its list knows no pages",
    "ModelBiasJobDefinition": "moto ignores paging and filters of the list",
    "ModelCard": _TIMES,
    "ModelExplainabilityJobDefinition": "moto loses StoppingCondition; a batch input is an internal error",
    "ModelPackage": "moto loses SecurityConfig, SkipModelValidation, ModelLifeCycle, ModelCard",
    "ModelPackageGroup": _STORE,
    "ModelQualityJobDefinition": "a batch input is an internal error in moto",
    "NotebookInstance": "moto loses the metadata service's version, and RootAccess where it is unset",
    "NotebookInstanceLifecycleConfig": "moto has no list of them",
    "Pipeline": "moto loses PipelineVersionAliases and sets every time to now",
    "ProcessingJob": "moto loses ProcessingResources (the volume key) and Environment",
    "TrainingJob": "moto loses Environment, RemoteDebugConfig, ProfilerConfig, RetryStrategy",
    "TransformJob": _TIMES,
}

# Single operations.
OPERATIONS = {
    "AddTags": _STORE,
    "DeleteTags": _STORE,
    "ListModelCardVersions": _STORE,
    "ListTags": "moto fails on domains, feature groups and unknown resources",
    "Search": "moto knows neither models nor tuning jobs nor the trial components of jobs",
    "UpdateEndpointWeightsAndCapacities": _STORE,
}
