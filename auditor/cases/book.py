"""Reading case files: `tests/cases/README.md` describes the format."""

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from auditor.cases.must import Must
from auditor.errors import InputError
from auditor.model.unknown import Reason, Unknown
from auditor.model.verdict import Status

NO_FINDING = "NOT_APPLICABLE"
WRITTEN = ("compliant", "non_compliant", "unset")
DERIVED = ("unresolved", "denied", "absent")
_EXPECTED = {
    "compliant": Status.PASSED.value,
    "non_compliant": Status.FAILED.value,
    "unresolved": Status.NOT_AVAILABLE.value,
    "denied": Status.NOT_AVAILABLE.value,
    "absent": NO_FINDING,
}
_STATUSES = frozenset({NO_FINDING, *(status.value for status in Status)})
_ENTRY_KEYS = frozenset(
    {"catalogue", "resource", "decides", "depends", "facts", "neighbours", "now", "live_only", "why", "tuned"}
)
_CASE_KEYS = frozenset({"$expect", "$message", "$reason", "$evidence", "$neighbours", "$live_only", "$now"})
_TUNED_KEYS = frozenset({"$case", "$parameters"})


@dataclass(frozen=True, slots=True)
class Case:
    """One case of one rule.

    Args:
        name: compliant, non_compliant, unset, unresolved, denied, absent, or a further name.
        facts: API members to set over the entry's facts; None removes a member.
        expect: PASSED, FAILED, NOT_AVAILABLE, or NOT_APPLICABLE for no finding.
        message: a part of the finding's message, or empty.
        reason: the reason of a NOT_AVAILABLE finding, or empty.
        evidence: the paths of the evidence, or None where they are not looked at.
        neighbours: type to facts of its resources, over the entry's.
        now: the time of the scan, ISO 8601, or empty for the entry's.
        live_only: why there is no request that says the same; empty where there is one.
        before: facts to lay down before its own: those of the case that a derived one starts from.
        start: of a tuned case: the name of the case that it starts from.
        parameters: of a tuned case: parameters of the rule, by name.
    """

    name: str
    facts: Mapping[str, Any]
    expect: str
    message: str = ""
    reason: str = ""
    evidence: tuple[str, ...] | None = None
    neighbours: Mapping[str, Any] = field(default_factory=dict)
    now: str = ""
    live_only: str = ""
    before: tuple[Mapping[str, Any], ...] = ()
    start: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def after(self, start: "Case") -> "Case":
        """The case on the ground of another one: its facts, neighbours and time, where it does not say otherwise."""
        return replace(
            self,
            before=(*start.before, start.facts),
            neighbours={**start.neighbours, **self.neighbours},
            now=self.now or start.now,
            live_only=self.live_only or start.live_only,
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """The cases of one rule.

    Args:
        rule: its id.
        file: where they are written.
        resource: last part of the type of the subject (TrainingJob).
        decides: API paths that decide: `Path`, or `Type:Path` on a neighbour.
        depends: further API paths that the verdict may depend on (guards).
        catalogue: ids of the rows of the catalogue that the rule covers.
        facts: API members that all cases share.
        neighbours: neighbours that all cases share.
        cases: by name.
        now: the time of the scan.
        live_only: why no case has a request; empty where they do.
        tuned: cases under parameters that are not the rule's own, by name.
    """

    rule: str
    file: str
    resource: str
    decides: tuple[str, ...]
    depends: tuple[str, ...]
    catalogue: tuple[str, ...]
    facts: Mapping[str, Any]
    neighbours: Mapping[str, Any]
    cases: Mapping[str, Case]
    now: str
    live_only: str
    tuned: Mapping[str, Case] = field(default_factory=dict)


def read_cases(place: Path) -> dict[str, list[Entry]]:
    """The entries of a case file, or of every one in a folder, by rule id.

    A rule that judges several types has one entry per type: `"rule-id": [{...}, {...}]`.

    Args:
        place: a JSON file, or a folder with such files.

    Raises:
        InputError: there is none, a file is not JSON, says something twice, has an unknown key, or lacks one of
            the written cases.
    """
    entries: dict[str, list[Entry]] = {}
    paths = sorted(place.glob("*.json")) if place.is_dir() else [place]
    if not paths:
        raise InputError("the folder holds no case file (*.json)", file=str(place))
    for path in paths:
        for rule, raw in _read(path).items():
            for item in raw if isinstance(raw, list) else [raw]:
                entries.setdefault(rule, []).append(_entry(path.name, rule, item))
    return entries


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise InputError(error.msg, file=path.name, line=error.lineno) from error
    except OSError as error:
        raise InputError(error.strerror or str(error), file=str(path)) from error
    except (ValueError, RecursionError) as error:
        raise InputError(str(error), file=path.name) from error
    if not isinstance(found, dict):
        raise InputError("a case file maps rule ids to their cases", file=path.name)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} is written twice")
    return found


