from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from estate import RULES, one
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from samples import report

from auditor.delivery.metrics import ACCOUNT, ALL_DIMENSIONS, METRICS, NAMESPACE, metric_lines
from auditor.delivery.totals import RuleTotals, RunTotals, merged, totals
from auditor.model.coverage import RequestCount, Target, TargetStatus
from auditor.model.finding import Finding, WaiverRef
from auditor.model.resource import Lifecycle
from auditor.model.verdict import Severity, Status

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WEIGHTS = {"INFORMATIONAL": 1, "LOW": 3, "MEDIUM": 8, "HIGH": 20, "CRITICAL": 40}
WAIVER = WaiverRef("accepted", "amara", "jonas", "2026-12-31")
UNITS = (
    "Seconds|Microseconds|Milliseconds|Bytes|Kilobytes|Megabytes|Gigabytes|Terabytes|Bits|Kilobits|Megabits|Gigabits"
    "|Terabits|Percent|Count|Bytes/Second|Kilobytes/Second|Megabytes/Second|Gigabytes/Second|Terabytes/Second"
    "|Bits/Second|Kilobits/Second|Megabits/Second|Gigabits/Second|Terabits/Second|Count/Second|None"
)
# After AWS's page "Specification: Embedded metric format", with what its prose demands beyond its own schema: no
# members that it does not name, at most 100 metrics.
EMF: dict[str, Any] = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "additionalProperties": False,
            "required": ["Timestamp", "CloudWatchMetrics"],
            "properties": {
                "Timestamp": {"type": "integer", "minimum": 0},
                "CloudWatchMetrics": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["Namespace", "Dimensions", "Metrics"],
                        "properties": {
                            "Namespace": {"type": "string", "minLength": 1, "maxLength": 255},
                            "Dimensions": {
                                "type": "array",
                                "minItems": 1,
                                "items": {
                                    "type": "array",
                                    "maxItems": 30,
                                    "uniqueItems": True,
                                    "items": {"type": "string", "minLength": 1, "maxLength": 250},
                                },
                            },
                            "Metrics": {
                                "type": "array",
                                "minItems": 1,
                                "maxItems": 100,
                                "items": {
                                    "type": "object",
                                    "additionalProperties": False,
                                    "required": ["Name"],
                                    "properties": {
                                        "Name": {"type": "string", "minLength": 1, "maxLength": 1024},
                                        "Unit": {"enum": UNITS.split("|")},
                                        "StorageResolution": {"enum": [1, 60]},
                                    },
                                },
                            },
                        },
                    },
                },
            },
        }
    },
}
Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def checked(text: str) -> dict[str, Any]:
    """A line that CloudWatch takes: the schema, and that what is referred to is there and of its kind."""
    assert len(text.encode()) <= 256 * 1024
    assert "\n" not in text
    document: dict[str, Any] = json.loads(text)
    jsonschema.validate(document, EMF)
    for directive in document["_aws"]["CloudWatchMetrics"]:
        for name in (name for names in directive["Dimensions"] for name in names):
            value = document[name]
            assert isinstance(value, str)
            assert value.isascii()
            assert value.isprintable()
            assert 0 < len(value.strip()) <= len(value) <= 1024
        for metric in directive["Metrics"]:
            assert type(document[metric["Name"]]) in (int, float)
    return document


def series(lines: list[str]) -> Series:
    """What CloudWatch makes of lines: one value by metric and dimensions."""
    out: Series = {}
    for document in map(checked, lines):
        for directive in document["_aws"]["CloudWatchMetrics"]:
            assert directive["Namespace"] == NAMESPACE
            for names in directive["Dimensions"]:
                dimensions = tuple((name, document[name]) for name in names)
                for metric in directive["Metrics"]:
                    key = (metric["Name"], dimensions)
                    assert key not in out, f"{key} is emitted twice"
                    out[key] = document[metric["Name"]]
    return out


def emitted(what: RunTotals, dimensions: frozenset[str] = ALL_DIMENSIONS) -> Series:
    return series(list(metric_lines(what, NOW, run="run-1", dimensions=dimensions)))


