"""What CloudFormation can say of SageMaker's types, by cfn-lint's copy of the resource schemas."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import cfnlint

from auditor.model.sagemaker import BY_TYPE
from auditor.sources.cloudformation.kinds import SPELLING
from auditor.sources.shapes import is_structure, members, structure_of
from auditor.sources.spelling import MEANT, loose

SCHEMAS = Path(cfnlint.__file__).parent / "data/schemas"


@cache
def sagemaker_types() -> dict[str, dict[str, Any]]:
    """CloudFormation's types of SageMaker with their schemas."""
    provider = json.loads((SCHEMAS / "providers/us-east-1.json").read_text(encoding="utf-8"))
    return {
        name: json.loads((SCHEMAS / f"resources/{place}.json").read_text(encoding="utf-8"))
        for name, place in provider.items()
        if name.startswith("AWS::SageMaker::")
    }


@cache
def paths(kind: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """API paths that a type's properties can say, and properties that lead nowhere in the API or its renames."""
    said: set[str] = set()
    lost: list[str] = []
    start = structure_of(BY_TYPE[kind], "create") or ""
    for path, found in _walk(kind, sagemaker_types()[kind], start, "", "", ()):
        (said.add if found else lost.append)(path)
    meant = MEANT.get(kind, {})
    for create, describe in meant.items():
        said |= {describe + path[len(create) :] for path in said if path == create or path.startswith(f"{create}.")}
    return frozenset(said), tuple(lost)


def _walk(
    kind: str, schema: dict[str, Any], code: str, path: str, at: str, above: tuple[str, ...]
) -> Iterator[tuple[str, bool]]:
    whole = sagemaker_types()[kind]
    read_only = {
        one.removeprefix("/properties/").replace("/*/", ".").replace("/", ".")
        for one in whole.get("readOnlyProperties", ())
    }
    by_loose = {loose(name): name for name in members(code)}
    renames = SPELLING.renames.get(kind if not path else code, {})
    for name, inner in _properties(kind, schema).items():
        place = f"{at}.{name}".lstrip(".")
        if place in read_only:
            continue
        member = renames.get(loose(name), by_loose.get(loose(name)))
        if member == "":
            continue
        if member is None:
            yield f"{path}.{name}".lstrip("."), False
            continue
        here = f"{path}.{member}".lstrip(".")
        yield here, True
        deeper = members(code)[member].code
        while deeper.startswith("["):
            deeper, inner = deeper[1:], _whole(kind, inner).get("items", {})  # noqa: PLW2901  the schema of the items
        if is_structure(deeper) and deeper not in above:
            yield from _walk(kind, _whole(kind, inner), deeper, here, place, (*above, deeper))


def _whole(kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    definitions = sagemaker_types()[kind].get("definitions", {})
    while "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    return schema


def _properties(kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    schema = _whole(kind, schema)
    found = dict(schema.get("properties", {}))
    for word in ("oneOf", "anyOf", "allOf"):
        for one in schema.get(word, ()):
            found.update(_whole(kind, one).get("properties", {}))
    return found
