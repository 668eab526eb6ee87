"""What the definition of a pipeline holds, as resources and gaps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from auditor.errors import InputError
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Resource
from auditor.model.sagemaker.automl import AutoMLJob, AutoMLJobV2
from auditor.model.sagemaker.endpoints import Endpoint, EndpointConfig
from auditor.model.sagemaker.models import Model, ModelPackage
from auditor.model.sagemaker.processing import ProcessingJob, TransformJob
from auditor.model.sagemaker.training import HyperParameterTuningJob, TrainingJob
from auditor.model.unknown import Reason, Unknown
from auditor.sources.document import Document
from auditor.sources.interface import GateContext, surroundings
from auditor.sources.marks import RawPath
from auditor.sources.pipelines.expressions import Expressions
from auditor.sources.shapes import members, structure_of
from auditor.sources.spelling import MEANT, Spelled, Spelling, to_api

_SPELLING = Spelling(
    "pipeline",
    exact=str,
    no_such="the step's operation has no such argument",
    unsaid="the definition of a pipeline does not say it",
)
# What a step of a type makes; its arguments are the request that does.
KINDS: Mapping[str, type[Resource]] = {
    "AutoML": AutoMLJob,
    "ClarifyCheck": ProcessingJob,
    "Endpoint": Endpoint,
    "EndpointConfig": EndpointConfig,
    "Model": Model,
    "Processing": ProcessingJob,
    "QualityCheck": ProcessingJob,
    "RegisterModel": ModelPackage,
    "Training": TrainingJob,
    "Transform": TransformJob,
    "Tuning": HyperParameterTuningJob,
}
# The types of which a step can make a resource.
MADE_TYPES = frozenset({*(kind.cfn_type for kind in KINDS.values()), AutoMLJobV2.cfn_type})
# Steps that make nothing of SageMaker's.
_OTHERS = frozenset({"Callback", "Condition", "EMR", "EMRServerless", "Fail", "Lambda"})
_BRANCHES = ("IfSteps", "ElseSteps")
_V2_ONLY = ("AutoMLJobInputDataConfig", "AutoMLProblemTypeConfig")


@dataclass(frozen=True, slots=True)
class Step:
    """One step. Args: name; word: its type; arguments: as they stand; at: where they stand."""

    name: str
    word: str
    arguments: Any
    at: RawPath

    @property
    def kind(self) -> type[Resource] | None:
        """What it makes of SageMaker's; None where that is nothing, or nothing that is known."""
        kind = KINDS.get(self.word)
        if kind is AutoMLJob and isinstance(self.arguments, dict) and not {*_V2_ONLY}.isdisjoint(self.arguments):
            return AutoMLJobV2
        return kind


@dataclass(frozen=True, slots=True)
class Made:
    """What a step will make.

    Args:
        step: the step's name.
        shown: what it is called, with the pipeline before it where there may be several.
        spelled: its facts.
    """

    step: str
    shown: str
    spelled: Spelled