def _entry(file: str, rule: str, raw: Any) -> Entry:
    if not isinstance(raw, dict):
        raise InputError("an entry is an object", file=file, key=rule)
    cases = {key: value for key, value in raw.items() if key not in _ENTRY_KEYS}
    for name in ("resource", "decides", *WRITTEN):
        if name not in raw:
            raise InputError(f"{name!r} is missing", file=file, key=rule)
    must = Must(file, rule)
    named = (*DERIVED, *(name for name in cases if name not in DERIVED))
    tuned = must.be_object("tuned", raw.get("tuned", {}))
    return Entry(
        rule=rule,
        file=file,
        resource=must.be_text("resource", raw["resource"]),
        decides=must.be_texts("decides", raw["decides"]),
        depends=must.be_texts("depends", raw.get("depends", [])),
        catalogue=must.be_texts("catalogue", raw.get("catalogue", [])),
        facts=must.be_object("facts", raw.get("facts", {})),
        neighbours=must.be_neighbours("neighbours", raw.get("neighbours", {})),
        cases={name: _case(file, rule, name, cases.get(name, {})) for name in named},
        now=must.be_time("now", raw.get("now", "2026-01-15T00:00:00+00:00")),
        live_only=must.be_text("live_only", raw.get("live_only", "")),
        tuned={name: _tuned(file, rule, name, item, frozenset(cases)) for name, item in tuned.items()},
    )


def _tuned(file: str, rule: str, name: str, raw: Any, known: frozenset[str]) -> Case:
    where = f"tuned.{name}"
    must = Must(file, f"{rule}.{where}")
    facts = must.be_object("the case", raw)
    start = must.be_text("$case", facts.get("$case", "compliant"))
    if start not in known or start in ("unset", *DERIVED):
        raise InputError(f"$case: no written case is called {start!r}", file=file, key=f"{rule}.{where}")
    case = _case(file, rule, where, {key: value for key, value in facts.items() if key not in _TUNED_KEYS})
    return replace(case, start=start, parameters=must.be_object("$parameters", facts.get("$parameters", {})))


def _case(file: str, rule: str, name: str, raw: Any) -> Case:
    where = f"{rule}.{name}"
    must = Must(file, where)
    facts = {"$expect": raw} if isinstance(raw, str) else dict(must.be_object("the case", raw))
    default = NO_FINDING if name.startswith("guard") else _EXPECTED.get(name, "")
    words: dict[str, Any] = {key: facts.pop(key) for key in tuple(facts) if key.startswith("$")}
    if unknown := set(words) - _CASE_KEYS:
        raise InputError(f"unknown key {min(unknown)!r}", file=file, key=where)
    expect = words.get("$expect", default)
    if not isinstance(expect, str) or expect not in _STATUSES:
        raise InputError(f"$expect must be one of {', '.join(sorted(_STATUSES))}", file=file, key=where)
    evidence = words.get("$evidence")
    return Case(
        name=name,
        facts=facts,
        expect=expect,
        message=must.be_text("$message", words.get("$message", "")),
        reason=must.be_text("$reason", words.get("$reason", "")),
        evidence=None if evidence is None else must.be_texts("$evidence", evidence),
        neighbours=must.be_neighbours("$neighbours", words.get("$neighbours", {})),
        now=must.be_time("$now", words.get("$now", "")),
        live_only=must.be_text("$live_only", words.get("$live_only", "")),
    )


def laid_over(base: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts over a base: structures merge, lists and scalars replace, None removes.

    A key may be a path (`ResourceConfig.InstanceCount`, `ProductionVariants[0].InstanceType`).
    `{"$unknown": "ACCESS_DENIED"}` becomes an `Unknown`, `{"$null": true}` the known fact that there is none.
    """
    out = copy.deepcopy(dict(base))
    for key, value in facts.items():
        put(out, key, value)
    return out


def put(raw: dict[str, Any], path: str, value: Any) -> None:
    """Set, merge or (with None) remove what an API path leads to; structures on the way are made."""
    way = steps(path)
    last = way[-1]
    holder: Any = raw
    for step, following in pairwise(way):
        if isinstance(step, int):
            holder = holder[step]
        else:
            holder = holder.setdefault(step, [{}] if isinstance(following, int) else {})
    if value is None:
        if isinstance(holder, dict):
            holder.pop(last, None)
        return
    if isinstance(value, dict) and set(value) == {"$null"}:
        holder[last] = None
        return
    value = _marked(value)
    if isinstance(last, str) and isinstance(value, dict) and isinstance(holder.get(last), dict):
        holder[last] = laid_over(holder[last], value)
    else:
        holder[last] = laid_over({}, value) if isinstance(value, dict) else value


def steps(path: str) -> tuple[str | int, ...]:
    """The steps of an API path: names, and the indexes of list items."""
    return tuple(_steps(path))


def _steps(path: str) -> Iterator[str | int]:
    for part in path.split("."):
        name, *indexes = part.replace("]", "").split("[")
        yield name
        yield from (int(index) for index in indexes)


def _marked(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"$unknown"}:
            return Unknown(Reason(value["$unknown"]), "as the case says")
        return value
    if isinstance(value, list):
        return [_marked_item(item) for item in value]
    return value


def _marked_item(item: Any) -> Any:
    item = _marked(item)
    return laid_over({}, item) if isinstance(item, dict) else item


def covered(entries: Iterable[Entry]) -> dict[str, tuple[str, ...]]:
    """Catalogue id to the rules that say they cover it."""
    found: dict[str, set[str]] = {}
    for entry in entries:
        for row in entry.catalogue:
            found.setdefault(row, set()).add(entry.rule)
    return {row: tuple(sorted(rules)) for row, rules in sorted(found.items())}
