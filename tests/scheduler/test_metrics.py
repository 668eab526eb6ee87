from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from auditor.scheduler import metrics
from auditor.scheduler.state import ReportFacts, Result, Run, State

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
_SAMPLE = re.compile(r'([a-z_]+)(?:\{([a-z]+)="([A-Za-z_]+)"\})? (-?[0-9.e+]+)')
FULL = (
    State()
    .begun(NOW, 2)
    .ended(
        Run(slot=NOW, ended=NOW, result=Result.SUCCESS, exit_code=1, seconds=12.5),
        ReportFacts(written=NOW, complete=True, findings={"PASSED": 5, "FAILED": 3, "NOT_AVAILABLE": 1}),
    )
)
KILLED = State().begun(NOW, 0).ended(Run(slot=NOW, ended=NOW, result=Result.ERROR, exit_code=None, seconds=0), None)


def samples(text: str) -> dict[tuple[str, str], float]:
    """What a reader of the format takes from it; each family is announced before it, and once."""
    assert text.endswith("\n")
    found: dict[tuple[str, str], float] = {}
    announced: list[str] = []
    for line in text.splitlines():
        if line.startswith("#"):
            word, name, _ = line[2:].split(" ", 2)
            assert word == ("TYPE" if announced and announced[-1] == name else "HELP")
            assert word == "TYPE" or name not in announced
            announced.append(name)
            continue
        match = _SAMPLE.fullmatch(line)
        assert match is not None, line
        assert announced[-1] == match[1]
        key = (match[1].removeprefix("sagemaker_auditor_"), match[3] or "")
        assert key not in found
        found[key] = float(match[4])
    return found


def test_everything_that_is_known_is_told() -> None:
    found = samples(metrics.render(FULL, NOW, NOW))
    seconds = NOW.timestamp()
    assert found == {
        ("last_success_timestamp_seconds", ""): seconds,
        ("last_run_timestamp_seconds", ""): seconds,
        ("last_run_duration_seconds", ""): 12.5,
        ("last_run_exit_code", ""): 1,
        **{("runs_total", result.value): 0 for result in Result},
        ("runs_total", "success"): 1,
        ("runs_total", "skipped"): 2,
        ("findings", "PASSED"): 5,
        ("findings", "FAILED"): 3,
        ("findings", "NOT_AVAILABLE"): 1,
        ("report_complete", ""): 1,
        ("report_timestamp_seconds", ""): seconds,
        ("next_run_timestamp_seconds", ""): seconds,
        ("scheduler_heartbeat_timestamp_seconds", ""): seconds,
    }


@pytest.mark.parametrize("state", [State(), FULL, KILLED])
@pytest.mark.parametrize("due", [None, NOW])
def test_the_text_can_be_read_in_every_state(state: State, due: datetime | None) -> None:
    found = samples(metrics.render(state, due, NOW))
    assert (("next_run_timestamp_seconds", "") in found) is (due is not None)


def test_what_never_was_is_older_than_any_alert_allows_and_no_findings_are_made_up() -> None:
    found = samples(metrics.render(State(), None, NOW))
    assert found["last_success_timestamp_seconds", ""] == 0
    assert not any(name in {"findings", "report_complete", "last_run_exit_code"} for name, _ in found)


def test_findings_of_the_last_report_stay_with_its_age() -> None:
    later = datetime(2026, 3, 4, tzinfo=UTC)
    run = Run(slot=later, ended=later, result=Result.ERROR, exit_code=2, seconds=1)
    found = samples(metrics.render(FULL.begun(later, 0).ended(run, None), None, later))
    assert found["findings", "FAILED"] == 3
    assert found["report_timestamp_seconds", ""] == NOW.timestamp()
    assert found["last_run_exit_code", ""] == 2
