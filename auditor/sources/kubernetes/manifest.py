"""What a manifest holds, as resources and gaps."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.errors import InputError
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Resource
from auditor.model.sagemaker import BY_TYPE
from auditor.model.sagemaker.pipelines import Pipeline
from auditor.model.unknown import Reason
from auditor.sources.document import Document
from auditor.sources.interface import Deployment, GateContext, surroundings
from auditor.sources.kubernetes.names import field_name
from auditor.sources.kubernetes.references import followed, renames_of
from auditor.sources.marks import RawPath
from auditor.sources.pipelines.nested import steps_of
from auditor.sources.spelling import ByName, Spelling, to_api

SPELLING = Spelling(
    "kubernetes",
    exact=field_name,
    renames=ByName(renames_of),
    no_such="the spec has no such field",
    unsaid="a manifest does not say it",
)
_GROUP = "sagemaker.services.k8s.aws"
_REGION = "services.k8s.aws/region"
_SAGEMAKER = "AWS::SageMaker::"
# What Go's templates begin with in a chart: a value, a variable or one of Helm's words.
_UNRENDERED = re.compile(
    r"\{\{-?\s*(?:[.$]|(?:include|template|tpl|if|else|end|range|with|define|toYaml|quote|default)\b)"
)


@dataclass(frozen=True, slots=True)
class ManifestSource:
    """Reads one object of Kubernetes, or a list of them.

    Args:
        document: one document of a file.
        context: where it will be applied.
    """

    document: Document
    context: GateContext = field(default_factory=GateContext)

    def collect(self) -> Iterator[Resource | Gap]:
        """What the objects ask SageMaker for; those of other groups say nothing to it.

        Raises:
            InputError: it is no object of Kubernetes, or the template of a chart.
        """
        value = self.document.value
        if not isinstance(value, dict):
            raise InputError("a manifest is an object", file=self.document.shown, line=1)
        for at, found in _objects(value, ()):
            yield from self._object(found, at)
        yield surroundings(self.document.shown, "a manifest", self.context.deployment)

    def _object(self, found: Any, at: RawPath) -> Iterator[Resource | Gap]:
        where = self.context.deployment
        if not isinstance(found, dict):
            yield self._gap(at, "an item of a list is an object", where)
            return
        group = str(found.get("apiVersion", "")).partition("/")[0]
        if "sagemaker" not in group:
            for inner in _hidden(found, at):
                yield self._gap(inner, "an object within another is not judged: write it by itself", where)
            return
        self._refuse_templates(found, at)
        where = _deployment(found, where)
        name, word = _name(found), str(found.get("kind", ""))
        kind = BY_TYPE.get(_SAGEMAKER + word) if group == _GROUP else None
        if kind is None:
            message = f"objects of kind {word!r} of {group} are not judged yet"
            yield self._gap((*at, "kind"), message, where, _SAGEMAKER + word, name)
            return
        spec = found.get("spec")
        if not isinstance(spec, dict):
            yield self._gap((*at, "spec"), "the spec of an object is an object", where, kind.cfn_type, name)
            return
        spelled = to_api(kind, followed(spec), SPELLING, (*at, "spec"))
        yield from spelled.gaps(self.document, where, name)
        made = spelled.resource(self.document, where, name)
        yield made
        if kind is Pipeline:
            yield from steps_of(made, spelled.facts.get("PipelineDefinition"), self.context.parameters)

    def _gap(self, at: RawPath, message: str, where: Deployment, kind: str = "", name: str = "") -> Gap:
        error = self.document.wrong(message, at)
        return Gap(Scope(where.account, where.region, kind, name), "", Reason.UNSUPPORTED_SYNTAX, str(error))

    def _refuse_templates(self, value: Any, at: RawPath) -> None:
        if isinstance(value, str) and _UNRENDERED.search(value):
            raise self.document.wrong("it is the template of a chart", at, "render it first: `helm template`")
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for step, item in items:
            self._refuse_templates(item, (*at, step))


def _objects(value: Mapping[str, Any], at: RawPath) -> Iterator[tuple[RawPath, Any]]:
    """The object itself, or what a List or one of its kinds (`TrainingJobList`) holds."""
    items = value.get("items")
    if not str(value.get("kind", "")).endswith("List") or not isinstance(items, list):
        yield at, value
        return
    # The items of `TrainingJobList` may leave out what the list says of all of them.
    shared = {"apiVersion": value.get("apiVersion"), "kind": str(value["kind"]).removesuffix("List")}
    for index, item in enumerate(items):
        whole = {**shared, **item} if isinstance(item, dict) and shared["kind"] else item
        if isinstance(whole, dict):
            yield from _objects(whole, (*at, "items", index))
        else:
            yield (*at, "items", index), whole


def _hidden(value: Any, at: RawPath) -> Iterator[RawPath]:
    """Where, within an object of another group, one of SageMaker's stands that no reader of this one unfolds."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        group = str(item.get("apiVersion", "")) if isinstance(item, dict) else ""
        if group.partition("/")[0].endswith(_GROUP):
            yield (*at, step)
        else:
            yield from _hidden(item, (*at, step))


def _metadata(found: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = found.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _name(found: Mapping[str, Any]) -> str:
    metadata = _metadata(found)
    name = metadata.get("name") or metadata.get("generateName")
    return name if isinstance(name, str) else ""


def _deployment(found: Mapping[str, Any], given: Deployment) -> Deployment:
    """Where an object will be: its own annotation goes before what was said of all."""
    annotations = _metadata(found).get("annotations")
    region = annotations.get(_REGION) if isinstance(annotations, dict) else None
    if not isinstance(region, str) or not region or region == given.region:
        return given
    return Deployment.of(region, given.account)
