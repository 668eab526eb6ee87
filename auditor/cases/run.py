"""Running cases: every case of an entry in every spelling, and what came out otherwise than expected."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from auditor.cases.book import NO_FINDING, Case, Entry, laid_over, put
from auditor.cases.facts import Stage, gap_over, hidden, kind_of, spread, stage, without
from auditor.engine import Judge
from auditor.errors import InputError
from auditor.model.finding import Finding
from auditor.model.gap import Gap, Scope
from auditor.model.inventory import Inventory, R
from auditor.model.resource import Resource
from auditor.model.rule import Rule
from auditor.model.unknown import Reason, Unknown
from auditor.model.verdict import Status

Spell = Callable[[Stage], Resource | None]


@dataclass(frozen=True, slots=True)
class Trial:
    """One judgement to be made.

    Args:
        case: the case it belongs to.
        variant: what is changed in it: the path that is unresolved, the type that is hidden; or empty.
        stage: what is judged.
        allowed: the statuses that are right.
    """

    case: Case
    variant: str
    stage: Stage
    allowed: frozenset[str]

    @property
    def name(self) -> str:
        """`case` or `case:variant`."""
        return f"{self.case.name}:{self.variant}" if self.variant else self.case.name


def trials(rule: Rule, entry: Entry, partition: str = "aws") -> Iterator[Trial]:
    """Every judgement that an entry asks for: the six cases and the named ones."""
    makers = {"unset": _unset, "unresolved": _unresolved, "denied": _denied, "absent": _absent}
    for name, case in entry.cases.items():
        maker = makers.get(name)
        if maker is not None:
            yield from maker(rule, entry, case, partition)
        else:
            yield Trial(case, "", stage(entry, case, partition), frozenset({case.expect}))


def tuned_trials(rule: Rule, entry: Entry, partition: str = "aws") -> Iterator[tuple[Rule, Trial]]:
    """The judgements under other parameters, each with the rule that has them.

    Raises:
        InputError: the rule has no such parameter, or a value does not fit.
    """
    for case in entry.tuned.values():
        try:
            tuned = rule.tuned(case.parameters)
        except ValueError as error:
            raise InputError(str(error), file=entry.file, key=f"{entry.rule}.{case.name}") from None
        ready = stage(entry, case.after(entry.cases[case.start]), partition)
        yield tuned, Trial(case, "", ready, frozenset({case.expect}))


def judge(rule: Rule, subject: Resource | None, inventory: Inventory, now: str) -> Finding | None:
    """What a rule says of a subject; of everything else in the inventory where there is none."""
    asked = Judge([rule], inventory, datetime.fromisoformat(now))
    subjects = [subject] if subject is not None else list(inventory)
    return next((finding for one in subjects for finding in asked.judge(one)), None)


def differs(trial: Trial, finding: Finding | None) -> str:
    """What is otherwise than the case says; empty where nothing is."""
    said = finding.status.value if finding else NO_FINDING
    told = f": {finding.message}" if finding else ""
    if finding and finding.reason is Reason.RULE_ERROR:
        return f"the rule broke: {finding.message}"
    if said not in trial.allowed:
        return f"expected {' or '.join(sorted(trial.allowed))}, got {said}{told}"
    return _says_otherwise(trial.case, finding) if finding and said == trial.case.expect else ""


def _says_otherwise(case: Case, finding: Finding) -> str:
    if case.message not in finding.message:
        return f"message {finding.message!r} lacks {case.message!r}"
    if case.reason and case.reason != finding.reason:
        return f"expected reason {case.reason}, got {finding.reason}: {finding.message}"
    paths = tuple(item.path for item in finding.evidence)
    if case.evidence is not None and paths != case.evidence:
        return f"expected evidence {list(case.evidence)}, got {list(paths)}"
    return ""


def _compliant(entry: Entry, case: Case) -> Case:
    """A derived case starts from the compliant one."""
    return case.after(entry.cases["compliant"])


def _unset(_: Rule, entry: Entry, case: Case, partition: str) -> Iterator[Trial]:
    start = _compliant(entry, replace(case, facts={}))
    ready = stage(entry, start, partition)
    bare = without(ready.facts or {}, (path for path in entry.decides if ":" not in path))
    yield Trial(case, "", replace(ready, facts=laid_over(bare, case.facts)), frozenset({case.expect}))


def _unresolved(_: Rule, entry: Entry, case: Case, partition: str) -> Iterator[Trial]:
    ready = stage(entry, _compliant(entry, case), partition)
    for path in entry.decides:
        yield Trial(case, path, _with_unknown(entry, ready, path), frozenset({case.expect}))


def _with_unknown(entry: Entry, ready: Stage, path: str) -> Stage:
    mark = Unknown(Reason.UNRESOLVED_REFERENCE, "as the case says")
    kind_name, colon, inner = path.rpartition(":")
    if not colon:
        return replace(ready, facts=_marked_at(ready.facts or {}, path, mark))
    kind = kind_of(entry, kind_name)
    neighbours = tuple(
        (other, _marked_at(facts, inner, mark) if other is kind else facts) for other, facts in ready.neighbours
    )
    return replace(ready, neighbours=neighbours)


def _marked_at(facts: Mapping[str, object], path: str, mark: Unknown) -> dict[str, object]:
    out = laid_over({}, facts)
    for whole in spread(out, path) if "[]" in path else (path,):
        put(out, whole, mark)
    return out


def _denied(rule: Rule, entry: Entry, case: Case, partition: str) -> Iterator[Trial]:
    ready = stage(entry, _compliant(entry, replace(case, facts={})), partition)
    facts = laid_over(hidden(ready.facts or {}, ready.kind), case.facts)
    # A rule on neighbours alone needs no more of its subject than the name, which is always known.
    own = any(":" not in path for path in entry.decides)
    allowed = {case.expect} if own else {case.expect, Status.PASSED.value}
    yield Trial(case, "", replace(ready, facts=facts), frozenset(allowed))
    failing = stage(entry, entry.cases["non_compliant"], partition)
    asked = _asked_for(rule, ready)
    for need in rule.needs:
        if not issubclass(need, Resource):
            continue
        if need.cfn_type in asked:
            yield Trial(case, need.__name__, _hide(ready, need), frozenset({case.expect}))
        never = frozenset({Status.FAILED.value, Status.NOT_AVAILABLE.value, NO_FINDING})
        yield Trial(case, f"{need.__name__}, non-compliant", _hide(failing, need), never)


class _Asked(Inventory):
    """An inventory that notes which types it was asked for."""

    kinds: set[str]

    def gap_for(self, scope: Scope, name: str) -> Gap | None:
        self.kinds.add(scope.type)
        return super().gap_for(scope, name)

    def lookup(self, kind: type[R], scope: Scope, name: str) -> R | None:
        self.kinds.add(kind.cfn_type)
        return super().lookup(kind, scope, name)

    def of(self, kind: type[R], scope: Scope) -> Sequence[R]:
        self.kinds.add(kind.cfn_type)
        return super().of(kind, scope)


def _asked_for(rule: Rule, ready: Stage) -> set[str]:
    """The types of neighbours without which the rule could not have answered: those it asks for."""
    inventory = _Asked(ready.inventory(), ready.gaps)
    inventory.kinds = set()
    judge(rule, ready.subject(), inventory, ready.now)
    return inventory.kinds


def _hide(ready: Stage, kind: type[Resource]) -> Stage:
    left = tuple((other, facts) for other, facts in ready.neighbours if other is not kind)
    return replace(ready, neighbours=left, gaps=(*ready.gaps, gap_over(kind)))


def _absent(_: Rule, entry: Entry, case: Case, partition: str) -> Iterator[Trial]:
    ready = stage(entry, _compliant(entry, case), partition)
    left = tuple((kind, facts) for kind, facts in ready.neighbours if kind is not ready.kind)
    yield Trial(case, "", replace(ready, facts=None, neighbours=left), frozenset({case.expect}))
