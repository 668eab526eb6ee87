"""`all_of` and `any_of` are Kleene's and and or."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.unknown import CannotAssess, Reason, Unknown
from auditor.model.verdict import Status, Verdict, all_of, any_of, failed, not_applicable, passed

EMPTY = not_applicable("nothing there")
ANSWERS = st.lists(st.sampled_from(["pass", "fail", "unknown", "skip"]), max_size=8)


def _judge(item: str) -> Verdict:
    if item == "unknown":
        raise CannotAssess(Unknown(Reason.ACCESS_DENIED, "denied"))
    if item == "skip":
        return not_applicable("not this one")
    return passed("good", at="Member") if item == "pass" else failed("bad", at="Member")


def _expected(items: list[str], decisive: str, other: str) -> str:
    if decisive in items:
        return decisive
    if "unknown" in items:
        return "unknown"
    return other if other in items else "skip"


def _said(fold: object, items: list[str]) -> str:
    try:
        verdict = fold(items, _judge, at="Items", empty=EMPTY)  # type: ignore[operator]
    except CannotAssess as error:
        return "unknown" if error.unknown.reason is Reason.ACCESS_DENIED else "another reason"
    return {Status.PASSED: "pass", Status.FAILED: "fail", None: "skip"}[verdict.status]


@given(ANSWERS)
def test_all_of_is_the_minimum(items: list[str]) -> None:
    assert _said(all_of, items) == _expected(items, "fail", "pass")


@given(ANSWERS)
def test_any_of_is_the_maximum(items: list[str]) -> None:
    assert _said(any_of, items) == _expected(items, "pass", "fail")


def test_the_evidence_names_the_items_that_decide() -> None:
    verdict = all_of(["pass", "fail", "unknown", "fail"], _judge, at="Items", empty=EMPTY)
    assert verdict.at == ("Items[1].Member", "Items[3].Member")
    assert verdict.message == "bad"


def test_an_unobserved_item_does_not_hide_a_known_failure() -> None:
    items = [Unknown(Reason.DEADLINE), "fail"]

    def judge(item: object) -> Verdict:
        return failed("bad", at="") if item == "fail" else passed("good", at="")

    assert all_of(items, judge, at="Items", empty=EMPTY).at == ("Items[1]",)
    with pytest.raises(CannotAssess):
        any_of(items, judge, at="Items", empty=EMPTY)