def whole(found: Series) -> dict[str, float]:
    return {name: value for (name, dimensions), value in found.items() if not dimensions}


def estate(*statuses: Status) -> list[Finding]:
    """A finding of each status for each rule of the sample estate, all in one account and region."""
    return [
        replace(one(number, status), id=f"{at:03}{number:03}{'0' * 26}", lifecycle=Lifecycle.CURRENT, waiver=None)
        for at, status in enumerate(statuses)
        for number in range(len(RULES))
    ]


def run_of(findings: list[Finding], known: frozenset[str] | None = None) -> RunTotals:
    base = report(findings)
    coverage = replace(
        base.coverage,
        targets=(
            Target("111122223333", "eu-west-1", "A", TargetStatus.SCANNED, 3),
            Target("111122223333", "eu-west-1", "B", TargetStatus.SCANNED, 4),
            Target("111122223333", "us-east-1", "A", TargetStatus.SCANNED, 5),
            Target("111122223333", "us-east-1", "B", TargetStatus.NOT_SCANNED),
            Target("111122223333", "eu-west-2", "A", TargetStatus.NOT_SCANNED),
        ),
        requests=(RequestCount("sagemaker:Search", 4, 1), RequestCount("iam:GetUser", 6)),
    )
    summary = replace(base.summary, weights=WEIGHTS)
    return totals(replace(base, rules=RULES, coverage=coverage, summary=summary), known)


def test_the_whole_run_is_counted() -> None:
    failed, passed, unknown = estate(Status.FAILED), estate(Status.PASSED), estate(Status.NOT_AVAILABLE)
    waived = replace(one(1, Status.FAILED), id="f" * 32, waiver=WAIVER, lifecycle=Lifecycle.CURRENT)
    ended = replace(one(1, Status.FAILED), id="e" * 32, waiver=None, lifecycle=Lifecycle.HISTORICAL)
    found = whole(emitted(run_of([*failed, *passed, *unknown, waived, ended], frozenset({failed[0].id}))))
    assert found == {
        "Passed": 5,
        "Failed": 5,
        "NotAvailable": 5,
        "Waived": 1,
        "NewFailed": 4,
        "FailedSevere": 3,
        "Score": round(100 * 91 / (3 * 91 + 40), 1),
        "Resources": 12,
        "TargetsPlanned": 3,
        "TargetsScanned": 1,
        "TargetsPartial": 1,
        "TargetsNotScanned": 1,
        "Requests": 10,
        "Throttles": 1,
        "DurationSeconds": 60,
        "Heartbeat": 1,
    }


def test_every_metric_is_emitted_under_its_dimension_sets_and_no_other() -> None:
    run = run_of(estate(Status.FAILED, Status.PASSED), frozenset())
    several = merged([run, replace(run, severe={"444455556666": 1})])
    declared = {(metric.name, names) for metric in METRICS for names in metric.dimensions}
    for what in (run, several):
        found = emitted(what)
        assert {(name, tuple(key for key, _ in dimensions)) for name, dimensions in found} == declared
    assert len(METRICS) == len({metric.name for metric in METRICS}) <= 100


def test_severities_concerns_and_rules_add_up_to_the_whole() -> None:
    found = emitted(run_of(estate(Status.FAILED, Status.FAILED, Status.PASSED, Status.NOT_AVAILABLE), frozenset()))
    by_set: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for (name, dimensions), value in found.items():
        by_set[name, tuple(key for key, _ in dimensions)] += int(value)
    for metric in METRICS:
        for names in metric.dimensions:
            if metric.unit == "Count":
                assert by_set[metric.name, names] == by_set[metric.name, ()], (metric.name, names)
    assert found["Failed", (("Severity", "HIGH"),)] == 4
    assert found["Failed", (("Severity", "INFORMATIONAL"),)] == 0
    assert found["Passed", (("Concern", "vpc"),)] == 2
    assert found["Failed", (("Rule", "rule-0"),)] == 2


