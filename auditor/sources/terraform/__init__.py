"""Terraform and OpenTofu: a plan as `terraform show -json PLAN` writes it.

What is created, replaced, updated or imported is judged; what stays as it is only where it leans on something that
changes, or where it is asked for. A value that is known after apply is a `Reference` where its expression leads to
one resource of the plan and to nothing else that only the apply could tell, and Unknown otherwise. A state, and a
plan that was cut down to its planned values, are refused with a remedy: neither tells what is unset from what is not
known yet.
"""

from auditor.sources.document import Document
from auditor.sources.interface import GateContext, Source

_PLAN_KEYS = frozenset({"planned_values", "resource_changes"})
_STATE_KEYS = frozenset({"values", "lineage"})


def recognises(document: Document) -> bool:
    """Whether a document is a plan, or a state, which is refused with a remedy."""
    value = document.value
    if not isinstance(value, dict):
        return False
    versioned = isinstance(value.get("format_version"), str)
    if versioned and not _PLAN_KEYS.isdisjoint(value):
        return True
    if isinstance(value.get("resource_changes"), list) and "terraform_version" in value:
        return True
    return isinstance(value.get("terraform_version"), str) and not _STATE_KEYS.isdisjoint(value)


def source(document: Document, context: GateContext) -> Source:
    """What reads a plan."""
    # Models are loaded where there is a plan.
    from auditor.sources.terraform.reading import PlanSource  # noqa: PLC0415

    return PlanSource(document, context)
