"""A judging process without AWS. Words: what goes wrong (fails, leaves), and how many items are taken before."""

import errno
import multiprocessing
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from auditor.cli.catalogs import load_catalog
from auditor.errors import AuditError
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Resource
from auditor.model.unknown import Reason
from auditor.scan.apart import Apart
from auditor.scan.assessment import Assessment, Place


def _none() -> Iterable[Place]:
    raise ValueError("no more")


PLACES: dict[str, Callable[[], Iterable[Place]]] = {"fails": tuple, "leaves": _none}


class Failing(Assessment):
    """Judges on a disk that is full."""

    def take(self, item: Resource | Gap) -> None:
        """Fail."""
        raise OSError(errno.ENOSPC, f"disk full: {type(item).__name__}")


def main(what: str, number: int) -> None:
    """Take items, and tell of the error that comes of it."""
    kind = Failing if what == "fails" else Assessment
    try:
        with Apart(kind(load_catalog(), datetime.now(UTC)), None) as apart:
            for place in range(number):
                apart.take(Gap(Scope(), "op", Reason.API_ERROR, f"{place} " + "x" * 200))
            apart.settle(PLACES[what]())
    except (AuditError, ValueError) as error:
        sys.stdout.write(f"{type(error).__name__}: {error}\n")
    assert not multiprocessing.active_children()


main(sys.argv[1], int(sys.argv[2]))
