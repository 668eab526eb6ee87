"""Resources whose rules need neighbours, kept until the neighbours are known."""

import json
import tempfile
import weakref
from collections.abc import Iterator
from functools import cache

from auditor.model.codec import decode, encode
from auditor.model.resource import Resource
from auditor.reads import members_of

# About 10 kB a resource: beyond this many they go to disk, so that memory stays bounded.
_IN_MEMORY = 300
_BUFFER = 1 << 18


class Waiting:
    """A store that keeps the first resources in memory and the rest in a temporary file.

    Args:
        in_memory: how many stay in memory.
    """

    def __init__(self, in_memory: int = _IN_MEMORY) -> None:
        self._in_memory = in_memory
        self._first: list[tuple[Resource, list[str]]] = []
        self._rest = tempfile.TemporaryFile(buffering=_BUFFER, prefix="sagemaker-auditor-")  # noqa: SIM115  lives as long as the store
        weakref.finalize(self, self._rest.close)

    def add(self, resource: Resource, rules: list[str]) -> None:
        """Keep a resource for some rules."""
        if len(self._first) < self._in_memory:
            self._first.append((resource, rules))
        else:
            line = json.dumps([rules, encode(resource, read_later(resource, rules))])
            self._rest.write(line.encode() + b"\n")

    def drain(self) -> Iterator[tuple[Resource, list[str]]]:
        """Give every resource with its rules once, in the order in which they came, and forget it."""
        while self._first:
            taken, self._first = self._first, []
            yield from taken
        self._rest.seek(0)
        for line in self._rest:
            rules, data = json.loads(line)
            yield decode(data), rules
        self._rest.close()


def read_later(resource: Resource, rules: list[str]) -> frozenset[str] | None:
    """The members that the rules read, and those that every finding shows; None for all."""
    kind = type(resource)
    shown = {"Tags", *(kind.model_fields[name].alias or name for name in _shown(kind))}
    for rule in rules:
        members = members_of(rule, kind.cfn_type)
        if members is None:
            return None
        shown |= members
    return frozenset(shown)


@cache
def _shown(kind: type[Resource]) -> tuple[str, ...]:
    names = (kind.status_field, *kind.creator_fields, "training_job_definition", "training_job_definitions")
    return tuple(name for name in names if name in kind.model_fields)
