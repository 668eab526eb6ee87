"""JSON that a stranger wrote: what it holds, what is wrong with it, and in which line its values stand."""

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from auditor.errors import InputError
from auditor.model.text import writable
from auditor.sources.marks import MAX_DEPTH, Mark

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],]|[^\s{}\[\],:"]+')


def parse_json(text: str, shown: str) -> Any:
    """The value that a text holds.

    Args:
        text: the text.
        shown: the file as the user knows it, for errors.

    Raises:
        InputError: it is not JSON, nested too deeply, or repeats a key; names the line.
    """
    try:
        value = json.loads(text, parse_constant=_no_constant, parse_float=_number, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg}", file=shown, line=error.lineno) from None
    except RecursionError:
        raise too_deep(shown, 0) from None
    except _TwiceError:
        json_marks(text, shown)
        raise InputError("a key stands there twice", file=shown) from None
    except ValueError as error:
        raise InputError(f"not JSON: {error}", file=shown) from None
    if _is_deep(value):
        json_marks(text, shown)
    # Only an escape can spell half a surrogate pair.
    return writable(value) if "\\u" in text else value


def json_marks(text: str, shown: str) -> Mark:
    """Where the values of a text stand that is known to be JSON.

    Raises:
        InputError: it is nested too deeply, or repeats a key; names the line.
    """
    return _Walk(text, shown).marks()


def too_deep(shown: str, line: int) -> InputError:
    """The error for a document that is nested deeper than is read."""
    return InputError("nested too deeply", file=shown, line=line, remedy=f"at most {MAX_DEPTH} levels are read")


def twice(shown: str, line: int, path: str) -> InputError:
    """The error for an object that holds a key twice."""
    remedy = "readers disagree on which of the two counts: remove one"
    return InputError("the key stands there twice", file=shown, line=line, key=path, remedy=remedy)


class _TwiceError(ValueError):
    """An object holds a key twice."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _TwiceError
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _number(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return value


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        containers = [node for node in level if isinstance(node, dict | list)]
        if not containers:
            return False
        level = [item for node in containers for item in (node.values() if isinstance(node, dict) else node)]
    return True


@dataclass(slots=True)
class _Open:
    """An object or array that is open, and in an object the key whose value is awaited."""

    mark: Mark
    inside: dict[str | int, Mark]
    is_list: bool
    key: str | None = None

    def value_mark(self, line: int) -> Mark:
        """The mark of the value that begins in a line."""
        if not self.is_list and self.key is not None:
            return self.inside[self.key]
        return self.inside.setdefault(len(self.inside), Mark(line))


class _Walk:
    """Walks the tokens of a text that is known to be JSON."""

    def __init__(self, text: str, shown: str) -> None:
        self._text = text
        self._shown = shown
        self._line = 1
        self._top = Mark(1)
        self._open: list[_Open] = []

    def marks(self) -> Mark:
        """The mark of the whole."""
        last = 0
        for match in _TOKEN.finditer(self._text):
            piece, start = match.group(), match.start()
            self._line += self._text.count("\n", last, start)
            last = start
            if piece in "}]":
                self._open.pop()
            elif piece == ",":
                self._open[-1].key = None
            elif self._open and not self._open[-1].is_list and self._open[-1].key is None:
                self._key(piece)
            else:
                self._value(piece)
        return self._top

    def _value(self, piece: str) -> None:
        mark = self._open[-1].value_mark(self._line) if self._open else self._top
        if piece not in ("{", "["):
            return
        if not self._open:
            mark.line = self._line
        mark.inside = {}
        self._open.append(_Open(mark, mark.inside, piece == "["))
        if len(self._open) > MAX_DEPTH:
            raise too_deep(self._shown, self._line)

    def _key(self, piece: str) -> None:
        key = json.loads(piece) if "\\" in piece else piece[1:-1]
        opened = self._open[-1]
        if key in opened.inside:
            raise twice(self._shown, self._line, self._path(key))
        opened.key = key
        opened.inside[key] = Mark(self._line)

    def _path(self, key: str) -> str:
        return path_text([(here.is_list, len(here.inside) - 1, here.key) for here in self._open[:-1]], key)


def path_text(around: list[tuple[bool, int, str | None]], key: str) -> str:
    """A path as errors name it.

    Args:
        around: of each open container from the outside in: whether it is a list, its last index, its last key.
        key: the last step.
    """
    text = ""
    for is_list, index, name in around:
        text += f"[{index}]" if is_list else f".{name}"
    return f"{text}.{key}".lstrip(".")
