"""Athena's tables in DuckDB: the same statements, transpiled, over the same layout on disk, with a known history."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot
from sqlglot import expressions as sql

from auditor.delivery.store import FolderStore
from auditor.delivery.tables import write_tables
from auditor.model.coverage import (
    Coverage,
    Report,
    RuleInfo,
    ScanInfo,
    Summary,
    Tally,
    Target,
    TargetStatus,
    Tool,
)
from auditor.model.finding import Evidence, Finding, ResourceRef, WaiverRef
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Lifecycle
from auditor.model.unknown import Reason
from auditor.model.verdict import Severity, Status

ATHENA = Path(__file__).parents[2] / "deploy/athena"
A, B, C = "111122223333", "444455556666", "777788889999"
NOTEBOOK, ROLE, JOB = "AWS::SageMaker::NotebookInstance", "AWS::IAM::Role", "AWS::SageMaker::TrainingJob"
RULES = {
    rule.id: rule
    for rule in (
        RuleInfo("notebook-key", "Notebooks use a key.", "HIGH", "encryption_at_rest", "why", "fix", ("NIST:SC-28",)),
        RuleInfo("notebook-tags", "Notebooks have tags.", "LOW", "tagging", "why", "fix"),
        RuleInfo("job-vpc", "Jobs run in a VPC.", "MEDIUM", "vpc", "why", "fix"),
        RuleInfo("role-admin", "Roles are no administrators.", "CRITICAL", "iam_least_privilege", "why", "fix"),
        RuleInfo("role-boundary", "Roles have a boundary.", "MEDIUM", "iam_least_privilege", "why", "fix"),
    )
}
# Nothing is downloaded; without the extension for time zones, dates are in UTC.
OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
F, P, N = Status.FAILED, Status.PASSED, Status.NOT_AVAILABLE


@dataclass(frozen=True)
class Subject:
    """What is judged again and again."""

    number: int
    rule: str
    kind: str
    name: str
    account: str = A
    region: str = "eu-west-1"
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        return f"{self.number:032x}"

    def is_(self, status: Status, **members: Any) -> Finding:
        arn = f"arn:aws:sagemaker:{self.region}:{self.account}:x/{self.name}"
        tags = dict(self.tags)
        made = Finding(
            id=self.id,
            rule=self.rule,
            status=status,
            severity=Severity(RULES[self.rule].severity),
            lifecycle=Lifecycle.CURRENT,
            reason=Reason.ACCESS_DENIED if status is N else None,
            message=f"seen on {self.name}",
            resource=ResourceRef(self.kind, self.name, arn, self.account, self.region, tags, "amara"),
            location=None,
            evidence=(Evidence("KmsKeyId", None, "sagemaker:DescribeNotebookInstance"),),
        )
        return replace(made, **members)


KEY = Subject(1, "notebook-key", NOTEBOOK, "nb-1", tags=(("data-classification", "secret"), ("Team", "x")))
ADMIN = Subject(2, "role-admin", ROLE, "role-1")
WAIVED = Subject(3, "notebook-key", NOTEBOOK, "nb-2", tags=(("DataClassification", "public"),))
GONE = Subject(4, "notebook-key", NOTEBOOK, "nb-4")
UNKNOWN = Subject(5, "notebook-tags", NOTEBOOK, "nb-1")
ENDED = Subject(6, "job-vpc", JOB, "train-1")
OTHER = Subject(7, "role-boundary", ROLE, "role-2", B, "us-east-1")
BOUNDARY = Subject(8, "role-boundary", ROLE, "role-1")
FIXED = Subject(9, "notebook-tags", NOTEBOOK, "nb-9")
PLAIN = Subject(10, "notebook-key", NOTEBOOK, "nb-3")
WAIVER = WaiverRef("accepted", "amara", "jonas", "2099-12-31", "SEC-1")


def report(run: str, at: str, account: str, region: str, *findings: Finding, denied: bool = False) -> Report:
    """A run on one account and region; with `denied` nothing of it was seen."""
    status = TargetStatus.NOT_SCANNED if denied else TargetStatus.SCANNED
    reason = "no role" if denied else ""
    gap = Gap(Scope(account, region), "sts:AssumeRole", Reason.ACCESS_DENIED, "AccessDenied")
    families = ("everything",) if denied else (NOTEBOOK, JOB, "iam")
    coverage = Coverage(
        complete=not denied,
        targets=tuple(Target(account, region, family, status, 0 if denied else 2, reason) for family in families),
        gaps=(gap,) if denied else (),
    )
    tally = Tally()
    return Report(
        tool=Tool("sagemaker-auditor", "0.1.0"),
        scan=ScanInfo(run, "scan", at, at, (account,), (region,)),
        coverage=coverage,
        summary=Summary(tally, {}, {}, None, {}),
        rules=tuple(RULES.values()),
        findings=findings,
    )


class History:
    """Ten days of runs: `day(n)` is so many days ago."""

    def __init__(self, today: date, folder: Path) -> None:
        self.today = today
        self.root = folder
        self.store = FolderStore(folder)

    def day(self, back: int) -> str:
        return (self.today - timedelta(days=back)).isoformat()

    def run(self, back: int, *findings: Finding, hour: int = 3, place: tuple[str, str] = (A, "eu-west-1")) -> None:
        day = self.day(back)
        at = f"{day}T{hour:02}:00:00+00:00"
        write_tables(self.store, report(f"run-{day}-{hour:02}", at, *place, *findings), day)

    def denied(self, back: int, place: tuple[str, str]) -> None:
        day = self.day(back)
        made = report(f"run-{day}-03", f"{day}T03:00:00+00:00", *place, denied=True)
        write_tables(self.store, made, day)

    def write_ties(self, *, backwards: bool) -> None:
        """Three accounts in which the same happens, written in one order or the other."""
        order = -1 if backwards else 1
        for account in (A, B, C)[::order]:
            subjects = [
                Subject(number + int(account), rule, kind, f"{kind.rpartition(':')[2]}-{number:02}", account)
                for number, (rule, kind) in enumerate([("notebook-key", NOTEBOOK), ("role-admin", ROLE)] * 20)
            ]
            for back in (4, 1, 0):
                # Half of them stay, a quarter is new, a quarter is fixed.
                found = [
                    one.is_(P if (one.number % 4 == 2 and back) or (one.number % 4 == 1 and not back) else F)
                    for one in subjects
                ]
                waived = [Subject(99 + int(account), "job-vpc", JOB, "w", account).is_(F, waiver=WAIVER)]
                self.run(back, *[*found, *waived][::order], place=(account, "eu-west-1"))
            self.denied(0, (account, "us-east-1"))

    def write(self) -> None:
        boundary = BOUNDARY.is_(F)
        self.run(5, KEY.is_(F), ADMIN.is_(P), WAIVED.is_(F), PLAIN.is_(F))
        self.run(4, KEY.is_(P), ADMIN.is_(P), WAIVED.is_(F), PLAIN.is_(F))
        self.run(3, OTHER.is_(F), place=(B, "us-east-1"))
        # An earlier run of the same day, which the later one replaces.
        self.run(1, KEY.is_(F), ADMIN.is_(F), WAIVED.is_(F), hour=1)
        self.run(1, KEY.is_(F), ADMIN.is_(P), WAIVED.is_(F), GONE.is_(F), boundary, FIXED.is_(F), PLAIN.is_(F), hour=23)
        self.run(
            0,
            KEY.is_(F),
            ADMIN.is_(F),
            WAIVED.is_(F, waiver=WAIVER),
            UNKNOWN.is_(N),
            ENDED.is_(F, lifecycle=Lifecycle.HISTORICAL),
            boundary,
            FIXED.is_(P),
            PLAIN.is_(F),
        )
        self.denied(0, (B, "us-east-1"))
        self.denied(0, (C, "eu-west-1"))


def parse(text: str) -> Any:
    return sqlglot.parse_one(text, read="athena")


def read(name: str) -> str:
    return (ATHENA / f"{name}.sql").read_text(encoding="utf-8")


def columns(name: str) -> tuple[dict[str, str], dict[str, str]]:
    """The columns of a table and its partitions, each with its Athena type."""
    tree = parse(read(f"tables/{name}"))
    partitions = tree.find(sql.PartitionedByProperty)
    assert partitions is not None
    return _defined(tree.this.expressions), _defined(partitions.this.expressions)


def _defined(definitions: list[sql.Expression]) -> dict[str, str]:
    return {one.name: one.args["kind"].sql("athena").lower() for one in definitions}


class Lake:
    """The tables and views in DuckDB."""

    def __init__(self, root: Path) -> None:
        self.database = duckdb.connect(config=OFFLINE)
        for name in ("findings", "coverage"):
            self._over_files(name, root)
        self._compact()
        for name in ("last_runs", "findings_daily", "findings_now", "coverage_now"):
            self.run(read(f"views/{name}"))

    def close(self) -> None:
        self.database.close()

    def run(self, text: str) -> list[tuple[Any, ...]]:
        """Run one of Athena's statements."""
        (statement,) = sqlglot.transpile(text, read="athena", write="duckdb")
        found: list[tuple[Any, ...]] = self.database.execute(statement).fetchall()
        return found

    def query(self, name: str) -> list[dict[str, Any]]:
        """The rows of a named query."""
        rows = self.run(read(f"queries/{name}"))
        names = [column[0] for column in self.database.description]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _over_files(self, name: str, root: Path) -> None:
        own, partitions = columns(name)
        given = ", ".join(f"'{column}': '{self._type(kind)}'" for column, kind in own.items())
        places = ", ".join(f"'{column}': VARCHAR" for column in partitions)
        self.database.execute(
            # The names are those of the project's own tables.
            f"CREATE VIEW {name} AS SELECT * FROM read_json('{root}/{name}/**/*.jsonl.gz', "  # noqa: S608
            f"format = 'newline_delimited', columns = {{{given}}}, "
            f"hive_partitioning = true, hive_types_autocast = false, hive_types = {{{places}}})"
        )

    def _compact(self) -> None:
        own, partitions = columns("findings_compact")
        kinds = ", ".join(f"{column} {self._type(kind)}" for column, kind in {**own, **partitions}.items())
        self.database.execute(f"CREATE TABLE findings_compact ({kinds})")

    @staticmethod
    def _type(kind: str) -> str:
        return sqlglot.exp.DataType.build(kind, dialect="athena").sql("duckdb")


