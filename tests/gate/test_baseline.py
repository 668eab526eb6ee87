"""What a baseline calls known, new and fixed, when a part of its files is looked at or they are named otherwise."""

import os
from pathlib import Path
from typing import Any

NOTEBOOK = {"InstanceType": "ml.t3.medium", "RoleArn": "arn:aws:iam::111122223333:role/r"}
IMDS = "notebook-instance-imdsv2"


def _written(gate: Any, *names: str) -> None:
    for name in names:
        gate.write(f"infra/{name}/create-notebook-instance.json", {**NOTEBOOK, "NotebookInstanceName": name})


def test_what_was_not_looked_at_is_not_fixed(gate: Any) -> None:
    _written(gate, "a", "b")
    gate.write("old.json", gate("infra", "--select", IMDS).stdout)
    part = gate("infra/a", "--select", IMDS, "--baseline", "old.json").report["review"]
    assert (part["known"], part["new"], part["fixed"]) == (1, 0, 0)
    safe = {"InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "2"}}
    gate.write("infra/a/create-notebook-instance.json", {**NOTEBOOK, "NotebookInstanceName": "a", **safe})
    mended = gate("infra/a", "--select", IMDS, "--baseline", "old.json").report["review"]
    assert (mended["known"], mended["new"], mended["fixed"]) == (0, 0, 1)


def test_ids_do_not_depend_on_how_a_path_is_typed(gate: Any, monkeypatch: Any) -> None:
    _written(gate, "a")
    (gate.folder / "elsewhere").mkdir()
    monkeypatch.chdir(gate.folder / "elsewhere")
    spelled = ["../infra", "../infra/./a", "../elsewhere/../infra", gate.folder / "infra", Path(os.curdir, "../infra")]
    ids = {tuple(one["id"] for one in gate(path, "--select", IMDS).report["findings"]) for path in spelled}
    assert len(ids) == 1
