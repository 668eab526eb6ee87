"""Which arguments may be written as blocks, and so made by a `dynamic` block.

A plan's configuration holds no `dynamic` block (hashicorp/terraform#28346), and no block of an argument that the
provider takes as an attribute too (#29022): an argument that is missing there is unset only where it is no block.
"""

import re
from functools import cache

from auditor.model.sagemaker import BY_TYPE
from auditor.sources.shapes import is_structure, members, structure_of
from auditor.sources.spelling import loose

_NAMED = re.compile(
    r"(?:_config|_configs|_configuration|_configurations|_settings|_specification|_source|_sources|_options|"
    r"_policy|_definition|_definitions|_variants|_condition|_conditions|container|containers|_image|_repository)$"
)
# Of the resources around: documentation of the provider's aws_iam_role, aws_security_group, aws_route_table,
# aws_s3_bucket, aws_cloudtrail and of the data source aws_iam_policy_document.
_AROUND = frozenset(
    {
        "advanced_event_selector",
        "apply_server_side_encryption_by_default",
        "condition",
        "data_resource",
        "egress",
        "event_selector",
        "field_selector",
        "ingress",
        "inline_policy",
        "logging",
        "not_principals",
        "principals",
        "route",
        "rule",
        "statement",
        "versioning",
    }
)
# A policy that is a JSON text, and what the API holds in a structure and the provider in a map.
_TEXTS = frozenset({"assume_role_policy", "resource_policy", "tags", "user_tags"})


@cache
def may_be_block(argument: str) -> bool:
    """Whether an argument of a resource that is read may be a block."""
    if argument in _TEXTS:
        return False
    return argument in _AROUND or _NAMED.search(argument) is not None or loose(argument) in _structures()


@cache
def _structures() -> frozenset[str]:
    """The members that are structures in any request, in the plural and in the singular, in loose form."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [structure_of(kind, "create") for kind in BY_TYPE.values()]
    while waiting:
        structure = waiting.pop()
        if structure is None or structure in seen:
            continue
        seen.add(structure)
        for name, member in members(structure).items():
            code = member.code.lstrip("[{")
            if is_structure(code):
                waiting.append(code)
                word = loose(name)
                found |= {word, word.removesuffix("s"), re.sub("ies$", "y", word)}
    return frozenset(found - {"tags", "tag"})
