"""Facts as objects: lines of packed JSON, the account's own facts, and what need not be read again."""

import gzip
import json
import logging
import re
import tempfile
import weakref
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from auditor.delivery.store import ObjectStore
from auditor.errors import InputError
from auditor.fleet.records import GZIP_TYPE, ScanTarget, unit_name
from auditor.model.gap import Gap
from auditor.model.resource import Resource
from auditor.sources.snapshot import SnapshotSource, SnapshotWriter

_LOG = logging.getLogger("auditor.fleet")
_IN_MEMORY = 4 * 1024 * 1024
# The version of a row begins with the time of creation, where the list tells it.
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_UNDATED = "all"


class Lines:
    """Lines, packed as they come; nothing is kept in memory but a few megabytes."""

    def __init__(self) -> None:
        self._raw: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  lives as long as the lines
        # No name and no time in the header: the bytes depend on the lines alone.
        self._file = gzip.GzipFile(filename="", mode="wb", fileobj=self._raw, mtime=0, compresslevel=6)
        self._end = weakref.finalize(self, _close, self._file, self._raw)
        self.number = 0

    def add(self, line: bytes) -> None:
        """Take one line, without its end."""
        self._file.write(line + b"\n")
        self.number += 1

    def add_json(self, data: Any) -> None:
        """Take one line of JSON."""
        self.add(json.dumps(data, separators=(",", ":")).encode())

    def put(self, store: ObjectStore, key: str) -> int:
        """Write the lines under a key, if there are any; no more can be added.

        Returns:
            How many there are.

        Raises:
            StoreError: the store cannot be written.
        """
        if self.number:
            self._file.close()
            self._raw.seek(0)
            store.put(key, self._raw, media_type=GZIP_TYPE)
        self._end()
        return self.number


def _close(file: gzip.GzipFile, raw: IO[bytes]) -> None:
    # The outer one writes its trailer into the inner one.
    file.close()
    raw.close()


def read_lines(store: ObjectStore, key: str) -> Iterator[bytes]:
    """The lines under a key, each without its end.

    Raises:
        InputError: there is nothing, or it is no packed text.
        StoreError: the store cannot be read.
    """
    body = store.get(key)
    if body is None:
        raise InputError("is gone", file=key, remedy="start the run anew")
    yield from unpacked(body, key)


def unpacked(body: bytes, key: str) -> Iterator[bytes]:
    """The lines of packed text, each without its end.

    Raises:
        InputError: it cannot be unpacked; names the key.
    """
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as raw:
        raw.write(body)
        del body
        raw.seek(0)
        try:
            with gzip.GzipFile(fileobj=raw, mode="rb") as lines:
                for line in lines:
                    yield line.removesuffix(b"\n")
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"cannot be unpacked: {error}", file=key, remedy="start the run anew") from None


def write_account_facts(store: ObjectStore, key: str, items: Iterable[Resource | Gap], at: datetime) -> None:
    """Keep what an account has once, as a snapshot.

    Raises:
        StoreError: the store cannot be written.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "facts.jsonl.gz"
        with SnapshotWriter(path, at) as writer:
            for item in items:
                writer.add(item)
        store.put(key, path.read_bytes(), media_type=GZIP_TYPE)


def read_account_facts(store: ObjectStore, key: str) -> Iterator[Resource | Gap] | None:
    """What `write_account_facts` kept; None where nothing was.

    Raises:
        InputError: while iterating: it was damaged.
        StoreError: the store cannot be read.
    """
    body = store.get(key)
    return None if body is None else _replayed(body)


def _replayed(body: bytes) -> Iterator[Resource | Gap]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "facts.jsonl.gz"
        path.write_bytes(body)
        yield from SnapshotSource(path).collect()


class ObjectState:
    """Facts that cannot have changed, kept between runs: one object a family, for jobs one a day of creation.

    It serves one unit: what was read lies in memory until `save`. It is a cache: losing it costs requests.

    Args:
        store: where the objects lie.
        target: the account and region.
        cfn_type: the family.
        dated: whether there is an object for each day.
    """

    def __init__(self, store: ObjectStore, target: ScanTarget, cfn_type: str, *, dated: bool) -> None:
        self._store = store
        self._root = f"state/{target.account}/{target.region}/{unit_name(cfn_type)}"
        self._dated = dated
        self._rows: dict[str, dict[str, tuple[str, str]]] = {}
        self._changed: set[str] = set()

    def get(self, family: str, versions: Mapping[str, str]) -> dict[str, Any]:
        """See `auditor.state.FactStore`."""
        del family
        found = {}
        for arn, version in versions.items():
            row = self._of(version).get(arn)
            if row is not None and row[0] == version:
                found[arn] = json.loads(row[1])
        return found

    def put(self, family: str, rows: Iterable[tuple[str, str, Any]]) -> None:
        """See `auditor.state.FactStore`."""
        del family
        for arn, version, facts in rows:
            self._of(version)[arn] = (version, json.dumps(facts, separators=(",", ":")))
            self._changed.add(self._period(version))

    def keep_only(self, family: str, arns: Iterable[str]) -> None:
        """See `auditor.state.FactStore`; days that were not looked at are left to the bucket's lifecycle."""
        del family
        listed = set(arns)
        for period, rows in self._rows.items():
            for arn in rows.keys() - listed:
                del rows[arn]
                self._changed.add(period)

    def save(self) -> None:
        """Write what changed.

        Raises:
            StoreError: the store cannot be written.
        """
        for period in sorted(self._changed):
            lines = Lines()
            for arn, (version, facts) in sorted(self._rows[period].items()):
                lines.add(f"{arn}\t{version}\t{facts}".encode())
            lines.put(self._store, self._key(period))
        self._changed.clear()

    def _key(self, period: str) -> str:
        return f"{self._root}/{period}.jsonl.gz"

    def _period(self, version: str) -> str:
        day = _DAY.match(version) if self._dated else None
        return day.group() if day else _UNDATED

    def _of(self, version: str) -> dict[str, tuple[str, str]]:
        period = self._period(version)
        if period not in self._rows:
            self._rows[period] = dict(self._load(self._key(period)))
        return self._rows[period]

    def _load(self, key: str) -> Iterator[tuple[str, tuple[str, str]]]:
        body = self._store.get(key)
        if body is None:
            return
        try:
            for line in unpacked(body, key):
                arn, version, facts = line.decode().split("\t", 2)
                yield arn, (version, facts)
        except (InputError, ValueError) as error:
            _LOG.warning("the state %s cannot be used: %s", key, error)
