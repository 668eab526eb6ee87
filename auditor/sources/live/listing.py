"""What is listed is what there is: walking the list of one type."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auditor.sources.live.reader import Reader
from auditor.sources.live.records import time_in
from auditor.sources.live.slices import Slice
from auditor.sources.live.table import Row

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Listed:
    """One item of a list.

    Args:
        arn, name: who it is.
        summary: what the list says of it.
        created, modified: as the list says; None where it does not.
    """

    arn: str
    name: str
    summary: Mapping[str, Any]
    created: datetime | None
    modified: datetime | None


@dataclass(frozen=True, slots=True)
class Lister:
    """Lists one type in one account and region.

    Args:
        row: how the type is collected.
        reader, region: where.
        window_start: jobs made earlier are left out; None for all.
        part: which of the jobs to list; None for all.
    """

    row: Row
    reader: Reader
    region: str
    window_start: datetime | None
    part: Slice | None

    def pages(self) -> Iterator[list[Listed]]:
        """Every item, about a hundred at a time.

        Raises:
            ReadFailed: a page was not answered.
        """
        if self.part is None:
            yield from self._pages(self.window_start)
            return
        page: list[Listed] = []
        for item in self.part.cut(self._items(self.part.list_start(self.window_start))):
            page.append(item)
            if len(page) >= _PAGE:
                yield page
                page = []
        yield page

    def running_before(self, start: datetime) -> Iterator[Listed]:
        """Jobs that run and were made before a time.

        Raises:
            ReadFailed: a page was not answered.
        """
        for status in self.row.running:
            for page in self._pages(None, StatusEquals=status, CreationTimeBefore=start):
                yield from page

    def from_record(self, record: Mapping[str, Any]) -> Listed:
        """A record of Search as the list would have told of it."""
        kind = self.row.kind
        created, modified = time_in(record, "CreationTime"), time_in(record, "LastModifiedTime")
        return Listed(record[kind.arn_member], str(record.get(kind.name_member, "")), record, created, modified)

    def _items(self, start: datetime | None) -> Iterator[Listed]:
        for page in self._pages(start):
            yield from page

    def _pages(self, start: datetime | None, **more: Any) -> Iterator[list[Listed]]:
        row = self.row
        parameters: dict[str, Any] = {**dict(row.extra), **more}
        if row.is_job:
            # Oldest first: what is made while the list is walked comes at its end.
            parameters |= {"SortBy": row.sort_by, "SortOrder": "Ascending"}
            if start is not None:
                parameters[row.after] = start
        for answer in self.reader.pages(self.region, f"sagemaker:{row.list_operation}", **parameters):
            yield [self._listed(summary) for summary in answer.data.get(row.items, ())]

    def _listed(self, summary: Mapping[str, Any]) -> Listed:
        row, reader = self.row, self.reader
        arn = summary.get(row.arn) if row.arn else None
        if not arn:
            tail = row.arn_of.format_map(summary)
            arn = f"arn:{reader.partition}:sagemaker:{self.region}:{reader.account}:{tail}"
        name = str(summary.get(row.name, arn))
        name = name.partition("/")[2] if name.startswith("arn:") else name
        created, modified = time_in(summary, row.created), time_in(summary, row.modified)
        # Thousands are held at once: of their list items, only what is used again.
        kept = summary if row.whole_in_list else {key: summary[key] for key in self._kept if key in summary}
        return Listed(arn, name, kept, created, modified)

    @property
    def _kept(self) -> tuple[str, ...]:
        row = self.row
        return tuple(dict.fromkeys((*(source for _, source in row.keys), row.name, row.arn, row.status)))
