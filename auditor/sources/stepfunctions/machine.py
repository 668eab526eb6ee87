"""What the tasks of a state machine make of SageMaker, as resources and gaps."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.errors import InputError
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Resource
from auditor.model.sagemaker import BY_TYPE
from auditor.model.unknown import Reason, Unknown
from auditor.sources.document import Document
from auditor.sources.interface import GateContext, surroundings
from auditor.sources.marks import RawPath
from auditor.sources.shapes import members, structure_of
from auditor.sources.spelling import Spelling, to_api

_SPELLING = Spelling(
    "stepfunctions",
    exact=str,
    no_such="the operation has no such parameter",
    unsaid="a state machine does not say it",
)
# Where a task says its request, by the language of its expressions; the other field is refused or says nothing.
_SAID = {"JSONPath": "Parameters", "JSONata": "Arguments"}
_TASK = re.compile(r"arn:[^:]*:states:[^:]*:[^:]*:(?:aws-sdk:)?sagemaker:([A-Za-z0-9]+)(?:\.\w+(?::\d)?)?")
# What begins so makes or changes what rules judge.
_MAKES = re.compile(r"(create|update)(\w+)", re.IGNORECASE)
_JSONATA = re.compile(r"\s*\{%.*%\}\s*", re.DOTALL)
_SAGEMAKER = "AWS::SageMaker::"
# Where a state keeps machines of its own: the old and the new name of a Map's, and those of Parallel.
_INNER = ("Iterator", "ItemProcessor")


@dataclass(frozen=True, slots=True)
class MachineSource:
    """Reads one state machine.

    Args:
        document: the file's content.
        context: where it will run.
    """

    document: Document
    context: GateContext = field(default_factory=GateContext)

    def collect(self) -> Iterator[Resource | Gap]:
        """What the tasks will make, in every branch, and what was not understood.

        Raises:
            InputError: it is no state machine.
        """
        value = self.document.value
        if not isinstance(value, dict) or not isinstance(value.get("States"), dict):
            raise InputError("a state machine is an object with States", file=self.document.shown, line=1)
        yield from self._machine(value, (), value.get("QueryLanguage", "JSONPath"))
        yield surroundings(self.document.shown, "a state machine", self.context.deployment)

    def _machine(self, machine: Any, at: RawPath, language: Any) -> Iterator[Resource | Gap]:
        states = machine.get("States") if isinstance(machine, dict) else None
        if not isinstance(states, dict):
            yield self._gap(at, "a state machine is an object with States")
            return
        for name, state in states.items():
            here = (*at, "States", name)
            if not isinstance(state, dict):
                yield self._gap(here, "a state is an object")
                continue
            yield from self._task(name, state, here, state.get("QueryLanguage", language))
            for key in _INNER:
                if key in state:
                    yield from self._machine(state[key], (*here, key), language)
            branches = state.get("Branches", [])
            for index, branch in enumerate(branches if isinstance(branches, list) else []):
                yield from self._machine(branch, (*here, "Branches", index), language)

    def _task(self, name: str, state: Mapping[str, Any], at: RawPath, language: Any) -> Iterator[Resource | Gap]:
        resource = state.get("Resource")
        task = _TASK.fullmatch(resource) if isinstance(resource, str) else None
        made = _MAKES.fullmatch(task[1]) if task else None
        if task is None or made is None:
            return
        kind = _KINDS.get(made[2].lower())
        if kind is None or made[1].lower() == "update":
            cfn_type = kind.cfn_type if kind else _SAGEMAKER + made[2]
            yield self._gap((*at, "Resource"), f"what {task[1]} does is not judged yet", cfn_type, name)
            return
        key = _SAID.get(language, "") if isinstance(language, str) else ""
        for other in _SAID.values():
            if other != key and other in state:
                message = f"{other} says nothing to a task whose QueryLanguage is {language}"
                yield self._gap((*at, other), message, kind.cfn_type, name)
        said = state.get(key)
        if not isinstance(said, dict):
            # Without parameters, or with one expression for all of them, the request is what comes at run time.
            said = _all_of_it(kind, "the input of the state is the request")
        spelled = to_api(kind, resolved(said), _SPELLING, (*at, key))
        yield from spelled.gaps(self.document, self.context.deployment, name)
        yield spelled.resource(self.document, self.context.deployment, name)

    def _gap(self, at: RawPath, message: str, kind: str = "", name: str = "") -> Gap:
        where = self.context.deployment
        error = self.document.wrong(message, at)
        return Gap(Scope(where.account, where.region, kind, name), "", Reason.UNSUPPORTED_SYNTAX, str(error))


def resolved(value: Any) -> Any:
    """A value in which an `Unknown` stands for every expression, of JSONPath (`Key.$`) as of JSONata (`{% … %}`)."""
    if isinstance(value, list):
        return [resolved(item) for item in value]
    if isinstance(value, str) and _JSONATA.fullmatch(value):
        return _at_run_time(value)
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for key, item in value.items():
        name = key.removesuffix(".$")
        if name in found:
            found[name] = Unknown(Reason.UNSUPPORTED_SYNTAX, f"{name} and {name}.$ stand side by side")
        else:
            found[name] = _at_run_time(item) if key.endswith(".$") else resolved(item)
    return found


def _at_run_time(expression: Any) -> Unknown:
    shown = expression if isinstance(expression, str) else "an expression"
    return Unknown(Reason.RUNTIME_VALUE, f"only an execution of the state machine tells {shown.strip()}")


def _all_of_it(kind: type[Resource], why: str) -> dict[str, Any]:
    unknown = Unknown(Reason.RUNTIME_VALUE, why)
    return dict.fromkeys(members(structure_of(kind, "create") or ""), unknown)


_KINDS = {cfn_type.removeprefix(_SAGEMAKER).lower(): kind for cfn_type, kind in BY_TYPE.items()}
