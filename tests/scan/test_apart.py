"""Judging in a process beside the one that asks: the same findings, and no end of either that passes for success."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from auditor.demo.account import populate
from auditor.processors import second_process_possible
from auditor.state import StateStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.demo.server import EmbeddedAws

ALONE = Path(__file__).with_name("apart_alone.py")
SCAN = ("-m", "auditor", "scan", "--quota-share", "1", "--region", "eu-west-1", "-f", "json")
OWN = '''
import os
import signal
import sys
import time
from pathlib import Path

from auditor.model.rule import rule
from auditor.model.sagemaker import NotebookInstance
from auditor.model.verdict import Severity, Verdict, passed

STARTED = Path(os.environ["STARTED"])


@rule("own-notebook", severity=Severity.LOW, tags=("mine",))
def own_notebook(notebook: NotebookInstance) -> Verdict:
    """Somebody judges.

    Why: to see who.
    Fix: none.
    """
    name = notebook.notebook_instance_name
    {body}
    return passed(f"{{name}} is judged by {{os.getpid()}}", at="NotebookInstanceName")
'''
# Imported by the interpreter before anything else; PYTHONPATH leads to it. Any machine will do for these tests.
PROCESSORS = """
import os

os.sched_getaffinity = lambda process: set(range(int(os.environ["PROCESSORS"])))


def refused():
    raise OSError(int(os.environ["REFUSED"]), "a limit")


if "REFUSED" in os.environ:
    os.fork = refused
"""


@dataclass
class Scans:
    """Runs the command as users do: a process of its own, which may have another beside it."""

    environment: dict[str, str]
    folder: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *words: object, processors: int = 2) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-P", *map(str, words)],
            cwd=self.folder,
            env={**self.environment, "PROCESSORS": str(processors)},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def run(self, *words: object, processors: int = 2) -> tuple[int, str, str]:
        process = self.start(*words, processors=processors)
        stdout, stderr = process.communicate(timeout=120)
        return process.returncode, stdout, stderr

    def own(self, body: str) -> tuple[str, ...]:
        """A rule of one's own, as options of the command."""
        path = self.folder / "own.py"
        path.write_text(OWN.format(body=body), encoding="utf-8")
        return "--rules", str(path), "--select", "mine"

    @property
    def judge(self) -> int:
        """The process that judges, once it does."""
        file = self.folder / "started"
        wait_until(lambda: file.exists() and file.read_text(encoding="utf-8").endswith("\n"))
        return int(file.read_text(encoding="utf-8"))


def wait_until(what: Any) -> None:
    """Wait for something that must come; the test's own process is no part of it."""
    for _ in range(6_000):
        if what():
            return
        time.sleep(0.01)
    pytest.fail("it never came")


def gone(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    # Whoever has nobody to fetch its exit code has ended all the same.
    return state == "Z"


HOLD = 'STARTED.write_text(f"{os.getpid()}\\n", encoding="utf-8"); time.sleep(600)'


@pytest.fixture(scope="module")
def aws(server: EmbeddedAws) -> Iterator[EmbeddedAws]:
    server.reset()
    populate(server.endpoint_url, datetime.now(UTC))
    yield server
    server.reset()


@pytest.fixture
def scans(aws: EmbeddedAws, tmp_path: Path) -> Iterator[Scans]:
    aws.faults.clear()
    aws.calls.clear()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAGEMAKER_"))}
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(PROCESSORS, encoding="utf-8")
    more = {
        "STARTED": str(tmp_path / "started"),
        "XDG_STATE_HOME": str(tmp_path / "state-home"),
        "PYTHONPATH": str(tmp_path / "site"),
    }
    one = Scans({**inherited, **aws.environment(), **more}, tmp_path)
    yield one
    for process in one.started:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_both_find_the_same(scans: Scans) -> None:
    results = [scans.run(*SCAN, "--no-state", processors=number) for number in (1, 2)]
    assert [code for code, _, _ in results] == [1, 1], results[1][2]
    one, two = (json.loads(stdout) for _, stdout, _ in results)

    assert len(two["findings"]) > 300
    assert untimed(two["findings"]) == untimed(one["findings"])
    assert two["summary"] == one["summary"]
    assert two["coverage"]["rules"] == one["coverage"]["rules"]
    assert untimed(two["coverage"]["gaps"]) == untimed(one["coverage"]["gaps"])
    assert untimed(two["coverage"]["targets"]) == untimed(one["coverage"]["targets"])


def test_both_judge_by_the_same_parameters(scans: Scans) -> None:
    rules = ("endpoint-config-instance-count", "user-access-key-age")
    config = scans.folder / "auditor.toml"
    config.write_text(
        f"rule = {{{rules[0]} = {{fewest = 1}}, {rules[1]} = {{longest_days = 1}}}}\n"
        f"[profiles.live]\ntags = {{Stage = 'prod'}}\nrule = {{{rules[0]} = {{fewest = 900}}}}\n",
        encoding="utf-8",
    )
    words = (*SCAN, "--no-state", "--select", rules[0], "--select", rules[1], "--config", config)
    one, two = (json.loads(scans.run(*words, processors=number)[1])["findings"] for number in (1, 2))
    assert untimed(two) == untimed(one)
    said = {
        (found["rule"], found["resource"]["tags"].get("Stage"), found["message"].partition("(")[2]) for found in two
    }
    assert said == {(rules[0], "prod", "fewest is 900, not 2)"), (rules[1], None, "longest_days is 1, not 90)")}


def untimed(found: Any) -> str:
    """Without when and by which request something was observed, which differs from scan to scan."""
    text = json.dumps(found, sort_keys=True)
    return re.sub(r"\d{4}-\d\d-\d\dT[0-9:.+Z]+|[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9A-Za-z]{52}\b", "?", text)


@pytest.mark.parametrize(("processors", "apart_from_it"), [(1, False), (2, True)])
def test_a_second_process_judges_where_it_has_a_processor(scans: Scans, processors: int, apart_from_it: bool) -> None:
    process = scans.start(*SCAN, "--no-state", *scans.own("pass"), processors=processors)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stderr
    messages = [finding["message"] for finding in json.loads(stdout)["findings"]]
    assert messages
    assert all(message.endswith(f" by {process.pid}") for message in messages) is not apart_from_it


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.ENOMEM])
def test_where_no_second_process_is_granted_one_judges(scans: Scans, number: int) -> None:
    scans.environment["REFUSED"] = str(number)
    process = scans.start(*SCAN, "--no-state", "-v", *scans.own("pass"))
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stderr
    messages = [finding["message"] for finding in json.loads(stdout)["findings"]]
    assert messages
    assert all(message.endswith(f" by {process.pid}") for message in messages)
    assert "no second process can be had (a limit)" in stderr


