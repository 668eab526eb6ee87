"""What is written comes back the same, and no secret is ever written."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.codec import CodecError, decode, decode_gap, encode, encode_gap
from auditor.model.gap import Gap, Scope
from auditor.model.kinds import every_kind
from auditor.model.paths import plain
from auditor.model.resource import Identity, Location, Observation, Origin
from auditor.model.sagemaker import NotebookInstanceLifecycleConfig, TrainingJob
from auditor.model.sensitive import redact
from auditor.model.unknown import CannotAssess, Reason, Unknown

ORIGIN = Origin("live", Observation("sagemaker:Describe", "id-1", "2026-01-01T00:00:00+00:00"))
WHO = Identity("AWS::SageMaker::TrainingJob", "job", "arn:aws:x", "aws", "111122223333", "eu-west-1")
unknowns = st.builds(Unknown, st.sampled_from(Reason), st.text(max_size=20))
texts = st.text(max_size=20)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "TrainingJobName": texts,
        "RoleArn": texts | st.none() | unknowns,
        "EnableNetworkIsolation": st.booleans() | unknowns | texts,
        "Environment": st.dictionaries(texts, texts | unknowns, max_size=4) | unknowns,
        "VpcConfig": st.fixed_dictionaries(
            {}, optional={"Subnets": st.lists(texts | unknowns, max_size=3), "SecurityGroupIds": unknowns}
        ),
        "CreationTime": st.datetimes().map(lambda at: at.isoformat()),
        "Tags": st.lists(st.fixed_dictionaries({"Key": texts, "Value": texts}) | unknowns, max_size=3),
        "BillableTimeInSeconds": st.integers(),
    },
)
# Without vowels no secret holds a word of the codec, such as "secret".
SECRET = st.text(alphabet="bcdfghjkmnpqrstvwxz23456789", min_size=12, max_size=40)


@given(FACTS)
def test_a_resource_survives(facts: dict[str, Any]) -> None:
    origin = Origin("request", Location("a.json", 3, "job"), {"Tags": ORIGIN.default})
    once = encode(TrainingJob.build(facts, WHO, origin))
    again = decode(json.loads(json.dumps(once)))
    assert encode(again) == once
    assert (again.identity, again.origin) == (WHO, origin)


@given(SECRET, st.sampled_from(["PASSWORD", "PLAIN", "$unknown", "$map"]))
def test_no_sensitive_value_is_written_or_shown(secret: str, name: str) -> None:
    job = TrainingJob.build({"Environment": {name: secret}, "HyperParameters": {"x": secret}}, WHO, ORIGIN)
    shown = json.dumps(encode(job)) + repr(job) + str(job) + repr(plain(job)) + repr(job.environment)
    assert not any(secret[at : at + 6] in shown for at in range(len(secret) - 5))
    assert job.environment[name] == redact(secret, name)


@given(SECRET)
def test_a_script_is_not_written(secret: str) -> None:
    facts = {"OnStart": [{"Content": f"export KEY={secret}"}]}
    who = Identity(NotebookInstanceLifecycleConfig.cfn_type, "x")
    shown = json.dumps(encode(NotebookInstanceLifecycleConfig.build(facts, who, ORIGIN)))
    assert secret not in shown


def test_a_key_of_the_user_forges_no_unknown() -> None:
    job = TrainingJob.build({"Environment": {"$unknown": "x", "$redacted": "y"}}, WHO, ORIGIN)
    again = decode(encode(job))
    assert isinstance(again, TrainingJob)
    assert set(again.environment) == {"$unknown", "$redacted"}


def test_what_was_never_answered_stays_unread() -> None:
    again = decode(encode(TrainingJob.build({}, WHO, ORIGIN)))
    assert isinstance(again, TrainingJob)
    with pytest.raises(CannotAssess):
        _ = again.tags


@given(st.builds(Gap, st.builds(Scope, texts, texts, texts, texts), texts, st.sampled_from(Reason), texts))
def test_a_gap_survives(gap: Gap) -> None:
    assert decode_gap(json.loads(json.dumps(encode_gap(gap)))) == gap


@pytest.mark.parametrize(
    "data",
    [{}, {"type": "AWS::Nothing"}, {"type": "AWS::SageMaker::Model", "id": [1], "facts": {}, "origin": {}}],
)
def test_what_was_never_written_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(CodecError):
        decode(data)


def test_every_type_can_be_found_by_its_name() -> None:
    assert len(every_kind()) > 60
    assert all(kind.cfn_type == name for name, kind in every_kind().items())
