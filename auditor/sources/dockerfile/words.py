"""What stands in the words of a Dockerfile's instructions: quotes and variables.

Source: `frontend/dockerfile/shell` of `moby/buildkit`, and "Environment replacement" of the Dockerfile reference.
"""

import re
from collections.abc import Iterator, Mapping

from auditor.model.unknown import Reason, Unknown

_VARIABLE = re.compile(r"\$(?:\{(\w+)(?:(:?[-+])([^{}$]*))?\}|(\w+))")
# A piece of a word: quoted once, quoted twice, one character that is escaped, or neither. The directive `escape`
# makes a backtick what a backslash is; nothing that is judged holds one of its own.
_PIECE = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*)"|[\\`](.)|([^'"\\`]+)""", re.DOTALL)
_QUOTED_ESCAPE = re.compile(r'[\\`](["$\\`])')
_WORD = re.compile(r"""(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\]|\\(?=\s*$))+""", re.DOTALL)
# A value that doubles itself from line to line would fill all memory.
_LONGEST = 10_000


def words(text: str) -> list[str] | None:
    """The words of a text with their quotes; None where a quote is never closed."""
    left = _WORD.sub(" ", text).strip()
    return None if left else _WORD.findall(text)


def dequoted(word: str) -> str:
    """A word without quotes; variables stay as they are."""
    return "".join(piece for piece, _ in _pieces(word) or ())


def plain(text: str, values: Mapping[str, str | Unknown | None]) -> str | Unknown:
    """A text without quotes and with the values of its variables; an `Unknown` where one has none.

    Args:
        text: as it stands.
        values: by name; None for an argument without a default.
    """
    pieces = _pieces(text)
    if pieces is None:
        return Unknown(Reason.UNSUPPORTED_SYNTAX, "a quote is never closed")
    found: list[str] = []
    for piece, literal in pieces:
        value = piece if literal else substituted(piece, values)
        if isinstance(value, Unknown):
            return value
        found.append(value)
    whole = "".join(found)
    return whole if len(whole) <= _LONGEST else _too_far()


def _pieces(text: str) -> list[tuple[str, bool]] | None:
    """The pieces of a text without quotes, and whether each stands for itself; None where a quote is not closed."""
    found: list[tuple[str, bool]] = []
    for match in _PIECE.finditer(text):
        single, double, escaped, bare = match.groups()
        if single is not None or escaped is not None:
            found.append((single if single is not None else escaped, True))
        elif double is not None:
            found += _double(double)
        else:
            found.append((bare, False))
    taken = sum(len(match[0]) for match in _PIECE.finditer(text))
    return found if taken == len(text) else None


def _double(text: str) -> Iterator[tuple[str, bool]]:
    last = 0
    for match in _QUOTED_ESCAPE.finditer(text):
        yield text[last : match.start()], False
        yield match[1], True
        last = match.end()
    yield text[last:], False


def substituted(text: str, values: Mapping[str, str | Unknown | None]) -> str | Unknown:
    """A text with the values of its variables; an `Unknown` where one has none.

    Args:
        text: as it stands, its quotes aside.
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
        return _too_far()
    return Unknown(Reason.UNSUPPORTED_SYNTAX, "a variable is not understood") if "$" in found else found


def known_only(text: str, values: Mapping[str, str | Unknown | None]) -> str:
    """A text in which variables that are known have their values; others stay, for a shell to tell."""
    left = _LONGEST

    def value_of(match: re.Match[str]) -> str:
        nonlocal left
        known = values.get(match[1] or match[4])
        if not isinstance(known, str) or match[2]:
            return match[0]
        left -= len(known)
        return known if left >= 0 else match[0]

    return _VARIABLE.sub(value_of, text)


def _too_far() -> Unknown:
    return Unknown(Reason.UNSUPPORTED_SYNTAX, "its variables expand too far")
