"""Raw values in any source's spelling, brought into the spelling in which SageMaker's API describes a resource.

The walk goes along the shapes of the CreateX operation (`shapes.json`). Keys are matched in lower case without
underscores and dashes, so that CloudFormation's, ACK's and Terraform's names need a table only where they use
other words. Objects that stand for a value (`Unknown`, `Reference`) pass wherever they stand.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from auditor.catalog import nearest
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Identity, Location, Origin, Resource
from auditor.model.sagemaker import BY_TYPE
from auditor.model.shape import Shape
from auditor.model.unknown import Reason, Unknown
from auditor.sources.document import Document, shown_path
from auditor.sources.interface import Deployment, Reference
from auditor.sources.marks import RawPath
from auditor.sources.scalars import converted, fits, kind_of, wanted
from auditor.sources.shapes import is_structure, members, nested_shape, structure_of

# Members that CreateX spells otherwise than DescribeX.
MEANT: Mapping[str, Mapping[str, str]] = {
    # What the endpoint is deployed with will have been the last deployment's (DescribeEndpoint: LastDeploymentConfig).
    "AWS::SageMaker::Endpoint": {"DeploymentConfig": "LastDeploymentConfig"},
    "AWS::SageMaker::NotebookInstance": {
        "SecurityGroupIds": "SecurityGroups",
        "LifecycleConfigName": "NotebookInstanceLifecycleConfigName",
    },
}
# What a request says only by pointing elsewhere: the member it stands for is there, and was not read.
_ELSEWHERE: Mapping[str, Mapping[str, str]] = {
    "AWS::SageMaker::Pipeline": {"PipelineDefinitionS3Location": "PipelineDefinition"},
}
_NONE: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a source spells what the API takes.

    Args:
        name: the kind of source, as `Origin.source` says it.
        strict: keys and types must be the API's own (a request); else keys match loosely, null is unset,
            `"true"`, `"5"` and `5` stand for true, 5 and "5", and one scalar for a list of it.
        exact: the one way in which the source spells a member of the API; a key that only matches loosely says
            nothing to the service, so that its member is not known. None where no spelling is told from another.
        blocks: a list of one item stands for an object, an empty one for none (Terraform's nested blocks).
        renames: type name or structure's name → the source's key in loose form (`loose`) → the member of the
            CreateX input; an empty member for keys that say nothing to the API.
        no_such: what to say of a key that is not known.
        unsaid: why a member that no CreateX input has is not known.
    """

    name: str
    strict: bool = False
    exact: Callable[[str], str] | None = None
    blocks: bool = False
    renames: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    no_such: str = "there is no such property"
    unsaid: str = "what is not deployed yet does not say it"


