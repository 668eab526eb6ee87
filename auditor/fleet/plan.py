"""What a run is to look at: accounts by regions, and what is left out with its reason."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from auditor.catalog import Catalog
from auditor.delivery.store import ObjectStore
from auditor.errors import CredentialsError, InputError
from auditor.fleet.records import GLOBAL, REGION, Keys, ScanTarget, check_run, write_json
from auditor.fleet.scope import write_scope
from auditor.fleet.settings import FleetSettings
from auditor.fleet.steering import Steering, every_rule
from auditor.model.gap import Gap, Scope
from auditor.model.unknown import Reason
from auditor.sources.live import accounts, organization
from auditor.sources.live.accounts import AccountAccess, Member
from auditor.sources.live.awserrors import ReadFailed

# One role and one list of regions each: STS takes far more than this.
_AT_ONCE = 16
_DEADLINE_SECONDS = 600.0
# Reasons that may hold no longer a moment later.
PASSING = frozenset({Reason.THROTTLED, Reason.API_ERROR, Reason.DEADLINE})
_PAUSES = (0.2, 0.5, 1.0)


@dataclass(slots=True)
class Plan:
    """The targets of a run.

    Args:
        targets: what is audited.
        excluded: what is not, and why; a gap that is not EXCLUDED nor REGION_UNAVAILABLE is an error.
    """

    targets: list[ScanTarget] = field(default_factory=list)
    excluded: list[Gap] = field(default_factory=list)

    def write(self, store: ObjectStore, keys: Keys, about: Mapping[str, Any]) -> None:
        """Put the plan where the other functions read it.

        Args:
            store: takes it.
            keys: of the run.
            about: what is said of the run beside its name and its numbers.
        """
        first = [target.as_json() for target in self.targets if target.kind == GLOBAL]
        then = [target.as_json() for target in self.targets if target.kind == REGION]
        write_json(store, keys.plan("excluded"), [_excluded(gap) for gap in self.excluded])
        write_json(store, keys.plan(GLOBAL), first)
        write_json(store, keys.plan("regions"), then)
        numbers = {"planned": len(self.targets), "excluded": len(self.excluded)}
        write_json(store, keys.plan("run"), {"run": keys.run, **numbers, **about})


def plan_targets(
    event: Any,
    settings: FleetSettings,
    store: ObjectStore,
    own: AccountAccess,
    catalog: Callable[[], Catalog] = every_rule,
) -> dict[str, Any]:
    """Plan a run.

    Args:
        event: `{"run": name, "started": time in ISO 8601}`.
        settings: which accounts and regions.
        store: takes the plan.
        own: access with the function's own credentials.
        catalog: gives every rule there is; asked where something steers the run.

    Returns:
        The run, the bucket, the keys of the two lists of targets, and their number.

    Raises:
        InputError: the event does not fit, or the waivers in the bucket do not.
        ConfigError: the configuration in the bucket does not fit.
        CredentialsError: the organisation cannot be listed.
        UsageError: a region does not exist, or a word in the configuration selects nothing.
    """
    run, started = check_run(event.get("run")), event.get("started")
    at = _time(started)
    keys = Keys(run)
    steering = Steering.current(store)
    shown = settings.described()
    if steering.texts:
        shown = dict(steering.applied(settings, catalog(), at.date()).shown)
    plan = make_plan(run, settings, own)
    about = {"started": started, "steering": steering.keep(store, keys)}
    plan.write(store, keys, {**about, "configuration": {name: _plain(value) for name, value in shown.items()}})
    write_scope(store, run, plan.targets)
    return {
        "run": run,
        "bucket": settings.report_bucket,
        "global_key": keys.plan(GLOBAL),
        "regions_key": keys.plan("regions"),
        "planned": len(plan.targets),
    }


def make_plan(run: str, settings: FleetSettings, own: AccountAccess) -> Plan:
    """The targets of a run, by account and region; errors as of `plan_targets`."""
    plan = Plan()
    members: list[Member] = []
    for member in _members(settings, own):
        if isinstance(member, Gap):
            plan.excluded.append(member)
        else:
            members.append(member)
    planner = _Planner(run, settings, own)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="plan") as pool:
        for targets, gaps in pool.map(planner.account, sorted(members, key=lambda member: member.account)):
            plan.targets += targets
            plan.excluded += gaps
    return plan


def _members(settings: FleetSettings, own: AccountAccess) -> Iterable[Member | Gap]:
    if settings.organization:
        reader = own.reader(settings.quota_share, _DEADLINE_SECONDS)
        choice = organization.Choice(
            settings.ou_include, settings.ou_exclude, settings.tag_include, settings.tag_exclude
        )
        try:
            return list(organization.chosen_members(reader, settings.role_name, choice))
        except ReadFailed as error:
            raise CredentialsError(f"the organisation cannot be read: {error.gap.detail}") from None
    return [Member(account, settings.role_name) for account in settings.accounts or (own.account,)]


@dataclass(frozen=True, slots=True)
class _Planner:
    """Plans one account after the other."""

    run: str
    settings: FleetSettings
    own: AccountAccess

    def account(self, member: Member) -> tuple[list[ScanTarget], list[Gap]]:
        """The targets of an account and what is left out of it."""
        own, settings = self.own, self.settings
        arn = "" if member.account == own.account else f"arn:{own.partition}:iam::{member.account}:role/{member.role}"
        first = self._target(member.account, accounts.home_region(own.partition), arn, GLOBAL)
        try:
            access = enter(own, first)
        except ReadFailed as error:
            # Which regions it has nobody knows. The target itself may be entered later on, so that it has no hole.
            gap = error.scoped(Scope(member.account))
            return [first], [replace(gap, detail=f"the regions of the account are not known: {gap.detail}")]
        reader = access.reader(settings.quota_share, _DEADLINE_SECONDS)
        regions, gaps = accounts.choose_regions(reader, settings.regions, "")
        gaps += _left_out(access, settings, regions, gaps)
        return [first, *(self._target(member.account, region, arn, REGION) for region in regions)], gaps

    def _target(self, account: str, region: str, arn: str, kind: str) -> ScanTarget:
        return ScanTarget(
            run=self.run,
            partition=self.own.partition,
            account=account,
            region=region,
            role_arn=arn,
            external_id=self.settings.external_id if arn else "",
            kind=kind,
        )


def enter(own: AccountAccess, target: ScanTarget) -> AccountAccess:
    """Access to a target's account; asked for again where the error may pass, since a whole target hangs on it.

    Raises:
        ReadFailed: its role cannot be assumed.
    """
    if not target.role_arn:
        return own
    for pause in _PAUSES:
        try:
            return accounts.assumed_access(own, target.role_arn, target.external_id or None, {"run": target.run})
        except ReadFailed as error:
            if error.gap.reason not in PASSING:
                raise
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  jitter needs no secrecy
    return accounts.assumed_access(own, target.role_arn, target.external_id or None, {"run": target.run})


def _left_out(
    access: AccountAccess, settings: FleetSettings, regions: Iterable[str], gaps: Iterable[Gap]
) -> Iterator[Gap]:
    """What `all` does not mean: regions that the account has not switched on."""
    if "all" not in settings.regions or any(gap.reason is not Reason.REGION_UNAVAILABLE for gap in gaps):
        return
    for region in accounts.sagemaker_regions(access.partition):
        if region not in set(regions):
            scope = Scope(access.account, region)
            yield Gap(scope, "account:ListRegions", Reason.EXCLUDED, "the account has not opted in to the region")


def _excluded(gap: Gap) -> dict[str, str]:
    scope = gap.scope
    return {
        "account": scope.account,
        "region": scope.region,
        "operation": gap.operation,
        "reason": gap.reason.value,
        "detail": gap.detail,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _time(value: Any) -> datetime:
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        at = None
    if at is None or at.tzinfo is None:
        raise InputError(f"{value!r} is no time with a zone in ISO 8601", key="started")
    return at
