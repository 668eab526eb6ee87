from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.credentials import Credentials

from auditor.catalog import Catalog
from auditor.cli.catalogs import load_catalog
from auditor.delivery.store import FolderStore
from auditor.demo.extension.kinds import KINDS
from auditor.demo.extension.operations import create
from auditor.fleet import scope
from auditor.fleet.change import audit_change
from auditor.fleet.plan import plan_targets
from auditor.fleet.records import read_json
from auditor.fleet.settings import FleetSettings
from auditor.fleet.speakers import Speakers
from auditor.fleet.target import Means, audit_account
from auditor.model.coverage import ScanInfo
from auditor.model.finding import Finding
from auditor.scan.assessment import Assessment
from auditor.scan.intake import Intake
from auditor.scan.live import LiveScan, LiveSettings
from auditor.scan.selection import Selection
from auditor.sources.live.accounts import AccountAccess
from auditor.sources.live.clients import new_session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.delivery.store import Body, ObjectStore
    from auditor.demo.server import EmbeddedAws

# What several of these tests have in common stands beside them.
sys.path.insert(0, str(Path(__file__).parent))

from change_events import ARN, ROLE, Answer  # type: ignore[import-not-found]
from targets_of_a_run import FEW  # type: ignore[import-not-found]

OWN = "123456789012"
REGION = "eu-west-1"


@pytest.fixture
def aws(server: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedAws]:
    server.reset()
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    yield server
    server.reset()


