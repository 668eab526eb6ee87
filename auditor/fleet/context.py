"""What the units of one target share during one invocation."""

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from auditor.catalog import Catalog
from auditor.delivery.store import ObjectStore
from auditor.fleet.bench import Bench
from auditor.fleet.facts import read_account_facts, read_lines
from auditor.fleet.outcome import Cursor
from auditor.fleet.records import Keys, ScanTarget
from auditor.fleet.settings import FleetSettings
from auditor.fleet.steering import Steered
from auditor.model.codec import decode
from auditor.model.gap import Gap, Scope
from auditor.model.inventory import Inventory
from auditor.model.kinds import every_kind
from auditor.model.unknown import Reason
from auditor.scan.selection import Selection
from auditor.sources.live.reader import Reader


@dataclass(slots=True)
class Context:
    """One target in one invocation; safe to use from several threads.

    Args:
        target: what is audited.
        settings: how.
        steered: the selected rules, and what happens to each finding.
        now: the time of the run, the same in every invocation.
        store: where everything is written.
        reader: asks AWS.
        cursor: what is done.
    """

    target: ScanTarget
    settings: FleetSettings
    steered: Steered
    now: datetime
    store: ObjectStore
    reader: Reader
    cursor: Cursor
    selection: Selection = field(init=False)
    closed: Gap | None = None
    _inventory: Inventory = field(default_factory=Inventory)
    _loaded: set[str] = field(default_factory=set)
    _lost: list[Gap] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.selection = Selection.of(self.catalog)

    @property
    def catalog(self) -> Catalog:
        """The selected rules."""
        return self.steered.catalog

    @property
    def keys(self) -> Keys:
        """The keys of the run."""
        return Keys(self.target.run)

    def bench(self, unit: str, inventory: Inventory | None = None) -> Bench:
        """What judges a unit."""
        return Bench(unit, self.steered, self.now, inventory)

    def close(self, bench: Bench) -> None:
        """Write what a unit found."""
        bench.close(self.store, self.keys.findings(self.target, bench.outcome.unit))

    def needs_of(self, rules: Iterable[str]) -> set[str]:
        """The types of the neighbours that some rules look at."""
        return {need.cfn_type for rule in rules for need in self.catalog.get(rule).needs if need is not datetime}

    def inventory(self, types: Iterable[str]) -> tuple[Inventory, list[Gap]]:
        """The neighbours of some types, of this region and of the account, and every gap.

        Returns:
            The neighbours, and a gap for each of the types of the account whose facts are not there.

        Raises:
            InputError: facts that were written are gone or damaged.
            StoreError: the store cannot be read.
        """
        with self._lock:
            if not self._loaded:
                for gap in self.cursor.gaps:
                    self._inventory.add_gap(gap)
            wanted = set(types) - self._loaded
            self._loaded |= {*wanted, ""}
            of_account = {name for name in wanted if every_kind()[name].account_wide}
            if of_account:
                self._load_account(of_account)
            for unit, about in sorted(self.cursor.done.items()):
                if wanted.intersection(about["kinds"]):
                    self._load_unit(unit, wanted)
            return self._inventory, [gap for gap in self._lost if gap.scope.type in set(types)]

    def _load_unit(self, unit: str, wanted: set[str]) -> None:
        for line in read_lines(self.store, self.keys.facts(self.target, unit)):
            data = json.loads(line)
            if data["type"] in wanted:
                self._inventory.add(decode(data))

    def _load_account(self, wanted: set[str]) -> None:
        items = read_account_facts(self.store, self.keys.account_facts(self.target.account))
        if items is None:
            for name in sorted(wanted):
                detail = "the account's own facts were not read in this run; see its global target"
                gap = Gap(Scope(self.target.account, "", name), "", Reason.NOT_COLLECTED, detail)
                self._lost.append(gap)
                self._inventory.add_gap(gap)
            return
        for item in items:
            if isinstance(item, Gap):
                if item.scope.type in wanted:
                    self._inventory.add_gap(item)
            elif item.cfn_type in wanted:
                self._inventory.add(item)
