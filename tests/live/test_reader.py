"""Paging, deadlines and errors of the reader, over a real socket."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from botocore.utils import parse_timestamp
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.gap import Scope
from auditor.model.unknown import Reason
from auditor.sources.live.awserrors import failure
from auditor.sources.live.clients import Clients, fast_timestamp, new_session
from auditor.sources.live.quotas import Ledger, Quotas
from auditor.sources.live.reader import Reader, ReadFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIST = "sagemaker:ListModels"
MODEL: Any = botocore.session.Session().get_service_model("sagemaker")
MEMBERS = MODEL.operation_model("ListModels").output_shape.members


class Canned:
    """Answers each request with the next of the answers given: a body, or a status and an error code."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: list[dict[str, Any] | tuple[int, str]] = []
        self.asked: list[dict[str, Any]] = []

    def next(self, body: bytes) -> tuple[int, dict[str, Any]]:
        self.asked.append(json.loads(body))
        answer = self.answers.pop(0)
        if isinstance(answer, tuple):
            return answer[0], {"__type": answer[1], "message": "no"}
        assert set(answer) <= set(MEMBERS)
        return 200, answer


@pytest.fixture
def canned(monkeypatch: pytest.MonkeyPatch) -> Iterator[Canned]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, answer = script.next(self.rfile.read(int(self.headers["Content-Length"])))
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("x-amzn-RequestId", "request-1")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    script = Canned(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", script.url)
    yield script
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def make_reader(slept: list[float]) -> Callable[..., Reader]:
    def make(**more: Any) -> Reader:
        clients = Clients(new_session(credentials=Credentials("AKIDEXAMPLE", "not-a-secret")))
        return Reader("123456789012", "aws", clients, **{"share": 1.0, "sleep": slept.append, **more})

    return make


def model(name: str) -> dict[str, Any]:
    arn = f"arn:aws:sagemaker:eu-west-1:123456789012:model/{name}"
    return {"ModelName": name, "ModelArn": arn, "CreationTime": 1.5}


def test_an_empty_page_is_not_the_end(canned: Canned, make_reader: Callable[..., Reader]) -> None:
    canned.answers = [
        {"Models": [model("a")], "NextToken": "1"},
        {"Models": [], "NextToken": "2"},
        {"Models": [model("b")]},
    ]
    answers = list(make_reader().pages("eu-west-1", LIST))
    assert [item["ModelName"] for answer in answers for item in answer.data["Models"]] == ["a", "b"]
    assert canned.asked == [
        {"MaxResults": 100},
        {"MaxResults": 100, "NextToken": "1"},
        {"MaxResults": 100, "NextToken": "2"},
    ]
    assert answers[0].observation.operation == LIST
    assert answers[0].observation.request_id == "request-1"


def test_a_token_that_comes_twice_is_an_error(canned: Canned, make_reader: Callable[..., Reader]) -> None:
    canned.answers = [{"Models": [], "NextToken": "1"}, {"Models": [], "NextToken": "1"}]
    with pytest.raises(ReadFailed) as caught:
        list(make_reader().pages("eu-west-1", LIST))
    assert caught.value.gap.reason is Reason.API_ERROR


def test_throttles_are_counted_and_waited_out(
    canned: Canned, make_reader: Callable[..., Reader], slept: list[float]
) -> None:
    canned.answers = [(400, "ThrottlingException"), (400, "ThrottlingException"), {"Models": []}]
    reader = make_reader()
    list(reader.pages("eu-west-1", LIST))
    (count,) = reader.ledger.counts()
    assert (count.calls, count.throttled) == (3, 2)
    assert count.waited_seconds == pytest.approx(sum(slept), abs=0.001)


def test_faults_are_tried_again_a_few_times(canned: Canned, make_reader: Callable[..., Reader]) -> None:
    canned.answers = [(500, "InternalFailure")] * 10
    with pytest.raises(ReadFailed) as caught:
        make_reader().call("eu-west-1", LIST)
    assert caught.value.gap.reason is Reason.API_ERROR
    assert len(canned.asked) == 4


def test_a_denial_is_not_tried_again(canned: Canned, make_reader: Callable[..., Reader]) -> None:
    canned.answers = [(400, "AccessDeniedException")]
    with pytest.raises(ReadFailed) as caught:
        make_reader().call("eu-west-1", LIST)
    assert caught.value.gap.reason is Reason.ACCESS_DENIED
    assert "sagemaker:ListModels" in caught.value.gap.detail


def test_nothing_is_asked_after_the_deadline(canned: Canned, make_reader: Callable[..., Reader]) -> None:
    now = [0.0]
    reader = make_reader(deadline_seconds=10.0, clock=lambda: now[0])
    canned.answers = [{"Models": [], "NextToken": "1"}]
    pages = reader.pages("eu-west-1", LIST)
    next(pages)
    now[0] = 11.0
    with pytest.raises(ReadFailed) as caught:
        next(pages)
    assert caught.value.gap.reason is Reason.DEADLINE
    assert len(canned.asked) == 1


def test_an_endpoint_that_is_not_there_is_a_region_that_is_not_available(
    make_reader: Callable[..., Reader], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(ReadFailed) as caught:
        make_reader().call("eu-west-1", LIST)
    assert caught.value.gap.reason is Reason.REGION_UNAVAILABLE


@pytest.mark.parametrize(
    ("code", "message", "reason"),
    [
        (
            "AccessDeniedException",
            "x is not authorized to perform: sagemaker:ListModels",
            Reason.ACCESS_DENIED,
        ),
        ("UnauthorizedOperation", "You are not authorized", Reason.ACCESS_DENIED),
        ("403", "Forbidden", Reason.ACCESS_DENIED),
        ("ExpiredTokenException", "expired", Reason.CREDENTIALS),
        ("UnrecognizedClientException", "invalid", Reason.CREDENTIALS),
        ("InvalidClientTokenId", "invalid", Reason.CREDENTIALS),
        ("ThrottlingException", "Rate exceeded", Reason.THROTTLED),
        ("TooManyRequestsException", "slow", Reason.THROTTLED),
        ("RequestLimitExceeded", "slow", Reason.THROTTLED),
        ("ResourceNotFound", "gone", Reason.VANISHED),
        ("ValidationException", "RecordNotFound", Reason.VANISHED),
        ("ValidationException", 'Could not find model "x".', Reason.VANISHED),
        ("ValidationException", "MaxResults must be below 100", Reason.API_ERROR),
        ("OptInRequired", "not subscribed", Reason.REGION_UNAVAILABLE),
        ("UnknownOperationException", "what", Reason.API_ERROR),
        ("SomethingNew", "what", Reason.API_ERROR),
    ],
)
def test_reasons(code: str, message: str, reason: Reason) -> None:
    error = ClientError({"Error": {"Code": code, "Message": message}}, "ListModels")
    failed = failure(error, LIST, Scope("123456789012", "eu-west-1"))
    assert failed.gap.reason is reason
    assert code in failed.gap.detail


def test_reasons_before_a_request_is_answered() -> None:
    assert failure(NoCredentialsError(), LIST, Scope()).gap.reason is Reason.CREDENTIALS
    unreachable = EndpointConnectionError(endpoint_url="https://example.invalid")
    assert failure(unreachable, LIST, Scope()).gap.reason is Reason.REGION_UNAVAILABLE


@given(st.integers(min_value=0, max_value=4_000_000_000_000).map(lambda ms: ms / 1000))
def test_epoch_times_equal_botocore(value: Any) -> None:
    assert fast_timestamp(value) == parse_timestamp(value)


@pytest.mark.parametrize(
    "value", ["2026-11-24T13:00:00Z", "2026-11-24T13:00:00.123+02:00", "Tue, 24 Nov 2026 13:00:00 GMT", "1.5"]
)
def test_written_times_equal_botocore(value: str) -> None:
    assert fast_timestamp(value) == parse_timestamp(value)


@given(share=st.sampled_from([0.25, 0.5, 1.0]), quota=st.sampled_from([2.0, 10.0, 50.0]))
def test_a_quota_is_never_overdrawn_for_long(share: float, quota: float) -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    ledger = Ledger()
    quotas = Quotas(share, ledger, lambda: now[0], sleep)
    tokens, at, throttles, through = quota, 0.0, 0, 0
    while through < 300:
        sent_at = quotas.wait("eu-west-1", LIST)
        tokens, at = min(quota, tokens + (now[0] - at) * quota), now[0]
        if tokens >= 1:
            tokens -= 1
            through += 1
            quotas.succeeded("eu-west-1", LIST, sent_at)
        else:
            throttles += 1
            quotas.throttled("eu-west-1", LIST, sent_at)
            quotas.back_off(LIST, 1)
    assert throttles < 100
    assert now[0] >= (300 - 2 * quota - 12) / quota
