"""Typing what was sighted, and keeping in the state what need not be read again."""

from collections.abc import Iterable, Iterator

from auditor.model.codec import encode
from auditor.model.gap import Gap
from auditor.model.resource import Resource
from auditor.sources.live.sighting import Sighted, Sighting
from auditor.state import FactStore

_CHUNK = 100


class Keeper:
    """Writes facts to the state, a hundred at a time.

    Args:
        state: facts kept between scans; None to keep none.
    """

    def __init__(self, state: FactStore | None) -> None:
        self._state = state
        self._rows: dict[str, list[tuple[str, str, object]]] = {}

    def built(self, items: Iterable[Sighted | Gap]) -> Iterator[Resource | Gap]:
        """Each item, typed."""
        try:
            for item in items:
                yield item if isinstance(item, Gap) else self.build(item)
        finally:
            self.flush()

    def build(self, item: Sighted) -> Resource:
        """The typed resource, to be kept if it can be."""
        resource = item.build()
        if self._state is not None and isinstance(item, Sighting) and item.version:
            rows = self._rows.setdefault(item.family, [])
            rows.append((item.identity.arn, item.version, encode(resource)))
            if len(rows) >= _CHUNK:
                self._write(item.family)
        return resource

    def flush(self) -> None:
        """Write what is not written yet."""
        for family in tuple(self._rows):
            self._write(family)

    def _write(self, family: str) -> None:
        rows = self._rows.pop(family)
        if self._state is not None:
            self._state.put(family, rows)
