"""The gate as a Lambda hook: CloudFormation asks before it makes or changes something."""

import os
from typing import Any

from auditor.catalog import Catalog
from auditor.gate.hook import gate_hook
from auditor.gate.presigned import fetch_payload
from rules import MODULES


def handler(event: Any, context: object) -> dict[str, Any]:
    """Judge a resource or a template before it is deployed; see `auditor.gate.hook.gate_hook`."""
    del context
    return gate_hook(event, os.environ, Catalog.of(MODULES), fetch_payload)
