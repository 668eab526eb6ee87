"""Runs that are cut short, repeated, replayed, or made where somebody hostile has been."""

from __future__ import annotations

import json
import re
import signal
import socket
import stat
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from auditor.demo.faults import Call
    from auditor.demo.server import EmbeddedAws

FULL = ("scan", "--quota-share", "1", "-f", "json")
QUICK = ("scan", "--no-state", "--quota-share", "1", "--select", "mfa", "-f", "json")

# Imported by the interpreter before anything else; PYTHONPATH leads to it.
SPY = """
import os
import socket


def _noting(name):
    original = getattr(socket.socket, name)

    def connect(self, address):
        with open(os.environ["CONNECTS"], "a", encoding="utf-8") as log:
            print(self.family.name, *address if isinstance(address, tuple) else (address,), file=log)
        return original(self, address)

    setattr(socket.socket, name, connect)


_noting("connect")
_noting("connect_ex")
_resolve = socket.getaddrinfo


def getaddrinfo(host, *rest, **more):
    with open(os.environ["CONNECTS"], "a", encoding="utf-8") as log:
        print("RESOLVE", host, file=log)
    return _resolve(host, *rest, **more)


socket.getaddrinfo = getaddrinfo
"""
TRAP = "import os\nopen(os.environ['TRAP'], 'a').write(__file__ + '\\n')\n"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_scan_killed_half_way_and_run_again_finds_the_same(auditor: Any, aws: EmbeddedAws, tmp_path: Path) -> None:
    state = tmp_path / "state" / "facts.sqlite"
    whole = auditor.call(*FULL, "--no-state")
    reached, go_on = threading.Event(), threading.Event()

    def hold(_: Call) -> None:
        reached.set()
        go_on.wait(60)

    # By then SageMaker has been read, and what is around it has not.
    aws.faults.before("iam", "GetAccountAuthorizationDetails", hold)
    process = auditor.start(*FULL, "--state", state, "-o", tmp_path / "findings.json")
    try:
        assert reached.wait(60)
        process.send_signal(signal.SIGKILL)
        process.wait(60)
    finally:
        go_on.set()
        aws.faults.clear()
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "findings.json").exists()
    assert mode(state) == 0o600
    again = auditor.run(*FULL, "--state", state)
    assert (again.code, again.statuses) == (whole.code, whole.statuses)
    assert mode(state) == 0o600


def test_a_second_scan_asks_for_less_and_finds_the_same(auditor: Any, aws: EmbeddedAws, tmp_path: Path) -> None:
    state = tmp_path / "facts.sqlite"
    first = auditor.call(*FULL, "--state", state)
    asked = len(aws.calls.all())
    described = aws.calls.count("sagemaker", "DescribeTrainingJob")
    aws.calls.clear()
    second = auditor.call(*FULL, "--state", state)
    assert second.statuses == first.statuses
    assert len(aws.calls.all()) < asked
    assert (described, aws.calls.count("sagemaker", "DescribeTrainingJob")) == (1, 0)


def test_the_state_lies_under_the_users_state_directory(auditor: Any, tmp_path: Path) -> None:
    auditor.call("scan", "--select", "notebook-instance-root-access", "-f", "json")
    place = tmp_path / "state-home" / "sagemaker-auditor"
    assert mode(place) == 0o700
    assert mode(place / "state.sqlite") == 0o600
    assert auditor.call("scan", "--no-state", "--state", "x").code == 2


