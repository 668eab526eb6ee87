"""Where the values of a document stand, and how much of a document is read."""

from collections.abc import Sequence
from dataclasses import dataclass

# SageMaker takes no request beyond 1 MiB; the plan of a large Terraform configuration is what grows beyond.
MAX_BYTES = 50 * 1024 * 1024
# No format that is read needs a fifth of it; what walks a document recursively stays far from Python's own limit.
MAX_DEPTH = 200
# What helps where a file is no YAML and a template engine has something to say in it.
RENDER = "if it is a template of Helm or Jinja, render it first (`helm template`)"

RawPath = tuple[str | int, ...]


@dataclass(slots=True)
class Mark:
    """Where a value stands.

    Args:
        line: 1-based line of its key, or of the value itself where it is an item of a list.
        inside: the marks of what an object or a list holds, by key or index.
    """

    line: int
    inside: "dict[str | int, Mark] | None" = None

    def line_of(self, path: Sequence[str | int]) -> int:
        """The line of the value at a path, or of the nearest value around it."""
        here = self
        for step in path:
            found = here.inside.get(step) if here.inside else None
            if found is None:
                break
            here = found
        return here.line
