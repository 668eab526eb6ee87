"""The end of a target: its report, what is new, Security Hub, and its entry in the ledger."""

import logging
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import botocore.session

from auditor import __version__
from auditor.delivery.clients import delivery_client
from auditor.delivery.digest import new_findings
from auditor.delivery.known import remembered
from auditor.delivery.securityhub import Hub, ImportResult, import_findings
from auditor.delivery.store import ObjectStore
from auditor.delivery.tables import write_tables
from auditor.delivery.totals import totals
from auditor.fleet.context import Context
from auditor.fleet.outcome import tally_rows
from auditor.fleet.parts import PACKED_JSON, PAGE, Parts, Some, put_json, put_page
from auditor.fleet.records import GLOBAL, ScanTarget, read_json, write_json
from auditor.fleet.work import unread
from auditor.model.codec import encode_gap
from auditor.model.coverage import Coverage, Report, RuleInfo, ScanInfo, Target, TargetStatus, Tool
from auditor.model.gap import Gap, Scope
from auditor.model.surroundings import Bucket
from auditor.model.unknown import Reason
from auditor.model.verdict import Severity
from auditor.scan.assessment import is_hole
from auditor.scan.summary import Counts
from auditor.sources.live.accounts import home_region

_LOG = logging.getLogger("auditor.fleet")
# A notice spells out the worst of what is new; the report has all of it.
_MOST_NEW = 200
_MOST_GAPS = 20


def finish(context: Context, session: botocore.session.Session) -> None:
    """Write the reports of a target that has been read and judged, and say that it is done.

    Args:
        context: of the target.
        session: with credentials of its account, for Security Hub.

    Raises:
        InputError: a part is gone.
        StoreError: the store cannot be read or written.
    """
    history = _History.of(context)
    report = report_of(context)
    entry = _written(context, report, history, _status(report.coverage))
    _close(context, report, history, _imported(context, report, session, entry))


def finish_broken(
    context: Context, reason: str, gap: Gap | None = None, session: botocore.session.Session | None = None
) -> None:
    """Write the reports of a target that failed on the way: what had been read and judged stays found.

    Security Hub gets what failed; nothing is archived there, since nothing was read whole.

    Args:
        context: of the target.
        reason: why it failed.
        gap: what it could not do, where that is known.
        session: with credentials of its account; None where it cannot be entered, and nothing is imported.

    Raises:
        InputError: a part is gone.
        StoreError: the store cannot be read or written.
    """
    target, cursor = context.target, context.cursor
    left = [row.kind.cfn_type for row, _ in unread(context)] if target.kind != GLOBAL else []
    for key, one in cursor.targets.items():
        # What waits for its neighbours has not been judged by every rule.
        cursor.targets[key] = replace(one, status=_at_most_partial(one.status), reason=one.reason or reason)
    for cfn_type in left:
        key = (target.account, target.region, cfn_type)
        cursor.targets.setdefault(key, Target(*key, TargetStatus.NOT_SCANNED, 0, reason))
    hole = gap or Gap(Scope(target.account, target.region), "", Reason.NOT_COLLECTED, reason)
    cursor.gaps[hole] = None
    history = _History.of(context)
    report = report_of(context)
    entry = _written(context, report, history, (TargetStatus.PARTIAL, reason))
    _close(context, report, history, _imported(context, report, session, entry))


def _written(context: Context, report: Report, history: "_History", state: tuple[TargetStatus, str]) -> dict[str, Any]:
    """Write the reports; the entry of the ledger that names them."""
    store, keys, target = context.store, context.keys, context.target
    put_json(store, keys.report(target, PACKED_JSON), report)
    put_page(store, keys.report(target, PAGE), report)
    # An account's own target and its home region's write rows of the same place.
    write_tables(store, report, f"{context.now:%Y-%m-%d}", part=f"{target.place.rpartition('/')[2]}-")
    return _entry(context, report, history.before, state)


def _close(context: Context, report: Report, history: "_History", entry: dict[str, Any]) -> None:
    history.write(context.store, remembered(report, history.before))
    write_json(context.store, context.keys.ledger(context.target), entry)


def report_of(context: Context) -> Report:
    """The report of a target, its findings still in the bucket."""
    cursor, target = context.cursor, context.target
    rules = [rule for rule in context.catalog if any(_concerns(target, kind) for kind in rule.scope)]
    counts = Counts(context.catalog)
    counts.tally.update(cursor.tally)
    gaps = sorted(cursor.gaps, key=lambda gap: (gap.scope.region, gap.scope.type, gap.scope.resource, gap.operation))
    coverage = Coverage(
        complete=not any(is_hole(gap) for gap in gaps),
        targets=tuple(sorted(cursor.targets.values(), key=lambda one: (one.region, one.family))),
        requests=tuple(sorted(cursor.requests.values(), key=lambda count: count.operation)),
        rules=tuple(cursor.asked[rule.id] for rule in rules if rule.id in cursor.asked),
        gaps=tuple(gaps),
    )
    parts = [context.keys.findings(target, unit) for unit, about in sorted(cursor.done.items()) if about["findings"]]
    findings = Parts(context.store, tuple(parts))
    policy = context.steered.policy
    return Report(
        tool=Tool("sagemaker-auditor", __version__),
        scan=ScanInfo(
            id=target.run,
            kind="scan",
            started_at=context.now.isoformat(timespec="seconds"),
            finished_at=datetime.now(UTC).isoformat(timespec="seconds"),
            accounts=(target.account,),
            regions=(target.region,),
            configuration=context.steered.shown,
        ),
        coverage=coverage,
        summary=counts.summary(),
        rules=tuple(RuleInfo.of(rule) for rule in rules),
        findings=findings,
        # Most waivers are for other targets: which of them nothing needs, only the whole run can tell.
        waivers=tuple(use for use in policy.waivers.uses(findings) if use.findings) if policy.waivers else (),
        review=policy.review,
    )


