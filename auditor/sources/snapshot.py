"""A saved collection: everything a scan saw and did not see, to be judged again without an account.

The file is gzip over JSON lines: a header (format, version, when it was made, by which version), one line per
resource or gap in the order in which they came, and a last line with their number and a digest over all lines
before it. A file that was cut short or edited is refused.
"""

import gzip
import hashlib
import io
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from auditor import __version__
from auditor.errors import InputError
from auditor.model.codec import CodecError, decode, decode_gap, encode, encode_gap
from auditor.model.gap import Gap
from auditor.model.resource import Resource

FORMAT = "sagemaker-auditor-snapshot"
VERSION = 1
# Longer than any resource that an API can answer; a line beyond it is no snapshot's.
_LONGEST_LINE = 32 * 1024 * 1024
_AGAIN = "make the snapshot again with `scan --save-snapshot`"


class SnapshotWriter:
    """Writes a snapshot as the facts come; a context manager.

    The file appears under its name only when it is whole, readable by its owner alone. The same facts at the
    same time give the same bytes.

    Args:
        path: where it is to be.
        at: the time of the scan.
        meta: what else the header is to say.

    Raises:
        InputError: the file cannot be written.
    """

    def __init__(self, path: Path, at: datetime, meta: Mapping[str, Any] | None = None) -> None:
        self._path = path
        self._partial = path.with_name(f"{path.name}.partial")
        self._digest = hashlib.sha256()
        self._items = 0
        try:
            # A link that somebody laid there must not lead the writing elsewhere, nor an open file be shared.
            self._partial.unlink(missing_ok=True)
            handle = os.open(self._partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise InputError(error.strerror or "cannot be written", file=str(path)) from error
        os.fchmod(handle, 0o600)
        self._raw = os.fdopen(handle, "wb")
        # No name and no time in the gzip header: the bytes depend on the facts alone.
        self._file = gzip.GzipFile(filename="", mode="wb", fileobj=self._raw, mtime=0, compresslevel=6)
        self._write({"format": FORMAT, "version": VERSION, "tool": __version__, "at": at.isoformat(), **(meta or {})})

    def add(self, item: Resource | Gap) -> None:
        """Write a resource or a gap."""
        self._items += 1
        self._write({"gap": encode_gap(item)} if isinstance(item, Gap) else encode(item))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._write({"end": {"items": self._items, "sha256": self._digest.hexdigest()}})
        self._file.close()
        self._raw.close()
        if kind is None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink(missing_ok=True)

    def _write(self, data: Mapping[str, Any]) -> None:
        line = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        self._digest.update(line)
        self._file.write(line)


@dataclass(slots=True)
class SnapshotSource:
    """Reads a snapshot.

    Args:
        path: the file.
        header: what its first line says; filled by `read_header` and by `collect`.
    """

    path: Path
    header: dict[str, Any] = field(default_factory=dict)

    def read_header(self) -> dict[str, Any]:
        """The header: format, version, tool, at, and what else the writer put there.

        Raises:
            InputError: the file cannot be read, or is no snapshot of this version.
        """
        for number, line in self._lines():
            return self._header(number, line)
        raise self._broken(0, "the file is empty")

    def collect(self) -> Iterator[Resource | Gap]:
        """Every resource and gap, in the order in which they were collected.

        Raises:
            InputError: the file cannot be read, was cut short or edited, or is no snapshot of this version.
        """
        digest, items = hashlib.sha256(), 0
        end: Mapping[str, Any] | None = None
        for number, line in self._lines():
            if end is not None:
                raise self._broken(number, "there is more after the end")
            if number == 1:
                self._header(number, line)
            else:
                data = self._json(number, line)
                end = data.get("end")
                if end is None:
                    items += 1
                    yield self._item(number, data)
            if end is None:
                digest.update(line)
        if end is None:
            raise self._broken(0, "the file was cut short")
        if end != {"items": items, "sha256": digest.hexdigest()}:
            raise self._broken(0, "the file was changed after it was written")

    def _item(self, number: int, data: Mapping[str, Any]) -> Resource | Gap:
        try:
            return decode_gap(data["gap"]) if "gap" in data else decode(data)
        except CodecError as error:
            raise self._broken(number, str(error)) from error

    def _header(self, number: int, line: bytes) -> dict[str, Any]:
        header = self._json(number, line)
        if header.get("format") != FORMAT:
            raise self._broken(number, "it is not a snapshot")
        if header.get("version") != VERSION:
            raise self._broken(number, f"its format has version {header.get('version')}, this program reads {VERSION}")
        self.header = header
        return header

    def _json(self, number: int, line: bytes) -> dict[str, Any]:
        try:
            data = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise self._broken(number, "the line is not JSON") from error
        if not isinstance(data, dict):
            raise self._broken(number, "the line is not a JSON object")
        return data

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        try:
            with gzip.open(self.path, "rb") as file:
                # GzipFile reads like a raw stream, which its type does not say.
                reader = io.BufferedReader(cast("io.RawIOBase", file))
                number = 0
                while line := reader.readline(_LONGEST_LINE):
                    number += 1
                    yield number, line
        except EOFError as error:
            raise self._broken(0, "the file was cut short") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise self._broken(0, "it is not a gzip file, or was damaged") from error
        except OSError as error:
            raise InputError(error.strerror or "cannot be read", file=str(self.path)) from error

    def _broken(self, line: int, message: str) -> InputError:
        return InputError(message, file=str(self.path), line=line, remedy=_AGAIN)
