"""The gate as a function: an action of CodePipeline, a hook of CloudFormation, or asked about an artifact in S3."""

import os
from typing import Any

from auditor.catalog import Catalog
from auditor.delivery.artifacts import fetch, tell
from auditor.gate.hook import gate_hook, is_of_hook
from auditor.gate.pipeline import gate_event
from auditor.gate.presigned import fetch_payload
from rules import MODULES


def handler(event: Any, context: object) -> dict[str, Any]:
    """Judge an artifact; see `auditor.gate.pipeline.gate_event`; what a hook asks about, see `auditor.gate.hook`."""
    del context
    catalog = Catalog.of(MODULES)
    if is_of_hook(event):
        return gate_hook(event, os.environ, catalog, fetch_payload)
    return gate_event(event, catalog, fetch, tell)