@pytest.fixture
def own(aws: EmbeddedAws) -> AccountAccess:
    given = aws.environment()
    session = new_session(credentials=Credentials(given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"]))
    return AccountAccess(OWN, "aws", session)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "bucket")


@pytest.fixture
def settings() -> FleetSettings:
    return FleetSettings("reports", regions=("eu-west-1", "us-east-1"), quota_share=1.0)


class MemoryStore:
    """An object store in a dictionary."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self.objects.get(key)

    def put(self, key: str, body: Body, *, media_type: str = "", only_new: bool = False) -> bool:
        assert media_type
        if only_new and key in self.objects:
            return False
        self.objects[key] = body if isinstance(body, bytes) else body.read()
        return True

    def list(self, prefix: str = "") -> Iterator[str]:
        return iter(sorted(key for key in self.objects if key.startswith(prefix)))

    def exists(self, key: str) -> bool:
        return key in self.objects


@dataclass
class Fleet:
    """Runs the functions in this process, as the state machine would."""

    settings: FleetSettings
    store: ObjectStore
    own: AccountAccess
    catalog: Catalog
    now: datetime
    run: str = "run-1"
    invocations: dict[str, int] = field(default_factory=dict)

    def plan(self) -> dict[str, Any]:
        event = {"run": self.run, "started": self.now.isoformat()}
        return plan_targets(event, self.settings, self.store, self.own, lambda: self.catalog)

    def means(self, seconds: float = 900.0) -> Means:
        end = time.monotonic() + seconds
        return Means(self.settings, self.catalog, self.store, self.own, lambda: end - time.monotonic(), 0.0)

    def audit(self, target: dict[str, Any], seconds: float = 900.0) -> int:
        """Until it is done; how many invocations it took."""
        cursor, attempt = None, 0
        while True:
            answer = audit_account({"target": target, "cursor": cursor, "attempt": attempt}, self.means(seconds))
            attempt += 1
            json.dumps(answer)
            if answer["status"] == "done":
                return attempt
            cursor = answer["cursor"]
            assert attempt < 100

    def everything(self) -> None:
        self.plan()
        for name in ("global", "regions"):
            for target in read_json(self.store, f"runs/{self.run}/plan/{name}.json"):
                self.audit(target)

    def ledger(self, place: str) -> Any:
        return read_json(self.store, f"runs/{self.run}/targets/{place}.json")

    def findings(self, place: str) -> dict[str, tuple[str, str, str]]:
        """Of a target's report: id to rule, status and message; each once."""
        report = self.report(place)
        found = {one["id"]: (one["rule"], one["status"], one["message"]) for one in report["findings"]}
        assert len(found) == len(report["findings"])
        return found

    def report(self, place: str) -> Any:
        return read_json(self.store, f"runs/{self.run}/reports/{place}.json.gz")


@pytest.fixture
def fleet(settings: FleetSettings, store: ObjectStore, own: AccountAccess) -> Fleet:
    return Fleet(settings, store, own, load_catalog(()), datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def jobs(aws: EmbeddedAws) -> Callable[..., None]:
    """Makes ended training jobs, a minute apart, straight in the store, which is quicker than so many requests."""

    def make(number: int, *, region: str = REGION, account: str = OWN, start: int = 0, **members: Any) -> None:
        held = aws.store(region, account)
        for at in range(start, start + number):
            made = time.time() - 86_400 + 60 * at
            given = {
                "TrainingJobName": f"job-{at:04}",
                "RoleArn": f"arn:aws:iam::{account}:role/train",
                "OutputDataConfig": {"S3OutputPath": "s3://models/out"},
                **members,
            }
            create(held, KINDS["TrainingJob"], given, {"CreationTime": made, "LastModifiedTime": made + 30})

    return make


class _Silent:
    def region(self, account: str, region: str, resources: int, *, done: bool) -> None:
        """Nobody is told."""


Scan = Callable[[Catalog, datetime, tuple[str, ...]], list[Finding]]


@pytest.fixture
def scanned(scan_findings: Scan) -> Callable[[Catalog, datetime, tuple[str, ...]], dict[str, tuple[str, str, str]]]:
    """What `scan` says of the same account: id to rule, status and message."""

    def run(catalog: Catalog, now: datetime, regions: tuple[str, ...]) -> dict[str, tuple[str, str, str]]:
        found = scan_findings(catalog, now, regions)
        return {one.id: (one.rule, one.status.value, one.message) for one in found}

    return run


@pytest.fixture
def scan_findings(own: AccountAccess) -> Scan:
    """The findings of `scan` on the same account."""

    def run(catalog: Catalog, now: datetime, regions: tuple[str, ...]) -> list[Finding]:
        selection = Selection.of(catalog)
        assessment = Assessment(catalog, now)
        settings = LiveSettings(
            now=now,
            jobs_since=timedelta(days=30),
            members_needed=selection.members,
            families=selection.families,
            neighbour_types=selection.neighbours,
            state=None,
            region_deadline=600.0,
        )
        scan = LiveScan(Intake(assessment), settings, _Silent())
        scan.account(own, own.reader(1.0, 600.0), regions)
        scan.taker.settle(scan.places)
        info = ScanInfo("x", "scan", now.isoformat(), now.isoformat(), (own.account,), regions)
        report = assessment.report(info, scan.targets, scan.requests)
        return list(report.findings)

    return run


@pytest.fixture
def memory() -> type[MemoryStore]:
    return MemoryStore


@pytest.fixture
def undisturbed() -> Callable[[Fleet], dict[str, tuple[str, str, str]]]:
    """The findings of the first region in a run that nothing disturbs; made once."""
    found: list[dict[str, tuple[str, str, str]]] = []

    def run(fleet: Fleet) -> dict[str, tuple[str, str, str]]:
        if not found:
            fleet.store = MemoryStore()
            fleet.plan()
            fleet.audit(read_json(fleet.store, f"runs/{fleet.run}/plan/regions.json")[0])
            found.append(fleet.findings(f"{OWN}/{REGION}"))
        return found[0]

    return run


@pytest.fixture(autouse=True)
def fresh() -> None:
    """A container that has read no note of a plan."""
    scope.forget()


@pytest.fixture
def change(fleet: Any, aws: EmbeddedAws) -> Callable[[Any], Answer]:
    def run(given: Any) -> Answer:
        return audit_change(given, fleet.means(), Speakers(print, aws.client("sns"), None))

    return run


@pytest.fixture
def notebook(aws: EmbeddedAws) -> str:
    aws.client("sagemaker").create_notebook_instance(
        NotebookInstanceName="lab", InstanceType="ml.t3.medium", RoleArn=ROLE
    )
    return f"{ARN}:notebook-instance/lab"


@pytest.fixture
def few(fleet: Any) -> Any:
    fleet.catalog = load_catalog(()).select(FEW)
    return fleet
