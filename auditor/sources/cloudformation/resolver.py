"""Intrinsic functions, three-valued: what a value will be, that it refers to a resource, or why it is not known.

Source of the functions: CloudFormation template reference, "Intrinsic functions". cfn-lint is the oracle of the
tests. Nothing here raises for what a template holds: what has a wrong form becomes a fault and an `Unknown`.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any

from auditor.catalog import nearest
from auditor.model.unknown import Reason, Unknown
from auditor.sources.cloudformation import attributes, stacks
from auditor.sources.cloudformation.choices import Choices, Open, Option
from auditor.sources.cloudformation.conditions import Conditions
from auditor.sources.cloudformation.expressions import shown, unresolved
from auditor.sources.cloudformation.functions import FUNCTIONS, MAX_TEXT
from auditor.sources.cloudformation.given import Given
from auditor.sources.cloudformation.secrets import hides
from auditor.sources.cloudformation.template import Definition, Fault, Parameter, Template
from auditor.sources.interface import Reference
from auditor.sources.marks import RawPath

# No value: the property, or the item of a list, is not there.
NO_VALUE = object()
_NOTHING_SUCH = "the template has no such parameter or resource"
_MAX_DEPTH = 150
# Stacks within stacks deeper than this are nobody's.
_MAX_STACKS = 5
# In the time that reading a template takes, and each of its resources, so many values are resolved.
_TEMPLATE, _DEFINITION = 1000, 20
# CloudFormation takes templates of 1 MB, which hold fewer values; what functions make of few values can be endless.
_MAX_WORK = 500_000
_TEXT_UNIT = 100
# To find the nearest name takes a look at every name; nobody reads hundreds.
_MOST_REMEDIES = 100
_SUFFIXES: Mapping[str, str] = {
    "aws-cn": "amazonaws.com.cn",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-eusc": "amazonaws.eu",
}


class Resolver:
    """Resolves what one reading of a template asks for; the same choices throughout.

    Args:
        template: the template.
        given: what is known besides.
        choices: how what is open is decided.
        prefix: what the names of its resources begin with, where they are told apart from those of other templates.
        around: resolves the template of which this one is a nested stack's; None where it is nobody's.
    """

    def __init__(
        self, template: Template, given: Given, choices: Choices, prefix: str = "", around: "Resolver | None" = None
    ) -> None:
        self._prefix = prefix
        self._outer = around
        self._inner: dict[str, tuple[Resolver | None, Open]] = {}
        self._names: dict[str, str] = {}
        self.template = template
        self.given = given
        self.choices = choices
        self.faults: list[Fault] = []
        self._faulty: set[tuple[RawPath, str]] = set()
        self.moved: dict[RawPath, RawPath] = {}
        self.conditions = Conditions(self)
        # Within a policy document references stand for ARNs, and the account for itself.
        self.in_policy = False
        self._open: set[tuple[str, str, bool]] = set()
        self._kept: dict[tuple[str, str, bool], tuple[Any, int, Open]] = {}
        self._depth = 0
        self.work = 0

    def value(self, raw: Any, at: RawPath, to: RawPath | None = None) -> Any:
        """What a raw value will be.

        Args:
            raw: as the template has it.
            at: where it stands in the template.
            to: its path among the resolved values, where that is another one.

        Returns:
            Plain data in which an `Unknown` or a `Reference` may stand for any value, or `NO_VALUE`.
        """
        to = at if to is None else to
        if not self.afford(1 + (len(raw) // _TEXT_UNIT if isinstance(raw, str) else 0)):
            return self.endless()
        if to != at:
            self.moved[to] = at
        if isinstance(raw, str):
            return unresolved(raw, "give the value itself") if "{{resolve:" in raw else raw
        if isinstance(raw, dict):
            if len(raw) == 1:
                ((name, inner),) = raw.items()
                if name in FUNCTIONS or name.startswith("Fn::"):
                    return self._function(name, inner, at, to)
            return self._object(raw, at, to)
        return self._list(raw, at, to) if isinstance(raw, list) else raw

    def policy(self, raw: Any, at: RawPath, to: RawPath | None = None) -> Any:
        """What a policy document will be: as `value`, with references as the ARNs that they stand for."""
        found = self.policy_value(raw, at, to)
        return self._parsed(found, at) if isinstance(found, str) else found

    def policy_value(self, raw: Any, at: RawPath, to: RawPath | None = None) -> Any:
        """What a value within a policy document will be."""
        before, self.in_policy = self.in_policy, True
        try:
            return self.value(raw, at, to)
        finally:
            self.in_policy = before

    def exists(self, logical_id: str) -> bool:
        """Whether a resource will be made, as its condition says."""
        definition = self.template.resources[logical_id]
        if not definition.condition:
            return True
        return self.conditions.holds(definition.condition, (*definition.at, "Condition")) is not False

    def name_of(self, logical_id: str) -> str:
        """What a resource is called in what the source yields: its physical name where that is a literal."""
        known = self._names.get(logical_id)
        if known is not None:
            return known
        definition = self.template.resources[logical_id]
        raw = definition.properties.get(attributes.name_property(definition.kind))
        name = self._name(definition, raw)
        if raw is None or isinstance(raw, str):
            # It depends on no choice.
            self._names[logical_id] = name
        return name

    def _name(self, definition: Definition, raw: Any) -> str:
        logical_id, wanted = definition.logical_id, attributes.name_property(definition.kind)
        name = self.property_of(definition, wanted) if raw is not None else None
        if isinstance(name, str) and type(name) is not Reference and name:
            if not isinstance(raw, dict) or name not in self.template.names[definition.kind].none:
                return name
            at = (*definition.at, "Properties", wanted)
            self.fault(at, f"its name is the logical id of another {definition.kind}", whole=True)
        elif logical_id in self.template.names[definition.kind].given:
            return attributes.called(definition.kind, f"{self._prefix}{logical_id} (logical id)")
        return attributes.called(definition.kind, f"{self._prefix}{logical_id}")

    def inner(self, logical_id: str) -> "Resolver | None":
        """What resolves the template of a nested stack, with its parameters; None where that is not at hand."""
        if logical_id not in self._inner:
            # A stack whose parameters ask for its own outputs gets none.
            self._inner[logical_id] = (None, {})
            with self.choices.heard() as asked:
                self._inner[logical_id] = (self._nested(self.template.resources[logical_id]), asked)
        found, asked_then = self._inner[logical_id]
        self.choices.again(asked_then)
        return found

    def reference(self, logical_id: str, attribute: str = "") -> Any:  # noqa: PLR0911  one return per kind of answer
        """What Ref (no attribute) or Fn::GetAtt gives for a resource of the template."""
        definition = self.template.resources[logical_id]
        expression = f"!GetAtt {logical_id}.{attribute}" if attribute else f"!Ref {logical_id}"
        if not self.exists(logical_id):
            return unresolved(expression, "the resource is not made in this case")
        if attributes.opaque(definition.kind):
            return unresolved(expression, "a custom resource tells it when it is made")
        if attributes.is_stack(definition.kind) and attribute:
            return stacks.output_of(self, logical_id, attribute)
        if definition.kind == "AWS::KMS::Alias":
            return self._alias(definition, expression)
        if not attribute or attributes.identifies(definition.kind, attribute):
            return self._named(definition, attribute)
        if attribute in definition.properties:
            return self.property_of(definition, attribute)
        if attributes.present(attribute):
            return Reference(f"{self.name_of(logical_id)}.{attribute}")
        return unresolved(expression, "it is known once the resource is made")

    def parameter(self, name: str) -> Any:
        """The value of a parameter: given, chosen among its allowed ones, its default, or unknown."""
        parameter = self.template.parameters[name]
        expression, remedy = f"!Ref {name}", f"give --parameters {name}=VALUE"
        if parameter.stored:
            return unresolved(expression, "Systems Manager tells it at deployment")
        given = self.given.value(name)
        if given is not None:
            return parameter.typed(given) if type(given) in (str, int, float, list) else given
        options = self._options(parameter)
        if not options:
            return unresolved(expression, remedy)
        chosen = options[0] if len(options) == 1 else self.choices.of(name, options)
        return unresolved(expression, remedy) if chosen.value is None else parameter.typed(chosen.value)

    def fault(self, at: RawPath, message: str, remedy: str = "", *, whole: bool = False) -> Unknown:
        """Note what has a wrong form, and stand in for its value."""
        if (at, message) not in self._faulty:
            self._faulty.add((at, message))
            self.faults.append(Fault(at, message, remedy, whole))
        return Unknown(Reason.UNSUPPORTED_SYNTAX, message)

    def no_such(self, at: RawPath, message: str, name: str, known: Iterable[str]) -> Unknown:
        """Note a name that leads nowhere; of the first such names, which one is nearest."""
        return self.fault(at, message, nearest(name, known) if len(self.faults) < _MOST_REMEDIES else "")

    def named(self, name: Any, at: RawPath) -> Any:
        """What Ref gives for a name."""
        if not isinstance(name, str):
            return self.fault(at, "Ref is followed by the name of a parameter or resource")
        if name.startswith("AWS::"):
            return self._pseudo(name, at)
        if name in self.template.parameters:
            value = self.parameter(name)
            secret = self.template.parameters[name].secret and isinstance(value, str | list) and bool(value)
            # That nothing is given is no secret.
            return unresolved(f"!Ref {name}", "NoEcho hides it") if secret and not hides(self.template, at) else value
        if name in self.template.resources:
            return self.reference(name)
        known = chain(self.template.parameters, self.template.resources)
        return self.no_such(at, f"!Ref {name}: {_NOTHING_SUCH}", name, known)

    def attribute(self, logical_id: str, attribute: str, at: RawPath) -> Any:
        """What Fn::GetAtt gives."""
        if logical_id in self.template.resources:
            return self.reference(logical_id, attribute)
        shown_as = f"!GetAtt {logical_id}.{attribute}"
        message = f"{shown_as}: the template has no such resource"
        return self.no_such(at, message, logical_id, self.template.resources)

    def _function(self, name: str, inner: Any, at: RawPath, to: RawPath) -> Any:
        apply: Callable[..., Any] | None = FUNCTIONS.get(name)
        if apply is None:
            return unresolved(shown({name: inner}), "this function is not read before deployment")
        if self._depth > _MAX_DEPTH:
            return self.fault(at, "functions are nested too deeply, or refer to each other in a circle")
        self._depth += 1
        try:
            made = apply(self, inner, (*at, name), to)
        finally:
            self._depth -= 1
        if isinstance(made, str) and len(made) > MAX_TEXT:
            return unresolved(shown({name: inner}), f"what it makes is longer than {MAX_TEXT} characters")
        work = len(made) // _TEXT_UNIT if isinstance(made, str) else len(made) if isinstance(made, list) else 0
        return made if self.afford(work) else self.endless()

    def afford(self, work: int) -> bool:
        """Whether so much more may be made, counted as if nothing were shared."""
        if self._outer is not None and not self._outer.afford(work):
            return False
        self.work += work
        return self.work <= _MAX_WORK

    def endless(self) -> Unknown:
        """Note that the limit of `afford` is reached."""
        return self.fault(("Resources",), "functions make too much of the template")

    def _object(self, raw: Mapping[str, Any], at: RawPath, to: RawPath) -> dict[str, Any]:
        out = {}
        for key, item in raw.items():
            value = self.value(item, (*at, key), (*to, key))
            if value is not NO_VALUE:
                out[key] = value
        return out

    def _list(self, raw: list[Any], at: RawPath, to: RawPath) -> list[Any]:
        out: list[Any] = []
        for index, item in enumerate(raw):
            value = self.value(item, (*at, index), (*to, len(out)))
            if value is not NO_VALUE:
                out.append(value)
        return out

    def _options(self, parameter: Parameter) -> list[Option]:
        """What a parameter that nobody gave can be; empty where nothing is known of it."""
        first = () if parameter.default is None else (parameter.default,)
        if parameter.allowed:
            allowed = [value for value in parameter.allowed if isinstance(value, str | int | float)]
            values = [*first, *(value for value in allowed if value not in first)]
            return [
                Option(f"value {index + 1}" if parameter.secret else _word(value), value)
                for index, value in enumerate(values)
            ]
        compared = self.template.compared.get(parameter.name)
        selected = self.template.selecting.get(parameter.name)
        computed = parameter.name in self.template.computed
        if compared is None and selected is None and not computed:
            return [Option(_word(value), value) for value in first]
        said = [parameter.typed(value) for value in first]
        values = [*first, *(text for text in dict.fromkeys((*(compared or ()), *(selected or ()))) if text not in said)]
        options = [Option("value" if parameter.secret else _word(value), value) for value in values]
        # A default that no condition names stands for every value that none names; what selects in a map is a key.
        named = compared is not None and any(text in said for text in compared)
        if not first or named or computed or selected == ():
            options.append(Option("another value", None))
        return options

    def _pseudo(self, name: str, at: RawPath) -> Any:  # noqa: PLR0911  one return per kind of answer
        where = self.given.deployment
        known = {
            "AWS::AccountId": where.account,
            "AWS::Partition": where.partition,
            "AWS::Region": where.region,
            "AWS::URLSuffix": _SUFFIXES.get(where.partition, "amazonaws.com"),
        }
        if name == "AWS::NoValue":
            return NO_VALUE
        if known.get(name):
            return known[name]
        if name == "AWS::NotificationARNs":
            return unresolved(f"!Ref {name}", "the stack's options tell it")
        if name not in (*known, "AWS::StackName", "AWS::StackId"):
            return self.no_such(at, f"!Ref {name}: there is no such pseudo parameter", name, known)
        compared = self.template.compared.get(name)
        if compared is not None:
            options = [*(Option(text, text) for text in compared), Option("another one", None)]
            chosen = self.choices.of(name, options)
            if chosen.value is not None:
                return chosen.value
        if name == "AWS::AccountId" and self.in_policy:
            return Reference(name)
        return Reference(f"${{{name}}}")

    def _nested(self, definition: Definition) -> "Resolver | None":
        depth, outermost = 0, self
        while outermost._outer is not None:
            depth, outermost = depth + 1, outermost._outer
        raw = definition.properties.get("Parameters")
        values = self.value(raw, (*definition.at, "Properties", "Parameters")) if isinstance(raw, dict) else {}
        known = values if isinstance(values, dict) else {}
        given = Given(self.given.deployment, {}, {name: one for name, one in known.items() if one is not NO_VALUE})
        url = self.property_of(definition, stacks.url_property(definition.kind))
        template = stacks.template_of(self.template, definition, url, given.fixed) if depth < _MAX_STACKS else None
        if template is None or not self.afford(_TEMPLATE + _DEFINITION * len(template.resources)):
            return None
        name = definition.logical_id
        return Resolver(template, given, self.choices.within(name), f"{self._prefix}{name}.", self)

    def _named(self, definition: Definition, attribute: str) -> Reference:
        name = self.name_of(definition.logical_id)
        where = self.given.deployment
        if self.in_policy and attribute.endswith("Arn"):
            return Reference(attributes.arn_of(definition.kind, name, where.partition, where.region, where.account))
        return Reference(name)

    def _alias(self, definition: Definition, expression: str) -> Any:
        """An alias stands for the key behind it, where the template makes that too."""
        target = self.property_of(definition, "TargetKeyId")
        if isinstance(target, Reference):
            return target
        name = self.property_of(definition, "AliasName")
        return name if isinstance(name, str) else unresolved(expression, "the name of the alias is not known")

    def property_of(self, definition: Definition, name: str) -> Any:
        """The value of a property of a resource; an `Unknown` where resources ask for each other in a circle."""
        key = (definition.logical_id, name, self.in_policy)
        if key in self._open:
            return self.fault(definition.at, f"{definition.logical_id} refers to itself in a circle")
        if key not in self._kept:
            self._open.add(key)
            before = self.work
            try:
                with self.choices.heard() as asked:
                    found = self.value(definition.properties.get(name), (*definition.at, "Properties", name))
            finally:
                self._open.discard(key)
            self._kept[key] = (None if found is NO_VALUE else found, self.work - before, asked)
            return self._kept[key][0]
        # What is shared here is walked once for each that refers to it.
        kept, work, open_then = self._kept[key]
        self.choices.again(open_then)
        return kept if self.afford(work) else self.endless()

    def _parsed(self, text: str, at: RawPath) -> Any:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return self.fault(at, "a policy document is an object, or JSON text")


def _word(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text or "''"