MakeLake = Callable[[History], Lake]


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    root = tmp_path_factory.mktemp("lake")
    with duckdb.connect(config=OFFLINE) as clock:
        row = clock.execute("SELECT current_date").fetchone()
    assert row is not None
    made = History(row[0], root)
    made.write()
    return made


class Samples:
    """Single findings and reports, and folders to write them to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folders = 0

    def finding(self, status: Status = F, number: int = 1, region: str = "eu-west-1") -> Finding:
        return Subject(number, "notebook-key", NOTEBOOK, f"nb-{number}", region=region).is_(status)

    def report(self, *findings: Finding, denied: bool = False) -> Report:
        return report("run-1", "2026-01-01T03:00:00+00:00", A, "eu-west-1", *findings, denied=denied)

    def store(self) -> FolderStore:
        self._folders += 1
        return FolderStore(self._folder / str(self._folders))


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    return Samples(tmp_path_factory.mktemp("samples"))


@pytest.fixture
def make_lake() -> Iterator[MakeLake]:
    """Makes a lake over a history; nothing is compacted yet."""
    with ExitStack() as stack:

        def make(history: History) -> Lake:
            return stack.enter_context(closing(Lake(history.root)))

        yield make


@pytest.fixture
def lake(history: History, make_lake: MakeLake) -> Lake:
    made = make_lake(history)
    made.run(read("compact"))
    return made


@pytest.fixture(scope="session")
def ties(history: History, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lake, Lake]]:
    """Two lakes that hold the same in two orders, much of it equal."""
    with ExitStack() as stack:
        lakes = []
        for backwards in (False, True):
            made = History(history.today, tmp_path_factory.mktemp("ties"))
            made.write_ties(backwards=backwards)
            lakes.append(stack.enter_context(closing(Lake(made.root))))
        yield lakes[0], lakes[1]
