"""How the embedded AWS speaks HTTP: keeping connections, and without a log line per request."""

from __future__ import annotations

from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler


class QuietHandler(MotoRequestHandler):
    """moto's request handler, quiet; connections are kept, so that a scan costs one connect per client thread."""

    protocol_version = "HTTP/1.1"
    # Head and body go out in two writes: without this the second waits for the client's delayed acknowledgement.
    disable_nagle_algorithm = True

    def log_request(self, *_: Any, **__: Any) -> None:
        """Log nothing; ``EmbeddedAws.calls`` holds the requests."""