def test_a_snapshot_is_judged_like_the_account(auditor: Any, aws: EmbeddedAws, tmp_path: Path) -> None:
    saved = tmp_path / "account.snapshot"
    live = auditor.call(*FULL, "--no-state", "--save-snapshot", saved)
    assert mode(saved) == 0o600
    aws.calls.clear()
    again = auditor.run("scan", "--snapshot", saved, "-f", "json", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert (again.code, again.statuses) == (live.code, live.statuses)
    assert again.report["scan"]["kind"] == "snapshot"
    assert aws.calls.all() == []


def test_a_snapshot_of_a_scan_with_a_hole_keeps_the_hole(auditor: Any, aws: EmbeddedAws, tmp_path: Path) -> None:
    saved = tmp_path / "account.snapshot"
    aws.faults.deny("sagemaker", "ListTrainingJobs")
    live = auditor.call(*FULL, "--no-state", "--save-snapshot", saved)
    again = auditor.call("scan", "--snapshot", saved, "-f", "json")
    assert (again.code, live.code) == (3, 3)
    assert again.statuses == live.statuses


@pytest.mark.parametrize("program", ["module", "script"])
def test_nothing_of_a_hostile_folder_is_imported_or_read(program: str, auditor: Any, tmp_path: Path) -> None:
    hostile, trap = tmp_path / "hostile", tmp_path / "sprung"
    for name in (
        *("rules/__init__.py", "auditor/__init__.py", "auditor/__main__.py", "reports/__init__.py"),
        *("sitecustomize.py", "usercustomize.py", "boto3.py", "click.py", "json.py", "own.py", "conftest.py"),
    ):
        path = hostile / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(TRAP, encoding="utf-8")
    for name in ("sagemaker-auditor.toml", ".sagemaker-auditor.toml", "pyproject.toml", "auditor.toml"):
        (hostile / name).write_text('[tool.sagemaker-auditor]\nignore = ["mfa"]\nnonsense = 1\n', encoding="utf-8")
    script = Path(sys.executable).with_name("sagemaker-auditor")
    environment = {"TRAP": str(trap)}
    usual = auditor.run(*QUICK, **environment)
    if program == "module":
        ran = auditor.run(*QUICK, cwd=hostile, **environment)
    else:
        ran = auditor.run(*QUICK, cwd=hostile, program=(script,), **environment)
    assert not trap.exists()
    assert (ran.code, ran.statuses) == (usual.code, usual.statuses)
    assert ran.report["scan"]["configuration"] == usual.report["scan"]["configuration"]


def test_it_connects_to_the_endpoint_alone(auditor: Any, aws: EmbeddedAws, tmp_path: Path) -> None:
    (folder := tmp_path / "spy").mkdir()
    (folder / "sitecustomize.py").write_text(SPY, encoding="utf-8")
    log = tmp_path / "connects.txt"
    ran = auditor.run(*FULL, "--no-state", PYTHONPATH=str(folder), CONNECTS=str(log))
    assert ran.code == 1, ran.stderr
    host, _, port = aws.endpoint_url.removeprefix("http://").rpartition(":")
    made = set(log.read_text(encoding="utf-8").splitlines())
    assert made == {f"{socket.AF_INET.name} {host} {port}", f"RESOLVE {host}"}


_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")


def test_two_demos_find_the_same(auditor: Any, tmp_path: Path) -> None:
    """Apart from times, request ids, and what holds either."""
    processes = [auditor.start("demo", "-o", tmp_path / name) for name in ("one", "two")]
    for process in processes:
        _, stderr = process.communicate(timeout=300)
        assert process.returncode == 0, stderr
    one, two = (json.loads((tmp_path / name / "findings.json").read_text(encoding="utf-8")) for name in ("one", "two"))
    for report in (one, two):
        assert report["findings"]
        for finding in report["findings"]:
            for fact in finding["evidence"]:
                fact["observed"] = fact["observed"].split()[0]
                # The embedded AWS says of some things that they were made just now.
                fact["value"] = _TIME.sub("a time", fact["value"]) if isinstance(fact["value"], str) else fact["value"]
        del report["scan"]["id"], report["scan"]["started_at"], report["scan"]["finished_at"]
        report["coverage"]["requests"] = [request["operation"] for request in report["coverage"]["requests"]]
    assert one == two
    for name in ("one", "two"):
        assert (tmp_path / name / "report.html").stat().st_size
    assert list(auditor.folder.iterdir()) == []
