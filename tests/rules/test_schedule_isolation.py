"""A monitoring schedule is judged by the definition that it names (catalogue of faults, 4.13)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.engine import Judge
from auditor.model.inventory import Inventory
from auditor.model.resource import Identity, Observation, Origin, Resource
from auditor.model.sagemaker import DataQualityJobDefinition, MonitoringSchedule
from rules.network_isolation import schedule_isolation


def _build(kind: type[Any], raw: dict[str, Any]) -> Resource:
    name = raw[kind.name_member]
    identity = Identity(
        kind.cfn_type,
        name,
        f"arn:aws:sagemaker:eu-west-1:111122223333:x/{name}",
        "aws",
        "111122223333",
        "eu-west-1",
    )
    built: Resource = kind.build(raw, identity, Origin("live", Observation("sagemaker:Describe")))
    return built


@pytest.mark.parametrize(("isolated", "status"), [(True, "PASSED"), (False, "FAILED"), (None, "NOT_AVAILABLE")])
@pytest.mark.parametrize("inline", [True, False])
def test_the_definition_decides(isolated: bool | None, status: str, inline: bool) -> None:
    network = {"NetworkConfig": {"EnableNetworkIsolation": isolated}}
    if inline and isolated is None:
        status, network = "FAILED", {}
    config: dict[str, Any] = (
        {"MonitoringJobDefinition": network}
        if inline
        else {"MonitoringJobDefinitionName": "d", "MonitoringType": "DataQuality"}
    )
    schedule = _build(MonitoringSchedule, {"MonitoringScheduleName": "s", "MonitoringScheduleConfig": config})
    world = Inventory([schedule])
    if isolated is not None:
        world.add(_build(DataQualityJobDefinition, {"JobDefinitionName": "d", **network}))
    (finding,) = Judge([schedule_isolation], world, datetime(2026, 1, 15, tzinfo=UTC)).judge(schedule)
    assert finding.status == status
