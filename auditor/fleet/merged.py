"""The findings of all targets as one stream, and the organisation's page."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

from auditor.delivery.store import ObjectStore
from auditor.errors import InputError
from auditor.fleet.facts import unpacked
from auditor.fleet.ledger import in_order
from auditor.model.coverage import Report
from auditor.model.finding import Finding
from reports import RENDERERS
from reports.encoding import FINDING
from reports.organisation_page import Organisation, render

# A report is read whole before its lines are given: few large ones at a time.
_AT_ONCE = 8
_OPEN, _CLOSE = b'"findings": [', b"]"


@dataclass(frozen=True, slots=True)
class MergedFindings:
    """The findings of several reports of targets, as `json` wrote them; read anew each time.

    Args:
        store: where the reports lie.
        keys: of the packed JSON documents.
    """

    store: ObjectStore
    keys: tuple[str, ...]

    def lines(self) -> Iterator[bytes]:
        """Each finding as one line of JSON, without its end.

        Raises:
            InputError: a report is gone or damaged.
            StoreError: the store cannot be read.
        """
        for key, body in in_order(lambda key: (key, self.store.get(key)), self.keys, _AT_ONCE):
            if body is None:
                raise InputError("is gone", file=key, remedy="start the run anew")
            yield from _findings(body, key)

    def __iter__(self) -> Iterator[Finding]:
        """Each finding; errors as of `lines`."""
        return (FINDING.validate_json(line) for line in self.lines())


def _findings(body: bytes, key: str) -> Iterator[bytes]:
    lines = unpacked(body, key)
    for line in lines:
        if line.startswith(_OPEN):
            break
    for line in lines:
        if line.startswith(_CLOSE):
            return
        yield line.removesuffix(b",")
    raise InputError("the report is cut off", file=key, remedy="start the run anew")


def put_organisation(store: ObjectStore, key: str, report: Report, organisation: Organisation) -> None:
    """Write the organisation's page.

    Raises:
        StoreError: the store cannot be written.
    """
    stream = io.StringIO()
    render(report, organisation, stream)
    store.put(key, stream.getvalue().encode(), media_type=RENDERERS["html"].media_type)
