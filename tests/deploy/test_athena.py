"""The tables, views and questions are those of the SQL, in the form that Glue and Athena keep."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import expressions as sql

if TYPE_CHECKING:
    from tests.deploy.conftest import Template


def text(template: Template, folder: str, name: str) -> str:
    return (template.path.parent / "athena" / folder / f"{name}.sql").read_text(encoding="utf-8")


def names(template: Template, folder: str) -> set[str]:
    return {path.stem for path in (template.path.parent / "athena" / folder).glob("*.sql")}


def bare(text: str) -> str:
    return re.sub(r"^--.*\n", "", text, flags=re.MULTILINE).strip()


def inputs(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    tables = [table["TableInput"] for table in template.of_type("AWS::Glue::Table").values()]
    return {table["Name"]: table for table in tables if table["TableType"] == kind}


def test_every_table_is_as_its_ddl_says(athena: Template) -> None:
    tables = inputs(athena, "EXTERNAL_TABLE")
    assert set(tables) == names(athena, "tables") >= {"findings", "coverage"}
    for name, table in tables.items():
        ddl = text(athena, "tables", name)
        spelled = re.findall(r"^  (\w+) ([a-z<>]+),?$", ddl, re.MULTILINE)
        found = table["StorageDescriptor"]["Columns"]
        assert [(column["Name"], column["Type"]) for column in found] == spelled
        partitions = [f"{key['Name']} {key['Type']}" for key in table["PartitionKeys"]]
        assert f"PARTITIONED BY ({', '.join(partitions)})" in ddl
        assert table["StorageDescriptor"]["Location"] == f"s3://reports-bucket/{name}/"
        assert f"LOCATION 's3://${{bucket}}/{name}/'" in ddl
        for key, value in table["Parameters"].items():
            assert key == "EXTERNAL" or f"'{key}' = '{value}'" in ddl
        assert len(table["Parameters"]) - 1 == len(re.findall(r"^  '[a-z.]+' = '", ddl, re.MULTILINE))


def test_partitions_are_projected(athena: Template) -> None:
    for table in inputs(athena, "EXTERNAL_TABLE").values():
        parameters = table["Parameters"]
        assert parameters["projection.enabled"] == "true"
        for key in table["PartitionKeys"]:
            assert f"projection.{key['Name']}.type" in parameters


def test_every_view_is_kept_as_athena_keeps_one(athena: Template) -> None:
    views = inputs(athena, "VIRTUAL_VIEW")
    assert set(views) == names(athena, "views") >= {"findings_now"}
    tables = inputs(athena, "EXTERNAL_TABLE")
    kinds = {
        column["Name"]: column["Type"]
        for table in tables.values()
        for column in (*table["StorageDescriptor"]["Columns"], *table["PartitionKeys"])
    }
    trino = {"string": "varchar", "int": "integer", "array<string>": "array(varchar)", "boolean": "boolean"}
    for name, view in views.items():
        packed = re.fullmatch(r"/\* Presto View: (\S+) \*/", view["ViewOriginalText"])
        assert packed is not None
        body = json.loads(base64.b64decode(packed[1]))
        assert text(athena, "views", name).rstrip().endswith(body["originalSql"])
        assert body["originalSql"].startswith(("SELECT", "WITH"))
        assert (body["catalog"], body["schema"]) == ("awsdatacatalog", "sagemaker_auditor")
        columns = [(column["Name"], column["Type"]) for column in view["StorageDescriptor"]["Columns"]]
        assert columns
        assert all(kinds[column] == kind for column, kind in columns)
        assert [(one["name"], one["type"]) for one in body["columns"]] == [(n, trino[kind]) for n, kind in columns]


def test_stars_are_told_apart(athena: Template) -> None:
    views = inputs(athena, "VIRTUAL_VIEW")

    def columns(name: str) -> list[str]:
        return [column["Name"] for column in views[name]["StorageDescriptor"]["Columns"]]

    assert columns("findings_now") == columns("findings_daily")


def test_every_question_is_there_word_by_word(athena: Template) -> None:
    queries = {query["Name"]: query for query in athena.of_type("AWS::Athena::NamedQuery").values()}
    assert set(queries) == names(athena, "queries")
    assert len(queries) >= 12
    for name, query in queries.items():
        assert query["QueryString"] == bare(text(athena, "queries", name))
        assert query["Description"]
        assert query["WorkGroup"] == "WorkGroup"


def test_questions_name_tables_that_are_there(athena: Template) -> None:
    known = {table["TableInput"]["Name"] for table in athena.of_type("AWS::Glue::Table").values()}
    for query in athena.of_type("AWS::Athena::NamedQuery").values():
        tree = sqlglot.parse_one(query["QueryString"], read="athena")
        within = {cte.alias for cte in tree.find_all(sql.CTE)}
        assert {table.name for table in tree.find_all(sql.Table)} - within <= known


def test_the_compaction_runs_daily_and_once_a_day(athena: Template) -> None:
    (schedule,) = athena.of_type("AWS::Scheduler::Schedule").values()
    request = json.loads(schedule["Target"]["Input"])
    assert schedule["Target"]["Arn"] == "arn:aws:scheduler:::aws-sdk:athena:startQueryExecution"
    assert set(request) == {"QueryString", "QueryExecutionContext", "WorkGroup", "ClientRequestToken"}
    assert request["QueryString"] == bare((athena.path.parent / "athena/compact.sql").read_text(encoding="utf-8"))
    # Athena API reference, StartQueryExecution: 32 to 128 characters.
    token = request["ClientRequestToken"].replace("<aws.scheduler.scheduled-time>", "2026-01-01T01:30:00Z")
    assert 32 <= len(token) <= 128
    assert "<aws.scheduler.scheduled-time>" in request["ClientRequestToken"]
    assert re.fullmatch(r"cron\(\d+ \d+ \* \* \? \*\)", schedule["ScheduleExpression"])
    assert schedule["Target"]["DeadLetterConfig"]


def test_the_compaction_may_write_its_own_table_only(athena: Template) -> None:
    (role,) = athena.of_type("AWS::IAM::Role").values()
    statements = role["Policies"][0]["PolicyDocument"]["Statement"]
    written = [r for s in statements if "s3:PutObject" in s["Action"] for r in s["Resource"]]
    assert [arn.partition(":::reports-bucket/")[2] for arn in written] == ["athena/*", "findings_compact/*"]


def test_answers_are_encrypted_and_what_they_may_cost_is_bounded(athena: Template) -> None:
    (group,) = athena.of_type("AWS::Athena::WorkGroup").values()
    settings = group["WorkGroupConfiguration"]
    assert settings["EnforceWorkGroupConfiguration"] is True
    assert settings["BytesScannedCutoffPerQuery"] > 0
    encryption = settings["ResultConfiguration"]["EncryptionConfiguration"]
    assert encryption == {"EncryptionOption": "SSE_KMS", "KmsKey": "arn:aws:kms:eu-west-1:123456789012:key/1"}


def test_the_stack_hands_over_what_the_part_asks_for(athena: Template, single: Template) -> None:
    (nested,) = single.of_type("AWS::CloudFormation::Stack").values()
    required = {name for name, about in athena.raw["Parameters"].items() if "Default" not in about}
    assert required <= set(nested["Parameters"]) <= set(athena.raw["Parameters"])
    assert (single.path.parent / nested["TemplateURL"]).resolve() == athena.path
