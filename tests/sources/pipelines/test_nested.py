"""Definitions within something else: what is said of those that cannot be read, and whose scenario they share."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.gap import Gap
from auditor.model.resource import Identity, Location, Origin, Resource
from auditor.model.sagemaker import Model, Pipeline
from auditor.model.unknown import Reason, Unknown
from auditor.sources.interface import Reference
from auditor.sources.pipelines.nested import steps_of

ORIGIN = Origin("terraform", Location("plan.json", 7, "aws_sagemaker_pipeline.nightly"))
PIPELINE = Identity(Pipeline.cfn_type, "nightly", "", "aws-cn", "111122223333", "cn-north-1")
DEFINITION = json.dumps({"Steps": [{"Name": "Create", "Type": "Model", "Arguments": {"ExecutionRoleArn": "role"}}]})


def _steps(definition: Any, origin: Origin = ORIGIN) -> list[Resource | Gap]:
    return list(steps_of(Pipeline.build({}, PIPELINE, origin), definition, {}))


def test_a_step_stands_where_the_definition_does() -> None:
    (model,) = _steps(DEFINITION)
    assert isinstance(model, Model)
    assert model.identity == replace(PIPELINE, type=Model.cfn_type, name="nightly.Create")
    assert model.origin.of("ExecutionRoleArn") == Location("plan.json", 7, "nightly.Create")


def test_a_step_belongs_to_the_scenario_of_its_pipeline() -> None:
    scenario = (("IsProduction", "true"),)
    (model,) = _steps(DEFINITION, replace(ORIGIN, scenario=scenario))
    assert isinstance(model, Model)
    assert model.origin.scenario == scenario
    assert model.origin.of("ExecutionRoleArn") == Location("plan.json", 7, "nightly.Create")


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        (Unknown(Reason.KNOWN_AFTER_APPLY, "known after apply"), Reason.KNOWN_AFTER_APPLY),
        (Unknown(Reason.UNRESOLVED_REFERENCE, "a parameter"), Reason.UNRESOLVED_REFERENCE),
        (Unknown(Reason.UNEXPECTED_VALUE, "a text is expected"), Reason.UNSUPPORTED_SYNTAX),
        (Reference("other"), Reason.UNRESOLVED_REFERENCE),
    ],
)
def test_steps_that_cannot_be_seen_are_a_gap_on_the_pipeline(definition: Any, reason: Reason) -> None:
    (gap,) = _steps(definition)
    assert isinstance(gap, Gap)
    assert gap.reason is reason
    assert (gap.scope.type, gap.scope.resource) == (Pipeline.cfn_type, "nightly")
    assert gap.detail.startswith("plan.json:7#aws_sagemaker_pipeline.nightly: the steps of the pipeline are not judged")


def test_a_pipeline_that_says_no_definition_has_no_steps() -> None:
    assert _steps(None) == []


@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_no_text_is_too_wild(definition: str) -> None:
    for item in _steps(definition):
        assert isinstance(item, Gap)
        assert item.scope.resource
