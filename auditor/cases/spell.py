"""A case in the spellings of the sources: as an API answers, as a snapshot keeps it, as files ask for it."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from auditor.cases.facts import ACCOUNT, REGIONS, Stage
from auditor.model.codec import decode, encode
from auditor.model.inventory import Inventory
from auditor.model.resource import Resource
from auditor.model.unknown import Unknown
from auditor.sources.document import Document
from auditor.sources.interface import Deployment, GateContext, Source
from auditor.sources.kubernetes.manifest import ManifestSource
from auditor.sources.kubernetes.names import field_name
from auditor.sources.pipelines.steps import KINDS as STEPS
from auditor.sources.pipelines.steps import PipelineSource
from auditor.sources.requests import resource_of
from auditor.sources.shapes import is_structure, members, structure_of, unanswered
from auditor.sources.spelling import MEANT
from auditor.sources.stepfunctions import source as machine

Spelled = tuple[Resource | None, Inventory]
Speller = Callable[[Stage], Spelled]


def as_live(stage: Stage) -> Spelled:
    """Built as the live source builds an answer."""
    return stage.subject(), stage.inventory()


def as_snapshot(stage: Stage) -> Spelled:
    """Written by the codec and read again."""
    subject, inventory = as_live(stage)
    return subject and _again(subject), Inventory((_again(one) for one in inventory), inventory.gaps())


def as_request(stage: Stage) -> Spelled:
    """Read as a CreateX request, with the neighbours as they are known."""
    if stage.facts is None:
        return None, stage.inventory()
    file = Document("case.json", {})
    where = Deployment(stage.partition, ACCOUNT, stage.region)
    return resource_of(stage.kind, request_of(stage.kind, stage.facts), file, where), stage.inventory()


def as_step(stage: Stage) -> Spelled:
    """Read as the step of a pipeline, with the neighbours as they are known."""
    if stage.facts is None:
        return None, stage.inventory()
    value = pipeline_of(stage.kind, request_of(stage.kind, stage.facts), _name_of(stage))
    return _first(PipelineSource(Document("case.json", value), _context(stage))), stage.inventory()


def as_manifest(stage: Stage) -> Spelled:
    """Read as a manifest of ACK, with the neighbours as they are known."""
    if stage.facts is None:
        return None, stage.inventory()
    value = manifest_of(stage.kind, request_of(stage.kind, stage.facts), _name_of(stage))
    document = Document("case.yaml", value, form="yaml")
    return _first(ManifestSource(document, _context(stage))), stage.inventory()


def as_state(stage: Stage) -> Spelled:
    """Read as the task of a state machine, with the neighbours as they are known."""
    if stage.facts is None:
        return None, stage.inventory()
    value = machine_of(stage.kind, request_of(stage.kind, stage.facts))
    return _first(machine(Document("case.json", value), _context(stage))), stage.inventory()


def pipeline_of(kind: type[Resource], request: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The definition of a pipeline with one step, whose job is a request."""
    word = next(word for word, made in STEPS.items() if issubclass(kind, made))
    return {"Steps": [{"Name": name, "Type": word, "Arguments": request}]}


def machine_of(kind: type[Resource], request: Mapping[str, Any]) -> dict[str, Any]:
    """A state machine with one task, which makes a request."""
    name = kind.cfn_type.rpartition("::")[2]
    task = {
        "Type": "Task",
        "Resource": f"arn:{next(iter(REGIONS))}:states:::aws-sdk:sagemaker:create{name}",
        "Parameters": request,
        "End": True,
    }
    return {"StartAt": "Make", "States": {"Make": task}}


def manifest_of(kind: type[Resource], request: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The manifest of ACK that says the same as a request."""
    return {
        "apiVersion": "sagemaker.services.k8s.aws/v1alpha1",
        "kind": kind.cfn_type.rpartition("::")[2],
        "metadata": {"name": name},
        "spec": _as_ack(request, structure_of(kind, "create") or ""),
    }


def says(spelling: str, kind: type[Resource]) -> bool:
    """Whether a source of requests has the type.

    Args:
        spelling: request, pipeline or kubernetes.
        kind: the type.
    """
    if not has_request(kind):
        return False
    if spelling == "pipeline":
        return kind in STEPS.values()
    return spelling != "kubernetes" or kind.cfn_type.rpartition("::")[2] in _ACK_KINDS


def has_request(kind: type[Resource]) -> bool:
    """Whether a CreateX request makes the type."""
    return kind.service == "sagemaker" and structure_of(kind, "create") is not None


def request_of(kind: type[Resource], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The CreateX input that says the same as some facts; what it has no place for is left out."""
    names = {meant: said for said, meant in MEANT.get(kind.cfn_type, {}).items()}
    said = {names.get(member, member): value for member, value in facts.items()}
    pruned: dict[str, Any] = _pruned(said, structure_of(kind, "create") or "")
    return pruned


def unsaid(kind: type[Resource], path: str) -> bool:
    """Whether a request has no place for an API path."""
    renamed = set(MEANT.get(kind.cfn_type, {}).values())
    bare = path.replace("[]", "")
    return any(
        (bare + ".").startswith(missing.replace("[]", "") + ".") for missing in unanswered(kind, "create") - renamed
    )


def _again(resource: Resource) -> Resource:
    return decode(json.loads(json.dumps(encode(resource))))


def _pruned(value: Any, code: str) -> Any:
    if isinstance(value, Unknown):
        return value
    if isinstance(value, list) and code.startswith("["):
        return [_pruned(item, code[1:]) for item in value]
    if isinstance(value, dict) and is_structure(code):
        known = members(code)
        return {name: _pruned(item, known[name].code) for name, item in value.items() if name in known}
    return value


def _name_of(stage: Stage) -> str:
    return stage.identity(stage.kind, stage.facts or {}).name


def _context(stage: Stage) -> GateContext:
    return GateContext(Deployment(stage.partition, ACCOUNT, stage.region))


def _first(source: Source) -> Resource:
    return next(item for item in source.collect() if isinstance(item, Resource))


def _as_ack(value: Any, code: str) -> Any:
    if isinstance(value, list) and code.startswith("["):
        return [_as_ack(item, code[1:]) for item in value]
    if isinstance(value, dict) and is_structure(code):
        return {field_name(name): _as_ack(item, members(code)[name].code) for name, item in value.items()}
    return value


# The kinds of which AWS's controller for SageMaker has a custom resource definition, and the model a type.
_ACK_KINDS = frozenset(
    {
        *("DataQualityJobDefinition", "Domain", "Endpoint", "EndpointConfig", "FeatureGroup", "InferenceComponent"),
        *("HyperParameterTuningJob", "LabelingJob", "Model", "ModelBiasJobDefinition", "ModelPackage"),
        *("ModelExplainabilityJobDefinition", "ModelPackageGroup", "ModelQualityJobDefinition", "MonitoringSchedule"),
        *("NotebookInstance", "NotebookInstanceLifecycleConfig", "Pipeline", "ProcessingJob", "Space", "TrainingJob"),
        *("TransformJob", "UserProfile"),
    }
)
SPELLINGS: Mapping[str, Speller] = {
    "kubernetes": as_manifest,
    "live": as_live,
    "pipeline": as_step,
    "request": as_request,
    "snapshot": as_snapshot,
    "stepfunctions": as_state,
}