def _concerns(target: ScanTarget, kind: Any) -> bool:
    """Whether a target judges a type: buckets are judged where they are named first."""
    return kind is Bucket or bool(kind.account_wide) == (target.kind == GLOBAL)


@dataclass(slots=True)
class _History:
    """Which findings of a target were open in the run before.

    Args:
        key: where that is kept.
        run: the run under way.
        before: ids that were open; None where there was no run before.
    """

    key: str
    run: str
    before: frozenset[str] | None

    @classmethod
    def of(cls, context: Context) -> "_History":
        key = f"state/{context.target.place}/open.json.gz"
        kept = read_json(context.store, key) or {}
        # Written already, by an invocation whose answer was lost: what is new must stay new.
        known = kept.get("before") if kept.get("run") == context.target.run else kept.get("open")
        return cls(key, context.target.run, None if known is None else frozenset(known))

    def write(self, store: ObjectStore, opened: Collection[str]) -> None:
        """Keep what is open now."""
        before = None if self.before is None else sorted(self.before)
        write_json(store, self.key, {"run": self.run, "open": sorted(opened), "before": before})


def _entry(
    context: Context, report: Report, before: frozenset[str] | None, state: tuple[TargetStatus, str]
) -> dict[str, Any]:
    cursor, keys, target = context.cursor, context.keys, context.target
    status, reason = state
    numbers = totals(report, before)
    new = sorted(new_findings(report, before, Severity.INFORMATIONAL), key=lambda one: (-one.severity.rank, one.id))
    coverage = report.coverage
    return {
        "target": target.as_json(),
        "status": status.value,
        "reason": reason,
        "findings": sum(about["findings"] for about in cursor.done.values()),
        "tally": tally_rows(cursor.tally),
        "totals": {**asdict(numbers), "targets": {status.value: 1}},
        "new": [asdict(one) for one in new[:_MOST_NEW]],
        "report": {"json": keys.report(target, PACKED_JSON), "html": keys.report(target, PAGE)},
        "waivers": [asdict(use) for use in report.waivers],
        "coverage": {
            "complete": coverage.complete,
            "resources": sum(one.resources for one in coverage.targets),
            "unfinished": [asdict(one) for one in coverage.targets if one.status is not TargetStatus.SCANNED],
            "gaps": [encode_gap(gap) for gap in coverage.gaps if is_hole(gap)][:_MOST_GAPS],
            "holes": sum(1 for gap in coverage.gaps if is_hole(gap)),
            "requests": [asdict(count) for count in coverage.requests],
            "rules": [asdict(count) for count in coverage.rules],
        },
        "started": cursor.started,
        "finished": report.scan.finished_at,
        "invocations": cursor.invocations,
        "units": len(cursor.done),
    }


def _status(coverage: Coverage) -> tuple[TargetStatus, str]:
    if coverage.complete:
        return TargetStatus.SCANNED, ""
    gap = next(gap for gap in coverage.gaps if is_hole(gap))
    reason = ": ".join(part for part in (gap.operation, gap.reason.value, gap.detail) if part)
    seen = [one for one in coverage.targets if one.status is not TargetStatus.NOT_SCANNED]
    return (TargetStatus.PARTIAL if seen else TargetStatus.NOT_SCANNED), reason


def _imported(
    context: Context, report: Report, session: botocore.session.Session | None, entry: dict[str, Any]
) -> dict[str, Any]:
    """The entry, with what became of the findings in Security Hub."""
    if not context.settings.security_hub:
        return entry
    if session is None:
        results = [ImportResult(problem="the account could not be entered")]
    else:
        results = list(_import(context, report, session))
    for result in results:
        if result.problem or result.refused:
            refused = f"{len(result.refused)} findings refused"
            _LOG.warning("Security Hub of %s: %s", context.target.place, result.problem or refused)
    return {**entry, "security_hub": [asdict(result) for result in results]}


def _import(context: Context, report: Report, session: botocore.session.Session) -> Iterator[ImportResult]:
    """Into the region's own hub; what is judged here of other regions (buckets are the account's) into theirs."""
    target = context.target
    home = home_region(target.partition)
    coverage = replace(report.coverage, targets=tuple(map(_shared, report.coverage.targets)))
    own = replace(report, coverage=coverage, findings=Some(report.findings, target.region))
    yield _into(session, own, target, target.region, single=False)
    if target.region != home and context.cursor.claimed:
        others = replace(report, coverage=coverage, findings=Some(report.findings, home))
        yield _into(session, others, target, home, single=True)


def _into(
    session: botocore.session.Session, report: Report, target: ScanTarget, region: str, *, single: bool
) -> ImportResult:
    client = delivery_client(session, "securityhub", region)
    return import_findings(client, report, Hub(target.partition, target.account, region), single=single)


def _at_most_partial(status: TargetStatus) -> TargetStatus:
    return TargetStatus.PARTIAL if status is TargetStatus.SCANNED else status


def _shared(target: Target) -> Target:
    # Another target may have judged buckets that this one has not seen: nothing of them is known to be gone.
    return replace(target, status=TargetStatus.PARTIAL) if target.family == Bucket.cfn_type else target
