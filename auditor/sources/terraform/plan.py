"""A Terraform plan as JSON: what it changes, and the configuration that it was made from.

Source of the format: Terraform documentation, "JSON Output Format" (format versions 0.1 to 1.x; OpenTofu writes
the same). What is judged is what will be; `before` tells only what loses something that is deleted or replaced.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from auditor.errors import InputError
from auditor.sources.document import Document
from auditor.sources.marks import RawPath

REMEDY = "write the plan as JSON: terraform plan -out plan && terraform show -json plan > plan.json"
_KNOWN_MAJORS = frozenset({"0", "1"})
_STEP = re.compile(r'module\.([^.\[\]"]+)(\[(?:"(?:[^"\\]|\\.)*"|\d+)\])?\.?')
# What leaves a resource as it is or takes it away; an action that is not known may do anything.
_IDLE = frozenset({"no-op", "read", "delete", "forget"})
_LOSES = frozenset({"delete", "update"})


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one instance of a resource, or what a data source told or will tell while applying.

    Args:
        address: as Terraform calls it: `module.ml["a"].aws_sagemaker_model.this[0]`.
        module: address of the instance of the module it is in; empty for the root module.
        mode: managed or data.
        type: such as aws_sagemaker_model.
        name: its name within the module.
        index: key of the instance; None without count and for_each.
        actions: no-op, create, read, update, delete, forget; none of a data source that was read.
        after: its attributes, as far as they are known.
        unknown: where `after` is known only after apply: true, or the same within objects and lists.
        sensitive: where `after` is sensitive, in the same form.
        at: where it stands in the document.
        before: its attributes so far, where it is updated, replaced or deleted, without those that are sensitive.
        imported: whether the configuration takes over what is there already.
    """

    address: str
    module: str
    mode: str
    type: str
    name: str
    index: str | int | None
    actions: frozenset[str]
    after: Mapping[str, Any]
    unknown: Any
    sensitive: Any
    at: RawPath
    before: Mapping[str, Any] = field(default_factory=dict)
    imported: bool = False

    @property
    def key(self) -> str:
        """What expressions of its module call the resource, without the instance."""
        return f"data.{self.type}.{self.name}" if self.mode == "data" else f"{self.type}.{self.name}"

    @property
    def told(self) -> bool:
        """Whether a data source told it while the plan was made."""
        return self.mode == "data" and not self.actions

    @property
    def changes(self) -> bool:
        """Whether it is created, replaced, updated or new to the configuration."""
        if self.imported and "no-op" in self.actions:
            return True
        return not self.actions <= _IDLE or (not self.actions and self.mode == "managed")

    @property
    def created(self) -> bool:
        """Whether it does not exist yet."""
        return "create" in self.actions

    @property
    def deleted(self) -> bool:
        """Whether what is there so far is deleted, be it to be replaced."""
        return "delete" in self.actions

    @property
    def stays(self) -> bool:
        """Whether it is there once the plan was applied."""
        return self.changes or "no-op" in self.actions


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the configuration.

    Args:
        raw: as the plan holds it.
        resources: expressions of each resource, by what expressions call it.
        providers: of each resource, the key of its provider's configuration.
    """

    raw: Mapping[str, Any]
    resources: Mapping[str, Mapping[str, Any]]
    providers: Mapping[str, str]

    @classmethod
    def of(cls, raw: Any) -> "Module":
        """The module that a JSON value describes; an empty one where it describes none."""
        found = _mapping(raw)
        resources: dict[str, Mapping[str, Any]] = {}
        providers: dict[str, str] = {}
        for item in _objects(found.get("resources")):
            name = f"{item.get('type')}.{item.get('name')}"
            key = f"data.{name}" if item.get("mode") == "data" else name
            resources[key] = _mapping(item.get("expressions"))
            providers[key] = str(item.get("provider_config_key", ""))
        return cls(found, resources, providers)

    @property
    def keys(self) -> set[tuple[str, ...]]:
        """Its resources, data sources and calls, by the words that begin their blocks."""
        modes = {"data": "data", "managed": "resource"}
        found: set[tuple[str, ...]] = {("module", name) for name in _mapping(self.raw.get("module_calls"))}
        for item in _objects(self.raw.get("resources")):
            kind = modes.get(str(item.get("mode", "managed")))
            if kind is not None:
                found.add((kind, str(item.get("type")), str(item.get("name"))))
        return found

    def call(self, name: str) -> Mapping[str, Any]:
        """A call of a child module: source, expressions, module."""
        return _mapping(_mapping(self.raw.get("module_calls")).get(name))

    def output(self, name: str) -> Any:
        """The expression of an output; None where there is none."""
        return _mapping(_mapping(self.raw.get("outputs")).get(name)).get("expression")

    def sensitive_variable(self, name: str) -> bool:
        """Whether a variable is declared sensitive."""
        return _mapping(_mapping(self.raw.get("variables")).get(name)).get("sensitive") is True


@dataclass(frozen=True)
class Plan:
    """A plan.

    Args:
        document: the file that it is.
        changes: what it changes, reads and leaves alone.
    """

    document: Document
    changes: tuple[Change, ...]
    _modules: dict[tuple[str, ...], Module] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, document: Document) -> "Plan":
        """The plan that a document holds.

        Raises:
            InputError: it holds a state, or none that can be judged; names line and remedy.
        """
        value = document.value
        if not isinstance(value, dict):
            raise InputError("a plan is a JSON object", file=document.shown, line=1, remedy=REMEDY)
        version = str(value.get("format_version", ""))
        if version and version.partition(".")[0] not in _KNOWN_MAJORS:
            remedy = "format versions 0.x and 1.x are read: update the auditor"
            raise document.wrong(f"plan format {version} is not known", ("format_version",), remedy)
        listed = value.get("resource_changes")
        if listed is None and "planned_values" in value and not _resources_in(value["planned_values"]):
            # A plan that changes nothing at all leaves the list out.
            listed = []
        if not isinstance(listed, list):
            raise document.wrong(_instead(value), (), REMEDY)
        return cls(document, tuple(_changes(document, listed)))

    @cached_property
    def configuration(self) -> Mapping[str, Any]:
        """The configuration that the plan was made from; empty where the plan does not hold it."""
        return _mapping(self.document.value.get("configuration"))

    @cached_property
    def read(self) -> tuple[Change, ...]:
        """What data sources told while the plan was made: their values are those of the account."""
        root = _mapping(_mapping(self.document.value.get("prior_state")).get("values")).get("root_module")
        return tuple(_read(_mapping(root), ("prior_state", "values", "root_module")))

    def account_fact(self, source: str, *attributes: str) -> str:
        """What the data sources of a type say of where the plan is applied; empty where that is not one text.

        Several providers may lead to several accounts and regions: then nothing is told, and neither is it by a
        data source that was asked for another region.

        Args:
            source: aws_caller_identity, aws_region or aws_partition.
            attributes: names of the attribute, the newest first.
        """
        providers = _mapping(self.configuration.get("provider_config")).values()
        if sum(_mapping(one).get("name") == "aws" for one in providers) > 1:
            return ""
        found: set[str] = set()
        for change in self.read:
            if change.type == source and not self.module(change.module).resources.get(change.key):
                values = (change.after.get(name) for name in attributes)
                found.add(next((value for value in values if isinstance(value, str)), ""))
        return found.pop() if len(found) == 1 else ""

    @property
    def whole(self) -> bool:
        """False where Terraform stopped half-way, or put off a part for a later plan."""
        value = self.document.value
        deferred = value.get("deferred_changes")
        return value.get("errored") is not True and value.get("complete") is not False and not deferred

    def module(self, address: str) -> Module:
        """The module of the configuration that a module's instance is made from."""
        names = tuple(name for name, _ in steps(address))
        if names not in self._modules:
            raw: Any = self.configuration.get("root_module")
            for name in names:
                raw = Module.of(raw).call(name).get("module")
            self._modules[names] = Module.of(raw)
        return self._modules[names]

    def variable(self, name: str) -> Any:
        """The value of a variable of the root module; None where the plan does not hold it."""
        return _mapping(_mapping(self.document.value.get("variables")).get(name)).get("value")

    def region(self, change: Change) -> str:
        """The region that a change is made in, as far as the plan says; else empty."""
        own = change.after.get("region")
        if isinstance(own, str) and own and change.type.startswith("aws_"):
            return own
        key = self.module(change.module).providers.get(change.key, "")
        provider = _mapping(_mapping(self.configuration.get("provider_config")).get(key))
        told = _mapping(_mapping(provider.get("expressions")).get("region"))
        value = told.get("constant_value")
        names = [ref for ref in told.get("references") or () if isinstance(ref, str) and ref.startswith("var.")]
        if value is None and len(names) == 1 and not provider.get("module_address"):
            value = self.variable(names[0].removeprefix("var."))
        return value if isinstance(value, str) else ""


