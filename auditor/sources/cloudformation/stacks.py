"""Nested stacks: their templates, where those are at hand, and what of their outputs is known.

A stack is resolved with the parameters that the template around it gives, and under the same choices.
"""

from collections.abc import Callable, Mapping
from typing import Any

from auditor.errors import InputError
from auditor.sources.cloudformation.expressions import unresolved
from auditor.sources.cloudformation.nested import document_of
from auditor.sources.cloudformation.resolving import Resolving
from auditor.sources.cloudformation.template import Definition, Parameter, Template

_URL: Mapping[str, str] = {"AWS::CloudFormation::Stack": "TemplateURL", "AWS::Serverless::Application": "Location"}
_OUTPUTS = "Outputs."


def url_property(kind: str) -> str:
    """The property that says where the template of a nested stack is."""
    return _URL[kind]


def template_of(
    around: Template, definition: Definition, url: Any, values: Callable[[Parameter], Any]
) -> Template | None:
    """The template of a nested stack; None where it is not at hand, or is none.

    Args:
        around: the template that uses it.
        definition: the stack.
        url: where its template is, resolved.
        values: the value of a parameter where it is fixed; else None.
    """
    document = document_of(around.document, url, definition.asset)
    try:
        return Template.of(document, values) if document is not None else None
    except InputError:
        # It is told where that file itself is judged.
        return None


def output_of(resolver: Resolving, logical_id: str, attribute: str) -> Any:
    """What Fn::GetAtt gives for a nested stack.

    Args:
        resolver: resolves the template around it.
        logical_id: the stack.
        attribute: `Outputs.` and the name of an output.
    """
    expression = f"!GetAtt {logical_id}.{attribute}"
    inner = resolver.inner(logical_id)
    if inner is None:
        return unresolved(expression, "the nested stack tells it; name its template by a path to have it read")
    name = attribute.removeprefix(_OUTPUTS)
    output = inner.template.outputs.get(name)
    if not isinstance(output, dict) or not attribute.startswith(_OUTPUTS):
        return unresolved(expression, "the template of the nested stack has no such output")
    at = (_OUTPUTS.rstrip("."), name)
    condition = output.get("Condition")
    if isinstance(condition, str) and not inner.conditions.holds(condition, (*at, "Condition")):
        return unresolved(expression, "the nested stack has no such output in this case")
    resolve = inner.policy_value if resolver.in_policy else inner.value
    return resolve(output.get("Value"), (*at, "Value"))
