"""Findings go to disk as they arise, and come back in a fixed order however they arose."""

import mmap
import struct
import tempfile
from collections.abc import Iterable, Iterator

from pydantic import TypeAdapter

from auditor.model.finding import Finding
from auditor.model.rule import Rule

_FINDING: TypeAdapter[Finding] = TypeAdapter(Finding)
_KEY = struct.Struct(">H16sQ")


class FindingSpool:
    """A temporary file of findings; iterating gives them by rule (in the catalog's order) and id.

    Only a 26-byte key per finding stays in memory.

    Args:
        rules: the rules in the order in which findings are to come back.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._order = {rule.id: place for place, rule in enumerate(rules)}
        self._file = tempfile.TemporaryFile(prefix="sagemaker-auditor-")  # noqa: SIM115  lives as long as the spool
        self._keys: list[bytes] = []
        self._end = 0
        self._sorted = True

    def add(self, finding: Finding) -> None:
        """Write one finding."""
        line = _FINDING.dump_json(finding) + b"\n"
        self._file.write(line)
        self._keys.append(_KEY.pack(self._order[finding.rule], bytes.fromhex(finding.id), self._end))
        self._end += len(line)
        self._sorted = False

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[Finding]:
        for line in self.lines():
            yield _FINDING.validate_json(line)

    def lines(self) -> Iterator[bytes]:
        """Each finding as one line of JSON, without the line end."""
        if not self._keys:
            return
        if not self._sorted:
            self._file.flush()
            self._keys.sort()
            self._sorted = True
        with mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            for key in self._keys:
                start = _KEY.unpack(key)[2]
                yield text[start : text.find(b"\n", start)]

    def close(self) -> None:
        """Give the file back."""
        self._file.close()
