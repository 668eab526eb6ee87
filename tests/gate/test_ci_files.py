"""The definitions for pre-commit, GitHub, GitLab and CodeBuild: read as they are, and their commands run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import junitparser
import pytest
import yaml

from reports.markdown import MARKER

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
BAD = '{"NotebookInstanceName": "nb", "RootAccess": "Enabled", "InstanceType": "ml.t3.medium", "RoleArn": "r"}'
NAME = "create-notebook-instance.json"


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def run(folder: Path, script: str, *shell: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(folder), "LC_ALL": "C.UTF-8", **variables}
    return subprocess.run(
        [*shell, script], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / NAME).write_text(BAD, encoding="utf-8")
    for words in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "first")):
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *identity, *words], cwd=folder, check=True)  # noqa: S607
    return folder


def test_the_hook_runs_on_the_files_that_it_is_given(checkout: Path) -> None:
    (hook,) = read(".pre-commit-hooks.yaml")
    assert hook["language"] == "python"
    (checkout / "package.json").write_text("{}", encoding="utf-8")
    (checkout / "README.md").write_text("no", encoding="utf-8")
    pattern = re.compile(hook["files"])
    names = [name for name in (NAME, "package.json", "README.md") if pattern.search(name)]
    assert names == [NAME, "package.json"]
    for other in ("Dockerfile", "a/Dockerfile.train", "train.dockerfile", "t.yml", "x.template"):
        assert pattern.search(other)
    entry = shlex.split(hook["entry"])
    ran = run(checkout, shlex.join([*entry, *names]), "sh", "-c")
    assert ran.returncode == 1, ran.stderr
    assert "notebook-instance-root-access" in ran.stdout
    assert run(checkout, shlex.join([*entry, "package.json"]), "sh", "-c").returncode == 0


def action() -> tuple[dict[str, Any], dict[str, str]]:
    whole = read("action.yml")
    gate = next(step for step in whole["runs"]["steps"] if step.get("id") == "gate")
    defaults = {name: str(one.get("default", "")) for name, one in whole["inputs"].items()}
    given = {}
    for key, value in gate["env"].items():
        given[key] = re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: defaults[match[1]], value)
    return whole, {**given, "script": gate["run"]}


def test_no_input_becomes_part_of_a_script() -> None:
    whole, _ = action()
    assert whole["runs"]["using"] == "composite"
    for step in whole["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        assert step["shell"] == "bash"


def test_the_action_annotates_and_ends_as_the_gate_does(checkout: Path, tmp_path: Path) -> None:
    _, given = action()
    script = given.pop("script")
    output, summary = tmp_path / "output", tmp_path / "summary"
    files = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
    more = {"AUDITOR": sys.executable, "CONFIG_FROM": "HEAD", "PATHS": f"{NAME}\n\n"}
    ran = run(checkout, script, "bash", "-c", **{**given, **files, **more})
    assert ran.returncode == 1, ran.stderr
    assert f"::error file={NAME},line=1,title=HIGH notebook-instance-root-access::" in ran.stdout
    assert output.read_text(encoding="utf-8").splitlines() == [
        *("exit-code=1", "sarif=sagemaker-auditor.sarif", "comment=sagemaker-auditor.md")
    ]
    assert "notebook-instance-root-access" in summary.read_text(encoding="utf-8")
    assert (checkout / "sagemaker-auditor.sarif").is_file()
    assert (checkout / "sagemaker-auditor.md").is_file()
    hostile = {"PATHS": "$(touch owned)\n`touch owned`\n--help", "CONFIG_FROM": "--output=owned"}
    ran = run(checkout, script, "bash", "-c", **{**given, **files, **more, **hostile})
    assert ran.returncode == 2
    assert not (checkout / "owned").exists()


def test_the_action_installs_what_the_lock_names_and_itself(checkout: Path, tmp_path: Path) -> None:
    whole, given = action()
    install = next(step for step in whole["runs"]["steps"] if step["name"] == "Install")
    home = tmp_path / "tool"
    # Where wheels come from is the machine's business: pip's own settings.
    pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    pip["HOME"] = str(Path.home())
    ran = run(checkout, install["run"], "bash", "-c", ACTION=str(ROOT), HOME_OF_TOOL=str(home), **pip)
    assert ran.returncode == 0, ran.stderr
    files = {"GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    given |= {**files, "AUDITOR": str(home / "bin/python"), "PATHS": NAME, "CONFIG_FROM": "HEAD"}
    ran = run(checkout, given.pop("script"), "bash", "-c", **given)
    assert ran.returncode == 1, ran.stderr
    assert "notebook-instance-root-access" in ran.stdout


GH = """#!/bin/sh
echo "$@" >> "$CALLS"
case "$*" in *--jq*) cat "$COMMENTS";; esac
"""


@pytest.mark.parametrize(
    ("before", "call"),
    [
        ("", "api --silent -X POST repos/o/r/issues/7/comments -F body=@comment.md"),
        ("41\n42\n", "api --silent -X PATCH repos/o/r/issues/comments/41 -F body=@comment.md"),
    ],
)
def test_one_comment_is_posted_and_replaced(checkout: Path, tmp_path: Path, before: str, call: str) -> None:
    whole, _ = action()
    (step,) = (step for step in whole["runs"]["steps"] if step["name"] == "Comment")
    program = tmp_path / "bin" / "gh"
    program.parent.mkdir()
    program.write_text(GH, encoding="utf-8")
    program.chmod(0o755)
    comments, calls = tmp_path / "comments", tmp_path / "calls"
    comments.write_text(before, encoding="utf-8")
    values = {"GITHUB_REPOSITORY": "o/r", "NUMBER": "7", "COMMENT": "comment.md", "GH_TOKEN": "t"}
    values |= {"PATH": f"{program.parent}:{os.environ['PATH']}", "CALLS": str(calls), "COMMENTS": str(comments)}
    assert run(checkout, step["run"], "bash", "-c", **values).returncode == 0
    assert not calls.exists()
    (checkout / "comment.md").write_text("x", encoding="utf-8")
    ran = run(checkout, step["run"], "bash", "-c", **values)
    assert ran.returncode == 0, ran.stderr
    asked, told = calls.read_text(encoding="utf-8").splitlines()
    assert f'startswith("{MARKER}")' in asked
    assert told == call


def test_the_gitlab_job_leaves_a_junit_report(checkout: Path) -> None:
    (job,) = read("deploy/ci/gitlab-ci.yml").values()
    (script,) = job["script"]
    values = {**job["variables"], "AUDITOR": str(BIN / "sagemaker-auditor"), "CI_MERGE_REQUEST_DIFF_BASE_SHA": "HEAD"}
    ran = run(checkout, script, "sh", "-c", **values)
    assert ran.returncode == 1, ran.stderr
    report = junitparser.JUnitXml.fromfile(str(checkout / job["artifacts"]["reports"]["junit"]))
    assert report.failures > 0
    assert all((checkout / name).is_file() for name in job["artifacts"]["paths"])


@pytest.mark.parametrize("given", ["", "HEAD"])
def test_the_build_leaves_its_reports(checkout: Path, given: str) -> None:
    spec = read("deploy/ci/buildspec.yml")
    assert spec["version"] == 0.2
    (command,) = spec["phases"]["build"]["commands"]
    values = {**spec["env"]["variables"], "AUDITOR": str(BIN / "sagemaker-auditor"), "CONFIG_FROM": given}
    ran = run(checkout, command, "sh", "-c", **values)
    assert ran.returncode == 1, ran.stderr
    assert all((checkout / name).is_file() for name in spec["artifacts"]["files"])
    (group,) = spec["reports"].values()
    assert junitparser.JUnitXml.fromfile(str(checkout / group["files"][0])).failures > 0


def installing() -> list[str]:
    whole, _ = action()
    lines = [line for step in whole["runs"]["steps"] for line in step["run"].splitlines()]
    lines += read("deploy/ci/buildspec.yml")["phases"]["install"]["commands"]
    (job,) = read("deploy/ci/gitlab-ci.yml").values()
    return [line.strip() for line in (*lines, *job["before_script"]) if "python" in line and not line.startswith("#")]


def test_no_module_of_the_checkout_is_run_while_installing(checkout: Path) -> None:
    for name in ("venv", "pip", "ensurepip", "site", "sitecustomize"):
        (checkout / f"{name}.py").write_text(f"open('owned-by-{name}', 'w')\n", encoding="utf-8")
    lines = [line for line in installing() if " -m " in line]
    assert len(lines) == 6
    assert all("${SAGEMAKER_AUDITOR:?}" in line or "pip" not in line for line in lines[2:])
    for line in lines:
        program, rest = line.split(" -m ", 1)
        assert program.endswith(" -I"), line
        words = [sys.executable, "-I", "-m", rest.split()[0], "--help"]
        subprocess.run(words, cwd=checkout, check=True, capture_output=True)
    assert list(checkout.glob("owned-*")) == []
