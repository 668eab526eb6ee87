"""The command as people type it: what it refuses, and every line of its page, run against an embedded AWS."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from auditor import __version__
from auditor.cli import cli
from auditor.cli.schedule import command
from auditor.errors import UsageError
from auditor.scheduler import metrics, state
from auditor.scheduler.heartbeat import heartbeat_file
from auditor.scheduler.state import Result, State

if TYPE_CHECKING:
    from auditor.demo.server import EmbeddedAws

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "schedule.md").read_text(encoding="utf-8")
PROGRAM = "sagemaker-auditor"
BLOCKS = [
    line for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL) for line in block.splitlines()
]
LINES = [line for line in BLOCKS if f"{PROGRAM} schedule" in line and not line.startswith("docker")]
PATIENCE = 120


def call(*words: str) -> click.testing.Result:
    return CliRunner().invoke(cli, ["schedule", *words], standalone_mode=False)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "one of --every and --at is needed"),
        (("--every", "6h", "--at", "03:00"), "not both"),
        (("--every", "6 hours"), "is no span of time"),
        (("--at", "3 am"), "HH:MM in UTC"),
        (("--every", "6h", "--jitter", "6h"), "--jitter 6h is not shorter"),
        (("--every", "6h", "--time-limit", "7h"), "--time-limit 7h"),
        (("--every", "6h", "--time-limit", "0s"), "--time-limit 0s"),
        (("--every", "6h", "--metrics", "metrics.txt"), "does not end in .prom"),
        (("--every", "6h", "--grace", "600"), "--grace"),
        (("--every", "6h", "--region", "all"), "stands after --: -- --region"),
        (("--every", "6h", "--", "--regoin", "all"), "scan does not take what stands after --"),
        (("--every", "6h", "--", "--quota-share", "much"), "--quota-share"),
        (("--every", "6h", "--", "--help"), "sagemaker-auditor scan --help"),
        (("--every", "6h", "--", "stray"), "stray"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_begins(words: tuple[str, ...], told: str, tmp_path: Path) -> None:
    # The options of `schedule` come before what is for `scan`.
    cut = words.index("--") if "--" in words else len(words)
    folder = tmp_path / "state"
    error = call(*words[:cut], "--once", "--state-folder", str(folder), *words[cut:]).exception
    assert isinstance(error, UsageError | click.ClickException), error
    assert told in (error.format_message() if isinstance(error, click.ClickException) else str(error))
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    error = call("--every", "6h", "--once", "--state-folder", str(tmp_path / "file" / "state")).exception
    assert isinstance(error, UsageError)
    assert "--state-folder" in str(error)


def test_the_help_names_every_option_and_exit_code() -> None:
    text = call("--help").stdout
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.opts[-1] in text
    assert "Exit codes of --once: 0" in " ".join(text.split())


def test_the_page_names_every_option_metric_and_result() -> None:
    for option in command.params:
        if isinstance(option, click.Option) and option.name not in {"verbose", "log_format"}:
            assert option.opts[0] in PAGE, option.opts
    told = set(re.findall(r"^# TYPE (\S+)", metrics.render(State(), None, datetime.now(UTC)), re.MULTILINE))
    named = set(re.findall(r"`(sagemaker_auditor_\w+)`", PAGE))
    assert told <= named
    source = (ROOT / "auditor" / "scheduler" / "metrics.py").read_text(encoding="utf-8")
    assert all(f'"{name.removeprefix("sagemaker_auditor_")}"' in source for name in named)
    assert all(f"`{result}`" in PAGE for result in Result)


def test_healthy_says_so(tmp_path: Path) -> None:
    words = ("--healthy", "--state-folder", str(tmp_path))
    assert call(*words).return_value == 1
    heartbeat_file(tmp_path).write_text(datetime.now(UTC).isoformat() + "\n")
    found = call(*words)
    assert (found.return_value, found.stdout) == (0, "the scheduler of this host lives\n")
    heartbeat_file(tmp_path).write_text((datetime.now(UTC) - timedelta(minutes=3)).isoformat() + "\n")
    assert call(*words).return_value == 1


@pytest.fixture
def place(server: EmbeddedAws, tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A folder, and an environment in which an embedded AWS is all there is, with the page's profile."""
    server.reset()
    # Few rules at the full rate: it is the schedule that is looked at.
    (tmp_path / "fast.toml").write_text('quota_share = 1\nselect = ["mfa"]\n')
    (tmp_path / "config").write_text("[profile audit]\nregion = eu-west-1\n")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAGEMAKER_AUDITOR"))}
    given = {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "SAGEMAKER_AUDITOR_CONFIG": str(tmp_path / "fast.toml"),
        "XDG_STATE_HOME": str(tmp_path / "home"),
    }
    return tmp_path, {**clean, **server.environment(), **given}


