"""What is measured: each scenario returns its results and the figures behind them.

A result is a ratio or a size beside a target of the project's own (see ``docs/performance.md``).
"""

import json
import operator
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks import fleet as organisation
from benchmarks import gate as before_deployment
from benchmarks.measure import BIN, REGION, Endpoint, Usage, environment, run

SCAN: Final = str(BIN / "sagemaker-auditor")
PYTHON: Final = str(BIN / "python")
REFERENCE: Final = 10_000  # the account on which other auditors were measured whole
QUOTAS: Final = {"ListTags": 10.0, "List*": 2.0, "Search": 2.0, "Describe*": 10.0}
# Findings that failed (1) are what a synthetic account is for; an incomplete scan (3) is reported as a loss.
SCANNED: Final = (0, 1, 3)


@dataclass(frozen=True)
class Result:
    """One measured figure beside its target; ``target`` None where none was set."""

    what: str
    value: float
    target: float | None = None
    at_least: bool = False
    unit: str = ""

    @property
    def met(self) -> bool | None:
        """Tell whether the target is met; None without a target."""
        if self.target is None:
            return None
        compare = operator.ge if self.at_least else operator.le
        return bool(compare(self.value, self.target))


@dataclass(frozen=True)
class Outcome:
    """The results of a scenario and lines of figures and remarks behind them."""

    results: list[Result]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Sizes:
    """How large the scenarios are: training jobs in each, and how often timed runs are repeated."""

    requests: int = 10_000
    floor: int = 10_000
    quotas: int = 4_000
    memory: int = 100_000
    prowler: int = 3_000
    rounds: int = 3
    starts: int = 11
    accounts: int = 1_000
    templates: tuple[int, int] = (40, 200)


QUICK: Final = Sizes(
    requests=200,
    floor=200,
    quotas=100,
    memory=400,
    prowler=50,
    rounds=1,
    starts=3,
    accounts=5,
    templates=(2, 8),
)


@dataclass(frozen=True)
class Scan:
    """One scan: what it took, what the endpoint counted, and the report's coverage."""

    usage: Usage
    stats: Mapping[str, Any]
    coverage: Mapping[str, Any]

    def calls(self, pattern: str) -> int:
        """Return the number of calls to the operations that match, throttled ones included."""
        return sum(counted["calls"] for name, counted in self.stats["operations"].items() if re.search(pattern, name))

    def lost(self) -> dict[str, int]:
        """Return by kind how many resources the coverage lacks, {} when none."""
        seen: dict[str, int] = {}
        for target in self.coverage["targets"]:
            name = re.sub("[^a-z]", "", target["family"].lower().rpartition("::")[2]).removesuffix("s")
            seen[name] = seen.get(name, 0) + target["resources"]
        expected = self.stats["resources"]
        missing = {kind: count - seen.get(kind.lower(), 0) for kind, count in expected.items()}
        return {kind: count for kind, count in missing.items() if count > 0}


def read_coverage(report: Path) -> dict[str, Any]:
    """Return the coverage of a JSON report without reading its findings, which come last."""
    text = ""
    with report.open() as lines:
        while chunk := lines.read(1 << 20):
            text += chunk
            if found := re.search(r',\s*"findings":\s*\[', text):
                text = text[: found.start()] + "}"
                break
    coverage: dict[str, Any] = json.loads(text)["coverage"]
    return coverage


def scan(endpoint: Endpoint, home: Path, *options: str) -> Scan:
    """Run one scan of the endpoint's account and return what there is to know of it."""
    endpoint.reset()
    report = home / "findings.json"
    command = [SCAN, "scan", "--region", REGION, "--format", "json", "--output", str(report), *options]
    usage = run(command, environment(home, endpoint.url), expected=SCANNED, cwd=home)
    coverage = read_coverage(report)
    report.unlink()
    return Scan(usage, endpoint.stats(), coverage)


@contextmanager
def place(*options: str) -> Iterator[tuple[Endpoint, Path]]:
    """Yield a running endpoint and an empty home directory."""
    with Endpoint(*options) as endpoint, tempfile.TemporaryDirectory() as home:
        yield endpoint, Path(home)


