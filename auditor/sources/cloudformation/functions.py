"""The intrinsic functions, one each: the resolver, what follows the function, its path, and the resolved path."""

import base64
import ipaddress
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from auditor.model.unknown import Unknown
from auditor.sources.cloudformation.expressions import is_unknown, lines_of, shown, unresolved
from auditor.sources.cloudformation.resolving import Resolving
from auditor.sources.interface import Reference
from auditor.sources.marks import RawPath

# A policy, the longest text that a rule reads, takes 20,480 characters; lifecycle scripts take 16,384.
MAX_TEXT = 262_144
_MAX_ITEMS = 10_000
_LONGEST_INDEX = 12
_PAIR, _BRANCHES, _KEYS = 2, 3, 3
_PENDING = "${AWS::"


def _ref(resolver: Resolving, raw: Any, at: RawPath, _: RawPath) -> Any:
    return resolver.named(raw, at)


def _get_att(resolver: Resolving, raw: Any, at: RawPath, _: RawPath) -> Any:
    parts = raw.split(".", 1) if isinstance(raw, str) else raw
    if not isinstance(parts, list) or len(parts) != _PAIR or not isinstance(parts[0], str):
        return resolver.fault(at, "Fn::GetAtt is followed by a resource and an attribute")
    attribute = resolver.value(parts[1], (*at, 1))
    if not isinstance(attribute, str) or isinstance(attribute, Reference):
        return unresolved(f"!GetAtt {parts[0]}", "the attribute is not known")
    return resolver.attribute(parts[0], attribute, at)


def _sub(resolver: Resolving, raw: Any, at: RawPath, _: RawPath) -> Any:
    text, names = (raw[0], raw[1]) if isinstance(raw, list) and len(raw) == _PAIR else (raw, {})
    if not isinstance(text, str) or not isinstance(names, dict):
        return resolver.fault(at, "Fn::Sub is followed by text, or by a list of text and an object")
    if "{{resolve:" in text:
        return unresolved(text, "give the value itself")
    return _joined(resolver, _filled(resolver, text, names, at), "!Sub")


def _filled(resolver: Resolving, text: str, names: Mapping[str, Any], at: RawPath) -> Iterator[tuple[str, Any]]:
    """The parts of a text, each with the expression that it stands for."""
    end = 0
    # A pattern would look for the end of each place anew, however often there is none.
    while (start := text.find("${", end)) >= 0 and (stop := text.find("}", start)) >= 0:
        yield "", text[end:start]
        end = stop + 1
        name = text[start + 2 : stop].strip()
        if name.startswith("!"):
            yield "", f"${{{name[1:]}}}"
        elif name in names:
            yield shown(names[name]), resolver.value(names[name], (*at, 1, name))
        elif "." in name:
            resource, _, attribute = name.partition(".")
            yield f"!GetAtt {name}", resolver.attribute(resource, attribute, at)
        else:
            yield f"!Ref {name}", resolver.named(name, at)
    yield "", text[end:]


def _join(resolver: Resolving, raw: Any, at: RawPath, _: RawPath) -> Any:
    if not isinstance(raw, list) or len(raw) != _PAIR or not isinstance(raw[0], str):
        return resolver.fault(at, "Fn::Join is followed by a delimiter and a list")
    items = resolver.value(raw[1], (*at, 1))
    if isinstance(items, Unknown):
        return items
    if not isinstance(items, list):
        return resolver.fault(at, "Fn::Join is followed by a delimiter and a list")
    parts: list[tuple[str, Any]] = []
    for index, item in enumerate(items):
        parts += [("", raw[0])] if index else []
        parts.append(("", item))
    return _joined(resolver, parts, "!Join")


