"""The WSGI layer in front of moto: records calls, injects faults, gives errors the shape that AWS gives them.

moto answers a missing operation with an HTML page and status 500, and a denied call to a JSON service with
XML; botocore would read neither as AWS's error. Here they become UnknownOperationException and
AccessDenied(Exception) in the service's own protocol.
"""

from __future__ import annotations

import functools
import io
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError
from moto.core.model import OperationModel
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from moto.iam.models import get_account_id_from
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from auditor.demo.errors import AwsError
from auditor.demo.faults import Call, Calls, Faults
from auditor.sources.live.actions import action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flask import Flask

    from auditor.demo.faults import Failure

    Environ = dict[str, Any]
    StartResponse = Callable[..., Any]

# Signing names and moto's host names that differ from boto3's service name.
_BOTO3_NAMES = {
    "access-analyzer": "accessanalyzer",
    "elasticfilesystem": "efs",
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}
_SCOPE = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/")
_MESSAGE = re.compile(rb"<Message>(.*?)</Message>", re.DOTALL)
_CODE = re.compile(rb"<Code>(.*?)</Code>")
_ABSENT: Any = "absent"

# What the JSON protocols call the errors of authentication that moto words like IAM.
_JSON_CODES = {
    "ExpiredToken": "ExpiredTokenException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
}

# (code, HTTP status) of each failure, by protocol; the default is that of the JSON protocols.
_CODES: dict[Failure, dict[str, tuple[str, int]]] = {
    "denied": {
        "": ("AccessDeniedException", 400),
        "query": ("AccessDenied", 403),
        "ec2": ("UnauthorizedOperation", 403),
        "rest-xml": ("AccessDenied", 403),
        "rest-json": ("AccessDeniedException", 403),
        "smithy-rpc-v2-cbor": ("AccessDenied", 403),
    },
    "throttled": {
        "": ("ThrottlingException", 400),
        "query": ("Throttling", 400),
        "ec2": ("RequestLimitExceeded", 503),
        "rest-xml": ("SlowDown", 503),
        "rest-json": ("TooManyRequestsException", 429),
        "smithy-rpc-v2-cbor": ("Throttling", 400),
    },
    "broken": {
        "": ("InternalFailure", 500),
        "ec2": ("InternalError", 500),
        "rest-xml": ("InternalError", 500),
    },
}


