"""Writes docs/scale.md: what a run over an organisation asks, takes and costs, on paper and played through."""

import heapq
import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = "docs/scale.md"
ACCOUNTS, REGIONS = 1_000, 20

# Requests by service; tests/fleet/test_scale.py holds them to what the functions ask and put.
GLOBAL = {"iam": 7, "cloudtrail": 2}
EMPTY_REGION = {"sagemaker": 71}
# Of one region with so many training jobs: pages of a hundred of ListTrainingJobs and of Search.
PER_THOUSAND_JOBS = 20
# At most; a target that is done within one invocation.
PUTS, GETS = 10, 12
# Assuming the role and asking who that is, in the function and once more in the planner, with its list of regions.
ENTERING, PLANNING = 2, 3

# ListTrainingJobs' quota (github.com/aws-solutions/deepracer-on-aws issue 87); half is taken.
_LISTS_A_SECOND = 2.0 * 0.5
_PAGE = 100
# As auditor/sources/live/quotas.py begins: so many requests go out unpaced.
_BURST = 12
# Assumed of an empty target, cold start, S3 and the reports included; tried against moto it takes 1 to 3 seconds.
_LEAST_SECONDS = 4.0
# Assumed, judging and writing included: twice what it takes on one core of the machine of the benchmarks.
_SECONDS_PER_THOUSAND_JOBS = 5.0
_PLAN_SECONDS, _MERGE_SECONDS = 120.0, 300.0
_INVOCATION_SECONDS = 900.0 - 60.0

# US dollars, us-east-1, x86, without free tiers and discounts.
_GB_SECOND = 0.0000166667
_MILLION_INVOCATIONS = 0.20
_THOUSAND_TRANSITIONS = 0.025
_THOUSAND_PUTS, _THOUSAND_GETS = 0.005, 0.0004
_FUNCTIONS = {"PlanTargetsFunction": 512, "AuditAccountFunction": 1024, "MergeReportsFunction": 2048}
_CONCURRENCIES = (10, 50, 100, 500)


@dataclass(frozen=True)
class Usage:
    """How much SageMaker is used in one region of an account.

    Args:
        name: of the kind of region.
        regions: how many of the organisation are like that.
        jobs: training jobs within the window in each.
    """

    name: str
    regions: int
    jobs: int

    @property
    def requests(self) -> int:
        """Of its target, but for STS."""
        return sum(EMPTY_REGION.values()) + round(self.jobs * PER_THOUSAND_JOBS / 1000)

    @property
    def seconds(self) -> float:
        """Of its target: either the quota of its longest list holds it up, or its own work."""
        pages = math.ceil(self.jobs / _PAGE)
        listing = max(pages - _BURST, 0) / _LISTS_A_SECOND
        return _LEAST_SECONDS + max(listing, self.jobs / 1000 * _SECONDS_PER_THOUSAND_JOBS)

    @property
    def invocations(self) -> int:
        """Of its target."""
        return math.ceil(self.seconds / _INVOCATION_SECONDS)


ORGANISATION = (
    Usage("nothing in it", 18_400, 0),
    Usage("some use", 1_450, 500),
    Usage("heavy use", 140, 10_000),
    Usage("the largest", 10, 100_000),
)


@dataclass(frozen=True)
class Bill:
    """What one run takes.

    Args:
        requests: to AWS, by service.
        seconds: of the audit function, in all its invocations.
        invocations: of all functions.
        transitions: of the state machine.
        puts, gets: to S3.
    """

    requests: Counter[str]
    seconds: float
    invocations: int
    transitions: int
    puts: int
    gets: int

    @property
    def dollars(self) -> dict[str, float]:
        """By service."""
        gb_seconds = self.seconds * _gigabytes("AuditAccountFunction")
        gb_seconds += _PLAN_SECONDS * _gigabytes("PlanTargetsFunction")
        gb_seconds += _MERGE_SECONDS * _gigabytes("MergeReportsFunction")
        return {
            "Lambda": gb_seconds * _GB_SECOND + self.invocations / 1e6 * _MILLION_INVOCATIONS,
            "Step Functions": self.transitions / 1e3 * _THOUSAND_TRANSITIONS,
            "S3 requests": self.puts / 1e3 * _THOUSAND_PUTS + self.gets / 1e3 * _THOUSAND_GETS,
        }


def _gigabytes(function: str) -> float:
    return _FUNCTIONS[function] / 1024


def transitions(invocations: int) -> int:
    """Of one target: its place in the map, AuditTarget and IsDone each time, GoOn between them, Done."""
    return 1 + 2 * invocations + (invocations - 1) + 1


