"""What SageMaker's components in a compiled pipeline make, as resources and gaps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.errors import InputError
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Resource
from auditor.model.unknown import Reason, Unknown
from auditor.sources.document import Document
from auditor.sources.interface import Deployment, GateContext, surroundings
from auditor.sources.jsonfile import parse_json
from auditor.sources.kubeflow.components import Started, started
from auditor.sources.kubeflow.table import Component, component_of
from auditor.sources.spelling import Spelling, to_api

_SPELLING = Spelling(
    "kubeflow",
    no_such="the component has no such input",
    unsaid="a pipeline of Kubeflow does not say it",
)
# What components leave out of the request, because a pipeline cannot leave an input out.
_EMPTY: tuple[Any, ...] = (None, "", "{}", "[]", "None", "null", {}, [])
# Inputs that say where and how to ask, and not for what.
_ASIDE = frozenset({"region", "endpoint_url", "assume_role"})
_SAGEMAKER = "AWS::SageMaker::"


@dataclass(frozen=True, slots=True)
class CompiledSource:
    """Reads one compiled pipeline.

    Args:
        document: the file's content.
        context: where it will run, and the values of its parameters.
    """

    document: Document
    context: GateContext = field(default_factory=GateContext)

    def collect(self) -> Iterator[Resource | Gap]:
        """What the components of SageMaker will make, and what was not understood.

        Raises:
            InputError: it is no compiled pipeline, or one whose components start one another too often.
        """
        value = self.document.value
        if not isinstance(value, dict) or not {"root", "spec"} & value.keys():
            raise InputError("a compiled pipeline is an object with a root or a spec", file=self.document.shown, line=1)
        for found in started(value, self.context.parameters, self.document.wrong):
            component = component_of(found.command)
            if component is not None:
                yield from self._one(found, component)
        yield surroundings(self.document.shown, "a pipeline of Kubeflow", self.context.deployment)

    def _one(self, found: Started, component: Component) -> Iterator[Resource | Gap]:
        where = self._where(found.arguments.get("region"))
        if component.kind is None:
            yield self._gap(found, f"what the component {component.word} makes is not judged yet", component.word)
            return
        said = {
            name: value
            for name, value in found.arguments.items()
            if name not in _ASIDE and not name.endswith("_output_path") and not _is_empty(value)
        }
        try:
            parsed = {name: _parsed(value, self.document.shown) for name, value in said.items()}
        except InputError as error:
            yield self._gap(found, f"an input is not understood: {error.message}", component.word)
            return
        raw = parsed if component.paths is None else _request(parsed, component.paths)
        spelled = to_api(component.kind, raw, _SPELLING, found.at)
        yield from spelled.gaps(self.document, where, found.name)
        yield spelled.resource(self.document, where, found.name)

    def _where(self, region: Any) -> Deployment:
        given = self.context.deployment
        told = isinstance(region, str) and region and region != given.region
        return Deployment.of(region, given.account) if told else given

    def _gap(self, found: Started, message: str, word: str) -> Gap:
        where = self.context.deployment
        error = self.document.wrong(message, found.at)
        return Gap(
            Scope(where.account, where.region, _SAGEMAKER + word, found.name), "", Reason.UNSUPPORTED_SYNTAX, str(error)
        )


def _is_empty(value: Any) -> bool:
    return not isinstance(value, Unknown) and value in _EMPTY


def _parsed(value: Any, shown: str) -> Any:
    """What an input holds: objects and lists stand as JSON in a text."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        return parse_json(value, shown)
    return value


def _request(said: Mapping[str, Any], paths: Mapping[str, str]) -> dict[str, Any]:
    """The request that the inputs of a component of version 1 make."""
    out: dict[str, Any] = {}
    for name, path in paths.items():
        # The components isolate containers from the network unless they are told not to.
        value = said.get(name, True if name == "network_isolation" else None)
        if not isinstance(value, Unknown) and value is None:
            continue
        if name.startswith("vpc_") and isinstance(value, str):
            value = [item.strip() for item in value.split(",")]
        *way, last = path.split(".")
        holder = out
        for step in way:
            holder = holder.setdefault(step, {})
        holder[last] = value
    if "ProductionVariants" in out:
        variants = list(out["ProductionVariants"].values())
        out["ProductionVariants"] = [variant for variant in variants if "ModelName" in variant]
    return out
