from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from auditor.cli import cli
from auditor.errors import AuditError

if TYPE_CHECKING:
    from pathlib import Path

NOTEBOOK: dict[str, Any] = {
    "NotebookInstanceName": "nb",
    "InstanceType": "ml.t3.medium",
    "RoleArn": "arn:aws:iam::111122223333:role/r",
    "DirectInternetAccess": "Enabled",
    "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "1"},
}


@dataclass
class Gated:
    """What a run of the gate left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def report(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.stdout)
        return read

    @property
    def targets(self) -> dict[str, str]:
        """File to how far it was judged."""
        return {target["family"]: target["status"] for target in self.report["coverage"]["targets"]}

    def finding(self, rule: str) -> dict[str, Any]:
        """The one finding of a rule."""
        (found,) = (finding for finding in self.report["findings"] if finding["rule"] == rule)
        one: dict[str, Any] = found
        return one


@dataclass
class Runner:
    """Runs the gate in a folder, in this process."""

    folder: Path

    def write(self, name: str, content: object = NOTEBOOK, **more: Any) -> Path:
        """Write a file: text as it is, anything else as JSON with some keys more."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, dict):
            content = {**content, **more}
        text = content if isinstance(content, str | bytes) else json.dumps(content, indent=1)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def __call__(self, *words: object, form: str = "json") -> Gated:
        result = CliRunner().invoke(cli, ["gate", *map(str, words), "-f", form], standalone_mode=False)
        error = result.exception
        if isinstance(error, AuditError):
            return Gated(int(error.exit_code), result.stdout, f"{result.stderr}error: {error}")
        if error is not None:
            raise error
        assert isinstance(result.return_value, int)
        return Gated(result.return_value, result.stdout, result.stderr)


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """The gate, started in an empty folder."""
    monkeypatch.delenv("SAGEMAKER_AUDITOR_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)
    return Runner(tmp_path)
