"""What a template will make, in every way in which it may be deployed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from auditor.model.gap import Gap, Scope
from auditor.model.resource import Identity, Location, Origin, Resource
from auditor.model.unknown import Reason
from auditor.sources.cloudformation.cdk import inherited
from auditor.sources.cloudformation.choices import Scenario
from auditor.sources.cloudformation.given import Given
from auditor.sources.cloudformation.kinds import SPELLING
from auditor.sources.cloudformation.machines import machines
from auditor.sources.cloudformation.readings import PIPELINE, PROCESSED, Entry, Readings
from auditor.sources.cloudformation.template import Fault, Template, macro_name
from auditor.sources.cloudformation.unjudged import unjudged
from auditor.sources.document import Document
from auditor.sources.interface import GateContext, Neighbour, NextWorld, Reference, surroundings
from auditor.sources.marks import RawPath
from auditor.sources.spelling import Spelled


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """Reads one template.

    Args:
        document: the file's content.
        context: where it will be deployed, and with what parameters.
    """

    document: Document
    context: GateContext

    def collect(self) -> Iterator[Resource | Neighbour | Gap | NextWorld]:
        """Every resource in every scenario, what was not understood, and the gap that hides what is around.

        Raises:
            InputError: the document is no template, or a parameter is given a value that it does not allow.
        """
        given = Given(self.context.deployment, self.context.parameters)
        outer = inherited(self.document, given)
        given.around = outer.values
        template = Template.of(self.document, given.fixed)
        self._check_values(template, outer.values)
        yield from self._whole(template)
        readings = Readings(template, given, self.context.needs)
        ways = readings.ways()
        if readings.cut:
            yield self._cut(sorted(readings.cut))
        beside: dict[int, Neighbour] = {}
        around = surroundings(self.document.shown, "a template", given.deployment)
        # Of one way only: they are the same in all.
        apart = machines(template, self.context)
        for way in ways:
            if len(ways) > 1:
                yield NextWorld()
            for entry in (*outer.beside, *way.beside):
                if entry.spelled is not None and id(entry) not in beside:
                    beside[id(entry)] = Neighbour(self._resource(entry, entry.spelled))
                if entry.spelled is not None:
                    yield beside[id(entry)]
            for entry, scenario in way.judged:
                if entry.spelled is not None:
                    resource = self._resource(entry, entry.spelled, scenario)
                    yield resource
                    yield from self._problems(entry, entry.spelled)
                    yield from self._steps(resource, entry.spelled.facts)
                for fault in entry.faults:
                    yield self._gap(template, replace(fault, at=_stands(entry, fault.at)))
            yield from apart
            yield around

    def _check_values(self, template: Template, outer: Mapping[str, Any]) -> None:
        """CloudFormation refuses a value that is not among AllowedValues: nothing can be said of such a deployment."""
        for parameter in template.parameters.values():
            given = None if parameter.name in outer else self.context.parameters.get(parameter.name)
            if given is None or (refused := parameter.refused(given)) is None:
                continue
            words = "a value" if parameter.secret else f"{refused!r}"
            message = f"--parameters gives {parameter.name} {words} that is not among its AllowedValues"
            allowed = ", ".join(str(one) for one in parameter.allowed)
            remedy = "" if parameter.secret else f"give one of {allowed}"
            raise self.document.wrong(message, ("Parameters", parameter.name, "AllowedValues"), remedy)

    def _whole(self, template: Template) -> Iterator[Gap]:
        """What was not understood of the template as a whole, and what it makes that is not judged."""
        for fault in template.faults:
            yield self._gap(template, fault)
        for macro in template.macros:
            message = f"the macro {macro_name(macro)} writes parts of the template that are not seen"
            yield self._gap(template, Fault(("Transform",), message, PROCESSED))
        for fault in unjudged(template):
            yield self._gap(template, fault)

    def _cut(self, subjects: Sequence[str]) -> Gap:
        where = self.context.deployment
        names = ", ".join(subjects)
        detail = (
            f"{self.document.shown}: too many scenarios; only those in which one of {names} at a time differs from "
            "its default were judged (give --parameters NAME=VALUE)"
        )
        return Gap(Scope(where.account, where.region), "", Reason.UNSUPPORTED_SYNTAX, detail)

    def _resource(self, entry: Entry, spelled: Spelled, scenario: Scenario = ()) -> Resource:
        kind, where, definition = spelled.kind, self.context.deployment, entry.definition
        document = entry.template.document
        identity = Identity(kind.cfn_type, entry.name, "", where.partition, where.account, where.region)

        def locate(path: str) -> Location:
            at = _stands(entry, spelled.raw_path(path))
            return Location(document.shown, document.line_of(at), definition.shown)

        origin = Origin(SPELLING.name, locate(""), locate=locate, scenario=scenario)
        return kind.build(spelled.facts, identity, origin)

    def _steps(self, resource: Resource, facts: Mapping[str, Any]) -> Iterator[Resource | Gap]:
        """What the steps of a pipeline will make."""
        if resource.cfn_type != PIPELINE:
            return
        # Its models are loaded where there is a pipeline.
        from auditor.sources.pipelines.nested import steps_of  # noqa: PLC0415

        definition = facts.get("PipelineDefinition")
        if isinstance(definition, Reference) and definition.lstrip().startswith("{"):
            # A text with names of resources in it is the definition all the same.
            definition = str(definition)
        yield from steps_of(resource, definition, self.context.parameters)

    def _problems(self, entry: Entry, spelled: Spelled) -> Iterator[Gap]:
        where = self.context.deployment
        scope = Scope(where.account, where.region, spelled.kind.cfn_type, entry.name)
        for problem in spelled.problems:
            error = self.document.wrong(problem.message, _stands(entry, problem.at), problem.remedy)
            yield Gap(scope, "", Reason.UNSUPPORTED_SYNTAX, str(error))

    def _gap(self, template: Template, fault: Fault) -> Gap:
        """A fault as a gap on its resource, or on the template where it is of none."""
        where = self.context.deployment
        at = template.line_path(fault.at)
        definition = (
            template.resources.get(str(fault.at[1])) if fault.at[:1] == ("Resources",) and fault.at[1:] else None
        )
        scope = Scope(where.account, where.region)
        if definition is not None and not fault.whole:
            scope = Scope(where.account, where.region, definition.kind, definition.shown)
        return Gap(scope, "", Reason.UNSUPPORTED_SYNTAX, str(self.document.wrong(fault.message, at, fault.remedy)))


def _stands(entry: Entry, path: RawPath) -> RawPath:
    """Where in the document the value at a resolved path stands."""
    for end in range(len(path), 0, -1):
        start = entry.moved.get(path[:end])
        if start is not None:
            return entry.template.line_path((*start, *path[end:]))
    return entry.template.line_path(path)
