"""CreateX requests as JSON, one file each: what `aws sagemaker create-… --cli-input-json` and boto3 take.

Of updates only UpdatePipeline is read: it brings whole steps, where others change single members.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.catalog import nearest
from auditor.errors import InputError, UsageError
from auditor.model.gap import Gap
from auditor.model.resource import Resource
from auditor.model.sagemaker import RESOURCES, Pipeline
from auditor.model.unknown import Reason, Unknown
from auditor.sources.document import Document
from auditor.sources.interface import Deployment, GateContext, Source, surroundings
from auditor.sources.shapes import members, structure_of
from auditor.sources.spelling import Spelled, Spelling, to_api

_SPELLING = Spelling(
    "request", strict=True, no_such="the operation has no such member", unsaid="a request does not say it"
)
# The command line and boto3 make it up where it is left out.
_MADE_UP = frozenset({"ClientRequestToken"})
_UPDATE = "updatepipeline"
_CREATE_ONLY = frozenset({"ClientRequestToken", "Tags"})
_KEPT = Unknown(Reason.NOT_COLLECTED, "the update leaves it as it is")


def recognises(document: Document) -> bool:
    """Whether a document is a request that is read, by the name of its file or by its keys."""
    if document.form != "json" or not isinstance(document.value, dict):
        return False
    return bool(_from_name(document.path.stem) or _is_update(document.value) or _candidates(document.value))


def source(document: Document, context: GateContext) -> Source:
    """What reads the request of a document."""
    return RequestSource(document, context)


@dataclass(frozen=True, slots=True)
class RequestSource:
    """Reads one CreateX request, or an UpdatePipeline.

    Args:
        document: the file's content.
        context: where it will be sent, and what operation the user said it is.
    """

    document: Document
    context: GateContext = field(default_factory=GateContext)

    def collect(self) -> Iterator[Resource | Gap]:
        """The resource that the request would make, the steps of a pipeline, and the gap that hides what is around.

        Raises:
            InputError: the document is no request; names line, key and remedy.
            UsageError: no operation has the name that was given.
        """
        document, where = self.document, self.context.deployment
        if not isinstance(document.value, dict):
            raise InputError("a request is a JSON object", file=document.shown, line=1)
        operation = self.context.operation or self._told()
        kind = kind_of_operation(operation)
        spelled = _spelled(kind, document.value, document)
        definition = spelled.facts.get("PipelineDefinition")
        if _word(operation) == _UPDATE:
            _keep_the_rest(spelled, document)
        resource = spelled.resource(document, where)
        yield resource
        if kind is Pipeline:
            # Read where there is a definition.
            from auditor.sources.pipelines.nested import steps_of  # noqa: PLC0415

            yield from steps_of(resource, definition, self.context.parameters)
        yield surroundings(document.shown, "a request", where)

    def _told(self) -> str:
        """The operation's word, by the name of the file or by its content."""
        said = _from_name(self.document.path.stem)
        if said:
            return said
        return _UPDATE if _is_update(self.document.value) else _word(_short(_from_content(self.document)))


def kind_of_operation(name: str) -> type[Resource]:
    """The type that an operation makes or updates.

    Raises:
        UsageError: there is no such operation; names the nearest.
    """
    found = _BY_WORD.get(_word(name))
    if found is None:
        known = [f"Create{_short(kind)}" for kind in RESOURCES]
        raise UsageError(f"no operation is called {name!r}", nearest(name, known))
    return found


def resource_of(
    kind: type[Resource], request: Mapping[str, Any], document: Document, deployment: Deployment
) -> Resource:
    """The resource that a request would make.

    Args:
        kind: its type.
        request: the CreateX input; an `Unknown` stands for a value that cannot be known.
        document: the document that it is.
        deployment: where it will be sent.

    Raises:
        InputError: a key that the operation does not have, or a value of another type.
    """
    return _spelled(kind, request, document).resource(document, deployment)


def _spelled(kind: type[Resource], request: Mapping[str, Any], document: Document) -> Spelled:
    if structure_of(kind, "create") is None:
        raise InputError(f"there is no Create{_short(kind)}", file=document.shown)
    spelled = to_api(kind, request, _SPELLING)
    spelled.refuse(document)
    return spelled


def _keep_the_rest(spelled: Spelled, document: Document) -> None:
    """Mark what an update does not say; refuse what it cannot."""
    for name in sorted(_CREATE_ONLY & set(document.value)):
        raise document.wrong("UpdatePipeline has no such member", (name,), "remove it")
    said = {name: value for name, value in spelled.facts.items() if name != "Tags"}
    spelled.facts.update(dict.fromkeys(spelled.kind.fields_by_member, _KEPT))
    spelled.facts.update(said)


def _from_name(stem: str) -> str:
    """The word of the operation that the name of a file holds; empty where it holds none."""
    word = _word(stem)
    found = [known for known in _BY_WORD if known.startswith(("create", "update")) and known in word]
    return max(found, key=len, default="")


def _is_update(request: Mapping[str, Any]) -> bool:
    """Whether the keys are those of an UpdatePipeline, and of no CreatePipeline."""
    keys = set(request)
    defined = keys & {"PipelineDefinition", "PipelineDefinitionS3Location"}
    known = {*members(structure_of(Pipeline, "create") or "")} - _CREATE_ONLY
    return bool(defined) and "PipelineName" in keys and "RoleArn" not in keys and keys <= known


def _from_content(document: Document) -> type[Resource]:
    best = _candidates(document.value)
    if len(best) == 1:
        return best[0]
    names = ", ".join(f"Create{_short(kind)}" for kind in best)
    raise InputError(
        f"it could be any of {names}" if names else "no operation takes these keys",
        file=document.shown,
        line=1,
        remedy="name the file after its operation (create-training-job.json) or give --as CreateTrainingJob",
    )


def _candidates(request: Mapping[str, Any]) -> list[type[Resource]]:
    keys = set(request)
    scores: dict[type[Resource], int] = {}
    for kind in RESOURCES:
        known = members(structure_of(kind, "create") or "")
        needed = {name for name, member in known.items() if member.required} - _MADE_UP
        # An operation that needs nothing would fit an empty file.
        if needed and needed <= keys <= set(known):
            scores[kind] = len(needed)
    return [kind for kind, score in scores.items() if score == max(scores.values())]


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _short(kind: type[Resource]) -> str:
    return kind.cfn_type.rpartition("::")[2]


_BY_WORD: Mapping[str, type[Resource]] = {
    **{_word(_short(kind)): kind for kind in RESOURCES},
    **{"create" + _word(_short(kind)): kind for kind in RESOURCES},
    _UPDATE: Pipeline,
}
