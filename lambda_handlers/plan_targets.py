"""The first step of a run: which accounts and regions are audited."""

import os
from typing import Any

from auditor.fleet.functions import plan


def handler(event: Any, context: object) -> dict[str, Any]:
    """Plan a run: `{"run": name, "started": time}` in; where the lists of targets lie, and their number, out."""
    del context
    return plan(event, os.environ)
