"""CreateX requests as JSON, one file each: what `aws sagemaker create-… --cli-input-json` and boto3 take."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.catalog import nearest
from auditor.errors import InputError, UsageError
from auditor.model.gap import Gap
from auditor.model.resource import Resource
from auditor.model.sagemaker import RESOURCES
from auditor.sources.document import Document
from auditor.sources.interface import Deployment, GateContext, Source, surroundings
from auditor.sources.shapes import members, structure_of
from auditor.sources.spelling import Spelling, to_api

_SPELLING = Spelling(
    "request", strict=True, no_such="the operation has no such member", unsaid="a request does not say it"
)


def recognises(document: Document) -> bool:
    """Whether a document is a CreateX request, by the name of its file or by its keys."""
    if document.form != "json" or not isinstance(document.value, dict):
        return False
    return _from_name(document.path.stem) is not None or bool(_candidates(document.value))


def source(document: Document, context: GateContext) -> Source:
    """What reads the request of a document."""
    return RequestSource(document, context)


@dataclass(frozen=True, slots=True)
class RequestSource:
    """Reads one CreateX request.

    Args:
        document: the file's content.
        context: where it will be sent, and what operation the user said it is.
    """

    document: Document
    context: GateContext = field(default_factory=GateContext)

    def collect(self) -> Iterator[Resource | Gap]:
        """The resource that the request would make, and the gap that hides what surrounds it.

        Raises:
            InputError: the document is no request; names line, key and remedy.
            UsageError: no operation has the name that was given.
        """
        document, where = self.document, self.context.deployment
        if not isinstance(document.value, dict):
            raise InputError("a request is a JSON object", file=document.shown, line=1)
        operation = self.context.operation
        kind = kind_of_operation(operation) if operation else self._told()
        yield resource_of(kind, document.value, document, where)
        yield surroundings(document.shown, "a request", where)

    def _told(self) -> type[Resource]:
        return _from_name(self.document.path.stem) or _from_content(self.document)


def kind_of_operation(name: str) -> type[Resource]:
    """The type that an operation makes.

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
    if structure_of(kind, "create") is None:
        raise InputError(f"there is no Create{_short(kind)}", file=document.shown)
    spelled = to_api(kind, request, _SPELLING)
    spelled.refuse(document)
    return spelled.resource(document, deployment)


def _from_name(stem: str) -> type[Resource] | None:
    word = _word(stem)
    found = [known for known in _BY_WORD if known.startswith("create") and known in word]
    return _BY_WORD[max(found, key=len)] if found else None


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
        needed = {name for name, member in known.items() if member.required}
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
}
