"""Which changes are judged: those of what the latest plan scans."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from change_events import OWN, REGION, Answer, event  # type: ignore[import-not-found]

from auditor.errors import InputError
from auditor.fleet import scope
from auditor.fleet.records import ScanTarget, read_json

if TYPE_CHECKING:
    from auditor.demo.server import EmbeddedAws


OTHER = "111111111111"


def state_change(account: str, region: str) -> Answer:
    arn = f"arn:aws:sagemaker:{region}:{account}:model/x"
    return {**event("SageMaker Model State Change", arn, account=account), "region": region}


@pytest.mark.parametrize(
    ("chosen", "account", "region", "why"),
    [
        ({}, OWN, REGION, ""),
        ({}, OTHER, REGION, "not among those"),
        ({"accounts": (OTHER,)}, OTHER, REGION, ""),
        ({"accounts": (OTHER,)}, OWN, REGION, "not among those"),
        ({"organization": True}, OTHER, REGION, ""),
        ({}, OWN, "eu-central-1", "not among the regions"),
        ({"regions": ("all",)}, OWN, "eu-central-1", ""),
    ],
)
def test_before_the_first_plan_the_settings_say_what_is_judged(
    chosen: Any, account: str, region: str, why: str, fleet: Any, change: Any, aws: EmbeddedAws
) -> None:
    fleet.settings = replace(fleet.settings, role_name="auditor", **chosen)
    answer = change(state_change(account, region))
    assert answer["status"] == ("ignored" if why else "gone")
    assert why in answer["reason"]
    if why:
        # Whoever floods the bus from there costs no request, and no role is assumed.
        assert aws.calls.all() == []


def test_what_the_latest_plan_leaves_out_is_not_judged(fleet: Any, change: Any) -> None:
    fleet.settings = replace(fleet.settings, role_name="auditor", organization=True, regions=("all",))
    planned = [target(OWN, "global"), target(OWN, REGION), target(OTHER, "global")]
    scope.write_scope(fleet.store, "run-7", planned)
    assert change(state_change(OWN, REGION))["status"] == "gone"
    left_out = change(state_change(OWN, "eu-central-1"))
    assert left_out == {
        "status": "ignored",
        "reason": f"the plan of run run-7 leaves out eu-central-1 of account {OWN}",
    }
    # Its role could not be assumed then: which regions it has nobody knows.
    assert change(state_change(OTHER, "eu-central-1"))["status"] == "gone"
    assert "leaves out account 222222222222" in change(state_change("222222222222", REGION))["reason"]


def target(account: str, place: str) -> ScanTarget:
    kind = "global" if place == "global" else "region"
    return ScanTarget("run-7", "aws", account, REGION if kind == "global" else place, "", "", kind)


def test_a_plan_is_read_once_in_five_minutes(fleet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(fleet.settings, organization=True, role_name="auditor", regions=("all",))
    clock = [1000.0]
    monkeypatch.setattr("auditor.fleet.scope.time.monotonic", lambda: clock[0])

    def asked() -> str:
        return scope.left_out(settings, fleet.store, OWN, OTHER, REGION)

    assert asked() == ""
    scope.write_scope(fleet.store, "run-7", [target(OWN, REGION)])
    assert asked() == ""
    clock[0] += 301
    assert "run-7" in asked()


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"run": "x", "places": []}', b'{"places": {}}', b'{"places": {"a": 1}}']
)
def test_a_damaged_note_is_named(body: bytes, fleet: Any) -> None:
    fleet.store.put(scope.KEY, body)
    with pytest.raises(InputError, match=r"plan/latest\.json"):
        scope.left_out(fleet.settings, fleet.store, OWN, OWN, REGION)


def test_the_planner_leaves_a_note_of_what_it_planned(fleet: Any) -> None:
    fleet.plan()
    assert read_json(fleet.store, scope.KEY) == {
        "run": fleet.run,
        "places": {OWN: sorted(["eu-west-1", "us-east-1"])},
    }
