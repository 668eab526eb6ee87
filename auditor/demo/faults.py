"""What tests make the embedded AWS do wrong, and the list of what it was asked."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

Failure = Literal["denied", "throttled", "broken"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as the embedded AWS understood it.

    Attributes:
        service: The service, as boto3 names its client ("sagemaker", "iam", "cloudwatch").
        operation: The operation, as the API names it ("ListTrainingJobs").
        account: The account that the caller's credentials belong to.
        region: The region that the request was signed for.
        parameters: The request's body, as text.
    """

    service: str
    operation: str
    account: str
    region: str
    parameters: str = field(default="", compare=False, repr=False)


@dataclass
class _Rule:
    """One fault: which calls it meets, what they get, and how often still (None: always)."""

    failure: Failure
    service: str
    operation: str
    account: str | None
    region: str | None
    left: int | None

    def meets(self, call: Call) -> bool:
        """Return whether a call is meant."""
        return (
            self.left != 0
            and self.service == call.service
            and self.operation in {"*", call.operation}
            and self.account in {None, call.account}
            and self.region in {None, call.region}
        )


class Faults:
    """Faults to inject; all methods may be called while the server answers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[_Rule] = []
        self._hooks: list[tuple[str, str, Callable[[Call], None]]] = []

    def clear(self) -> None:
        """Forget every fault and hook."""
        with self._lock:
            self._rules.clear()
            self._hooks.clear()

    def deny(self, service: str, operation: str = "*", account: str | None = None, region: str | None = None) -> None:
        """Answer an operation with the service's access-denied error."""
        self._add(_Rule("denied", service, operation, account, region, None))

    def throttle(self, service: str, operation: str = "*", times: int | None = None, region: str | None = None) -> None:
        """Answer the next ``times`` calls (None: all) with the service's throttling error."""
        self._add(_Rule("throttled", service, operation, None, region, times))

    def fail(self, service: str, operation: str = "*", times: int | None = None, region: str | None = None) -> None:
        """Answer the next ``times`` calls (None: all) with HTTP 500."""
        self._add(_Rule("broken", service, operation, None, region, times))

    def before(self, service: str, operation: str, hook: Callable[[Call], None]) -> None:
        """Call ``hook`` before an operation is carried out, for instance to delete what it will read."""
        with self._lock:
            self._hooks.append((service, operation, hook))

    def strike(self, call: Call) -> Failure | None:
        """Run the hooks of a call and return the failure that it must meet, if any."""
        with self._lock:
            called = (call.service, call.operation)
            hooks = [hook for service, operation, hook in self._hooks if (service, operation) == called]
            rule = next((rule for rule in self._rules if rule.meets(call)), None)
            if rule is not None and rule.left is not None:
                rule.left -= 1
        for hook in hooks:
            hook(call)
        return rule.failure if rule else None

    def _add(self, rule: _Rule) -> None:
        """Add a fault."""
        with self._lock:
            self._rules.append(rule)


class Calls:
    """The calls served so far, in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[Call] = []

    def record(self, call: Call) -> None:
        """Add a call."""
        with self._lock:
            self._calls.append(call)

    def clear(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._calls.clear()

    def all(self) -> list[Call]:
        """Return all calls."""
        with self._lock:
            return list(self._calls)

    def count(self, service: str, operation: str) -> int:
        """Return how often an operation was called."""
        return self.operations()[(service, operation)]

    def operations(self) -> Counter[tuple[str, str]]:
        """Return how often each (service, operation) was called."""
        return Counter((call.service, call.operation) for call in self.all())
