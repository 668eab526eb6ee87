"""Whatever a live pipeline's definition holds: its steps reach the judging process, or one gap says why not."""

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.codec import decode, encode
from auditor.model.gap import Gap
from auditor.model.inventory import Inventory
from auditor.model.resource import Identity, Observation, Origin
from auditor.model.sagemaker import EndpointConfig, Pipeline, TransformJob
from auditor.model.unknown import Reason, Unknown
from auditor.sources.live.sighting import Sighting
from auditor.sources.live.steps import steps_of
from auditor.sources.live.table import BY_TYPE
from auditor.sources.pipelines.steps import KINDS

ARN = "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/nightly"
IDENTITY = Identity(Pipeline.cfn_type, "nightly", ARN, "aws", "111122223333", "eu-west-1")
ASKED = Observation("sagemaker:DescribePipeline", "request", "2026-01-15T00:00:00+00:00")
ROW = BY_TYPE[Pipeline.cfn_type]
WORDS = ["Get", "Std:Join", "On", "Values", "IfSteps", "Name", "Type", "Arguments", "VpcConfig", "RoleArn", "Tags"]
WILD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["Parameters.Key", "Steps.A.ModelName"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=12,
)


def _found(definition: Any) -> list[Sighting | Gap]:
    return list(steps_of(Sighting(Pipeline, {"PipelineDefinition": definition}, IDENTITY, Origin("live", ASKED)), ROW))


@given(kind=st.sampled_from([*KINDS, "Condition", "Other"]), arguments=WILD, parameters=WILD)
def test_what_steps_make_can_be_sent_judged_and_kept(kind: str, arguments: Any, parameters: Any) -> None:
    step = {"Name": "A", "Type": kind, "Arguments": arguments}
    found = _found(json.dumps({"Steps": [step, arguments], "Parameters": parameters}))
    assert sum(isinstance(item, Gap) for item in found) <= 1
    for item in found:
        if isinstance(item, Gap):
            assert (item.scope.type, item.scope.resource) == (Pipeline.cfn_type, ARN)
            continue
        built = pickle.loads(pickle.dumps(item)).build()  # noqa: S301  from this process
        assert built.origin.from_step
        assert decode(json.loads(json.dumps(encode(built)))).identity == built.identity


@given(st.none() | st.integers() | st.text())
def test_a_text_that_is_no_definition_is_one_gap(definition: Any) -> None:
    (gap,) = _found(definition)
    assert isinstance(gap, Gap)
    assert gap.reason is Reason.UNSUPPORTED_SYNTAX
    assert gap.operation == "sagemaker:DescribePipeline"


def test_of_a_definition_that_was_not_answered_the_gap_is_the_operations() -> None:
    assert _found(Unknown(Reason.ACCESS_DENIED, "sagemaker:DescribePipeline")) == []


@pytest.mark.parametrize("word", KINDS)
def test_a_step_is_seen_where_its_pipeline_was_described(word: str) -> None:
    (made,) = _found(json.dumps({"Steps": [{"Name": "A", "Type": word, "Arguments": {}}]}))
    assert isinstance(made, Sighting)
    assert made.identity == Identity(KINDS[word].cfn_type, "nightly.A", f"{ARN}#A", "aws", "111122223333", "eu-west-1")
    assert made.build().origin.of("RoleArn") is ASKED


def test_what_steps_make_is_found_by_name_and_is_not_among_what_is_there() -> None:
    there = EndpointConfig.build({}, Identity(EndpointConfig.cfn_type, "there"), Origin("live", ASKED))
    made = EndpointConfig.build({}, Identity(EndpointConfig.cfn_type, "nightly.A"), Origin("pipeline-step", ASKED))
    subject = TransformJob.build({}, Identity(TransformJob.cfn_type, "job"), Origin("live", ASKED))
    related = Inventory([there, made]).related(EndpointConfig, subject)
    assert related.find("nightly.A") is made
    assert related.find("there") is there
    assert list(related.all()) == list(related.seen()) == [there]
