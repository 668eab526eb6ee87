"""Collected facts in, a report out: the part of a run that every kind of source shares."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from auditor import __version__
from auditor.catalog import Catalog
from auditor.engine import Judge
from auditor.errors import ExitCode
from auditor.model.coverage import Coverage, Report, RequestCount, RuleInfo, ScanInfo, Target, Tool
from auditor.model.finding import Finding
from auditor.model.gap import Gap, Scope
from auditor.model.inventory import Inventory
from auditor.model.resource import Identity, Observation, Origin, Resource
from auditor.model.sagemaker import BY_TYPE
from auditor.model.surroundings import AccountRegion
from auditor.model.unknown import Reason
from auditor.model.verdict import Severity

from .scenarios import Scenarios
from .spool import FindingSpool, Sealed, Written
from .summary import Counts, Tallied
from .waiting import Waiting

# A value in another account, or one that only the deployment tells, is a fact about one field; the scan itself
# is whole. Every other gap is a hole that an error left.
_NOT_A_HOLE = frozenset(
    {
        Reason.EXCLUDED,
        Reason.VANISHED,
        Reason.CROSS_ACCOUNT,
        Reason.UNRESOLVED_REFERENCE,
        Reason.KNOWN_AFTER_APPLY,
        Reason.RUNTIME_VALUE,
    }
)


def is_hole(gap: Gap) -> bool:
    """Whether a gap makes a scan incomplete."""
    # What was not understood of one resource is listed; a document of which nothing was understood is a hole.
    one_resource = bool(gap.scope.type and gap.scope.resource)
    return gap.reason not in _NOT_A_HOLE and not (gap.reason is Reason.UNSUPPORTED_SYNTAX and one_resource)


@dataclass(frozen=True, slots=True)
class Place:
    """One account in one region that is being read."""

    partition: str
    account: str
    region: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What another process found, but for its findings; see `Assessment.adopt` and `Assessment.absorb`."""

    tally: Counter[Tallied]
    asked: dict[str, Counter[str]]
    gaps: list[Gap]
    faulty_rules: dict[str, str]


@dataclass(frozen=True, slots=True)
class Share:
    """What another process found in its share of the work; see `Assessment.absorb`."""

    found: Outcome
    findings: Written
    lines: bytes


