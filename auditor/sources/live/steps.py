"""What the steps of a pipeline that was found in an account will make, as DescribePipeline's definition says."""

from collections.abc import Iterator

from auditor.errors import InputError
from auditor.model.gap import Gap, Scope
from auditor.model.resource import STEP, Identity, Origin
from auditor.model.unknown import Reason, Unknown
from auditor.sources.document import Document
from auditor.sources.interface import Deployment, GateContext
from auditor.sources.jsonfile import parse_json
from auditor.sources.live.sighting import Sighting
from auditor.sources.live.table import Row
from auditor.sources.marks import Mark
from auditor.sources.pipelines.steps import Made, PipelineSource


def steps_of(pipeline: Sighting, row: Row) -> Iterator[Sighting | Gap]:
    """What the steps will make, on every branch, and one gap for all that was not understood.

    Parameters have their defaults; what a caller of StartPipelineExecution gives is not known. Each is called
    `nightly.Train`, and its ARN is the pipeline's with the step behind it: no real resource is called so.

    Args:
        pipeline: the pipeline.
        row: how its type is collected.
    """
    definition = pipeline.facts.get(row.definition)
    if isinstance(definition, Unknown):
        # The gap of the operation that was to answer it has been told of.
        return
    identity = pipeline.identity
    faults: list[str] = []
    try:
        for item in _made(definition, identity):
            if isinstance(item, Gap):
                faults.append(item.detail)
                continue
            faults += (f"{item.step}: {problem.message}" for problem in item.spelled.problems)
            yield _sighting(item, pipeline)
    except InputError as error:
        faults.append(f"the definition is not understood: {error.message}")
    if faults:
        more = f" (and {len(faults) - 1} more)" if faults[1:] else ""
        scope = Scope(identity.account, identity.region, identity.type, identity.arn)
        yield Gap(scope, f"sagemaker:{row.describe_operation}", Reason.UNSUPPORTED_SYNTAX, faults[0] + more)


def _made(definition: object, identity: Identity) -> Iterator[Made | Gap]:
    """As `PipelineSource.made`.

    Raises:
        InputError: it is no definition.
    """
    if not isinstance(definition, str):
        raise InputError("the answer holds none")
    where = Deployment(identity.partition, identity.account, identity.region)
    document = Document(identity.name, parse_json(definition, identity.name), marks=_nowhere)
    return PipelineSource(document, GateContext(where), identity.name, by_step=True).made()


def _nowhere() -> Mark:
    return Mark(0)


def _sighting(made: Made, pipeline: Sighting) -> Sighting:
    of, kind = pipeline.identity, made.spelled.kind
    identity = Identity(kind.cfn_type, made.shown, f"{of.arn}#{made.step}", of.partition, of.account, of.region)
    return Sighting(kind, made.spelled.facts, identity, Origin(STEP, pipeline.origin.default))
