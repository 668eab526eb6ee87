"""What kind of file a document is, told by its content."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from auditor.catalog import nearest
from auditor.errors import UsageError
from auditor.sources.document import Document
from auditor.sources.interface import GateContext, Source


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file.

    Args:
        name: as `--as` and reports call it.
        module: what reads it; loaded when a document could be of the kind.
        keys: a document of the kind has at least one of these at its top; empty where it could have any.
        text: whether it is neither JSON nor YAML.
    """

    name: str
    module: str
    keys: frozenset[str] = frozenset()
    text: bool = False

    def called(self, word: str) -> bool:
        """Whether a word names this kind."""
        name = word.lower()
        return self.name == _ALSO.get(name, name)

    def fits(self, document: Document) -> bool:
        """Whether a document is of this kind."""
        value = document.value
        if self.text != (document.form == "text") or not (self.text or isinstance(value, dict)):
            return False
        if self.keys and self.keys.isdisjoint(value):
            return False
        recognises: Callable[[Document], bool] = import_module(self.module).recognises
        return recognises(document)

    def source(self, document: Document, context: GateContext) -> Source:
        """What reads a document of this kind."""
        source: Callable[[Document, GateContext], Source] = import_module(self.module).source
        return source(document, context)


# The first that fits is taken; requests, which could have any keys, are asked last.
KINDS = (
    Kind("cloudformation", "auditor.sources.cloudformation", frozenset({"Fn::Transform", "Resources"})),
    Kind("terraform", "auditor.sources.terraform", frozenset({"resource_changes", "terraform_version"})),
    Kind("pipeline", "auditor.sources.pipelines", frozenset({"Steps"})),
    Kind("stepfunctions", "auditor.sources.stepfunctions", frozenset({"States"})),
    Kind("kubernetes", "auditor.sources.kubernetes", frozenset({"apiVersion"})),
    Kind("kubeflow", "auditor.sources.kubeflow", frozenset({"pipelineInfo", "deploymentSpec", "spec"})),
    Kind("airflow", "auditor.sources.airflow"),
    Kind("dockerfile", "auditor.sources.dockerfile", text=True),
    Kind("request", "auditor.sources.requests"),
)

_ALSO: Mapping[str, str] = {
    "ack": "kubernetes",
    "cdk": "cloudformation",
    "cfn": "cloudformation",
    "k8s": "kubernetes",
    "opentofu": "terraform",
    "pipelines": "pipeline",
    "requests": "request",
    "sam": "cloudformation",
    "step-functions": "stepfunctions",
    "terraform-plan": "terraform",
    "tf": "terraform",
}


def kinds_of(document: Document) -> tuple[Kind, ...]:
    """The kinds of a document; none where it is none that is known.

    One that fits several is each of them: a manifest with a key Resources is a template, too, and what reads the one
    leaves out what the other says.
    """
    marked = tuple(kind for kind in KINDS if kind.keys and kind.fits(document))
    return marked or tuple(kind for kind in (detect(document),) if kind is not None)


def detect(document: Document) -> Kind | None:
    """The first kind that a document is of; None where it is none that is known."""
    return next((kind for kind in KINDS if kind.fits(document)), None)


def kind_called(word: str) -> Kind:
    """The kind that `--as` names; the name of an operation stands for its request.

    Raises:
        UsageError: no kind and no operation has this name.
    """
    named = next((kind for kind in KINDS if kind.called(word)), None)
    if named is not None:
        return named
    # The operations are loaded where no kind of file has the name.
    from auditor.sources.requests import kind_of_operation  # noqa: PLC0415

    try:
        kind_of_operation(word)
    except UsageError as error:
        names = [kind.name for kind in KINDS]
        remedy = nearest(word, [*names, *_ALSO]) or error.remedy
        raise UsageError(
            f"no kind of file and no operation is called {word!r}", remedy or f"known are {', '.join(names)}"
        ) from None
    return next(kind for kind in KINDS if kind.name == "request")
