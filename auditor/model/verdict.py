"""What a rule says of one resource."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from .unknown import CannotAssess

if TYPE_CHECKING:
    # Settings name severities, and are read before pydantic is loaded.
    from .resource import Resource

T = TypeVar("T")


class Status(StrEnum):
    """ASFF's compliance statuses that the auditor uses."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    NOT_AVAILABLE = "NOT_AVAILABLE"


class Severity(StrEnum):
    """ASFF's severity labels, from least to worst."""

    INFORMATIONAL = "INFORMATIONAL"
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"

    @property
    def rank(self) -> int:
        """0 for INFORMATIONAL to 4 for CRITICAL."""
        return tuple(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Fact:
    """Evidence on a neighbour of the subject.

    Args:
        resource: the neighbour.
        path: the API path within it.
    """

    resource: "Resource"
    path: str


Where = str | Fact


# Made by the hundred thousand: a frozen dataclass takes three times as long to make.
@dataclass(slots=True)
class Verdict:
    """What a rule says: `status` is None where the rule does not apply to this resource.

    Args:
        status: PASSED, FAILED, or None for not applicable.
        message: one clause that says what was seen, without a full stop.
        at: API paths of the subject, or facts of neighbours, that the verdict rests on.
    """

    status: Status | None
    message: str
    at: tuple[Where, ...] = ()


def _places(at: Where | Iterable[Where]) -> tuple[Where, ...]:
    return (at,) if isinstance(at, str | Fact) else tuple(at)


def passed(message: str, *, at: Where | Iterable[Where]) -> Verdict:
    """The desired state was observed."""
    return Verdict(Status.PASSED, message, _places(at))


def failed(message: str, *, at: Where | Iterable[Where]) -> Verdict:
    """The desired state was observed not to hold."""
    return Verdict(Status.FAILED, message, _places(at))


def not_applicable(message: str) -> Verdict:
    """The rule has nothing to say about this resource; it is counted in the coverage only."""
    return Verdict(None, message)


def all_of(items: Iterable[T], judge: Callable[[T], Verdict], *, at: str, empty: Verdict) -> Verdict:
    """Judge every item: FAILED if any failed, else not assessable if any is, else PASSED.

    Args:
        items: what to judge; an item that was not observed counts as not assessable.
        judge: gives a verdict on one item, with paths relative to the item.
        at: API path of the list, without brackets.
        empty: the verdict where there are no items, or the rule applies to none of them.

    Raises:
        CannotAssess: no item failed and at least one could not be assessed.
    """
    return _fold(items, judge, at, empty, decisive=Status.FAILED)


def any_of(items: Iterable[T], judge: Callable[[T], Verdict], *, at: str, empty: Verdict) -> Verdict:
    """Judge every item: PASSED if any passed, else not assessable if any is, else FAILED.

    Args and errors as of `all_of`.
    """
    return _fold(items, judge, at, empty, decisive=Status.PASSED)


def _fold(items: Iterable[T], judge: Callable[[T], Verdict], at: str, empty: Verdict, *, decisive: Status) -> Verdict:
    verdicts: list[Verdict] = []
    unknown: CannotAssess | None = None
    for index, item in enumerate(items):
        try:
            verdict = judge(item)
        except CannotAssess as error:
            unknown = unknown or error
            continue
        if verdict.status is not None:
            verdicts.append(_placed(verdict, f"{at}[{index}]"))
    deciding = [verdict for verdict in verdicts if verdict.status is decisive]
    if deciding:
        return _joined(deciding, decisive)
    if unknown is not None:
        raise unknown
    return _joined(verdicts, verdicts[0].status) if verdicts else empty


def _placed(verdict: Verdict, prefix: str) -> Verdict:
    at = tuple(f"{prefix}.{where}" if isinstance(where, str) and where else where or prefix for where in verdict.at)
    return replace(verdict, at=at)


def _joined(verdicts: list[Verdict], status: Status | None) -> Verdict:
    messages = list(dict.fromkeys(verdict.message for verdict in verdicts))
    at = tuple(where for verdict in verdicts for where in verdict.at)
    return Verdict(status, "; ".join(messages), at)
