"""CreateX requests as JSON, one file each: what `aws sagemaker create-… --cli-input-json` and boto3 take."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.catalog import nearest
from auditor.errors import InputError, UsageError
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Identity, Location, Origin, Resource
from auditor.model.sagemaker import RESOURCES
from auditor.model.shape import Shape
from auditor.model.unknown import Reason, Unknown
from auditor.sources.jsonfile import JsonFile, read_json
from auditor.sources.shapes import is_structure, members, nested_shape, structure_of

# Members that CreateX spells otherwise than DescribeX.
RENAMED: Mapping[str, Mapping[str, str]] = {
    "AWS::SageMaker::NotebookInstance": {
        "SecurityGroupIds": "SecurityGroups",
        "LifecycleConfigName": "NotebookInstanceLifecycleConfigName",
    },
}
# What a request says only by pointing elsewhere: the member it stands for is there, and was not read.
_ELSEWHERE: Mapping[str, Mapping[str, str]] = {
    "AWS::SageMaker::Pipeline": {"PipelineDefinitionS3Location": "PipelineDefinition"},
}
_SCALARS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (str, int, float),
    "blob": (str,),
}
_NOT_SAID = Unknown(Reason.NOT_COLLECTED, "a request does not say it")
_WORDS = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where a request will be sent, as far as it is known.

    Args:
        partition: aws, aws-us-gov, aws-cn ….
        account: 12 digits, or empty.
        region: the region, or empty.
    """

    partition: str = "aws"
    account: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class RequestSource:
    """Reads one CreateX request.

    Args:
        path: the file.
        operation: `CreateTrainingJob` or `create-training-job`; empty to tell from the file.
        shown: the file as reports are to name it; its path where empty.
        deployment: where it will be sent.
    """

    path: Path
    operation: str = ""
    shown: str = ""
    deployment: Deployment = Deployment()

    def collect(self) -> Iterator[Resource | Gap]:
        """The resource that the request would make, and the gap that hides what surrounds it.

        Raises:
            InputError: the file cannot be read or is no request; names line, key and remedy.
            UsageError: no operation has the name that was given.
        """
        file = read_json(self.path, self.shown or self.path.as_posix())
        if not isinstance(file.value, dict):
            raise InputError("a request is a JSON object", file=file.shown, line=1)
        kind = kind_of_operation(self.operation) if self.operation else self._told(file)
        yield resource_of(kind, file.value, file, self.deployment)
        # The file is all that was to be looked at: what the account holds around it is left out by choice.
        yield Gap(
            Scope(self.deployment.account, self.deployment.region),
            "",
            Reason.EXCLUDED,
            f"{file.shown} is a request; it says nothing of what is around it",
        )

    def _told(self, file: JsonFile) -> type[Resource]:
        return _from_name(self.path.stem) or _from_content(file)


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


def resource_of(kind: type[Resource], request: Mapping[str, Any], file: JsonFile, deployment: Deployment) -> Resource:
    """The resource that a request would make.

    Args:
        kind: its type.
        request: the CreateX input; an `Unknown` stands for a value that cannot be known.
        file: the file it stands in.
        deployment: where it will be sent.

    Raises:
        InputError: a key that the operation does not have, or a value of another type.
    """
    structure = structure_of(kind, "create")
    if structure is None:
        raise InputError(f"there is no Create{_short(kind)}", file=file.shown)
    renamed = RENAMED.get(kind.cfn_type, {})
    facts = _Reader(file).structure(request, structure, kind, "", renamed)
    if "Tags" in members(structure):
        facts.setdefault("Tags", [])
    for said, meant in _ELSEWHERE.get(kind.cfn_type, {}).items():
        if said in request:
            facts[meant] = Unknown(Reason.UNRESOLVED_REFERENCE, f"{said} points elsewhere")
    name = facts.get(kind.name_member)
    shown_name = name if isinstance(name, str) else ""
    identity = Identity(kind.cfn_type, shown_name, "", deployment.partition, deployment.account, deployment.region)
    lines = {renamed.get(member, member): file.line_of(member) for member in request}
    places = {member: Location(file.shown, line, shown_name) for member, line in lines.items()}
    return kind.build(facts, identity, Origin("request", Location(file.shown, 1, shown_name), places))


