"""Values of template parameters, as users and pipelines already write them down."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from auditor.errors import UsageError
from auditor.sources.document import Document, read_documents

_REMEDY = 'write {"Name": "value"}, or one of the forms that `aws cloudformation` takes'
# The keys of one entry: CloudFormation's and those of SageMaker Pipelines.
_ENTRIES = (("ParameterKey", "ParameterValue"), ("Name", "Value"))
# How `aws cloudformation deploy` and `create-stack` take one parameter on the command line.
_SHORTHAND = re.compile(r"ParameterKey=([^,]+),ParameterValue=(.*)", re.DOTALL)


class Parameters(Mapping[str, str]):
    """Values by name, and which names were asked for: a name that no file asks for may be misspelled."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def read_parameters(words: Iterable[str]) -> Parameters:
    """The parameters that `--parameters` gives; of two values for one name the later counts.

    Args:
        words: `Name=value`, `ParameterKey=Name,ParameterValue=value`, or files in JSON or YAML:
            `{"Name": "value"}`, `{"Parameters": {"Name": "value"}}`, `["Name=value"]`,
            `[{"ParameterKey": "Name", "ParameterValue": "value"}]` or `[{"Name": "Name", "Value": "value"}]`.

    Raises:
        auditor.errors.InputError: a file cannot be read, or is of no such form.
        UsageError: a word is neither a file nor `Name=value`.
    """
    found: dict[str, str] = {}
    for word in words:
        if "=" in word and not Path(word).is_file():
            short = _SHORTHAND.fullmatch(word)
            name, value = short.groups() if short else word.split("=", 1)
            found[name.strip()] = value
        elif Path(word).exists() or "." in word or "/" in word:
            for document in read_documents(Path(word)):
                found.update(_of(document))
        else:
            raise UsageError(f"--parameters {word}: it is no file", "give a file or Name=value")
    return Parameters(found)


def _of(document: Document) -> Iterator[tuple[str, str]]:
    value = document.value
    at: tuple[str, ...] = ()
    if isinstance(value, dict) and isinstance(value.get("Parameters"), dict):
        value, at = value["Parameters"], ("Parameters",)
    if isinstance(value, dict):
        for name, item in value.items():
            yield name, _text(document, item, (*at, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _entry(document, item, index)
    else:
        raise document.wrong("it holds no parameters", (), _REMEDY)


def _entry(document: Document, item: Any, index: int) -> Iterator[tuple[str, str]]:
    if isinstance(item, str) and "=" in item:
        name, _, value = item.partition("=")
        yield name.strip(), value
        return
    if isinstance(item, dict):
        for name_key, value_key in _ENTRIES:
            if isinstance(item.get(name_key), str):
                # What the deployed stack uses already is not known here.
                if not item.get("UsePreviousValue"):
                    yield item[name_key], _text(document, item.get(value_key), (index, value_key))
                return
    raise document.wrong("it is no parameter", (index,), _REMEDY)


def _text(document: Document, value: Any, at: tuple[str | int, ...]) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return ",".join(_text(document, item, at) for item in value)
    # The value may be a secret: only its place is told.
    raise document.wrong("a parameter is text, a number or a list of them", at, _REMEDY)
