"""One resource that was made or changed, judged as soon as EventBridge tells of it."""

import os
from typing import Any

from auditor.fleet.functions import change


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Judge the resource that an event speaks of; see `auditor.fleet.change.audit_change`."""
    return change(event, os.environ, lambda: context.get_remaining_time_in_millis() / 1000)
