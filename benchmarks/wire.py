"""AWS's wire protocols from the server's side: which operation a request asks for, and the answer's bytes.

botocore's service models say how each service spells its answers, so this is a walk over their output shapes:
JSON, REST-JSON, Query, EC2, REST-XML and Smithy's RPC v2 over CBOR, as far as read-only calls need them.
Source: the protocol tests and parsers of botocore (``botocore/parsers.py``).
"""

import base64
import json
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

import botocore.session
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

_SESSION = botocore.session.get_session()
REQUEST_ID: Final = "00000000-0000-4000-8000-000000000000"

# Names in the credential scope of the signature that differ from botocore's name of the service.
_BY_SIGNING_NAME: Final = {
    "monitoring": "cloudwatch",
    "access-analyzer": "accessanalyzer",
    "tagging": "resourcegroupstaggingapi",
    "servicequotas": "service-quotas",
}
_SCOPE = re.compile(rb"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request")
_HEADER = re.compile(rb"\r\n([A-Za-z0-9-]+): *([^\r\n]*)")


class ApiError(Exception):
    """An error that the API reports: its code, its message and the HTTP status.

    Attributes:
        code: the error code, such as ``ValidationException``.
        status: the HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass(frozen=True)
class Call:
    """One request, as far as an answer depends on it; ``params`` holds query or form fields, as strings."""

    service: str
    operation: str
    region: str
    protocol: str
    params: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """Status, content type, further headers and body of a response."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


@cache
def service_model(service: str) -> ServiceModel:
    """Return botocore's model of a service.

    Raises:
        botocore.exceptions.UnknownServiceError: botocore does not know it.
    """
    return _SESSION.get_service_model(service)


@cache
def _routes(service: str) -> list[tuple[str, re.Pattern[str], frozenset[tuple[str, str]], str]]:
    """Return method, path pattern, required query fields and name of a REST service's operations."""
    routes = []
    for name in service_model(service).operation_names:
        http = service_model(service).operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        pattern = re.sub(r"\\\{[^}]*\\\+\\\}", "(.+)", re.escape(path))
        pattern = re.sub(r"\\\{[^}]*\\\}", "([^/]+)", pattern)
        wanted = frozenset(parse_qsl(query, keep_blank_values=True))
        routes.append((http["method"], re.compile(pattern.rstrip("/") + "/?"), wanted, name))
    return sorted(routes, key=lambda route: -len(route[2]))


def _route(service: str, method: str, path: str, query: Mapping[str, str]) -> str:
    for wanted_method, pattern, wanted, name in _routes(service):
        if wanted_method == method and wanted <= set(query.items()) and pattern.fullmatch(path):
            return name
    return ""


def read(method: str, target: str, head: bytes, body: bytes) -> Call:
    """Return the call that a request makes; ``operation`` is "" when it cannot be told.

    Args:
        method: the HTTP method.
        target: path and query as requested.
        head: the raw header block, with the line break before the first header.
        body: the request's body.
    """
    headers = {key.lower(): value for key, value in _HEADER.findall(head)}
    scope = _SCOPE.search(headers.get(b"authorization", b""))
    region, signing = (part.decode() for part in scope.groups()) if scope else ("us-east-1", "sts")
    service = _BY_SIGNING_NAME.get(signing, signing)
    url = urlsplit(target)
    amz_target = headers.get(b"x-amz-target", b"").decode()
    if amz_target:
        return Call(service, amz_target.rpartition(".")[2], region, "json", {}, body)
    if b"smithy-protocol" in headers:
        return Call(service, url.path.rpartition("/")[2], region, "cbor", {}, body)
    if headers.get(b"content-type", b"").startswith(b"application/x-www-form-urlencoded"):
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        protocol = service_model(service).metadata["protocol"]
        return Call(service, form.get("Action", ""), region, str(protocol), form, body)
    if service == "s3" and url.path.startswith("/v20180820/"):
        service = "s3control"
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    operation = _route(service, method, unquote(url.path), query)
    protocol = str(service_model(service).metadata["protocol"])
    return Call(service, operation, region, protocol, {**query, "": unquote(url.path)}, body)


