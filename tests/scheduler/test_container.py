"""The container and its manifests, as they are parsed by what reads them."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from dockerfile_parse import DockerfileParser

from auditor.cli import cli
from auditor.scheduler.timetable import parse_span

ROOT = Path(__file__).resolve().parents[2]
MANIFESTS = ROOT / "deploy" / "kubernetes"
LOCK = ROOT / "requirements-runtime.lock"
USER = 10001
_ENTRY = ["python", "-P", "-m", "auditor"]
_PIN = re.compile(r"^([a-z0-9._-]+)==(\S+)", re.MULTILINE)


def instructions() -> list[dict[str, Any]]:
    with (ROOT / "Dockerfile").open("rb") as stream:
        parser = DockerfileParser(fileobj=stream)
        return [one for one in parser.structure if one["instruction"] != "COMMENT"]


def last_stage() -> list[tuple[str, str]]:
    pairs = [(one["instruction"], one["value"]) for one in instructions()]
    start = max(place for place, (word, _) in enumerate(pairs) if word == "FROM")
    return pairs[start:]


def values(word: str) -> list[str]:
    return [value for instruction, value in last_stage() if instruction == word]


def documents(name: str) -> dict[str, dict[str, Any]]:
    text = (MANIFESTS / name).read_text(encoding="utf-8")
    return {one["kind"]: one for one in yaml.safe_load_all(text)}


def pod(name: str) -> dict[str, Any]:
    found = documents(name)
    job = found["CronJob"]["spec"]["jobTemplate"] if "CronJob" in found else found["Deployment"]
    spec: dict[str, Any] = job["spec"]["template"]["spec"]
    return spec


def pins(path: Path) -> dict[str, tuple[str, frozenset[str]]]:
    """Package to its version and hashes."""
    found = {}
    for block in re.split(r"\n(?=\S)", path.read_text(encoding="utf-8")):
        match = _PIN.match(block)
        assert match is not None, block
        found[match[1]] = (match[2], frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", block)))
    return found


def test_the_base_is_pinned_by_tag_and_digest() -> None:
    froms = [one["value"] for one in instructions() if one["instruction"] == "FROM"]
    assert froms[0] == f"{froms[1]} AS build"
    assert froms[1] == "python:${PYTHON}-slim-trixie${PYTHON_DIGEST}"
    arguments = [one["value"] for one in instructions() if one["instruction"] == "ARG"]
    assert arguments[0] == "PYTHON=3.13"
    assert re.fullmatch(r"PYTHON_DIGEST=@sha256:[0-9a-f]{64}", arguments[1])


def test_its_own_rules_find_nothing_in_it() -> None:
    command = [sys.executable, "-P", "-m", "auditor", "gate", "Dockerfile", "--unknown", "fail", "--fail-on", "LOW"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    assert "5 passed" in ran.stdout


def test_it_runs_as_a_number_that_is_not_root() -> None:
    assert values("USER") == [f"{USER}:{USER}"]


def test_all_that_is_written_lies_in_the_state_volume() -> None:
    environment = dict(word.split("=", 1) for value in values("ENV") for word in value.split())
    assert environment["XDG_STATE_HOME"] == "/state"
    assert environment["PYTHONDONTWRITEBYTECODE"] == "1"
    assert environment["TZ"] == "UTC"
    assert values("VOLUME") == ['["/state"]']
    assert values("WORKDIR") == ["/state"]
    assert f"--from=build --chown={USER}:{USER} /state /state" in values("COPY")


def test_the_last_stage_runs_nothing_and_takes_only_what_was_built() -> None:
    assert values("RUN") == []
    assert values("ADD") == []
    assert all(value.startswith("--from=build ") for value in values("COPY"))


def test_packages_are_installed_by_hash_and_from_no_index_of_ours() -> None:
    (install,) = [one["value"] for one in instructions() if one["instruction"] == "RUN" and "pip" in one["value"]]
    assert "--require-hashes -r requirements-runtime.lock" in install
    assert "--only-binary :all:" in install
    assert "index" not in install
    assert not re.search(r"https?:|--index|--find-links|^-", LOCK.read_text(encoding="utf-8"), re.MULTILINE)


def test_it_starts_as_the_project_says_and_its_health_is_its_heartbeat() -> None:
    (entry,), (command,), (health,) = values("ENTRYPOINT"), values("CMD"), values("HEALTHCHECK")
    assert yaml.safe_load(entry) == _ENTRY
    words = yaml.safe_load(command)
    assert cli.make_context("sagemaker-auditor", words) is not None
    check = yaml.safe_load(health.partition(" CMD ")[2])
    assert check == [*_ENTRY, "schedule", "--healthy"]


def test_what_runs_is_locked_in_the_versions_that_were_tested() -> None:
    runtime, everything = pins(LOCK), pins(ROOT / "requirements.lock")
    assert all(hashes for _, hashes in runtime.values())
    assert {name: everything[name] for name in runtime} == runtime
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {re.split(r"[<>=\[]", line)[0] for line in project["dependencies"]}
    assert named <= set(runtime)
    assert not {"moto", "cfn-lint", "pytest"} & set(runtime)


def _ignored(path: str, patterns: list[str]) -> bool:
    ignored = False
    for pattern in patterns:
        bare = pattern.removeprefix("!")
        anywhere = bare.removeprefix("**/")
        parts = path.split("/")
        parents = ["/".join(parts[: count + 1]) for count in range(len(parts))]
        if any(fnmatch.fnmatchcase(one, bare) for one in parents) or (bare != anywhere and anywhere in parts):
            ignored = not pattern.startswith("!")
    return ignored


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages that the image is made of, without what its build does not see."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    copied = [one["value"].split() for one in instructions() if one["instruction"] == "COPY"]
    sources = [words[0] for words in copied if not words[0].startswith("--")]
    folder = tmp_path_factory.mktemp("image")
    for source in sources:
        files = [ROOT / source] if (ROOT / source).is_file() else sorted((ROOT / source).rglob("*"))
        for file in files:
            name = file.relative_to(ROOT).as_posix()
            if file.is_file() and not _ignored(name, patterns):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, folder / name)
    return folder


def test_the_image_holds_the_program_and_nothing_else(image: Path) -> None:
    assert {path.name for path in image.iterdir()} == {"auditor", "rules", "reports", "requirements-runtime.lock"}
    assert not list(image.rglob("__pycache__"))
    assert not (image / "auditor" / "demo").exists()


@pytest.mark.parametrize("words", [["schedule", "--help"], ["scan", "--help"], ["rules", "list"], ["permissions"]])
def test_what_the_image_holds_is_enough(image: Path, words: list[str], tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(image), "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(
        [sys.executable, *_ENTRY[1:], *words],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_container_without_a_heartbeat_is_unhealthy_in_dockers_words(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    words = [sys.executable, *_ENTRY[1:], "schedule", "--healthy"]
    assert subprocess.run(words, env=environment, capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("name", ["cronjob.yaml", "deployment.yaml"])
class TestManifests:
    def test_the_pod_is_not_root_and_has_no_privileges(self, name: str) -> None:
        spec = pod(name)
        context = spec["securityContext"]
        assert context["runAsNonRoot"] is True
        assert (context["runAsUser"], context["runAsGroup"], context["fsGroup"]) == (USER, USER, USER)
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        for word in ("hostNetwork", "hostPID", "hostIPC"):
            assert word not in spec
        (container,) = spec["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "privileged": False,
            "capabilities": {"drop": ["ALL"]},
        }

    def test_resources_are_bounded(self, name: str) -> None:
        (container,) = pod(name)["containers"]
        for word in ("requests", "limits"):
            assert set(container["resources"][word]) == {"cpu", "memory"}

    def test_who_it_is_and_where_it_keeps_its_state(self, name: str) -> None:
        spec, state = pod(name), documents("state.yaml")
        account, claim = state["ServiceAccount"], state["PersistentVolumeClaim"]
        assert spec["serviceAccountName"] == account["metadata"]["name"]
        assert ":role/" in account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]
        assert spec["automountServiceAccountToken"] is account["automountServiceAccountToken"] is False
        (volume,) = spec["volumes"]
        assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
        (mount,) = spec["containers"][0]["volumeMounts"]
        assert mount == {"name": volume["name"], "mountPath": "/state"}

    def test_its_words_are_taken(self, name: str) -> None:
        words = pod(name)["containers"][0]["args"]
        own, scan = words[: words.index("--")], words[words.index("--") + 1 :]
        top = click.Context(cli)
        schedule = cli.get_command(top, "schedule")
        assert schedule is not None
        assert schedule.make_context("schedule", own[1:]).params["every"] == "6h"
        command = cli.get_command(top, "scan")
        assert command is not None
        assert command.make_context("scan", scan).params["output"] == "/state/reports/"

    def test_there_is_time_to_end(self, name: str) -> None:
        assert pod(name)["terminationGracePeriodSeconds"] > 20 + 20


def test_the_deployment_is_alive_while_its_heartbeat_is_and_never_runs_twice() -> None:
    deployment = documents("deployment.yaml")["Deployment"]["spec"]
    assert deployment["replicas"] == 1
    assert deployment["strategy"] == {"type": "Recreate"}
    probe = pod("deployment.yaml")["containers"][0]["livenessProbe"]
    assert probe["exec"]["command"] == [*_ENTRY, "schedule", "--healthy"]


def test_the_cronjob_keeps_the_timetable_of_its_words() -> None:
    cron = documents("cronjob.yaml")["CronJob"]["spec"]
    assert (cron["schedule"], cron["timeZone"]) == ("0 */6 * * *", "Etc/UTC")
    assert cron["concurrencyPolicy"] == "Forbid"
    job = cron["jobTemplate"]["spec"]
    words = pod("cronjob.yaml")["containers"][0]["args"]
    assert "--once" in words
    assert job["backoffLimit"] == 0
    assert job["template"]["spec"]["restartPolicy"] == "Never"
    spans = [parse_span(words[words.index(word) + 1], word).total_seconds() for word in ("--jitter", "--time-limit")]
    assert job["activeDeadlineSeconds"] > sum(spans) + 20