def _operations(stats: Mapping[str, Any]) -> str:
    counted = stats["operations"].items()
    return ", ".join(f"{name.removeprefix('sagemaker:')} {count['calls']:,}" for name, count in counted)


def _loss(scanned: Scan) -> str:
    lost = scanned.lost()
    state = "complete" if scanned.usage.code != SCANNED[-1] else "incomplete (exit 3)"
    return f"{state}, nothing lost" if not lost else f"{state}, lost {lost}"


def _figures(usage: Usage, made: int) -> str:
    return f"{usage.wall:.1f} s wall, {usage.cpu:.1f} s CPU, {made:,} requests, peak {usage.peak_mb:.0f} MB"


def requests(sizes: Sizes) -> Outcome:
    """Requests per job, on a first scan and when nothing has changed since."""
    results, notes = [], []
    with place("--jobs", str(sizes.requests)) as (endpoint, home):
        for which, target in (("first scan", 0.03), ("second scan, nothing changed", 0.011)):
            scanned = scan(endpoint, home, "--state", str(home / "state"))
            for kind, limit in (("TrainingJob", target), ("ProcessingJob", None), ("TransformJob", None)):
                count = scanned.stats["resources"][kind]
                calls = scanned.calls(rf":(List|Describe){kind}s?$|:Search\(.*{kind}\)$")
                results.append(Result(f"requests per {kind}, {which}", calls / count, limit))
            notes.append(
                f"{which}: {scanned.stats['requests']:,} requests in all for "
                f"{sum(scanned.stats['resources'].values()):,} resources, {_loss(scanned)}. "
                f"By operation: {_operations(scanned.stats)}."
            )
    return Outcome(results, notes)


def _median(usages: Sequence[Usage]) -> Usage:
    """Return the medians of wall and CPU time and the highest peak."""
    wall, cpu = median(usage.wall for usage in usages), median(usage.cpu for usage in usages)
    return Usage(wall, cpu, max(usage.peak_mb for usage in usages), usages[-1].code, "")


def floor(sizes: Sizes) -> Outcome:
    """Wall time at 30 ms latency against the floor, in turns."""
    scans: list[Scan] = []
    floors: list[Usage] = []
    floor_requests = 0
    with place("--jobs", str(sizes.floor), "--latency-ms", "30") as (endpoint, home):
        for _ in range(sizes.rounds):
            scans.append(scan(endpoint, home, "--no-state"))
            endpoint.reset()
            floors.append(run([PYTHON, "-m", "benchmarks.floor"], environment(home, endpoint.url)))
            floor_requests = endpoint.stats()["requests"]
    ours, least = _median([scanned.usage for scanned in scans]), _median(floors)
    notes = [
        f"Scan: {_figures(ours, scans[-1].stats['requests'])}; {_loss(scans[-1])}.",
        f"Floor: {_figures(least, floor_requests)}.",
        f"{sizes.floor:,} training jobs, 30 ms latency, medians of {sizes.rounds}, taken in turns.",
    ]
    cpu = Result("CPU time against the floor", ours.cpu / least.cpu)
    return Outcome([Result("wall time against the floor", ours.wall / least.wall, 1.25), cpu], notes)


def _rate(name: str) -> float | None:
    service, _, operation = name.partition(":")
    if service != "sagemaker":
        return None
    prefix = re.match("ListTags|List|Search|Describe", operation)
    if not prefix:
        return None
    return QUOTAS.get(prefix[0], QUOTAS.get(prefix[0] + "*"))


def bound(stats: Mapping[str, Any]) -> tuple[float, str]:
    """Return the least seconds that the successful calls can take under ``QUOTAS``, and the operation's name.

    Search is one operation with one quota, whatever it searches for.
    """
    calls: dict[str, int] = {}
    for name, counted in stats["operations"].items():
        key = name.partition("(")[0]
        calls[key] = calls.get(key, 0) + counted["calls"] - counted["throttled"]
    seconds = {name: count / rate for name, count in calls.items() if (rate := _rate(name))}
    slowest = max(seconds, key=lambda name: seconds[name])
    return seconds[slowest], slowest


