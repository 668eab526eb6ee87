"""A canned AWS endpoint for measuring auditors: many requests a second, latency and quotas as ordered.

    python -m benchmarks.endpoint --jobs 10000 --latency-ms 30 --quota 'List*=2'

It serves SageMaker's operations over a synthetic account and the read-only calls that an auditor makes to
neighbouring services, all on one port (set ``AWS_ENDPOINT_URL`` to it). ``GET /_stats`` tells what was
asked, ``POST /_reset`` starts counting anew. Any credentials will do: signatures are not verified.
"""

import argparse
import asyncio
import contextlib
import json
import re
import resource
import time
from collections.abc import Sequence
from functools import lru_cache

from benchmarks import neighbours, wire, world
from benchmarks.account import Account
from benchmarks.quotas import Quotas
from benchmarks.sagemaker import SageMaker
from benchmarks.wire import Answer, ApiError, Call

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_SEARCHED = re.compile(rb'"Resource": *"([A-Za-z]+)"')
_KIND_OF_COMPONENT = re.compile(rb'"SageMaker(\w+Job)"')
_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found"}


class Endpoint:
    """Answers calls from the account, the neighbours, or with nothing to list."""

    def __init__(self, sagemaker: SageMaker, quotas: Quotas) -> None:
        """Serve ``sagemaker`` and the neighbours; ``quotas`` limits SageMaker's operations only."""
        self.sagemaker = sagemaker
        self.quotas = quotas
        self._canned = lru_cache(maxsize=4096)(_canned)

    def answer(self, call: Call) -> Answer:
        """Return the response to one call, throttled or not, and count it."""
        label = f"{call.service}:{call.operation}"
        if call.operation == "Search":
            label += f"({_searched(call.body)})"
        throttled = call.service == "sagemaker" and not self.quotas.allow(call.region, call.operation)
        self.quotas.count(label, throttled=throttled)
        if throttled:
            return wire.write_error(call, "ThrottlingException", "Rate exceeded")
        try:
            if call.service == "sagemaker" and call.region == world.REGION:
                body = self.sagemaker.answer(call.operation, call.body)
                if body is not None:
                    return Answer(200, "application/x-amz-json-1.1", body.encode())
        except ApiError as error:
            return wire.write_error(call, error.code, str(error), error.status)
        return self._canned(
            call.service, call.operation, call.region, call.protocol, tuple(call.params.items()), call.body
        )

    def stats(self) -> bytes:
        """Return the counts by operation, and what the endpoint itself used, as JSON."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return json.dumps(
            {
                "operations": {
                    name: {"calls": calls, "throttled": self.quotas.throttled.get(name, 0)}
                    for name, calls in sorted(self.quotas.calls.items())
                },
                "requests": sum(self.quotas.calls.values()),
                "throttled": sum(self.quotas.throttled.values()),
                "resources": self.sagemaker.account.counts(),
                "cpu_seconds": usage.ru_utime + usage.ru_stime,
                "peak_rss_mb": usage.ru_maxrss / 1024,
            }
        ).encode()


def _searched(body: bytes) -> str:
    found = _SEARCHED.search(body)
    name = found[1].decode() if found else "?"
    component = _KIND_OF_COMPONENT.search(body) if name == "ExperimentTrialComponent" else None
    return f"{name}/{component[1].decode()}" if component else name


def _canned(
    service: str, operation: str, region: str, protocol: str, params: tuple[tuple[str, str], ...], body: bytes
) -> Answer:
    """Return the answer of a neighbour, or of a kind that the account has none of."""
    call = Call(service, operation, region, protocol, dict(params), body)
    if not operation or operation not in wire.service_model(service).operation_names:
        return wire.write_error(call, "UnknownOperationException", "Unknown operation", 404)
    try:
        value = neighbours.answer(call)
    except ApiError as error:
        return wire.write_error(call, error.code, str(error), error.status)
    if value is None:
        value = wire.empty(service, operation)
    if value is None:
        status = 404 if protocol == "rest-xml" else 400
        return wire.write_error(call, wire.not_found(service, operation), "There is none.", status)
    return wire.write(call, value)


class Connection(asyncio.Protocol):
    """One keep-alive HTTP/1.1 connection; a client sends its next request after the last answer."""

    def __init__(self, endpoint: Endpoint, latency_s: float) -> None:
        """Answer from ``endpoint``, each answer ``latency_s`` after its request."""
        self._endpoint = endpoint
        self._latency_s = latency_s
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport for the answers."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self._buffer += data
        while True:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._buffer[:end]
            length = _LENGTH.search(head)
            until = end + 4 + (int(length[1]) if length else 0)
            if len(self._buffer) < until:
                return
            body, self._buffer = self._buffer[end + 4 : until], self._buffer[until:]
            self._respond(head, body)

    def _respond(self, head: bytes, body: bytes) -> None:
        first, _, rest = head.partition(b"\r\n")
        method, target, _ = first.decode("latin-1").split(" ", 2)
        if target.startswith("/_"):
            if method == "POST":
                self._endpoint.quotas.reset()
            self._send(_encode(Answer(200, "application/json", self._endpoint.stats()), method))
            return
        due = time.perf_counter() + self._latency_s
        response = _encode(self._endpoint.answer(wire.read(method, target, b"\r\n" + rest, body)), method)
        # The time taken to answer is part of the latency, not on top of it.
        delay = due - time.perf_counter()
        if self._latency_s and delay > 0:
            asyncio.get_running_loop().call_later(delay, self._send, response)
        else:
            self._send(response)

    def _send(self, response: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(response)


def _encode(answer: Answer, method: str) -> bytes:
    lines = [
        f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Error')}",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {len(answer.body)}",
        f"x-amzn-RequestId: {wire.REQUEST_ID}",
        *(f"{name}: {value}" for name, value in answer.headers),
    ]
    head = ("\r\n".join(lines) + "\r\n\r\n").encode()
    return head if method == "HEAD" else head + answer.body


def _quota(text: str) -> tuple[str, float]:
    pattern, _, rate = text.partition("=")
    return pattern, float(rate)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.endpoint", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--jobs", type=int, default=1000, help="training jobs; the rest is in proportion")
    parser.add_argument("--reference", action="store_true", help="no processing and transform jobs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--now", type=float, default=0, help="end of the period, epoch seconds; 0 is now")
    parser.add_argument("--lag", type=int, default=0, help="newest resources of each kind absent from Search")
    parser.add_argument("--latency-ms", type=float, default=0)
    parser.add_argument(
        "--quota",
        type=_quota,
        action="append",
        default=[],
        metavar="PATTERN=RATE",
        help="calls a second of each matching SageMaker operation, burst one second; the first holds",
    )
    return parser.parse_args(argv)


async def _serve(arguments: argparse.Namespace) -> None:
    account = Account.of(
        arguments.jobs,
        wire.service_model("sagemaker"),
        seed=arguments.seed,
        now=arguments.now or time.time(),
        reference=arguments.reference,
    )
    endpoint = Endpoint(SageMaker(account, arguments.lag), Quotas(arguments.quota))
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(endpoint, arguments.latency_ms / 1000), "127.0.0.1", arguments.port, backlog=512
    )
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        await server.serve_forever()


def main(argv: Sequence[str] | None = None) -> None:
    """Serve until interrupted; the first line printed is the address."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(_arguments(argv)))


if __name__ == "__main__":
    main()