class _Reader:
    """Walks a request along the shapes of its operation."""

    def __init__(self, file: JsonFile) -> None:
        self._file = file

    def structure(
        self,
        raw: Mapping[str, Any],
        structure: str,
        model: type[Shape] | None,
        path: str,
        renamed: Mapping[str, str],
    ) -> dict[str, Any]:
        known = members(structure)
        out: dict[str, Any] = {}
        for name, value in raw.items():
            here = f"{path}.{name}" if path else name
            if name not in known:
                raise self._wrong(here, "the operation has no such member", nearest(name, known))
            meant = renamed.get(name, name)
            field = model.fields_by_member.get(meant) if model else None
            inner = nested_shape(model.model_fields[field].annotation) if model and field else None
            out[meant] = self._value(value, known[name].code, inner, here)
        told = {renamed.get(name, name) for name in known}
        for name in model.fields_by_member if model else ():
            if name not in told:
                out[name] = _NOT_SAID
        return out

    def _value(self, value: Any, code: str, model: type[Shape] | None, path: str) -> Any:
        if isinstance(value, Unknown):
            return value
        if code.startswith("["):
            self._must_be(value, (list,), "a list", path)
            items = enumerate(value)
            return [self._value(item, code[1:], model, f"{path}[{index}]") for index, item in items]
        if code.startswith("{") or is_structure(code):
            self._must_be(value, (dict,), "an object", path)
            if is_structure(code):
                return self.structure(value, code, model, path, {})
            return {key: self._value(item, code[1:], model, f"{path}.{key}") for key, item in value.items()}
        return self._scalar(value, code, path)

    def _scalar(self, value: Any, code: str, path: str) -> Any:
        if not code.startswith("="):
            self._must_be(value, _SCALARS[code], f"a {code}", path)
            return value
        self._must_be(value, (str,), "a string", path)
        words = code[1:].split("|")
        if value in words:
            return value
        return Unknown(Reason.UNEXPECTED_VALUE, f"{path} is none of {', '.join(words)}")

    def _must_be(self, value: Any, types: tuple[type, ...], wanted: str, path: str) -> None:
        # A boolean is an integer to Python and to nobody else.
        if isinstance(value, types) and (not isinstance(value, bool) or bool in types):
            return
        # The value may be a secret: only what kind of thing it is may be said.
        raise self._wrong(path, f"{wanted} is expected, not {_WORDS.get(type(value), 'a number')}", "")

    def _wrong(self, path: str, message: str, remedy: str) -> InputError:
        return InputError(message, file=self._file.shown, line=self._file.line_of(path), key=path, remedy=remedy)


def _from_name(stem: str) -> type[Resource] | None:
    word = _word(stem)
    found = [known for known in _BY_WORD if known.startswith("create") and known in word]
    return _BY_WORD[max(found, key=len)] if found else None


def _from_content(file: JsonFile) -> type[Resource]:
    keys = set(file.value)
    scores: dict[type[Resource], int] = {}
    for kind in RESOURCES:
        known = members(structure_of(kind, "create") or "")
        needed = {name for name, member in known.items() if member.required}
        # An operation that needs nothing would fit an empty file.
        if needed and needed <= keys <= set(known):
            scores[kind] = len(needed)
    best = [kind for kind, score in scores.items() if score == max(scores.values())]
    if len(best) == 1:
        return best[0]
    names = ", ".join(f"Create{_short(kind)}" for kind in best)
    raise InputError(
        f"it could be any of {names}" if names else "no operation takes these keys",
        file=file.shown,
        line=1,
        remedy="name the file after its operation (create-training-job.json) or give --as CreateTrainingJob",
    )


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _short(kind: type[Resource]) -> str:
    return kind.cfn_type.rpartition("::")[2]


_BY_WORD: Mapping[str, type[Resource]] = {
    **{_word(_short(kind)): kind for kind in RESOURCES},
    **{"create" + _word(_short(kind)): kind for kind in RESOURCES},
}
