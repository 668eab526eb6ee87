"""A case in Terraform's spelling: the plan that would create its subject, read by the source itself."""

import re
from collections.abc import Mapping
from typing import Any

from auditor.cases.facts import ACCOUNT, Stage
from auditor.cases.spell import Spelled, request_of
from auditor.model.resource import Resource
from auditor.model.unknown import Unknown
from auditor.sources.document import Document
from auditor.sources.interface import Deployment, GateContext
from auditor.sources.shapes import is_structure, members, structure_of
from auditor.sources.spelling import loose
from auditor.sources.terraform import source
from auditor.sources.terraform.table import SPELLING, kind_of

# The resources of the AWS provider that make a type of the model (provider 7.51 and its main branch, October 2026).
RESOURCES: tuple[str, ...] = tuple(
    f"aws_sagemaker_{name}"
    for name in (
        "algorithm",
        "app_image_config",
        "code_repository",
        "data_quality_job_definition",
        "device_fleet",
        "domain",
        "endpoint",
        "endpoint_configuration",
        "feature_group",
        "flow_definition",
        "hyper_parameter_tuning_job",
        "image",
        "labeling_job",
        "mlflow_app",
        "mlflow_tracking_server",
        "model",
        "model_card",
        "model_package_group",
        "monitoring_schedule",
        "notebook_instance",
        "notebook_instance_lifecycle_configuration",
        "pipeline",
        "space",
        "studio_lifecycle_config",
        "training_job",
        "user_profile",
        "workforce",
        "workteam",
    )
)
# What the provider has no argument for as yet; the source reads it as soon as there is one of the API's name.
NOT_EXPRESSIBLE: Mapping[str, tuple[str, ...]] = {
    "aws_sagemaker_domain": ("DomainSettings.DockerSettings.RootlessDocker",),
    "aws_sagemaker_endpoint_configuration": ("EnableNetworkIsolation", "VpcConfig"),
    "aws_sagemaker_mlflow_app": ("KmsKeyId",),
    "aws_sagemaker_notebook_instance": ("IpAddressType",),
    "aws_sagemaker_space": ("SpaceSettings.RemoteAccess",),
}
_LATER = {"references": ["local.later"]}
_SCRIPTS = frozenset({"OnCreate", "OnStart"})


def resource_for(kind: type[Resource]) -> str:
    """The resource of the provider that makes a type; empty where there is none."""
    return next((name for name in RESOURCES if kind_of(name) is kind), "")


def as_plan(stage: Stage) -> Spelled:
    """Read as a plan that creates the subject, with the neighbours as they are known."""
    if stage.facts is None:
        return None, stage.inventory()
    document = Document("plan.json", plan_of(stage.kind, stage.facts))
    where = Deployment(stage.partition, ACCOUNT, stage.region)
    found = source(document, GateContext(where)).collect()
    subject = next(one for one in found if isinstance(one, stage.kind))
    return subject, stage.inventory()


def plan_of(kind: type[Resource], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The plan that creates a resource with some facts; what a request has no place for is left out."""
    after, unknown, expressions = _block(request_of(kind, facts), structure_of(kind, "create") or "", kind)
    if isinstance(after.get("tags"), dict):
        after["tags_all"] = after["tags"]
    named = {"type": resource_for(kind), "name": "case", "mode": "managed", "address": f"{resource_for(kind)}.case"}
    change = {"actions": ["create"], "after": after, "after_unknown": unknown, "after_sensitive": {}}
    return {
        "format_version": "1.2",
        "resource_changes": [{**named, "change": change}],
        "configuration": {"root_module": {"resources": [{**named, "expressions": expressions}]}},
    }


def _block(
    said: Mapping[str, Any], structure: str, kind: type[Resource] | None = None
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """What a block holds after apply, what of it is unknown, and the expressions of its arguments."""
    after: dict[str, Any] = {}
    unknown: dict[str, Any] = {}
    expressions: dict[str, Any] = {}
    for member, value in said.items():
        name = _argument(member, structure, kind)
        after[name], unknown[name], expressions[name] = _value(value, members(structure)[member].code, member)
        if unknown[name] is True:
            del after[name]
    return after, unknown, expressions


def _argument(member: str, structure: str, kind: type[Resource] | None) -> str:
    renames = SPELLING.renames[kind.cfn_type if kind is not None else structure]
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", member).lower()
    if kind is None or loose(name) in renames:
        return name
    # The types whose arguments have words of their own; `name` among them.
    return next((word for word, meant in renames.items() if meant == member and word == "name"), name)


def _value(value: Any, code: str, member: str) -> tuple[Any, Any, Any]:
    if member in _SCRIPTS and isinstance(value, list) and value and isinstance(value[0], dict):
        value, code = value[0].get("Content"), "string"
    if isinstance(value, Unknown):
        return None, True, _LATER
    inner = code.lstrip("[{")
    if _pairs(value):
        value = {item["Key"]: item.get("Value", "") for item in value}
    elif is_structure(inner) and not code.startswith("{") and isinstance(value, dict | list):
        return _items(value if isinstance(value, list) else [value], inner)
    return _plain(value)


def _plain(value: Any) -> tuple[Any, Any, Any]:
    """A scalar, or a map or list of scalars."""
    if isinstance(value, dict):
        later = {key: True for key, item in value.items() if isinstance(item, Unknown)}
        return {key: item for key, item in value.items() if key not in later}, later, _LATER if later else {}
    if isinstance(value, list):
        marks = [isinstance(item, Unknown) for item in value]
        return [None if mark else item for item, mark in zip(value, marks, strict=True)], marks, _LATER
    return value, False, {"constant_value": value}


def _items(value: list[Any], structure: str) -> tuple[Any, Any, Any]:
    if any(not isinstance(item, dict) for item in value):
        # Of a list of blocks, the whole is unknown as soon as one is.
        return None, True, _LATER
    parts = [_block(item, structure) for item in value]
    return [one[0] for one in parts], [one[1] for one in parts], [one[2] for one in parts]


def _pairs(value: Any) -> bool:
    """Whether it is a list of tags, which Terraform writes as a map."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) and "Key" in one for one in value)
