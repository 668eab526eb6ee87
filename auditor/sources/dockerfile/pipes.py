"""What a command fetches and runs unseen: `curl … | sh`, `sh <(curl …)`, `bash -c "$(curl …)"`."""

import re
from collections.abc import Iterator

_CONTINUED = re.compile(r"\\\n")
# A line that ends in an operator goes on in the next.
_GOES_ON = re.compile(r"(\|&|\|\||&&|\|)\s*\n\s*")
# A shell drops quotes, so that `c"ur"l` and `cu\rl` are curl.
_UNQUOTED = str.maketrans("", "", "\"'\\")
_BETWEEN = re.compile(r"(\|\||&&|\|&|[|;&\n])")
_FETCHES = r"(?:[^\s\[(`=|;&,]*/)?(curl|wget2?|aria2c)"
_FETCHER = re.compile(rf"(?:^|[\s\[(`=,]){_FETCHES}(?=[\s,]|$)")
_SUBSTITUTED = re.compile(rf"(?:<\(|\$\(|`)\s*{_FETCHES}\s")
_INTO = re.compile(r">\(\s*([^\s)]+)")
_SHELL = re.compile(r"(?:r?bash|[bdkz]?a?sh|mksh|t?csh|fish|perl|ruby|node|php|pwsh|python[\d.]*|Rscript)$")
_SOURCES = frozenset({"eval", "source", "."})
# Programs that run the one that is named after them and their options.
_WRAPPERS = frozenset(
    {
        *("sudo", "doas", "su", "gosu", "su-exec", "runuser", "setpriv", "chroot", "unshare", "nsenter", "fakeroot"),
        *("env", "exec", "command", "builtin", "nice", "ionice", "nohup", "setsid", "time", "timeout", "stdbuf"),
        *("xargs", "busybox", "toybox", "script", "unbuffer", "flock", "chronic", "catchsegv"),
    }
)
_KEYWORDS = frozenset({"", "!", "{", "then", "do", "else", "if", "while", "until"})
_ASSIGNED = re.compile(r"[A-Za-z_]\w*\+?=")
_OPENS = re.compile(r"^\s*[({]")
# No command says its program later than that.
_MOST_WORDS = 24


def piped(command: str) -> Iterator[tuple[str, str]]:
    """The programs that fetch, each with what runs unseen what they fetch.

    Args:
        command: of a shell, with the lines of here-documents that it runs.

    Returns:
        Pairs of names; where only a run tells the second, it begins with a dollar sign.
    """
    command = _GOES_ON.sub(r"\1 ", _CONTINUED.sub("", command)).translate(_UNQUOTED)
    fetcher = grouped = ""
    parts = _BETWEEN.split(command)
    for index in range(0, len(parts), 2):
        piece, before = parts[index], parts[index - 1] if index else ""
        shell = _shell(piece)
        grouped = "" if _OPENS.search(piece) else grouped
        fetcher = fetcher if before in ("|", "|&") else ""
        if fetcher and shell:
            yield fetcher, shell
        inner = _SUBSTITUTED.search(piece)
        if inner is not None and shell and not shell.startswith("$"):
            yield inner[1], shell
        if inner is not None and not piece[: inner.start()].strip() and not inner[0].startswith("<"):
            # What is fetched is the command itself.
            yield inner[1], "sh"
        own = _FETCHER.search(piece)
        fetcher = own[1] if own is not None else fetcher
        grouped = fetcher or grouped
        into = _INTO.search(piece)
        if fetcher and into is not None and _SHELL.match(into[1].rpartition("/")[2]):
            yield fetcher, into[1].rpartition("/")[2]
        if piece.lstrip().startswith("}") or piece.count(")") > piece.count("("):
            fetcher, grouped = fetcher or grouped, ""


def _shell(piece: str) -> str:
    """The shell that a piece of a command runs, or the variable that names its program; empty for others."""
    wrapped = False
    for said in piece.split(None, _MOST_WORDS)[:_MOST_WORDS]:
        word = said.strip("[],()")
        name = word.rpartition("/")[2]
        if _SHELL.match(name) or word in _SOURCES:
            return name or word
        if name in _WRAPPERS:
            wrapped = True
        elif not wrapped and word not in _KEYWORDS and _ASSIGNED.match(word) is None:
            return word if word.startswith("$") and not said.startswith("$(") else ""
    return ""