class Gateway:
    """A WSGI application: moto's, with faults, a record of the calls, and AWS's errors."""

    def __init__(self, faults: Faults, calls: Calls) -> None:
        """Take the faults to inject and the list to record calls in."""
        self._moto = _Dispatcher(_application)
        self._faults = faults
        self._calls = calls

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "")
        body = environ["wsgi.input"].read(-1 if chunked else int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        if scope is None or environ["PATH_INFO"].startswith("/moto-api"):
            return self._moto(environ, start_response)  # type: ignore[no-any-return]
        service = _BOTO3_NAMES.get(scope["service"], scope["service"])
        operation = _operation(service, environ)
        environ["wsgi.input"] = io.BytesIO(body)
        account = environ.get("HTTP_X_MOTO_ACCOUNT_ID") or get_account_id_from(scope["key"])
        call = Call(service, operation, account, scope["region"], body.decode("utf-8", "replace"))
        self._calls.record(call)
        failure = self._faults.strike(call)
        if failure is not None:
            response = _failure(call, failure, environ)
        else:
            response = _repaired(call, environ, Response.from_app(self._moto, environ))
        return response(environ, start_response)


class _Dispatcher(DomainDispatcherApplication):
    """moto's dispatcher: remembers the backend of a host, and knows when there is none."""

    def __init__(self, create_app: Callable[[Any], Flask]) -> None:
        super().__init__(create_app)
        self._hosts: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        """Return the name of the backend for a host, ``_ABSENT`` for a service that moto does not have."""
        if host not in self._hosts:
            known = (
                host is None
                or "amazonaws.com" not in host
                or any(pattern.match(f"http://{host}") for _, pattern in self.backend_url_patterns)
            )
            self._hosts[host] = super().get_backend_for_host(host) if known else _ABSENT
        return self._hosts[host]


def _application(service: Any) -> Any:
    """Return moto's application for a service; a missing operation becomes status 501, unlike a crash."""
    if service == _ABSENT:
        return Response("The embedded AWS does not have this service.", 501)
    app = create_backend_app(service)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    # What moto itself raises for an operation that it lacks (moto.core.responses, call_action); its default is a
    # crash with status 500, which clients take for a passing fault and ask again.
    app.register_error_handler(NotImplementedError, lambda error: (str(error), 501))
    app.register_error_handler(OperationNotFoundError, lambda error: (str(error), 501))
    return app


def _operation(service: str, environ: Environ) -> str:
    """Return the operation that a request is for, "" if the service model has none like it."""
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return str(target).rsplit(".", 1)[-1]
    model = _model(service)
    if model is None:
        return ""
    try:
        operation, _ = get_service_router(model.service_name).match(Request(environ.copy()))
    except (NotFound, NotImplementedError):
        # What moto's own dispatcher catches around the same call (moto.core.responses): no such request in the
        # service, or no routes for its protocol.
        return ""
    return str(operation.name)


@functools.cache
def _model(service: str) -> Any:
    """Return moto's model of a service, None for an unknown one."""
    try:
        return get_service_model(service)
    except UnknownServiceError:
        return None


def _protocol(service: str, environ: Environ) -> str:
    """Return the protocol in which the client of a service reads the answer."""
    return determine_request_protocol(_model(service), environ.get("CONTENT_TYPE"))


def _failure(call: Call, failure: Failure, environ: Environ, message: str = "") -> Response:
    """Return the error of an injected fault."""
    if _model(call.service) is None:
        return Response("", 403 if failure == "denied" else 500)
    codes = _CODES[failure]
    code, status = codes.get(_protocol(call.service, environ), codes[""])
    needed = action(f"{_prefix(call.service)}:{call.operation}")
    default = {
        "denied": (
            f"User: arn:aws:iam::{call.account}:user/auditor is not authorized to perform: "
            f"{needed} because no identity-based policy allows the {needed} action"
        ),
        "throttled": "Rate exceeded",
        "broken": "We encountered an internal error. Please try again.",
    }
    return _error(call, environ, code, message or default[failure], status)


def _prefix(service: str) -> str:
    """Return the prefix of a service's IAM actions."""
    return {"stepfunctions": "states", "accessanalyzer": "access-analyzer"}.get(service, service)


def _error(call: Call, environ: Environ, code: str, message: str, status: int) -> Response:
    """Return an error in the protocol of the service that was called."""
    model = _model(call.service)
    protocol = _protocol(call.service, environ)
    try:
        operation = model.operation_model(call.operation)
    except OperationNotFoundError:
        operation = OperationModel({}, model)
    serializer = get_serializer_class(model.service_name, protocol)(operation_model=operation)
    serialized = serializer.serialize(AwsError(code, message))
    headers = {name: str(value) for name, value in serialized["headers"].items()}
    return Response(serialized["body"], status, headers)


def _repaired(call: Call, environ: Environ, response: Response) -> Response:
    """Return moto's response, or the error that AWS would give in its place."""
    if response.status_code == HTTPStatus.OK or _model(call.service) is None:
        return response
    if response.status_code == HTTPStatus.NOT_IMPLEMENTED:
        return _error(call, environ, "UnknownOperationException", f"{call.operation} is not known here.", 400)
    if response.status_code == HTTPStatus.FORBIDDEN and _protocol(call.service, environ) not in {
        "query",
        "ec2",
        "rest-xml",
    }:
        found = _MESSAGE.search(response.get_data())
        message = found[1].decode() if found else ""
        code = _CODE.search(response.get_data())
        if code and (renamed := _JSON_CODES.get(code[1].decode())):
            return _error(call, environ, renamed, message, 400)
        return _failure(call, "denied", environ, message)
    if (
        response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
        and b"<!doctype html" in response.get_data()[:20].lower()
    ):
        return _failure(call, "broken", environ)
    return response
