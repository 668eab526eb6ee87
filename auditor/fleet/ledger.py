"""Reading what became of the planned targets."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from auditor.delivery.digest import NewFinding
from auditor.delivery.store import ObjectStore
from auditor.delivery.totals import RuleTotals, RunTotals
from auditor.errors import InputError
from auditor.fleet.outcome import Tally, read_tally
from auditor.fleet.records import Keys, ScanTarget, read_json
from auditor.model.codec import CodecError, decode_gap
from auditor.model.coverage import RequestCount, RuleCount, Target, TargetStatus
from auditor.model.gap import Gap, Scope
from auditor.model.review import WaiverState, WaiverUse
from auditor.model.unknown import Reason
from auditor.model.verdict import Severity

_AT_ONCE = 32
_LOST = "it did not report"
T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one target.

    Args:
        target: the target.
        status: how far it was read.
        reason: why it was not whole; empty otherwise.
        gaps: what was missing, the first of it.
        resources: how many were read.
        tally: its findings, counted.
        totals: its numbers for the metrics.
        new: the worst of its findings that had not failed before.
        unfinished: its families that were not read whole.
        requests: what it cost.
        rules: how often each rule was asked.
        document: the key of its report as packed JSON; empty where there is none.
        page: the key of its page; empty where there is none.
        waivers: those that cover some of its failed findings.
    """

    target: ScanTarget
    status: TargetStatus
    reason: str = ""
    gaps: tuple[Gap, ...] = ()
    resources: int = 0
    tally: Tally = field(default_factory=Tally)
    totals: RunTotals = field(default_factory=RunTotals)
    new: tuple[NewFinding, ...] = ()
    unfinished: tuple[Target, ...] = ()
    requests: tuple[RequestCount, ...] = ()
    rules: tuple[RuleCount, ...] = ()
    document: str = ""
    page: str = ""
    waivers: tuple[WaiverUse, ...] = ()


def entries(store: ObjectStore, targets: Iterable[ScanTarget]) -> Iterator[Entry]:
    """What became of each target, in order; one that never reported is NOT_SCANNED.

    Raises:
        InputError: an entry is damaged.
        StoreError: the store cannot be read.
    """
    return in_order(lambda target: read_entry(store, target), targets)


def in_order(work: Callable[[T], U], items: Iterable[T], at_once: int = _AT_ONCE) -> Iterator[U]:
    """Do something for each of many, several at a time; results in order, few of them waiting.

    Raises:
        Exception: what the work raised.
    """
    waiting: deque[Future[U]] = deque()
    with ThreadPoolExecutor(at_once, thread_name_prefix="merge") as pool:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > at_once:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def read_entry(store: ObjectStore, target: ScanTarget) -> Entry:
    """What became of a target; errors as of `entries`."""
    key = Keys(target.run).ledger(target)
    data = read_json(store, key)
    if data is None:
        return _lost(target, _LOST, ())
    try:
        if "totals" not in data:
            return _lost(target, str(data["reason"]) or _LOST, [decode_gap(gap) for gap in data.get("gaps", ())])
        return _entry(target, data)
    except (AttributeError, KeyError, TypeError, ValueError, CodecError) as error:
        raise InputError(f"is no entry of a ledger: {error!r}", file=key) from None


def _lost(target: ScanTarget, reason: str, gaps: Iterable[Gap]) -> Entry:
    found = tuple(gaps)
    if not found:
        detail = f"{reason}; see the log of the functions"
        found = (Gap(Scope(target.account, target.region), "", Reason.NOT_COLLECTED, detail),)
    numbers = RunTotals(targets={TargetStatus.NOT_SCANNED: 1})
    return Entry(target, TargetStatus.NOT_SCANNED, reason, found, totals=numbers)


def _entry(target: ScanTarget, data: Mapping[str, Any]) -> Entry:
    coverage = data["coverage"]
    return Entry(
        target=target,
        status=TargetStatus(data["status"]),
        reason=data["reason"],
        gaps=tuple(decode_gap(gap) for gap in coverage["gaps"]),
        resources=coverage["resources"],
        tally=read_tally(data["tally"]),
        totals=_totals(data["totals"]),
        new=tuple(NewFinding(**{**one, "severity": Severity(one["severity"])}) for one in data["new"]),
        unfinished=tuple(Target(**{**one, "status": TargetStatus(one["status"])}) for one in coverage["unfinished"]),
        requests=tuple(RequestCount(**one) for one in coverage["requests"]),
        rules=tuple(RuleCount(**one) for one in coverage["rules"]),
        document=data["report"]["json"],
        page=data["report"]["html"],
        waivers=tuple(WaiverUse(**{**one, "state": WaiverState(one["state"])}) for one in data["waivers"]),
    )


def _totals(data: Mapping[str, Any]) -> RunTotals:
    return RunTotals(
        **{
            **data,
            "rules": tuple(RuleTotals(**counts) for counts in data["rules"]),
            "targets": {TargetStatus(status): number for status, number in data["targets"].items()},
        }
    )


def excluded_gaps(store: ObjectStore, run: str) -> list[Gap]:
    """What the plan of a run left out.

    Raises:
        InputError: the plan is damaged.
        StoreError: the store cannot be read.
    """
    key = Keys(run).plan("excluded")
    try:
        return [
            Gap(Scope(one["account"], one["region"]), one["operation"], Reason(one["reason"]), one["detail"])
            for one in read_json(store, key) or ()
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"is no list of what was left out: {error!r}", file=key) from None
