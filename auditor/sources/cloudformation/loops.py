"""Fn::ForEach: loops that write keys and resources (AWS::LanguageExtensions), written out before anything is read.

Source: CloudFormation template reference, "Fn::ForEach". Loops may be nested and may stand wherever an object
stands. `${Name}` and `&{Name}` become the item; the latter without whatever is neither letter nor digit.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.sources.marks import RawPath

_LOOP = "Fn::ForEach::"
# CloudFormation takes templates of at most 500 resources; what comes to many more is no template.
_MAX_WRITTEN = 20_000
_TEXT_UNIT = 100
_NOT_ALPHANUMERIC = re.compile(r"[^A-Za-z0-9]")

_GIVE = "give the parameter's value: --parameters NAME=VALUE"

_Fault = tuple[RawPath, str, str]


@dataclass(slots=True)
class Expansion:
    """What loops are written out with, and where what they wrote stands in the document.

    Args:
        mappings: the section Mappings, for collections that are found in it.
        values: values of parameters by name; None where a value is not known.
        moved: path in the expanded template → path in the document.
    """

    mappings: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    moved: dict[RawPath, RawPath] = field(default_factory=dict)

    def origin(self, path: RawPath) -> RawPath:
        """Where a path of the expanded template stands in the document."""
        if self.moved:
            for end in range(len(path), 0, -1):
                start = self.moved.get(path[:end])
                if start is not None:
                    return (*start, *path[end:])
        return path


def expand(raw: dict[str, Any], at: RawPath, expansion: Expansion) -> tuple[dict[str, Any], list[_Fault]]:
    """A section with its loops written out, and what of them was not understood.

    Args:
        raw: the section; it is not changed.
        at: its path.
        expansion: what is known; takes note of what moves.
    """
    if not _has_loop(raw):
        return raw, []
    writer = _Writer(expansion)
    return writer.object(raw, at, at, {}), writer.faults


def _has_loop(raw: Any) -> bool:
    # Every template is searched; few have one.
    awaited = [raw]
    while awaited:
        one = awaited.pop()
        if isinstance(one, dict):
            for key, inner in one.items():
                if key.startswith(_LOOP):
                    return True
                if isinstance(inner, dict | list):
                    awaited.append(inner)
        else:
            awaited += [inner for inner in one if isinstance(inner, dict | list)]
    return False


class _Writer:
    def __init__(self, expansion: Expansion) -> None:
        self.faults: list[_Fault] = []
        self._expansion = expansion
        self._written = 0

    def object(self, raw: Mapping[str, Any], at: RawPath, to: RawPath, names: Mapping[str, str]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key, value in raw.items():
            if key.startswith(_LOOP):
                self._loop(key, value, (*at, key), to, names, out)
                continue
            name = _filled(key, names)
            if to != at or name != key:
                self._expansion.moved[(*to, name)] = (*at, key)
            out[name] = self._value(value, (*at, key), (*to, name), names)
        return out

    def _value(self, raw: Any, at: RawPath, to: RawPath, names: Mapping[str, str]) -> Any:
        self._written += 1
        if isinstance(raw, dict):
            name = raw.get("Ref") if len(raw) == 1 else None
            return names[name] if isinstance(name, str) and name in names else self.object(raw, at, to, names)
        if isinstance(raw, list):
            return [self._value(item, (*at, index), (*to, index), names) for index, item in enumerate(raw)]
        return _filled(raw, names) if isinstance(raw, str) else raw

    def _loop(
        self, key: str, raw: Any, at: RawPath, to: RawPath, names: Mapping[str, str], out: dict[str, Any]
    ) -> None:
        if not (
            isinstance(raw, list) and len(raw) == 3 and isinstance(raw[0], str) and isinstance(raw[2], dict)  # noqa: PLR2004  name, collection, body
        ):
            self.faults.append((at, f"{key} is a list: a name, a collection and an object", ""))
            return
        items = self._collection(raw[1], names)
        if items is None:
            self.faults.append(((*at, 1), f"what {key} goes through is not known before deployment", _GIVE))
            return
        if not items and isinstance(raw[1], dict):
            self.faults.append(((*at, 1), f"what {key} goes through is empty by default", _GIVE))
        for item in items:
            if self._written > _MAX_WRITTEN:
                self.faults.append((at, f"{key} writes too much", f"at most {_MAX_WRITTEN} values are written out"))
                return
            inner = {**names, raw[0]: item}
            for name, value in self.object(raw[2], (*at, 2), to, inner).items():
                if name in out:
                    self.faults.append((at, f"{key} writes {name} twice", ""))
                out[name] = value

    def _collection(self, raw: Any, names: Mapping[str, str]) -> list[str] | None:
        """The items of a collection; None where they are not known."""
        if isinstance(raw, dict) and len(raw) == 1:
            ((function, inner),) = raw.items()
            if function == "Ref" and isinstance(inner, str):
                raw = self._expansion.values.get(inner)
            elif function == "Fn::FindInMap" and isinstance(inner, list):
                raw = self._in_map(inner, names)
        if not isinstance(raw, list):
            return None
        found = list(self._items(raw, names))
        return None if None in found else [item for item in found if item is not None]

    def _items(self, raw: list[Any], names: Mapping[str, str]) -> Iterator[str | None]:
        for item in raw:
            if isinstance(item, dict):
                inner = self._collection(item, names)
                yield from inner if inner is not None else (None,)
            else:
                text = _filled(str(item), names)
                # Items of loops within loops may grow with each.
                self._written += 1 + len(text) // _TEXT_UNIT
                yield text

    def _in_map(self, keys: list[Any], names: Mapping[str, str]) -> Any:
        found: Any = self._expansion.mappings
        for key in keys[:3]:
            if isinstance(key, dict) and isinstance(key.get("Ref"), str):
                key = names.get(key["Ref"], self._expansion.values.get(key["Ref"]))  # noqa: PLW2901  the key's value
            found = found.get(_filled(str(key), names)) if isinstance(found, dict) else None
        return found


def _filled(text: str, names: Mapping[str, str]) -> str:
    for name, item in names.items():
        if name in text:
            text = text.replace(f"${{{name}}}", item)
            text = text.replace(f"&{{{name}}}", _NOT_ALPHANUMERIC.sub("", item))
    return text
