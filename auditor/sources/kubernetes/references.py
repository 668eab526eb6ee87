"""How objects of ACK point to one another, and which member of the API they tell by it.

Source: ACK's documentation, "Cross-resource references": beside `subnetID` an object may say `subnetRef`, with the
name of another object under `from`.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from auditor.model.sagemaker import BY_TYPE
from auditor.model.unknown import Reason, Unknown
from auditor.sources.shapes import is_structure, members, structure_of
from auditor.sources.spelling import loose

_SUFFIXES = ("arns", "ids", "names", "arn", "id", "name", "")


@lru_cache(maxsize=1024)
def renames_of(name: str) -> Mapping[str, str]:
    """The keys of a type or structure that stand for a reference, each with the member that it tells."""
    kind = BY_TYPE.get(name)
    structure = structure_of(kind, "create") if kind is not None else name
    if not structure or not is_structure(structure):
        return {}
    found: dict[str, str] = {}
    known = {loose(member) for member in members(structure)}
    for member, said in members(structure).items():
        word = loose(member)
        suffix = next(one for one in _SUFFIXES if word.endswith(one))
        base = word.removesuffix(suffix)
        key = f"{base.removesuffix('s')}refs" if said.code.startswith("[") else f"{base}ref"
        if base and key not in known:
            found.setdefault(key, member)
    return found


def followed(value: Any) -> Any:
    """A spec in which an `Unknown` stands for every reference to another object of the cluster."""
    if isinstance(value, list):
        return [followed(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _pointed(item) if _points(key, item) else followed(item) for key, item in value.items()}


def _points(key: str, value: Any) -> bool:
    if key.endswith("Refs"):
        return isinstance(value, list) and all(_is_from(item) for item in value)
    return key.endswith("Ref") and _is_from(value)


def _is_from(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("from"), dict)


def _pointed(value: Any) -> Unknown:
    items = value if isinstance(value, list) else [value]
    names = ", ".join(str(item["from"].get("name", "?")) for item in items)
    return Unknown(Reason.UNRESOLVED_REFERENCE, f"another object of the cluster tells it: {names}")
