from __future__ import annotations

import string
from typing import Any

import botocore.session
import pytest

from auditor.model.sagemaker import RESOURCES
from auditor.sources.live.table import FOLDED, TABLE, Row

MODEL: Any = botocore.session.Session().get_service_model("sagemaker")


def members(shape: Any, *path: str) -> dict[str, Any]:
    for member in path:
        shape = shape.members[member]
    return dict(shape.members)


def summary(row: Row) -> dict[str, Any]:
    listed = MODEL.operation_model(row.list_operation).output_shape.members[row.items]
    return dict(listed.member.members)


def test_every_type_has_one_row() -> None:
    rows = [row.kind.cfn_type for row in TABLE]
    assert sorted([*rows, *FOLDED]) == sorted(kind.cfn_type for kind in RESOURCES)
    assert set(FOLDED.values()) <= set(rows)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.kind.__name__)
def test_list_answers_what_the_row_says(row: Row) -> None:
    told = summary(row)
    patterns = {name for _, name, _, _ in string.Formatter().parse(row.arn_of) if name}
    named = {row.name, row.arn, row.created, row.modified, row.status} | patterns
    assert named - {""} <= set(told)
    assert row.arn or row.arn_of


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.kind.__name__)
def test_list_takes_what_the_row_sends(row: Row) -> None:
    request = MODEL.operation_model(row.list_operation).input_shape.members
    assert {name for name, _ in row.extra} <= set(request)
    if row.is_job:
        assert {row.after, "CreationTimeBefore", "StatusEquals", "SortBy", "SortOrder"} <= set(request)
        assert row.sort_by in request["SortBy"].enum
        assert set(row.running) <= set(request["StatusEquals"].enum)
        assert "Ascending" in request["SortOrder"].enum


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.kind.__name__)
def test_describe_is_asked_for_what_it_requires(row: Row) -> None:
    operation = MODEL.operation_model(row.describe_operation)
    assert {name for name, _ in row.keys} == set(operation.input_shape.required_members)
    assert {source for _, source in row.keys} <= set(summary(row))
    path = (row.unwrap,) if row.unwrap else ()
    answered = members(operation.output_shape, *path)
    assert set(row.kind.fields_by_member) - set(answered) <= {"Tags"}


@pytest.mark.parametrize("row", [row for row in TABLE if row.search], ids=lambda row: row.kind.__name__)
def test_search_answers_the_record_the_row_names(row: Row) -> None:
    assert row.search is not None
    assert row.search.resource in MODEL.shape_for("ResourceType").enum
    record = members(MODEL.shape_for("SearchRecord"), *row.search.record)
    assert row.kind.arn_member in record
    assert row.kind.name_member in record
    assert "CreationTime" in record


@pytest.mark.parametrize("row", [row for row in TABLE if row.whole_in_list], ids=lambda row: row.kind.__name__)
def test_what_is_whole_in_the_list_is_whole(row: Row) -> None:
    assert set(row.kind.fields_by_member) - {"Tags"} <= set(summary(row))
