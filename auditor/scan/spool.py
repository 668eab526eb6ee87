"""Findings go to disk as they arise, and come back in a fixed order however they arose."""

import os
import struct
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from auditor.model.finding import Finding
from auditor.model.rule import Rule
from auditor.model.verdict import Status
from reports.encoding import FINDING

_KEY = struct.Struct(">16sQ")
# Each write to disk gives the interpreter away, and it takes time to get it back from busy threads.
_BUFFER = 1 << 18
_BLOCK = _KEY.size * 2_048
# What is not longer is read at once.
_SMALL = 8 << 20
# Most findings are shorter.
_LINE = 2_048


@dataclass(frozen=True, slots=True)
class Open:
    """What failed of a rule, counts, is not waived and not known from before.

    Args:
        number: of findings.
        first: the least finding id.
        place: where that finding begins in the file.
        rank: of the highest severity.
    """

    number: int
    first: str
    place: int
    rank: int

    def and_also(self, other: "Open") -> "Open":
        """Both."""
        first, place = min((self.first, self.place), (other.first, other.place))
        return Open(self.number + other.number, first, place, max(self.rank, other.rank))


@dataclass(frozen=True, slots=True)
class Written:
    """What is known of the findings in a file.

    Args:
        keys: id and place of each, rule by rule.
        end: of the file.
        failed: by rule.
    """

    keys: list[bytearray]
    end: int
    failed: dict[str, Open]


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is known of findings that are on disk.

    Args:
        spans: rule by rule, start and length in bytes of the keys in the index.
        end: of the file.
        failed: as of `Written`.
    """

    spans: list[tuple[int, int]]
    end: int
    failed: dict[str, Open]


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
        self._index = tempfile.TemporaryFile(prefix="sagemaker-auditor-")  # noqa: SIM115  as above
        weakref.finalize(self, self._index.close)
        self._keys = [bytearray() for _ in self._order]
        self._spans: list[tuple[int, int]] = []
        self._failed: dict[str, Open] = {}
        self._end = 0

    def add(self, finding: Finding) -> None:
        """Write one finding."""
        line = FINDING.dump_json(finding) + b"\n"
        self._file.write(line)
        self._keys[self._order[finding.rule]] += _KEY.pack(bytes.fromhex(finding.id), self._end)
        if finding.status is Status.FAILED and finding.counts and finding.waiver is None and not finding.known:
            self._note_failed(finding.rule, Open(1, finding.id, self._end, finding.severity.rank))
        self._end += len(line)

    def failed(self) -> Iterator[tuple[int, Finding]]:
        """For each rule: how many findings failed that count and are not waived, and the first of them."""
        self._file.flush()
        for failed in self._failed.values():
            yield failed.number, FINDING.validate_json(self._line(failed.place))

    def open_by_severity(self) -> Iterator[tuple[int, int, Iterator[Finding]]]:
        """Rules with failed findings that count and are not waived, highest severity first.

        Yields:
            the rank of the highest severity among them, how many they are, and all findings of the rule.
        """
        self._file.flush()
        for rule, failed in sorted(self._failed.items(), key=lambda one: -one[1].rank):
            lines = (self._line(_KEY.unpack(key)[1]) for key in self._keys_of(self._order[rule]))
            yield failed.rank, failed.number, map(FINDING.validate_json, lines)

    def written(self) -> Written:
        """Where the findings lie in the file, to be pickled along with its text."""
        self._file.flush()
        return Written(self._keys, self._end, self._failed)

    def seal(self) -> Sealed:
        """Put everything on disk, for the process that this one was forked from; nothing can be added then."""
        self._file.flush()
        spans = []
        for keys in self._keys:
            spans.append((self._index.tell(), len(keys)))
            self._index.writelines(_sorted(keys))
            keys.clear()
        self._index.flush()
        return Sealed(spans, self._end, self._failed)

    def adopt(self, sealed: Sealed) -> None:
        """Take over what a forked process has put on disk in the same files."""
        self._spans, self._end, self._failed = sealed.spans, sealed.end, sealed.failed

    def text(self) -> bytes:
        """Everything that was written, in the order in which it was."""
        self._file.flush()
        return os.pread(self._file.fileno(), self._end, 0)

    def extend(self, written: Written, text: bytes) -> None:
        """Write what another spool of the same rules holds.

        Args:
            written: where each finding lies in it.
            text: its `text`.
        """
        self._file.write(text)
        for place, theirs in enumerate(written.keys):
            for finding, start in _KEY.iter_unpack(theirs):
                self._keys[place] += _KEY.pack(finding, start + self._end)
        for rule, failed in written.failed.items():
            self._note_failed(rule, replace(failed, place=failed.place + self._end))
        self._end += len(text)

    def _note_failed(self, rule: str, failed: Open) -> None:
        before = self._failed.get(rule)
        self._failed[rule] = before.and_also(failed) if before else failed

    def __len__(self) -> int:
        return (sum(map(len, self._keys)) + sum(length for _, length in self._spans)) // _KEY.size

    def __iter__(self) -> Iterator[Finding]:
        for line in self.lines():
            yield FINDING.validate_json(line)

    def lines(self) -> Iterator[bytes]:
        """Each finding as one line of JSON, without the line end."""
        if not self._end:
            return
        self._file.flush()
        line = _lines_of(self.text()) if self._end <= _SMALL else self._line
        for place in range(len(self._keys)):
            for key in self._keys_of(place):
                yield line(_KEY.unpack(key)[1])

    def _keys_of(self, place: int) -> Iterator[bytes]:
        return chain(self._sealed_keys(*self._spans[place]) if self._spans else (), _sorted(self._keys[place]))

    def _sealed_keys(self, start: int, length: int) -> Iterator[bytes]:
        for at in range(start, start + length, _BLOCK):
            block = os.pread(self._index.fileno(), min(_BLOCK, start + length - at), at)
            yield from (block[place : place + _KEY.size] for place in range(0, len(block), _KEY.size))

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
        """Give the files back."""
        self._file.close()
        self._index.close()


def _lines_of(text: bytes) -> Callable[[int], bytes]:
    """Gives the line that begins at a place."""
    return lambda start: text[start : text.index(b"\n", start)]


def _sorted(keys: bytearray) -> Iterator[bytes]:
    """Keys by id, one rule at a time: all of them as objects would take as much memory as the facts."""
    yield from sorted(bytes(keys[place : place + _KEY.size]) for place in range(0, len(keys), _KEY.size))