def _joined(resolver: Resolving, parts: Any, function: str) -> Any:
    """Parts as one text: unknown where one is, a reference where one is."""
    texts: list[str] = []
    length = 0
    refers = False
    unknown: Unknown | None = None
    for _, value in parts:
        if isinstance(value, Unknown):
            unknown = value if unknown is None else unknown
        elif value is None or isinstance(value, list | dict):
            return unresolved(function, "it puts something together that is no text")
        elif not isinstance(value, str | int | float):
            continue
        else:
            refers = refers or isinstance(value, Reference)
            texts.append(lines_of(value))
            length += len(texts[-1])
        if length > MAX_TEXT:
            return unresolved(function, f"what it makes is longer than {MAX_TEXT} characters")
    if unknown is not None:
        return unresolved(f"{function} with {unknown.detail.partition(':')[0]}", unknown.detail.partition(": ")[2])
    text = "".join(texts)
    if resolver.in_policy and _PENDING in text:
        # Rules compare with the account and region of the resource, which are empty where they are not given.
        text = text.replace("${AWS::AccountId}", "").replace("${AWS::Region}", "")
    if resolver.in_policy:
        text = text.replace(":AWS::AccountId:", "::")
    return Reference(text) if refers else text


def _select(resolver: Resolving, raw: Any, at: RawPath, _: RawPath) -> Any:
    if not isinstance(raw, list) or len(raw) != _PAIR:
        return resolver.fault(at, "Fn::Select is followed by an index and a list")
    index, items = resolver.value(raw[0], (*at, 0)), resolver.value(raw[1], (*at, 1))
    if isinstance(index, Unknown) or isinstance(items, Unknown):
        return index if isinstance(index, Unknown) else items
    if isinstance(items, str) and not isinstance(items, Reference):
        items = items.split(",")
    if not isinstance(items, list) or isinstance(index, bool) or not str(index).isdecimal():
        return resolver.fault(at, "Fn::Select is followed by an index and a list")
    digits = str(index)
    # Python reads no number of thousands of digits.
    if len(digits) > _LONGEST_INDEX or int(digits) >= len(items):
        return resolver.fault(at, f"Fn::Select asks for item {digits[:_LONGEST_INDEX]} of {len(items)}")
    return items[int(digits)]


def _split(resolver: Resolving, raw: Any, at: RawPath, _: RawPath) -> Any:
    if not isinstance(raw, list) or len(raw) != _PAIR or not isinstance(raw[0], str) or not raw[0]:
        return resolver.fault(at, "Fn::Split is followed by a delimiter and text")
    text = resolver.value(raw[1], (*at, 1))
    if isinstance(text, Unknown):
        return text
    if isinstance(text, Reference) or not isinstance(text, str):
        return unresolved(f"!Split over {shown(raw[1])}", "what it splits is known once the resource is made")
    return text.split(raw[0])[:_MAX_ITEMS]


def _if(resolver: Resolving, raw: Any, at: RawPath, to: RawPath) -> Any:
    if not isinstance(raw, list) or len(raw) != _BRANCHES or not isinstance(raw[0], str):
        return resolver.fault(at, "Fn::If is followed by a condition and two values")
    index = 1 if resolver.conditions.holds(raw[0], (*at, 0)) else 2
    return resolver.value(raw[index], (*at, index), to)


def _find_in_map(resolver: Resolving, raw: Any, at: RawPath, _: RawPath) -> Any:
    if not isinstance(raw, list) or len(raw) not in (_KEYS, _KEYS + 1):
        return resolver.fault(at, "Fn::FindInMap is followed by a map and two keys")
    found: list[Any] = [resolver.template.mappings]
    doubt: Unknown | None = None
    for index, raw_key in enumerate(raw[:_KEYS]):
        key = resolver.value(raw_key, (*at, index))
        if isinstance(key, Unknown) or (isinstance(key, Reference) and _PENDING in key):
            words = key.detail if isinstance(key, Unknown) else "give --region and --account"
            doubt = (
                doubt
                if doubt is not None
                else unresolved(f"!FindInMap over {shown(raw_key)}", words.rpartition(": ")[2])
            )
            found = [inner for one in found if isinstance(one, dict) for inner in one.values()]
        else:
            found = [one[lines_of(key)] for one in found if isinstance(one, dict) and lines_of(key) in one]
    if doubt is not None and not all(one == found[0] for one in found):
        return doubt
    if found and (doubt is None or not _defaulted(raw)):
        return resolver.value(found[0], at)
    if doubt is not None:
        return doubt
    if _defaulted(raw):
        return resolver.value(raw[_KEYS]["DefaultValue"], (*at, _KEYS, "DefaultValue"))
    return resolver.fault(at, "Fn::FindInMap finds nothing under these keys")


