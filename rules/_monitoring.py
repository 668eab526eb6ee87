"""The definition of what a monitoring schedule runs: in the schedule, or named by it."""

from collections.abc import Callable
from typing import Any

from auditor.model import sagemaker as model
from auditor.model.inventory import Related
from auditor.model.unknown import CannotAssess, Reason, Unknown
from auditor.model.verdict import Fact, Verdict, Where, not_applicable

Definitions = tuple[
    Related[model.DataQualityJobDefinition],
    Related[model.ModelQualityJobDefinition],
    Related[model.ModelBiasJobDefinition],
    Related[model.ModelExplainabilityJobDefinition],
]
_TYPES = ("DataQuality", "ModelQuality", "ModelBias", "ModelExplainability")
INLINE = "MonitoringScheduleConfig.MonitoringJobDefinition"
NAME = "MonitoringScheduleConfig.MonitoringJobDefinitionName"


def judge_schedule(
    schedule: model.MonitoringSchedule, definitions: Definitions, judge: Callable[[Any], Verdict]
) -> Verdict:
    """A verdict on the definition of a schedule.

    Args:
        schedule: the schedule.
        definitions: the four kinds of named definitions.
        judge: gives a verdict on a definition, inline or named, with paths relative to it.

    Raises:
        CannotAssess: the named definition was not collected.
    """
    config = schedule.monitoring_schedule_config
    if config.monitoring_job_definition is not None:
        verdict = judge(config.monitoring_job_definition)
        return Verdict(verdict.status, verdict.message, tuple(f"{INLINE}.{path}" for path in verdict.at))
    name = config.monitoring_job_definition_name
    if not name:
        return not_applicable("the schedule has no job definition")
    if config.monitoring_type not in _TYPES:
        raise CannotAssess(Unknown(Reason.UNEXPECTED_VALUE, f"monitoring type {config.monitoring_type}"))
    definition = definitions[_TYPES.index(config.monitoring_type)].find(name)
    verdict = judge(definition)
    facts: tuple[Where, ...] = tuple(Fact(definition, path) for path in verdict.at if isinstance(path, str))
    return Verdict(verdict.status, verdict.message, (NAME, *facts) if facts else ())
