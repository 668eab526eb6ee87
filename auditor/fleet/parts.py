"""The findings of a target as they lie in the bucket, and reports put there."""

import gzip
import io
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from auditor.delivery.store import ObjectStore
from auditor.fleet.facts import read_lines
from auditor.model.coverage import Report
from auditor.model.finding import Finding
from reports import RENDERERS
from reports.encoding import FINDING

_IN_MEMORY = 8 * 1024 * 1024
PACKED_JSON, PAGE = ".json.gz", ".html"


@dataclass(frozen=True, slots=True)
class Parts:
    """Findings under some keys; read anew each time they are iterated.

    Args:
        store: where they lie.
        keys: of the parts, in order.
    """

    store: ObjectStore
    keys: tuple[str, ...]

    def lines(self) -> Iterator[bytes]:
        """Each finding as one line of JSON, without its end.

        Raises:
            InputError: a part is gone or damaged.
            StoreError: the store cannot be read.
        """
        for key in self.keys:
            yield from read_lines(self.store, key)

    def __iter__(self) -> Iterator[Finding]:
        """Each finding; errors as of `lines`."""
        for line in self.lines():
            yield FINDING.validate_json(line)


@dataclass(frozen=True, slots=True)
class Some:
    """Those of some findings that lie in one region of one account, or in another."""

    findings: Iterable[Finding]
    region: str

    def __iter__(self) -> Iterator[Finding]:
        return (finding for finding in self.findings if finding.resource.region == self.region)


def put_json(store: ObjectStore, key: str, report: Report) -> None:
    """Put a report as a packed JSON document.

    Raises:
        StoreError: the store cannot be written.
    """
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as raw:
        with (
            gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=6) as packed,
            io.TextIOWrapper(packed, encoding="ascii", newline="\n") as stream,
        ):
            RENDERERS["json"].render(report, stream)
        raw.seek(0)
        store.put(key, raw, media_type="application/gzip")


def put_page(store: ObjectStore, key: str, report: Report) -> None:
    """Put a report as an HTML page.

    Raises:
        StoreError: the store cannot be written.
    """
    stream = io.StringIO()
    RENDERERS["html"].render(report, stream)
    store.put(key, stream.getvalue().encode(), media_type=RENDERERS["html"].media_type)
