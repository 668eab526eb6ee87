"""What the rules on keys have in common: the row that says one of them, and where a key cannot be given."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from auditor.model import sagemaker as model
from auditor.model.instances import has_local_storage
from auditor.model.resource import Resource
from auditor.model.verdict import Severity

WHY_OUTPUT = (
    "results and models are what a thief wants; with a key of one's own, reading them needs a right on the "
    "key besides the right on the bucket, and every use is logged."
)


def applies(resource: Any) -> str:
    """For a row that applies to everything: there is never a reason against it."""
    del resource
    return ""


@dataclass(frozen=True, slots=True)
class Row:
    """A rule that asks for a key at some paths.

    Args:
        id: of the rule.
        what: what is encrypted, to be read in "… is encrypted with a KMS key".
        paths: where the types have the key.
        fix: the member to set, and how.
        why: what it is good for.
        guard: says why the rule does not apply to a resource; empty where it does.
        skip: says the same of the structure that holds the key.
        severity, controls, tags: of the rule.
    """

    id: str
    what: str
    paths: dict[type[Resource], tuple[str, ...]]
    fix: str
    why: str = WHY_OUTPUT
    guard: Callable[[Any], str] = applies
    skip: Callable[[Any], str] = applies
    severity: Severity = Severity.MEDIUM
    controls: tuple[str, ...] = ()
    tags: tuple[str, ...] = field(default=("output",))


def _local_storage(types: list[str | None]) -> str:
    known = [name for name in types if name]
    if known and all(has_local_storage(name) for name in known):
        return f"{', '.join(sorted(set(known)))} has local storage, which takes no key"
    return ""


def cluster_storage(holder: Any) -> str:
    """For any structure with an InstanceType, and training's InstanceGroups."""
    types = [holder.instance_type]
    if "instance_groups" in type(holder).model_fields:
        types += [group.instance_type for group in holder.instance_groups]
    if "instance_configs" in type(holder).model_fields:
        types += [config.instance_type for config in holder.instance_configs]
    return _local_storage(types)


def endpoint_storage(config: model.EndpointConfig) -> str:
    """CreateEndpointConfig refuses a key as soon as one variant has local storage."""
    variants = (*config.production_variants, *config.shadow_production_variants)
    based = [variant for variant in variants if variant.serverless_config is None]
    if not based:
        return "serverless variants have no volume"
    types = {variant.instance_type for variant in based if variant.instance_type}
    types |= {pool.instance_type for variant in based for pool in variant.instance_pools}
    return _local_storage([name for name in sorted(types) if has_local_storage(name)])


def sharing(settings: Any) -> str:
    """For `SharingSettings`: S3 is written to only where sharing is allowed."""
    return "" if settings.notebook_output_option == "Allowed" else "notebook output is not shared"


def capture_off(capture: Any) -> str:
    """For `DataCaptureConfig` and `DataCaptureConfigSummary` of endpoints."""
    return "" if capture.enable_capture else "data capture is off"


def core_dump(dump: Any) -> str:
    """For `CoreDumpConfig`."""
    return "" if dump.destination_s3_uri else "no core dumps are written"


def named_definition(schedule: model.MonitoringSchedule) -> str:
    """For a schedule: whether its definition is another resource, with a rule of its own."""
    config = schedule.monitoring_schedule_config
    if config.monitoring_job_definition is None:
        return "the schedule names a job definition, which is judged itself"
    return ""
