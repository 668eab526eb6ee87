"""The embedded AWS: moto's server on a free loopback port, with the project's extension."""

from __future__ import annotations

import importlib
import threading
from typing import TYPE_CHECKING, Any, Self

import botocore.session

from auditor.demo.faults import Calls, Faults

if TYPE_CHECKING:
    from types import ModuleType, TracebackType

    from werkzeug.serving import BaseWSGIServer

    from auditor.demo.extension.search import IndexLag
    from auditor.demo.extension.store import Record, SageMakerStore
    from auditor.demo.faults import Call

ACCOUNT = "123456789012"
REGION = "eu-west-1"
_RUNNING = threading.Lock()


def _backend() -> ModuleType:
    """Return the part that needs moto, which takes most of a second to import."""
    return importlib.import_module("auditor.demo.backend")


class EmbeddedAws:
    """A context manager that runs the embedded AWS in a thread of this process.

    moto keeps its state per process, so one can run at a time. Nothing global is set in ``os.environ``: pass
    ``environment()`` on, or use ``client()``. Two runs with the same seed and the same requests in the same
    order give the same identifiers.

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
        self._session = botocore.session.Session()
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Start the server; raise RuntimeError if one runs in this process already."""
        if not _RUNNING.acquire(blocking=False):
            raise RuntimeError("an embedded AWS runs in this process already")
        try:
            self._server = _backend().serve(self.faults, self.calls)
            self.reset()
        except BaseException:
            _RUNNING.release()
            raise
        self.endpoint_url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True, name="embedded-aws")
        self._thread.start()
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

    def reset(self) -> None:
        """Forget all resources, faults and calls, and start the sequence of identifiers anew."""
        self.faults.clear()
        _backend().reset(self._seed)
        self.calls.clear()

    def environment(self, region: str = REGION) -> dict[str, str]:
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

    def client(self, service: str, region: str = REGION, **arguments: Any) -> Any:
        """Return a client, as ``boto3.client`` would, for this server; further arguments are passed on."""
        given = self.environment(region)
        return self._session.create_client(
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
        _backend().enforce_iam(on)

    def root_account(self, *, mfa: bool, access_key: bool, account: str = ACCOUNT, partition: str = "aws") -> None:
        """Say whether the account's root user has MFA and an access key; no API could."""
        _backend().set_root(account, mfa, access_key, partition)

    @property
    def index_lag(self) -> IndexLag:
        """What Search does not show yet though List does."""
        lag: IndexLag = _backend().LAG
        return lag

    def store(self, region: str = REGION, account: str = ACCOUNT) -> SageMakerStore:
        """Return the SageMaker resources of an account and region."""
        held: SageMakerStore = _backend().store(region, account)
        return held

    def record(self, kind: str, *key: str, region: str = REGION, account: str = ACCOUNT) -> Record:
        """Return a SageMaker resource by type and name (or parent's name and name)."""
        found: Record = _backend().find(region, account, kind, *key)
        return found

    def amend(self, kind: str, *key: str, region: str = REGION, account: str = ACCOUNT, **members: Any) -> None:
        """Set members of a resource, in Describe's spelling; times are seconds since the epoch."""
        self.record(kind, *key, region=region, account=account).data.update(members)

    def forget(self, kind: str, *key: str, region: str = REGION, account: str = ACCOUNT) -> None:
        """Delete a SageMaker resource behind the API's back."""
        self.store(region, account).remove(self.record(kind, *key, region=region, account=account))

    def vanish_before_describe(self, kind: str, *key: str, region: str = REGION, account: str = ACCOUNT) -> None:
        """Let a resource that List shows be gone when it is described."""
        store = self.store(region, account)
        record = self.record(kind, *key, region=region, account=account)

        def remove(call: Call) -> None:
            if (call.account, call.region) == (account, region) and f'"{key[-1]}"' in call.parameters:
                store.remove(record)

        self.faults.before("sagemaker", f"Describe{kind}", remove)
