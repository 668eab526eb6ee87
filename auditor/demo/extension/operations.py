"""The operations of the types in ``KINDS``, made from botocore's service model.

Every function returned here becomes a method of moto's ``SageMakerResponse``; moto routes the request,
resolves the caller's account and region, and enforces IAM before it calls it.
"""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

from auditor.demo.errors import AwsError
from auditor.demo.extension import listing
from auditor.demo.extension.derive import complete
from auditor.demo.extension.derive_ml import deploy
from auditor.demo.extension.kinds import KINDS, VALIDATION, Kind
from auditor.demo.extension.shapes import prune, violations
from auditor.demo.extension.store import Record, SageMakerStore, stores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from botocore.model import OperationModel, ServiceModel
    from moto.sagemaker.responses import SageMakerResponse

Answer = tuple[int, dict[str, Any], str]

# A header by which the sample account and tests say what only AWS could know: times, statuses, parents.
FACTS_HEADER = "x-demo-facts"
_NOT_DESCRIBED = frozenset({"Tags", "ClientToken", "ClientRequestToken"})


def generated(model: ServiceModel) -> Iterator[tuple[str, Callable[[SageMakerResponse], Answer]]]:
    """Yield (operation name, method) for every operation of the types that the service model has."""
    known = set(model.operation_names)
    for kind in KINDS.values():
        for verb, build in _VERBS.items():
            name = f"{verb}{kind.name}"
            if name in known:
                yield name, build(kind, model.operation_model(name))
        plural = next(name for name in (f"List{kind.name}s", f"List{kind.name[:-1]}ies") if name in known)
        yield plural, _lister(kind, model.operation_model(plural))
    automl = KINDS["AutoMLJob"]
    yield "CreateAutoMLJobV2", _creator(automl, model.operation_model("CreateAutoMLJobV2"))
    yield "DescribeAutoMLJobV2", _describer(automl, model.operation_model("DescribeAutoMLJobV2"))


def store_of(response: SageMakerResponse) -> SageMakerStore:
    """Return the store of the account and region that a request is for."""
    return stores[response.current_account][response.region]


def params_of(response: SageMakerResponse, operation: OperationModel) -> dict[str, Any]:
    """Return the request's members; raise ValidationException, worded like AWS, if one breaks the model."""
    params: dict[str, Any] = json.loads(response.body or "{}")
    broken = list(violations(operation.input_shape, params))
    if broken:
        errors = "error" if len(broken) == 1 else "errors"
        raise AwsError(VALIDATION, f"{len(broken)} validation {errors} detected: {'; '.join(broken)}")
    return params


def members_of(shape: Any) -> Mapping[str, Any]:
    """Return the members of a structure; none for an operation without input or output."""
    members: Mapping[str, Any] = getattr(shape, "members", {})
    return members


def answer(operation: OperationModel, content: dict[str, Any]) -> Answer:
    """Return a response with the members that the operation's output shape has."""
    shape = operation.output_shape
    body = json.dumps(prune(shape, content)) if shape is not None else ""
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, body


def create(store: SageMakerStore, kind: Kind, params: dict[str, Any], facts: dict[str, Any]) -> Record:
    """Create a resource.

    Args:
        store: Where to keep it.
        kind: Its type.
        params: The members of the Create request.
        facts: Members in Describe's spelling that override what AWS would fill in.

    Raises:
        AwsError: the error that AWS answers with if the name is taken or a parent is missing.
    """
    data = {
        kind.renames.get(name, name): value
        for name, value in params.items()
        if name not in _NOT_DESCRIBED and value is not None
    }
    data |= facts
    complete(store, kind.name, data, time.time())
    tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags") or ()}
    record = Record(kind, data, tags)
    store.put(record)
    return record


def _facts_of(response: SageMakerResponse) -> dict[str, Any]:
    """Return the members that the request sets through ``FACTS_HEADER``."""
    header = response.headers.get(FACTS_HEADER)
    facts: dict[str, Any] = json.loads(base64.b64decode(header)) if header else {}
    return facts


def _creator(kind: Kind, operation: OperationModel) -> Callable[[SageMakerResponse], Answer]:
    """Return the method of a Create operation."""

    def method(response: SageMakerResponse) -> Answer:
        params = params_of(response, operation)
        record = create(store_of(response), kind, params, _facts_of(response))
        return answer(operation, record.data)

    return method


def lookup(store: SageMakerStore, kind: Kind, operation: OperationModel, params: dict[str, Any]) -> Record:
    """Return the resource that a Describe, Update, Delete, Start or Stop request names."""
    if kind.name == "ImageVersion":
        return _image_version(store, kind, params)
    if "Arn" in members_of(operation.input_shape):
        return store.get(kind, params["Arn"])
    if kind.name == "ModelPackage":
        name = params.get("ModelPackageName") or params["ModelPackageArn"]
        return store.get(kind, name if name.startswith("arn:") else store.arn(kind, {"Path": name}))
    return store.get(kind, *(str(params.get(member, "")) for member in kind.identity))


