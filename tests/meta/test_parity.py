"""Every rule is judged in every source that has a place for what decides."""

import runpy
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
Matrix = dict[str, dict[str, dict[str, str]]]


@cache
def _matrix() -> Matrix:
    found: Matrix = runpy.run_path(str(ROOT / "docs/generate_parity.py"))["matrix"]()
    return found


def test_nothing_that_a_source_can_say_is_unjudged() -> None:
    missing = [
        f"{rule} on {kind} in {source}"
        for rule, by_source in _matrix().items()
        for source, found in by_source.items()
        for kind, said in found.items()
        if said == "not yet"
    ]
    assert missing == []


def test_every_rule_is_judged_somewhere() -> None:
    assert [rule for rule, by_source in _matrix().items() if not _sources_of(by_source)] == []


@pytest.mark.parametrize(
    ("rule", "sources"),
    [
        (
            "notebook-instance-root-access",
            {"live", "request", "stepfunctions", "kubernetes", "cloudformation", "terraform"},
        ),
        ("execution-role-administrator", {"live", "cloudformation", "terraform"}),
        ("root-user-mfa", {"live"}),
    ],
)
def test_what_is_judged_is_what_the_sources_have(rule: str, sources: set[str]) -> None:
    assert _sources_of(_matrix()[rule]) == sources


def _sources_of(by_source: dict[str, dict[str, str]]) -> set[str]:
    return {source for source, found in by_source.items() if "judged" in found.values()}
