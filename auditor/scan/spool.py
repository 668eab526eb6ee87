"""Findings go to disk as they arise, and come back in a fixed order however they arose."""

import os
import struct
import tempfile
import weakref
from collections.abc import Iterable, Iterator

from pydantic import TypeAdapter

from auditor.model.finding import Finding
from auditor.model.rule import Rule

_FINDING: TypeAdapter[Finding] = TypeAdapter(Finding)
_KEY = struct.Struct(">16sQ")
# Each write to disk gives the interpreter away, and it takes time to get it back from busy threads.
_BUFFER = 1 << 18
# Most findings are shorter.
_LINE = 2_048


class FindingSpool:
    """A temporary file of findings; iterating gives them by rule (in the catalog's order) and id.

    Only a 24-byte key per finding stays in memory.

    Args:
        rules: the rules in the order in which findings are to come back.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._order = {rule.id: place for place, rule in enumerate(rules)}
        self._file = tempfile.TemporaryFile(buffering=_BUFFER, prefix="sagemaker-auditor-")  # noqa: SIM115  lives as long as the spool
        weakref.finalize(self, self._file.close)
        self._keys = [bytearray() for _ in self._order]
        self._end = 0

    def add(self, finding: Finding) -> None:
        """Write one finding."""
        line = _FINDING.dump_json(finding) + b"\n"
        self._file.write(line)
        self._keys[self._order[finding.rule]] += _KEY.pack(bytes.fromhex(finding.id), self._end)
        self._end += len(line)

    def written(self) -> tuple[list[bytearray], int]:
        """Where each finding lies in the file, and its end, for the process that this one was forked from."""
        self._file.flush()
        return self._keys, self._end

    def adopt(self, keys: list[bytearray], end: int) -> None:
        """Take over what a forked process has written into the same file."""
        self._keys, self._end = keys, end

    def __len__(self) -> int:
        return sum(len(keys) for keys in self._keys) // _KEY.size

    def __iter__(self) -> Iterator[Finding]:
        for line in self.lines():
            yield _FINDING.validate_json(line)

    def lines(self) -> Iterator[bytes]:
        """Each finding as one line of JSON, without the line end."""
        if not self._end:
            return
        self._file.flush()
        for keys in self._keys:
            # Sorted rule by rule: all keys as objects of their own would take as much memory as the facts.
            for _, start in sorted(_KEY.iter_unpack(keys)):
                yield self._line(start)

    def _line(self, start: int) -> bytes:
        # Read, not mapped: pages of a mapped file count as the program's own memory.
        size = _LINE
        while True:
            text = os.pread(self._file.fileno(), size, start)
            end = text.find(b"\n")
            if end >= 0:
                return text[:end]
            size *= 4

    def close(self) -> None:
        """Give the file back."""
        self._file.close()