class Problem(NamedTuple):
    """A key or value that was not understood, at a raw path."""

    at: RawPath
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Spelled:
    """A resource's facts in the API's spelling.

    Args:
        kind: its type.
        facts: members of DescribeX, for `Resource.build`; the caller may add to them.
        problems: what was not understood, in the order of the document.
        spelling: how the source spells.
        at: path of the raw facts within their document.
        holders: API path of each structure → its raw path, and which raw key each of its members stood under.
    """

    kind: type[Resource]
    facts: dict[str, Any]
    problems: list[Problem]
    spelling: Spelling
    at: RawPath
    holders: Mapping[str, tuple[RawPath, Mapping[str, str]]]

    def raw_path(self, path: str) -> RawPath:
        """Where in the document the value at an API path stands, or the nearest that stands there around it.

        Args:
            path: API members joined by dots, items as `[2]`; a structure's name for an inner path may be `[]`.
        """
        rest: list[str] = []
        while True:
            holder, _, member = path.rpartition(".")
            name, _, items = member.partition("[")
            found = self.holders.get(holder)
            if found is not None:
                at, keys = found
                inner = _indices(items)
                return (*at, keys[name], *inner, *reversed(rest)) if name in keys else at
            if not path:
                return self.at
            rest.append(member)
            path = holder

    def refuse(self, document: Document) -> None:
        """Stop at the first thing that was not understood.

        Raises:
            InputError: there was one; names file, line, key and the nearest valid name.
        """
        for problem in self.problems:
            raise document.wrong(problem.message, problem.at, problem.remedy)

    def gaps(self, document: Document, deployment: Deployment, logical_id: str = "") -> Iterator[Gap]:
        """What was not understood, as gaps on this one resource."""
        scope = Scope(deployment.account, deployment.region, self.kind.cfn_type, self.name(logical_id))
        for problem in self.problems:
            error = document.wrong(problem.message, problem.at, problem.remedy)
            yield Gap(scope, "", Reason.UNSUPPORTED_SYNTAX, str(error))

    def name(self, logical_id: str = "") -> str:
        """What the resource is called: its physical name where it is a literal, else its logical id."""
        name = self.facts.get(self.kind.name_member)
        return name if isinstance(name, str) and type(name) is not Reference and name else logical_id

    def resource(self, document: Document, deployment: Deployment, logical_id: str = "") -> Resource:
        """The resource.

        Args:
            document: where the raw facts stand.
            deployment: where it will be deployed.
            logical_id: what the document calls it; its name where empty.
        """
        name = self.name(logical_id)
        shown = logical_id or name
        identity = Identity(self.kind.cfn_type, name, "", deployment.partition, deployment.account, deployment.region)

        def locate(path: str) -> Location:
            return Location(document.shown, document.line_of(self.raw_path(path)), shown)

        origin = Origin(self.spelling.name, locate(""), locate=locate)
        return self.kind.build(self.facts, identity, origin)


def to_api(kind: type[Resource], raw: Mapping[str, Any], spelling: Spelling, at: RawPath = ()) -> Spelled:
    """Bring the raw facts of one resource into the API's spelling.

    Args:
        kind: its type. One that is not SageMaker's is walked along the members of its model: what the model
            does not name is left out, and no type is checked.
        raw: the facts as the source spells them; an `Unknown` or `Reference` may stand for any value.
        spelling: how the source spells.
        at: path of `raw` within its document.
    """
    walk = _Walk(spelling)
    structure = structure_of(kind, "create") if kind.service == "sagemaker" else None
    if structure is None:
        facts = walk.modelled(raw, kind, at, "")
        return Spelled(kind, facts, walk.problems, spelling, at, walk.holders)
    facts = walk.structure(raw, structure, kind, at, "")
    if "Tags" in members(structure):
        facts.setdefault("Tags", [])
    for said, meant in _ELSEWHERE.get(kind.cfn_type, _NONE).items():
        if said in facts:
            facts.setdefault(meant, Unknown(Reason.UNRESOLVED_REFERENCE, f"{said} points elsewhere"))
    return Spelled(kind, facts, walk.problems, spelling, at, walk.holders)


@lru_cache(maxsize=8192)
class ByName(Mapping[str, Mapping[str, str]]):
    """What is said of every type and structure, made as it is asked for.

    Args:
        made: gives what is said of a name.
    """

    def __init__(self, made: Callable[[str], Mapping[str, str]]) -> None:
        self._made = made

    def __getitem__(self, name: str) -> Mapping[str, str]:
        return self._made(name)

    def __iter__(self) -> Iterator[str]:
        return iter(BY_TYPE)

    def __len__(self) -> int:
        return len(BY_TYPE)


def loose(key: str) -> str:
    """A key in the form in which keys are matched: lower case, without underscores and dashes."""
    return key.lower().replace("_", "").replace("-", "")


@lru_cache(maxsize=1024)
def _by_loose(structure: str) -> Mapping[str, str]:
    return {loose(name): name for name in members(structure)}


@lru_cache(maxsize=512)
def _fields_by_loose(model: type[Shape]) -> Mapping[str, str]:
    return {loose(name): name for name in model.fields_by_member}


