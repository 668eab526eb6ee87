"""The part of the embedded AWS that needs moto: the server imports it on start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto import settings
from moto.core.authorization import ActionAuthenticatorMixin
from moto.moto_api._internal import mock_random
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from auditor.demo import extension
from auditor.demo.extension.kinds import KINDS
from auditor.demo.extension.neighbours import set_root
from auditor.demo.extension.search import LAG, IndexLag
from auditor.demo.extension.store import Record, SageMakerStore, stores
from auditor.demo.gateway import Gateway

if TYPE_CHECKING:
    from auditor.demo.faults import Calls, Faults

__all__ = ["LAG", "IndexLag", "enforce_iam", "find", "reset", "serve", "set_root", "store"]


class _QuietHandler(MotoRequestHandler):
    """moto's request handler, without a log line per request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing: ``EmbeddedAws.calls`` holds the requests."""


def serve(faults: Faults, calls: Calls) -> BaseWSGIServer:
    """Return a server on a free loopback port, with the extension installed; it does not run yet."""
    extension.install()
    return make_server("127.0.0.1", 0, Gateway(faults, calls), threaded=True, request_handler=_QuietHandler)


def reset(seed: int) -> None:
    """Forget all state of moto and the extension, and start the sequence of identifiers anew."""
    LAG.seconds = 0.0
    LAG.names.clear()
    moto_api_backend.reset()
    mock_random.seed(seed)


def enforce_iam(on: bool) -> None:
    """Switch moto's check of signatures and identity policies on or off."""
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0.0 if on else float("inf")
    ActionAuthenticatorMixin.request_count = 0


def store(region: str, account: str) -> SageMakerStore:
    """Return the SageMaker resources of an account and region."""
    return stores[account][region]


def find(region: str, account: str, kind: str, *key: str) -> Record:
    """Return a SageMaker resource by type and key; raise the error that AWS would answer with."""
    return store(region, account).get(KINDS[kind], *key)
