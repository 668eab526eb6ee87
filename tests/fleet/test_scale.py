"""What docs/scale.md reckons with is what the functions do."""

from __future__ import annotations

import runpy
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from auditor.fleet.records import read_json
from auditor.fleet.target import audit_account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.delivery.store import Body
    from auditor.demo.server import EmbeddedAws

SCALE = runpy.run_path(str(Path(__file__).resolve().parents[2] / "docs/generate_scale.py"))


@dataclass
class Counting:
    """A store that counts what would be requests to S3."""

    inner: Any
    asked: Counter[str] = field(default_factory=Counter)

    def get(self, key: str) -> bytes | None:
        self.asked["get"] += 1
        found: bytes | None = self.inner.get(key)
        return found

    def put(self, key: str, body: Body, *, media_type: str = "", only_new: bool = False) -> bool:
        self.asked["put"] += 1
        return bool(self.inner.put(key, body, media_type=media_type, only_new=only_new))

    def list(self, prefix: str = "") -> Iterator[str]:
        found: Iterator[str] = self.inner.list(prefix)
        return found

    def exists(self, key: str) -> bool:
        self.asked["get"] += 1
        return bool(self.inner.exists(key))


def audited(fleet: Any, aws: EmbeddedAws, name: str) -> tuple[dict[str, int], Counter[str]]:
    """Requests by service, and to the store, of the first target of a list of the plan."""
    fleet.plan()
    target = read_json(fleet.store, f"runs/{fleet.run}/plan/{name}.json")[0]
    fleet.store = Counting(fleet.store)
    aws.calls.clear()
    means = replace(fleet.means(), checkpoint_seconds=60.0)
    audit_account({"target": target, "cursor": None, "attempt": 0}, means)
    services: Counter[str] = Counter()
    for (service, _), number in aws.calls.operations().items():
        services[service] += number
    return dict(services), fleet.store.asked


def test_an_empty_region_asks_what_is_reckoned(fleet: Any, aws: EmbeddedAws) -> None:
    services, objects = audited(fleet, aws, "regions")
    assert services == SCALE["EMPTY_REGION"]
    assert objects["put"] <= SCALE["PUTS"]
    assert objects["get"] <= SCALE["GETS"]


def test_what_an_account_has_once_asks_what_is_reckoned(fleet: Any, aws: EmbeddedAws) -> None:
    services, objects = audited(fleet, aws, "global")
    # A credential report that is not there at once is asked for again.
    assert services["cloudtrail"] == SCALE["GLOBAL"]["cloudtrail"]
    assert services["iam"] <= SCALE["GLOBAL"]["iam"]
    assert objects["put"] <= SCALE["PUTS"]


def test_jobs_ask_what_is_reckoned(fleet: Any, aws: EmbeddedAws, jobs: Any) -> None:
    empty, _ = audited(fleet, aws, "regions")
    jobs(300)
    fleet.run = "run-2"
    fleet.store = fleet.store.inner
    services, _ = audited(fleet, aws, "regions")
    per_thousand = (services["sagemaker"] - empty["sagemaker"]) * 1000 / 300
    assert per_thousand == pytest.approx(SCALE["PER_THOUSAND_JOBS"], rel=0.2)


def test_a_target_takes_the_transitions_that_are_reckoned() -> None:
    # In the map, AuditTarget, IsDone, Done; then AuditTarget, IsDone and GoOn for each further invocation.
    assert [SCALE["transitions"](invocations) for invocations in (1, 2, 3)] == [4, 7, 10]


def test_playing_a_run_through_never_beats_the_paper_and_more_at_once_is_never_slower() -> None:
    spans = [SCALE["played"](at_once) for at_once in (1, 10, 50, 100, 500)]
    assert spans == sorted(spans, reverse=True)
    for at_once in (1, 10, 50, 100, 500):
        assert SCALE["played"](at_once) >= SCALE["on_paper"](at_once)
    assert SCALE["played"](1) == pytest.approx(SCALE["on_paper"](1))
    assert sum(usage.regions for usage in SCALE["ORGANISATION"]) == SCALE["ACCOUNTS"] * SCALE["REGIONS"]
