"""Where in a compiled pipeline components stand, and with which arguments they are started."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from auditor.errors import InputError
from auditor.model.unknown import Reason, Unknown
from auditor.sources.marks import RawPath

# The placeholder of Argo; `placed` tells of those of a pipeline spec (`{{$.inputs.parameters['role']}}`), too.
_WHOLE = re.compile(r"\{\{\s*(?:inputs|workflow)\.parameters\.([\w-]+)\s*\}\}")
_NONE: Mapping[str, Any] = {}
# Components that start two others each, and those again two, would never end.
_MOST_TASKS = 10_000
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Started:
    """A component that is started. Args: name: of its task; command: its words; arguments: by name; at."""

    name: str
    command: tuple[str, ...]
    arguments: Mapping[str, Any]
    at: RawPath


class Parameters:
    """The parameters of a whole pipeline. Args: defaults: by name; given: by the user."""

    def __init__(self, defaults: Mapping[str, Any], given: Mapping[str, str]) -> None:
        self._defaults = defaults
        self._given = given

    def value(self, name: str) -> Any:
        """What a parameter stands for; an `Unknown` where only a run tells."""
        if name in self._given:
            return self._given[name]
        if self._defaults.get(name) is not None:
            return self._defaults[name]
        return Unknown(Reason.RUNTIME_VALUE, f"parameter {name} has no default: give --parameters {name}=…")


def at_run_time(what: str) -> Unknown:
    """What stands for a value that only a run of the pipeline tells."""
    return Unknown(Reason.RUNTIME_VALUE, f"only a run of the pipeline tells {what}")


def started(
    pipeline: Mapping[str, Any], given: Mapping[str, str], wrong: Callable[[str], InputError]
) -> Iterator[Started]:
    """Every component that a compiled pipeline starts, in its order.

    Args:
        pipeline: the document.
        given: values of its parameters that the user gave.
        wrong: makes the error for the document.

    Raises:
        InputError: its components start one another more often, or deeper, than is read.
    """
    if isinstance(pipeline.get("root"), dict):
        yield from _Spec(pipeline, given, wrong).started()
        return
    at: RawPath = ("spec",)
    spec = _part(pipeline, "spec")
    if isinstance(spec.get("workflowSpec"), dict):
        at, spec = (*at, "workflowSpec"), spec["workflowSpec"]
    yield from _of_workflow(spec, at, given)


def _of_workflow(spec: Mapping[str, Any], at: RawPath, given: Mapping[str, str]) -> Iterator[Started]:
    defaults = {
        entry.get("name"): entry.get("value")
        for entry in _items(_part(spec, "arguments").get("parameters"))
        if isinstance(entry, dict) and isinstance(entry.get("name"), str)
    }
    parameters = Parameters({str(name): value for name, value in defaults.items()}, given)
    for index, template in enumerate(_items(spec.get("templates"))):
        container = _part(template, "container") if isinstance(template, dict) else _NONE
        words = [word for key in ("command", "args") for word in _items(container.get(key))]
        if words:
            found = {key: _argo_value(value, parameters) for key, value in _options(words)}
            place = (*at, "templates", index, "container", "args")
            yield Started(str(template.get("name", "")), _texts([container.get("image"), *words]), found, place)


def _options(words: list[Any]) -> Iterator[tuple[str, Any]]:
    for index, word in enumerate(words[:-1]):
        if isinstance(word, str) and word.startswith("--"):
            yield word[2:], words[index + 1]


def _argo_value(value: Any, parameters: Parameters) -> Any:
    if not isinstance(value, str):
        return value
    whole = _WHOLE.fullmatch(value)
    return parameters.value(whole[1]) if whole else placed(value)


def placed(value: Any) -> Any:
    """A value; an `Unknown` where it is a text with placeholders in it."""
    found = _placeholders(value) if isinstance(value, str) else []
    return at_run_time(" ".join(found)) if found else value


def _placeholders(text: str) -> list[str]:
    found: list[str] = []
    end = 0
    # A pattern would look for an end that is not there from every beginning.
    while (start := text.find("{{", end)) >= 0 and (stop := text.find("}}", start + 2)) >= 0:
        end = stop + 2
        found.append(text[start:end])
    return found


class _Spec:
    """A pipeline spec: tasks of components, each a container or tasks again."""

    def __init__(
        self, pipeline: Mapping[str, Any], given: Mapping[str, str], wrong: Callable[[str], InputError]
    ) -> None:
        self._wrong = wrong
        self._count = 0
        self._components = _part(pipeline, "components")
        self._executors = _part(_part(pipeline, "deploymentSpec"), "executors")
        self._root = _part(pipeline, "root")
        self._given = given

    def started(self) -> Iterator[Started]:
        """Every container that is started."""
        declared = _part(_part(self._root, "inputDefinitions"), "parameters")
        defaults = {name: _part(declared, name).get("defaultValue") for name in declared}
        parameters = Parameters(defaults, self._given)
        inputs = {name: parameters.value(name) for name in declared}
        yield from self._tasks(self._root, inputs, ("root",), frozenset())

    def _tasks(self, holder: Any, inputs: Mapping[str, Any], at: RawPath, above: frozenset[str]) -> Iterator[Started]:
        tasks = _part(_part(holder, "dag"), "tasks")
        for name in tasks:
            task = _part(tasks, name)
            called = str(_part(task, "componentRef").get("name", ""))
            if called in above:
                continue
            self._count += 1
            if self._count > _MOST_TASKS or len(above) > _DEEPEST:
                raise self._wrong("its components start one another too often or too deep")
            component = _part(self._components, called)
            here = (*at, "dag", "tasks", name)
            found = self._arguments(component, _part(_part(task, "inputs"), "parameters"), inputs)
            label = component.get("executorLabel")
            container = _part(_part(self._executors, str(label)), "container")
            words = [container.get("image"), *_items(container.get("command")), *_items(container.get("args"))]
            if label is not None:
                yield Started(str(name), _texts(words), found, (*here, "inputs", "parameters"))
            yield from self._tasks(component, found, ("components", called), above | {called})

    def _arguments(
        self, component: Mapping[str, Any], said: Mapping[str, Any], inputs: Mapping[str, Any]
    ) -> dict[str, Any]:
        declared = _part(_part(component, "inputDefinitions"), "parameters")
        found = {name: _part(declared, name).get("defaultValue") for name in declared}
        return {**found, **{name: _told(said[name], inputs) for name in said}}


def _told(said: Any, inputs: Mapping[str, Any]) -> Any:
    if not isinstance(said, dict):
        return said
    runtime = _part(said, "runtimeValue")
    value = runtime.get("constant", runtime.get("constantValue"))
    if value is not None:
        typed = isinstance(value, dict) and len(value) == 1 and {"stringValue", "intValue", "doubleValue"} & {*value}
        return placed(next(iter(value.values())) if typed else value)
    name = said.get("componentInputParameter")
    if isinstance(name, str):
        return inputs.get(name, at_run_time(name))
    return at_run_time("what another task puts out")


def _part(holder: Any, key: str) -> Mapping[str, Any]:
    found = holder.get(key) if isinstance(holder, Mapping) else None
    return found if isinstance(found, dict) else _NONE


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(words: list[Any]) -> tuple[str, ...]:
    return tuple(word for word in words if isinstance(word, str))
