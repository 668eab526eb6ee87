"""The expressions of a pipeline's definition: what they stand for, or why only an execution can tell.

Source: "Pipeline Parameters", "Pipeline Properties" and "Pipeline functions" of the SageMaker developer guide.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from auditor.model.unknown import Reason, Unknown
from auditor.sources.interface import Reference

_PARAMETERS = "Parameters."
_STEPS = "Steps."
_UNSET = object()
# No member of SageMaker's API takes as much; a long text between many empty ones would fill all memory.
_MAX_TEXT = 262_144
# Of all joined texts of a definition, of which any number can be made of one long default.
_MAX_TEXTS = 64 * _MAX_TEXT


class Expressions:
    """Resolves the expressions of one definition.

    Args:
        declared: the definition's `Parameters`.
        given: values of parameters that the user gave.
        made: step and property (`Train`, `ModelName`) to the name of what a step makes; empty where it is no name
            that leads to one.
    """

    def __init__(self, declared: Any, given: Mapping[str, str], made: Callable[[str, str], str]) -> None:
        entries = declared if isinstance(declared, list) else []
        named = [entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get("Name"), str)]
        self._declared = {entry["Name"]: entry for entry in named}
        self._times = Counter(entry["Name"] for entry in named)
        self._given = given
        self._made = made
        self._left = _MAX_TEXTS

    def resolved(self, value: Any) -> Any:
        """A value in which every expression is replaced by what it stands for, by a `Reference` or an `Unknown`."""
        if isinstance(value, list):
            return [self.resolved(item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((word, said),) = value.items()
            if word == "Get" and isinstance(said, str):
                return self._got(said)
            if isinstance(word, str) and word.startswith("Std:"):
                return self._called(word, said)
        return {key: self.resolved(item) for key, item in value.items()}

    def _got(self, path: str) -> Any:
        if path.startswith(_PARAMETERS):
            return self._parameter(path.removeprefix(_PARAMETERS))
        if path.startswith(_STEPS):
            step, _, member = path.removeprefix(_STEPS).partition(".")
            if name := self._made(step, member):
                return Reference(name)
        return Unknown(Reason.RUNTIME_VALUE, f"only an execution of the pipeline tells {path}")

    def _parameter(self, name: str) -> Any:
        entry = self._declared.get(name)
        if entry is None:
            return Unknown(Reason.UNRESOLVED_REFERENCE, f"the pipeline declares no parameter {name}")
        if self._times[name] > 1:
            return Unknown(Reason.UNSUPPORTED_SYNTAX, f"the pipeline declares {_PARAMETERS}{name} more than once")
        if name in self._given:
            return self._given[name]
        value = entry.get("DefaultValue", _UNSET)
        if value is _UNSET or value is None:
            remedy = f"give --parameters {name}=… or a DefaultValue"
            return Unknown(Reason.RUNTIME_VALUE, f"{_PARAMETERS}{name} has no default: {remedy}")
        if isinstance(value, dict | list):
            return Unknown(Reason.UNSUPPORTED_SYNTAX, f"the default of {_PARAMETERS}{name} is no single value")
        return value

    def _called(self, word: str, said: Any) -> Any:
        if word == "Std:Join" and isinstance(said, dict) and isinstance(said.get("Values"), list):
            return self._joined(said.get("On", ""), said["Values"])
        return Unknown(Reason.RUNTIME_VALUE, f"only an execution of the pipeline tells what {word} gives")

    def _joined(self, between: Any, values: list[Any]) -> Any:
        parts = self.resolved(values)
        for part in parts:
            if isinstance(part, Unknown):
                return Unknown(part.reason, f"Std:Join of what is not known: {part.detail}")
            if isinstance(part, Reference) or not isinstance(part, str | int | float):
                return Unknown(Reason.RUNTIME_VALUE, "only an execution of the pipeline tells what Std:Join gives")
        if not isinstance(between, str):
            return Unknown(Reason.UNSUPPORTED_SYNTAX, "Std:Join without a text to join on")
        texts = [str(part).lower() if isinstance(part, bool) else str(part) for part in parts]
        length = sum(map(len, texts)) + len(between) * len(texts)
        if length > min(_MAX_TEXT, self._left):
            limits = f"more than {_MAX_TEXT} characters, or all that stand there more than {_MAX_TEXTS}"
            return Unknown(Reason.UNSUPPORTED_SYNTAX, f"Std:Join makes {limits}")
        self._left -= length
        return between.join(texts)
