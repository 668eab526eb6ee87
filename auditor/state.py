"""What was read is not read again: facts that cannot have changed, kept between scans.

One SQLite file, readable by its owner alone. It keeps facts, never verdicts, under the ARN, the times of
creation and last change that the list gives, and a fingerprint of the answering shape. Sensitive values
were dropped before they get here.
"""

import errno
import json
import logging
import os
import sqlite3
import stat
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from auditor.errors import ConfigError

_LOG = logging.getLogger("auditor.state")
_SCHEMA_VERSION = 1
_CHUNK = 500
_TABLES = """
CREATE TABLE IF NOT EXISTS facts (
  arn TEXT NOT NULL, family TEXT NOT NULL, version TEXT NOT NULL, facts TEXT NOT NULL,
  PRIMARY KEY (family, arn)
) WITHOUT ROWID
"""


class FactStore(Protocol):
    """What keeps facts between scans: this file's SQLite store, or objects where there are no files."""

    def get(self, family: str, versions: Mapping[str, str]) -> dict[str, Any]:
        """The facts of resources that are as they were; see `StateStore.get`."""

    def put(self, family: str, rows: Iterable[tuple[str, str, Any]]) -> None:
        """Keep facts; see `StateStore.put`."""

    def keep_only(self, family: str, arns: Iterable[str]) -> None:
        """Forget what was not listed; see `StateStore.keep_only`."""


class StateStore:
    """The store; a context manager, safe to use from several threads.

    Args:
        path: the file; made with its folder where it is missing. One that is damaged or of another program is
            put aside, with a warning: it holds nothing that cannot be read again.

    Raises:
        ConfigError: the place cannot be written to, is a symbolic link or no file, or is another user's.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _make_private(path)
        except OSError as error:
            why = "it is a symbolic link" if error.errno == errno.ELOOP else error.strerror or error
            raise _unusable(path, f"cannot be written: {why}") from None
        self._database = self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._database.close()

    def get(self, family: str, versions: Mapping[str, str]) -> dict[str, Any]:
        """The facts of resources that are as they were.

        Args:
            family: account, region and type.
            versions: ARN to version; facts of another version are not given.

        Returns:
            ARN to facts, for those that are known; a row that cannot be read is left out, as if it were not there.
        """
        found: dict[str, Any] = {}
        arns = list(versions)
        for start in range(0, len(arns), _CHUNK):
            some = arns[start : start + _CHUNK]
            marks = ",".join("?" * len(some))
            query = f"SELECT arn, version, facts FROM facts WHERE family = ? AND arn IN ({marks})"  # noqa: S608  marks only
            with self._lock:
                rows = self._rows(query, (family, *some))
            for arn, version, facts in rows:
                if versions[arn] != version:
                    continue
                try:
                    found[arn] = json.loads(facts)
                except (ValueError, TypeError, RecursionError) as error:
                    _LOG.warning("the state's facts on %s are no JSON and are read again: %s", arn, error)
        return found

    def _rows(self, query: str, values: tuple[str, ...]) -> list[tuple[str, str, Any]]:
        try:
            return self._database.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            # Text that is no UTF-8, or a damaged page: what it holds can be had from AWS again.
            _LOG.warning("a part of the state %s cannot be read and is asked for again: %s", self._path, error)
            return []

    def put(self, family: str, rows: Iterable[tuple[str, str, Any]]) -> None:
        """Keep facts: ARN, version and JSON-able data."""
        encoded = [(arn, family, version, json.dumps(facts, separators=(",", ":"))) for arn, version, facts in rows]
        with self._lock, self._database:
            self._database.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?)", encoded)

    def keep_only(self, family: str, arns: Iterable[str]) -> None:
        """Forget every resource of a family that is not among those that were listed."""
        with self._lock, self._database:
            self._database.execute("CREATE TEMP TABLE IF NOT EXISTS listed (arn TEXT PRIMARY KEY)")
            self._database.execute("DELETE FROM listed")
            self._database.executemany("INSERT OR IGNORE INTO listed VALUES (?)", ((arn,) for arn in arns))
            self._database.execute(
                "DELETE FROM facts WHERE family = ? AND arn NOT IN (SELECT arn FROM listed)", (family,)
            )

    def _open(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.DatabaseError as error:
            aside = self._path.with_name(f"{self._path.name}.damaged")
            _LOG.warning("the state %s cannot be used (%s); it is put aside as %s", self._path, error, aside)
            self._path.replace(aside)
            _make_private(self._path)
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=30, check_same_thread=False)
        try:
            (version,) = database.execute("PRAGMA user_version").fetchone()
            tables = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            _must_be_ours(version, tables)
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            with database:
                database.execute(_TABLES)
                database.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        except sqlite3.DatabaseError:
            database.close()
            raise
        return database


def _make_private(path: Path) -> None:
    """Make the file where it is missing, for its owner alone; never through a link, which may lead anywhere.

    Raises:
        ConfigError: it is no file, or another user's.
        OSError: it cannot be opened; with ELOOP where it is a symbolic link.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            raise _unusable(path, "is no file")
        if found.st_uid != os.geteuid():
            # Whoever owns it could have written facts into it that make findings vanish.
            raise _unusable(path, "belongs to another user")
        os.fchmod(file, 0o600)
    finally:
        os.close(file)


def _unusable(path: Path, why: str) -> ConfigError:
    return ConfigError(f"the state {path} {why}", "give another place with --state, or use --no-state")


def _must_be_ours(version: int, tables: int) -> None:
    if version != _SCHEMA_VERSION and tables:
        raise sqlite3.DatabaseError("it is not a state file of this version")
