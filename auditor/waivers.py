"""Waivers: approved exceptions that expire, and what became of each.

A waived finding stays FAILED and carries its waiver. Nothing waives what could not be judged.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

from auditor.errors import InputError, nearest
from auditor.model.finding import Finding, WaiverRef
from auditor.model.review import WaiverState, WaiverUse
from auditor.model.verdict import Status

LONGEST = timedelta(days=365)
SOON = timedelta(days=30)
_REQUIRED = ("rule", "resource", "reason", "owner", "approver", "expires")
_KEYS = (*_REQUIRED, "ticket")
_REMEDY = "a waiver has rule, resource, reason, owner, approver, expires and perhaps ticket"


class Written(Protocol):
    """A document that tells where its values stand."""

    @property
    def value(self) -> Any:
        """Plain data."""

    def wrong(self, message: str, path: Sequence[str | int] = (), remedy: str = "") -> InputError:
        """The error for something at a path of it."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """One waiver.

    Args:
        rule: a rule id, in which `*` and `?` stand for anything.
        resource: the same over an ARN, a name or `path#LogicalId`.
        reason, owner, approver, ticket: as written.
        expires: the last day (UTC) on which it is in force.
    """

    rule: str
    resource: str
    reason: str
    owner: str
    approver: str
    expires: date
    ticket: str = ""

    def covers(self, finding: Finding) -> bool:
        """Whether it names the resource of a finding and its rule."""
        return matches(self.rule, finding.rule) and any(matches(self.resource, name) for name in _names(finding))

    def ref(self) -> WaiverRef:
        """As a finding carries it."""
        return WaiverRef(self.reason, self.owner, self.approver, self.expires.isoformat(), self.ticket)


class Waivers:
    """The waivers of a run.

    Args:
        waivers: in the order in which they are asked.
        today: the day of the run, in UTC.
    """

    def __init__(self, waivers: Iterable[Waiver], today: date) -> None:
        self._all = tuple(waivers)
        self._today = today
        self._by_rule: dict[str, tuple[Waiver, ...]] = {}

    def __iter__(self) -> Iterator[Waiver]:
        return iter(self._all)

    def mark(self, finding: Finding) -> None:
        """Give a failed finding the first waiver in force that covers it."""
        if finding.status is Status.FAILED:
            waiver = next((one for one in self._covering(finding) if one.expires >= self._today), None)
            if waiver is not None:
                finding.waiver = waiver.ref()

    def uses(self, findings: Iterable[Finding]) -> tuple[WaiverUse, ...]:
        """What became of each waiver.

        Args:
            findings: those of the report, marked.
        """
        counts: Counter[Waiver] = Counter()
        for finding in findings:
            if finding.status is Status.FAILED:
                # An expired one counts where nothing else covers the finding.
                expired = finding.waiver is None
                covering = (one for one in self._covering(finding) if (one.expires < self._today) is expired)
                counts.update(list(covering)[:1])
        return tuple(self._use(waiver, counts[waiver]) for waiver in self._all)

    def _covering(self, finding: Finding) -> Iterator[Waiver]:
        if finding.rule not in self._by_rule:
            self._by_rule[finding.rule] = tuple(one for one in self._all if matches(one.rule, finding.rule))
        return (waiver for waiver in self._by_rule[finding.rule] if waiver.covers(finding))

    def _use(self, waiver: Waiver, count: int) -> WaiverUse:
        if waiver.expires < self._today:
            state = WaiverState.EXPIRED
        elif not count:
            state = WaiverState.UNUSED
        else:
            state = WaiverState.EXPIRING if waiver.expires - self._today <= SOON else WaiverState.USED
        ref = waiver.ref()
        return WaiverUse(
            rule=waiver.rule,
            resource=waiver.resource,
            reason=ref.reason,
            owner=ref.owner,
            approver=ref.approver,
            expires=ref.expires,
            ticket=ref.ticket,
            state=state,
            findings=count,
        )


def parse(document: Written, rules: Iterable[str], today: date) -> tuple[Waiver, ...]:
    """The waivers that a document holds: `waivers:` and a list under it.

    Args:
        document: JSON or YAML.
        rules: ids of every rule there is.
        today: the day of the run, in UTC.

    Raises:
        InputError: a key is unknown, missing or empty, a rule does not exist, wildcards stand on both axes, or
            `expires` is no date or more than 365 days ahead; names file, line and remedy.
    """
    top = document.value
    if not isinstance(top, dict):
        raise document.wrong("it holds no waivers", (), "begin with `waivers:` and list them under it")
    for key in top:
        if key != "waivers":
            raise document.wrong("unknown key", (key,), nearest(key, ["waivers"]) or "known is waivers")
    listed = top.get("waivers")
    if not isinstance(listed, list):
        raise document.wrong("it is no list of waivers", ("waivers",), _REMEDY)
    known = frozenset(rules)
    found: dict[tuple[str, str], int] = defaultdict(int)
    waivers = []
    for index, item in enumerate(listed):
        waiver = _waiver(document, item, ("waivers", index), known, today)
        found[waiver.rule, waiver.resource] += 1
        if found[waiver.rule, waiver.resource] > 1:
            raise document.wrong("the same rule and resource are waived twice", ("waivers", index), "remove one")
        waivers.append(waiver)
    return tuple(waivers)


def _waiver(document: Written, item: Any, at: tuple[str | int, ...], rules: frozenset[str], today: date) -> Waiver:
    if not isinstance(item, dict):
        raise document.wrong("it is no waiver", at, _REMEDY)
    for key in item:
        if key not in _KEYS:
            raise document.wrong("unknown key", (*at, key), nearest(str(key), _KEYS) or _REMEDY)
    words = {key: _word(document, item, (*at, key)) for key in _KEYS}
    rule, resource = words["rule"], words["resource"]
    if not any(matches(rule, one) for one in rules):
        raise document.wrong(f"no rule is called {rule!r}", (*at, "rule"), nearest(rule, rules))
    if _is_wild(rule) and _is_wild(resource):
        remedy = "name either the rule or the resource in full"
        raise document.wrong("wildcards stand in both rule and resource", (*at, "resource"), remedy)
    expires = _expiry(document, words["expires"], (*at, "expires"), today)
    return Waiver(rule, resource, words["reason"], words["owner"], words["approver"], expires, words["ticket"])


def _word(document: Written, item: dict[str, Any], at: tuple[str | int, ...]) -> str:
    key = str(at[-1])
    value = item.get(key, "")
    if isinstance(value, int) and not isinstance(value, bool) and key == "ticket":
        value = str(value)
    if not isinstance(value, str):
        raise document.wrong("it is not text", at, "quote it")
    if not value.strip() and key in _REQUIRED:
        raise document.wrong(f"a waiver needs {key!r}", at, _REMEDY)
    return value.strip()


def _expiry(document: Written, text: str, at: tuple[str | int, ...], today: date) -> date:
    try:
        expires = date.fromisoformat(text)
    except ValueError:
        raise document.wrong(f"{text!r} is no date", at, f"write {today.isoformat()}") from None
    latest = today + LONGEST
    if expires > latest:
        message = f"{text} is more than {LONGEST.days} days ahead"
        raise document.wrong(message, at, f"{latest.isoformat()} is the latest: approve it again then")
    return expires


def _names(finding: Finding) -> Iterator[str]:
    yield finding.resource.name
    if finding.resource.arn:
        yield finding.resource.arn
    if finding.location is not None:
        yield f"{finding.location.file}#{finding.location.logical_id}"


def _is_wild(pattern: str) -> bool:
    return "*" in pattern or "?" in pattern


def matches(pattern: str, text: str) -> bool:
    """Whether a text is what a pattern says; `*` stands for any characters, `?` for one.

    Brackets mean themselves (Terraform's addresses hold them), and the time is at most the product of the lengths.
    """
    here = there = 0
    star, mark = -1, 0
    while there < len(text):
        if here < len(pattern) and pattern[here] == "*":
            star, mark = here, there
            here += 1
        elif here < len(pattern) and pattern[here] in ("?", text[there]):
            here, there = here + 1, there + 1
        elif star >= 0:
            mark += 1
            here, there = star + 1, mark
        else:
            return False
    return not pattern[here:].strip("*")
