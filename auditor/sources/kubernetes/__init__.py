"""Manifests of Kubernetes: the objects of AWS's controller for SageMaker (ACK), as the resources they ask for.

Source of the format: the custom resource definitions of `aws-controllers-k8s/sagemaker-controller`.
"""

from auditor.sources.document import Document
from auditor.sources.interface import GateContext, Source

# Workflows hold pipelines: they are another source's.
_NOT_HERE = "argoproj.io/"


def recognises(document: Document) -> bool:
    """Whether a document is an object of Kubernetes, of whatever group."""
    value = document.value
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
        return False
    version = value.get("apiVersion")
    return isinstance(version, str) and not version.startswith(_NOT_HERE)


def source(document: Document, context: GateContext) -> Source:
    """What reads a manifest."""
    # Models are loaded where there is a manifest.
    from auditor.sources.kubernetes.manifest import ManifestSource  # noqa: PLC0415

    return ManifestSource(document, context)
