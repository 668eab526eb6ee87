"""What the gate says on stderr of files that strangers wrote: lines that no runner of builds takes for commands."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.cli import main
from auditor.cli.logs import configure, report_crash
from auditor.errors import AuditError, UsageError
from reports.text import visible

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = "::error::pwn"
HOSTILE = {
    "create-training-job.json": f'{{"Bogus\\n{COMMAND}": 1}}',
    "twice.json": f'{{"Resources": {{"a\\n{COMMAND}": 1, "a\\n{COMMAND}": 2}}}}',
    "twice.yaml": f'Resources:\n  "a\\r\\n{COMMAND}": 1\n  "a\\r\\n{COMMAND}": 2\n',
    f"odd\n{COMMAND}.json": '{"a": ',
    "##[stop-commands]x.json": '{"a": ',
    "##vso[task.x]y.json": '{"a": ',
}


def _is_command(line: str) -> bool:
    return line.lstrip().startswith("::") or "##[" in line or "##vso[" in line.lower()


@pytest.mark.parametrize("name", HOSTILE)
def test_no_error_is_a_command(name: str, gate: Any) -> None:
    gate.write(name, HOSTILE[name])
    ran = gate(name)
    assert "error: " in ran.stderr
    assert not [line for line in ran.stderr.split("\n") if _is_command(line)]


@pytest.mark.parametrize(
    "words",
    [
        ["gate", f"--bogus\n{COMMAND}"],
        [f"no\n{COMMAND}"],
        ["gate", "--config", f"none\n{COMMAND}.toml", "x.json"],
        ["gate", "x.json", "--select", f"none\n{COMMAND}"],
    ],
)
def test_no_complaint_of_the_command_line_is_a_command(words: list[str], tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "auditor", *words], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert ran.returncode == 2
    assert "pwn" in ran.stderr
    assert not [line for line in ran.stderr.splitlines() if _is_command(line)]


def test_an_error_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise UsageError(f"a\n{COMMAND}")

    monkeypatch.setattr("auditor.cli.cli.main", refuse)
    with pytest.raises(SystemExit) as left:
        main(["rules"])
    assert left.value.code == int(AuditError.exit_code)
    assert capsys.readouterr().err == f"error: a\\x0a{COMMAND}\n"


def _fails() -> None:
    raise ValueError(f"a\n{COMMAND}\n##[add-mask]x")


def test_a_fault_and_the_log_are_no_commands(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("auditor", "botocore"):
        logger = logging.getLogger(name)
        for member, value in (("handlers", []), ("propagate", logger.propagate), ("level", logger.level)):
            monkeypatch.setattr(logger, member, value)
    configure(2, "text")
    logging.getLogger("auditor.x").warning("read %s", f"a\n{COMMAND}")
    with pytest.raises(ValueError, match="pwn") as caught:
        _fails()
    report_crash(caught.value)
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert said.count("pwn") >= len(("log", "error", "traceback"))
    assert not [line for line in said.splitlines() if _is_command(line)]


@given(text=st.text() | st.text(st.sampled_from("#[vso\n:x")))
def test_what_is_visible_is_one_line_and_no_command(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert "##[" not in shown
    assert "##vso[" not in shown
    assert visible(shown) == shown
