"""What was and was not looked at, what it cost, and the report that says so."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from .finding import Finding
from .gap import Gap
from .parameter import shown
from .review import Review, WaiverUse

if TYPE_CHECKING:
    # A rule knows every kind of resource, and what counts requests need not wait for them to be loaded.
    from .rule import Rule

SCHEMA_VERSION = "1.0"


class TargetStatus(StrEnum):
    """How far one family in one account and region was read."""

    SCANNED = "SCANNED"
    PARTIAL = "PARTIAL"
    NOT_SCANNED = "NOT_SCANNED"


@dataclass(frozen=True, slots=True)
class Target:
    """One family of resources in one account and region.

    Args:
        account: 12 digits.
        region: the region, or the partition's fixed region for account-global families.
        family: CloudFormation's type name, or a service for account facts.
        status: SCANNED, PARTIAL or NOT_SCANNED.
        resources: how many were read.
        reason: why it is not SCANNED, or what was left out by choice.
    """

    account: str
    region: str
    family: str
    status: TargetStatus
    resources: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RequestCount:
    """What one operation cost.

    Args:
        operation: `service:Operation`.
        calls: requests sent, throttled ones included.
        throttled: requests that AWS throttled.
        waited_seconds: time spent waiting for the operation's share of its quota and after throttles.
    """

    operation: str
    calls: int
    throttled: int = 0
    waited_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How often one rule was asked, by what it said."""

    rule: str
    passed: int = 0
    failed: int = 0
    not_available: int = 0
    not_applicable: int = 0


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was and was not looked at. `complete` is False where an error left a hole."""

    complete: bool
    targets: tuple[Target, ...] = ()
    requests: tuple[RequestCount, ...] = ()
    rules: tuple[RuleCount, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Tool:
    """Who wrote the report."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class ScanInfo:
    """One run.

    Args:
        id: unique to the run.
        kind: `scan` (live accounts), `gate` (files), `snapshot` (a saved collection, replayed).
        started_at, finished_at: ISO 8601 in UTC.
        accounts, regions: what was asked for.
        configuration: the settings that shaped the run; no secrets.
    """

    id: str
    kind: str
    started_at: str
    finished_at: str
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    configuration: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tally:
    """Findings by status; historical ones apart."""

    passed: int = 0
    failed: int = 0
    not_available: int = 0
    waived: int = 0
    historical_failed: int = 0
    historical_passed: int = 0
    historical_not_available: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of current findings, and the score.

    Args:
        by_status: all findings by status.
        by_severity: severity to its counts.
        by_concern: concern to its counts.
        score: 0 to 100, weighted by severity; None where nothing was judged.
        weights: severity to its weight in the score.
    """

    by_status: Tally
    by_severity: Mapping[str, Tally]
    by_concern: Mapping[str, Tally]
    score: float | None
    weights: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ParameterInfo:
    """A parameter of a rule as reports show it.

    Args:
        name: as the configuration spells it.
        value: what it is in this run, but for profiles that set it otherwise.
        default: what it is where nothing is set.
        meaning: what it does.
    """

    name: str
    value: bool | int | float | str | tuple[str, ...]
    default: bool | int | float | str | tuple[str, ...]
    meaning: str

    @property
    def words(self) -> str:
        """Value, default and meaning, to follow the name."""
        otherwise = f" (by default {shown(self.default)})" if self.value != self.default else ""
        return f"is {shown(self.value)}{otherwise}: {self.meaning}"


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """A rule as reports show it."""

    id: str
    title: str
    severity: str
    concern: str
    why: str
    fix: str
    controls: tuple[str, ...] = ()
    version: int = 1
    limits: str = ""
    tags: tuple[str, ...] = ()
    since: str = ""
    parameters: tuple[ParameterInfo, ...] = ()

    @classmethod
    def of(cls, rule: "Rule") -> "RuleInfo":
        """Describe a rule."""
        return cls(
            id=rule.id,
            title=rule.title,
            severity=rule.severity.value,
            concern=rule.concern,
            why=rule.why,
            fix=rule.fix,
            controls=rule.controls,
            version=rule.version,
            limits=rule.limits,
            tags=rule.tags,
            since=rule.since,
            parameters=tuple(
                ParameterInfo(one.name, rule.values.get(one.name, one.default), one.default, one.meaning)
                for one in rule.parameters
            ),
        )


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a renderer needs. `findings` may be read from disk each time it is iterated."""

    tool: Tool
    scan: ScanInfo
    coverage: Coverage
    summary: Summary
    rules: tuple[RuleInfo, ...]
    findings: Iterable[Finding]
    waivers: tuple[WaiverUse, ...] = ()
    review: Review = field(default_factory=Review)
    schema_version: str = SCHEMA_VERSION
