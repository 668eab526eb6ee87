"""A request in the languages that people write it in."""

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from auditor.cases.spell import has_request, manifest_of, pipeline_of, says
from auditor.cases.terraform import plan_of, resource_for
from auditor.model.resource import Resource
from auditor.model.sagemaker import BY_TYPE

LANGUAGES = ("cloudformation", "terraform", "pipeline", "kubernetes", "request")
_INDENT = "  "


@dataclass(frozen=True, slots=True)
class Example:
    """What fails a rule and what passes it, in one language.

    Args:
        language: one of `LANGUAGES`.
        bad, good: text.
    """

    language: str
    bad: str
    good: str

    def patch(self) -> str:
        """The lines that make the good one of the bad one, with `-` and `+` before them."""
        # The comma of the line before says nothing.
        bad, good = ([line.rstrip(",") for line in text.splitlines()] for text in (self.bad, self.good))
        lines = difflib.ndiff(bad, good)
        return "\n".join(f"{line[0]} {line[2:]}" for line in lines if line[0] in "+-")


def examples_of(rule: str, languages: Iterable[str] = LANGUAGES) -> Iterator[Example]:
    """The examples of a rule; none where no request alone decides it.

    Args:
        rule: its id.
        languages: those that are wanted.
    """
    found = _table().get(rule, {})
    if "type" not in found:
        return
    kind = BY_TYPE[found["type"]]
    for language in languages:
        said = found.get("template") if language == "cloudformation" else found
        if said is None or not _has(language, kind):
            continue
        bad, good = (text_of(language, kind, said[word]) for word in ("bad", "good"))
        if bad != good:
            yield Example(language, bad, good)


def unset_of(rule: str) -> str:
    """What a rule makes of a resource that does not set what it asks for; empty where no case says."""
    words: str = _table().get(rule, {}).get("unset", "")
    return words


def text_of(language: str, kind: type[Resource], said: Mapping[str, Any]) -> str:
    """A request, or the properties of a template, as a file of a language.

    Args:
        language: one of `LANGUAGES`.
        kind: what is made.
        said: the request; for CloudFormation the properties.
    """
    name = kind.cfn_type.rpartition("::")[2]
    # Nobody writes tags that are not there.
    said = {member: value for member, value in said.items() if value != []}
    if language == "cloudformation":
        return _yaml({"Resources": {name: {"Type": kind.cfn_type, "Properties": said}}})
    if language == "kubernetes":
        return _yaml(manifest_of(kind, said, "example"))
    if language == "terraform":
        after = plan_of(kind, said)["resource_changes"][0]["change"]["after"]
        return "\n".join(_block(f'resource "{resource_for(kind)}" "example"', after, "")) + "\n"
    return json.dumps(pipeline_of(kind, said, "Example") if language == "pipeline" else said, indent=2) + "\n"


def _has(language: str, kind: type[Resource]) -> bool:
    if language == "terraform":
        return bool(resource_for(kind))
    if language in ("pipeline", "kubernetes"):
        return says(language, kind)
    return has_request(kind)


@cache
def _table() -> dict[str, dict[str, Any]]:
    table: dict[str, dict[str, Any]] = json.loads(files("rules").joinpath("examples.json").read_text(encoding="utf-8"))
    return table


def _yaml(value: Any) -> str:
    import yaml  # noqa: PLC0415  only where YAML is written

    text: str = yaml.safe_dump(value, sort_keys=False, default_flow_style=False, width=100)
    return text


def _block(head: str, values: Mapping[str, Any], indent: str) -> Iterator[str]:
    """A block of HCL: what is a list of objects becomes blocks, everything else an argument."""
    yield f"{indent}{head} {{"
    inner = indent + _INDENT
    for name, value in values.items():
        if name == "tags_all" or value is None:
            continue
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            for item in value:
                yield from _block(name, item, inner)
        else:
            yield f"{inner}{name} = {_literal(value, inner)}"
    yield f"{indent}}}"


def _literal(value: Any, indent: str) -> str:
    if isinstance(value, dict):
        inner = indent + _INDENT
        lines = [f"{inner}{_literal(key, inner)} = {_literal(item, inner)}" for key, item in value.items()]
        return "\n".join(["{", *lines, f"{indent}}}"]) if lines else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(_literal(item, indent) for item in value) + "]"
    # HCL escapes as JSON does, but for what begins a template.
    return json.dumps(value).replace("${", "$${").replace("%{", "%%{")
