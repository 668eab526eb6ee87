"""What a template will make, in every way in which it may be deployed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from auditor.model.gap import Gap, Scope
from auditor.model.resource import Identity, Location, Origin, Resource
from auditor.model.sagemaker import BY_TYPE
from auditor.model.unknown import Reason
from auditor.sources.cloudformation.cdk import inherited
from auditor.sources.cloudformation.choices import Choices, Scenario, explore
from auditor.sources.cloudformation.kinds import SPELLING, adapted
from auditor.sources.cloudformation.neighbours import NEIGHBOURS
from auditor.sources.cloudformation.resolver import Given, Resolver
from auditor.sources.cloudformation.template import MACRO, Definition, Fault, Parameter, Template, macro_name
from auditor.sources.cloudformation.world import World
from auditor.sources.document import Document
from auditor.sources.interface import GateContext, NextWorld, surroundings
from auditor.sources.marks import RawPath
from auditor.sources.shapes import structure_of
from auditor.sources.spelling import Spelled, to_api

_SAGEMAKER = "AWS::SageMaker::"
_PROCESSED = "gate the processed template"


@dataclass(frozen=True, slots=True)
class _Ready:
    """A resource that is resolved and spelled."""

    definition: Definition
    spelled: Spelled
    name: str


@dataclass(slots=True)
class _Reading:
    """What was read under one set of choices."""

    resources: list[_Ready] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    moved: dict[RawPath, RawPath] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """Reads one template.

    Args:
        document: the file's content.
        context: where it will be deployed, and with what parameters.
    """

    document: Document
    context: GateContext

    def collect(self) -> Iterator[Resource | Gap | NextWorld]:
        """Every resource in every scenario, what was not understood, and the gap that hides what is around.

        Raises:
            InputError: the document is no template.
        """
        given = Given(self.context.deployment, self.context.parameters)
        given.around = inherited(self.document, given)
        template = Template.of(self.document, lambda parameter: _fixed(parameter, given))
        yield from self._whole(template)
        explored = explore(lambda choices: _read(template, given, choices))
        if explored.cut:
            yield self._cut(explored.cut)
        around = surroundings(self.document.shown, "a template", given.deployment)
        for scenario, reading in explored.found:
            if len(explored.found) > 1:
                yield NextWorld()
            for ready in reading.resources:
                yield self._resource(template, reading, ready, scenario)
                yield from self._problems(template, reading, ready)
            for fault in reading.faults:
                yield self._fault(template, reading, fault)
            yield around

    def _whole(self, template: Template) -> Iterator[Gap]:
        """What was not understood of the template as a whole, and SageMaker's types that are not known."""
        for fault in template.faults:
            yield self._gap(template, fault)
        for macro in template.macros:
            message = f"the macro {macro_name(macro)} writes parts of the template that are not seen"
            yield self._gap(template, Fault(("Transform",), message, _PROCESSED))
        where = self.context.deployment
        for definition in template.resources.values():
            kind = BY_TYPE.get(definition.kind)
            if definition.kind.startswith(_SAGEMAKER) and (kind is None or structure_of(kind, "create") is None):
                error = self.document.wrong(
                    f"no rule knows the type {definition.kind}", template.line_path((*definition.at, "Type"))
                )
                scope = Scope(where.account, where.region, definition.kind, definition.shown)
                yield Gap(scope, "", Reason.UNSUPPORTED_SYNTAX, str(error))

    def _cut(self, subjects: tuple[str, ...]) -> Gap:
        where = self.context.deployment
        names = ", ".join(subjects)
        detail = (
            f"{self.document.shown}: too many scenarios; only those in which one of {names} at a time differs from "
            "its default were judged (give --parameters NAME=VALUE)"
        )
        return Gap(Scope(where.account, where.region), "", Reason.UNSUPPORTED_SYNTAX, detail)

    def _resource(self, template: Template, reading: _Reading, ready: _Ready, scenario: Scenario) -> Resource:
        kind, where, definition = ready.spelled.kind, self.context.deployment, ready.definition
        identity = Identity(kind.cfn_type, ready.name, "", where.partition, where.account, where.region)

        def locate(path: str) -> Location:
            at = _stands(template, reading, ready.spelled.raw_path(path))
            return Location(self.document.shown, self.document.line_of(at), definition.shown)

        origin = Origin(SPELLING.name, locate(""), locate=locate, scenario=scenario)
        return kind.build(ready.spelled.facts, identity, origin)

    def _problems(self, template: Template, reading: _Reading, ready: _Ready) -> Iterator[Gap]:
        where = self.context.deployment
        scope = Scope(where.account, where.region, ready.spelled.kind.cfn_type, ready.name)
        for problem in ready.spelled.problems:
            error = self.document.wrong(problem.message, _stands(template, reading, problem.at), problem.remedy)
            yield Gap(scope, "", Reason.UNSUPPORTED_SYNTAX, str(error))

    def _fault(self, template: Template, reading: _Reading, fault: Fault) -> Gap:
        return self._gap(template, Fault(_stands(template, reading, fault.at), fault.message, fault.remedy))

    def _gap(self, template: Template, fault: Fault) -> Gap:
        """A fault as a gap on its resource, or on the template where it is of none."""
        where = self.context.deployment
        at = template.line_path(fault.at)
        definition = (
            template.resources.get(str(fault.at[1])) if fault.at[:1] == ("Resources",) and fault.at[1:] else None
        )
        scope = Scope(where.account, where.region)
        if definition is not None:
            scope = Scope(where.account, where.region, definition.kind, definition.shown)
        return Gap(scope, "", Reason.UNSUPPORTED_SYNTAX, str(self.document.wrong(fault.message, at, fault.remedy)))


