"""Definitions that stand as a text within something else: a manifest, a request, a pipeline that was found live."""

from collections.abc import Iterator

from auditor.errors import InputError
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Resource
from auditor.model.sagemaker.pipelines import Pipeline
from auditor.model.unknown import Reason
from auditor.sources.document import Document
from auditor.sources.interface import GateContext
from auditor.sources.jsonfile import parse_json
from auditor.sources.marks import Mark
from auditor.sources.pipelines.steps import PipelineSource


def steps_of(definition: str, pipeline: str, shown: str, line: int, context: GateContext) -> Iterator[Resource | Gap]:
    """What the steps of a definition will make; a gap on the pipeline where it is not understood.

    Args:
        definition: the text of the definition, in JSON.
        pipeline: what the pipeline is called; it goes before the names of its steps.
        shown: the file that it stands in.
        line: the line in which it begins there; all of its steps are said to stand in it.
        context: where it will be executed.
    """

    def there() -> Mark:
        return Mark(line)

    try:
        document = Document(shown, parse_json(definition, shown), marks=there)
        # What surrounds the steps is said by what holds the definition.
        found = [item for item in PipelineSource(document, context, pipeline).collect() if not _surrounds(item)]
    except InputError as error:
        where = context.deployment
        scope = Scope(where.account, where.region, Pipeline.cfn_type, pipeline)
        detail = f"{shown}:{line}: the definition is not understood: {error.message}"
        yield Gap(scope, "", Reason.UNSUPPORTED_SYNTAX, detail)
        return
    yield from found


def _surrounds(item: Resource | Gap) -> bool:
    return isinstance(item, Gap) and item.reason is Reason.EXCLUDED
