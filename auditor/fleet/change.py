"""One resource, judged as soon as it was made or changed; the next scheduled run has it in any case."""

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from auditor.catalog import Catalog
from auditor.delivery.clients import delivery_client
from auditor.delivery.digest import digest, new_findings
from auditor.delivery.known import remembered
from auditor.delivery.notices import publish, put_events
from auditor.delivery.securityhub import Hub, import_findings
from auditor.delivery.totals import totals
from auditor.errors import CredentialsError
from auditor.fleet.events import Change, Ignored, change_of, events_of
from auditor.fleet.plan import PASSING, enter
from auditor.fleet.records import REGION, ScanTarget, read_json, write_json
from auditor.fleet.scope import left_out
from auditor.fleet.speakers import Speakers
from auditor.fleet.target import Means
from auditor.model.coverage import Report, ScanInfo
from auditor.model.gap import Gap
from auditor.model.resource import Identity, Resource
from auditor.model.sagemaker import BY_TYPE
from auditor.model.unknown import Reason
from auditor.scan.assessment import Assessment
from auditor.scan.selection import Selection
from auditor.sources.live.accounts import AccountAccess, home_region
from auditor.sources.live.awserrors import ReadFailed
from auditor.sources.live.family import Family
from auditor.sources.live.listing import Listed
from auditor.sources.live.neighbours import AccountNeighbours, RegionNeighbours, Wanted
from auditor.sources.live.reader import Reader
from auditor.sources.live.sagemaker import RegionCollector
from auditor.sources.live.sighting import Sighting
from auditor.sources.live.steps import steps_of
from auditor.sources.pipelines.steps import MADE_TYPES

_LOG = logging.getLogger("auditor.fleet")


def audit_change(event: Any, means: Means, speakers: Speakers) -> dict[str, Any]:
    """Judge the resource that an event speaks of.

    The resource is read as it is now, so that an event that comes late or twice does no harm.

    Args:
        event: as EventBridge delivers it, or messages of SQS that each hold one.
        means: what to work with.
        speakers: who is told of what is new.

    Returns:
        `status`: `judged`, `ignored`, `gone` or `unread`; then the resource, its findings by status, and what
        became of them; or the `reason`. Of messages, a list of such `changes`.

    Raises:
        CredentialsError: the account cannot be entered, or the resource not be read, just now; the event is to be
            delivered again.
        InputError: the note of the latest plan is damaged.
        StoreError: the bucket cannot be read or written.
    """
    messages = events_of(event)
    if messages is None:
        return _audited(event, means, speakers)
    return {"changes": [_audited(message, means, speakers) for message in messages]}


def _audited(event: Any, means: Means, speakers: Speakers) -> dict[str, Any]:
    try:
        change = change_of(event)
    except Ignored as error:
        return _ignored(str(error))
    why = left_out(means.settings, means.store, means.own.account, change.account, change.region)
    if why:
        return _ignored(why)
    try:
        access = enter(means.own, _target(change, means))
        return _Judging(change, means, access).answer(str(event.get("id", "")), speakers)
    except ReadFailed as error:
        reason = f"{error.gap.operation}: {error.gap.reason}: {error.gap.detail}"
        if error.gap.reason in PASSING:
            raise CredentialsError(reason, "the event will be delivered again") from None
        return {"status": "gone" if error.gap.reason is Reason.VANISHED else "unread", "reason": reason}


def _ignored(reason: str) -> dict[str, Any]:
    _LOG.info("ignored: %s", reason)
    return {"status": "ignored", "reason": reason}


def _target(change: Change, means: Means) -> ScanTarget:
    own, settings = means.own, means.settings
    arn = f"arn:{own.partition}:iam::{change.account}:role/{settings.role_name}"
    foreign = change.account != own.account
    return ScanTarget(
        run="change",
        partition=own.partition,
        account=change.account,
        region=change.region,
        role_arn=arn if foreign else "",
        external_id=settings.external_id if foreign else "",
        kind=REGION,
    )


