"""When a run starts: cfn-lint lets any text pass as a schedule, so it is parsed here.

The grammar is that of the EventBridge Scheduler User Guide, "Schedule types".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.deploy.conftest import Template

MONTHS = {
    name: number
    for number, name in enumerate(
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], 1
    )
}
DAYS = {name: number for number, name in enumerate(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"], 1)}
FIELDS: tuple[tuple[str, int, int, dict[str, int], str], ...] = (
    ("minutes", 0, 59, {}, ""),
    ("hours", 0, 23, {}, ""),
    ("day of month", 1, 31, {}, "?LW"),
    ("month", 1, 12, MONTHS, ""),
    ("day of week", 1, 7, DAYS, "?L#"),
    ("year", 1970, 2199, {}, ""),
)
RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
CRON = re.compile(r"cron\((.*)\)")


def mistake(expression: str) -> str:
    """Why EventBridge Scheduler would not take an expression; empty if it would."""
    if found := RATE.fullmatch(expression):
        number, plural = int(found[1]), bool(found[3])
        return "" if number > 0 and plural == (number > 1) else "rate"
    if not (found := CRON.fullmatch(expression)):
        return "neither rate nor cron"
    fields = found[1].split(" ")
    if len(fields) != len(FIELDS):
        return "six fields"
    for text, (name, least, most, words, marks) in zip(fields, FIELDS, strict=True):
        if not all(_fits(part, least, most, words, marks) for part in text.split(",")):
            return name
    return "" if (fields[2] == "?") != (fields[4] == "?") else "one of the days must be ?"


def _fits(part: str, least: int, most: int, words: dict[str, int], marks: str) -> bool:
    if part == "?" or (part and part in ("L", "LW") and "L" in marks):
        return part[0] in marks or part == "LW"
    start, _, step = part.partition("/")
    if step and not (step.isdigit() and int(step) > 0):
        return False
    if "W" in marks and re.fullmatch(r"\d+W", part):
        start = part[:-1]
    if "#" in marks and (numbered := re.fullmatch(r"(\w+)#([1-5])", part)):
        start = numbered[1]
    if "L" in marks and re.fullmatch(r"\dL", part):
        start = part[:-1]
    if start == "*":
        return True
    numbers = [words.get(word, int(word) if word.isdigit() else -1) for word in start.split("-")]
    return len(numbers) in {1, 2} and all(least <= number <= most for number in numbers) and numbers == sorted(numbers)


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 hour)",
        "rate(6 hours)",
        "cron(0 3 * * ? *)",
        "cron(15 10 ? * 6L 2026-2030)",
        "cron(0/15 8-17 ? * MON-FRI *)",
        "cron(0 0 L * ? *)",
        "cron(0 0 15W * ? *)",
        "cron(0 0 ? JAN,JUL TUE#2 *)",
    ],
)
def test_what_the_service_takes_is_taken(expression: str, single: Template) -> None:
    assert not mistake(expression)
    assert re.fullmatch(single.raw["Parameters"]["ScheduleExpression"]["AllowedPattern"], expression)


@pytest.mark.parametrize(
    "expression",
    ["rate(1 banana)", "rate(0 hours)", "rate(1 hours)", "rate(2 hour)", "0 3 * * ? *", "cron(0 3 * * ?)", ""],
)
def test_the_template_refuses_what_the_service_would(expression: str, single: Template) -> None:
    assert mistake(expression)
    assert not re.fullmatch(single.raw["Parameters"]["ScheduleExpression"]["AllowedPattern"], expression)


@pytest.mark.parametrize(
    ("expression", "where"),
    [
        ("cron(60 3 * * ? *)", "minutes"),
        ("cron(0 24 * * ? *)", "hours"),
        ("cron(0 3 0 * ? *)", "day of month"),
        ("cron(0 3 * 13 ? *)", "month"),
        ("cron(0 3 ? * 8 *)", "day of week"),
        ("cron(0 3 ? * FRI-MON *)", "day of week"),
        ("cron(0 3 * * ? 1066)", "year"),
        ("cron(0 3 * * * *)", "one of the days must be ?"),
        ("cron(0/0 3 * * ? *)", "minutes"),
    ],
)
def test_a_cron_expression_is_read_field_by_field(expression: str, where: str) -> None:
    assert mistake(expression) == where


def test_the_run_starts_as_the_template_says(single: Template) -> None:
    for schedule in single.of_type("AWS::Scheduler::Schedule").values():
        assert not mistake(schedule["ScheduleExpression"])
        assert schedule["ScheduleExpressionTimezone"] == "UTC"
        assert schedule["FlexibleTimeWindow"]["Mode"] in {"FLEXIBLE", "OFF"}


def test_the_heartbeat_is_missed_only_after_a_run_was_due(single: Template) -> None:
    alarm = single.of_type("AWS::CloudWatch::Alarm")["NoHeartbeat"]
    waited = alarm["Period"] * alarm["EvaluationPeriods"]
    assert waited > 24 * 3600
    # CloudWatch API reference, PutMetricAlarm: periods of an hour may look back seven days, no longer.
    assert alarm["Period"] >= 3600
    assert single.raw["Parameters"]["HeartbeatHours"]["MaxValue"] * alarm["Period"] <= 7 * 86400
