"""What the configurations of SageMaker operators make, as resources and gaps."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from auditor.errors import InputError
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Resource
from auditor.model.unknown import Reason, Unknown
from auditor.sources.airflow.found import Found, configurations, templates_in
from auditor.sources.document import Document
from auditor.sources.interface import GateContext, surroundings
from auditor.sources.spelling import Spelling, to_api

_SPELLING = Spelling(
    "airflow", no_such="the operation has no such member", unsaid="the configuration of an operator does not say it"
)


@dataclass(frozen=True, slots=True)
class OperatorSource:
    """Reads the configurations of one document.

    Args:
        document: the file's content.
        context: where they will run.
    """

    document: Document
    context: GateContext = field(default_factory=GateContext)

    def collect(self) -> Iterator[Resource | Gap]:
        """What the operators will make, and what was not understood.

        Raises:
            InputError: the document holds no configuration of an operator.
        """
        value = self.document.value
        if not isinstance(value, dict):
            raise InputError("a configuration is an object", file=self.document.shown, line=1)
        for found in configurations(value):
            yield from self._one(found)
        yield surroundings(self.document.shown, "a configuration of Airflow", self.context.deployment)

    def _one(self, found: Found) -> Iterator[Resource | Gap]:
        where = self.context.deployment
        if found.kind is None and not found.operator:
            remedy = "name its parts after what they make: Model, Transform, EndpointConfig …"
            raise self.document.wrong("no operator takes these keys", found.at, remedy)
        raw = rendered(found.request)
        if found.kind is None or not isinstance(raw, dict):
            kind = found.kind.cfn_type if found.kind else f"AWS::SageMaker::{found.operator}"
            words = "a configuration is an object" if found.kind else f"what {found.operator} makes is not judged yet"
            error = self.document.wrong(words, found.at)
            scope = Scope(where.account, where.region, kind, found.name)
            yield Gap(scope, "", Reason.UNSUPPORTED_SYNTAX, str(error))
            return
        spelled = to_api(found.kind, raw, _SPELLING, found.at)
        yield from spelled.gaps(self.document, where, found.name)
        yield spelled.resource(self.document, where, found.name)


def rendered(value: Any) -> Any:
    """A value in which an `Unknown` stands for every text that holds a template of Jinja."""
    if isinstance(value, list):
        return [rendered(item) for item in value]
    if isinstance(value, dict):
        return {key: rendered(item) for key, item in value.items()}
    templates = templates_in(value) if isinstance(value, str) else []
    if not templates:
        return value
    return Unknown(Reason.RUNTIME_VALUE, f"only a run of the DAG tells {' '.join(templates)}")