@dataclass(slots=True)
class _Judging:
    """One resource under way."""

    change: Change
    means: Means
    access: AccountAccess

    def answer(self, event_id: str, speakers: Speakers) -> dict[str, Any]:
        """Read, judge, import, tell.

        Raises:
            ReadFailed: the resource was not read; what is known of it stays as the last run had it.
        """
        now = datetime.now(UTC)
        reader = self.access.reader(self.means.settings.quota_share, max(self.means.time_left(), 1.0))
        found = self._described(reader, now)
        resource = found.build()
        report = self._judged([resource, *self._made(found)], reader, now, event_id)
        counts = Counter(finding.status.value for finding in report.findings)
        told = {"status": "judged", "resource": resource.identity.arn, "findings": dict(counts)}
        _LOG.info("judged: %s", resource.identity.arn)
        if self.means.settings.security_hub:
            told["security_hub"] = self._import(report)
        return {**told, **self._tell(report, resource, speakers)}

    def _described(self, reader: Reader, now: datetime) -> Sighting:
        change, row = self.change, self.change.row
        selection = Selection.of(self._rules())
        with ThreadPoolExecutor(1) as pool:
            needed = selection.members.get(row.kind.cfn_type, frozenset())
            family = Family(row, reader, change.region, needed, now, None, None, pool)
            name = next(iter(change.keys.values()))
            found = family.ask(Listed(change.arn, name, change.keys, None, None))
        return replace(found, identity=self._identity(found))

    def _made(self, found: Sighting) -> Iterator[Resource | Gap]:
        """What the steps of a pipeline will make."""
        if self.change.row.definition:
            for one in steps_of(found, self.change.row):
                yield one if isinstance(one, Gap) else one.build()

    def _identity(self, found: Sighting) -> Identity:
        """As a scan knows it: event and Describe may spell names otherwise than the list."""
        row, told, given = self.change.row, found.facts, found.identity
        kind = row.kind
        spelled = {**self.change.keys, **{name: value for name, value in told.items() if isinstance(value, str)}}
        if row.arn_of:
            arn = f"arn:{given.partition}:sagemaker:{given.region}:{given.account}:{row.arn_of.format_map(spelled)}"
        else:
            arn = spelled.get(kind.arn_member) or spelled.get(row.arn) or given.arn
        name = spelled.get(row.name) or spelled.get(kind.name_member) or given.name
        name = name.partition("/")[2] if name.startswith("arn:") else name
        return replace(given, name=name, arn=arn)

    def _rules(self) -> Catalog:
        row = self.change.row
        kinds = {row.kind.cfn_type} | (MADE_TYPES if row.definition else frozenset())
        return Catalog(rule for rule in self.means.catalog if any(kind.cfn_type in kinds for kind in rule.scope))

    def _judged(self, found: Iterable[Resource | Gap], reader: Reader, now: datetime, event_id: str) -> Report:
        rules = self._rules()
        assessment = Assessment(rules, now, adjust=self.means.adjust)
        wanted = Wanted((self.change.region,))
        for one in found:
            assessment.take(one)
            if isinstance(one, Resource):
                wanted.note(one)
        for item in self._neighbours(Selection.of(rules), rules, reader, wanted, now):
            if isinstance(item, Gap):
                assessment.take(item)
            else:
                assessment.foresee(item)
        assessment.settle(())
        at = now.isoformat(timespec="seconds")
        where = (self.change.account,), (self.change.region,)
        info = ScanInfo(f"change-{event_id or at}", "scan", at, at, *where, self.means.settings.described())
        return assessment.report(info, (), reader.ledger.counts())

    def _neighbours(
        self, selection: Selection, rules: Iterable[Any], reader: Reader, wanted: Wanted, now: datetime
    ) -> Iterator[Resource | Gap]:
        needs = {need for rule in rules for need in rule.needs if need is not datetime}
        families = frozenset(need.cfn_type for need in needs) & set(BY_TYPE)
        region = self.change.region
        if families:
            collector = RegionCollector(
                reader,
                region,
                members_needed=selection.members,
                jobs_since=self.means.settings.jobs_since,
                now=now,
                state=None,
                families=families,
            )
            yield from collector.collect()
        around = frozenset(need for need in needs if need.cfn_type not in BY_TYPE)
        whole = frozenset(kind for kind in around if kind.account_wide)
        yield from RegionNeighbours(reader, region, wanted, types_needed=around - whole).collect()
        if whole:
            home = home_region(self.access.partition)
            yield from AccountNeighbours(reader, home, wanted, types_needed=whole).collect()

    def _import(self, report: Report) -> dict[str, Any]:
        change = self.change
        client = delivery_client(self.access.session, "securityhub", change.region)
        hub = Hub(self.access.partition, change.account, change.region)
        return asdict(import_findings(client, report, hub, single=True))

    def _tell(self, report: Report, resource: Resource, speakers: Speakers) -> dict[str, Any]:
        """A notice of what is new since the last run, and since the last event on the resource."""
        store, settings, change = self.means.store, self.means.settings, self.change
        name = hashlib.blake2b(resource.identity.arn.encode(), digest_size=16).hexdigest()
        key = f"state/{change.account}/{change.region}/changes/{name}.json"
        kept = read_json(store, key)
        run = read_json(store, f"state/{change.account}/{change.region}/open.json.gz") or {}
        if kept is None or kept.get("run") != run.get("run"):
            # A later run has told what was open then.
            kept = {"open": run.get("open", [])}
        known = frozenset(kept["open"])
        mine = {finding.id for finding in report.findings}
        what = digest(
            report.scan.id,
            report.scan.finished_at,
            totals(report, known),
            new_findings(report, known, settings.notify_severity),
            threshold=settings.notify_severity,
        )
        told = {}
        if what.new and speakers.topic is not None:
            told["notice"] = asdict(publish(speakers.topic, settings.topic_arn, what))
        if what.new and speakers.bus is not None:
            told["events"] = asdict(put_events(speakers.bus, settings.event_bus, what))
        # After the notice: whoever is killed between the two tells twice rather than never.
        write_json(store, key, {"run": run.get("run"), "open": sorted(remembered(report, known & mine) & mine)})
        return {"new": len(what.new), **told}
