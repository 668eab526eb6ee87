"""CDK's nested stacks: templates of their own in `cdk.out`, whose parameters the stack around them gives.

Each is judged as the file that it is, with its own lines. CDK names the template of a nested stack in the metadata
of the stack's resource (`aws:asset:path`), from which the stack around it is found.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from auditor.errors import InputError
from auditor.sources.cloudformation.choices import explore
from auditor.sources.cloudformation.expressions import unresolved
from auditor.sources.cloudformation.given import Given
from auditor.sources.cloudformation.nested import ASSET
from auditor.sources.cloudformation.readings import Entry, Readings
from auditor.sources.cloudformation.resolver import NO_VALUE, Resolver
from auditor.sources.cloudformation.template import Definition, Template
from auditor.sources.document import Document, read_documents

_NESTED, _TEMPLATE = ".nested.template.json", ".template.json"
# Stacks within stacks deeper than this, and folders with more templates, are nobody's.
_MAX_DEPTH, _MAX_TEMPLATES = 5, 200


@dataclass(frozen=True, slots=True)
class Inherited:
    """What a nested stack has from those around it.

    Args:
        values: its parameters, by name.
        beside: resources of theirs that rules may look at, as far as nothing is open about them.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    beside: Sequence[Entry] = ()


def inherited(document: Document, given: Given, depth: int = 0) -> Inherited:
    """What the template of a nested stack has from the stack around it.

    Args:
        document: the template.
        given: what is known besides; its parameters are those of the outermost stack.
        depth: how many stacks deep this is.

    Returns:
        Nothing where the document is no nested stack's, or the stack around it is not there.
    """
    if not document.path.name.endswith(_NESTED) or depth >= _MAX_DEPTH:
        return Inherited()
    for outer in _others(document):
        for name, body in outer.value["Resources"].items():
            if _asset_of(body) == document.path.name:
                return _from(outer, name, given, depth)
    return Inherited()


def _others(within: Document) -> Iterator[Document]:
    """The templates beside a template that could be around it."""
    path = within.path
    names = sorted(one for one in path.parent.glob(f"*{_TEMPLATE}") if one.name != path.name and not one.is_symlink())
    for other in names[:_MAX_TEMPLATES]:
        try:
            (document,) = read_documents(other, Path(within.shown).with_name(other.name).as_posix())
        except InputError:
            # It is told where that file itself is judged.
            continue
        if isinstance(document.value, dict) and isinstance(document.value.get("Resources"), dict):
            yield document


def _asset_of(body: Any) -> str:
    metadata = body.get("Metadata") if isinstance(body, dict) else None
    asset = metadata.get(ASSET) if isinstance(metadata, dict) else None
    return asset if isinstance(asset, str) else ""


def _from(outer: Document, name: str, given: Given, depth: int) -> Inherited:
    farther = inherited(outer, given, depth + 1)
    around = Given(given.deployment, given.parameters, farther.values)
    template = Template.of(outer, lambda _: None)
    definition: Definition | None = template.resources.get(name)
    raw = definition.properties.get("Parameters") if definition is not None else None
    if not isinstance(raw, dict) or definition is None:
        return Inherited()
    at = (*definition.at, "Properties", "Parameters")
    # A resource of the stack around is none of those that the nested stack calls by the same name.
    prefix = f"{outer.path.name}#"
    readings = explore(lambda choices: Resolver(template, around, choices, prefix).value(raw, at)).found
    values: dict[str, Any] = {}
    for parameter in raw:
        found = [reading.get(parameter, NO_VALUE) for _, reading in readings if isinstance(reading, dict)]
        if not found or found[0] is NO_VALUE:
            continue
        same = len({json.dumps(one, default=repr) for one in found}) == 1
        values[parameter] = found[0] if same else unresolved(f"!Ref {parameter}", "the stack around it decides")
    return Inherited(values, [*farther.beside, *Readings(template, around, {}, prefix).settled()])
