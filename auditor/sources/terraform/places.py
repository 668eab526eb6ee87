"""Where a resource of a plan is written: in the .tf files beside the plan, else in the plan itself.

The files are read as text and nothing else; only those in the plan's own repository (or folder), no links.
"""

import os
import posixpath
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from auditor.sources.document import Document
from auditor.sources.marks import Mark
from auditor.sources.terraform.hcl import Block, blocks
from auditor.sources.terraform.plan import Change, Plan, steps

_MAX_FILE = 1024 * 1024
_MAX_FILES = 500
_MAX_FOLDERS = 100
_LOCAL = ("./", "../")

_Known = Mapping[tuple[str, ...], tuple[str, Block]]


class Places:
    """Finds what reports show of each resource.

    Args:
        plan: the plan.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        document = plan.document
        self._shown = posixpath.dirname(document.shown)
        # What reports call a file is relative to the repository; that far up may a module be, and no link leads out.
        parts = self._shown.split("/") if self._shown else []
        up = 0 if ".." in parts or document.shown.startswith("/") else len(parts)
        top = Path(os.path.abspath(document.path.parent))  # noqa: PTH100  `resolve` would follow links
        self._folder = Path(os.path.realpath(top))
        self._root = Path(os.path.realpath(top.parents[up - 1] if 0 < up <= len(top.parents) else top))
        self._read: dict[str, _Known] = {}

    def of(self, change: Change) -> Document:
        """A document that tells the lines of one resource, with paths that begin at its attributes."""
        found = self._found(change) if self._plan.document.path.name else None
        if found is None:
            document = self._plan.document
            return Document(document.shown, None, document.path, marks=partial(_in_plan, document, change))
        shown, block = found
        return Document(shown, None, marks=lambda: block.mark)

    def _found(self, change: Change) -> tuple[str, Block] | None:
        """The block of a resource, else the call of the nearest module around it whose text is there."""
        folder = ""
        module = ""
        around: tuple[str, Block] | None = None
        for name, key in steps(change.module):
            here = self._blocks(folder)
            around = here.get(("module", name), around)
            source = self._plan.module(module).call(name).get("source")
            if not isinstance(source, str) or not source.startswith(_LOCAL):
                return around
            folder = posixpath.normpath(posixpath.join(folder, source))
            module = f"{module}.module.{name}{key}".lstrip(".")
        kind = "data" if change.mode == "data" else "resource"
        return self._blocks(folder).get((kind, change.type, change.name), around)

    def _blocks(self, folder: str) -> _Known:
        if folder not in self._read:
            self._read[folder] = self._scan(folder) if len(self._read) < _MAX_FOLDERS else {}
        return self._read[folder]

    def _scan(self, folder: str) -> _Known:
        place = Path(os.path.realpath(self._folder / folder))
        if not place.is_relative_to(self._root):
            return {}
        found: dict[tuple[str, ...], tuple[str, Block]] = {}
        try:
            names = sorted(entry.name for entry in os.scandir(place) if _readable(entry))[:_MAX_FILES]
        except OSError:
            return {}
        for name in names:
            shown = posixpath.normpath(posixpath.join(self._shown, folder, name))
            for block in _text_blocks(place / name):
                found.setdefault((block.kind, *block.labels), (shown, block))
        return found


def _readable(entry: "os.DirEntry[str]") -> bool:
    return (
        entry.name.endswith((".tf", ".tofu"))
        and entry.is_file(follow_symlinks=False)
        and entry.stat(follow_symlinks=False).st_size <= _MAX_FILE
    )


def _text_blocks(path: Path) -> list[Block]:
    try:
        return blocks(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        return []


def _in_plan(document: Document, change: Change) -> Mark:
    """The marks of a change in the plan; of an attribute those in `after`."""
    mark = Mark(document.line_of(change.at))
    here: Mark | None = document.marks()
    for step in (*change.at, "change", "after"):
        here = here.inside.get(step) if here is not None and here.inside else None
    if here is not None and here.inside:
        # A line that holds a secret is pointed to by nothing: whoever shows lines would show it.
        mark.inside = {key: inner for key, inner in here.inside.items() if not _sealed(change.sensitive, key)}
    return mark


def _sealed(marks: Any, key: str | int) -> bool:
    """Whether an attribute is marked as sensitive, or anything in it."""
    return _any(marks.get(key) if isinstance(marks, dict) else marks)


def _any(marks: Any) -> bool:
    if isinstance(marks, dict | list):
        return any(_any(inner) for inner in (marks.values() if isinstance(marks, dict) else marks))
    return marks is True
