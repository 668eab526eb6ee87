"""A case in the spellings of the sources: as an API answers, as a request asks, as a snapshot keeps it."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from auditor.cases.facts import ACCOUNT, Stage
from auditor.model.codec import decode, encode
from auditor.model.inventory import Inventory
from auditor.model.resource import Resource
from auditor.model.unknown import Unknown
from auditor.sources.document import Document
from auditor.sources.interface import Deployment
from auditor.sources.requests import resource_of
from auditor.sources.shapes import is_structure, members, structure_of, unanswered
from auditor.sources.spelling import MEANT

Spelled = tuple[Resource | None, Inventory]
Speller = Callable[[Stage], Spelled]


def as_live(stage: Stage) -> Spelled:
    """Built as the live source builds an answer."""
    return stage.subject(), stage.inventory()


def as_snapshot(stage: Stage) -> Spelled:
    """Written by the codec and read again."""
    subject, inventory = as_live(stage)
    return subject and _again(subject), Inventory((_again(one) for one in inventory), inventory.gaps())


def as_request(stage: Stage) -> Spelled:
    """Read as a CreateX request, with the neighbours as they are known."""
    if stage.facts is None:
        return None, stage.inventory()
    file = Document("case.json", {})
    where = Deployment(stage.partition, ACCOUNT, stage.region)
    return resource_of(stage.kind, request_of(stage.kind, stage.facts), file, where), stage.inventory()


def has_request(kind: type[Resource]) -> bool:
    """Whether a CreateX request makes the type."""
    return kind.service == "sagemaker" and structure_of(kind, "create") is not None


def request_of(kind: type[Resource], facts: Mapping[str, Any]) -> dict[str, Any]:
    """The CreateX input that says the same as some facts; what it has no place for is left out."""
    names = {meant: said for said, meant in MEANT.get(kind.cfn_type, {}).items()}
    said = {names.get(member, member): value for member, value in facts.items()}
    pruned: dict[str, Any] = _pruned(said, structure_of(kind, "create") or "")
    return pruned


def unsaid(kind: type[Resource], path: str) -> bool:
    """Whether a request has no place for an API path."""
    renamed = set(MEANT.get(kind.cfn_type, {}).values())
    bare = path.replace("[]", "")
    return any(
        (bare + ".").startswith(missing.replace("[]", "") + ".") for missing in unanswered(kind, "create") - renamed
    )


def _again(resource: Resource) -> Resource:
    return decode(json.loads(json.dumps(encode(resource))))


def _pruned(value: Any, code: str) -> Any:
    if isinstance(value, Unknown):
        return value
    if isinstance(value, list) and code.startswith("["):
        return [_pruned(item, code[1:]) for item in value]
    if isinstance(value, dict) and is_structure(code):
        known = members(code)
        return {name: _pruned(item, known[name].code) for name, item in value.items() if name in known}
    return value


SPELLINGS: Mapping[str, Speller] = {"live": as_live, "request": as_request, "snapshot": as_snapshot}
