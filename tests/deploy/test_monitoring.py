"""Every alarm and widget shows something that is emitted; cfn-lint does not look into a dashboard."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from auditor.delivery.metrics import METRICS, NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.deploy.conftest import Template

# What AWS emits itself, by namespace: the dimension, and of its metrics those that are used here
# (Lambda, Step Functions, EventBridge Scheduler and SQS developer guides, "Monitoring").
OF_AWS = {
    "AWS/Lambda": ("FunctionName", {"Duration", "Errors"}),
    "AWS/States": (
        "StateMachineArn",
        {"ExecutionsFailed", "ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsTimedOut"},
    ),
    "AWS/Scheduler": ("ScheduleGroup", {"InvocationDroppedCount"}),
    "AWS/SQS": ("QueueName", {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"}),
}
# CloudWatch API reference, "Dashboard Body Structure and Syntax".
GRID = {"x": {"minimum": 0, "maximum": 23}, "y": {"minimum": 0}, "width": {"minimum": 1, "maximum": 24}}
METRIC_ROW = {
    "type": "array",
    "minItems": 1,
    "items": {"anyOf": [{"type": "string", "minLength": 1}, {"$ref": "#/$defs/options"}]},
}
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["widgets"],
    "additionalProperties": False,
    "properties": {"widgets": {"type": "array", "minItems": 1, "maxItems": 500, "items": {"$ref": "#/$defs/widget"}}},
    "$defs": {
        "options": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "color": {"pattern": "^#[0-9a-f]{6}$"},
                "expression": {"type": "string"},
                "id": {"pattern": "^[a-z][A-Za-z0-9_]*$"},
                "label": {"type": "string"},
                "yAxis": {"enum": ["left", "right"]},
            },
        },
        "widget": {
            "type": "object",
            "required": ["type", "x", "y", "width", "height", "properties"],
            "additionalProperties": False,
            "properties": {
                "type": {"enum": ["alarm", "metric", "text"]},
                "properties": {"type": "object"},
                **{name: {"type": "integer", **limits} for name, limits in GRID.items()},
                "height": {"type": "integer", "minimum": 1, "maximum": 1000},
            },
            "allOf": [
                {
                    "if": {"properties": {"type": {"const": kind}}},
                    "then": {"properties": {"properties": {"$ref": f"#/$defs/{kind}"}}},
                }
                for kind in ("alarm", "metric", "text")
            ],
        },
        "text": {
            "required": ["markdown"],
            "additionalProperties": False,
            "properties": {"markdown": {"type": "string", "minLength": 1}},
        },
        "alarm": {
            "required": ["alarms", "title"],
            "additionalProperties": False,
            "properties": {
                "title": {"type": "string"},
                "alarms": {"type": "array", "minItems": 1, "maxItems": 100, "items": {"type": "string"}},
            },
        },
        "metric": {
            "required": ["metrics", "region", "title", "stat", "period", "view"],
            "additionalProperties": False,
            "properties": {
                "title": {"type": "string", "minLength": 1},
                "region": {"type": "string", "minLength": 1},
                "view": {"enum": ["timeSeries", "singleValue", "bar", "pie", "table", "gauge"]},
                "stat": {"enum": ["Average", "Maximum", "Minimum", "SampleCount", "Sum"]},
                "period": {"type": "integer", "multipleOf": 60, "minimum": 60},
                "sparkline": {"type": "boolean"},
                "metrics": {"type": "array", "minItems": 1, "maxItems": 500, "items": METRIC_ROW},
            },
        },
    },
}
SEARCH = re.compile(r"SEARCH\('\{([^},]+)((?:,[A-Za-z]+)*)\} MetricName=\"(\w+)\"', '(\w+)', (\d+)\)")
Use = tuple[str, str, frozenset[str]]


def body(template: Template) -> dict[str, Any]:
    (dashboard,) = template.of_type("AWS::CloudWatch::Dashboard").values()
    found: dict[str, Any] = json.loads(dashboard["DashboardBody"])
    return found


def shown(template: Template) -> Iterator[Use]:
    """Namespace, metric and dimension names of everything that a widget shows."""
    for widget in body(template)["widgets"]:
        for row in widget["properties"].get("metrics", ()):
            words = [word for word in row if isinstance(word, str)]
            if words:
                yield words[0], words[1], frozenset(words[2::2])
            else:
                for namespace, dimensions, name, _, _ in SEARCH.findall(row[0]["expression"]):
                    yield namespace, name, frozenset(dimensions.split(",")[1:])


def watched(template: Template) -> Iterator[Use]:
    for alarm in template.of_type("AWS::CloudWatch::Alarm").values():
        names = frozenset(dimension["Name"] for dimension in alarm.get("Dimensions", ()))
        yield alarm["Namespace"], alarm["MetricName"], names


def emitted(use: Use) -> bool:
    namespace, name, dimensions = use
    if namespace == NAMESPACE:
        return any(metric.name == name and tuple(sorted(dimensions)) in metric.dimensions for metric in METRICS)
    dimension, names = OF_AWS[namespace]
    return name in names and dimensions == {dimension}


def test_the_dashboard_is_one(single: Template) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(body(single))


def test_widgets_lie_beside_each_other(single: Template) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in body(single)["widgets"]:
        cells = {
            (column, row)
            for column in range(widget["x"], widget["x"] + widget["width"])
            for row in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not cells & taken, widget["properties"]
        assert max(column for column, _ in cells) < 24
        taken |= cells


@pytest.mark.parametrize(
    "spoilt",
    [
        {"type": "metrics"},
        {"x": 24},
        {"width": 0},
        {"properties": {"metrics": []}},
        {"properties": {"markdown": "no metrics"}},
    ],
)
def test_the_schema_refuses_what_the_service_would(spoilt: dict[str, Any], single: Template) -> None:
    widgets = body(single)["widgets"]
    metric = next(widget for widget in widgets if widget["type"] == "metric")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate({"widgets": [{**metric, **spoilt}]})


def test_every_widget_shows_what_is_emitted(single: Template) -> None:
    uses = set(shown(single))
    assert len(uses) > 20
    assert {use for use in uses if not emitted(use)} == set()


def test_every_alarm_watches_what_is_emitted(single: Template) -> None:
    assert {use for use in watched(single) if not emitted(use)} == set()


def test_a_metric_that_nobody_emits_is_found() -> None:
    assert not emitted((NAMESPACE, "Failed", frozenset({"Region"})))
    assert not emitted((NAMESPACE, "Fialed", frozenset()))
    assert not emitted(("AWS/Lambda", "Errors", frozenset()))


def test_every_expression_is_understood(single: Template) -> None:
    rows = [row for widget in body(single)["widgets"] for row in widget["properties"].get("metrics", ())]
    expressions = [row[0]["expression"] for row in rows if isinstance(row[0], dict)]
    assert len(expressions) == 3
    for expression in expressions:
        assert SEARCH.sub("S", expression) in {"S", "SLICE(SORT(S, MAX, DESC), 0, 10)"}


def test_what_the_run_says_of_itself_is_all_shown(single: Template) -> None:
    """A metric that nobody looks at costs money for nothing."""
    used = {name for namespace, name, _ in (*shown(single), *watched(single)) if namespace == NAMESPACE}
    assert used == {metric.name for metric in METRICS}


def test_values_that_may_come_twice_are_not_added_up(single: Template) -> None:
    for alarm in single.of_type("AWS::CloudWatch::Alarm").values():
        if alarm["Namespace"] == NAMESPACE:
            assert alarm["Statistic"] == "Maximum"
    for widget in body(single)["widgets"]:
        rows = widget["properties"].get("metrics", ())
        if any(row[0] == NAMESPACE for row in rows):
            assert widget["properties"]["stat"] == "Maximum"


def test_alarms_tell_somebody_and_are_on_the_dashboard(single: Template) -> None:
    alarms = single.of_type("AWS::CloudWatch::Alarm")
    assert all(alarm["AlarmActions"] == ["Notices"] for alarm in alarms.values())
    (widget,) = [widget for widget in body(single)["widgets"] if widget["type"] == "alarm"]
    assert set(widget["properties"]["alarms"]) == {f"{name}.Arn" for name in alarms}


def test_silence_is_an_alarm_only_for_the_heartbeat(single: Template) -> None:
    alarms = single.of_type("AWS::CloudWatch::Alarm")
    treatment = {name: alarm["TreatMissingData"] for name, alarm in alarms.items()}
    assert treatment.pop("NoHeartbeat") == "breaching"
    assert set(treatment.values()) == {"notBreaching"}
    heartbeat = alarms["NoHeartbeat"]
    assert (heartbeat["ComparisonOperator"], heartbeat["Threshold"]) == ("LessThanThreshold", 1)


def test_every_function_queue_and_the_runs_have_an_alarm(single: Template) -> None:
    watched_names = {
        dimension["Value"].split(".")[0]
        for alarm in single.of_type("AWS::CloudWatch::Alarm").values()
        for dimension in alarm.get("Dimensions", ())
    }
    for kind in ("AWS::Lambda::Function", "AWS::SQS::Queue", "AWS::StepFunctions::StateMachine"):
        assert set(single.of_type(kind)) <= watched_names


def test_every_alarm_has_its_page(single: Template) -> None:
    page = (single.path.parent.parent / "docs/operations.md").read_text(encoding="utf-8")
    told = re.findall(r"^### (\S+)\n", page, re.MULTILINE)
    names = {
        alarm["AlarmName"].removeprefix("sagemaker-auditor-")
        for alarm in single.of_type("AWS::CloudWatch::Alarm").values()
    }
    assert sorted(told) == sorted(names)
