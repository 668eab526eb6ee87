"""Spans such as `--jobs-since 30d`: what is taken, and what a wrong one is told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.config import AuditConfig, load, parse_window
from auditor.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "span"),
    [
        *(("30d", timedelta(days=30)), ("12h", timedelta(hours=12)), ("4w", timedelta(weeks=4)), ("all", None)),
        ("36500d", timedelta(days=36_500)),
    ],
)
def test_a_span_is_taken(text: str, span: timedelta | None) -> None:
    assert parse_window(text) == span


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        *(("30", "'30d'"), ("30x", "'30d'"), ("30 days", "'30d'"), ("2 weeks", "'14d'"), ("3 months", "'90d'")),
        *(("1y", "'365d'"), ("12 hours", "'12h'"), ("90min", "the shortest is '1h'"), ("alle", "'all'")),
        *(("0d", "30d, 12h or 4w"), ("", "30d, 12h or 4w"), ("-3d", "30d, 12h or 4w"), ("next week", "nor 'all'")),
        *(("999999999999d", "'all' reads every job"), ("36501d", "'all'"), (f"{'9' * 5_000}d", "'all'")),
    ],
)
def test_a_wrong_span_is_told_the_nearest_right_one(text: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, {"jobs_since": text})
    message = str(caught.value)
    assert message.startswith("--jobs-since: ")
    assert hint in message
    assert "Value error" not in message


@given(st.one_of(st.text(max_size=12), st.from_regex(r"[0-9]{1,12}[dhwmy]?", fullmatch=True)))
def test_every_text_is_a_span_that_a_time_can_go_back_by_or_an_error(text: str) -> None:
    try:
        settings = AuditConfig(jobs_since=text)
    except ValueError:
        return
    if settings.window is not None:
        assert datetime(2026, 1, 1, tzinfo=UTC) - settings.window < datetime(2026, 1, 1, tzinfo=UTC)


def test_what_is_wrong_in_the_file_names_the_file_and_what_is_wrong_in_a_flag_the_flag(tmp_path: Path) -> None:
    path = tmp_path / "auditor.toml"
    path.write_text('jobs_since = "30x"\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path, {"quota_share": 2})
    message = str(caught.value)
    assert f"{path}:1: jobs_since: '30x' is not a span" in message
    assert "; --quota-share: Input should be less than or equal to 1" in message
