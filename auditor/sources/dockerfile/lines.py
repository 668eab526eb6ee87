"""The instructions of a Dockerfile, by the rules of BuildKit.

Source: `frontend/dockerfile/parser` of `moby/buildkit`, and "Here-documents" and "Parser directives" of the Dockerfile
reference. A line that is taken for text and is an instruction, or the other way round, hides what is built.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.sources.dockerfile.words import dequoted, words

# `# escape=…` and the like, which stand before anything else.
_DIRECTIVE = re.compile(r"^\s*(?:#|//)\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$")
_DIRECTIVES = frozenset({"check", "escape", "syntax"})
_HEREDOC = re.compile(r"(\d*)<<(-?)([^<]+)")
_HOLDS_HEREDOC = frozenset({"ADD", "COPY", "RUN"})
_FLAG = re.compile(r"--\S*")
_BLANK = re.compile(r"[\t\v\f\r ]+")
# What one version of BuildKit stops at, or takes for an escape, and another does not.
_DOUBTFUL = re.compile(r"\$\{(?!\w+(?::?[-+?][^{}]*)?\})|<<[^\s<]*`")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction.

    Args:
        word: in capitals; SYNTAX for the directive of that name.
        value: what follows, without flags, here-documents and continued lines joined.
        line: 1-based.
        flags: `--from=x` and the like, as they stand.
        documents: the texts of its here-documents.
        doubtful: whether another reader may take the lines that follow for something else.
    """

    word: str
    value: str
    line: int
    flags: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    doubtful: bool = False

    def flag(self, name: str) -> str | None:
        """The value of a flag, the last where it is said twice; None where it is not said."""
        start = f"--{name}="
        return next((said.removeprefix(start) for said in reversed(self.flags) if said.startswith(start)), None)

    def within(self) -> "Instruction":
        """What an ONBUILD or a HEALTHCHECK holds."""
        word, flags, value = _parted(self.value)
        return Instruction(word, value, self.line, flags, self.documents, self.doubtful)


def instructions(text: str) -> Iterator[Instruction]:
    """The instructions of a text; the lines of a here-document belong to theirs.

    Args:
        text: the file's.
    """
    # Only a line feed ends a line; `splitlines` knows ten other ends.
    lines = [line.rstrip("\r") for line in text.removeprefix("\ufeff").split("\n")]
    directives = dict(_directives(lines))
    if "syntax" in directives:
        value, line = directives["syntax"]
        yield Instruction("SYNTAX", value, line)
    escape = "`" if directives.get("escape", ("", 0))[0] == "`" else "\\"
    index, ended = 0, True
    while index < len(lines):
        start = index
        joined, index = _joined(lines, index, escape)
        if not joined:
            continue
        word, flags, value = _parted(joined)
        inner = value.split(None, 1)[0].upper() if word == "ONBUILD" and value else word
        found: list[tuple[bool, str]] = []
        # Behind one that never ends no builder reads on; to look for the end of each would take its time squared.
        if ended and inner in _HOLDS_HEREDOC and exec_form(value) is None:
            found = list(_heredocs(joined))
        documents, index, closed = _documents(lines, index, found)
        ended = ended and closed
        doubtful = bool(found) and (not ended or _DOUBTFUL.search(joined) is not None)
        yield Instruction(word, value, start + 1, flags, documents, doubtful)


def _directives(lines: Sequence[str]) -> Iterator[tuple[str, tuple[str, int]]]:
    first = 1 if lines[0].startswith("#!") else 0
    for number, line in enumerate(lines[first:], start=first + 1):
        found = _DIRECTIVE.match(line)
        if found is None or found[1].lower() not in _DIRECTIVES:
            return
        yield found[1].lower(), (found[2], number)


def _joined(lines: Sequence[str], index: int, escape: str) -> tuple[str, int]:
    """A line with those that continue it, without comments, and the number of the line after them."""
    parts: list[str] = []
    while index < len(lines):
        line = lines[index]
        index += 1
        bare = line.lstrip()
        if bare.startswith("#") or not bare:
            if parts:
                continue
            return "", index
        line = line if parts else bare
        ended = line.rstrip(" \t")
        if not ended.endswith(escape) or ended[-2:] == escape * 2:
            parts.append(line)
            break
        parts.append(ended[:-1])
    return "".join(parts).strip(), index


def _parted(joined: str) -> tuple[str, tuple[str, ...], str]:
    """The word of an instruction, its flags, and the rest."""
    word, *rest_of = _BLANK.split(joined.strip(), maxsplit=1)
    rest, flags = rest_of[0] if rest_of else "", []
    while (found := _FLAG.match(rest)) is not None:
        rest = rest[found.end() :].lstrip()
        if found[0] == "--":
            break
        flags.append(dequoted(found[0]))
    return word.upper(), tuple(flags), rest


def exec_form(value: str) -> list[str] | None:
    """The words of an instruction in JSON; None where it is none."""
    if not value.startswith("["):
        return None
    try:
        said = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, list) and all(isinstance(word, str) for word in said) else None


def _heredocs(joined: str) -> Iterator[tuple[bool, str]]:
    """Of each here-document whether tabs before it are dropped, and the line that ends it."""
    for word in words(joined) or ():
        found = _HEREDOC.fullmatch(word)
        if found is not None and (name := dequoted(found[3])):
            yield found[2] == "-", name


def _documents(
    lines: Sequence[str], index: int, found: Sequence[tuple[bool, str]]
) -> tuple[tuple[str, ...], int, bool]:
    """The texts of here-documents, the line after them, and whether every one ends."""
    documents: list[str] = []
    for drops_tabs, name in found:
        end = index
        while end < len(lines) and (lines[end].lstrip("\t") if drops_tabs else lines[end]) != name:
            end += 1
        if end == len(lines):
            # No builder takes it: what follows is read as if it were none.
            return tuple(documents), index, False
        documents.append("\n".join(lines[index:end]))
        index = end + 1
    return tuple(documents), index, True
