"""Telling people and programs what a run came to: metrics, a notice, events.

Each step is noted in the bucket once it is done, so that a merge that is repeated, by a retry of the state machine or
by hand, does only what is left. Between a step and its note lies a moment in which the function can be killed: each
is done at least once, and a second time in that case alone. Metrics are read with Maximum, which a repetition does
not alter; a notice names its run.
"""

import json
import logging
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from auditor.delivery.digest import Digest
from auditor.delivery.metrics import ALL_DIMENSIONS, STANDARD_DIMENSIONS, metric_lines
from auditor.delivery.notices import NoticeResult, publish, put_events
from auditor.delivery.store import ObjectStore
from auditor.delivery.totals import RunTotals
from auditor.fleet.records import Keys, read_json, write_json
from auditor.fleet.settings import FleetSettings
from auditor.fleet.speakers import Speakers

if TYPE_CHECKING:
    from collections.abc import Callable

_LOG = logging.getLogger("auditor.fleet")


def tell(store: ObjectStore, settings: FleetSettings, speakers: Speakers, totals: RunTotals, what: Digest) -> None:
    """Tell everybody who has not been told; nothing that goes wrong in it fails the run.

    A notice that could not be sent is tried again when the merge is repeated, events only where none was taken.

    Args:
        store: the report bucket, which keeps what was told under `plan/result.json`.
        settings: of the fleet.
        speakers: who is told.
        totals: the numbers of the run.
        what: what there is to tell of it.

    Raises:
        InputError: what was kept is damaged.
        StoreError: the bucket cannot be read or written.
    """
    key = Keys(what.run).plan("result")
    steps: dict[str, Callable[[], dict[str, Any]]] = {"metrics": lambda: _emit(settings, speakers, totals, what.run)}
    if speakers.topic is not None:
        steps["notice"] = lambda: _noted("notice", publish(speakers.topic, settings.topic_arn, what))
    if speakers.bus is not None:
        steps["events"] = lambda: _noted("events", put_events(speakers.bus, settings.event_bus, what))
    told = {**(read_json(store, key) or {}), "complete": what.complete}
    for name, step in steps.items():
        if not told.get(name, {}).get("done"):
            told[name] = step()
            write_json(store, key, told)


def _emit(settings: FleetSettings, speakers: Speakers, totals: RunTotals, run: str) -> dict[str, Any]:
    dimensions = ALL_DIMENSIONS if settings.metrics_per_account else STANDARD_DIMENSIONS
    lines = 0
    for line in metric_lines(totals, datetime.now(UTC), run=run, dimensions=dimensions):
        speakers.emit(line)
        lines += 1
    return {"done": True, "lines": lines}


def _noted(name: str, result: NoticeResult) -> dict[str, Any]:
    for problem in result.problems:
        _LOG.warning("%s: %s", name, json.dumps(problem))
    return {"done": bool(result.sent) or not result.problems, **asdict(result)}
