"""The tables are the rows: their columns, their places, and what the functions write there."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlglot
from botocore.session import Session
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import expressions as sql

from auditor.delivery import tables
from auditor.delivery.store import FolderStore
from auditor.delivery.tables import write_tables
from auditor.model.coverage import Coverage, Report, Target, TargetStatus
from auditor.model.gap import Gap, Scope
from auditor.model.unknown import Reason
from auditor.model.verdict import Status
from reports.finding_rows import COVERAGE_COLUMNS, FINDING_COLUMNS, NO_REGION, coverage_rows, finding_row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.model.finding import Finding
    from tests.athena.conftest import History, Samples

ATHENA = Path(__file__).parents[2] / "deploy/athena"
DAY = "2026-01-01"


def ddl(name: str) -> Any:
    return sqlglot.parse_one((ATHENA / f"tables/{name}.sql").read_text(), read="athena")


def kinds(definitions: list[Any]) -> dict[str, str]:
    return {one.name: one.args["kind"].sql("athena") for one in definitions}


def athena(columns: Mapping[str, str]) -> dict[str, str]:
    return {name: sql.DataType.build(kind, dialect="athena").sql("athena") for name, kind in columns.items()}


def partitions(tree: Any) -> dict[str, str]:
    return kinds(tree.find(sql.PartitionedByProperty).this.expressions)


def properties(name: str) -> dict[str, str]:
    text = (ATHENA / f"tables/{name}.sql").read_text().partition("TBLPROPERTIES")[2]
    return dict(re.findall(r"'([^']+)' = '([^']*)'", text))


@pytest.mark.parametrize(("name", "columns"), [("findings", FINDING_COLUMNS), ("coverage", COVERAGE_COLUMNS)])
def test_the_columns_of_a_table_are_those_of_its_rows(name: str, columns: dict[str, str]) -> None:
    tree = ddl(name)
    assert list(kinds(tree.this.expressions).items()) == list(athena(columns).items())
    assert list(partitions(tree)) == ["dt", "region"]
    assert f"s3://${{bucket}}/{name}/" in (ATHENA / f"tables/{name}.sql").read_text()


def test_the_compact_table_has_the_region_as_a_column() -> None:
    tree = ddl("findings_compact")
    assert list(kinds(tree.this.expressions).items()) == list(athena({**FINDING_COLUMNS, "region": "string"}).items())
    assert list(partitions(tree)) == ["dt"]


@pytest.mark.parametrize("name", ["findings", "coverage"])
def test_every_region_with_sagemaker_is_projected(name: str) -> None:
    session = Session()
    known = {
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("sagemaker", partition_name=partition)
    }
    found = properties(name)
    assert set(found["projection.region.values"].split(",")) == known | {NO_REGION}
    assert found["projection.enabled"] == "true"
    assert found["projection.dt.format"] == "yyyy-MM-dd"


def lines(store: FolderStore, key: str) -> list[dict[str, Any]]:
    body = store.get(key)
    assert body is not None
    text = gzip.decompress(body)
    assert text.isascii()
    return [json.loads(line) for line in text.splitlines()]


def test_rows_have_every_column_and_no_other(samples: Samples) -> None:
    report = samples.report(samples.finding(), denied=True)
    rule = next(rule for rule in report.rules if rule.id == samples.finding().rule)
    assert list(finding_row(samples.finding(), rule, report.scan)) == list(FINDING_COLUMNS)
    found = list(coverage_rows(report.coverage, report.scan))
    assert {row["record"] for _, row in found} == {"target", "gap"}
    assert all(list(row) == list(COVERAGE_COLUMNS) for _, row in found)


def test_values_are_of_the_type_of_their_column(samples: Samples) -> None:
    types = {"string": str, "int": int, "boolean": bool, "array<string>": list}
    report = samples.report(samples.finding(Status.NOT_AVAILABLE), denied=True)
    rule = next(rule for rule in report.rules if rule.id == samples.finding().rule)
    row = finding_row(samples.finding(Status.NOT_AVAILABLE), rule, report.scan)
    rows = [
        (FINDING_COLUMNS, row),
        *((COVERAGE_COLUMNS, row) for _, row in coverage_rows(report.coverage, report.scan)),
    ]
    for columns, values in rows:
        for name, value in values.items():
            assert value is None or type(value) is types[columns[name]], name


def test_where_rows_lie(samples: Samples, tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    keys = write_tables(store, samples.report(samples.finding()), DAY, part="region")
    assert keys == list(store.list())
    assert keys == [
        "coverage/dt=2026-01-01/region=eu-west-1/111122223333-run-1-region0000.jsonl.gz",
        "findings/dt=2026-01-01/region=eu-west-1/111122223333-run-1-region0000.jsonl.gz",
    ]
    (row,) = lines(store, keys[1])
    assert (row["run_id"], row["account"], row["rule"]) == ("run-1", "111122223333", "notebook-key")


def test_what_is_of_no_region_or_account_has_a_place_too(samples: Samples, tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    report = samples.report()
    gaps = (Gap(Scope(), "rule:x", Reason.RULE_ERROR, "it broke"),)
    targets = (Target("111122223333", "", "everything", TargetStatus.NOT_SCANNED, 0, "no role"),)
    write_tables(store, replace(report, coverage=Coverage(complete=False, targets=targets, gaps=gaps)), DAY)
    assert list(store.list()) == [
        "coverage/dt=2026-01-01/region=global/111122223333-run-1-part0000.jsonl.gz",
        "coverage/dt=2026-01-01/region=global/all-run-1-part0000.jsonl.gz",
    ]


def test_a_report_written_again_overwrites_and_never_doubles(samples: Samples, tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    report = samples.report(*(samples.finding(number=number) for number in range(9)))
    keys = write_tables(store, report, DAY)
    bodies = [store.get(key) for key in keys]
    assert write_tables(store, report, DAY) == keys
    assert [store.get(key) for key in keys] == bodies


def test_large_reports_come_in_parts(samples: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_ROWS", 4)
    store = FolderStore(tmp_path)
    findings = [samples.finding(number=number, region=("eu-west-1", "us-east-1")[number % 2]) for number in range(17)]
    keys = write_tables(store, samples.report(*findings), DAY)
    found = {key: [row["finding_id"] for row in lines(store, key)] for key in keys if key.startswith("findings/")}
    assert [len(ids) for ids in found.values()] == [4, 4, 1, 4, 4]
    assert sorted(one for ids in found.values() for one in ids) == sorted(finding.id for finding in findings)


@settings(max_examples=30)
@given(st.text(st.characters(codec=None)))
def test_any_text_is_a_row(samples: Samples, name: str) -> None:
    finding: Finding = samples.finding()
    resource = replace(finding.resource, name=name, tags={name: name, "Data": "x", "data": "y"})
    report: Report = samples.report(replace(finding, resource=resource, message=name))
    store = samples.store()
    keys = write_tables(store, report, DAY)
    (row,) = lines(store, keys[-1])
    assert json.loads(row["tags"])["Data"] == "x"
    assert json.loads(row["tags"])["data"] == "y"
    assert isinstance(row["resource_name"], str)


def test_tags_keep_their_case_in_a_query(history: History) -> None:
    store = history.store
    rows = [row for key in store.list("findings/") for row in lines(store, key) if row["resource_name"] == "nb-2"]
    assert {row["tags"] for row in rows} == {'{"DataClassification":"public"}'}


def test_the_page_names_every_table_view_and_query() -> None:
    page = (Path(__file__).parents[2] / "docs/athena.md").read_text()
    for path in ATHENA.rglob("*.sql"):
        assert f"`{path.stem}`" in page, path.stem
    for name in (*FINDING_COLUMNS, *COVERAGE_COLUMNS):
        assert f"`{name}`" in page, name
