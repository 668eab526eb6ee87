"""A state file that was edited must neither end a scan nor speak for another resource."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from auditor.demo.server import EmbeddedAws
from auditor.model.sagemaker import TrainingJob
from auditor.state import StateStore

_NEEDED = {TrainingJob.cfn_type: frozenset({"EnableNetworkIsolation"})}


def _train(aws: EmbeddedAws, name: str) -> None:
    aws.client("sagemaker").create_training_job(
        TrainingJobName=name,
        RoleArn="arn:aws:iam::111122223333:role/r",
        AlgorithmSpecification={"TrainingImage": "image:1", "TrainingInputMode": "File"},
        OutputDataConfig={"S3OutputPath": "s3://models/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
        EnableNetworkIsolation=name == "good",
    )
    aws.amend("TrainingJob", name, TrainingJobStatus="Completed")


@pytest.mark.parametrize("edit", ["another", "nonsense"])
def test_an_edited_row_is_read_again(aws: EmbeddedAws, collect: Any, tmp_path: Path, edit: str) -> None:
    path = tmp_path / "state.db"
    for name in ("good", "bad"):
        _train(aws, name)
    with StateStore(path) as state:
        collect(TrainingJob, needed=_NEEDED, state=state)
    database = sqlite3.connect(path)
    (good,) = database.execute("SELECT facts FROM facts WHERE arn LIKE '%/good'").fetchone()
    facts = good if edit == "another" else json.dumps({"type": "nonsense"})
    assert database.execute("UPDATE facts SET facts = ? WHERE arn LIKE '%/bad'", (facts,)).rowcount == 1
    database.commit()
    database.close()
    with StateStore(path) as state:
        found = collect(TrainingJob, needed=_NEEDED, state=state)
    isolated = {name: job.enable_network_isolation for name, job in found.resources.items()}
    assert isolated == {"good": True, "bad": False}
