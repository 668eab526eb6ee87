"""What is known of a deployment besides its template."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.sources.cloudformation.template import Parameter
from auditor.sources.interface import Deployment, Reference


@dataclass(slots=True)
class Given:
    """What is known besides the template.

    Args:
        deployment: where it will be deployed.
        parameters: values of parameters, as text, as the user gives them; only names that a template has are asked.
        around: values that the stack around gives, where the user gives none.
    """

    deployment: Deployment = field(default_factory=Deployment)
    parameters: Mapping[str, str] = field(default_factory=dict)
    around: Mapping[str, Any] = field(default_factory=dict)

    def value(self, name: str) -> Any:
        """The value of a parameter; None where nobody gives one."""
        return self.parameters[name] if name in self.parameters else self.around.get(name)

    def fixed(self, parameter: Parameter) -> Any:
        """The value of a parameter for loops, given or its default; None where it is not known."""
        told = self.value(parameter.name)
        value = parameter.default if told is None else told
        known = (
            isinstance(value, str | int | float | list) and not isinstance(value, Reference) and not parameter.secret
        )
        return parameter.typed(value) if known and not parameter.stored else None
