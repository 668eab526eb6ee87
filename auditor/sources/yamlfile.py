"""YAML that a stranger wrote, read event by event, so that depth and size are bounded as it comes.

CloudFormation's short tags become the long form (`!Ref x` is `{"Ref": "x"}`); dates stay text. What YAML 1.1
takes for a number and other readers for text (`012`, `22:22`) stays text.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from auditor.errors import InputError
from auditor.sources.jsonfile import path_text, too_deep, twice
from auditor.sources.marks import MAX_DEPTH, RENDER, Mark

# What aliases may add: a file that says more with them than this, in however many documents, is a bomb.
_MAX_ALIASED = 250_000
_STANDARD = "tag:yaml.org,2002:"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_WORDS: Mapping[str, bool | None] = {
    **{form: True for word in ("yes", "true", "on") for form in (word, word.capitalize(), word.upper())},
    **{form: False for word in ("no", "false", "off") for form in (word, word.capitalize(), word.upper())},
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)")
_BASED = re.compile(r"[-+]?0(?:x[0-9a-fA-F_]*[0-9a-fA-F]|b[01_]*[01])")
_FLOAT = re.compile(r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_NUMBER_STARTS = frozenset("0123456789+-.")


def read_yaml(text: str, shown: str) -> list[tuple[Any, Mark]]:
    """The documents of a text, each with its marks; empty ones are None.

    Args:
        text: the text.
        shown: the file as the user knows it, for errors.

    Raises:
        InputError: it is not YAML, is nested too deeply, repeats a key, holds a tag that is not read or aliases
            that expand too far; names the line.
    """
    try:
        return _Builder(shown).build(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        raise _malformed(error, text, shown) from None
    except yaml.YAMLError as error:
        position = getattr(error, "position", None)
        line = text.count("\n", 0, position) + 1 if isinstance(position, int) else 0
        raise InputError("not YAML: it holds a character that YAML does not allow", file=shown, line=line) from None


def _malformed(error: yaml.MarkedYAMLError, text: str, shown: str) -> InputError:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 0
    lines = text.splitlines()
    there = lines[line - 1] if 0 < line <= len(lines) else ""
    if "nesting depth" in (error.problem or ""):
        return too_deep(shown, line)
    remedy = ""
    if "\t" in there[: len(there) - len(there.lstrip())]:
        remedy = "indent with spaces, not with tabs"
    elif "{{" in text:
        remedy = RENDER
    return InputError(f"not YAML: {error.problem or error.context}", file=shown, line=line, remedy=remedy)


def plain_scalar(text: str) -> Any:
    """What an unquoted word stands for: null, a boolean, a number, else text.

    Raises:
        ValueError: a number with more digits than Python reads.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in _NUMBER_STARTS:
        if _INTEGER.fullmatch(text):
            return int(text.replace("_", ""))
        if _BASED.fullmatch(text):
            return int(text.replace("_", ""), 0)
        if _FLOAT.fullmatch(text):
            value = float(text.replace("_", ""))
            return text if value in (float("inf"), float("-inf")) else value
    return text


@dataclass(slots=True)
class _Node:
    """A finished value: its mark, how many values it holds with every alias expanded, and how deep it is."""

    value: Any
    mark: Mark
    size: int = 1
    height: int = 0


@dataclass(slots=True)
class _Open:
    """An object or list that is open."""

    node: _Node
    inside: dict[str | int, Mark]
    tag: str | None
    anchor: str | None
    is_list: bool
    key: str | None = None
    key_line: int = 0
    merged: list[_Node] = field(default_factory=list)


