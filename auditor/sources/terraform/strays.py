"""What a change attaches to things of which nothing is judged: they are not in the plan, or nobody knows which."""

from collections.abc import Collection, Iterator
from typing import Any

from auditor.model.gap import Gap, Scope
from auditor.model.resource import Resource
from auditor.model.unknown import Reason, Unknown
from auditor.sources.terraform.neighbours.around import Reads
from auditor.sources.terraform.neighbours.outside import TYPES, alike, is_principal, owners_of, told_names
from auditor.sources.terraform.plan import Change
from auditor.sources.terraform.table import type_of
from auditor.sources.terraform.values import Secret


class Strays:
    """Finds what is attached to what is not judged.

    Args:
        reads: reads the plan.
        judged: the changes that are judged.
        yielded: the resources that were read from the plan.
    """

    def __init__(self, reads: Reads, judged: Collection[Change], yielded: Collection[Resource]) -> None:
        self._reads = reads
        self._judged = judged
        self._types = {one.identity.type for one in yielded}
        self._names = {(one.identity.type, name) for one in yielded for name in one.names()}
        judged_too = {change.address for change in judged}
        listed = (change for change in reads.plan.changes if change.stays and type_of(change.type))
        self._left_out = any(change.address not in judged_too for change in listed)

    def gaps(self) -> Iterator[Gap]:
        """A gap for each that changes, itself or the policy that it attaches, and of whose owner nothing is judged.

        Whoever is outside of the plan may be of no concern to SageMaker: only of users, groups and roles, which are
        judged by what they may do, is one listed. Where nobody knows the owner, it may be what is not judged.
        """
        yield from self._deleted()
        for change in self._judged:
            for argument, kind in owners_of(change.type):
                told = self._told(change, argument, kind)
                if isinstance(told, Unknown):
                    if self._left_out or (is_principal(kind) and TYPES[kind] not in self._types):
                        why = (
                            f"whose it is, {argument}, is known after apply: what stays as it is was not judged with it"
                        )
                        yield self._gap(change, kind, Reason.KNOWN_AFTER_APPLY, why)
                elif is_principal(kind):
                    missing = sorted(name for name in told if (TYPES[kind], name) not in self._names)
                    if missing:
                        why = f"{', '.join(missing)}: the plan does not hold it, and what is attached is not judged"
                        yield self._gap(change, kind, Reason.UNRESOLVED_REFERENCE, why)

    def _deleted(self) -> Iterator[Gap]:
        """A gap for each setting that is deleted, and of which the plan hides whose it was."""
        for change in self._reads.plan.changes:
            if self._left_out and change.mode == "managed" and change.deleted and not change.stays:
                for argument, kind in owners_of(change.type):
                    if not is_principal(kind) and not any(told_names(change.before.get(argument))):
                        why = f"whose it was, {argument}, is not told: what loses it was not judged"
                        yield self._gap(change, kind, Reason.UNRESOLVED_REFERENCE, why)

    def _told(self, change: Change, argument: str, kind: str) -> set[str] | Unknown:
        """The owners that the plan tells by name; an Unknown where there may be any other."""
        value: Any = self._reads.values.of(change).get(argument)
        trail = self._reads.values.trail(change, argument)
        found = any(hit.change.mode == "managed" and hit.change.type in alike(kind) for hit in trail.hits)
        items = value if isinstance(value, list) else [value]
        if any(isinstance(item, Unknown | Secret) for item in items) and not (trail.clear and found):
            return Unknown(Reason.KNOWN_AFTER_APPLY, argument)
        return set(told_names(value))

    def _gap(self, change: Change, kind: str, reason: Reason, why: str) -> Gap:
        place, where = self._reads.places.of(change), self._reads.deployment(change)
        scope = Scope(where.account, where.region, TYPES[kind], change.address)
        return Gap(scope, "", reason, f"{place.shown}:{place.line_of(())}: {change.type}: {why}")
