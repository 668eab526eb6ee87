"""Running an entry whole: in every spelling and partition, and with every field flipped that may not count."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from auditor.cases.book import NO_FINDING, Entry
from auditor.cases.facts import REGIONS, kind_of
from auditor.cases.flips import flips
from auditor.cases.run import Trial, differs, judge, trials, tuned_trials
from auditor.cases.spell import SPELLINGS, has_request, says, unsaid
from auditor.catalog import Catalog, nearest
from auditor.errors import InputError
from auditor.model.resource import Resource
from auditor.model.rule import Rule
from auditor.model.verdict import Status
from auditor.sources.shapes import members, structure_of

ANSWERS = ("live", "snapshot")


def problems(rule: Rule, entry: Entry) -> Iterator[str]:
    """What a rule says otherwise than its cases; each case is named once, in the first spelling that shows it.

    Raises:
        InputError: the facts of a case do not fit.
    """
    found: dict[str, str] = {}
    for partition in REGIONS:
        for spelling in ANSWERS:
            for name, difference in chain(
                spelled(rule, entry, spelling, partition), tuned(rule, entry, spelling, partition)
            ):
                found.setdefault(name, f"{name} ({spelling}, {partition}): {difference}")
    for name, difference in requested(rule, entry):
        found.setdefault(name, f"{name} (request): {difference}")
    for name, difference in flipped(rule, entry):
        found.setdefault(name, f"{name}: {difference}; if the field may count, name it in `depends`")
    yield from found.values()


def spelled(rule: Rule, entry: Entry, spelling: str, partition: str) -> Iterator[tuple[str, str]]:
    """The cases that come out otherwise, with what differs."""
    for trial in trials(rule, entry, partition):
        if difference := _difference(rule, trial, spelling):
            yield trial.name, difference


def tuned(rule: Rule, entry: Entry, spelling: str, partition: str) -> Iterator[tuple[str, str]]:
    """The cases under other parameters that come out otherwise, or as they do without: those show nothing."""
    for asked, trial in tuned_trials(rule, entry, partition):
        if difference := _difference(asked, trial, spelling):
            yield trial.name, difference
            continue
        subject, inventory = SPELLINGS[spelling](trial.stage)
        plain = judge(rule, subject, inventory, trial.stage.now)
        if (plain.status.value if plain else NO_FINDING) == trial.case.expect:
            yield trial.name, f"the parameters change nothing: it is {trial.case.expect} without them as well"


def unshown(rule: Rule, entries: Iterable[Entry]) -> Iterator[str]:
    """The parameters of a rule that no tuned case sets."""
    set_somewhere = {name for entry in entries for case in entry.tuned.values() for name in case.parameters}
    for parameter in rule.parameters:
        if parameter.name not in set_somewhere:
            yield f"no case under `tuned` shows what the parameter {parameter.name} changes"


def requested(rule: Rule, entry: Entry, spelling: str = "request") -> Iterator[tuple[str, str]]:
    """The cases that come out otherwise as CreateX requests; what a request cannot say may stay unanswered.

    Args:
        rule: the rule.
        entry: its cases.
        spelling: which source's way to write the request.
    """
    silent = any(
        unsaid(kind_of(entry, entry.resource), path)
        for path in (*entry.decides, *entry.depends)
        if has_request(kind_of(entry, entry.resource))
    )
    statuses: set[str] = set()
    for trial in trials(rule, entry):
        if not says(spelling, trial.stage.kind) or entry.live_only or trial.case.live_only:
            continue
        if trial.case.name == "unset" and "Tags" in entry.decides:
            # Describe leaves tags to another operation; a request without tags makes a resource without any.
            continue
        subject, inventory = SPELLINGS[spelling](trial.stage)
        allowed = trial.allowed | {"NOT_AVAILABLE"} if silent else trial.allowed
        finding = judge(rule, subject, inventory, trial.stage.now)
        said = finding.status.value if finding else "NOT_APPLICABLE"
        if said not in allowed:
            told = f": {finding.message}" if finding else ""
            yield trial.name, f"expected {' or '.join(sorted(allowed))}, got {said}{told}"
        statuses.add(said)
    if silent and statuses and not statuses & {Status.PASSED.value, Status.FAILED.value}:
        yield "every case", "no request tells what decides: say so with live_only, or name what it tells in `decides`"


def flipped(rule: Rule, entry: Entry) -> Iterator[tuple[str, str]]:
    """The fields that change the verdict although the entry does not say so."""
    for trial in flips(entry):
        if difference := _difference(rule, trial, "live"):
            yield trial.name, difference


def must_fit(catalog: Catalog, entries: Mapping[str, Iterable[Entry]]) -> None:
    """Refuse entries that can prove nothing: of no rule, of a type it does not judge, on members that do not exist.

    Raises:
        InputError: one is such.
    """
    rules = {rule.id: rule for rule in catalog}
    for name, found in entries.items():
        for entry in found:
            if name not in rules:
                raise InputError("there is no such rule", file=entry.file, key=name, remedy=nearest(name, rules))
            _must_fit(rules[name], entry)


def _must_fit(rule: Rule, entry: Entry) -> None:
    kind = kind_of(entry, entry.resource)
    if kind not in rule.scope:
        judged = ", ".join(one.cfn_type for one in rule.scope)
        raise InputError(f"the rule judges {judged}, not {entry.resource}", file=entry.file, key=entry.rule)
    known = _members_of(kind)
    own = [path for path in (*entry.decides, *entry.depends) if ":" not in path]
    places = [("decides or depends", own), ("facts", entry.facts)]
    places += [(case.name, case.facts) for case in entry.cases.values()]
    for place, paths in places:
        for path in paths:
            member = path.partition(".")[0].partition("[")[0]
            if member not in known:
                message = f"{entry.resource} has no member {member!r}"
                raise InputError(message, file=entry.file, key=f"{entry.rule}.{place}", remedy=nearest(member, known))


def _members_of(kind: type[Resource]) -> frozenset[str]:
    """What a case may say of a type, AWS's other members included."""
    answer = structure_of(kind, "describe") if kind.service == "sagemaker" else None
    return frozenset({*kind.fields_by_member, *(members(answer) if answer else ()), kind.name_member, kind.arn_member})


def _difference(rule: Rule, trial: Trial, spelling: str) -> str:
    subject, inventory = SPELLINGS[spelling](trial.stage)
    return differs(trial, judge(rule, subject, inventory, trial.stage.now))
