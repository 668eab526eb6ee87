"""Units that read: a family of a region, a part of its jobs, the neighbours, and what an account has once."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from auditor.fleet.bench import Bench
from auditor.fleet.context import Context
from auditor.fleet.facts import Lines, ObjectState, write_account_facts
from auditor.fleet.outcome import Outcome
from auditor.fleet.records import read_json, unit_name, write_json
from auditor.model.codec import encode
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Resource
from auditor.model.sagemaker import BY_TYPE
from auditor.model.surroundings import Bucket
from auditor.model.unknown import Reason
from auditor.reads import members_of
from auditor.scan.waiting import read_later
from auditor.sources.live.family import Family
from auditor.sources.live.neighbours import AccountNeighbours, RegionNeighbours, Wanted
from auditor.sources.live.slices import Slice
from auditor.sources.live.table import Row

# Several units run at the same time, and one process tops out at about 900 descriptions a second.
_DESCRIBERS = 8
_WALKERS = 4
# Credentials and endpoints are the region's: the other families need not find out again.
_EVERYTHING = frozenset({Reason.CREDENTIALS, Reason.REGION_UNAVAILABLE})


def family_unit_name(cfn_type: str, start: str) -> str:
    """The name of the unit that reads a family, or the part of its jobs from a time on."""
    at = f"{datetime.fromisoformat(start).astimezone(UTC):%Y%m%dT%H%M%S%f}" if start else ""
    return unit_name(cfn_type, at)


def collect_family(context: Context, row: Row, start: str) -> Outcome:
    """Read a family, or a part of its jobs, and judge what can be judged at once.

    Args:
        context: of the target.
        row: the family.
        start: where the part begins, in ISO 8601; empty for the first, or the only one.
    """
    target, cfn_type = context.target, row.kind.cfn_type
    part = Slice(context.settings.slice_jobs, datetime.fromisoformat(start) if start else None) if row.is_job else None
    state = ObjectState(context.store, target, cfn_type, dated=row.is_job) if row.cacheable else None
    sink = _Sink(context, family_unit_name(cfn_type, start))
    with (
        ThreadPoolExecutor(_DESCRIBERS, thread_name_prefix="describe") as pool,
        ThreadPoolExecutor(_WALKERS, thread_name_prefix="walk") as walkers,
    ):
        family = Family(
            row,
            context.reader,
            target.region,
            context.selection.members.get(cfn_type, frozenset()),
            context.now,
            context.settings.jobs_since,
            state,
            pool,
            part,
            walkers,
        )
        closed = context.closed
        if closed is not None:
            scope = Scope(target.account, target.region, cfn_type)
            gap = Gap(scope, f"sagemaker:{row.list_operation}", closed.reason, closed.detail)
            family.leave(gap)
            sink.bench.gap(gap)
        else:
            sink.take(family.collect())
    if state is not None:
        state.save()
    outcome = sink.close()
    outcome.targets.append(family.target())
    outcome.family, outcome.rest_from = cfn_type, part.rest_from if part is not None else None
    return outcome


class _Sink:
    """Takes what a family yields."""

    def __init__(self, context: Context, unit: str) -> None:
        self.bench = context.bench(unit)
        self._context = context
        self._wanted = Wanted((context.target.region,))
        self._waiting = Lines()
        self._rules: set[str] = set()
        self._facts = Lines()
        self._kinds: set[str] = set()
        self._kept = context.needs_of(rule.id for rule in context.catalog)

    def take(self, items: Iterable[Resource | Gap]) -> None:
        for item in items:
            if isinstance(item, Gap):
                self.bench.gap(item)
                if item.reason in _EVERYTHING and not item.scope.resource:
                    self._context.closed = self._context.closed or item
                continue
            self._wanted.note(item)
            if item.cfn_type in BY_TYPE and not item.origin.from_step:
                self.bench.outcome.types.add(item.cfn_type)
            waiting = self.bench.stream(item)
            if waiting:
                self._rules.update(waiting)
                self._waiting.add_json([waiting, encode(item, read_later(item, waiting))])
            if item.cfn_type in self._kept:
                self._kinds.add(item.cfn_type)
                self._facts.add_json(encode(item, self._read_of(item)))

    def close(self) -> Outcome:
        context, outcome = self._context, self.bench.outcome
        self._waiting.put(context.store, context.keys.waiting(context.target, outcome.unit))
        self._facts.put(context.store, context.keys.facts(context.target, outcome.unit))
        context.close(self.bench)
        outcome.waiting, outcome.kinds = tuple(sorted(self._rules)), tuple(sorted(self._kinds))
        outcome.wanted = self._wanted
        return outcome

    def _read_of(self, item: Resource) -> frozenset[str] | None:
        """Of jobs, which can be a hundred thousand, only what rules on others read of them; None for all."""
        if not item.ended_statuses:
            return None
        read: set[str] = set()
        for rule in self._context.catalog:
            if type(item) in rule.needs:
                members = members_of(rule.id, item.cfn_type)
                if members is None:
                    return None
                read |= members
        return frozenset(read)


def collect_neighbours(context: Context, unit: str, kinds: frozenset[type[Resource]], wanted: Wanted) -> Outcome:
    """Read neighbours of some types in the region; they are kept, and judged once all are known."""
    around = RegionNeighbours(context.reader, context.target.region, wanted, types_needed=kinds)
    outcome = _keep(context, unit, around.collect())
    outcome.targets += around.targets()
    return outcome


def collect_buckets(context: Context, unit: str, home: str, wanted: Wanted) -> Outcome:
    """Read buckets that the region's resources name. Each is judged by the first target of the account to claim it."""
    judged_only = not any(Bucket in rule.needs for rule in context.catalog if Bucket not in rule.scope)
    claimed = [name for name, _ in wanted.buckets() if claim_bucket(context, name)]
    mine = Wanted(wanted.regions)
    for name, region in wanted.buckets():
        if name in claimed or not judged_only:
            mine.note_bucket(name, region)
    around = AccountNeighbours(context.reader, home, mine, types_needed=frozenset({Bucket}))
    outcome = _keep(context, unit, around.collect())
    outcome.targets += around.targets()
    outcome.claimed = claimed
    return outcome


