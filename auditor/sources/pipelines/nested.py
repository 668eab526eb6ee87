"""Definitions that stand as a text within something else: a template, a plan, a manifest, a request."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from auditor.errors import InputError
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Location, Observation, Origin, Resource
from auditor.model.unknown import Reason, Unknown
from auditor.sources.document import Document
from auditor.sources.interface import Deployment, GateContext, Reference
from auditor.sources.jsonfile import parse_json
from auditor.sources.marks import Mark
from auditor.sources.pipelines.steps import Made, PipelineSource

# What only deploying or running tells is no fault of the document; see `is_hole` of the assessment.
_LATER = frozenset({Reason.KNOWN_AFTER_APPLY, Reason.RUNTIME_VALUE, Reason.UNRESOLVED_REFERENCE, Reason.CROSS_ACCOUNT})


def steps_of(pipeline: Resource, definition: Any, parameters: Mapping[str, str]) -> Iterator[Resource | Gap]:
    """What the steps of a pipeline will make; a gap on the pipeline where its definition is not understood.

    The steps are called after the pipeline (`nightly.Train`), stand where its definition does, and belong to its
    scenario.

    Args:
        pipeline: the pipeline, as it was built from a file.
        definition: the raw fact `PipelineDefinition`: a text in JSON; an `Unknown` or a `Reference` where what the
            file says cannot be resolved; None where it says nothing.
        parameters: values of the pipeline's parameters that the user gave.
    """
    if definition is None:
        return
    place = pipeline.origin.of("PipelineDefinition")
    if not isinstance(definition, str) or isinstance(definition, Reference):
        yield _hidden(pipeline, place, definition)
        return
    identity = pipeline.identity
    where = Deployment(identity.partition, identity.account, identity.region)
    shown, line = (place.file, place.line) if isinstance(place, Location) else (str(place), 0)

    def there() -> Mark:
        return Mark(line)

    try:
        document = Document(shown, parse_json(definition, shown), marks=there)
        found = list(PipelineSource(document, GateContext(where, parameters), identity.name).made())
    except InputError as error:
        yield _gap(pipeline, Reason.UNSUPPORTED_SYNTAX, f"{place}: the definition is not understood: {error.message}")
        return
    for item in found:
        if isinstance(item, Made):
            yield from item.spelled.gaps(document, where, item.shown)
            yield _built(item, document, where, pipeline.origin)
        else:
            yield item


def _built(made: Made, document: Document, where: Deployment, around: Origin) -> Resource:
    resource = made.spelled.resource(document, where, made.shown)
    if not around.scenario:
        return resource
    origin = replace(resource.origin, scenario=around.scenario)
    return made.spelled.kind.build(made.spelled.facts, resource.identity, origin)


def _hidden(pipeline: Resource, place: Location | Observation, definition: Any) -> Gap:
    reason, why = Reason.UNRESOLVED_REFERENCE, "another resource tells it"
    if isinstance(definition, Unknown):
        # What is not understood of one resource is listed once more, but is no hole.
        reason = definition.reason if definition.reason in _LATER else Reason.UNSUPPORTED_SYNTAX
        why = definition.detail
    return _gap(pipeline, reason, f"{place}: the steps of the pipeline are not judged: {why}")


def _gap(pipeline: Resource, reason: Reason, detail: str) -> Gap:
    identity = pipeline.identity
    return Gap(Scope(identity.account, identity.region, identity.type, identity.name), "", reason, detail)