def _image_version(store: SageMakerStore, kind: Kind, params: dict[str, Any]) -> Record:
    """Return a version of an image: the one asked for by number or alias, or the latest."""
    held = [record for key, record in store.of(kind).items() if key[0] == params["ImageName"]]
    if number := params.get("Version"):
        held = [record for record in held if record.data["Version"] == number]
    elif alias := params.get("Alias"):
        held = [record for record in held if alias in record.data.get("Aliases", ())]
    if not held:
        raise AwsError(*kind.missing)
    return max(held, key=lambda record: int(record.data["Version"]))


def _describer(kind: Kind, operation: OperationModel) -> Callable[[SageMakerResponse], Answer]:
    """Return the method of a Describe operation."""

    def method(response: SageMakerResponse) -> Answer:
        params = params_of(response, operation)
        record = lookup(store_of(response), kind, operation, params)
        # A few Describe operations answer with the tags; the others' shapes have no such member.
        content = {kind.wrapper: record.data} if kind.wrapper else {**record.data, "Tags": record.tag_list}
        return answer(operation, content)

    return method


def _lister(kind: Kind, operation: OperationModel) -> Callable[[SageMakerResponse], Answer]:
    """Return the method of a List operation."""
    members = members_of(operation.output_shape)
    result = next(name for name, shape in members.items() if shape.type_name == "list")

    def method(response: SageMakerResponse) -> Answer:
        params = params_of(response, operation)
        # A copy: other threads create and delete meanwhile.
        records = list(store_of(response).of(kind).values())
        if kind.name == "ModelPackage" and not {"ModelPackageGroupName", "ModelPackageType"} & params.keys():
            params["ModelPackageType"] = "Unversioned"
        taken, token = listing.page(kind, records, params)
        return answer(operation, {result: [_summary(record) for record in taken], "NextToken": token})

    return method


def _summary(record: Record) -> dict[str, Any]:
    """Return a resource as a List operation may show it: some summaries lift nested members up."""
    data = record.data
    if record.kind.name == "HyperParameterTuningJob":
        config = data["HyperParameterTuningJobConfig"]
        return {**data, "Strategy": config["Strategy"], "ResourceLimits": config["ResourceLimits"]}
    if record.kind.identity == ("JobDefinitionName",):
        return {**data, "MonitoringJobDefinitionArn": record.arn}
    if record.kind.name == "Space":
        settings = data.get("SpaceSettings") or {}
        return {
            **data,
            "SpaceSettingsSummary": {
                "AppType": settings.get("AppType"),
                "SpaceStorageSettings": settings.get("SpaceStorageSettings"),
            },
            "SpaceSharingSettingsSummary": data.get("SpaceSharingSettings"),
            "OwnershipSettingsSummary": data.get("OwnershipSettings"),
        }
    return data


def _deleter(kind: Kind, operation: OperationModel) -> Callable[[SageMakerResponse], Answer]:
    """Return the method of a Delete operation."""

    def method(response: SageMakerResponse) -> Answer:
        params = params_of(response, operation)
        store = store_of(response)
        record = lookup(store, kind, operation, params)
        store.remove(record)
        return answer(operation, record.data | {"Success": True})

    return method


def _updater(kind: Kind, operation: OperationModel) -> Callable[[SageMakerResponse], Answer]:
    """Return the method of an Update operation: given members replace, structures merge."""

    def method(response: SageMakerResponse) -> Answer:
        params = params_of(response, operation)
        store = store_of(response)
        record = lookup(store, kind, operation, params)
        changes = {
            kind.renames.get(name, name): value
            for name, value in params.items()
            if name not in _NOT_DESCRIBED and name not in kind.identity
        }
        _merge(record.data, changes)
        if kind.name == "Endpoint":
            deploy(store, record.data)
        record.data[kind.modified] = time.time()
        content = {kind.wrapper: record.data} if kind.wrapper else record.data
        return answer(operation, content)

    return method


def _merge(data: dict[str, Any], changes: dict[str, Any]) -> None:
    """Write changes into data, member by member."""
    for name, value in changes.items():
        if isinstance(value, dict) and isinstance(data.get(name), dict):
            _merge(data[name], value)
        else:
            data[name] = value


def _setter(word: str) -> Callable[[Kind, OperationModel], Callable[[SageMakerResponse], Answer]]:
    """Return a builder of Stop (``word`` "stopped") or Start ("") operations."""

    def build(kind: Kind, operation: OperationModel) -> Callable[[SageMakerResponse], Answer]:
        def method(response: SageMakerResponse) -> Answer:
            params = params_of(response, operation)
            record = lookup(store_of(response), kind, operation, params)
            settled = kind.settled
            if word:
                settled = "STOPPED" if settled.isupper() else "Stopped"
            record.data[kind.status] = settled
            record.data[kind.modified] = time.time()
            return answer(operation, record.data)

        return method

    return build


_VERBS: dict[str, Callable[[Kind, OperationModel], Callable[[SageMakerResponse], Answer]]] = {
    "Create": _creator,
    "Describe": _describer,
    "Delete": _deleter,
    "Update": _updater,
    "Stop": _setter("stopped"),
    "Start": _setter(""),
}