def claim_bucket(context: Context, name: str) -> bool:
    """Whether this target is the one of its account that judges a bucket."""
    key = context.keys.bucket_claim(context.target.account, name)
    found = read_json(context.store, key)
    if found is None:
        write_json(context.store, key, {"by": context.target.place}, only_new=True)
        found = read_json(context.store, key)
    return bool(found["by"] == context.target.place)


def _keep(context: Context, unit: str, items: Iterable[Resource | Gap]) -> Outcome:
    outcome, facts, kinds = Outcome(unit), Lines(), set()
    for item in items:
        if isinstance(item, Gap):
            outcome.gaps.append(item)
        else:
            kinds.add(item.cfn_type)
            facts.add_json(encode(item))
    facts.put(context.store, context.keys.facts(context.target, unit))
    outcome.kinds = tuple(sorted(kinds))
    return outcome


def collect_account(context: Context, unit: str, regions: Iterable[str]) -> Outcome:
    """Read what the account has once, keep it for its regions, and judge it.

    Args:
        context: of the account's own target.
        unit: the unit's name.
        regions: the regions that are audited, whose trails are asked for.
    """
    kinds = frozenset(kind for kind in context.selection.neighbours if kind.account_wide)
    wanted = Wanted(tuple(regions))
    around = AccountNeighbours(context.reader, context.target.region, wanted, types_needed=kinds)
    items = list(around.collect())
    write_account_facts(context.store, context.keys.account_facts(context.target.account), items, context.now)
    bench = context.bench(unit)
    subjects = []
    for item in items:
        if isinstance(item, Gap):
            bench.inventory.add_gap(item)
            bench.gap(item)
            continue
        bench.inventory.add(item)
        if not isinstance(item, Bucket) or claim_bucket(context, item.identity.name):
            subjects.append(item)
    _judge(bench, subjects)
    context.close(bench)
    bench.outcome.targets += around.targets()
    return bench.outcome


def _judge(bench: Bench, subjects: Iterable[Resource]) -> None:
    for subject in subjects:
        bench.whole(subject)
