"""Patterns that strangers write: what they match, and that they end."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.iam.documents import matches

_ACTION = "sagemaker:CreatePresignedDomainUrl"


@pytest.mark.parametrize(
    "pattern",
    ["*" * 200 + "x", "*?" * 16 + "x", "*e" * 60 + "x", "s" + "*a*" * 40 + "x"],
    ids=["stars", "single characters", "letters", "both"],
)
def test_many_stars_end(pattern: str) -> None:
    assert not matches(pattern, _ACTION)


@pytest.mark.parametrize(
    "pattern", ["*" * 200, "*" * 100 + "Url", "*?" * 16 + "*", "s*:*Domain*", "SAGEMAKER:create*?rl"]
)
def test_many_stars_match_what_few_do(pattern: str) -> None:
    assert matches(pattern, _ACTION)


@given(st.text("ab*?", max_size=12), st.text("ab\n", max_size=12))
def test_a_pattern_matches_what_a_shell_would(pattern: str, action: str) -> None:
    assert matches(pattern, action) is fnmatchcase(action, pattern)
