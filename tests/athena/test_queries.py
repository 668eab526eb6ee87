"""Every named query, with known answers. The history is that of `History.write`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlglot
from sqlglot import expressions as sql

from auditor.fleet.ledger import Entry
from auditor.fleet.lost import Lost
from auditor.fleet.records import ScanTarget
from auditor.model.coverage import ScanInfo, TargetStatus
from auditor.model.gap import Gap, Scope
from auditor.model.unknown import Reason

if TYPE_CHECKING:
    from tests.athena.conftest import History, Lake, MakeLake, Samples

ATHENA = Path(__file__).parents[2] / "deploy/athena"
NAMES = sorted(path.stem for path in (ATHENA / "queries").glob("*.sql"))
LOST = Reason.NOT_COLLECTED
A, B, C = "111122223333", "444455556666", "777788889999"


def rows(lake: Lake, name: str, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row[column] for column in columns) for row in lake.query(name)]


def test_posture_by_account(lake: Lake, history: History) -> None:
    assert lake.query("posture_by_account") == [
        {
            "account": A,
            "failed_critical": 1,
            "failed_high": 2,
            "failed": 4,
            "not_available": 1,
            "passed": 1,
            "regions": 1,
            "unfinished": 0,
            "findings_of": history.day(0),
        },
        # Not scanned today: what was seen last, and its day.
        {
            "account": B,
            "failed_critical": 0,
            "failed_high": 0,
            "failed": 1,
            "not_available": 0,
            "passed": 0,
            "regions": 1,
            "unfinished": 1,
            "findings_of": history.day(3),
        },
        # Never scanned: no findings, and not clean.
        {
            "account": C,
            "failed_critical": 0,
            "failed_high": 0,
            "failed": 0,
            "not_available": 0,
            "passed": 0,
            "regions": 1,
            "unfinished": 1,
            "findings_of": None,
        },
    ]


def test_posture_by_concern(lake: Lake) -> None:
    columns = ("concern", "failed", "waived", "not_available", "passed", "passed_percent")
    assert rows(lake, "posture_by_concern", *columns) == [
        ("iam_least_privilege", 3, 0, 0, 0, 0.0),
        ("encryption_at_rest", 2, 1, 0, 0, 0.0),
        ("tagging", 0, 0, 1, 1, 50.0),
    ]


def test_posture_by_severity(lake: Lake) -> None:
    assert rows(lake, "posture_by_severity", "severity", "failed", "waived", "not_available", "passed") == [
        ("CRITICAL", 1, 0, 0, 0),
        ("HIGH", 2, 1, 0, 0),
        ("MEDIUM", 2, 0, 0, 0),
        ("LOW", 0, 0, 1, 1),
    ]


def test_age_of_findings(lake: Lake, history: History) -> None:
    assert rows(lake, "age_of_findings", "days", "first_failed", "rule", "account", "resource_name") == [
        (5, history.day(5), "notebook-key", A, "nb-3"),
        (3, history.day(3), "role-boundary", B, "role-2"),
        # Failed five days ago, passed since, fails again.
        (1, history.day(1), "notebook-key", A, "nb-1"),
        (1, history.day(1), "role-boundary", A, "role-1"),
        (0, history.day(0), "role-admin", A, "role-1"),
    ]


def test_worst_roles(lake: Lake) -> None:
    assert rows(lake, "worst_roles", "account", "role", "weight", "failed", "rules") == [
        (A, "role-1", 48, 2, "role-admin, role-boundary"),
        (B, "role-2", 8, 1, "role-boundary"),
    ]


def test_unencrypted_by_data_class(lake: Lake) -> None:
    # The waived finding, of class public, is not among them.
    assert rows(lake, "unencrypted_by_data_class", "data_class", "failed", "resources", "accounts") == [
        ("secret", 1, 1, 1),
        ("untagged", 1, 1, 1),
    ]


def test_coverage_gaps(lake: Lake) -> None:
    columns = ("account", "region", "family", "status", "operation", "reason")
    assert rows(lake, "coverage_gaps", *columns) == [
        (B, "us-east-1", "", "GAP", "sts:AssumeRole", "ACCESS_DENIED"),
        (B, "us-east-1", "everything", "NOT_SCANNED", "", "no role"),
        (C, "eu-west-1", "", "GAP", "sts:AssumeRole", "ACCESS_DENIED"),
        (C, "eu-west-1", "everything", "NOT_SCANNED", "", "no role"),
    ]


def test_what_never_reported_is_a_coverage_gap_until_it_reports(
    history: History, make_lake: MakeLake, samples: Samples, tmp_path: Path
) -> None:
    mine = type(history)(history.today, tmp_path)
    mine.run(1, samples.finding(), place=(A, "eu-west-1"))
    mine.run(0, place=(B, "eu-west-1"))
    day = mine.day(0)
    scan = ScanInfo(f"run-{day}-03", "scan", f"{day}T03:00:00+00:00", f"{day}T04:00:00+00:00", (A, B), ())
    target = ScanTarget(scan.id, "aws", A, "eu-west-1", "", "", "region")
    lost = Entry(target, TargetStatus.NOT_SCANNED, "it did not report", (Gap(Scope(A, "eu-west-1"), "", LOST, "see"),))
    silent = Lost()
    silent.take(lost)
    (key,) = silent.write(mine.store, scan, day)
    columns = ("account", "region", "family", "status", "reason")
    assert rows(make_lake(mine), "coverage_gaps", *columns) == [
        (A, "eu-west-1", "", "GAP", "NOT_COLLECTED"),
        (A, "eu-west-1", "everything", "NOT_SCANNED", "it did not report"),
    ]
    mine.run(0, place=(A, "eu-west-1"))
    reported = Lost()
    reported.take(replace(lost, status=TargetStatus.SCANNED, document="a report"))
    assert reported.write(mine.store, scan, day) == [key]
    assert rows(make_lake(mine), "coverage_gaps", *columns) == []


def test_trend(lake: Lake, history: History) -> None:
    columns = ("dt", "places", "critical", "high", "medium", "low", "informational")
    assert rows(lake, "trend", *columns) == [
        (history.day(5), 1, 0, 3, 0, 0, 0),
        (history.day(4), 1, 0, 2, 0, 0, 0),
        (history.day(3), 1, 0, 0, 1, 0, 0),
        # Of the two runs of that day the later one.
        (history.day(1), 1, 0, 4, 1, 1, 0),
        (history.day(0), 1, 1, 2, 1, 0, 0),
    ]


def test_new_since_yesterday(lake: Lake) -> None:
    # A role that had passed; nothing of the account that was not scanned.
    assert rows(lake, "new_since_yesterday", "rule", "account", "resource_name") == [("role-admin", A, "role-1")]


def test_fixed_since_yesterday(lake: Lake) -> None:
    # Neither what was waived nor what was not scanned is fixed.
    assert rows(lake, "fixed_since_yesterday", "rule", "resource_name", "became") == [
        ("notebook-key", "nb-4", "GONE"),
        ("notebook-tags", "nb-9", "PASSED"),
    ]


def test_waived(lake: Lake) -> None:
    (row,) = lake.query("waived")
    assert (row["resource_name"], row["waiver_owner"], row["waiver_ticket"]) == ("nb-2", "amara", "SEC-1")
    assert row["waiver_expires"] == "2099-12-31"
    assert row["days_left"] > 20_000


def test_worst_rules(lake: Lake) -> None:
    assert rows(lake, "worst_rules", "rule", "failed", "accounts", "weight") == [
        ("notebook-key", 2, 1, 40),
        ("role-admin", 1, 1, 40),
        ("role-boundary", 2, 2, 16),
    ]


def test_compacting_again_adds_nothing(lake: Lake) -> None:
    def held() -> list[tuple[Any, ...]]:
        return lake.run("SELECT dt, count(*) FROM findings_compact GROUP BY dt ORDER BY dt")

    before = held()
    lake.run((ATHENA / "compact.sql").read_text())
    assert held() == before
    assert [number for _, number in before] == [4, 4, 1]


def test_a_day_is_the_same_before_and_after_it_was_compacted(history: History, make_lake: MakeLake) -> None:
    lake = make_lake(history)
    question = "SELECT * FROM findings_daily WHERE dt >= cast(current_date - 3 AS text) ORDER BY dt, finding_id"
    before = lake.run(question)
    lake.run((ATHENA / "compact.sql").read_text())
    assert lake.run(question) == before
    assert len(before) == 1 + 7 + 8


def test_what_compaction_missed_it_makes_up_for(history: History, make_lake: MakeLake) -> None:
    lake = make_lake(history)
    lake.run((ATHENA / "compact.sql").read_text())
    whole = lake.run("SELECT * FROM findings_compact ORDER BY dt, finding_id")
    lake.database.execute("DELETE FROM findings_compact WHERE dt = ?", [history.day(4)])
    lake.run((ATHENA / "compact.sql").read_text())
    assert lake.run("SELECT * FROM findings_compact ORDER BY dt, finding_id") == whole


@pytest.mark.parametrize("name", NAMES)
def test_ties_are_broken(name: str, ties: tuple[Lake, Lake]) -> None:
    # The same findings in two orders on disk, most of them equal in all but their names.
    one, other = (lake.query(name) for lake in ties)
    assert one == other
    assert one


def test_there_are_a_dozen_queries_and_each_says_what_it_is() -> None:
    assert len(NAMES) == 12
    for name in NAMES:
        text = (ATHENA / f"queries/{name}.sql").read_text()
        assert text.startswith("-- ")
        assert text.splitlines()[0].endswith(".")


@pytest.mark.parametrize("path", sorted(ATHENA.rglob("*.sql")), ids=lambda path: path.stem)
def test_every_statement_is_understood_and_reads_no_more_days_than_it_says(path: Path) -> None:
    tree = sqlglot.parse_one(path.read_text(), read="athena")
    assert not isinstance(tree, sql.Command)
    for select in tree.find_all(sql.Select):
        source = select.args.get("from_") or select.args.get("from")
        tables = {table.name for table in (source.find_all(sql.Table) if source else ())}
        # Only the views that all others stand on may leave the days open; the others name them, so that
        # Athena reads no more than it must.
        if tables & {"findings", "coverage", "findings_daily"} and path.parent.name != "views":
            assert "dt" in {column.name for column in select.find_all(sql.Column)}
