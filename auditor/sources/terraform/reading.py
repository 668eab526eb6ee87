"""What a plan holds, as resources and gaps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from auditor.model.codec import encode
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Resource
from auditor.model.unknown import Reason, Unknown
from auditor.sources.document import Document
from auditor.sources.interface import Deployment, GateContext, surroundings
from auditor.sources.spelling import Problem, Spelled, to_api
from auditor.sources.terraform.carriers import carried, may_matter
from auditor.sources.terraform.leaning import Leaning
from auditor.sources.terraform.neighbours import collect, texts
from auditor.sources.terraform.neighbours.identity import KEYS
from auditor.sources.terraform.neighbours.outside import owners_of
from auditor.sources.terraform.places import Places
from auditor.sources.terraform.plan import Change, Plan
from auditor.sources.terraform.references import Tracer
from auditor.sources.terraform.strays import Strays
from auditor.sources.terraform.table import SPELLING, as_blocks, kind_of, name_arguments, type_of
from auditor.sources.terraform.values import Secret, Values, told, unsealed

# The argument that tells what the API calls a neighbour; of the others it is the id.
_NAMED_BY: Mapping[str, tuple[str, ...]] = {
    "aws_appautoscaling_policy": ("name",),
    "aws_appautoscaling_target": ("resource_id",),
    "aws_cloudtrail": ("name",),
    "aws_cloudwatch_log_group": ("name",),
    "aws_cloudwatch_metric_alarm": ("alarm_name",),
    "aws_ecr_repository": ("name",),
    "aws_iam_policy": ("name",),
    "aws_iam_role": ("name",),
    "aws_s3_bucket": ("bucket",),
}


@dataclass(frozen=True, slots=True)
class PlanSource:
    """Reads one plan.

    Args:
        document: the file's content.
        context: where it will be applied, and whether what stays as it is is judged too.
    """

    document: Document
    context: GateContext = field(default_factory=GateContext)

    def collect(self) -> Iterator[Resource | Gap]:
        """What the plan makes of SageMaker, what that leans on, and what was not understood.

        Raises:
            InputError: it is no plan, or one that tells too little to be judged.
        """
        plan = Plan.of(self.document)
        reading = Reading(plan, self.context)
        judged = [change for change in plan.changes if change.mode == "managed" and reading.judged(change)]
        for change in judged:
            if type_of(change.type):
                yield from reading.sagemaker(change)
            elif carried(change.type) and may_matter(change.type, reading.values.of(change)):
                yield reading.unjudged(change, carried(change.type), "what it carries is not judged: gate its text too")
        around = list(collect(reading, reading.named))
        yield from around
        yield from Strays(reading, judged, around).gaps()
        yield from self._around(plan, reading.where)

    def _around(self, plan: Plan, deployment: Deployment) -> Iterator[Gap]:
        where = replace(deployment, region="")
        if not plan.whole:
            detail = f"{self.document.shown}: Terraform did not plan all of it: plan again after the error or apply"
            yield Gap(Scope(where.account), "", Reason.UNSUPPORTED_SYNTAX, detail)
        yield surroundings(self.document.shown, "a plan", where)


def _where(plan: Plan, given: Deployment) -> Deployment:
    """Where a plan is applied: as its data sources say it, else as it was given."""
    account = plan.account_fact("aws_caller_identity", "account_id") or given.account
    region = plan.account_fact("aws_region", "region", "name", "id")
    if region and region != given.region:
        return Deployment.of(region, account)
    partition = plan.account_fact("aws_partition", "partition") or given.partition
    return Deployment(partition, account, given.region)


class Reading:
    """What reading one plan needs.

    Args:
        plan: the plan.
        context: as of `PlanSource`.

    Attributes:
        where: where the plan is applied, unless it says otherwise of a resource.
    """

    def __init__(self, plan: Plan, context: GateContext) -> None:
        self.plan = plan
        self.places = Places(plan)
        self.values = Values(plan, Tracer(plan), self.called, self.places.leaves_out)
        self.named: set[str] = set()
        self.where = _where(plan, context.deployment)
        self._context = context
        self._leaning = Leaning(plan, self.values.tracer)
        self._addresses = frozenset(change.address for change in plan.changes)

    def judged(self, change: Change) -> bool:
        """Whether a change is judged: it changes, or it stays but leans on what changes."""
        if change.changes or not change.stays:
            return change.changes
        leans = type_of(change.type) or owners_of(change.type)
        return self._context.unchanged or (bool(leans) and self._leaning.holds(change))

    def deployment(self, change: Change) -> Deployment:
        """Where a resource will be."""
        region = self.plan.region(change)
        if not region or region == self.where.region:
            return self.where
        return Deployment.of(region, self.where.account)

    def called(self, change: Change) -> str:
        """What the source calls a resource: its name where that is known and no secret, else its address."""
        if change.type == "aws_kms_alias":
            # What names an alias names its key.
            keys = [hit.change for hit in self.values.trail(change, "target_key_id").hits if hit.change.type in KEYS]
            return self.called(keys[0]) if len(keys) == 1 else change.address
        kind = kind_of(change.type)
        words = name_arguments(kind) if kind is not None else _NAMED_BY.get(change.type, ("id",))
        start = "igw-" if change.type == "aws_internet_gateway" else ""
        return next((name for word in words if (name := self._told(change, word))), f"{start}{change.address}")

    def _told(self, change: Change, attribute: str) -> str:
        expression = self.values.expression(change, attribute)
        if change.sensitive is None and self.values.tracer.sensitive(expression, change.module):
            # Old formats mark no values.
            return ""
        name = told(change, attribute)
        # One resource may be named as another is addressed: whoever asks for that one must not find this.
        return "" if name in self._addresses else name

    def sagemaker(self, change: Change) -> Iterator[Resource | Gap]:
        """A resource of SageMaker's, and what was not understood of it."""
        kind = kind_of(change.type)
        where = self.deployment(change)
        place = self.places.of(change)
        if kind is None:
            yield self.unjudged(change, type_of(change.type), "it is not judged yet")
            return
        spelled = self.spelled(kind, change)
        self.named.update(texts(spelled.facts))
        yield from spelled.gaps(place, where, change.address)
        made = spelled.resource(place, where, change.address)
        yield made
        if kind.cfn_type.endswith("::Pipeline"):
            yield from self._steps(change, made, spelled.facts.get("PipelineDefinition"))

    def _steps(self, change: Change, pipeline: Resource, definition: Any) -> Iterator[Resource | Gap]:
        """What the steps of a pipeline will make; nothing of a definition that the plan marks as sensitive."""
        # Pipelines are seldom in a plan.
        from auditor.sources.pipelines.nested import steps_of  # noqa: PLC0415

        if isinstance(self.values.of(change).get("pipeline_definition"), Secret):
            definition = Unknown(Reason.UNRESOLVED_REFERENCE, "the plan marks it as sensitive")
        for one in steps_of(pipeline, definition, self._context.parameters):
            if isinstance(one, Resource):
                self.named.update(texts(encode(one)))
            yield one

    def unjudged(self, change: Change, cfn_type: str, why: str) -> Gap:
        """What stands for a resource that is not judged."""
        where, place = self.deployment(change), self.places.of(change)
        detail = f"{place.shown}:{place.line_of(())}: {change.type}: {why}"
        scope = Scope(where.account, where.region, cfn_type, change.address)
        return Gap(scope, "", Reason.UNSUPPORTED_SYNTAX, detail)

    def spelled(self, kind: type[Resource], change: Change) -> Spelled:
        """A resource's facts in the API's spelling, without secrets."""
        raw = as_blocks(kind, self.values.of(change))
        spelled = to_api(kind, raw, SPELLING)
        facts = unsealed(spelled.facts, kind)
        problems = [problem for problem in spelled.problems if self._set(change, problem, raw)]
        return replace(spelled, facts=facts, problems=problems)

    def _set(self, change: Change, problem: Problem, raw: dict[str, Any]) -> bool:
        """Whether the configuration says what was not understood; what the provider adds is no argument."""
        if self.plan.module(change.module).resources.get(change.key) is None:
            return True
        if self.values.expression(change, *problem.at) is not None:
            return True
        value: Any = raw
        for step in problem.at:
            if isinstance(step, int):
                value = value[step] if isinstance(value, list) and step < len(value) else None
            else:
                value = value.get(step) if isinstance(value, dict) else None
        # The configuration does not tell what stands in a `dynamic` block.
        return isinstance(value, list) and bool(value) and isinstance(value[0], dict)
