"""Metrics in Prometheus' text format, for the node exporter's textfile collector.

The collector reads files that end in `.prom` and takes no timestamps
(https://github.com/prometheus/node_exporter#textfile-collector), so moments are values, in seconds since 1970; 0 means
never, so that an alert on age fires where there was none.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from auditor.model.verdict import Status
from auditor.scheduler.state import Result, State

_PREFIX = "sagemaker_auditor"
_Sample = tuple[Mapping[str, str], float]


def render(state: State, next_run: datetime | None, heartbeat: datetime) -> str:
    """The metrics of a schedule.

    Args:
        state: what is known of earlier runs.
        next_run: when the next begins; None where this process starts no further one.
        heartbeat: when this process last showed that it lives.
    """
    return "".join(_family(*family) for family in _families(state, next_run, heartbeat))


def _families(
    state: State, next_run: datetime | None, heartbeat: datetime
) -> Iterable[tuple[str, str, str, list[_Sample]]]:
    run, report = state.last_run, state.report
    yield (
        "last_success_timestamp_seconds",
        "gauge",
        "End of the last run that read everything it was to read.",
        [({}, _seconds(state.last_success))],
    )
    yield (
        "last_run_timestamp_seconds",
        "gauge",
        "End of the last run, however it ended.",
        [({}, _seconds(run.ended if run else None))],
    )
    yield "last_run_duration_seconds", "gauge", "How long the last run took.", [({}, run.seconds)] if run else []
    code = run.exit_code if run else None
    yield (
        "last_run_exit_code",
        "gauge",
        "Exit code of the last scan; minus the signal where one ended it.",
        [] if code is None else [({}, code)],
    )
    yield (
        "runs_total",
        "counter",
        "Runs by how they ended.",
        [({"result": result.value}, state.runs.get(result, 0)) for result in Result],
    )
    yield (
        "findings",
        "gauge",
        "Current findings of the last report by status.",
        [({"status": status.value}, report.findings.get(status.value, 0)) for status in Status] if report else [],
    )
    yield (
        "report_complete",
        "gauge",
        "1 where no error left a hole in the last report.",
        [({}, int(report.complete))] if report else [],
    )
    yield (
        "report_timestamp_seconds",
        "gauge",
        "When the last report was written.",
        [({}, _seconds(report.written if report else None))],
    )
    due: list[_Sample] = [] if next_run is None else [({}, _seconds(next_run))]
    yield "next_run_timestamp_seconds", "gauge", "When the next run begins.", due
    yield (
        "scheduler_heartbeat_timestamp_seconds",
        "gauge",
        "When the scheduler last showed that it lives.",
        [({}, _seconds(heartbeat))],
    )


def _family(name: str, kind: str, told: str, samples: list[_Sample]) -> str:
    if not samples:
        return ""
    full = f"{_PREFIX}_{name}"
    lines = [f"# HELP {full} {told}", f"# TYPE {full} {kind}"]
    for labels, value in samples:
        marks = ",".join(f'{key}="{text}"' for key, text in labels.items())
        lines.append(f"{full}{{{marks}}} {value:.15g}" if marks else f"{full} {value:.15g}")
    return "\n".join(lines) + "\n"


def _seconds(moment: datetime | None) -> float:
    return round(moment.timestamp(), 3) if moment else 0
