"""The error that the embedded AWS answers with."""

from __future__ import annotations

from moto.core import errors as moto_errors
from moto.core.exceptions import ServiceException

# Errors that every AWS service may answer with though its model does not list them ("Common Errors" of each
# API reference); moto warns about codes that it does not know.
_COMMON = (
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredTokenException",
    "InternalFailure",
    "InvalidSignatureException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "UnknownOperationException",
    "UnrecognizedClientException",
)
moto_errors.COMMON_ERROR_CODES.extend(_COMMON)


class AwsError(ServiceException):
    """An AWS error by code and message; moto's serializer writes it in the protocol of the service called.

    A class of its own because moto looks up the service of its own exceptions by their module.
    """

    def __init__(self, code: str, message: str) -> None:
        """Take the error code of the API reference and a message."""
        super().__init__(code, message)