def _fixed(parameter: Parameter, given: Given) -> Any:
    """The value of a parameter for loops: given or its default."""
    told = given.value(parameter.name)
    value = parameter.default if told is None else told
    return None if value is None or parameter.stored else parameter.typed(value)


def _read(template: Template, given: Given, choices: Choices) -> _Reading:
    resolver = Resolver(template, given, choices)
    world = World(resolver)
    reading = _Reading(faults=resolver.faults, moved=resolver.moved)
    for definition in template.resources.values():
        spelled = _spelled(world, definition)
        if spelled is not None:
            reading.resources.append(_Ready(definition, spelled, resolver.name_of(definition.logical_id)))
    return reading


def _spelled(world: World, definition: Definition) -> Spelled | None:
    """The facts of a resource that is judged and will be made; else None."""
    neighbour = NEIGHBOURS.get(definition.kind)
    kind = BY_TYPE.get(definition.kind)
    known = neighbour is not None or (kind is not None and structure_of(kind, "create") is not None)
    if not known or not world.resolver.exists(definition.logical_id):
        return None
    at: RawPath = (*definition.at, "Properties")
    if MACRO in definition.properties:
        world.resolver.fault((*at, MACRO), "a macro writes properties that are not seen", _PROCESSED)
        return None
    if neighbour is not None:
        other, facts = neighbour
        shaped = facts(world, definition)
        spelled = to_api(other, shaped, SPELLING, at)
        # Of a neighbour it is known that there is none: a bucket without a policy.
        spelled.facts.update({member: None for member, value in shaped.items() if value is None})
        return spelled
    if kind is None:
        return None
    return to_api(kind, adapted(definition.kind, world.properties(definition)), SPELLING, at)


def _stands(template: Template, reading: _Reading, path: RawPath) -> RawPath:
    """Where in the document the value at a resolved path stands."""
    for end in range(len(path), 0, -1):
        start = reading.moved.get(path[:end])
        if start is not None:
            return template.line_path((*start, *path[end:]))
    return template.line_path(path)
