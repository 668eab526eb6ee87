"""The Terraform files of one folder: which blocks they hold, and which blocks could be made by a `dynamic` one.

Sources: Terraform documentation, "Native Configuration Syntax" (.tf), "JSON Configuration Syntax" (.tf.json) and
"dynamic Blocks"; OpenTofu reads .tofu and .tofu.json too.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from auditor.errors import InputError
from auditor.sources.jsonfile import json_marks, parse_json
from auditor.sources.marks import Mark
from auditor.sources.terraform.hcl import DYNAMIC, Block, blocks

_MAX_FILE = 1024 * 1024
_MAX_FILES = 500
_SUFFIXES = (".tf", ".tofu", ".tf.json", ".tofu.json")
# A block begins its line, but for comments before it; the text is not cleaned first, so that nothing can hide one.
_MADE = re.compile(r'(?:^|\*/)[ \t]*dynamic\b(?:[ \t]+(?:"([\w-]+)"|([\w-]+))[ \t]*\{)?', re.MULTILINE)
_LABELS: Mapping[str, int] = {"resource": 2, "data": 2, "module": 1}

Key = tuple[str, ...]


@dataclass(slots=True)
class Folder:
    """What the files of a folder hold.

    Args:
        blocks: file name and block, by kind and labels.
        twice: the keys of blocks that stand there more than once, as override files make them.
        dynamic: the names of blocks that a `dynamic` block makes; empty for one whose name is not plain.
        whole: whether every file of the folder that Terraform reads was read.
    """

    blocks: dict[Key, tuple[str, Block]] = field(default_factory=dict)
    twice: set[Key] = field(default_factory=set)
    dynamic: set[str] = field(default_factory=set)
    whole: bool = True

    def leaves_out(self, key: Key, argument: str) -> bool:
        """Whether a block surely has no argument or inner block of a name."""
        found = self.blocks.get(key)
        if found is None or not self.whole or key in self.twice or not self.dynamic.isdisjoint({argument, ""}):
            return False
        return argument not in (found[1].mark.inside or {})

    def holds(self, key: Key, arguments: Iterable[str]) -> bool:
        """Whether a block holds all of some arguments."""
        found = self.blocks.get(key)
        return found is not None and set(arguments) <= set(found[1].mark.inside or {})

    def add(self, name: str, found: list[Block]) -> None:
        """Take the blocks of a file."""
        for block in found:
            key = (block.kind, *block.labels)
            if key in self.blocks:
                self.twice.add(key)
            self.blocks.setdefault(key, (name, block))


def read_folder(place: Path) -> Folder:
    """Read the files of a folder as text; a file that cannot be read costs lines, and what hangs on all being read.

    Args:
        place: the folder. Links in it are not followed.
    """
    folder = Folder()
    try:
        entries = sorted((one for one in os.scandir(place) if one.name.endswith(_SUFFIXES)), key=lambda one: one.name)
    except OSError:
        return Folder(whole=False)
    folder.whole = len(entries) <= _MAX_FILES
    for entry in entries[:_MAX_FILES]:
        try:
            if not _readable(entry):
                folder.whole = False
                continue
            text = (place / entry.name).read_text(encoding="utf-8-sig")
            if entry.name.endswith(".json"):
                _take_json(folder, entry.name, text)
            else:
                folder.dynamic.update(quoted or bare for quoted, bare in _MADE.findall(text))
                folder.add(entry.name, blocks(text))
        except (OSError, UnicodeDecodeError, InputError):
            folder.whole = False
    return folder


def _readable(entry: "os.DirEntry[str]") -> bool:
    return entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_size <= _MAX_FILE


def _take_json(folder: Folder, name: str, text: str) -> None:
    parse_json(text, name)
    for top in _objects(json_marks(text, name)):
        for kind, mark in _entries(top):
            for labels, body in _labelled(mark, _LABELS.get(kind, 0)):
                folder.dynamic.update(_made(body))
                folder.add(name, [Block(kind, labels, _body(body))])


def _objects(mark: Mark) -> Iterator[Mark]:
    """An object, or those of an array: the syntax takes either wherever a block may stand."""
    items = [inner for step, inner in (mark.inside or {}).items() if isinstance(step, int)]
    if items:
        yield from items
    else:
        yield mark


def _entries(mark: Mark) -> Iterator[tuple[str, Mark]]:
    return ((step, inner) for step, inner in (mark.inside or {}).items() if isinstance(step, str))


def _labelled(mark: Mark, labels: int) -> Iterator[tuple[Key, Mark]]:
    """The blocks of a kind with their labels, and the mark of what is in them."""
    for one in _objects(mark):
        if not labels:
            yield (), Mark(mark.line, one.inside)
            continue
        for label, inner in _entries(one):
            for more, body in _labelled(inner, labels - 1):
                yield (label, *more), body


def _body(mark: Mark) -> Mark:
    """The marks of a block as paths ask for them: what may be repeated is a list, however it is written."""
    inside: dict[str | int, Mark] = {}
    for name, inner in _entries(mark):
        if name == "dynamic":
            for one in _objects(inner):
                for made, how in _entries(one):
                    inside[made] = _repeated(how)
        else:
            inside[name] = _listed(inner)
    return Mark(mark.line, inside)


def _listed(mark: Mark) -> Mark:
    if not mark.inside:
        return mark
    if any(isinstance(step, int) for step in mark.inside):
        return Mark(mark.line, {step: _body(inner) if inner.inside else inner for step, inner in mark.inside.items()})
    body = _body(mark)
    return Mark(mark.line, {**(body.inside or {}), 0: body})


def _repeated(how: Mark) -> Mark:
    """The marks of what a `dynamic` block makes."""
    content = next((body for one in _objects(how) for name, body in _entries(one) if name == "content"), how)
    body = _body(next(_objects(content)))
    return Mark(how.line, dict.fromkeys(range(DYNAMIC), body))


def _made(mark: Mark) -> Iterator[str]:
    """The names of blocks that `dynamic` blocks make anywhere within a block."""
    for step, inner in (mark.inside or {}).items():
        if step == "dynamic":
            names = [name for one in _objects(inner) for name, _ in _entries(one)]
            yield from names or [""]
        yield from _made(inner)