class _Builder:
    """Builds plain values from events."""

    def __init__(self, shown: str) -> None:
        self._shown = shown
        self._open: list[_Open] = []
        self._anchors: dict[str, _Node | None] = {}
        self._aliased = 0
        self._documents: list[tuple[Any, Mark]] = []
        self._line = 1

    def build(self, events: Iterator[Any]) -> list[tuple[Any, Mark]]:
        """Every document."""
        handlers: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }
        for event in events:
            handler = handlers.get(type(event))
            if handler is not None:
                self._line = event.start_mark.line + 1
                handler(event)
        return self._documents

    def _document(self, _: Any) -> None:
        self._anchors = {}

    def _scalar(self, event: Any) -> None:
        top = self._open[-1] if self._open else None
        if top is not None and not top.is_list and top.key is None:
            if event.anchor is not None:
                self._anchors[event.anchor] = _Node(event.value, Mark(self._line))
            self._key(top, event.value, merges=event.value == "<<" and event.implicit[0])
            return
        node = _Node(self._value_of(event), Mark(self._line))
        self._finish(self._tagged(node, event.tag), event.anchor)

    def _value_of(self, event: Any) -> Any:
        tag = event.tag
        if event.implicit[0] or (tag and tag.startswith(_STANDARD) and tag.removeprefix(_STANDARD) in _RESOLVED):
            try:
                return plain_scalar(event.value)
            except ValueError:
                raise self._wrong("a number has too many digits") from None
        return event.value

    def _key(self, top: _Open, key: str, *, merges: bool) -> None:
        top.key, top.key_line = key, self._line
        if merges:
            top.key = _MERGE
        elif key in top.node.value:
            around = [(here.is_list, len(here.inside), here.key) for here in self._open[:-1]]
            raise twice(self._shown, self._line, path_text(around, key))

    def _start(self, event: Any) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise too_deep(self._shown, self._line)
        is_list = type(event) is yaml.SequenceStartEvent
        top = self._open[-1] if self._open else None
        if top is not None and not top.is_list and top.key is None:
            raise self._wrong("a key must be plain text", RENDER)
        inside: dict[str | int, Mark] = {}
        node = _Node([] if is_list else {}, Mark(self._line, inside))
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._open.append(_Open(node, inside, event.tag, event.anchor, is_list))

    def _end(self, _: Any) -> None:
        opened = self._open.pop()
        for base in opened.merged:
            _merge(opened, base)
        self._finish(self._tagged(opened.node, opened.tag), opened.anchor)

    def _alias(self, event: Any) -> None:
        node = self._anchors.get(event.anchor)
        if node is None:
            known = event.anchor in self._anchors
            raise self._wrong(f"the alias *{event.anchor} {'holds itself' if known else 'names nothing'}")
        self._aliased += node.size
        if self._aliased > _MAX_ALIASED:
            remedy = f"at most {_MAX_ALIASED} values of a file may come from aliases"
            raise self._wrong("its aliases expand too far", remedy)
        if len(self._open) + node.height > MAX_DEPTH:
            raise too_deep(self._shown, self._line)
        top = self._open[-1] if self._open else None
        if top is not None and not top.is_list and top.key is None:
            if not isinstance(node.value, str):
                raise self._wrong("a key must be plain text")
            self._key(top, node.value, merges=False)
            return
        self._finish(_Node(node.value, Mark(self._line, node.mark.inside), node.size, node.height), None)

    def _tagged(self, node: _Node, tag: str | None) -> _Node:
        if tag is None or tag == "!":
            return node
        if tag.startswith(_STANDARD):
            if tag.removeprefix(_STANDARD) not in _STANDARD_TAGS:
                raise self._wrong(f"the tag !!{tag.removeprefix(_STANDARD)} is not read", "write it as plain YAML")
            return node
        value = node.value
        name = tag.removeprefix("!")
        if name == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        long = name if name in ("Ref", "Condition") or name.startswith("Fn::") else f"Fn::{name}"
        return _Node({long: value}, Mark(node.mark.line, {long: node.mark}), node.size + 1, node.height + 1)

    def _finish(self, node: _Node, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._open:
            self._documents.append((node.value, node.mark))
            return
        top = self._open[-1]
        top.node.size += node.size
        top.node.height = max(top.node.height, node.height + 1)
        if top.is_list:
            top.inside[len(top.node.value)] = node.mark
            top.node.value.append(node.value)
            return
        key = top.key or ""
        if top.key is _MERGE:
            self._merges(top, node)
        else:
            node.mark.line = top.key_line
            top.inside[key] = node.mark
            top.node.value[key] = node.value
        top.key = None

    def _merges(self, top: _Open, node: _Node) -> None:
        bases = node.value if isinstance(node.value, list) else [node.value]
        if not all(isinstance(base, dict) for base in bases):
            raise self._wrong("only objects can be merged with <<")
        inside = node.mark.inside or {}
        marks = [inside.get(index, node.mark) for index in range(len(bases))]
        found = marks if isinstance(node.value, list) else [node.mark]
        top.merged += [_Node(base, mark) for base, mark in zip(bases, found, strict=True)]

    def _wrong(self, message: str, remedy: str = "") -> InputError:
        return InputError(message, file=self._shown, line=self._line, remedy=remedy)


# A key that no document can hold.
_MERGE = "\0merge"
_RESOLVED = frozenset({"int", "float", "bool", "null"})
_STANDARD_TAGS = _RESOLVED | {"str", "binary", "timestamp", "seq", "map"}


def _merge(opened: _Open, base: _Node) -> None:
    value = opened.node.value
    for key, item in base.value.items():
        if key not in value:
            value[key] = item
            opened.inside[key] = (base.mark.inside or {}).get(key, base.mark)
