"""Asking AWS: one `Reader` an account; every error becomes a `Gap`, every request is counted and paced."""

import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from auditor.model.gap import Gap, Scope
from auditor.model.resource import Observation
from auditor.model.unknown import Reason
from auditor.sources.live.awserrors import ReadFailed, failure, is_passing, is_throttle
from auditor.sources.live.clients import Clients
from auditor.sources.live.quotas import Clock, Ledger, Quotas, Sleep

__all__ = ["Answer", "ReadFailed", "Reader"]

_LOG = logging.getLogger("auditor.live")
_THROTTLED_ATTEMPTS = 12
_FAULTY_ATTEMPTS = 4
_PAGE = 100
_UNANSWERED = "the region's deadline of {} s was reached"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation answered.

    Args:
        data: botocore's parsed answer, without its metadata.
        observation: operation, request id and time.
    """

    data: dict[str, Any]
    observation: Observation


@dataclass(slots=True)
class Reader:
    """Asks AWS about one account; safe to use from several threads.

    Args:
        account: 12 digits.
        partition: aws, aws-us-gov, aws-cn …
        clients: clients with credentials for the account.
        share: share of each quota to take, above 0 to 1.
        deadline_seconds: how long one region may take, from its first request.
        ends_at: when everything must have been asked, on the clock given, whatever the region.
        ledger: what every operation cost.
        clock, sleep: injected by tests.
    """

    account: str
    partition: str
    clients: Clients
    share: float = 0.5
    deadline_seconds: float = 3600.0
    ledger: Ledger = field(default_factory=Ledger)
    clock: Clock = time.monotonic
    sleep: Sleep = time.sleep
    ends_at: float = math.inf
    _quotas: Quotas = field(init=False)
    _ends: dict[str, float] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._quotas = Quotas(self.share, self.ledger, self.clock, self.sleep)

    def call(self, region: str, operation: str, /, **parameters: Any) -> Answer:
        """Ask once, again after throttles and passing faults.

        Args:
            region: where to ask.
            operation: `service:Operation`, with botocore's name of the service.
            parameters: botocore's members of the request.

        Raises:
            ReadFailed: AWS did not answer; the gap covers the account and region.
        """
        scope = Scope(self.account, region)
        attempt = 0
        while True:
            self._keep_deadline(region, operation, scope)
            sent_at = self._quotas.wait(region, operation)
            try:
                return self._send(region, operation, parameters, sent_at)
            except (ClientError, BotoCoreError) as error:
                throttled = is_throttle(error)
                if throttled:
                    self.ledger.add(operation, throttled=1)
                    self._quotas.throttled(region, operation, sent_at)
                attempts = _THROTTLED_ATTEMPTS if throttled else _FAULTY_ATTEMPTS
                attempt += 1
                if attempt >= attempts or not (throttled or is_passing(error)):
                    raise failure(error, operation, scope) from error
                self._quotas.back_off(operation, attempt)

    def pages(self, region: str, operation: str, /, **parameters: Any) -> Iterator[Answer]:
        """Ask for every page. An empty page is not the end; only a missing token is.

        Args and errors as of `call`. A token that comes twice is an error: the list would never end.
        """
        service, _, name = operation.partition(":")
        client = self.clients.get(service, region)
        method = xform_name(name)
        tokens = _Tokens.of(client, method)
        if tokens.limit and tokens.limit not in parameters:
            parameters[tokens.limit] = tokens.most
        seen: set[str] = set()
        while True:
            answer = self.call(region, operation, **parameters)
            yield answer
            token = tokens.next(answer.data)
            if not token:
                return
            if str(token) in seen:
                detail = "the service gave the same page token twice"
                raise ReadFailed(Gap(Scope(self.account, region), operation, Reason.API_ERROR, detail))
            seen.add(str(token))
            parameters.update(token)

    def _send(self, region: str, operation: str, parameters: dict[str, Any], sent_at: float) -> Answer:
        service, _, name = operation.partition(":")
        client = self.clients.get(service, region)
        _LOG.debug("%s in %s", operation, region)
        self.ledger.add(operation, calls=1)
        data: dict[str, Any] = getattr(client, xform_name(name))(**parameters)
        self._quotas.succeeded(region, operation, sent_at)
        metadata = data.pop("ResponseMetadata", {})
        at = datetime.now(UTC).isoformat(timespec="seconds")
        return Answer(data, Observation(operation, str(metadata.get("RequestId", "")), at))

    def _keep_deadline(self, region: str, operation: str, scope: Scope) -> None:
        now = self.clock()
        end = self._ends.setdefault(region, now + self.deadline_seconds)
        if now > min(end, self.ends_at):
            detail = _UNANSWERED.format(round(self.deadline_seconds))
            raise ReadFailed(Gap(scope, operation, Reason.DEADLINE, detail))


@dataclass(frozen=True, slots=True)
class _Tokens:
    """How an operation pages: by botocore's paginator, else by NextToken."""

    sent: tuple[str, ...]
    answered: tuple[str, ...]
    limit: str
    most: int | str

    @classmethod
    def of(cls, client: Any, method: str) -> "_Tokens":
        sent: tuple[str, ...] = ("NextToken",)
        answered: tuple[str, ...] = ("NextToken",)
        shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape
        members = shape.members if shape is not None else {}
        if client.can_paginate(method):
            config = client.get_paginator(method)._pagination_cfg  # noqa: SLF001  botocore offers no other way
            sent, answered = _tuple(config["input_token"]), _tuple(config["output_token"])
            limit = config.get("limit_key", "")
        else:
            limit = "MaxResults" if "MaxResults" in members else ""
            sent = tuple(name for name in sent if name in members)
        most: int | str = _PAGE
        if limit in members:
            most = min(_most(members[limit]), 1000)
            most = str(most) if members[limit].type_name == "string" else most
        return cls(sent, answered, limit if limit in members else "", most)

    def next(self, data: dict[str, Any]) -> dict[str, Any]:
        found = {
            sent: data[name.partition(" || ")[0]]
            for sent, name in zip(self.sent, self.answered, strict=False)
            if data.get(name.partition(" || ")[0])
        }
        # Marker-style lists repeat the marker on the last page; the flag says whether there is another.
        return {} if data.get("IsTruncated") is False else found


def _tuple(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _most(shape: Any) -> int:
    most = shape.metadata.get("max", _PAGE)
    return int(most) if most else _PAGE