def steps(module: str) -> list[tuple[str, str]]:
    """The names along a module's address, each with its instance's key in brackets or empty."""
    return [(match.group(1), match.group(2) or "") for match in _STEP.finditer(module)]


def _changes(document: Document, listed: list[Any]) -> Iterator[Change]:
    for place, raw in enumerate(listed):
        at = ("resource_changes", place)
        change = raw.get("change") if isinstance(raw, dict) else None
        if not isinstance(change, dict) or not all(isinstance(raw.get(key), str) for key in ("address", "type")):
            raise document.wrong("it is no change of a resource: address, type and change are wanted", at, REMEDY)
        actions = frozenset(item for item in _list(change.get("actions")) if isinstance(item, str))
        index = raw.get("index")
        yield Change(
            address=raw["address"],
            module=str(raw.get("module_address", "")),
            mode="data" if raw.get("mode") == "data" else "managed",
            type=raw["type"],
            name=str(raw.get("name", "")),
            index=index if isinstance(index, str | int) else None,
            actions=actions,
            after=_mapping(change.get("after")),
            unknown=change.get("after_unknown"),
            sensitive=change.get("after_sensitive"),
            at=at,
            before={} if _LOSES.isdisjoint(actions) else _told_before(change),
            imported=isinstance(change.get("importing"), dict),
        )


