"""Files of Terraform that make several resources: as somebody writes them, and as the plan that comes of them.

A scene maps addresses to arguments. `{"$ref": "aws_vpc.vpc.id"}` stands for a reference, `{"$json": …}` for what is
handed over as JSON; a list of objects is a list of blocks.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

REF, AS_JSON = "$ref", "$json"
_INDENT = "  "
Scene = Mapping[str, Mapping[str, Any]]


def hcl_of(scene: Scene) -> str:
    """A scene in Terraform's own language."""
    blocks = []
    for address, arguments in scene.items():
        kind, _, name = address.partition(".")
        blocks.append("\n".join(block(f'resource "{kind}" "{name}"', arguments, "")))
    return "\n\n".join(blocks) + "\n"


def plan_of_scene(scene: Scene) -> dict[str, Any]:
    """The plan that creates all of a scene, as `terraform show -json` writes it."""
    changes, configured = [], []
    for address, arguments in scene.items():
        kind, _, name = address.partition(".")
        named = {"type": kind, "name": name, "mode": "managed", "address": address}
        after, unknown, expressions = _block(arguments)
        unknown |= {"id": True, "arn": True}
        change = {"actions": ["create"], "after": after, "after_unknown": unknown, "after_sensitive": {}}
        changes.append({**named, "change": change})
        configured.append({**named, "expressions": expressions})
    root = {"root_module": {"resources": configured}}
    return {"format_version": "1.2", "resource_changes": changes, "configuration": root}


def block(head: str, values: Mapping[str, Any], indent: str) -> Iterator[str]:
    """A block of HCL, line by line: what is a list of objects becomes blocks, everything else an argument."""
    yield f"{indent}{head} {{"
    inner = indent + _INDENT
    for name, value in values.items():
        if name == "tags_all" or value is None:
            continue
        if _are_blocks(value):
            for item in value:
                yield from block(name, item, inner)
        else:
            yield f"{inner}{name} = {_literal(value, inner)}"
    yield f"{indent}}}"


def _are_blocks(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) and REF not in one for one in value)


def _literal(value: Any, indent: str) -> str:
    if isinstance(value, dict) and REF in value:
        return str(value[REF])
    if isinstance(value, dict) and AS_JSON in value:
        return f"jsonencode({_literal(value[AS_JSON], indent)})"
    inner = indent + _INDENT
    if isinstance(value, dict):
        lines = [f"{inner}{_literal(key, inner)} = {_literal(item, inner)}" for key, item in value.items()]
        return "\n".join(["{", *lines, f"{indent}}}"]) if lines else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(_literal(item, indent) for item in value) + "]"
    # HCL escapes as JSON does, but for what begins a template.
    return json.dumps(value).replace("${", "$${").replace("%{", "%%{")


def _block(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    after: dict[str, Any] = {}
    unknown: dict[str, Any] = {}
    expressions: dict[str, Any] = {}
    for name, value in arguments.items():
        names = list(_references(value))
        if _are_blocks(value):
            parts = [_block(item) for item in value]
            after[name], unknown[name], expressions[name] = ([part[n] for part in parts] for n in range(3))
        elif names and isinstance(value, dict) and not {REF, AS_JSON} & set(value):
            after[name], unknown[name], expressions[name] = _block(value)
        elif names:
            unknown[name], expressions[name] = True, {"references": names}
        else:
            after[name] = json.dumps(value[AS_JSON]) if isinstance(value, dict) and AS_JSON in value else value
            unknown[name], expressions[name] = False, {"constant_value": after[name]}
    return after, unknown, expressions


def _references(value: Any) -> Iterator[str]:
    """What Terraform lists: each reference, and the resource that it is of."""
    if isinstance(value, dict) and REF in value:
        yield value[REF]
        yield value[REF].rpartition(".")[0]
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _references(item)
