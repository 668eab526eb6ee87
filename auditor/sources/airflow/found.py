"""Where in a document configurations of SageMaker operators stand, and what each makes."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from auditor.model.resource import Resource
from auditor.model.sagemaker import RESOURCES
from auditor.model.sagemaker.automl import AutoMLJob
from auditor.model.sagemaker.endpoints import Endpoint, EndpointConfig
from auditor.model.sagemaker.models import Model
from auditor.model.sagemaker.processing import ProcessingJob, TransformJob
from auditor.model.sagemaker.training import HyperParameterTuningJob, TrainingJob
from auditor.sources.marks import RawPath
from auditor.sources.shapes import members, structure_of

_OPERATOR = re.compile(r"(?:\w+\.)*SageMaker(\w+)Operator(?:Async)?")
# Operators that run, stop or remove what is there, and make nothing that rules judge.
_ACTS = re.compile(r"(?:Start|Stop|Delete|Condition).*")
# What a part of a configuration makes; an operator is called as its part.
SECTIONS: Mapping[str, type[Resource]] = {
    "AutoML": AutoMLJob,
    "Endpoint": Endpoint,
    "EndpointConfig": EndpointConfig,
    "Model": Model,
    "Processing": ProcessingJob,
    "Training": TrainingJob,
    "Transform": TransformJob,
    "Tuning": HyperParameterTuningJob,
}
_BEGINS = re.compile(r"\{[{%]")
_ENDS = {"{{": "}}", "{%": "%}"}


class Found(NamedTuple):
    """A configuration. Args: name; kind: None where what its operator makes is not judged; request; at; operator."""

    name: str
    kind: type[Resource] | None
    request: Any
    at: RawPath
    operator: str = ""


def has_configurations(value: Mapping[str, Any]) -> bool:
    """Whether a document holds configurations."""
    return _sections(value) or _is_templated_request(value) or any(True for _ in _tasks(value, (), ""))


def configurations(value: Mapping[str, Any]) -> Iterator[Found]:
    """The configurations of a document, in its order."""
    tasks = list(_tasks(value, (), ""))
    if tasks:
        for name, task, at in tasks:
            yield from _of_task(name, task, at)
        return
    kind = _fitting(value)
    yield from _parts("", value, (), kind) if _sections(value) else [Found("", kind, value, ())]


def templates_in(text: str) -> list[str]:
    """The templates of Jinja within a text, without what is around them: that may be a secret."""
    found: list[str] = []
    endless: set[str] = set()
    place = 0
    # One pattern for begin and end would look for the same missing end from every begin.
    while len(endless) < len(_ENDS) and (begin := _BEGINS.search(text, place)):
        end = text.find(_ENDS[begin[0]], begin.end()) if begin[0] not in endless else -1
        if end < 0:
            endless.add(begin[0])
            place = begin.start() + 1
        else:
            place = end + len(_ENDS[begin[0]])
            found.append(text[begin.start() : place])
    return found


def _tasks(value: Any, at: RawPath, name: str) -> Iterator[tuple[str, Mapping[str, Any], RawPath]]:
    """Every object that names a SageMaker operator."""
    if isinstance(value, dict):
        operator = value.get("operator")
        is_task = isinstance(operator, str) and _OPERATOR.fullmatch(operator)
        if is_task:
            task_id = value.get("task_id")
            yield task_id if isinstance(task_id, str) else name, value, at
        elif _fitting(value) is not None:
            # A request may hold any words among its hyperparameters.
            return
        for key, item in value.items():
            if not (is_task and key == "config"):
                yield from _tasks(item, (*at, key), key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _tasks(item, (*at, index), name)


def _of_task(name: str, task: Mapping[str, Any], at: RawPath) -> Iterator[Found]:
    operator = task["operator"].rpartition(".")[2]
    word = _OPERATOR.fullmatch(operator)
    made = word[1] if word else ""
    if _ACTS.fullmatch(made):
        return
    if made not in SECTIONS or "config" not in task:
        yield Found(name, None, None, at, operator)
        return
    yield from _parts(name, task["config"], (*at, "config"), SECTIONS[made])


def _parts(name: str, config: Any, at: RawPath, kind: type[Resource] | None) -> Iterator[Found]:
    """A configuration of one request, or of several under the names of what they make."""
    if not isinstance(config, dict) or not _sections(config):
        yield Found(name, kind, config, at)
        return
    for key, part in config.items():
        yield Found(f"{name}.{key}" if name else key, SECTIONS[key], part, (*at, key))


def _sections(value: Mapping[str, Any]) -> bool:
    """Whether every key is the name of a part, and at least one part is a request of its kind."""
    if not value or not SECTIONS.keys() >= value.keys():
        return False
    return any(isinstance(part, dict) and _known(SECTIONS[key]) & part.keys() for key, part in value.items())


def _is_templated_request(value: Mapping[str, Any]) -> bool:
    return _fitting(value) is not None and _is_templated(value)


def _is_templated(value: Any) -> bool:
    if isinstance(value, str):
        return bool(templates_in(value))
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_is_templated(item) for item in items)


def _fitting(value: Mapping[str, Any]) -> type[Resource] | None:
    """The type whose request has these keys, and needs the most of them."""
    fits = [kind for kind in RESOURCES if _needed(kind) and _needed(kind) <= value.keys() <= _known(kind)]
    return max(fits, key=lambda kind: len(_needed(kind)), default=None)


@cache
def _known(kind: type[Resource]) -> frozenset[str]:
    return frozenset(members(structure_of(kind, "create") or ""))


@cache
def _needed(kind: type[Resource]) -> frozenset[str]:
    found = members(structure_of(kind, "create") or "")
    return frozenset(name for name, member in found.items() if member.required)
