"""Judging what one unit of work finds."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from auditor.delivery.store import ObjectStore
from auditor.engine import Judge
from auditor.fleet.facts import Lines
from auditor.fleet.outcome import Outcome
from auditor.fleet.steering import Steered
from auditor.model.finding import Finding
from auditor.model.gap import Gap, Scope
from auditor.model.inventory import Inventory
from auditor.model.resource import Resource
from auditor.model.unknown import Reason
from auditor.scan.spool import FindingSpool


class Bench:
    """Judges the resources of one unit, and keeps count in its outcome.

    Args:
        name: the unit's name.
        steered: the selected rules, and what happens to each finding before it counts.
        now: the time of the run.
        inventory: the neighbours, where there are any yet.
    """

    def __init__(self, name: str, steered: Steered, now: datetime, inventory: Inventory | None = None) -> None:
        self.inventory = Inventory() if inventory is None else inventory
        self.outcome = Outcome(name)
        self._judge = Judge(steered.catalog, self.inventory, now)
        self._adjust = steered.policy.adjust
        self._spool = FindingSpool(steered.catalog)
        self._faulty: dict[str, str] = {}

    def stream(self, resource: Resource) -> list[str]:
        """Judge a resource as far as it goes without neighbours.

        Returns:
            The ids of the rules that must wait.
        """
        findings, waiting = self._judge.streaming(resource)
        self._take(findings)
        return waiting

    def settle(self, resource: Resource, rules: Iterable[str]) -> None:
        """Judge a resource by the rules that waited."""
        self._take(self._judge.settled(resource, rules))

    def whole(self, resource: Resource) -> None:
        """Judge a resource by every rule; the inventory holds its neighbours."""
        self._take(self._judge.judge(resource))

    def gap(self, gap: Gap) -> None:
        """Note a hole."""
        self.outcome.gaps.append(gap)

    def close(self, store: ObjectStore, key: str) -> Outcome:
        """Write the findings under a key, if there are any.

        Raises:
            StoreError: the store cannot be written.
        """
        lines = Lines()
        for line in self._spool.lines():
            lines.add(line)
        self._spool.close()
        self.outcome.findings = lines.put(store, key)
        self.outcome.asked = self._judge.counts()
        for rule, message in sorted(self._faulty.items()):
            self.gap(Gap(Scope(), f"rule:{rule}", Reason.RULE_ERROR, message))
        return self.outcome

    def _take(self, findings: Iterable[Finding] | Iterator[Finding]) -> None:
        for found in findings:
            if found.reason is Reason.RULE_ERROR:
                self._faulty.setdefault(found.rule, found.message)
            finding = self._adjust(found)
            if finding is None:
                continue
            self._spool.add(finding)
            waived = finding.waiver is not None
            key = (finding.rule, finding.severity, finding.lifecycle, finding.status, waived)
            self.outcome.tally[key] += 1