def quotas(sizes: Sizes) -> Outcome:
    """Wall time under quotas like those of AWS against the arithmetic bound, at full share and at half."""
    results, notes = [], []
    options = [part for pattern, rate in QUOTAS.items() for part in ("--quota", f"{pattern}={rate}")]
    with place("--jobs", str(sizes.quotas), "--latency-ms", "30", *options) as (endpoint, home):
        for label, share, target in (("1", ["--quota-share", "1"], 1.15), ("the default half", [], 2.3)):
            scanned = scan(endpoint, home, "--no-state", *share)
            seconds, slowest = bound(scanned.stats)
            what = f"wall time against the bound, quota share {label}"
            results.append(Result(what, scanned.usage.wall / seconds, target))
            notes.append(
                f"Quota share {label}: bound {seconds:.1f} s by {slowest}; "
                f"{_figures(scanned.usage, scanned.stats['requests'])}, "
                f"{scanned.stats['throttled']:,} throttled; {_loss(scanned)}."
            )
    rates = ", ".join(f"{pattern} {rate:g}/s" for pattern, rate in QUOTAS.items())
    notes.append(f"{sizes.quotas:,} training jobs; {rates}, each operation by itself, burst of one second.")
    return Outcome(results, notes)


def memory(sizes: Sizes) -> Outcome:
    """Peak resident memory on the largest account, without and with a state store."""
    results, notes = [], []
    with place("--jobs", str(sizes.memory)) as (endpoint, home):
        state = ["--state", str(home / "state")]
        runs = (
            ("no state", ["--no-state"]),
            ("first scan with state", state),
            ("second scan with state", state),
        )
        for label, options in runs:
            scanned = scan(endpoint, home, *options)
            results.append(Result(f"peak memory, {label}", scanned.usage.peak_mb, 300, unit="MB"))
            notes.append(f"{label}: {_figures(scanned.usage, scanned.stats['requests'])}; {_loss(scanned)}.")
    notes.append(f"{sizes.memory:,} training jobs, no latency.")
    return Outcome(results, notes)


def startup(sizes: Sizes) -> Outcome:
    """Time to list the rules against a Python that imports click and defines one pydantic model."""
    program = "import click\nfrom pydantic import BaseModel\nclass Model(BaseModel):\n    name: str\n"
    listed, least = [], []
    with tempfile.TemporaryDirectory() as folder:
        env = environment(Path(folder))
        for _ in range(sizes.starts):
            listed.append(run([SCAN, "rules", "list"], env, cwd=Path(folder)).wall)
            least.append(run([PYTHON, "-c", program], env, cwd=Path(folder)).wall)
    # The first start of either reads cold files.
    ours, bare = median(listed[1:]), median(least[1:])
    note = f"{ours * 1000:.0f} ms against {bare * 1000:.0f} ms, medians of {sizes.starts - 1}, taken in turns."
    return Outcome([Result("`rules list` against click and one pydantic model", ours / bare, 2.5)], [note])


def _beside_prowler(jobs: int, venv: Path) -> tuple[Usage, int, Scan]:
    """Return what Prowler took, its requests, and a scan of ours, on the reference account of ``jobs``."""
    with place("--jobs", str(jobs), "--reference", "--latency-ms", "30") as (endpoint, home):
        ours = scan(endpoint, home, "--no-state")
        endpoint.reset()
        command = [str(venv / "bin" / "prowler"), "aws", "--service", "sagemaker", "--region", REGION]
        command += ["--no-banner", "--output-formats", "json-ocsf", "--output-directory", str(home)]
        env = environment(home, endpoint.url) | {"PATH": f"{venv / 'bin'}:/usr/bin:/bin"}
        # Prowler ends with 3 where a check failed.
        theirs = run(command, env, expected=(0, 3), cwd=home)
        return theirs, endpoint.stats()["requests"], ours


