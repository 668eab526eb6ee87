"""Whether there is a second processor to work on."""

import os
import sys
import threading


def second_process_possible() -> bool:
    """Whether a second process can be forked, and would have a processor of its own."""
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) < len(("this", "second")):
        return False
    # A fork copies no thread but the one that asks for it.
    return threading.active_count() == 1
