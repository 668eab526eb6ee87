"""The gate as a function: a CodePipeline action, or asked directly about an artifact in S3."""

from typing import Any

from auditor.catalog import Catalog
from auditor.delivery.artifacts import fetch, tell
from auditor.gate.pipeline import gate_event
from rules import MODULES


def handler(event: Any, context: object) -> dict[str, Any]:
    """Judge an artifact; see `auditor.gate.pipeline.gate_event`."""
    del context
    return gate_event(event, Catalog.of(MODULES), fetch, tell)
