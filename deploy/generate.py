"""Writes into the templates and their page what is derived from elsewhere; with `--check` names what is stale.

A block between `# begin: SOURCE` and `# end` holds the policy that `sagemaker-auditor permissions --for PURPOSE`
prints, or the tables, views, questions and the compaction that the SQL under `deploy/athena` describes.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import sqlglot
import yaml
from sqlglot import expressions as sql
from sqlglot.optimizer.qualify import qualify

from auditor.sources.live.permissions import policy

FOLDER = Path(__file__).resolve().parent
TEMPLATES = ("template.yaml", "member-role.yaml", "athena.yaml")
PAGE = FOLDER.parent / "docs/deploy.md"
_POLICY = "sagemaker-auditor permissions --for "
_BLOCK = re.compile(r"^(?P<indent> *)# begin: (?P<source>.+)\n(?:.*\n)*? *# end\n", re.MULTILINE)
_TABLE = re.compile(r"(?<=<!-- begin: the parameters of deploy/template.yaml -->\n)(?:.*\n)*?(?=<!-- end -->)")
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet."
# Athena User Guide, "Work with views": what Athena writes into Glue for one; types are spelled as Trino does.
_TRINO = {"string": "varchar", "int": "integer", "array<string>": "array(varchar)"}
_DAILY = "cron(30 1 * * ? *)"


class _Indented(yaml.SafeDumper):
    """Lists stand further in than their key, and text of several lines stays so."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002  PyYAML's signature
        return super().increase_indent(flow, indentless=False)


def _text(dumper: _Indented, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Indented.add_representer(str, _text)


def filled(text: str) -> str:
    """A template with its derived blocks as they must be."""
    return _BLOCK.sub(_block, text)


def _block(found: re.Match[str]) -> str:
    indent, source = found["indent"], found["source"]
    data = policy(source.removeprefix(_POLICY)) if source.startswith(_POLICY) else analysis(FOLDER.parent / source)
    body = yaml.dump(data, Dumper=_Indented, sort_keys=False, width=120)
    lines = [f"# begin: {source}", *body.splitlines(), "# end"]
    return "".join(f"{indent}{line}".rstrip() + "\n" for line in lines)


def analysis(folder: Path) -> dict[str, Any]:
    """The resources that the SQL in a folder describes.

    Args:
        folder: holds `tables`, `views` and `queries`, each with `*.sql`, and `compact.sql`.
    """
    found: dict[str, Any] = {}
    schema: dict[str, Any] = {}
    for name, text in _texts(folder / "tables"):
        tree = sqlglot.parse_one(text, read="athena")
        schema[name] = dict([*_columns(tree), *_partitions(text)])
        found[f"Table{_title(name)}"] = _glue_table(name, text, tree)
    views = dict(_texts(folder / "views"))
    for name in _in_order(views):
        columns = _selected(views[name], schema)
        schema[name] = dict(columns)
        found[f"View{_title(name)}"] = _glue_view(name, views[name], columns)
    found["Compaction"] = _compaction((folder / "compact.sql").read_text(encoding="utf-8"))
    for name, text in _texts(folder / "queries"):
        found[f"Query{_title(name)}"] = _query(name, text)
    return found


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("*.sql")):
        yield path.stem, path.read_text(encoding="utf-8")


def _in_order(views: dict[str, str]) -> list[str]:
    """The names of views, each after those that it is made of."""
    needed = {
        name: {table.name for table in sqlglot.parse_one(text, read="athena").expression.find_all(sql.Table)}
        & set(views)
        for name, text in views.items()
    }
    return list(TopologicalSorter(needed).static_order())


def _selected(text: str, schema: dict[str, Any]) -> list[tuple[str, str]]:
    """The columns of a view, with their types; stars are told apart."""
    query = sqlglot.parse_one(text, read="athena").expression
    types = {name: kind for columns in schema.values() for name, kind in columns.items()}
    return [(name, types[name]) for name in qualify(query, schema=schema, dialect="athena").named_selects]


def _title(name: str) -> str:
    return "".join(word.capitalize() for word in re.split(r"[^a-z0-9]+", name))


def _remark(text: str) -> str:
    lines = [line.removeprefix("--").strip() for line in text.splitlines() if line.startswith("--")]
    return " ".join(lines)


def _bare(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("--")).strip()


def _columns(tree: sql.Expr) -> list[tuple[str, str]]:
    return [(one.name, one.args["kind"].sql("hive").lower()) for one in tree.this.expressions]


def _partitions(text: str) -> list[tuple[str, str]]:
    # sqlglot keeps the partitions' names and not their types.
    found = re.search(r"PARTITIONED BY \(([^)]*)\)", text)
    return [(name, kind) for name, kind in (part.split() for part in found[1].split(","))] if found else []


def _glue_columns(columns: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"Name": name, "Type": kind} for name, kind in columns]


def _glue_table(name: str, text: str, tree: sql.Expr) -> dict[str, Any]:
    properties = {
        one.name if isinstance(one.this, str) else one.this.name: one.args["value"].name
        for one in tree.args["properties"].expressions
        if type(one) is sql.Property
    }
    location = re.search(r"^LOCATION '([^']+)'", text, re.MULTILINE)
    if location is None:
        raise ValueError(f"{name}.sql names no LOCATION")
    parquet = "STORED AS PARQUET" in text
    serde = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe" if parquet else _quoted(text, "SERDE")
    return _in_catalogue(
        {
            "Name": name,
            "Description": _remark(text),
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE", **properties},
            "PartitionKeys": _glue_columns(_partitions(text)),
            "StorageDescriptor": {
                "Location": {"Fn::Sub": location[1].replace("${bucket}", "${Bucket}")},
                "InputFormat": f"{_PARQUET}MapredParquetInputFormat" if parquet else _quoted(text, "INPUTFORMAT"),
                "OutputFormat": f"{_PARQUET}MapredParquetOutputFormat" if parquet else _quoted(text, "OUTPUTFORMAT"),
                "SerdeInfo": {"SerializationLibrary": serde},
                "Columns": _glue_columns(_columns(tree)),
            },
        }
    )


