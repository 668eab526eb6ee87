"""Making text from an account safe to look at."""

import re
import unicodedata

_LAST_LATIN = 0xFF
# What begins a command to the runner of GitHub Actions or of Azure Pipelines wherever it stands in a line of a log.
_COMMAND = re.compile(r"##(?=\[|vso\[)", re.IGNORECASE)


def visible(text: str) -> str:
    r"""Spell out characters that cannot be seen or that move others: U+202E becomes `\u202e`.

    So is what a runner of builds takes for a command: `##[` becomes `#\x23[`. What comes back is one line.
    """
    if "##" in text:
        text = _COMMAND.sub(r"#\\x23", text)
    # Not printable: control and format characters (escapes, bidirectional overrides, zero width), halves of
    # surrogate pairs, private and unassigned code points, and every separator but the plain space.
    if text.isprintable():
        return text
    return "".join(_spelled(char) if not char.isprintable() else char for char in text)


def _spelled(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code <= _LAST_LATIN else f"\\u{code:04x}"


def width(text: str) -> int:
    """How many columns a text takes in a terminal."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def clipped(text: str, columns: int) -> str:
    """A text that takes at most so many columns; an ellipsis shows that something was cut."""
    if width(text) <= columns:
        return text
    taken, room = [], columns - 1
    for char in text:
        room -= _columns(char)
        if room < 0:
            break
        taken.append(char)
    return "".join(taken) + "…" if columns > 0 else ""


def padded(text: str, columns: int) -> str:
    """A text that takes exactly so many columns."""
    text = clipped(text, columns)
    return text + " " * (columns - width(text))
