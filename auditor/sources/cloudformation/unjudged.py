"""What a template makes that nobody looks into here: each is said, so that none is taken for a pass."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath
from typing import Any

from auditor.model.sagemaker import BY_TYPE
from auditor.sources.cloudformation.attributes import is_stack
from auditor.sources.cloudformation.machines import KINDS, inline
from auditor.sources.cloudformation.nested import document_of
from auditor.sources.cloudformation.stacks import url_property
from auditor.sources.cloudformation.template import Definition, Fault, Template
from auditor.sources.shapes import structure_of

_SAGEMAKER = "AWS::SageMaker::"
_MODULE = "::MODULE"
# What CloudFormation makes of SageMaker and no rule is about.
NO_RULE = frozenset(
    {
        "AIWorkloadConfig",
        "Action",
        "App",
        "Artifact",
        "ClusterSchedulerConfig",
        "ComputeQuota",
        "Context",
        "Device",
        "Experiment",
        "ExperimentTrialComponent",
        "Hub",
        "HumanTaskUi",
        "ImageVersion",
        "Project",
        "TrialComponent",
    }
)
# A word that differs in less was meant: of `NotebokInstance` and `NotebookInstance`, nearly all letters are the same.
_MEANT = 0.85
# So long are CloudFormation's names of types, at most.
_LONGEST = 100
_SUFFIXES = frozenset({".json", ".template", ".yaml", ".yml"})
_NAME_IT = "name its template by a path, and gate it too"


def unjudged(template: Template) -> Iterator[Fault]:
    """What of the resources of a template is not judged.

    Args:
        template: the template.

    Returns:
        A fault each; `whole` where a type is none of CloudFormation's, but nearly one: what was meant is not judged.
    """
    for kind, definitions in template.of_kind.items():
        look = _LOOKS.get(kind)
        if look is None and kind.endswith(_MODULE):
            look = _module
        elif look is None and kind.strip().lower().startswith(_SAGEMAKER.lower()):
            look = None if _is_judged(kind) else _unknown
        elif look is None and is_stack(kind):
            look = _stack
        if look is not None:
            for definition in definitions:
                yield from look(template, definition)


def _is_judged(kind: str) -> bool:
    known = BY_TYPE.get(kind)
    return known is not None and structure_of(known, "create") is not None


def _unknown(_: Template, definition: Definition) -> Iterator[Fault]:
    at, kind = (*definition.at, "Type"), definition.kind
    if kind.removeprefix(_SAGEMAKER) in NO_RULE:
        yield Fault(at, f"no rule knows the type {kind}")
        return
    import difflib  # noqa: PLC0415  only on the way to a fault

    word = kind.strip()[len(_SAGEMAKER) :].lower()
    known = {name.removeprefix(_SAGEMAKER).lower(): name.removeprefix(_SAGEMAKER) for name in (*BY_TYPE, *NO_RULE)}
    close = difflib.get_close_matches(word, known, n=1, cutoff=_MEANT) if len(word) <= _LONGEST else []
    if close:
        meant = f"did you mean {_SAGEMAKER}{known[close[0]]}?"
        yield Fault(at, f"there is no type {kind}: it is not judged", meant, whole=True)
    else:
        yield Fault(at, f"no rule knows the type {kind}")


def _module(_: Template, definition: Definition) -> Iterator[Fault]:
    yield Fault((*definition.at, "Type"), "what a module makes is not seen", "gate the processed template")


def _stack(template: Template, definition: Definition) -> Iterator[Fault]:
    name = url_property(definition.kind)
    if not _at_hand(template, definition.properties.get(name), definition.asset):
        yield Fault((*definition.at, "Properties", name), "what the nested stack makes is not judged", _NAME_IT)


def _stack_set(template: Template, definition: Definition) -> Iterator[Fault]:
    for name in ("TemplateBody", "TemplateURL"):
        raw = definition.properties.get(name)
        if raw is not None and not (name == "TemplateURL" and _at_hand(template, raw, definition.asset)):
            at = (*definition.at, "Properties", name)
            yield Fault(at, "what the stack set makes is not judged", "put its template into a file, and gate that too")


def _machine(template: Template, definition: Definition) -> Iterator[Fault]:
    if inline(definition) is not None:
        return
    for name in ("Definition", "DefinitionString", "DefinitionS3Location", "DefinitionUri"):
        raw = definition.properties.get(name)
        if raw is None or not _may_ask(raw, named=name in ("DefinitionS3Location", "DefinitionUri")):
            continue
        if not _at_hand(template, raw, ""):
            at, remedy = (*definition.at, "Properties", name), "put its definition into a file, and gate that too"
            yield Fault(at, "what the state machine makes of SageMaker is not judged", remedy)


def _may_ask(raw: Any, *, named: bool) -> bool:
    """Whether a definition may ask for something of SageMaker's: it says so, or is not seen as a whole."""
    if named:
        return True
    if isinstance(raw, str):
        return "sagemaker" in raw.lower() or "${" in raw
    if isinstance(raw, dict):
        return any(key.startswith("Fn::") or key == "Ref" or _may_ask(one, named=False) for key, one in raw.items())
    return isinstance(raw, list) and any(_may_ask(one, named=False) for one in raw)


def _at_hand(template: Template, name: Any, asset: str) -> bool:
    """Whether a file lies beside the template that is judged as the file that it is, where the folder is."""
    document = document_of(template.document, name, asset)
    return document is not None and PurePath(document.path).suffix.lower() in _SUFFIXES


_LOOKS: Mapping[str, Callable[[Template, Definition], Iterator[Fault]]] = {
    "AWS::CloudFormation::StackSet": _stack_set,
    **dict.fromkeys(KINDS, _machine),
}