def empty(service: str, operation: str) -> dict[str, Any] | None:
    """Return the answer that says "there are none": every list empty; None for a call about one thing."""
    shape = service_model(service).operation_model(operation).output_shape
    if shape is None:
        return {}
    if not operation.startswith(("List", "Batch", "Search")) and not operation.endswith("s"):
        return None
    return {name: [] for name, member in shape.members.items() if member.type_name == "list"}


def not_found(service: str, operation: str) -> str:
    """Return the error code with which ``operation`` says that the thing asked for is not there."""
    shapes = service_model(service).operation_model(operation).error_shapes
    names = [str(shape.metadata.get("error", {}).get("code", shape.name)) for shape in shapes]
    return next((name for name in names if re.search("NotFound|NoSuch", name)), "ResourceNotFoundException")


def _plain(value: Any, shape: Shape) -> Any:
    """Return ``value`` for JSON or CBOR: members under their wire names."""
    if isinstance(shape, StructureShape):
        return {
            str(shape.members[key].serialization.get("name", key)): _plain(item, shape.members[key])
            for key, item in value.items()
        }
    if isinstance(shape, ListShape):
        return [_plain(item, shape.member) for item in value]
    if isinstance(shape, MapShape):
        return {key: _plain(item, shape.value) for key, item in value.items()}
    if shape.type_name == "blob":
        return base64.b64encode(value).decode()
    return value


def _text(value: Any, shape: Shape) -> str:
    if shape.type_name == "timestamp":
        return datetime.fromtimestamp(value, UTC).isoformat().replace("+00:00", "Z")
    if shape.type_name == "boolean":
        return "true" if value else "false"
    if shape.type_name == "blob":
        return base64.b64encode(value).decode()
    return escape(str(value))


def _xml(name: str, value: Any, shape: Shape) -> str:
    """Return the element(s) called ``name`` for ``value``."""
    if isinstance(shape, StructureShape):
        inner = "".join(
            _xml(_element(key, shape.members[key]), item, shape.members[key]) for key, item in value.items()
        )
        return f"<{name}>{inner}</{name}>"
    if isinstance(shape, ListShape):
        if shape.serialization.get("flattened"):
            return "".join(_xml(name, item, shape.member) for item in value)
        item_name = str(shape.member.serialization.get("name", "member"))
        return f"<{name}>{''.join(_xml(item_name, item, shape.member) for item in value)}</{name}>"
    if isinstance(shape, MapShape):
        key_name = str(shape.key.serialization.get("name", "key"))
        value_name = str(shape.value.serialization.get("name", "value"))
        entries = "".join(
            f"<entry>{_xml(key_name, key, shape.key)}{_xml(value_name, item, shape.value)}</entry>"
            for key, item in value.items()
        )
        return f"<{name}>{entries}</{name}>"
    return f"<{name}>{_text(value, shape)}</{name}>"


def _element(key: str, shape: Shape) -> str:
    if isinstance(shape, ListShape) and shape.serialization.get("flattened"):
        return str(shape.serialization.get("name", shape.member.serialization.get("name", key)))
    return str(shape.serialization.get("name", key))


def _cbor_head(major: int, number: int) -> bytes:
    for code, limit, form in ((None, 24, ""), (24, 2**8, ">B"), (25, 2**16, ">H"), (26, 2**32, ">I")):
        if number < limit:
            return (
                bytes([major << 5 | number]) if code is None else bytes([major << 5 | code]) + struct.pack(form, number)
            )
    return bytes([major << 5 | 27]) + struct.pack(">Q", number)


