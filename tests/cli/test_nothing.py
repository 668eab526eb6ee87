"""A run that looked at nothing never says that it is complete."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from auditor.cli.gate import command as gate


def test_a_gate_whose_file_cannot_be_read_is_incomplete(tmp_path: Path) -> None:
    broken = tmp_path / "create-training-job.json"
    broken.write_text('{"TrainingJobName":')
    out = tmp_path / "out.json"
    result = CliRunner().invoke(gate, [str(broken), "-f", f"json={out}"], standalone_mode=False)
    assert result.return_value == 2
    report: dict[str, Any] = json.loads(out.read_text())
    assert report["coverage"]["complete"] is False
    assert [gap["reason"] for gap in report["coverage"]["gaps"]] == ["UNSUPPORTED_SYNTAX"]
    assert report["findings"] == []
