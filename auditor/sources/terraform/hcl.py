"""Where the blocks and arguments of a Terraform file stand. Nothing in it is evaluated.

Source of the grammar: HCL native syntax specification. What is found is a place to show: a file that is written in
an unheard-of way costs lines. That a block is *not* there is told by `auditor.sources.terraform.folder`, which
does not rely on this walk alone.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from auditor.sources.marks import MAX_DEPTH, Mark

_WORD = r"[A-Za-z_][\w-]*"
_BLOCK = re.compile(rf'\s*({_WORD})((?:\s+(?:"[^"]*"|{_WORD}))*)\s*\{{')
_ARGUMENT = re.compile(rf'\s*(?:({_WORD})|"([^"]*)")\s*(?:=(?!=)|:)')
_HEREDOC = re.compile(rf"<<-?({_WORD})\s*$")
_LABEL = re.compile(rf'"([^"]*)"|({_WORD})')
# A `dynamic` block stands for as many as there will be.
DYNAMIC = 16


@dataclass(slots=True)
class Block:
    """A block.

    Args:
        kind: its first word: resource, module, variable.
        labels: what follows.
        mark: where it and its arguments stand.
    """

    kind: str
    labels: tuple[str, ...]
    mark: Mark


@dataclass(slots=True)
class _Open:
    """A brace that is open: of a block or an object where `inside` takes marks, else of anything."""

    inside: dict[str | int, Mark] | None
    closing: str = "}"
    repeated: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Scan:
    """One walk over the lines of a file."""

    blocks: list[Block] = field(default_factory=list)
    open: list[_Open] = field(default_factory=list)

    def line(self, text: str, number: int) -> None:
        """Take a line in which strings and comments are blank."""
        here = self.open[-1] if self.open else None
        start = 0
        if here is None or here.inside is not None:
            block = _BLOCK.match(text)
            argument = None if block else _ARGUMENT.match(text)
            if block:
                self._begin(block, here, number)
                start = block.end()
            elif argument and here is not None and here.inside is not None:
                mark = here.inside.setdefault(argument.group(1) or argument.group(2), Mark(number))
                rest = text[argument.end() :].strip()
                start = argument.end()
                if rest == "{":
                    mark.inside = {}
                    self.open.append(_Open(mark.inside))
                    start = len(text)
        for char in text[start:]:
            if char in "{[(":
                self.open.append(_Open(None, {"{": "}", "[": "]", "(": ")"}[char]))
            elif char in "}])" and self.open and self.open[-1].closing == char:
                self.open.pop()

    def _begin(self, block: re.Match[str], around: _Open | None, number: int) -> None:
        kind = block.group(1)
        labels = tuple(quoted or bare for quoted, bare in _LABEL.findall(block.group(2)))
        inside: dict[str | int, Mark] = {}
        mark = Mark(number, inside)
        if around is None:
            self.blocks.append(Block(kind, labels, mark))
        elif around.inside is not None:
            if kind == "dynamic" and labels:
                around.inside[labels[0]] = Mark(number, dict.fromkeys(range(DYNAMIC), mark))
            elif kind == "content":
                around.inside["content"] = mark
                # The arguments are those of the block that it makes.
                inside = around.inside
            else:
                first = around.inside.setdefault(kind, Mark(number, {}))
                if first.inside is not None:
                    first.inside[around.repeated[kind]] = mark
                    around.repeated[kind] += 1
        self.open.append(_Open(inside))


def blocks(text: str) -> list[Block]:
    """The blocks at the top of a file, each with the lines of what is in it."""
    scan = _Scan()
    for number, line in _blanked(text):
        scan.line(line, number)
        if len(scan.open) > MAX_DEPTH:
            break
    return scan.blocks


def _blanked(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a file without comments, heredocs and what stands in strings, but for labels and quoted keys."""
    until = ""
    comment = False
    for number, line in enumerate(text.splitlines(), 1):
        if until:
            until = "" if line.strip() == until else until
            continue
        clean, comment = _clean(line, comment=comment)
        heredoc = _HEREDOC.search(clean)
        if heredoc:
            until = heredoc.group(1)
            clean = clean[: heredoc.start()]
        yield number, clean


_PLAIN = re.compile(r"[\w./ -]*\Z")


def _clean(line: str, *, comment: bool) -> tuple[str, bool]:
    out: list[str] = []
    place = 0
    while place < len(line):
        if comment:
            end = line.find("*/", place)
            if end < 0:
                return "".join(out), True
            place, comment = end + 2, False
        elif line.startswith("/*", place):
            place, comment = place + 2, True
        elif line[place] == "#" or line.startswith("//", place):
            break
        elif line[place] == '"':
            end = _end_of_string(line, place + 1)
            inner = line[place + 1 : end]
            out.append(f'"{inner}"' if _PLAIN.match(inner) else '""')
            place = end + 1
        else:
            out.append(line[place])
            place += 1
    return "".join(out), comment


def _end_of_string(line: str, place: int, around: int = 0) -> int:
    """Where a string ends; one within `${…}` is part of it. Strings in too many others take the rest of the line."""
    if around > MAX_DEPTH:
        return len(line)
    depth = 0
    while place < len(line):
        char = line[place]
        if char == "\\":
            place += 1
        elif line.startswith("${", place) or line.startswith("%{", place):
            depth += 1
            place += 1
        elif char == "}" and depth:
            depth -= 1
        elif char == '"' and not depth:
            return place
        elif char == '"':
            place = _end_of_string(line, place + 1, around + 1)
        place += 1
    return place
