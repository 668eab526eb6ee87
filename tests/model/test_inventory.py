"""A hole in the collection never lets a look at everything answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.gap import Gap, Scope
from auditor.model.inventory import Inventory, Related
from auditor.model.kms import KmsKey
from auditor.model.resource import Identity, Observation, Origin
from auditor.model.sagemaker import NotebookInstance
from auditor.model.unknown import CannotAssess, Reason

ORIGIN = Origin("live", Observation("kms:DescribeKey"))
ACCOUNT, REGION = "111122223333", "eu-west-1"
HERE = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k-1"


def _key(region: str = REGION, account: str = ACCOUNT) -> KmsKey:
    arn = f"arn:aws:kms:{region}:{account}:key/k-1"
    who = Identity(KmsKey.cfn_type, "k-1", arn, "aws", account, region)
    return KmsKey.build({"KeyId": "k-1", "AliasNames": ["alias/mine"]}, who, ORIGIN)


def _related(*gaps: Gap, keys: tuple[KmsKey, ...] = ()) -> Related[KmsKey]:
    who = Identity(NotebookInstance.cfn_type, "n", "arn", "aws", ACCOUNT, REGION)
    return Inventory(keys, gaps).related(KmsKey, NotebookInstance.build({}, who, ORIGIN))


@pytest.mark.parametrize("name", ["k-1", HERE, "alias/mine", f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/mine"])
def test_a_key_is_found_in_every_spelling(name: str) -> None:
    assert _related(keys=(_key(),)).find(name).identity.arn == HERE


def test_another_region_has_its_own() -> None:
    with pytest.raises(CannotAssess) as caught:
        _related(keys=(_key("us-east-1"),)).find("k-1")
    assert caught.value.unknown.reason is Reason.UNRESOLVED_REFERENCE


def test_another_account_cannot_be_seen() -> None:
    with pytest.raises(CannotAssess) as caught:
        _related().find("arn:aws:kms:eu-west-1:999999999999:key/other")
    assert caught.value.unknown.reason is Reason.CROSS_ACCOUNT


scopes = st.builds(
    Scope,
    st.sampled_from(["", ACCOUNT]),
    st.sampled_from(["", REGION]),
    st.sampled_from(["", KmsKey.cfn_type]),
    st.sampled_from(["", "k-9"]),
)


@given(scopes, st.sampled_from([reason for reason in Reason if reason is not Reason.VANISHED]))
def test_no_gap_lets_a_look_at_all_answer(scope: Scope, reason: Reason) -> None:
    related = _related(Gap(scope, "kms:ListKeys", reason), keys=(_key(),))
    with pytest.raises(CannotAssess) as caught:
        related.all()
    assert caught.value.unknown.reason is reason
    assert [key.identity.name for key in related.seen()] == ["k-1"]
    assert related.find("k-1").identity.name == "k-1"
    with pytest.raises(CannotAssess):
        related.find("k-9")


@pytest.mark.parametrize(
    "scope",
    [Scope("999999999999"), Scope(ACCOUNT, "us-east-1"), Scope(type="AWS::IAM::Role")],
)
def test_a_gap_elsewhere_hides_nothing(scope: Scope) -> None:
    assert len(_related(Gap(scope, "x", Reason.ACCESS_DENIED), keys=(_key(),)).all()) == 1


def test_what_vanished_is_not_missed_by_a_look_at_all() -> None:
    gone = Gap(Scope(ACCOUNT, REGION, KmsKey.cfn_type, "k-2"), "kms:DescribeKey", Reason.VANISHED)
    related = _related(gone, keys=(_key(),))
    assert len(related.all()) == 1
    with pytest.raises(CannotAssess):
        related.find("k-2")