def prowler(sizes: Sizes, venv: Path) -> Outcome:
    """Wall time of Prowler's SageMaker checks at two small sizes, and the straight line through them."""
    small, large = sizes.prowler // 3, sizes.prowler
    # The first start compiles its modules.
    run([str(venv / "bin" / "prowler"), "--version"], environment(venv))
    first, second = _beside_prowler(small, venv), _beside_prowler(large, venv)
    notes = [
        f"{jobs:,} training jobs: Prowler {_figures(theirs, made)}; "
        f"this scan {_figures(ours.usage, ours.stats['requests'])}, {_loss(ours)}."
        for jobs, (theirs, made, ours) in ((small, first), (large, second))
    ]

    slopes = [
        (after - before) / (large - small)
        for before, after in ((first[0].wall, second[0].wall), (first[2].usage.wall, second[2].usage.wall))
    ]
    if min(slopes) > 0:
        theirs_there = second[0].wall + slopes[0] * (REFERENCE - large)
        ours_there = second[2].usage.wall + slopes[1] * (REFERENCE - large)
        notes.append(
            f"The straight line through both sizes, not a measurement, gives at {REFERENCE:,} training jobs "
            f"{theirs_there:,.0f} s for Prowler and {ours_there:,.0f} s for this scan."
        )
    notes.append("30 ms latency, one run of each.")
    ratio = second[0].wall / second[2].usage.wall
    return Outcome([Result(f"times faster than Prowler at {large:,} jobs", ratio, 9, at_least=True)], notes)


def fleet(sizes: Sizes) -> Outcome:
    """The planner and the merger on 1,000 accounts by 20 regions, and one function from a cold start."""
    found = organisation.measure(PYTHON, sizes.accounts, sizes.starts)
    ours, bare = found["cold"]
    targets, planned, merged, answer = (found[name] for name in ("targets", "planned", "merged", "answer"))
    empty: Usage = found["empty"]
    results = [
        Result("`audit_account` to its first request against boto3 and one client", ours / bare, 1.8),
        Result("peak memory of an empty region's target", empty.peak_mb, 160, unit="MB"),
        Result(f"wall time of the planner, {targets:,} targets", planned.wall, unit="s"),
        Result(f"peak memory of the planner, {targets:,} targets", planned.peak_mb, unit="MB"),
        Result(f"wall time of the merger, {targets:,} targets", merged.wall, unit="s"),
        Result(f"peak memory of the merger, {targets:,} targets", merged.peak_mb, unit="MB"),
    ]
    first = f"{ours * 1000:.0f} ms against {bare * 1000:.0f} ms, medians of {max(sizes.starts - 1, 1)}, taken in turns"
    asked = f"a role is assumed and regions are listed in each of {sizes.accounts:,} accounts"
    page = f"page of {answer['page'] / 1024:,.0f} KB, {answer['metric_lines']} lines of metrics"
    notes = [
        f"First request: {first}; it is sts:GetCallerIdentity, and rules are loaded after it.",
        f"Empty region: {empty.wall:.1f} s wall, {empty.cpu:.1f} s CPU, against moto, S3 included.",
        f"Planner: {planned.cpu:.1f} s CPU; {asked}, on the canned endpoint without latency.",
        f"Merger: {merged.cpu:.1f} s CPU, {answer['findings']:,} findings in reports in a local folder; {page}.",
    ]
    return Outcome(results, notes)


def gate(sizes: Sizes, venv: Path | None = None) -> Outcome:
    """The gate on templates and a plan, beside checkov where it is there."""
    pairs = before_deployment.measure(venv, sizes.rounds, sizes.templates)
    results = [
        Result(f"times faster than checkov, {pair.what}", pair.theirs / pair.ours, pair.least, at_least=True)
        for pair in pairs
        if pair.theirs
    ]
    results.append(Result("peak memory of the gate", max(pair.peak for pair in pairs), 150, unit="MB"))
    notes = [
        f"{pair.what[0].upper()}{pair.what[1:]}: {pair.ours:.2f} s, peak {pair.peak:.0f} MB"
        + (f"; checkov {pair.theirs:.2f} s, peak {pair.their_peak:.0f} MB." if pair.theirs else ".")
        for pair in pairs
    ]
    return Outcome(results, [*notes, f"Wall time, medians of {sizes.rounds}, taken in turns."])


SCENARIOS: Final[Mapping[str, Callable[[Sizes], Outcome]]] = {
    "requests": requests,
    "floor": floor,
    "quotas": quotas,
    "memory": memory,
    "startup": startup,
    "fleet": fleet,
    "gate": gate,
}