def bill() -> Bill:
    """Of one run over the organisation."""
    requests: Counter[str] = Counter({name: number * ACCOUNTS for name, number in GLOBAL.items()})
    regions = sum(usage.regions for usage in ORGANISATION)
    requests["sts"] = ENTERING * (ACCOUNTS + regions) + 2 * ACCOUNTS
    requests["account"] = ACCOUNTS * (PLANNING - 2)
    for usage in ORGANISATION:
        requests["sagemaker"] += usage.regions * usage.requests
    targets = ACCOUNTS + regions
    invoked = ACCOUNTS + sum(usage.regions * usage.invocations for usage in ORGANISATION)
    # Each invocation beyond the first reads and writes the cursor; each part of the jobs is three objects.
    parts = sum(usage.regions * math.ceil(usage.jobs / 2_000) for usage in ORGANISATION)
    return Bill(
        requests=requests,
        seconds=ACCOUNTS * _LEAST_SECONDS + sum(usage.regions * usage.seconds for usage in ORGANISATION),
        invocations=invoked + 2,
        # Settings, PlanTargets, AccountsFirst, two maps with what follows each, MergeReports.
        transitions=9 + ACCOUNTS * transitions(1) + sum(u.regions * transitions(u.invocations) for u in ORGANISATION),
        puts=targets * PUTS + parts * 3,
        # The merger reads each entry and report once more.
        gets=targets * (GETS + 2) + parts * 3,
    )


def on_paper(at_once: int) -> float:
    """Seconds of a run: all the work divided by what goes on at once, but no less than the longest target."""
    regions = sum(usage.regions * usage.seconds for usage in ORGANISATION)
    longest = max(usage.seconds for usage in ORGANISATION)
    return _PLAN_SECONDS + ACCOUNTS * _LEAST_SECONDS / at_once + max(regions / at_once, longest) + _MERGE_SECONDS


def played(at_once: int) -> float:
    """Seconds of a run whose targets are started one after the other, in the plan's order, as slots become free."""
    started = _PLAN_SECONDS + _makespan([_LEAST_SECONDS] * ACCOUNTS, at_once)
    return started + _makespan(list(_planned()), at_once) + _MERGE_SECONDS


def _planned() -> Iterator[float]:
    """Seconds of each region's target; the used ones are spread over the plan."""
    seconds = [usage.seconds for usage in ORGANISATION for _ in range(usage.regions)]
    # A step that shares no factor with their number comes by each of them once.
    step = 7_919
    return (seconds[number * step % len(seconds)] for number in range(len(seconds)))


def _makespan(durations: list[float], at_once: int) -> float:
    ends = [0.0] * at_once
    for seconds in durations:
        heapq.heapreplace(ends, ends[0] + seconds)
    return max(ends)


_WORDS = """# {accounts:,} accounts by {regions} regions

What one run over a large organisation asks of AWS, how long it takes and what it costs: reckoned from what the
functions do (`docs/generate_scale.py`; a test holds the counts of requests to the functions), and played through in
the plan's order. What was measured rather than reckoned, the planner and the merger on that many targets, is in
[performance.md](performance.md).

## The organisation

{planned:,} targets: what each of {accounts:,} accounts has once, and {targets:,} accounts in a region.

| regions | number | training jobs in 30 days, each | requests | seconds | invocations |
|---|---|---|---|---|---|
{kinds}

- A region with nothing in it costs {empty} requests: each kind is listed once, kinds of jobs once for each state in
  which one may still run. Each thousand jobs costs {jobs} more, and half of that once they are known.
- The seconds of a target are `{least:g} + max((pages - {burst}) / {rate:g}, {work:g} * jobs / 1,000)`: pages of {page}
  jobs at half of ListTrainingJobs' quota, the first {burst} unpaced, or the work itself, whichever is longer. The work
  is an assumption: twice what it takes on one core of the machine of the benchmarks.

## Requests

| service | requests of a run |
|---|---|
{requests}

Every account and region has quotas of its own: more targets at once never ask one of them for more.

## Wall time

`planning + accounts * {least:g} / N + max(sum of the regions' seconds / N, the longest) + merging`, with N targets at
once (`MaxConcurrency`), {plan:g} s for planning and {merge:g} s for merging.

| N | on paper | played through |
|---|---|---|
{times}

With many at once the longest target is what is waited for: {longest:,.0f} s, {shape}; what was played
through takes longer than the paper where such a target is begun late. A shorter `JobsSince`, or a larger `QuotaShare`
at night, shortens it. A run ends after {run_hours} hours whatever happens, and a target after 40 invocations; what a
target had found until then is reported.

## Cost of a run

US dollars, us-east-1, x86, free tiers and discounts left out.

| service | what | price | USD |
|---|---|---|---|
{costs}
| all | | | {total:.2f} |

Where the prices are from, looked up on 2026-11-25; the pages were not read live, so look again before you rely on one.

- Step Functions, 0.025 a thousand transitions of a Standard workflow: the table of a stored copy of
  [its page](https://aws.amazon.com/step-functions/pricing/).
- Lambda, 0.20 a million requests: the worked examples of stored copies of
  [its page](https://aws.amazon.com/lambda/pricing/), and the AWS whitepaper
  [How AWS Pricing Works](https://docs.aws.amazon.com/whitepapers/latest/how-aws-pricing-works/lambda.html).
- Lambda, 0.0000166667 a GB-second on x86: both say 0.00001667. The further digits are **unconfirmed**: they stand in
  copies of the page that others made.
- S3, 0.005 a thousand PUT and 0.0004 a thousand GET: **unconfirmed**. Stored copies of
  [its page](https://aws.amazon.com/s3/pricing/) hold no numbers; these are what others quote for S3 Standard.

Each item of the distributed map is counted as a transition more, to be on the safe side. If the unconfirmed prices of
S3 were twice as high, the run would cost {s3_twice:.2f}.

Not in it: storage, the functions' temporary storage above 512 MB, logs, KMS (a bucket key keeps its requests few),
[metrics](metrics.md), Athena, and what single changes take between runs (EventBridge, SQS, Lambda).

A function is paid while it waits for a quota, too. A run every 6 hours is {month:,.0f} USD a month.

## Quotas touched

| quota | value | what the run does about it |
|---|---|---|
| ListTrainingJobs | 2 a second, account and region, not adjustable | takes `QuotaShare` of it, by default half |
| other SageMaker reads | not published | starts carefully, learns, slows down when throttled |
| STS, assumed roles | said to be 600 a second | {entered:,} in the run; {sts:.0f} a second with {at_once} at once |
| Lambda, at once in a region | 1,000 unless raised | `MaxConcurrency`, by default {at_once} |
| Lambda, one invocation | 15 minutes | a cursor, and the next invocation goes on |
| Step Functions, payload of a state | 256 KiB | keys and cursors only; the plan ({plan_mb:.1f} MB) lies on S3 |
| Step Functions, events of an execution | 25,000 | a child execution for each target: 40 invocations are about 300 |
| Step Functions, child executions at once | 10,000 | `MaxConcurrency` |
| Security Hub, imports | 10 a second, account and region | each target imports into its own |
| Organizations | not published | listed once, one request after the other |
| IAM | cannot be raised | read once an account, not once a region |

Sources: the services' quota pages and API references; for ListTrainingJobs
[what its users met](https://github.com/aws-solutions/deepracer-on-aws/issues/87), for STS what is commonly
quoted.
"""


