"""Nothing can be made of what was not observed."""

import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.unknown import CannotAssess, Reason, Unknown

unknowns = st.builds(Unknown, st.sampled_from(Reason), st.text())
values = st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.integers()))
BINARY = (
    operator.eq,
    operator.ne,
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
    operator.add,
    operator.sub,
)
UNARY: tuple[Callable[[Any], Any], ...] = (
    bool, hash, iter, len, str, int, float, lambda one: one[0], lambda one: one.lower(), lambda one: one(),
    lambda one: f"{one}", lambda one: one.member, lambda one: "x" in one, lambda one: one in {"x", "y"},
    lambda one: sorted([one, 1]), lambda one: {one: 1}, lambda one: not one, lambda one: 1 if one else 2,
)  # fmt: skip


@given(unknowns, values, st.sampled_from(BINARY))
def test_no_operation_with_another_value_answers(unknown: Unknown, value: Any, act: Any) -> None:
    with pytest.raises(CannotAssess) as caught:
        act(unknown, value)
    assert caught.value.unknown is unknown


@given(unknowns, values.filter(lambda value: value is not None), st.sampled_from((operator.eq, operator.ne)))
def test_being_compared_with_does_not_answer(unknown: Unknown, value: Any, act: Any) -> None:
    with pytest.raises(CannotAssess):
        act(value, unknown)


@given(unknowns, st.sampled_from(UNARY))
def test_no_look_at_it_answers(unknown: Unknown, act: Callable[[Any], Any]) -> None:
    with pytest.raises(CannotAssess) as caught:
        act(unknown)
    assert caught.value.unknown is unknown


@given(unknowns)
def test_it_can_be_shown_to_a_programmer(unknown: Unknown) -> None:
    assert repr(unknown) == f"Unknown({unknown.reason}, {unknown.detail!r})"