def test_with_other_threads_there_is_no_second_process(aws: EmbeddedAws) -> None:
    assert aws.endpoint_url
    assert not second_process_possible()


def test_a_rule_that_raises_is_a_hole_that_hides_no_other_finding(scans: Scans) -> None:
    plain = json.loads(scans.run(*SCAN, "--no-state", "--select", "mfa")[1])["findings"]
    own = scans.own('raise ValueError("no")')
    code, stdout, stderr = scans.run(*SCAN, "--no-state", *own, "--select", "mfa")
    report = json.loads(stdout)
    assert (code, report["coverage"]["complete"]) == (3, False)
    assert "Traceback" not in stderr
    assert {gap["operation"] for gap in report["coverage"]["gaps"] if gap["reason"] == "RULE_ERROR"} == {
        "rule:own-notebook"
    }
    others = [finding for finding in report["findings"] if finding["rule"] != "own-notebook"]
    assert untimed(others) == untimed(plain)
    assert {finding["status"] for finding in report["findings"] if finding["rule"] == "own-notebook"} == {
        "NOT_AVAILABLE"
    }


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "ended by SIGKILL"),
        ("os._exit(0)", "ended with exit code 0"),
    ],
)
def test_a_judging_process_that_is_ended_is_no_success(scans: Scans, body: str, told: str) -> None:
    code, stdout, stderr = scans.run(*SCAN, "--no-state", *scans.own(body))
    assert (code, stdout) == (3, "")
    assert told in stderr
    assert "Traceback" not in stderr


def test_a_rule_that_ends_the_program_is_a_hole(scans: Scans) -> None:
    code, stdout, _ = scans.run(*SCAN, "--no-state", *scans.own("sys.exit(0)"))
    assert code == 3
    own = [finding for finding in json.loads(stdout)["findings"] if finding["rule"] == "own-notebook"]
    assert {(finding["status"], finding["reason"]) for finding in own} == {("NOT_AVAILABLE", "RULE_ERROR")}


def test_the_keyboard_ends_both(scans: Scans) -> None:
    process = scans.start(*SCAN, "--no-state", *scans.own(HOLD))
    judge = scans.judge
    assert judge != process.pid
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr.strip().rpartition("\n")[2]) == (130, "stopped")
    assert gone(judge)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_judging_process_does_not_outlive_the_other(scans: Scans, how: signal.Signals) -> None:
    held = 'STARTED.write_text(f"{os.getpid()}\\n", encoding="utf-8"); time.sleep(2)'
    process = scans.start(*SCAN, "--no-state", *scans.own(held))
    judge = scans.judge
    os.kill(process.pid, how)
    process.wait(60)
    wait_until(lambda: gone(judge))


def test_what_the_judging_process_kept_is_not_read_again(scans: Scans, aws: EmbeddedAws) -> None:
    path = scans.folder / "facts.sqlite"
    first = scans.run(*SCAN, "--state", path)
    asked = len(aws.calls.all())
    aws.calls.clear()
    second = scans.run(*SCAN, "--state", path)
    assert (first[0], second[0]) == (1, 1), second[2]
    assert len(aws.calls.all()) < asked

    def statuses(stdout: str) -> dict[str, str]:
        return {finding["id"]: finding["status"] for finding in json.loads(stdout)["findings"]}

    assert statuses(second[1]) == statuses(first[1])
    with StateStore(path):
        assert not path.with_name("facts.sqlite.damaged").exists()


@pytest.mark.parametrize("number", [10, 20_000])
def test_an_error_of_the_judging_process_is_told_however_much_is_on_its_way(scans: Scans, number: int) -> None:
    code, stdout, stderr = scans.run(ALONE, "fails", number)
    assert (code, stdout.strip()) == (
        0,
        "JudgingError: the findings cannot be kept: OSError: [Errno 28] disk full: Gap; nothing was reported",
    ), stderr


def test_an_error_of_the_asking_process_ends_the_other(scans: Scans) -> None:
    code, stdout, stderr = scans.run(ALONE, "leaves", 10)
    assert (code, stdout.strip()) == (0, "ValueError: no more"), stderr
