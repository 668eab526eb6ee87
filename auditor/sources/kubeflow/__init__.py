"""Compiled pipelines of Kubeflow, as PipelineSpec or as a workflow of Argo: what SageMaker's components will make.

Source of the formats: the components under `components/aws/sagemaker` of kubeflow/pipelines, version 1 (arguments
of their own, `table.py`) and version 2 (the fields of ACK in snake case), and the pipeline spec of its SDK.
"""

from auditor.sources.document import Document
from auditor.sources.interface import GateContext, Source


def recognises(document: Document) -> bool:
    """Whether a document is a compiled pipeline."""
    value = document.value
    if not isinstance(value, dict):
        return False
    if isinstance(value.get("pipelineInfo"), dict) and isinstance(value.get("root"), dict):
        return True
    version = value.get("apiVersion")
    return isinstance(version, str) and version.startswith("argoproj.io/") and isinstance(value.get("spec"), dict)


def source(document: Document, context: GateContext) -> Source:
    """What reads a compiled pipeline."""
    # Models are loaded where there is a pipeline.
    from auditor.sources.kubeflow.compiled import CompiledSource  # noqa: PLC0415

    return CompiledSource(document, context)
