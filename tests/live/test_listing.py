"""What a list says of each type: who it is, when it was made, and all that describing it takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest

from auditor.model.resource import Observation
from auditor.model.sagemaker import ProcessingJob, TrainingJob
from auditor.sources.live.listing import Listed, Lister
from auditor.sources.live.reader import Answer
from auditor.sources.live.table import BY_TYPE, TABLE, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL: Any = botocore.session.get_session().get_service_model("sagemaker")
AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


@dataclass
class Pages:
    """Stands in for the reader: the same page whatever is asked, and what was asked."""

    page: dict[str, Any]
    account: str = "123456789012"
    partition: str = "aws-cn"
    asked: list[dict[str, Any]] = field(default_factory=list)

    def pages(self, region: str, operation: str, /, **parameters: Any) -> Iterator[Answer]:
        assert region
        self.asked.append(parameters)
        yield Answer(self.page, Observation(operation))


def summary_of(row: Row) -> dict[str, Any]:
    """An item of the list with every member that its shape has."""
    (items,) = [row.items]
    shape = MODEL.operation_model(row.list_operation).output_shape.members[items].member
    if shape.type_name == "string":
        return {row.name: "one"}
    made: dict[str, Any] = {}
    for name, member in shape.members.items():
        made[name] = AT if member.type_name == "timestamp" else f"{name}-value"
        if name.endswith("Arn"):
            made[name] = f"arn:aws-cn:sagemaker:cn-north-1:123456789012:thing/{name.lower()}"
    return made


def listed(row: Row, page: dict[str, Any], start: datetime | None = None) -> tuple[list[Listed], Pages]:
    reader: Any = Pages(page)
    return [item for found in Lister(row, reader, "cn-north-1", start, None).pages() for item in found], reader


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.kind.__name__)
def test_an_item_holds_what_describing_it_takes(row: Row) -> None:
    summary = summary_of(row)
    ((item,), _) = listed(row, {row.items: [summary]})
    assert item.arn.startswith("arn:aws-cn:sagemaker:cn-north-1:123456789012:")
    assert item.name
    assert not item.name.startswith("arn:")
    kept = {source for _, source in row.keys} | ({row.status} if row.status else set())
    assert {name: item.summary[name] for name in kept} == {name: summary[name] for name in kept}
    if row.is_job:
        # Jobs are cut into chunks by it.
        assert item.created == AT


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.kind.__name__)
def test_what_is_asked_is_what_the_operation_takes(row: Row) -> None:
    taken = set(MODEL.operation_model(row.list_operation).input_shape.members)
    _, reader = listed(row, {row.items: []}, AT)
    (asked,) = reader.asked
    assert set(asked) <= taken
    assert (asked.get("SortOrder"), asked.get(row.after)) == (("Ascending", AT) if row.is_job else (None, None))


def test_an_answer_without_items_is_an_empty_page() -> None:
    assert listed(BY_TYPE[TrainingJob.cfn_type], {})[0] == []


@pytest.mark.parametrize("kind", [TrainingJob, ProcessingJob])
def test_jobs_that_run_and_are_older_are_asked_for_by_status(kind: Any) -> None:
    row = BY_TYPE[kind.cfn_type]
    reader: Any = Pages({row.items: [summary_of(row)]})
    found = list(Lister(row, reader, "cn-north-1", AT, None).running_before(AT))
    assert len(found) == len(row.running) > 0
    assert [asked["StatusEquals"] for asked in reader.asked] == list(row.running)
    # What the window leaves out is what is looked for.
    assert all(asked["CreationTimeBefore"] == AT and row.after not in asked for asked in reader.asked)
