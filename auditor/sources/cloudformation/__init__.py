"""CloudFormation templates, YAML or JSON: hand-written, SAM's (what is not SAM's own in them) and CDK's.

What a template says is read three-valued. A reference to another of its resources is a `Reference`; what only the
deployment tells is `Unknown` with the expression; what a condition or an unset parameter leaves open is read in
every way (`choices`), each a world of its own.
"""

from auditor.sources.document import Document
from auditor.sources.interface import GateContext, Source

_MACRO = "Fn::Transform"
# What makes a document one of Kubernetes.
_OTHERS = frozenset({"apiVersion", "kind"})


def recognises(document: Document) -> bool:
    """Whether a document is a template: it has resources of which each has a type, or says that it is one."""
    value = document.value
    if not isinstance(value, dict):
        return False
    resources = value.get("Resources")
    if _MACRO in value and _OTHERS.isdisjoint(value):
        # A macro may write everything, resources and all.
        return True
    if not isinstance(resources, dict):
        return False
    if "AWSTemplateFormatVersion" in value or "Transform" in value or _MACRO in resources:
        return True
    kinds = (body.get("Type") for body in resources.values() if isinstance(body, dict))
    return any(isinstance(kind, str) and "::" in kind for kind in kinds)


def source(document: Document, context: GateContext) -> Source:
    """What reads the template of a document."""
    # The functions and the neighbours' shapes are loaded where there is a template.
    from auditor.sources.cloudformation.collect import TemplateSource  # noqa: PLC0415

    return TemplateSource(document, context)
