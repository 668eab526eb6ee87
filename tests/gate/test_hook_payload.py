"""What a hook's URL leads to: S3 over TLS and nothing else, within bounds."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, strategies

from auditor.errors import InputError
from auditor.gate import presigned
from auditor.gate.presigned import checked, fetch_payload, read_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.mark.parametrize(
    ("url", "partition"),
    [
        ("https://bucket.s3.eu-west-1.amazonaws.com/key?X-Amz-Signature=1", "aws"),
        ("https://bucket.with.dots.s3.amazonaws.com/key", "aws"),
        ("https://s3.us-east-1.amazonaws.com/bucket/key", "aws"),
        ("https://s3-eu-west-1.amazonaws.com/bucket/key", "aws"),
        ("https://bucket.s3.dualstack.eu-central-1.amazonaws.com:443/key", "aws"),
        ("https://bucket.s3-fips.us-gov-west-1.amazonaws.com/key", "aws-us-gov"),
        ("https://bucket.s3.cn-north-1.amazonaws.com.cn/key", "aws-cn"),
        ("https://bucket.s3.eusc-de-east-1.amazonaws.eu/key", "aws-eusc"),
    ],
)
def test_what_leads_to_s3_is_followed(url: str, partition: str) -> None:
    assert checked(url, partition) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        1,
        b"https://bucket.s3.amazonaws.com/key",
        "",
        "https://",
        "http://bucket.s3.eu-west-1.amazonaws.com/key",
        "file:///etc/passwd",
        "ftp://bucket.s3.amazonaws.com/key",
        "https://169.254.169.254/latest/meta-data/",
        "https://localhost/key",
        "https://s3.amazonaws.com.example.com/key",
        "https://example.com/s3.amazonaws.com",
        "https://example.com#s3.amazonaws.com",
        "https://example.com?.s3.amazonaws.com/",
        "https://example.com\\.s3.amazonaws.com/",
        "https://s3.amazonaws.com@example.com/key",
        "https://user:pass@bucket.s3.amazonaws.com/key",
        "https://bucket.s3.amazonaws.com:8443/key",
        "https://bucket.s3.amazonaws.com:99999/key",
        "https://bucket.s3-website-us-east-1.amazonaws.com/key",
        "https://ec2.eu-west-1.amazonaws.com/",
        "https://xs3.amazonaws.com/key",
        "https://bucket.s3.cn-north-1.amazonaws.com.cn/key",
        "https://bucket.s3.amazonaws.com/k\r\nHost: example.com",
        "https://bucket\u3002s3.amazonaws.com/key",
        "https://[::1]/key",
        "https://[",
    ],
)
def test_what_leads_elsewhere_is_refused(url: Any) -> None:
    with pytest.raises(InputError, match="payload: it is no"):
        fetch_payload(url, "eu-west-1")


@given(strategies.text(max_size=40), strategies.text(max_size=40))
def test_no_host_but_that_of_s3_is_let_through(before: str, after: str) -> None:
    for url in (f"https://{before}", f"https://{before}s3.amazonaws.com{after}", f"{before}://s3.amazonaws.com{after}"):
        try:
            found = checked(url, "aws")
        except InputError:
            continue
        host = found.removeprefix("https://").partition("/")[0].partition("?")[0].partition("#")[0]
        assert host.lower().removesuffix(":443").removesuffix(":").endswith("s3.amazonaws.com")


class _Server(ThreadingHTTPServer):
    answer: Callable[[BaseHTTPRequestHandler], None]


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, _Server)
        self.server.answer(self)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.answer = answer
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/key?X-Amz-Signature=secret"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def sent(body: bytes, status: int = 200, length: int | None = None, **headers: str) -> Any:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def test_a_payload_is_read_whole() -> None:
    body = b"x" * 300_000
    with serving(sent(body)) as url:
        assert read_url(url) == body


def test_no_more_is_read_than_a_payload_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presigned, "MAX_PAYLOAD", 1 << 20)
    with serving(sent(b"x" * (1 << 20))) as url:
        assert len(read_url(url)) == 1 << 20
    with serving(sent(b"x" * ((1 << 20) + 1))) as url, pytest.raises(InputError, match="too large"):
        read_url(url)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    asked: list[str] = []
    with serving(lambda handler: asked.append(handler.path)) as other:
        place = other
        with serving(sent(b"", status, Location=place)) as url, pytest.raises(InputError, match=f"S3 answers {status}"):
            read_url(url)
    assert asked == []


@pytest.mark.parametrize(
    "answer",
    [
        sent(b"<Error/>", 403),
        sent(b"", 404),
        sent(b"", 500),
        sent(b"x", length=10),
        lambda handler: handler.wfile.write(b"no HTTP\r\n\r\n"),
    ],
)
def test_what_cannot_be_read_is_told_without_the_signature(answer: Any) -> None:
    with serving(answer) as url, pytest.raises(InputError) as caught:
        read_url(url)
    assert "127.0.0.1" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_slow_answer_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presigned, "_ALL_SECONDS", 0.0)

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)

    with serving(drip) as url, pytest.raises(InputError, match="it takes too long"):
        read_url(url)