def _told_before(change: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a resource was, as far as it is no secret."""
    # What becomes a secret has been none so far.
    marks = (change.get("before_sensitive"), change.get("after_sensitive"))
    if True in marks:
        return {}
    secret = {name for one in marks for name, mark in _mapping(one).items() if mark not in (False, None, [], {})}
    return {name: value for name, value in _mapping(change.get("before")).items() if name not in secret}


def _read(module: Mapping[str, Any], at: RawPath) -> Iterator[Change]:
    """The data sources of a module of a state, and of those in it."""
    address = str(module.get("address", ""))
    for place, raw in enumerate(_list(module.get("resources"))):
        if isinstance(raw, dict) and raw.get("mode") == "data" and isinstance(raw.get("type"), str):
            index = raw.get("index")
            yield Change(
                address=str(raw.get("address", "")),
                module=address,
                mode="data",
                type=raw["type"],
                name=str(raw.get("name", "")),
                index=index if isinstance(index, str | int) else None,
                actions=frozenset(),
                after=_mapping(raw.get("values")),
                unknown={},
                sensitive=raw.get("sensitive_values"),
                at=(*at, "resources", place),
            )
    for place, inner in enumerate(_list(module.get("child_modules"))):
        if isinstance(inner, dict):
            yield from _read(inner, (*at, "child_modules", place))


def _instead(value: Mapping[str, Any]) -> str:
    if "planned_values" in value:
        return "it holds planned values only: without resource_changes nobody can tell unset from known after apply"
    if "values" in value or "lineage" in value:
        return "it is a state and no plan: what is deployed already is judged by `sagemaker-auditor scan`"
    return "it holds no resource_changes"


def _resources_in(planned: Any) -> bool:
    root = _mapping(_mapping(planned).get("root_module"))
    return bool(root.get("resources") or root.get("child_modules"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in _list(value) if isinstance(item, dict)]
