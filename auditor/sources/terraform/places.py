"""Where a resource of a plan is written: in the Terraform files beside the plan, else in the plan itself.

The files are read as text and nothing else; only those in the plan's own repository (or folder), no links.
"""

import os
import posixpath
from functools import partial
from pathlib import Path
from typing import Any

from auditor.sources.document import Document
from auditor.sources.marks import Mark
from auditor.sources.terraform.folder import Folder, read_folder
from auditor.sources.terraform.hcl import Block
from auditor.sources.terraform.plan import Change, Plan, steps

_MAX_FOLDERS = 100
_LOCAL = ("./", "../")
_KINDS = frozenset({"data", "module", "resource"})
_NOTHING = Folder(whole=False)


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
        self._read: dict[str, Folder] = {}
        self._same: dict[tuple[str, str], bool] = {}

    def of(self, change: Change) -> Document:
        """A document that tells the lines of one resource, with paths that begin at its attributes."""
        found = self._found(change) if self._plan.document.path.name else None
        if found is None:
            document = self._plan.document
            return Document(document.shown, None, document.path, marks=partial(_in_plan, document, change))
        shown, block = found
        return Document(shown, None, marks=lambda: block.mark)

    def leaves_out(self, change: Change, argument: str) -> bool:
        """Whether the text of a resource is there and surely holds no argument or block of a name.

        Text of which the plan was not made tells nothing: the folder must hold the very resources, data sources and
        calls of the module, and the resource the arguments that the plan knows of.
        """
        folder, _, own = self._way(change) if self._plan.document.path.name else ("", None, False)
        if not own or not self._folder_at(folder).leaves_out(_key(change), argument):
            return False
        arguments = self._plan.module(change.module).resources.get(change.key, ())
        return self._is_of(folder, change.module) and self._folder_at(folder).holds(_key(change), arguments)

    def _is_of(self, folder: str, module: str) -> bool:
        """Whether the files of a folder are those that a module of the plan was made from."""
        if (folder, module) not in self._same:
            written = {key for key in self._folder_at(folder).blocks if key[0] in _KINDS}
            self._same[folder, module] = written == self._plan.module(module).keys
        return self._same[folder, module]

    def _found(self, change: Change) -> tuple[str, Block] | None:
        """The block of a resource, else the call of the nearest module around it whose text is there."""
        folder, around, own = self._way(change)
        return (self._block(folder, _key(change)) if own else None) or around

    def _way(self, change: Change) -> tuple[str, tuple[str, Block] | None, bool]:
        """The folder of a resource's module, the nearest call around, and whether the folder is the module's own."""
        folder = ""
        module = ""
        around: tuple[str, Block] | None = None
        for name, key in steps(change.module):
            around = self._block(folder, ("module", name)) or around
            source = self._plan.module(module).call(name).get("source")
            if not isinstance(source, str) or not source.startswith(_LOCAL) or "\0" in source:
                return folder, around, False
            folder = posixpath.normpath(posixpath.join(folder, source))
            module = f"{module}.module.{name}{key}".lstrip(".")
        return folder, around, True

    def _block(self, folder: str, key: tuple[str, ...]) -> tuple[str, Block] | None:
        """A block of a folder, and its file as reports call it."""
        found = self._folder_at(folder).blocks.get(key)
        if found is None:
            return None
        name, block = found
        return posixpath.normpath(posixpath.join(self._shown, folder, name)), block

    def _folder_at(self, folder: str) -> Folder:
        if folder not in self._read:
            place = Path(os.path.realpath(self._folder / folder))
            inside = place.is_relative_to(self._root) and len(self._read) < _MAX_FOLDERS
            self._read[folder] = read_folder(place) if inside else _NOTHING
        return self._read[folder]


def _key(change: Change) -> tuple[str, ...]:
    return ("data" if change.mode == "data" else "resource", change.type, change.name)


def _in_plan(document: Document, change: Change) -> Mark:
    """The marks of a change in the plan; of an attribute those in `after`, or of what a data source told."""
    mark = Mark(document.line_of(change.at))
    here: Mark | None = document.marks()
    inner = ("values",) if change.told else ("change", "after")
    for step in (*change.at, *inner):
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
