"""A case of a rule, written as a CloudFormation template and read back."""

from collections.abc import Mapping
from typing import Any

from cfn_schemas import paths, sagemaker_types  # type: ignore[import-not-found]

from auditor.cases.facts import ACCOUNT, Stage
from auditor.cases.spell import has_request, request_of
from auditor.model.inventory import Inventory
from auditor.model.resource import Resource
from auditor.model.unknown import Unknown
from auditor.sources.cloudformation import source
from auditor.sources.cloudformation.kinds import SPELLING
from auditor.sources.document import Document
from auditor.sources.interface import Deployment, GateContext
from auditor.sources.shapes import is_structure, members, structure_of
from auditor.sources.spelling import MEANT


def has_template(kind: type[Resource]) -> bool:
    """Whether CloudFormation has the type."""
    return has_request(kind) and kind.cfn_type in sagemaker_types()


def expressible(kind: type[Resource], path: str) -> bool:
    """Whether a property, or properties within it, can say an API path."""
    said, _ = paths(kind.cfn_type)
    bare = path.replace("[]", "").partition("[")[0]
    return any(one == bare or one.startswith(f"{bare}.") for one in said)


def as_template(stage: Stage) -> tuple[Resource | None, Inventory]:
    """The subject as a template says it, with the neighbours as they are known."""
    if stage.facts is None:
        return None, stage.inventory()
    properties = template_of(stage.kind, stage.facts)
    body = {"Resources": {"Subject": {"Type": stage.kind.cfn_type, "Properties": properties}}}
    where = Deployment(stage.partition, ACCOUNT, stage.region)
    found = source(Document("case.json", body), GateContext(where)).collect()
    (subject,) = [item for item in found if isinstance(item, Resource)]
    return subject, stage.inventory()


def template_of(kind: type[Resource], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that say the same as some facts; what CloudFormation has no property for is left out."""
    code = structure_of(kind, "create") or ""
    meant = MEANT.get(kind.cfn_type, {})
    out: dict[str, Any] = _spelled(request_of(kind, facts), code, kind.cfn_type, "", meant)
    if kind.cfn_type == "AWS::SageMaker::Pipeline" and isinstance(out.get("PipelineDefinition"), str):
        out["PipelineDefinition"] = {"PipelineDefinitionBody": out["PipelineDefinition"]}
    return out


def _spelled(value: Any, code: str, kind: str, path: str, meant: Mapping[str, str]) -> Any:
    if isinstance(value, Unknown):
        return {"Fn::ImportValue": value.detail}
    if isinstance(value, list):
        return [_spelled(item, code.removeprefix("["), kind, path, meant) for item in value]
    if isinstance(value, dict) and is_structure(code):
        renames = SPELLING.renames.get(kind if not path else code, {})
        back = {member: name for name, member in renames.items() if member}
        said, _ = paths(kind)
        out = {}
        for name, item in value.items():
            here = f"{path}.{name}".lstrip(".")
            if here in said:
                out[back.get(name, name)] = _spelled(item, members(code)[name].code, kind, here, meant)
        return out
    if isinstance(value, dict):
        return {key: _spelled(item, code.removeprefix("{"), kind, path, meant) for key, item in value.items()}
    return value
