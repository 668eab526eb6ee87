"""Where the value of a NoEcho parameter may go: into conditions, and into what the model drops at the door."""

from functools import cache
from typing import Any, get_args

from auditor.model.sagemaker import BY_TYPE
from auditor.model.sensitive import Redacted
from auditor.model.shape import Shape
from auditor.sources.cloudformation.template import Template
from auditor.sources.marks import RawPath
from auditor.sources.shapes import nested_shape


def hides(template: Template, at: RawPath) -> bool:
    """Whether what stands at a path of a template is shown to nobody.

    Args:
        template: the template.
        at: the path; that of a condition, or of a value within the properties of a resource.
    """
    if at[:1] == ("Conditions",):
        return True
    definition = template.resources.get(str(at[1])) if at[:1] == ("Resources",) and at[1:] else None
    kind = BY_TYPE.get(definition.kind) if definition is not None else None
    return kind is not None and not _sensitive(kind).isdisjoint(at[2:])


@cache
def _sensitive(kind: type[Shape]) -> frozenset[str]:
    """Members, at any depth, of which the model keeps no more than `Redacted`."""
    found: set[str] = set()
    for member, field in kind.fields_by_member.items():
        annotation = kind.model_fields[field].annotation
        inner = nested_shape(annotation)
        if _dropped(annotation):
            found.add(member)
        elif inner is not None and inner is not kind:
            found |= _sensitive(inner)
    return frozenset(found)


def _dropped(annotation: Any) -> bool:
    return annotation is Redacted or any(_dropped(inner) for inner in get_args(annotation))
