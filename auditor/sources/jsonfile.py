"""Reading a JSON file that a stranger wrote: what is wrong with it, and in which line its keys stand."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from auditor.errors import InputError
from auditor.model.text import writable

# SageMaker takes no request beyond 1 MiB but pipeline definitions; this leaves room for white space.
MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 64
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|\n')


@dataclass(frozen=True, slots=True)
class JsonFile:
    """A file's content.

    Args:
        shown: the file as the user knows it.
        value: what it holds.
        lines: API path of each key to its line.
    """

    shown: str
    value: Any
    lines: dict[str, int]

    def line_of(self, path: str) -> int:
        """The line of a key, or of the nearest key around it; 1 where there is none."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path.rpartition(".")[0] if not path.endswith("]") else path.rpartition("[")[0]
        return 1


def read_json(path: Path, shown: str) -> JsonFile:
    """Read a JSON file.

    Args:
        path: where it is.
        shown: the file as the user knows it, for errors.

    Raises:
        InputError: it cannot be read, is too large, too deep, not UTF-8 or not JSON, or repeats a key.
    """
    text = _text(path, shown)
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg}", file=shown, line=error.lineno) from None
    except RecursionError:
        raise InputError("nested too deeply", file=shown, remedy=f"at most {MAX_DEPTH} levels are read") from None
    except ValueError as error:
        raise InputError(f"not JSON: {error}", file=shown) from None
    lines = _Walk(shown).lines_in(text)
    return JsonFile(shown, writable(value), lines)


def _text(path: Path, shown: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(error.strerror or "cannot be read", file=shown) from error
    if len(data) > MAX_BYTES:
        raise InputError("too large", file=shown, remedy=f"at most {MAX_BYTES // 1024**2} MiB are read")
    if not data.strip():
        raise InputError("the file is empty", file=shown)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError("not text in UTF-8", file=shown, remedy="save it as UTF-8") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


@dataclass(slots=True)
class _Level:
    """An object or array that is open: its path, its index or last key, the keys it had."""

    path: str
    is_list: bool
    index: int = 0
    key: str = ""
    keys: set[str] = field(default_factory=set)

    def here(self) -> str:
        if self.is_list:
            return f"{self.path}[{self.index}]"
        return f"{self.path}.{self.key}" if self.path else self.key


class _Walk:
    """Walks the tokens of a text that is known to be JSON."""

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._line = 1
        self._levels: list[_Level] = []
        self._lines: dict[str, int] = {}

    def lines_in(self, text: str) -> dict[str, int]:
        """The line of every key."""
        awaits_key = False
        for match in _TOKEN.finditer(text):
            piece = match.group()
            if piece == "\n":
                self._line += 1
            elif piece in "{[":
                self._open(is_list=piece == "[")
                awaits_key = piece == "{"
            elif piece in "}]":
                self._levels.pop()
                awaits_key = False
            elif piece == ",":
                awaits_key = not self._levels[-1].is_list
                self._levels[-1].index += 1
            elif awaits_key and piece != ":":
                self._key(json.loads(piece))
                awaits_key = False
        return self._lines

    def _open(self, *, is_list: bool) -> None:
        path = self._levels[-1].here() if self._levels else ""
        self._levels.append(_Level(path, is_list))
        if len(self._levels) > MAX_DEPTH:
            raise InputError(
                "nested too deeply",
                file=self._shown,
                line=self._line,
                remedy=f"at most {MAX_DEPTH} levels are read",
            )

    def _key(self, key: str) -> None:
        level = self._levels[-1]
        level.key = key
        if key in level.keys:
            raise InputError(
                "the key stands there twice",
                file=self._shown,
                line=self._line,
                key=level.here(),
                remedy="readers disagree on which of the two counts: remove one",
            )
        level.keys.add(key)
        self._lines[level.here()] = self._line
