"""The instructions of a Dockerfile, and what stands in their words."""

import io
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from auditor.model.unknown import Reason, Unknown

_VARIABLE = re.compile(r"\$(?:\{(\w+)(?:(:?[-+])([^{}$]*))?\}|(\w+))")
_HEREDOC = re.compile(r"<<-?([\"']?)(\w+)\1")
_BETWEEN = re.compile(r"(\|\||&&|[|;&\n])")
_FETCHER = re.compile(r"(?:^|[\s\"'\[(])(curl|wget)(?=\s|$)")
_SUBSTITUTED = re.compile(r"(?:<\(|\$\(|`)\s*(curl|wget)\s")
_SHELL = re.compile(r"(?:sh|bash|zsh|dash|ash|ksh|perl|ruby|node|python[\d.]*)$")
# A value that doubles itself from line to line would fill all memory.
_LONGEST = 10_000
_SOURCES = frozenset({"eval", "source", "."})
_BEFORE = frozenset({"sudo", "env", "exec", "-E", "-H"})


class Instruction(NamedTuple):
    """One instruction. Args: word, in capitals; value; line: 1-based."""

    word: str
    value: str
    line: int


def instructions(text: str) -> Iterator[Instruction]:
    """The instructions of a text; the lines of a here-document belong to theirs, those of ONBUILD are its own."""
    # Only here is there a Dockerfile to parse.
    from dockerfile_parse import DockerfileParser  # noqa: PLC0415

    lines = text.splitlines()
    ends = _ends(lines)
    end = -1
    for entry in DockerfileParser(fileobj=io.BytesIO(text.encode())).structure:
        word, value, line = entry["instruction"], entry["value"], entry["startline"]
        if line <= end or word == "COMMENT":
            continue
        end = entry["endline"]
        here = _HEREDOC.search(value) if word in ("RUN", "COPY", "ADD") else None
        if here is not None:
            found = ends.get(here[2], [])
            place = bisect_right(found, end)
            # Without its last line it is none: a shift, or a text.
            last = found[place] if place < len(found) else end
            # What COPY and ADD write into a file is no command.
            value = "\n".join([value, *lines[end + 1 : last]]) if word == "RUN" else value
            end = last
        yield Instruction(word, value, line + 1)


def _ends(lines: list[str]) -> dict[str, list[int]]:
    """The lines that could end a here-document, by what stands in them."""
    found: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        if line.strip().isidentifier():
            found.setdefault(line.strip(), []).append(number)
    return found


def substituted(text: str, values: Mapping[str, str | Unknown | None]) -> str | Unknown:
    """A text with the values of its variables; an `Unknown` where one has none.

    Args:
        text: as it stands.
        values: by name; None for an argument without a default.
    """
    unknown: list[Unknown] = []
    left = _LONGEST

    def bounded(match: re.Match[str]) -> str:
        nonlocal left
        value = value_of(match)
        left -= len(value)
        return value if left >= 0 else ""

    def value_of(match: re.Match[str]) -> str:
        name = match[1] or match[4]
        known = values.get(name)
        if isinstance(known, Unknown):
            unknown.append(known)
            return ""
        if match[2] in ("+", ":+"):
            return match[3] if known else ""
        if match[2] in ("-", ":-"):
            return known or match[3]
        if known is None:
            unknown.append(
                Unknown(Reason.RUNTIME_VALUE, f"only the build tells ${name}: give --parameters {name}=… or a default")
            )
        return known or ""

    found = _VARIABLE.sub(bounded, text)
    if unknown:
        return unknown[0]
    if left < 0:
        return Unknown(Reason.UNSUPPORTED_SYNTAX, "its variables expand too far")
    return Unknown(Reason.UNSUPPORTED_SYNTAX, "a variable is not understood") if "$" in found else found


def piped(command: str) -> Iterator[tuple[str, str]]:
    """The programs that fetch, each with what runs unseen what they fetch (`curl … | sh`, `sh <(curl …)`)."""
    fetcher = ""
    parts = _BETWEEN.split(command)
    for index in range(0, len(parts), 2):
        piece, before = parts[index], parts[index - 1] if index else ""
        shell = _shell(piece)
        fetcher = fetcher if before == "|" else ""
        if fetcher and shell:
            yield fetcher, shell
        inner = _SUBSTITUTED.search(piece)
        if inner is not None and shell:
            yield inner[1], shell
        own = _FETCHER.search(piece)
        fetcher = own[1] if own is not None else fetcher


def _shell(piece: str) -> str:
    words = [word.strip("\"'[],()") for word in piece.split(None, 8)[:8]]
    for word in words:
        name = word.rpartition("/")[2]
        if _SHELL.match(name) or word in _SOURCES:
            return name or word
        if word and word not in _BEFORE:
            return ""
    return ""
