"""Waivers, severities and profiles in a scan: a saved collection judged by the command."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from auditor.cli import cli
from auditor.model.resource import Identity, Observation, Origin
from auditor.model.sagemaker import NotebookInstance
from auditor.sources.snapshot import SnapshotWriter

if TYPE_CHECKING:
    from pathlib import Path

RULE = "notebook-instance-root-access"
NOW = datetime.now(UTC)
HOME = "arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance"


@pytest.fixture
def snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two notebooks, one of them tagged as a sandbox's, whose users have root access."""
    monkeypatch.delenv("SAGEMAKER_AUDITOR_CONFIG", raising=False)
    path = tmp_path / "account.snapshot"
    origin = Origin("live", Observation("sagemaker:DescribeNotebookInstance"))
    with SnapshotWriter(path, NOW) as writer:
        for name, env in (("nb-1", "sandbox"), ("nb-2", "prod")):
            arn = f"{HOME}/{name}"
            identity = Identity(NotebookInstance.cfn_type, name, arn, "aws", "111122223333", "eu-west-1")
            facts = {"NotebookInstanceName": name, "RootAccess": "Enabled", "Tags": [{"Key": "env", "Value": env}]}
            writer.add(NotebookInstance.build(facts, identity, origin))
    return path


def scanned(snapshot: Path, *words: object) -> tuple[int, dict[str, Any]]:
    command = ["scan", "--snapshot", str(snapshot), "--select", RULE, "-f", "json", *map(str, words)]
    result = CliRunner().invoke(cli, command, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    report: dict[str, Any] = json.loads(result.stdout)
    return int(result.return_value), report


def test_waivers_are_those_of_a_gate(snapshot: Path, tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    expires = (NOW.date() + timedelta(days=10)).isoformat()
    rest = f"reason: r, owner: o, approver: a, expires: '{expires}'"
    path.write_text(f"waivers:\n- {{rule: {RULE}, resource: '{HOME}/nb-*', {rest}}}\n", encoding="utf-8")
    code, report = scanned(snapshot, "--waivers", path)
    assert code == 0
    assert [finding["status"] for finding in report["findings"]] == ["FAILED", "FAILED"]
    assert [(use["state"], use["findings"]) for use in report["waivers"]] == [("EXPIRING", 2)]
    assert report["summary"]["by_status"]["waived"] == 2


def test_without_them_it_fails(snapshot: Path) -> None:
    code, report = scanned(snapshot)
    assert (code, report["waivers"]) == (1, [])


def test_a_profile_is_chosen_by_tag(snapshot: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(
        f'[severity]\n{RULE} = "LOW"\n'
        f'[profiles.production]\ntags = {{env = "prod"}}\nseverity = {{{RULE} = "CRITICAL"}}\n'
        '[profiles.sandbox]\ntags = {env = "sandbox"}\nfail_on = "CRITICAL"\n',
        encoding="utf-8",
    )
    code, report = scanned(snapshot, "--config", path)
    assert code == 1
    found = {finding["resource"]["name"]: finding["severity"] for finding in report["findings"]}
    assert found == {"nb-1": "LOW", "nb-2": "CRITICAL"}
    assert report["rules"][0]["severity"] == "LOW"
    path.write_text(f'[profiles.all]\ntags = {{env = "*"}}\nignore = ["{RULE}"]\n', encoding="utf-8")
    code, report = scanned(snapshot, "--config", path)
    assert (code, report["findings"]) == (0, [])
