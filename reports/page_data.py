"""The rows of the HTML page as JSON: one table of strings, and columns of numbers into it."""

import json
from collections import Counter
from collections.abc import Iterable

from .page_rows import KNOWN, WAIVED, Row

ROOM = 4_400_000
_STATUSES = ("FAILED", "NOT_AVAILABLE", WAIVED, KNOWN)
_NUMBER = 7  # digits of an index and its comma, at most
_UNSAFE = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})

Resource = tuple[str, str, str, str, str, str]


class Columns:
    """Rows, each string once.

    Args:
        room: how many bytes of JSON the rows may take.
    """

    def __init__(self, room: int = ROOM) -> None:
        self.listed: Counter[tuple[str, bool]] = Counter()
        self.size = 0
        self._room = room
        self._strings: dict[str, int] = {}
        self._resources: dict[Resource, int] = {}
        self._resource_columns: list[list[int]] = [[] for _ in range(6)]
        self._evidence: dict[tuple[str, str, str], int] = {}
        self._evidence_columns: list[list[int]] = [[] for _ in range(3)]
        self._rows: dict[str, list[int | str | list[int]]] = {
            name: [] for name in ("rule", "resource", "status", "historical", "id", "message", "evidence")
        }
        # Few rows have one of these: row number to string.
        self._sparse: dict[str, dict[int, int]] = {"reason": {}, "place": {}, "waiver": {}, "group": {}}

    def fill(self, rows: Iterable[Row]) -> None:
        """Take rows until the room is used up."""
        for row in rows:
            if self.size >= self._room:
                return
            self._take(row)

    def document(self) -> dict[str, object]:
        """What the page's script reads."""
        kind, name, arn, account, region, owner = self._resource_columns
        path, value, observed = self._evidence_columns
        return {
            "strings": list(self._strings),
            "resources": {
                "type": kind,
                "name": name,
                "arn": arn,
                "account": account,
                "region": region,
                "owner": owner,
            },
            "evidence": {"path": path, "value": value, "observed": observed},
            "statuses": _STATUSES,
            "rows": {**self._rows, **self._sparse},
        }

    def _take(self, row: Row) -> None:
        number = len(self._rows["id"])
        columns = self._rows
        columns["rule"].append(self._string(row.rule))
        columns["resource"].append(self._resource(row.resource))
        columns["status"].append(_STATUSES.index(row.status))
        columns["historical"].append(int(row.historical))
        columns["id"].append(row.id)
        columns["message"].append(self._string(row.message))
        columns["evidence"].append([self._piece(piece) for piece in row.evidence])
        self.size += 4 * _NUMBER + len(row.id) + _NUMBER * len(row.evidence)
        for name, column in self._sparse.items():
            if text := getattr(row, name):
                column[number] = self._string(text)
                self.size += 2 * _NUMBER
        self.listed[row.rule, row.historical] += 1

    def _string(self, text: str) -> int:
        found = self._strings.get(text)
        if found is None:
            found = self._strings[text] = len(self._strings)
            self.size += len(embedded(text)) + 1
        return found

    def _resource(self, resource: Resource) -> int:
        found = self._resources.get(resource)
        if found is None:
            found = self._resources[resource] = len(self._resources)
            kind, name, arn, *rest = resource
            if name and arn.endswith(name):
                # Most ARNs end in the name; a line end, which no text here has, says so.
                arn = arn.removesuffix(name) + "\n"
            for column, text in zip(self._resource_columns, (kind, name, arn, *rest), strict=True):
                column.append(self._string(text))
            self.size += 6 * _NUMBER
        return found

    def _piece(self, piece: tuple[str, str, str]) -> int:
        found = self._evidence.get(piece)
        if found is None:
            found = self._evidence[piece] = len(self._evidence)
            for column, text in zip(self._evidence_columns, piece, strict=True):
                column.append(self._string(text))
            self.size += 3 * _NUMBER
        return found


def embedded(value: object) -> str:
    """JSON that can stand within an HTML script element: ASCII, and without `<`, `>` and `&`."""
    return json.dumps(value, separators=(",", ":")).translate(_UNSAFE)