@dataclass(frozen=True, slots=True)
class PipelineSource:
    """Reads one definition.

    Args:
        document: the file's content, or what a pipeline that was found live is defined by.
        context: where it will be executed, and the values of its parameters.
        within: the pipeline, where the document may hold several; it goes before the names of the steps.
        by_step: whether what a step makes is called by the step, also where the arguments name it.
    """

    document: Document
    context: GateContext = field(default_factory=GateContext)
    within: str = ""
    by_step: bool = False

    def collect(self) -> Iterator[Resource | Gap]:
        """What the steps will make, on every branch, and what was not understood.

        Raises:
            InputError: it is no definition; names line and key.
        """
        where = self.context.deployment
        for item in self.made():
            if isinstance(item, Made):
                yield from item.spelled.gaps(self.document, where, item.shown)
                yield item.spelled.resource(self.document, where, item.shown)
            else:
                yield item
        yield surroundings(self.document.shown, "the definition of a pipeline", where)

    def made(self) -> Iterator[Made | Gap]:
        """The facts on what the steps will make, on every branch, and steps that were not understood.

        Raises:
            InputError: it is no definition; names line and key.
        """
        value = self.document.value
        if not isinstance(value, dict) or not isinstance(value.get("Steps"), list):
            raise InputError(
                "a pipeline's definition is an object with a list of Steps", file=self.document.shown, line=1
            )
        found = list(self._steps(value["Steps"], ("Steps",)))
        named: dict[str, Step] = {}
        for step in found:
            if isinstance(step, Step):
                named.setdefault(step.name, step)
        expressions = Expressions(value.get("Parameters"), self.context.parameters, partial(self._name_of, named))
        for item in found:
            if not isinstance(item, Step):
                yield item
            elif item.name and named[item.name] is not item:
                yield self._gap(item.at, "", item.name, f"two steps are called {item.name!r}: their names are unique")
            else:
                yield from self._made_by(item, expressions)

    def _steps(self, steps: list[Any], at: RawPath) -> Iterator[Step | Gap]:
        for index, raw in enumerate(steps):
            here = (*at, index)
            if not isinstance(raw, dict) or not isinstance(raw.get("Type"), str):
                yield self._gap(here, "", "", "a step is an object with a Name and a Type")
                continue
            name = raw.get("Name")
            arguments = raw.get("Arguments", {})
            yield Step(name if isinstance(name, str) else "", raw["Type"], arguments, (*here, "Arguments"))
            for branch in _BRANCHES if raw["Type"] == "Condition" and isinstance(arguments, dict) else ():
                inner = arguments.get(branch)
                if isinstance(inner, list):
                    yield from self._steps(inner, (*here, "Arguments", branch))
                elif inner is not None:
                    yield self._gap((*here, "Arguments", branch), "", "", f"{branch} is a list of steps")

    def _made_by(self, step: Step, expressions: Expressions) -> Iterator[Made | Gap]:
        kind = step.kind
        if kind is None:
            if step.word not in _OTHERS:
                kindless = f"AWS::SageMaker::{step.word}"
                yield self._gap(step.at, kindless, step.name, f"steps of type {step.word!r} are not judged yet")
            return
        raw = expressions.resolved(step.arguments)
        if not isinstance(raw, dict):
            yield self._gap(step.at, kind.cfn_type, step.name, "the arguments of a step are an object")
            return
        spelled = to_api(kind, raw, _SPELLING, step.at)
        left_to_pipeline(kind, spelled.facts)
        yield Made(step.name, self._shown(step.name), spelled)

    def _shown(self, name: str) -> str:
        return f"{self.within}.{name}" if self.within else name

    def _name_of(self, steps: Mapping[str, Step], name: str, member: str) -> str:
        """What the resource of a step is called in what is yielded, where a property of it is its name."""
        step = steps.get(name)
        kind = step.kind if step is not None else None
        if step is None or kind is None or member not in (kind.name_member, kind.arn_member):
            return ""
        own = step.arguments.get(kind.name_member) if isinstance(step.arguments, dict) else None
        return own if isinstance(own, str) and own and not self.by_step else self._shown(step.name)

    def _gap(self, at: RawPath, kind: str, name: str, message: str) -> Gap:
        where = self.context.deployment
        error = self.document.wrong(message, at)
        scope = Scope(where.account, where.region, kind, self._shown(name) if kind else "")
        return Gap(scope, "", Reason.UNSUPPORTED_SYNTAX, str(error))


def left_to_pipeline(kind: type[Resource], facts: dict[str, Any]) -> None:
    """Mark what a request needs and the arguments of a step leave out: the pipeline gives it, such as the name."""
    meant = MEANT.get(kind.cfn_type, {})
    for name, member in members(structure_of(kind, "create") or "").items():
        if member.required:
            unknown = Unknown(Reason.RUNTIME_VALUE, f"the step leaves {name} to the pipeline")
            facts.setdefault(meant.get(name, name), unknown)