def _defaulted(raw: list[Any]) -> bool:
    return len(raw) > _KEYS and isinstance(raw[_KEYS], dict) and "DefaultValue" in raw[_KEYS]


def _base64(resolver: Resolving, raw: Any, at: RawPath, _: RawPath) -> Any:
    text = resolver.value(raw, at)
    if isinstance(text, Unknown):
        return text
    if not isinstance(text, str):
        return resolver.fault(at, "Fn::Base64 is followed by text")
    coded = base64.b64encode(text.encode()).decode()
    return Reference(coded) if isinstance(text, Reference) else coded


def _cidr(resolver: Resolving, raw: Any, at: RawPath, _: RawPath) -> Any:
    values = resolver.value(raw, at)
    if isinstance(values, Unknown) or is_unknown(values):
        return unresolved(shown({"Fn::Cidr": raw}), "the block is not known")
    if not isinstance(values, list) or len(values) not in (_PAIR, _PAIR + 1):
        return resolver.fault(at, "Fn::Cidr is followed by a block, a count and the bits of a subnet")
    try:
        block = ipaddress.ip_network(str(values[0]), strict=False)
        bits = int(values[2]) if len(values) > _PAIR else 8
        subnets = block.subnets(new_prefix=block.max_prefixlen - bits)
        return [str(subnet) for subnet, _ in zip(subnets, range(min(int(values[1]), 256)), strict=False)]
    except (TypeError, ValueError):
        return unresolved(shown({"Fn::Cidr": raw}), "the block is not known")


def _length(resolver: Resolving, raw: Any, at: RawPath, _: RawPath) -> Any:
    items = resolver.value(raw, at)
    if isinstance(items, Unknown):
        return items
    return len(items) if isinstance(items, list) else resolver.fault(at, "Fn::Length is followed by a list")


def _to_json(resolver: Resolving, raw: Any, at: RawPath, _: RawPath) -> Any:
    value = resolver.value(raw, at)
    if is_unknown(value):
        return unresolved(shown({"Fn::ToJsonString": raw}), "part of it is known only at deployment")
    return json.dumps(value) if isinstance(value, list | dict) else resolver.fault(at, "it takes an object or a list")


def _at_deployment(name: str, who: str) -> Callable[[Resolving, Any, RawPath, RawPath], Any]:
    def apply(_: Resolving, raw: Any, __: RawPath, ___: RawPath) -> Any:
        return unresolved(shown({name: raw}), who)

    return apply


FUNCTIONS: Mapping[str, Callable[[Resolving, Any, RawPath, RawPath], Any]] = {
    "Ref": _ref,
    "Fn::Base64": _base64,
    "Fn::Cidr": _cidr,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAtt": _get_att,
    "Fn::GetAZs": _at_deployment("Fn::GetAZs", "the region tells its Availability Zones"),
    "Fn::GetStackOutput": _at_deployment("Fn::GetStackOutput", "another stack tells it"),
    "Fn::If": _if,
    "Fn::ImportValue": _at_deployment("Fn::ImportValue", "another stack exports it"),
    "Fn::Join": _join,
    "Fn::Length": _length,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
    "Fn::ToJsonString": _to_json,
    "Fn::Transform": _at_deployment("Fn::Transform", "a macro writes it"),
}
