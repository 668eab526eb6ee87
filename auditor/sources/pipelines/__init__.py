"""Definitions of SageMaker Pipelines in JSON: each step as the resource that it will make.

Source of the format: "SageMaker Pipeline Definition JSON Schema" (aws-sagemaker-mlops), and the step types of the
SageMaker Python SDK. The published schema lags behind the API, so that nothing is validated against it.
"""

from typing import Any

from auditor.sources.document import Document
from auditor.sources.interface import GateContext, Source


def recognises(document: Document) -> bool:
    """Whether a document is the definition of a pipeline: a list of steps, each with a name and a type."""
    value = document.value
    if not isinstance(value, dict) or not isinstance(value.get("Steps"), list):
        return False
    steps: list[Any] = value["Steps"]
    return "Version" in value if not steps else any(isinstance(step, dict) and "Type" in step for step in steps)


def source(document: Document, context: GateContext) -> Source:
    """What reads the definition of a document."""
    # Models are loaded where there is a definition.
    from auditor.sources.pipelines.steps import PipelineSource  # noqa: PLC0415

    return PipelineSource(document, context)
