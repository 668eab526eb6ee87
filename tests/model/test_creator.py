from typing import Any

import pytest

from auditor.model.resource import Identity, Observation, Origin
from auditor.model.sagemaker import HyperParameterTuningJob, TrainingJob, TransformJob
from auditor.model.unknown import Reason, Unknown

ROLE = "arn:aws:iam::111122223333:role/training"
TUNING = "arn:aws:sagemaker:eu-west-1:111122223333:hyper-parameter-tuning-job/t"


@pytest.mark.parametrize(
    ("kind", "name", "facts", "creator"),
    [
        (TrainingJob, "a", {"RoleArn": ROLE}, ROLE),
        (TrainingJob, "a", {"RoleArn": ROLE, "TuningJobArn": TUNING}, TUNING),
        (TrainingJob, "pipelines-a1b2c3d4e5f6-Train-xyz", {"RoleArn": ROLE}, "pipeline execution a1b2c3d4e5f6"),
        (TrainingJob, "a", {"RoleArn": Unknown(Reason.ACCESS_DENIED)}, ""),
        (TransformJob, "a", {"ModelName": "m"}, "m"),
        (HyperParameterTuningJob, "a", {"TrainingJobDefinitions": [{"RoleArn": ROLE}]}, ROLE),
        (HyperParameterTuningJob, "a", {"TrainingJobDefinition": {"RoleArn": ROLE}}, ROLE),
        (HyperParameterTuningJob, "a", {}, ""),
    ],
)
def test_what_made_a_job(kind: Any, name: str, facts: dict[str, Any], creator: str) -> None:
    identity = Identity(kind.cfn_type, name, "", "aws", "111122223333", "eu-west-1")
    resource = kind.build(facts, identity, Origin("live", Observation("sagemaker:Describe")))
    assert resource.creator() == creator