def test_the_page_tells_what_to_type() -> None:
    assert len(LINES) == 3
    assert any("--once" in line for line in LINES)
    assert any("--at" in line for line in LINES)


@pytest.mark.parametrize("line", LINES)
def test_every_line_of_the_page_scans(line: str, place: tuple[Path, dict[str, str]]) -> None:
    folder, environment = place
    memory = folder / "home" / "sagemaker-auditor" / "schedule"
    memory.mkdir(parents=True)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    state.save(memory / "schedule.json", State(slot=long_ago, succeeded=long_ago))
    # An hour ago, so that the run is owed and no jitter lies before it, whenever this test runs.
    line = line.replace("--at 03:00", f"--at {datetime.now(UTC) - timedelta(hours=1):%H:%M}")
    setting, *words = shlex.split(line)
    name, _, value = setting.partition("=")
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "auditor", *words[1:]],
        cwd=folder,
        env={**environment, name: value},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        end = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < end:
            if "--once" not in words and (state.load(memory / "schedule.json") or State()).last_run:
                process.terminate()
                break
            time.sleep(0.1)
        _, said = process.communicate(timeout=PATIENCE)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, said
    known = state.load(memory / "schedule.json")
    assert known is not None
    assert known.runs == {Result.SUCCESS: 1}, said
    assert json.loads((memory / "report.json").read_text())["findings"]
    if "--output" in words:
        assert (folder / "audit" / "findings.json").exists()


@pytest.mark.parametrize("line", [line for line in BLOCKS if line.startswith("docker")])
def test_every_line_for_docker_fits_the_dockerfile(line: str) -> None:
    words = shlex.split(line)
    image = f"{PROGRAM}:{__version__}"
    if words[1] == "build":
        assert words[2:] == ["--tag", image, "."]
        return
    flags, rest = words[2 : words.index(image)], words[words.index(image) + 1 :]
    assert {"--read-only", "--cap-drop", "no-new-privileges"} <= set(flags)
    assert "auditor-state:/state" in flags
    own, scan = rest[1 : rest.index("--")], rest[rest.index("--") + 1 :]
    assert command.make_context("schedule", own).params["every"] == "6h"
    found = cli.get_command(click.Context(cli), "scan")
    assert found is not None
    assert found.make_context("scan", scan).params["output"].startswith("/state/")


@pytest.mark.parametrize("line", [line for line in BLOCKS if line.startswith("kubectl")])
def test_every_line_for_kubectl_names_manifests_that_are_there(line: str) -> None:
    words = shlex.split(line)
    assert words[:2] == ["kubectl", "apply"]
    files = [word for word in words[2:] if word != "-f"]
    assert len(files) == 2
    assert all((ROOT / file).is_file() for file in files)


def test_page_and_manifests_name_the_image_of_this_version() -> None:
    texts = [PAGE, *(path.read_text(encoding="utf-8") for path in sorted((ROOT / "deploy/kubernetes").glob("*.yaml")))]
    named = {tag for text in texts for tag in re.findall(rf"{PROGRAM}:([0-9][\w.]*)", text)}
    assert named == {__version__}


def test_no_line_of_the_page_is_left_untested() -> None:
    assert [line for line in BLOCKS if line not in LINES and not line.startswith(("docker", "kubectl"))] == []
