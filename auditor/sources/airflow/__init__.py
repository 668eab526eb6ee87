"""Airflow: the configurations that its SageMaker operators take, as the resources they will make.

A configuration stands alone in a file, as one request or as several under the names of what they make
(`{"Model": {…}, "Transform": {…}}`), or in the YAML of a DAG beside the name of its operator.

Source of the format: "Amazon SageMaker AI" in the documentation of apache-airflow-providers-amazon.
"""

from auditor.sources.airflow.found import has_configurations
from auditor.sources.document import Document
from auditor.sources.interface import GateContext, Source


def recognises(document: Document) -> bool:
    """Whether a document holds configurations of SageMaker operators.

    One request without a template of Jinja could be anybody's: it is a request.
    """
    return isinstance(document.value, dict) and has_configurations(document.value)


def source(document: Document, context: GateContext) -> Source:
    """What reads the configurations of a document."""
    # The walk is loaded where there are configurations.
    from auditor.sources.airflow.operators import OperatorSource  # noqa: PLC0415

    return OperatorSource(document, context)
