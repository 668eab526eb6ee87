"""Every AWS error as a `Gap`: the reason, the operation, the code, and the missing permission."""

import re

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004  botocore's name for it
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from auditor.model.gap import Gap, Scope
from auditor.model.unknown import Reason
from auditor.sources.live.actions import action

_DENIED = re.compile(r"AccessDenied|UnauthorizedOperation|NotAuthorized|Forbidden|AuthorizationError|^403$")
_CREDENTIALS = re.compile(
    r"ExpiredToken|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidAccessKeyId|AuthFailure"
    r"|IncompleteSignature|MissingAuthenticationToken"
)
_THROTTLED = re.compile(r"Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|BandwidthLimit|^429$")
# An unknown operation says nothing of the region's others: it is an API_ERROR.
_UNAVAILABLE = re.compile(r"OptInRequired")
_GONE_CODE = re.compile(r"NotFound|NoSuch|DoesNotExist|RecordNotFound")
_GONE_TEXT = re.compile(r"(?i)could not find|does not exist|not ?found|no such")
_MISSING_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z0-9]+)")
# IAM user guide, "Troubleshoot access denied error messages": which kind of policy said no.
_DENYING_POLICY = re.compile(r"with an explicit deny in an? ([A-Za-z -]{1,40}(?:policy|boundary))")
_SILENT_POLICY = re.compile(r"because no ([A-Za-z -]{1,40}(?:policy|boundary)) allows")
_OWN_POLICY = "identity-based policy"
_SERVER_FAULT = re.compile(r"InternalFailure|InternalServer|InternalError|ServiceUnavailable|ServiceException|^5\d\d$")
# The part of a message that says who asked may hold names of people; a gap needs the action only.
_LONGEST_TEXT = 300


class ReadFailed(Exception):  # noqa: N818  it carries an answer: why there is none
    """A request that AWS did not answer.

    Args:
        gap: what is missing because of it.
        code: AWS's error code; empty where the request never reached AWS.
    """

    def __init__(self, gap: Gap, code: str = "") -> None:
        super().__init__(f"{gap.operation}: {gap.reason}: {gap.detail}")
        self.gap = gap
        self.code = code

    def scoped(self, scope: Scope) -> Gap:
        """The gap, for something narrower or wider."""
        return Gap(scope, self.gap.operation, self.gap.reason, self.gap.detail)

    def of_list(self, scope: Scope) -> Gap:
        """The gap of a family. A list is never harmlessly gone: what it would have shown was not seen."""
        reason = Reason.API_ERROR if self.gap.reason is Reason.VANISHED else self.gap.reason
        return Gap(scope, self.gap.operation, reason, self.gap.detail)


def is_throttle(error: Exception) -> bool:
    """Whether AWS asked to slow down."""
    return isinstance(error, ClientError) and bool(_THROTTLED.search(_code(error)))


def is_passing(error: Exception) -> bool:
    """Whether the same request may well go through a moment later."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return bool(_SERVER_FAULT.search(_code(error))) or status >= 500  # noqa: PLR2004  HTTP's server errors
    return isinstance(error, HTTPClientError | ConnectionError) and not isinstance(error, EndpointConnectionError)


def failure(error: BotoCoreError | ClientError, operation: str, scope: Scope) -> ReadFailed:
    """What an error of botocore means.

    Args:
        error: what botocore raised.
        operation: `service:Operation`.
        scope: what is missing because of it.
    """
    if isinstance(error, ClientError):
        code, text = _code(error), str(error.response.get("Error", {}).get("Message", ""))
        return ReadFailed(Gap(scope, operation, _reason(code, text), _detail(code, text, operation)), code)
    if isinstance(error, NoCredentialsError | TokenRetrievalError | UnauthorizedSSOTokenError):
        reason = Reason.CREDENTIALS
    elif isinstance(error, EndpointConnectionError):
        reason = Reason.REGION_UNAVAILABLE
    else:
        reason = Reason.API_ERROR
    detail = "" if isinstance(error, ParamValidationError) else f": {error}"
    return ReadFailed(Gap(scope, operation, reason, f"{type(error).__name__}{detail}"[:_LONGEST_TEXT]))


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _reason(code: str, text: str) -> Reason:
    patterns = (
        (_THROTTLED, Reason.THROTTLED),
        (_DENIED, Reason.ACCESS_DENIED),
        (_CREDENTIALS, Reason.CREDENTIALS),
        (_UNAVAILABLE, Reason.REGION_UNAVAILABLE),
        (_GONE_CODE, Reason.VANISHED),
    )
    for pattern, reason in patterns:
        if pattern.search(code):
            return reason
    if code.startswith("Validation") and _GONE_TEXT.search(text):
        return Reason.VANISHED
    return Reason.API_ERROR


def _detail(code: str, text: str, operation: str) -> str:
    if _DENIED.search(code):
        named = _MISSING_ACTION.search(text)
        return f"{code}; {_remedy(text, named.group(1) if named else action(operation))}"
    return f"{code}: {text}"[:_LONGEST_TEXT]


def _remedy(text: str, missing: str) -> str:
    """What would let the auditor read it: granting the action helps only where nothing else stands in the way."""
    if denying := _DENYING_POLICY.search(text):
        return f"an explicit deny in the {denying.group(1)} forbids {missing}"
    silent = _SILENT_POLICY.search(text)
    if silent and silent.group(1) != _OWN_POLICY:
        return f"the {silent.group(1)} must allow {missing}"
    return f"grant {missing}"
