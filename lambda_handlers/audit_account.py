"""One target, an account in a region or what an account has once: invoked until it says `done`."""

import os
from typing import Any

from auditor.fleet.functions import audit


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Go on with a target, or write down that it failed; see `auditor.fleet.target.audit_account`."""
    return audit(event, os.environ, lambda: context.get_remaining_time_in_millis() / 1000)
