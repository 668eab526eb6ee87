"""boto3 clients: one session an account, one client a service and region, shared parsing and loading."""

import threading
from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.loaders import Loader
from botocore.parsers import JSONParser, ResponseParser, ResponseParserFactory
from botocore.utils import parse_timestamp

from auditor.model.text import writable

# The auditor counts throttles and waits itself: botocore's own retries would hide them.
_CONNECT_SECONDS = 5
_READ_SECONDS = 60


def fast_timestamp(value: Any) -> datetime:
    """A timestamp as the service spells it, in UTC: what botocore makes of it, at a fraction of the time."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    try:
        parsed = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        parsed = parse_timestamp(value)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


class _PlainJson(JSONParser):
    """Leaves the body of an `application/x-amz-json` answer as it is: the model types what it reads."""

    def _parse_body_as_json(self, body_contents: bytes) -> Any:
        body = super()._parse_body_as_json(body_contents)  # type: ignore[misc]  # the stubs leave it out
        # Only an escape can spell half a surrogate pair.
        return writable(body) if b"\\ud" in body_contents or b"\\uD" in body_contents else body

    def _handle_json_body(self, raw_body: bytes, shape: Any) -> Any:
        del shape
        body = self._parse_body_as_json(raw_body)
        # botocore takes a null for a member that is not there.
        return _without_nulls(body) if b"null" in raw_body else body


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


class _ParserFactory(ResponseParserFactory):
    """botocore's parsers, with the faster timestamps; SageMaker's JSON is parsed once and not walked again."""

    def create_parser(self, protocol_name: str) -> ResponseParser:
        if protocol_name == "json":
            return _PlainJson(timestamp_parser=fast_timestamp)
        return super().create_parser(protocol_name)


@cache
def _loader() -> Loader:
    # The service models are by far the largest thing a session holds.
    return botocore.session.Session().get_component("data_loader")  # type: ignore[no-any-return]


def new_session(profile: str | None = None, credentials: Credentials | None = None) -> botocore.session.Session:
    """A botocore session: standard settings (profile, endpoint, proxies, CA bundle) and shared models.

    Args:
        profile: a named profile of the AWS configuration.
        credentials: to be used instead of what the environment offers.
    """
    session = botocore.session.Session(profile=profile)
    session.register_component("data_loader", _loader())
    factory = _ParserFactory()
    factory.set_parser_defaults(timestamp_parser=fast_timestamp)
    session.register_component("response_parser_factory", factory)
    if credentials is not None:
        # botocore has no public way to hand over credentials that refresh themselves.
        session._credentials = credentials  # type: ignore[attr-defined]  # noqa: SLF001
    return session


class Clients:
    """Clients of one set of credentials, made when first asked for; safe to use from several threads.

    Args:
        session: what `new_session` gives.
        connections: the size of each client's connection pool.
    """

    def __init__(self, session: botocore.session.Session, connections: int = 16) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str], Any] = {}
        self._config = Config(
            retries={"total_max_attempts": 1},
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            max_pool_connections=connections,
            user_agent_extra="sagemaker-auditor",
        )

    def get(self, service: str, region: str) -> Any:
        """The client of a botocore service in a region."""
        key = (service, region)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._session.create_client(service, region_name=region, config=self._config)
            return self._clients[key]
