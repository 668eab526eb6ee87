"""Getting what a presigned URL of S3 leads to, and nothing that any other URL does."""

import re
import time
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from auditor.errors import InputError
from auditor.sources.interface import Deployment

# A template has 1 MB at most (CloudFormation quotas); a payload holds two as JSON text, and a list of changes.
MAX_PAYLOAD = 16 * 1024 * 1024
_SUFFIXES = {"aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu"}
# A bucket or none, S3 itself, a region or none (S3 User Guide, "Methods for accessing a bucket"; dual stack and FIPS).
_HOST = r"(?:[a-z0-9][a-z0-9.-]*\.)?s3(?:-fips)?(?:\.dualstack)?(?:[.-][a-z]{2,4}(?:-[a-z]+){1,2}-\d{1,2})?\."
_PORTS = (None, 443)
_SOCKET_SECONDS, _ALL_SECONDS = 5.0, 12.0
_CHUNK = 1 << 16


class _NoRedirects(HTTPRedirectHandler):
    """Goes nowhere else: a redirect would lead past the check of the host."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def fetch_payload(url: Any, region: str) -> bytes:
    """Get what lies behind a presigned URL.

    Args:
        url: as it was handed over.
        region: where the function runs; tells the partition, whose S3 is the only one that is asked.

    Raises:
        InputError: the URL is not one of S3 over TLS; or what it leads to cannot be read, or is too large.
    """
    return read_url(checked(url, Deployment.of(region).partition))


def checked(url: Any, partition: str) -> str:
    """A URL that leads to S3 in a partition, over TLS, and nowhere else.

    Raises:
        InputError: it does not.
    """
    try:
        parts = urlsplit(url)
        host, port, plain = parts.hostname or "", parts.port, url.isascii() and url.isprintable()
    except (ValueError, TypeError, AttributeError):
        raise InputError("it is no URL", key="payload") from None
    suffix = re.escape(_SUFFIXES.get(partition, "amazonaws.com"))
    fits = parts.scheme == "https" and port in _PORTS and "@" not in parts.netloc and plain and "\\" not in url
    if not fits or not re.fullmatch(_HOST + suffix, host):
        raise InputError("it is no presigned URL of S3", key="payload")
    return str(url)


def read_url(url: str, opener: OpenerDirector | None = None) -> bytes:
    """Get what a checked URL leads to, within bounds of size and time; no redirect is followed.

    Args:
        url: what is asked.
        opener: what asks; None for one that follows nothing.

    Raises:
        InputError: it cannot be read, or is too large. The message leaves out the query, which is the signature.
    """
    shown = url.partition("?")[0]
    end = time.monotonic() + _ALL_SECONDS
    body = bytearray()
    try:
        asked = Request(url)  # noqa: S310  `checked` lets only https pass
        with (opener or build_opener(_NoRedirects)).open(asked, timeout=_SOCKET_SECONDS) as answer:
            while chunk := answer.read1(_CHUNK):
                body += chunk
                if len(body) > MAX_PAYLOAD:
                    limit = MAX_PAYLOAD // 1024**2
                    raise InputError("it is too large", file=shown, remedy=f"at most {limit} MiB are read")
                if time.monotonic() > end:
                    raise InputError("it takes too long", file=shown)
            if answer.length:
                raise InputError("it ends too soon", file=shown)
    except HTTPError as error:
        error.close()
        raise InputError(f"S3 answers {error.code}", file=shown) from None
    except (URLError, HTTPException, OSError) as error:
        raise InputError(f"it cannot be read: {type(error).__name__}", file=shown) from None
    return bytes(body)
