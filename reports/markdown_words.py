"""Text of strangers inside Markdown: nothing in it formats, links, notifies anyone or ends a table."""

import re

from .text import visible

_PLAIN = re.compile(r"[A-Za-z0-9 ,.;:()'/%=+-]*")
_LINKED = re.compile(r"(?i)https?:|www\.")
_TICKS = re.compile("`+")


def prose(text: str, *, cell: bool = False) -> str:
    """A sentence: as it is where nothing in it means anything to Markdown, else as code.

    Args:
        text: what to show, on one line.
        cell: whether it stands in a table.
    """
    shown = visible(" ".join(text.split()))
    plain = _PLAIN.fullmatch(shown) and not _LINKED.search(shown) and not shown.startswith(("-", "+", "="))
    return shown if plain else code(shown, cell=cell)


def code(text: str, *, cell: bool = False) -> str:
    """A code span: in it GitHub and GitLab resolve no mention, no reference and no link.

    Args:
        text: what to show.
        cell: whether it stands in a table, where a bar has to be escaped even in code (GFM, section 4.10).
    """
    shown = visible(text) or " "
    if cell:
        shown = shown.replace("|", "\\|")
    longest = max(map(len, _TICKS.findall(shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown[0] == "`" or shown[-1] == "`" else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def clause(text: str) -> str:
    """The words of a rule as a sentence that Markdown shows as they were written."""
    shown = visible(text)
    shown = shown[:1].upper() + shown[1:]
    return re.sub(r"([\\*_<>\[\]`|~])", r"\\\1", shown)
