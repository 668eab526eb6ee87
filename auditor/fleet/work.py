"""How the work of a target is cut into units, and which of them can be done now."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby

from auditor.fleet import collecting, settling
from auditor.fleet.context import Context
from auditor.fleet.outcome import DONE, Named, Outcome, References
from auditor.fleet.records import GLOBAL, read_json
from auditor.model.kms import KmsKey
from auditor.model.resource import Resource  # noqa: TC001  a local's annotation
from auditor.model.surroundings import AccountRegion, Alarm, Bucket, LogGroup, Repository, ScalableTarget, ScalingPolicy
from auditor.sources.live.accounts import home_region
from auditor.sources.live.neighbours import ec2
from auditor.sources.live.neighbours.wanted import GROUPS, KEYS, SUBNETS, VPCS
from auditor.sources.live.table import FOLDED, TABLE, Row

# Few enough that their requests are done well within one invocation.
_KEYS_AT_ONCE = 300
_BUCKETS_AT_ONCE = 200
_SETTLE = "settle-"


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of work whose result is written as a whole.

    Args:
        name: part of the keys of what it writes; the same in every invocation.
        run: does it.
    """

    name: str
    run: Callable[[], Outcome]


def pending(context: Context) -> list[Unit]:
    """The units that can be done now; none where the target has been read and judged.

    Neighbours come after everything that may name them, verdicts on what waits after the neighbours.
    """
    if context.target.kind == GLOBAL:
        return _open(context, _account(context))
    collect = list(_families(context))
    return collect or _open(context, _around(context)) or _open(context, _settling(context))


def _open(context: Context, units: Iterator[Unit]) -> list[Unit]:
    return [unit for unit in units if unit.name not in context.cursor.done]


def _account(context: Context) -> Iterator[Unit]:
    keys, account = context.keys, context.target.account

    def run() -> Outcome:
        planned = read_json(context.store, keys.plan("regions")) or []
        regions = [target["region"] for target in planned if target["account"] == account]
        return collecting.collect_account(context, "account", sorted(regions))

    yield Unit("account", run)


def unread(context: Context) -> Iterator[tuple[Row, str]]:
    """The families of a region that have not been read to their end, each with where its next part begins."""
    wanted = {FOLDED.get(kind, kind) for kind in context.selection.families}
    for row in TABLE:
        at = context.cursor.families.get(row.kind.cfn_type, "")
        if row.kind.cfn_type in wanted and at != DONE:
            yield row, at


def _families(context: Context) -> Iterator[Unit]:
    for row, at in unread(context):
        name = collecting.family_unit_name(row.kind.cfn_type, at)
        yield Unit(name, partial(collecting.collect_family, context, row, at))


def _around(context: Context) -> Iterator[Unit]:
    region, found = context.target.region, context.cursor.references
    nothing = References(serves=found.serves)
    networks = {kind: found.named[kind] for kind in (SUBNETS, GROUPS, VPCS) if kind in found.named}
    groups: list[tuple[str, frozenset[type[Resource]], References]] = [
        ("network", ec2.KINDS, replace(nothing, named=networks)),
        ("images", frozenset({Repository}), replace(nothing, repositories=found.repositories)),
        ("listed", frozenset({LogGroup, Alarm, ScalableTarget, ScalingPolicy}), nothing),
    ]
    for part, names in _key_chunks(found.named.get(KEYS, ())):
        groups.append((f"keys-{part}", frozenset({KmsKey}), replace(nothing, named={KEYS: names})))
    for name, kinds, references in groups:
        needed = kinds & context.selection.neighbours
        if needed:
            unit = f"neighbours-{name}"
            wanted = Named(region, references)
            yield Unit(unit, partial(collecting.collect_neighbours, context, unit, needed, wanted))
    if Bucket in context.selection.neighbours:
        yield from _buckets(context)


def _buckets(context: Context) -> Iterator[Unit]:
    found = context.cursor.references.buckets
    home = home_region(context.target.partition)
    for part, names in _chunks(sorted(found), _BUCKETS_AT_ONCE):
        unit = f"neighbours-buckets-{part}"
        wanted = Named(context.target.region, References(buckets={name: found[name] for name in names}))
        yield Unit(unit, partial(collecting.collect_buckets, context, unit, home, wanted))


def _settling(context: Context) -> Iterator[Unit]:
    for name, about in sorted(context.cursor.done.items()):
        if about["waiting"]:
            unit = _SETTLE + name
            yield Unit(unit, partial(settling.settle_family, context, unit, name))
    if settling.regional_subjects(context):
        yield Unit(f"{_SETTLE}neighbours", partial(settling.settle_neighbours, context, f"{_SETTLE}neighbours"))
    if any(AccountRegion in rule.scope for rule in context.catalog):
        yield Unit(f"{_SETTLE}region", partial(settling.settle_region, context, f"{_SETTLE}region"))


def _key_chunks(names: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Keys in chunks; one key may be spelled in several ways that end alike, which are asked for together."""

    def tail(name: str) -> str:
        return name.rpartition(":")[2].removeprefix("key/")

    chunk: list[str] = []
    part = 0
    for _, spellings in groupby(sorted(names, key=lambda name: (tail(name), name)), tail):
        chunk += spellings
        if len(chunk) >= _KEYS_AT_ONCE:
            yield part, chunk
            chunk, part = [], part + 1
    if chunk:
        yield part, chunk


def _chunks(names: list[str], most: int) -> Iterator[tuple[int, list[str]]]:
    for start in range(0, len(names), most):
        yield start // most, names[start : start + most]