def _quoted(text: str, word: str) -> str:
    found = re.search(rf"\b{word} '([^']+)'", text)
    if found is None:
        raise ValueError(f"no {word} is named")
    return found[1]


def _glue_view(name: str, text: str, columns: list[tuple[str, str]]) -> dict[str, Any]:
    view = {
        "originalSql": _bare(text).partition(" AS\n")[2],
        "catalog": "awsdatacatalog",
        "schema": "DATABASE",
        "columns": [{"name": column, "type": _TRINO.get(kind, kind)} for column, kind in columns],
    }
    # The database's name is a parameter: what stands before and after it is told to Sub as it is.
    body = json.dumps(view).replace("${", "${!").replace('"DATABASE"', '"${Database}"')
    return _in_catalogue(
        {
            "Name": name,
            "Description": _remark(text),
            "TableType": "VIRTUAL_VIEW",
            "Parameters": {"presto_view": "true", "comment": "Presto View"},
            "StorageDescriptor": {"Columns": _glue_columns(columns)},
            "ViewExpandedText": "/* Presto View */",
            "ViewOriginalText": {
                "Fn::Sub": ["/* Presto View: ${View} */", {"View": {"Fn::Base64": {"Fn::Sub": body}}}]
            },
        }
    )


def _in_catalogue(table: dict[str, Any]) -> dict[str, Any]:
    return {
        "Type": "AWS::Glue::Table",
        "Properties": {
            "CatalogId": {"Ref": "AWS::AccountId"},
            "DatabaseName": {"Ref": "Catalogue"},
            "TableInput": table,
        },
    }


def _compaction(text: str) -> dict[str, Any]:
    request = {
        "QueryString": _bare(text),
        "QueryExecutionContext": {"Database": "DATABASE"},
        "WorkGroup": "WORKGROUP",
        # A time of the schedule starts one query, however often the scheduler hands it over.
        "ClientRequestToken": "sagemaker-auditor-compaction-<aws.scheduler.scheduled-time>",
    }
    body = json.dumps(request).replace('"DATABASE"', '"${Catalogue}"').replace('"WORKGROUP"', '"${WorkGroup}"')
    return {
        "Type": "AWS::Scheduler::Schedule",
        "Properties": {
            "Name": {"Fn::Sub": "${WorkGroupName}-compaction"},
            "Description": _remark(text),
            "GroupName": {"Ref": "ScheduleGroupName"},
            "State": "ENABLED",
            "ScheduleExpression": _DAILY,
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15},
            "Target": {
                "Arn": {"Fn::Sub": "arn:${AWS::Partition}:scheduler:::aws-sdk:athena:startQueryExecution"},
                "RoleArn": {"Fn::GetAtt": ["CompactionRole", "Arn"]},
                "Input": {"Fn::Sub": body},
                "RetryPolicy": {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 10},
                "DeadLetterConfig": {"Arn": {"Ref": "MissedRunsArn"}},
            },
        },
    }


def _query(name: str, text: str) -> dict[str, Any]:
    return {
        "Type": "AWS::Athena::NamedQuery",
        "Properties": {
            "Name": name,
            "Description": _remark(text),
            "Database": {"Ref": "Catalogue"},
            "WorkGroup": {"Ref": "WorkGroup"},
            "QueryString": _bare(text),
        },
    }


class _Parameters(yaml.SafeLoader):
    """Reads a template's parameters, which hold no functions; what does is left out."""


_Parameters.add_multi_constructor("!", lambda _loader, _suffix, _node: None)


def described(page: str) -> str:
    """The page on deploying, with its table of parameters as it must be."""
    template = yaml.load((FOLDER / "template.yaml").read_text(encoding="utf-8"), _Parameters)  # noqa: S506  a safe one
    rows = [
        f"| `{name}` | {_code(about['Default'])} | {about['Description']} |"
        for name, about in template["Parameters"].items()
    ]
    lines = ["", "| parameter | default | what it does |", "|---|---|---|", *rows, "", ""]
    return _TABLE.sub(lambda _: "\n".join(lines), page)


def _code(value: Any) -> str:
    return f"`{value}`" if value != "" else ""


def stale() -> Iterator[tuple[Path, str]]:
    """The files that do not hold what they must, and what that is."""
    for path, right in ((PAGE, described), *((FOLDER / name, filled) for name in TEMPLATES)):
        text = path.read_text(encoding="utf-8")
        wanted = right(text)
        if text != wanted:
            yield path, wanted


def main() -> int:
    """Write, or check; the exit code is 1 where something is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, name what is stale")
    check = parser.parse_args().check
    found = list(stale())
    for path, text in found:
        sys.stdout.write(f"{'stale' if check else 'written'}: {path.name}\n")
        if not check:
            path.write_text(text, encoding="utf-8")
    return int(check and bool(found))


if __name__ == "__main__":
    sys.exit(main())
