"""State machines that a template holds as they are: what their tasks ask of SageMaker."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from auditor.errors import InputError
from auditor.model.gap import Gap
from auditor.model.resource import Resource
from auditor.sources.cloudformation.template import Definition, Template
from auditor.sources.document import Document
from auditor.sources.interface import GateContext
from auditor.sources.jsonfile import parse_json
from auditor.sources.marks import Mark

KINDS = ("AWS::Serverless::StateMachine", "AWS::StepFunctions::StateMachine")
_INLINE = ("Definition", "DefinitionString")


def machines(template: Template, context: GateContext) -> Iterator[Resource | Gap]:
    """What the tasks of the state machines of a template will make, and what of them was not understood.

    They are called after the machine (`Nightly.Train`) and stand where its definition does.

    Args:
        template: the template.
        context: where it will be deployed.
    """
    for definition in (one for kind in KINDS for one in template.of_kind.get(kind, ())):
        found = inline(definition)
        if found is None:
            continue
        # Its table is made where there is a state machine.
        from auditor.sources.stepfunctions.machine import MachineSource  # noqa: PLC0415

        document = template.document
        line = document.line_of(template.line_path((*definition.at, "Properties", found[0])))
        there = Document(document.shown, _called(found[1], definition.logical_id), marks=partial(Mark, line))
        # What is around the machine is what is around the template.
        made = MachineSource(there, context).collect()
        yield from (item for item in made if not (isinstance(item, Gap) and item.harmless))


def inline(definition: Definition) -> tuple[str, Mapping[str, Any]] | None:
    """The definition of a state machine with its property; None where only the deployment tells all of it."""
    if "DefinitionSubstitutions" in definition.properties:
        return None
    for name in _INLINE:
        raw = definition.properties.get(name)
        if isinstance(raw, str):
            try:
                raw = parse_json(raw, definition.logical_id)
            except InputError:
                return None
        if isinstance(raw, dict):
            return (name, raw) if isinstance(raw.get("States"), dict) and not _computed(raw) else None
    return None


def _computed(raw: Any) -> bool:
    if isinstance(raw, dict):
        return any(key == "Ref" or key.startswith("Fn::") or _computed(one) for key, one in raw.items())
    return isinstance(raw, list) and any(_computed(one) for one in raw)


def _called(raw: Any, name: str) -> Any:
    """A machine whose states are called after it: other machines of the template have such states too."""
    if isinstance(raw, list):
        return [_called(one, name) for one in raw]
    if not isinstance(raw, dict):
        return raw
    return {
        key: {f"{name}.{state}": _called(one, name) for state, one in inner.items()}
        if key == "States" and isinstance(inner, dict)
        else _called(inner, name)
        for key, inner in raw.items()
    }
