"""What is good and what is bad, in the languages that people write it in."""

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from auditor.cases.scenes import hcl_of, plan_of_scene
from auditor.cases.spell import machine_of, manifest_of, pipeline_of
from auditor.cases.terraform import plan_of, resource_for
from auditor.model.resource import Resource
from auditor.model.sagemaker import BY_TYPE

LANGUAGES = ("cloudformation", "terraform", "pipeline", "stepfunctions", "kubernetes", "request", "dockerfile")


@dataclass(frozen=True, slots=True)
class Example:
    """What fails a rule and what passes it, in one language.

    Args:
        language: one of `LANGUAGES`.
        bad, good: text; the bad one is empty where a file shows that something is there, and none that it is not.
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
    """The examples of a rule, one for each language whose files hold what decides it.

    Args:
        rule: its id.
        languages: those that are wanted.
    """
    for language in languages:
        if pair := _pair(rule, language):
            bad = _shown(language, pair, "bad") if "bad" in pair else ""
            yield Example(language, bad, _shown(language, pair, "good"))


def languages_of(rule: str) -> tuple[str, ...] | None:
    """The languages in which a rule has examples: those in whose files it is judged; None for a rule of your own."""
    if rule not in _table():
        return None
    return tuple(language for language in LANGUAGES if _pair(rule, language))


def plans_of(rule: str) -> dict[str, dict[str, Any]]:
    """The plans, `bad` and `good`, that Terraform makes of a rule's examples; empty where it has none."""
    pair = _pair(rule, "terraform")
    if "type" in pair:
        return {word: plan_of(BY_TYPE[pair["type"]], pair[word]) for word in ("bad", "good")}
    return {word: plan_of_scene(scene) for word, scene in pair.items()}


def _pair(rule: str, language: str) -> Mapping[str, Any]:
    row = _table().get(rule, {})
    said: int | dict[str, Any] = row.get("languages", {}).get(language, {})
    if isinstance(said, dict):
        return said
    # A request that serves several languages is kept once.
    pair: dict[str, Any] = row["said"][said]
    return pair


def _shown(language: str, pair: Mapping[str, Any], word: str) -> str:
    said = pair[word]
    if "type" in pair:
        return text_of(language, BY_TYPE[pair["type"]], said)
    if isinstance(said, str):
        return said
    if language == "terraform":
        return hcl_of(said)
    if language == "cloudformation":
        return _yaml({"Resources": said})
    return _many(said) if language == "kubernetes" else json.dumps(said, indent=2) + "\n"


def _many(manifests: Iterable[Mapping[str, Any]]) -> str:
    return "---\n".join(_yaml(one) for one in manifests)


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
        return hcl_of({f"{resource_for(kind)}.example": after})
    if language == "pipeline":
        said = pipeline_of(kind, said, "Example")
    elif language == "stepfunctions":
        said = machine_of(kind, said)
    return json.dumps(said, indent=2) + "\n"


@cache
def _table() -> dict[str, dict[str, Any]]:
    table: dict[str, dict[str, Any]] = json.loads(files("rules").joinpath("examples.json").read_text(encoding="utf-8"))
    return table


def _yaml(value: Any) -> str:
    import yaml  # noqa: PLC0415  only where YAML is written

    text: str = yaml.safe_dump(value, sort_keys=False, default_flow_style=False, width=100)
    return text