class Assessment:
    """Takes what sources yield, judges it, and ends in a report.

    Args:
        catalog: the selected rules.
        now: the time of the run.
        source: the kind of source, for what the assessment itself derives.
        adjust: sees each finding before it counts, and gives what is to count instead; None leaves it out.
    """

    def __init__(
        self,
        catalog: Catalog,
        now: datetime,
        source: str = "live",
        adjust: Callable[[Finding], Finding | None] | None = None,
    ) -> None:
        self._adjust = adjust
        self.catalog = catalog
        self.inventory = Inventory()
        self._judge = Judge(catalog, self.inventory, now)
        self._source = source
        self._now = now
        self._kept = {need.cfn_type for rule in catalog for need in rule.needs if need is not datetime}
        self._waiting = Waiting()
        self._findings = FindingSpool(catalog)
        self._counts = Counts(catalog)
        self._gaps: list[Gap] = []
        self._types: defaultdict[Place, set[str]] = defaultdict(set)
        self._faulty_rules: dict[str, str] = {}
        self._scenarios: Scenarios | None = None

    def take(self, item: Resource | Gap) -> None:
        """Judge a resource as far as it goes now, or note a gap."""
        if isinstance(item, Gap):
            self._gaps.append(item)
            self.inventory.add_gap(item)
            return
        findings, waiting = self._judge.streaming(item)
        if self._scenarios is not None:
            self._scenarios.met(item)
        for finding in findings:
            self._found(finding, item)
        identity = item.identity
        if item.cfn_type in BY_TYPE and not item.origin.from_step:
            place = Place(identity.partition, identity.account, identity.region)
            self._types[place].add(item.cfn_type)
        if item.cfn_type in self._kept:
            self.inventory.add(item)
        if waiting:
            self._waiting.add(item, waiting)

    def foresee(self, resource: Resource) -> None:
        """Take a neighbour into account that will be judged later, when everything about it is known."""
        if resource.cfn_type in self._kept:
            self.inventory.add(resource)

    def settle(self, places: Iterable[Place]) -> None:
        """Judge what had to wait for neighbours, and what regions as a whole lack.

        Args:
            places: every account and region that was read, also those in which nothing was found.
        """
        for place in places:
            self.take(self._account_region(place))
        for resource, rules in self._waiting.drain():
            for finding in self._judge.settled(resource, rules):
                self._found(finding, resource)

    def next_world(self) -> None:
        """Settle one of the ways in which a document may be deployed; the findings of all ways become one each."""
        self._forget()
        self._scenarios = self._scenarios or Scenarios(self.catalog, self._judge.asked)

    def next_document(self) -> None:
        """Settle what came of one document and forget its neighbours: no name in it resolves in the next."""
        self._forget()
        if self._scenarios is not None:
            for finding in self._scenarios.merged():
                self._add(finding)
            for rule, status, count in self._scenarios.repeated():
                self._judge.asked[rule][status] -= count
            self._scenarios = None

    def _forget(self) -> None:
        self.settle(())
        self.inventory.forget()
        self._waiting = Waiting()

    def _found(self, finding: Finding, resource: Resource) -> None:
        if self._scenarios is None:
            self._add(finding)
        else:
            self._scenarios.add(finding, resource.origin.scenario)

    def report(self, info: ScanInfo, targets: Iterable[Target] = (), requests: Iterable[RequestCount] = ()) -> Report:
        """The report on everything that was taken and settled."""
        gaps = sorted(
            {*self._gaps, *self._rule_errors()},
            key=lambda gap: (
                gap.scope.account,
                gap.scope.region,
                gap.scope.type,
                gap.scope.resource,
                gap.operation,
                gap.detail,
            ),
        )
        return Report(
            tool=Tool("sagemaker-auditor", __version__),
            scan=info,
            coverage=Coverage(
                complete=not any(is_hole(gap) for gap in gaps),
                targets=tuple(sorted(targets, key=lambda t: (t.account, t.region, t.family))),
                requests=tuple(sorted(requests, key=lambda count: count.operation)),
                rules=self._judge.counts(),
                gaps=tuple(gaps),
            ),
            summary=self._counts.summary(),
            rules=tuple(RuleInfo.of(rule) for rule in self.catalog),
            findings=self._findings,
        )

    def seal(self) -> tuple[Outcome, Sealed]:
        """What was found, to be handed to the process that this one was forked from; nothing can be added then."""
        return self._outcome(), self._findings.seal()

    def adopt(self, outcome: Outcome, findings: Sealed) -> None:
        """Take over what a forked process found, as if it had been found here."""
        self._findings.adopt(findings)
        self._counts.tally = outcome.tally
        self._judge.asked = outcome.asked
        self._gaps = outcome.gaps
        self._faulty_rules = outcome.faulty_rules

    def _outcome(self) -> Outcome:
        return Outcome(self._counts.tally, self._judge.asked, self._gaps, self._faulty_rules)

    def share(self) -> Share:
        """What was found, to be added to what other processes found."""
        return Share(self._outcome(), self._findings.written(), self._findings.text())

    def absorb(self, share: Share) -> None:
        """Add what another process found, beside what was found here."""
        found = share.found
        self._findings.extend(share.findings, share.lines)
        self._counts.tally.update(found.tally)
        for rule, counts in found.asked.items():
            self._judge.asked[rule].update(counts)
        self._gaps += found.gaps
        self._faulty_rules = found.faulty_rules | self._faulty_rules

    def exit_code(self, report: Report, fail_on: Severity, *, historical: bool = False) -> ExitCode:
        """INCOMPLETE where an error left a hole, else FAILED at or above a severity, else CLEAN."""
        if not report.coverage.complete:
            return ExitCode.INCOMPLETE
        return ExitCode.FAILED if self._counts.failed_at(fail_on, historical=historical) else ExitCode.CLEAN

    def _add(self, finding: Finding) -> None:
        if finding.reason is Reason.RULE_ERROR:
            self._faulty_rules.setdefault(finding.rule, finding.message)
        adjusted = self._adjust(finding) if self._adjust is not None else finding
        if adjusted is not None:
            self._findings.add(adjusted)
            self._counts.add(adjusted)

    def _rule_errors(self) -> list[Gap]:
        return [
            Gap(Scope(), f"rule:{rule}", Reason.RULE_ERROR, message)
            for rule, message in sorted(self._faulty_rules.items())
        ]

    def _account_region(self, place: Place) -> AccountRegion:
        found = sorted(self._types[place])
        unseen = {
            cfn_type: gap.as_unknown()
            for cfn_type in BY_TYPE
            if cfn_type not in self._types[place]
            and (gap := self.inventory.gap_for(Scope(place.account, place.region, cfn_type), "")) is not None
        }
        identity = Identity(AccountRegion.cfn_type, place.region, "", place.partition, place.account, place.region)
        origin = Origin(self._source, Observation("List operations of this scan", at=self._now.isoformat()))
        return AccountRegion.build({"ResourceTypes": found, "UnseenTypes": unseen}, identity, origin)