@lru_cache(maxsize=1024)
def _never_said(structure: str, model: type[Shape]) -> tuple[str, ...]:
    meant = _meant(model)
    said = {meant.get(name, name) for name in members(structure)}
    return tuple(name for name in model.fields_by_member if name not in said)


@lru_cache(maxsize=4096)
def _inner(model: type[Shape], member: str) -> type[Shape] | None:
    field_name = model.fields_by_member.get(member)
    return nested_shape(model.model_fields[field_name].annotation) if field_name else None


def _meant(model: type[Shape] | None) -> Mapping[str, str]:
    return MEANT.get(model.cfn_type, _NONE) if model is not None and issubclass(model, Resource) else _NONE


class _Walk:
    """One walk over the raw facts of one resource."""

    def __init__(self, spelling: Spelling) -> None:
        self.problems: list[Problem] = []
        self.holders: dict[str, tuple[RawPath, Mapping[str, str]]] = {}
        self._spelling = spelling
        self._unsaid = Unknown(Reason.NOT_COLLECTED, spelling.unsaid)

    def structure(
        self, raw: Mapping[str, Any], structure: str, model: type[Shape] | None, at: RawPath, path: str
    ) -> dict[str, Any]:
        """The members of one structure."""
        meant = _meant(model)
        keys: dict[str, str] = {}
        out: dict[str, Any] = {}
        self.holders[path] = (at, keys)
        astray: set[str] = set()
        for key, value in raw.items():
            name = self._member(key, structure, model, at)
            if not name or (value is None and not self._spelling.strict):
                continue
            member = meant.get(name, name)
            amiss = self._amiss(key, name, value)
            if amiss or (member in keys and member not in astray):
                remedy = "" if amiss else "remove one of the two"
                self._problem((*at, key), amiss or f"{keys[member]} says the same", remedy)
                # Beside a key that is spelled as it must be, one that is not says nothing.
                if not amiss or member not in keys:
                    out[member] = Unknown(Reason.UNSUPPORTED_SYNTAX, f"{shown_path((*at, key))}: {amiss or _TWICE}")
                    astray |= {member} - keys.keys()
                    keys.setdefault(member, key)
                continue
            keys[member] = key
            out.pop(member, None)
            inner = _inner(model, member) if model is not None else None
            below = f"{path}.{member}" if path else member
            item = self._value(value, members(structure)[name].code, inner, (*at, key), below)
            if item is not _UNSET:
                out[member] = item
        for name in _never_said(structure, model) if model is not None else ():
            out[name] = self._unsaid
        return out

    def modelled(self, raw: Mapping[str, Any], model: type[Shape], at: RawPath, path: str) -> dict[str, Any]:
        """The members of one structure of which only the model is known."""
        keys: dict[str, str] = {}
        out: dict[str, Any] = {}
        self.holders[path] = (at, keys)
        renames = self._renames(model, "")
        for key, value in raw.items():
            name = renames.get(loose(key)) or _fields_by_loose(model).get(loose(key))
            if name is not None and value is not None:
                keys[name] = key
                out[name] = self._free(value, _inner(model, name), (*at, key), f"{path}.{name}" if path else name)
        return out

    def _free(self, value: Any, model: type[Shape] | None, at: RawPath, path: str) -> Any:
        if model is not None and isinstance(value, dict):
            return self.modelled(value, model, at, path)
        if isinstance(value, list):
            return [self._free(item, model, (*at, index), f"{path}[{index}]") for index, item in enumerate(value)]
        return value

    def _renames(self, model: type[Shape] | None, structure: str) -> Mapping[str, str]:
        if model is not None and issubclass(model, Resource):
            return self._spelling.renames.get(model.cfn_type, _NONE)
        return self._spelling.renames.get(structure, _NONE)

    def _member(self, key: str, structure: str, model: type[Shape] | None, at: RawPath) -> str:
        known = members(structure)
        if self._spelling.strict:
            found = key if key in known else None
        else:
            word = loose(key)
            found = self._renames(model, structure).get(word)
            found = _by_loose(structure).get(word) if found is None else found
        if found is None:
            self._problem((*at, key), self._spelling.no_such, nearest(key, known))
        return found or ""

    def _amiss(self, key: str, name: str, value: Any) -> str:
        """Why a key does not say the member that it resembles; empty where it does."""
        exact = self._spelling.exact
        if exact is None or key == exact(name):
            return ""
        if loose(key) == loose(name):
            return f"it is not spelled {exact(name)}"
        # A key of the source's own that points elsewhere.
        return "" if isinstance(value, Unknown) else "it points to nothing"

    def _value(self, value: Any, code: str, model: type[Shape] | None, at: RawPath, path: str) -> Any:
        if isinstance(value, Unknown):
            return value
        if code.startswith("["):
            return self._list(value, code[1:], model, at, path)
        if code.startswith("{"):
            return self._map(value, code[1:], model, at, path)
        if is_structure(code):
            return self._object(value, code, model, at, path)
        return self._scalar(value, code, at)

    def _list(self, value: Any, code: str, model: type[Shape] | None, at: RawPath, path: str) -> Any:
        if not self._spelling.strict:
            if isinstance(value, dict) and _is_pair(code):
                # Terraform and SAM write tags as a map.
                value = [{"Key": key, "Value": item} for key, item in value.items()]
            elif isinstance(value, str | int | float) and not is_structure(code):
                value = [value]
        if not isinstance(value, list):
            return self._misfit(value, "a list", at)
        items = (self._value(item, code, model, (*at, index), f"{path}[{index}]") for index, item in enumerate(value))
        return [item for item in items if item is not _UNSET]

    def _map(self, value: Any, code: str, model: type[Shape] | None, at: RawPath, path: str) -> Any:
        if not isinstance(value, dict):
            return self._misfit(value, "an object", at)
        items = {key: self._value(item, code, model, (*at, key), f"{path}.{key}") for key, item in value.items()}
        return {key: item for key, item in items.items() if item is not _UNSET}

    def _object(self, value: Any, code: str, model: type[Shape] | None, at: RawPath, path: str) -> Any:
        if self._spelling.blocks and isinstance(value, list) and len(value) <= 1:
            if not value:
                return _UNSET
            return self._value(value[0], code, model, (*at, 0), path)
        if not isinstance(value, dict):
            return self._misfit(value, "an object", at)
        return self.structure(value, code, model, at, path)

    def _scalar(self, value: Any, code: str, at: RawPath) -> Any:
        if not self._spelling.strict:
            value = converted(value, code)
        if not fits(value, code):
            return self._misfit(value, wanted(code), at)
        words = code[1:].split("|") if code.startswith("=") and not isinstance(value, Reference) else ()
        if words and value not in words:
            return Unknown(Reason.UNEXPECTED_VALUE, f"{shown_path(at)} is none of {', '.join(words)}")
        return value

    def _misfit(self, value: Any, expected: str, at: RawPath) -> Any:
        if value is None and not self._spelling.strict:
            return _UNSET
        if isinstance(value, Reference):
            return Unknown(Reason.UNRESOLVED_REFERENCE, f"{shown_path(at)} is told by {value}")
        # The value may be a secret: only what kind of thing it is may be said.
        message = f"{expected} is expected, not {kind_of(value)}"
        self._problem(at, message, "")
        return Unknown(Reason.UNEXPECTED_VALUE, f"{shown_path(at)}: {message}")

    def _problem(self, at: RawPath, message: str, remedy: str) -> None:
        self.problems.append(Problem(at, message, remedy))


_UNSET = object()
_TWICE = "it is said twice"


def _is_pair(code: str) -> bool:
    return is_structure(code) and set(members(code)) == {"Key", "Value"}


def _indices(items: str) -> tuple[int, ...]:
    return tuple(int(part) for part in items.rstrip("]").split("][") if part.isdigit())
