"""The rows of a run in the layout that Athena reads: JSON Lines, packed, under the partitions `dt` and `region`."""

import gzip
import io
from collections import Counter
from collections.abc import Iterable
from typing import Any

from auditor.delivery.store import ObjectStore
from auditor.model.coverage import Coverage, Report, ScanInfo
from reports.encoding import dump
from reports.finding_rows import NO_REGION, coverage_rows, finding_row

FINDINGS, COVERAGE = "findings", "coverage"

# About 2 MB packed; a reader of a part of that size needs no more than one request.
_ROWS = 25_000
_MEDIA_TYPE = "application/gzip"


def write_tables(store: ObjectStore, report: Report, day: str, *, part: str = "part") -> list[str]:
    """Write a report's findings and coverage as rows.

    Keys are `TABLE/dt=DAY/region=REGION/ACCOUNT-RUN-PARTNUMBER.jsonl.gz`. The same report gives the same keys and
    the same bytes, so that whoever repeats it overwrites and never doubles.

    Args:
        store: where to.
        report: its findings are read once; no more than a part of them is held in memory for each region.
        day: the day of the run as YYYY-MM-DD, the same for all targets of a run, whenever each of them ends.
        part: tells apart reports of one run on the same account and region.

    Returns:
        The keys, in order.

    Raises:
        StoreError: the store cannot be written.
    """
    tables = _Tables(store, day, report.scan.id, part)
    rules = {rule.id: rule for rule in report.rules}
    for finding in report.findings:
        place = (FINDINGS, finding.resource.region or NO_REGION, finding.resource.account)
        tables.add(place, finding_row(finding, rules[finding.rule], report.scan))
    for region, row in coverage_rows(report.coverage, report.scan):
        tables.add((COVERAGE, region, row["account"]), row)
    tables.flush()
    return sorted(tables.keys)


def write_coverage(
    store: ObjectStore, coverage: Coverage, scan: ScanInfo, day: str, *, part: str, regions: Iterable[str] = ()
) -> list[str]:
    """Write the coverage of many accounts as rows, without an object for each.

    Keys are `coverage/dt=DAY/region=REGION/all-RUN-PARTNUMBER.jsonl.gz`.

    Args:
        store: where to.
        coverage: its targets and gaps.
        scan: the run.
        day: the day of the run as YYYY-MM-DD.
        part: tells these rows apart from others of the run.
        regions: where an earlier call may have written rows that hold no longer; they are emptied.

    Returns:
        The keys, in order.

    Raises:
        StoreError: the store cannot be read or written.
    """
    tables = _Tables(store, day, scan.id, part)
    for region, row in coverage_rows(coverage, scan):
        tables.add((COVERAGE, region, ""), row)
    tables.flush()
    for region in sorted({*regions, NO_REGION}):
        tables.empty((COVERAGE, region, ""))
    return sorted(tables.keys)


_Place = tuple[str, str, str]


class _Part:
    """Rows of one part, packed as they come."""

    def __init__(self) -> None:
        self._raw = io.BytesIO()
        # No name and no time in the header: the bytes depend on the rows alone.
        self._packed = gzip.GzipFile(filename="", mode="wb", fileobj=self._raw, mtime=0, compresslevel=6)
        self.rows = 0

    def add(self, row: dict[str, Any]) -> None:
        self._packed.write(dump(row).encode("ascii") + b"\n")
        self.rows += 1

    def body(self) -> bytes:
        self._packed.close()
        return self._raw.getvalue()


class _Tables:
    def __init__(self, store: ObjectStore, day: str, run: str, part: str) -> None:
        self.keys: list[str] = []
        self._store = store
        self._day = day
        self._name = f"{run}-{part}"
        self._open: dict[_Place, _Part] = {}
        self._written: Counter[_Place] = Counter()

    def add(self, place: _Place, row: dict[str, Any]) -> None:
        part = self._open.setdefault(place, _Part())
        part.add(row)
        if part.rows == _ROWS:
            self._write(place)

    def flush(self) -> None:
        for place in sorted(self._open):
            self._write(place)

    def empty(self, place: _Place) -> None:
        """Leave no rows where there were some and are none now."""
        if not self._written[place] and self._store.exists(self._key(place)):
            self._open[place] = _Part()
            self._write(place)

    def _write(self, place: _Place) -> None:
        key = self._key(place)
        self._store.put(key, self._open.pop(place).body(), media_type=_MEDIA_TYPE)
        self._written[place] += 1
        self.keys.append(key)

    def _key(self, place: _Place) -> str:
        table, region, account = place
        name = f"{account or 'all'}-{self._name}{self._written[place]:04d}.jsonl.gz"
        return f"{table}/dt={self._day}/region={region}/{name}"