def test_a_profile_moves_findings_to_its_own_severity_and_a_rule_still_adds_up() -> None:
    ordinary = estate(Status.FAILED, Status.PASSED)
    toned_down = [
        replace(one, id=f"{at:032x}", severity=Severity.INFORMATIONAL)
        for at, one in enumerate(estate(Status.FAILED), 1_000)
    ]
    parts = [run_of(ordinary, frozenset()), run_of(toned_down, frozenset())]
    for run in (run_of([*ordinary, *toned_down], frozenset()), merged(parts)):
        found = emitted(run)
        assert found["Failed", (("Severity", "INFORMATIONAL"),)] == len(RULES)
        assert found["NewFailed", (("Severity", "HIGH"),)] == 2
        assert found["Failed", (("Rule", "rule-0"),)] == 2
        assert found["FailedSevere", ()] == run_of(ordinary).severe["111122223333"]
    assert run.score is not None


def test_one_account_shares_the_line_of_the_whole_run() -> None:
    first = checked(next(metric_lines(run_of(estate(Status.FAILED)), NOW, dimensions=[ACCOUNT])))
    sets = [directive["Dimensions"] for directive in first["_aws"]["CloudWatchMetrics"]]
    assert sets == [[[]], [[], ["AccountId"]]]


def test_accounts_are_a_switch() -> None:
    run = merged([run_of(estate(Status.FAILED)), RunTotals(severe={"444455556666": 0})])
    without = series(list(metric_lines(run, NOW)))
    assert not [key for key in without if any(name == ACCOUNT for name, _ in key[1])]
    found = emitted(run)
    assert found["FailedSevere", ((ACCOUNT, "111122223333"),)] == 3
    assert found["FailedSevere", ((ACCOUNT, "444455556666"),)] == 0
    assert found["FailedSevere", ()] == 3


def test_without_an_earlier_run_nothing_is_said_of_what_is_new() -> None:
    found = emitted(run_of(estate(Status.FAILED)))
    assert not [name for name, _ in found if name == "NewFailed"]


def test_where_nothing_was_judged_there_is_no_score_but_a_heartbeat() -> None:
    found = whole(emitted(run_of([])))
    assert "Score" not in found
    assert found["Heartbeat"] == 1


def test_targets_that_never_reported_are_not_scanned() -> None:
    found = whole(emitted(merged([run_of(estate(Status.PASSED))], missing=7, seconds=900.5)))
    assert (found["TargetsPlanned"], found["TargetsNotScanned"], found["DurationSeconds"]) == (10, 8, 900.5)


def test_merging_is_counting_together() -> None:
    one_part = run_of(estate(Status.FAILED, Status.PASSED), frozenset())
    other = run_of(estate(Status.NOT_AVAILABLE, Status.FAILED), frozenset())
    together = run_of(estate(Status.FAILED, Status.PASSED, Status.NOT_AVAILABLE, Status.FAILED), frozenset())
    sums = merged([one_part, other])
    assert sums.rules == together.rules
    assert sums.score == together.score
    assert sums.severe == together.severe


def test_totals_can_be_kept_as_json() -> None:
    adapter = TypeAdapter(RunTotals)
    run = run_of(estate(Status.FAILED), frozenset())
    assert adapter.validate_json(adapter.dump_json(run)) == run


@settings(max_examples=30)
@given(st.text(min_size=1), st.integers(0, 10**9))
def test_any_name_gives_a_line_that_cloudwatch_takes(name: str, failed: int) -> None:
    rules = RuleTotals(rule=name, severity="HIGH", concern=name, failed=failed, new=0)
    run = RunTotals(rules=(rules,), severe={"1": failed, "2": 0}, weights=WEIGHTS)
    for line in metric_lines(run, NOW, run=name, dimensions=ALL_DIMENSIONS):
        checked(line)


@pytest.mark.parametrize("severity", Severity)
def test_every_severity_has_its_values_even_where_no_rule_has_it(severity: Severity) -> None:
    found = emitted(run_of([], frozenset()))
    assert found["NewFailed", (("Severity", severity.value),)] == 0