def cbor(value: Any) -> bytes:
    """Return the CBOR of plain JSON-like data (RFC 8949; floats as doubles)."""
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _cbor_head(0, value) if value >= 0 else _cbor_head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, str):
        return _cbor_head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _cbor_head(4, len(value)) + b"".join(map(cbor, value))
    if isinstance(value, dict):
        pairs = b"".join(cbor(key) + cbor(item) for key, item in value.items())
        return _cbor_head(5, len(value)) + pairs
    raise TypeError(f"no CBOR for {type(value)}")


def _rest(call: Call, operation: OperationModel, value: dict[str, Any], shape: StructureShape) -> Answer:
    """Return the answer of a REST service: headers, then the payload member or the whole."""
    headers = tuple(
        (str(shape.members[key].serialization["name"]), _text(item, shape.members[key]))
        for key, item in value.items()
        if shape.members[key].serialization.get("location") == "header"
    )
    inner = {key: item for key, item in value.items() if not shape.members[key].serialization.get("location")}
    payload = shape.serialization.get("payload")
    if payload:
        member = shape.members[str(payload)]
        if not isinstance(member, StructureShape):
            return Answer(200, "application/json", str(value.get(str(payload), "")).encode(), headers)
        root, content, content_shape = _element(str(payload), member), value[str(payload)], member
    else:
        root, content, content_shape = str(shape.serialization.get("name", operation.name)), inner, shape
    if call.protocol == "rest-json":
        return Answer(200, "application/json", json.dumps(_plain(content, content_shape)).encode(), headers)
    return Answer(200, "application/xml", _xml(root, content, content_shape).encode(), headers)


def write(call: Call, value: dict[str, Any]) -> Answer:
    """Return the response that carries ``value``, in botocore's spelling, to the caller."""
    operation = service_model(call.service).operation_model(call.operation)
    shape = operation.output_shape
    namespace = service_model(call.service).metadata.get("xmlNamespace", "")
    if call.protocol in {"query", "ec2"}:
        inner = ""
        if shape is not None:
            wrapper = str(shape.serialization.get("resultWrapper", "Result"))
            inner = _xml(wrapper, value, shape)
            inner = inner[len(wrapper) + 2 : -len(wrapper) - 3] if call.protocol == "ec2" else inner
        ids = f"<RequestId>{REQUEST_ID}</RequestId>"
        end = (
            f"<requestId>{REQUEST_ID}</requestId>"
            if call.protocol == "ec2"
            else f"<ResponseMetadata>{ids}</ResponseMetadata>"
        )
        name = call.operation + "Response"
        return Answer(200, "text/xml", f'<{name} xmlns="{namespace}">{inner}{end}</{name}>'.encode())
    if shape is None:
        return Answer(200, "application/json", b"")
    if call.protocol == "cbor":
        return Answer(200, "application/cbor", cbor(_plain(value, shape)), (("smithy-protocol", "rpc-v2-cbor"),))
    if call.protocol.startswith("rest"):
        return _rest(call, operation, value, shape)
    return Answer(200, "application/x-amz-json-1.1", json.dumps(_plain(value, shape)).encode())


def write_error(call: Call, code: str, message: str, status: int = 400) -> Answer:
    """Return the response that reports an error as the call's protocol does."""
    inner = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    ids = f"<RequestId>{REQUEST_ID}</RequestId>"
    if call.protocol == "query":
        text = f"<ErrorResponse><Error><Type>Sender</Type>{inner}</Error>{ids}</ErrorResponse>"
        return Answer(status, "text/xml", text.encode())
    if call.protocol == "ec2":
        text = f"<Response><Errors><Error>{inner}</Error></Errors>{ids}</Response>"
        return Answer(status, "text/xml", text.encode())
    if call.protocol == "rest-xml":
        return Answer(status, "application/xml", f"<Error>{inner}{ids}</Error>".encode())
    body = {"__type": code, "message": message}
    if call.protocol == "cbor":
        return Answer(status, "application/cbor", cbor(body), (("smithy-protocol", "rpc-v2-cbor"),))
    headers = (("x-amzn-errortype", code),)
    return Answer(status, "application/x-amz-json-1.1", json.dumps(body).encode(), headers)
