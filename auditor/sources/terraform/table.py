"""Which resources of the AWS provider are which types, and how their arguments are spelled.

Sources: documentation of Terraform's AWS provider, and of its Cloud Control provider (awscc), whose arguments are
CloudFormation's properties in snake case.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from auditor.model.resource import Resource
from auditor.model.sagemaker import BY_TYPE
from auditor.sources.shapes import is_structure, members, structure_of
from auditor.sources.spelling import MEANT, ByName, Spelling, loose

_PREFIXES = ("aws_sagemaker_", "awscc_sagemaker_")
_SAGEMAKER = "AWS::SageMaker::"
# Resources that are called otherwise than their type.
_CALLED: Mapping[str, str] = {
    "endpointconfiguration": "EndpointConfig",
    "humantaskui": "HumanTaskUi",
    "notebookinstancelifecycleconfiguration": "NotebookInstanceLifecycleConfig",
    "servicecatalogportfoliostatus": "ServicecatalogPortfolioStatus",
}
# What every resource has and no request takes; an empty member stands for none. What is deleted how, and what
# Terraform itself does, is no matter of the API.
_NOT_SAID: Mapping[str, str] = dict.fromkeys(
    ("id", "arn", "region", "timeouts", "nameprefix", "tagsall", "retentionpolicy", "deletevpcenisondestroy"), ""
)
_RENAMES: Mapping[str, Mapping[str, str]] = {
    "EndpointConfig": {"kmskeyarn": "KmsKeyId"},
    "HyperParameterTuningJob": {"config": "HyperParameterTuningJobConfig"},
    "AppImageConfig": {"jupyterlabimageconfig": "JupyterLabAppImageConfig"},
    "NotebookInstance": {"securitygroups": "SecurityGroupIds", "lifecycleconfigname": "LifecycleConfigName"},
}


def kind_of(resource: str) -> type[Resource] | None:
    """The type of SageMaker's that a resource of a provider makes; None where the model has none."""
    return BY_TYPE.get(type_of(resource))


@lru_cache(maxsize=256)
def type_of(resource: str) -> str:
    """The name of the type that a resource makes, `AWS::SageMaker::App`; empty where it is not SageMaker's."""
    prefix = next((one for one in _PREFIXES if resource.startswith(one)), "")
    if not prefix:
        return ""
    word = resource.removeprefix(prefix)
    known = _by_word().get(loose(word)) or _CALLED.get(loose(word))
    return _SAGEMAKER + (known or "".join(part.capitalize() for part in word.split("_")))


@lru_cache(maxsize=1)
def _by_word() -> Mapping[str, str]:
    return {loose(name): name for name in (cfn_type.removeprefix(_SAGEMAKER) for cfn_type in BY_TYPE)}


@lru_cache(maxsize=256)
def name_arguments(kind: type[Resource]) -> tuple[str, ...]:
    """The arguments that may name a resource of a type: `name`, or the API's own in snake case."""
    said = {meant: word for word, meant in MEANT.get(kind.cfn_type, {}).items()}
    member = said.get(kind.name_member, kind.name_member)
    return ("name", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", member).lower())


@lru_cache(maxsize=1024)
def _renames(name: str) -> Mapping[str, str]:
    kind = BY_TYPE.get(name)
    if kind is None:
        return _singulars(name) if is_structure(name) else {}
    structure = structure_of(kind, "create") or ""
    said = {meant: word for word, meant in MEANT.get(kind.cfn_type, {}).items()}
    taken = {loose(member) for member in members(structure)}
    found = {word: meant for word, meant in _NOT_SAID.items() if word not in taken}
    if "name" not in taken:
        found["name"] = said.get(kind.name_member, kind.name_member)
    return {**found, **_singulars(structure), **_RENAMES.get(name.removeprefix(_SAGEMAKER), {})}


def _singulars(structure: str) -> dict[str, str]:
    """Blocks that are repeated stand in the singular: `container` for Containers."""
    known = {loose(member): member for member in members(structure)}
    singular = {_singular(word): member for word, member in known.items() if members(structure)[member].code[0] in "[{"}
    return {word: member for word, member in singular.items() if word and word not in known}


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return f"{word.removesuffix('ies')}y"
    return word.removesuffix("s") if word.endswith("s") else ""


SPELLING = Spelling(
    "terraform",
    blocks=True,
    renames=ByName(_renames),
    no_such="the API has no such argument",
    unsaid="a plan does not say it",
)


def as_blocks(kind: type[Resource], raw: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a resource as the walk along the API's shapes takes them.

    Some things are said in another form than by the API: the provider's own default tags are among `tags_all` only,
    the scripts of a notebook's lifecycle configuration are plain arguments, and the Cloud Control provider wraps the
    definition of a pipeline.
    """
    found = dict(raw)
    if found.get("tags_all") is not None:
        found["tags"] = found["tags_all"]
    wrapped = found.get("pipeline_definition")
    if isinstance(wrapped, dict):
        found["pipeline_definition"] = wrapped.get("pipeline_definition_body")
        found["pipeline_definition_s3_location"] = wrapped.get("pipeline_definition_s3_location")
    if kind.cfn_type.endswith("::NotebookInstanceLifecycleConfig"):
        for name in ("on_create", "on_start"):
            if isinstance(found.get(name), str):
                found[name] = [{"content": found[name]}]
    return found
