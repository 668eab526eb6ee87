"""The embedded AWS: moto's server on a free loopback port, with the project's extension."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self

from auditor.demo.faults import Calls, Faults

if TYPE_CHECKING:
    from types import TracebackType

    from werkzeug.serving import BaseWSGIServer

    from auditor.demo.extension.search import IndexLag
    from auditor.demo.extension.store import Record, SageMakerStore

ACCOUNT = "123456789012"
_RUNNING = threading.Lock()


class EmbeddedAws:
    """A context manager that runs the embedded AWS in a thread of this process.

    moto keeps its state per process, so one can run at a time. Nothing global is set in ``os.environ``: pass
    ``environment()`` on, or the attributes to a client. Two runs with the same seed and the same requests in the
    same order give the same identifiers.

    Attributes:
        faults: Faults to inject.
        calls: The calls served.
        endpoint_url: Where it listens.
    """

    def __init__(self, seed: int = 42) -> None:
        """Take the seed of moto's identifiers."""
        self.faults = Faults()
        self.calls = Calls()
        self.endpoint_url = ""
        self._seed = seed
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Start the server; raise RuntimeError if one runs in this process already."""
        if not _RUNNING.acquire(blocking=False):
            raise RuntimeError("an embedded AWS runs in this process already")
        try:
            self._start()
        except BaseException:
            _RUNNING.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server and forget its state."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
        self.enforce_iam(False)
        self.reset()
        _RUNNING.release()

    def _start(self) -> None:
        """Install the extension, reset moto, and listen."""
        from werkzeug.serving import make_server

        from auditor.demo import extension
        from auditor.demo.gateway import Gateway
        from auditor.demo.http import QuietHandler

        extension.install()
        self.reset()
        self._server = make_server(
            "127.0.0.1", 0, Gateway(self.faults, self.calls), threaded=True, request_handler=QuietHandler
        )
        self.endpoint_url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True, name="embedded-aws")
        self._thread.start()

    def reset(self) -> None:
        """Forget all resources, faults and calls, and start the sequence of identifiers anew."""
        from moto.moto_api._internal import mock_random
        from moto.moto_api._internal.models import moto_api_backend

        self.faults.clear()
        self.calls.clear()
        lag = self.index_lag
        lag.seconds = 0.0
        lag.names.clear()
        moto_api_backend.reset()
        mock_random.seed(self._seed)

    def environment(self, region: str = "eu-west-1") -> dict[str, str]:
        """Return the environment variables by which any AWS tool finds this server."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "AWS_DEFAULT_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "NO_PROXY": "127.0.0.1",
        }

    def client(self, service: str, region: str = "eu-west-1", **arguments: Any) -> Any:
        """Return a boto3 client for this server; further arguments go to ``boto3.Session.client``."""
        import boto3

        given = self.environment(region)
        return boto3.Session().client(
            service,
            **{
                "region_name": region,
                "endpoint_url": self.endpoint_url,
                "aws_access_key_id": given["AWS_ACCESS_KEY_ID"],
                "aws_secret_access_key": given["AWS_SECRET_ACCESS_KEY"],
                **arguments,
            },
        )

    def enforce_iam(self, on: bool) -> None:
        """Switch moto's check of signatures and identity policies on or off for all further calls."""
        from moto import settings
        from moto.core.authorization import ActionAuthenticatorMixin

        settings.INITIAL_NO_AUTH_ACTION_COUNT = 0.0 if on else float("inf")
        ActionAuthenticatorMixin.request_count = 0

    @property
    def index_lag(self) -> IndexLag:
        """What Search does not show yet though List does."""
        from auditor.demo.extension.search import LAG

        return LAG

    def store(self, region: str = "eu-west-1", account: str = ACCOUNT) -> SageMakerStore:
        """Return the SageMaker resources of an account and region."""
        from auditor.demo.extension.store import stores

        return stores[account][region]

    def record(self, kind: str, *key: str, region: str = "eu-west-1", account: str = ACCOUNT) -> Record:
        """Return a SageMaker resource by type and name (or parent's name and name)."""
        from auditor.demo.extension.kinds import KINDS

        return self.store(region, account).get(KINDS[kind], *key)

    def amend(
        self, kind: str, *key: str, region: str = "eu-west-1", account: str = ACCOUNT, **members: Any
    ) -> None:
        """Set members of a resource, in Describe's spelling; times are seconds since the epoch."""
        self.record(kind, *key, region=region, account=account).data.update(members)

    def forget(self, kind: str, *key: str, region: str = "eu-west-1", account: str = ACCOUNT) -> None:
        """Delete a SageMaker resource behind the API's back."""
        self.store(region, account).remove(self.record(kind, *key, region=region, account=account))

    def vanish_before_describe(
        self, kind: str, *key: str, region: str = "eu-west-1", account: str = ACCOUNT
    ) -> None:
        """Let a resource that List shows be gone when it is described."""
        from auditor.demo.extension.kinds import KINDS

        store = self.store(region, account)
        record = store.get(KINDS[kind], *key)

        def remove(call: Any) -> None:
            if (call.account, call.region) == (account, region) and record.key[-1] in call.parameters:
                store.remove(record)

        self.faults.before("sagemaker", f"Describe{kind}", remove)
