"""What functions, conditions and nested stacks ask of the resolver that asks them."""

from collections.abc import Iterable
from typing import Any, Protocol

from auditor.model.unknown import Unknown
from auditor.sources.cloudformation.choices import Choices
from auditor.sources.cloudformation.template import Template
from auditor.sources.marks import RawPath


class Deciding(Protocol):
    """The conditions of a template."""

    def holds(self, name: str, at: RawPath) -> bool:
        """Whether a condition holds; where it is asked for."""


class Resolving(Protocol):
    """Resolves what one reading of a template asks for; see `Resolver`."""

    template: Template
    choices: Choices
    in_policy: bool

    @property
    def conditions(self) -> Deciding:
        """The conditions of the template."""

    def value(self, raw: Any, at: RawPath, to: RawPath | None = None) -> Any:
        """What a raw value will be."""

    def policy_value(self, raw: Any, at: RawPath, to: RawPath | None = None) -> Any:
        """What a value within a policy document will be."""

    def named(self, name: Any, at: RawPath) -> Any:
        """What Ref gives for a name."""

    def attribute(self, logical_id: str, attribute: str, at: RawPath) -> Any:
        """What Fn::GetAtt gives."""

    def inner(self, logical_id: str) -> "Resolving | None":
        """What resolves the template of a nested stack; None where that is not at hand."""

    def fault(self, at: RawPath, message: str, remedy: str = "") -> Unknown:
        """Note what has a wrong form, and stand in for its value."""

    def no_such(self, at: RawPath, message: str, name: str, known: Iterable[str]) -> Unknown:
        """Note a name that leads nowhere."""

    def afford(self, work: int) -> bool:
        """Whether so much more may be made."""

    def endless(self) -> Unknown:
        """Note that the limit of `afford` is reached."""
