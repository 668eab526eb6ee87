"""The end of a run: what was planned against what reported, one report over everything, and telling people."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self

from auditor import __version__
from auditor.catalog import Catalog
from auditor.delivery.digest import Digest, NewFinding, digest
from auditor.delivery.store import ObjectStore
from auditor.delivery.totals import RunTotals, merged
from auditor.fleet.ledger import Entry, entries, excluded_gaps
from auditor.fleet.lost import Lost, whole_target
from auditor.fleet.merged import MergedFindings, put_organisation
from auditor.fleet.outcome import Cursor, Tally
from auditor.fleet.parts import PACKED_JSON, PAGE, put_json
from auditor.fleet.records import GLOBAL, Keys, ScanTarget, check_run, read_json
from auditor.fleet.settings import FleetSettings
from auditor.fleet.speakers import Speakers
from auditor.fleet.steering import PlannedRun, Steered
from auditor.fleet.telling import tell
from auditor.model.coverage import Coverage, Report, RuleInfo, ScanInfo, Target, TargetStatus, Tool
from auditor.model.coverage import Tally as Counted
from auditor.model.gap import Gap
from auditor.model.resource import Lifecycle
from auditor.model.review import WaiverUse
from auditor.model.unknown import Reason
from auditor.model.verdict import Severity, Status
from auditor.scan.assessment import is_hole
from auditor.scan.summary import Counts
from reports.organisation_page import Excluded, Organisation, TargetRow

# What one notice can spell out; the report has all of it.
_MOST_NEW = 2_000


def merge_reports(
    event: Mapping[str, Any], settings: FleetSettings, catalog: Catalog, store: ObjectStore, speakers: Speakers
) -> dict[str, Any]:
    """Merge a run.

    Args:
        event: `{"run": name}`.
        settings: of the fleet.
        catalog: every rule there is; what steered the run chooses among them.
        store: the report bucket.
        speakers: who is told.

    Returns:
        Whether the run is complete, how many targets were not scanned, and the key of the organisation's page.

    Raises:
        InputError: the event does not fit, the run has no plan, or what targets wrote is damaged.
        ConfigError: what steered the run does not fit.
        StoreError: the bucket cannot be read or written.
    """
    keys = Keys(check_run(event.get("run")))
    run = PlannedRun.read(store, keys.run)
    steered = run.steering.applied(settings, catalog, run.started.date())
    merging = _Merging.of(steered, excluded_gaps(store, keys.run))
    parts = merged(merging.take(entries(store, _planned(store, keys))))
    now = datetime.now(UTC)
    seconds = max((now - run.started).total_seconds(), 0.0)
    totals = merged([parts], missing=merging.never_planned(), seconds=seconds)
    report = merging.report(_info(keys.run, run.started, now, merging), store)
    put_json(store, keys.report(None, PACKED_JSON), report)
    put_organisation(store, keys.report(None, PAGE), report, merging.organisation(f"runs/{keys.run}/"))
    merging.lost.write(store, report.scan, f"{run.started:%Y-%m-%d}")
    tell(store, settings, speakers, totals, _digest(report, totals, merging, settings))
    return {
        "complete": report.coverage.complete,
        "failed": totals.targets.get(TargetStatus.NOT_SCANNED, 0),
        "report_key": keys.report(None, PAGE),
    }


def _planned(store: ObjectStore, keys: Keys) -> list[ScanTarget]:
    found = [ScanTarget.of(one) for name in (GLOBAL, "regions") for one in read_json(store, keys.plan(name)) or ()]
    return sorted(found, key=lambda target: (target.account, target.kind != GLOBAL, target.region))


def _digest(report: Report, totals: RunTotals, merging: "_Merging", settings: FleetSettings) -> Digest:
    what = digest(
        report.scan.id,
        report.scan.finished_at,
        totals,
        [one for one in merging.new if one.severity.rank >= settings.notify_severity.rank],
        threshold=settings.notify_severity,
        compared=any(rule.new is not None for rule in totals.rules),
        report=f"s3://{settings.report_bucket}/{Keys(report.scan.id).report(None, PAGE)}",
    )
    return replace(what, whole=report.coverage.complete)


def _info(run: str, started: datetime, now: datetime, merging: "_Merging") -> ScanInfo:
    return ScanInfo(
        id=run,
        kind="scan",
        started_at=started.isoformat(timespec="seconds"),
        finished_at=now.isoformat(timespec="seconds"),
        accounts=tuple(sorted({row.account for row in merging.rows})),
        regions=tuple(sorted({row.place for row in merging.rows} - {GLOBAL})),
        configuration=merging.steered.shown,
    )


@dataclass(slots=True)
class _Merging:
    """Takes target after target; what grows with their number is a row for each, and what was not seen.

    Args:
        steered: the selected rules, and the waivers.
        excluded: what the plan left out.
        lost: what no target has written a row about.
    """

    steered: Steered
    excluded: list[Gap]
    lost: Lost
    rows: list[TargetRow] = field(default_factory=list)
    new: list[NewFinding] = field(default_factory=list)
    _sums: Cursor = field(default_factory=lambda: Cursor(""))
    _families: list[Target] = field(default_factory=list)
    _documents: list[str] = field(default_factory=list)
    _waived: dict[tuple[str, str], WaiverUse] = field(default_factory=dict)
    _failing: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def of(cls, steered: Steered, excluded: list[Gap]) -> Self:
        """Before the first target."""
        return cls(steered, excluded, Lost([*excluded]))

    def take(self, found: Iterable[Entry]) -> Iterator[RunTotals]:
        """Take every entry; gives the numbers of each."""
        for entry in found:
            self._take(entry)
            yield entry.totals

    def _take(self, entry: Entry) -> None:
        target, sums = entry.target, self._sums
        self.rows.append(_row(entry))
        sums.gaps.update(dict.fromkeys(entry.gaps))
        sums.tally.update(entry.tally)
        sums.add_requests(entry.requests)
        sums.add_asked(entry.rules)
        self._families += entry.unfinished
        self._families.append(whole_target(target, entry))
        self.lost.take(entry)
        for use in entry.waivers:
            before = self._waived.get((use.rule, use.resource))
            sum_of = use.findings + (before.findings if before is not None else 0)
            self._waived[use.rule, use.resource] = replace(use, findings=sum_of)
        if entry.document:
            self._documents.append(entry.document)
        for (rule, _, lifecycle, status, waived), number in entry.tally.items():
            if number and status is Status.FAILED and lifecycle is Lifecycle.CURRENT and not waived:
                self._failing[rule].add(target.account)
        if entry.new:
            self.new = sorted([*self.new, *entry.new], key=lambda one: -one.severity.rank)[:_MOST_NEW]

    def never_planned(self) -> int:
        """How many holes of the plan hide targets of which no entry tells."""
        lost = {row.account for row in self.rows if row.status is TargetStatus.NOT_SCANNED}
        return sum(1 for gap in self.excluded if is_hole(gap) and gap.scope.account not in lost)

    def report(self, info: ScanInfo, store: ObjectStore) -> Report:
        """The report on the run; its findings stay in the bucket."""
        sums, catalog = self._sums, self.steered.catalog
        counts = Counts(catalog)
        counts.tally.update(sums.tally)
        gaps = [*sums.gaps, *self.excluded]
        return Report(
            tool=Tool("sagemaker-auditor", __version__),
            scan=info,
            coverage=Coverage(
                complete=bool(self.rows)
                and not any(is_hole(gap) for gap in gaps)
                and all(row.status is TargetStatus.SCANNED for row in self.rows),
                targets=tuple(self._families),
                requests=tuple(sorted(sums.requests.values(), key=lambda count: count.operation)),
                rules=tuple(sums.asked[rule.id] for rule in catalog if rule.id in sums.asked),
                gaps=tuple(gaps),
            ),
            summary=counts.summary(),
            rules=tuple(RuleInfo.of(rule) for rule in catalog),
            findings=MergedFindings(store, tuple(self._documents)),
            waivers=self._uses(),
            review=self.steered.policy.review,
        )

    def _uses(self) -> tuple[WaiverUse, ...]:
        """What became of each waiver: unused is what no target needed."""
        waivers = self.steered.policy.waivers
        idle = waivers.uses(()) if waivers is not None else ()
        return tuple(self._waived.get((use.rule, use.resource), use) for use in idle)

    def organisation(self, below: str) -> Organisation:
        """The targets as the page shows them; links are relative to the page."""
        return Organisation(
            targets=tuple(_linked(row, below) for row in self.rows),
            document=f"report{PACKED_JSON}",
            accounts_failing={rule: len(accounts) for rule, accounts in self._failing.items()},
            excluded=tuple(
                Excluded(gap.scope.account, gap.scope.region, gap.detail)
                for gap in self.excluded
                if gap.reason is Reason.EXCLUDED
            ),
        )


def _row(entry: Entry) -> TargetRow:
    target = entry.target
    return TargetRow(
        account=target.account,
        place=GLOBAL if target.kind == GLOBAL else target.region,
        status=entry.status,
        reason=entry.reason,
        resources=entry.resources,
        tally=_counted(entry.tally),
        severe=sum(
            number
            for (_, severity, lifecycle, status, waived), number in entry.tally.items()
            if status is Status.FAILED
            and lifecycle is Lifecycle.CURRENT
            and not waived
            and severity.rank >= Severity.HIGH.rank
        ),
        page=entry.page,
    )


def _counted(tally: Tally) -> Counted:
    sums: Counter[str] = Counter()
    for (_, _, lifecycle, status, waived), number in tally.items():
        prefix = "historical_" if lifecycle is Lifecycle.HISTORICAL else ""
        sums[prefix + status.value.lower()] += number
        sums["waived"] += number if waived and status is Status.FAILED else 0
    return Counted(**sums)


def _linked(row: TargetRow, below: str) -> TargetRow:
    return replace(row, page=row.page.removeprefix(below))