def text() -> str:
    """The page."""
    found, default = bill(), _default_concurrency()
    longest = max(ORGANISATION, key=lambda usage: usage.seconds)
    entered = found.requests["sts"] // 2
    gb_seconds = f"{found.seconds:,.0f} s of 1 GB, {found.invocations:,} invocations"
    what = {
        "Lambda": (gb_seconds, "GB-second, invocation"),
        "Step Functions": (f"{found.transitions:,} transitions", "transition"),
        "S3 requests": (f"{found.puts:,} PUT, {found.gets:,} GET", "request"),
    }
    total = sum(found.dollars.values())
    return _WORDS.format(
        accounts=ACCOUNTS,
        regions=REGIONS,
        targets=sum(usage.regions for usage in ORGANISATION),
        planned=ACCOUNTS + sum(usage.regions for usage in ORGANISATION),
        kinds="\n".join(
            f"| {u.name} | {u.regions:,} | {u.jobs:,} | {u.requests:,} | {u.seconds:,.0f} | {u.invocations} |"
            for u in ORGANISATION
        ),
        empty=sum(EMPTY_REGION.values()),
        jobs=PER_THOUSAND_JOBS,
        least=_LEAST_SECONDS,
        burst=_BURST,
        rate=_LISTS_A_SECOND,
        work=_SECONDS_PER_THOUSAND_JOBS,
        page=_PAGE,
        requests="\n".join(f"| {name} | {number:,} |" for name, number in sorted(found.requests.items())),
        plan=_PLAN_SECONDS,
        merge=_MERGE_SECONDS,
        times="\n".join(f"| {n} | {_span(on_paper(n))} | {_span(played(n))} |" for n in _CONCURRENCIES),
        longest=longest.seconds,
        shape=f"a region with {longest.jobs:,} jobs",
        run_hours=_machine()["TimeoutSeconds"] // 3600,
        costs="\n".join(
            f"| {name} | {what[name][0]} | {what[name][1]} | {dollars:.2f} |" for name, dollars in found.dollars.items()
        ),
        total=total,
        s3_twice=total + found.dollars["S3 requests"],
        month=total * 4 * 30,
        entered=entered,
        at_once=default,
        sts=entered / played(default),
        plan_mb=sum(usage.regions for usage in ORGANISATION) * _ITEM_BYTES / 1e6,
    )


# One target in the plan, as auditor/fleet/records.py writes it.
_ITEM_BYTES = 230


def _span(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"  # noqa: PLR2004  an hour


def _machine() -> Any:
    return json.loads((ROOT / "deploy/audit.asl.json").read_text(encoding="utf-8"))


def _default_concurrency() -> int:
    lines = (ROOT / "deploy/template.yaml").read_text(encoding="utf-8").splitlines()
    at = lines.index("  MaxConcurrency:")
    return next(int(line.split(":")[1]) for line in lines[at:] if line.strip().startswith("Default:"))
