"""Units that judge what had to wait for neighbours, the neighbours themselves, and the region as a whole."""

import json

from auditor.fleet.context import Context
from auditor.fleet.facts import read_lines
from auditor.fleet.outcome import Outcome
from auditor.model.codec import decode
from auditor.model.gap import Scope
from auditor.model.inventory import Inventory
from auditor.model.resource import Identity, Observation, Origin, Resource
from auditor.model.sagemaker import BY_TYPE
from auditor.model.surroundings import AccountRegion, Bucket


def settle_family(context: Context, unit: str, waiting: str) -> Outcome:
    """Judge the resources of a unit that wait, once all neighbours are known.

    Args:
        context: of the target.
        unit: the name of this unit.
        waiting: the name of the unit whose resources wait.
    """
    rules = context.cursor.done[waiting]["waiting"]
    inventory, lost = context.inventory(context.needs_of(rules))
    bench = context.bench(unit, inventory)
    for line in read_lines(context.store, context.keys.waiting(context.target, waiting)):
        names, data = json.loads(line)
        bench.settle(decode(data), names)
    for gap in lost:
        bench.gap(gap)
    context.close(bench)
    return bench.outcome


def settle_neighbours(context: Context, unit: str) -> Outcome:
    """Judge the neighbours that rules are about: each once, however many units have read it."""
    kinds = sorted(regional_subjects(context), key=lambda kind: kind.cfn_type)
    rules = [rule.id for rule in context.catalog if set(rule.scope) & set(kinds)]
    types = {kind.cfn_type for kind in kinds}
    inventory, lost = context.inventory(types | context.needs_of(rules))
    bench = context.bench(unit, inventory)
    account, region = context.target.account, context.target.region
    for kind in kinds:
        # Of what the account has once, only the buckets that this region claimed are its own.
        for subject in inventory.of(kind, Scope(account, "" if kind.account_wide else region, kind.cfn_type)):
            if kind is not Bucket or subject.identity.name in context.cursor.claimed:
                bench.whole(subject)
    for gap in lost:
        if gap.scope.type not in types:
            bench.gap(gap)
    context.close(bench)
    return bench.outcome


def regional_subjects(context: Context) -> set[type[Resource]]:
    """The types of neighbours of the region that some rule judges."""
    scopes = {kind for rule in context.catalog for kind in rule.scope}
    return {kind for kind in scopes & context.selection.neighbours if not kind.account_wide or kind is Bucket}


def settle_region(context: Context, unit: str) -> Outcome:
    """Judge what the region as a whole lacks."""
    rules = [rule.id for rule in context.catalog if AccountRegion in rule.scope]
    inventory, lost = context.inventory(context.needs_of(rules))
    bench = context.bench(unit, inventory)
    bench.whole(_account_region(context, inventory))
    for gap in lost:
        bench.gap(gap)
    context.close(bench)
    return bench.outcome


def _account_region(context: Context, inventory: Inventory) -> AccountRegion:
    target, found = context.target, context.cursor.types
    unseen = {
        cfn_type: gap.as_unknown()
        for cfn_type in BY_TYPE
        if cfn_type not in found
        and (gap := inventory.gap_for(Scope(target.account, target.region, cfn_type), "")) is not None
    }
    identity = Identity(AccountRegion.cfn_type, target.region, "", target.partition, target.account, target.region)
    origin = Origin("live", Observation("List operations of this scan", at=context.now.isoformat()))
    return AccountRegion.build({"ResourceTypes": sorted(found), "UnseenTypes": unseen}, identity, origin)
