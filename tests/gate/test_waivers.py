from __future__ import annotations

import fnmatch
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import InputError
from auditor.sources.document import Document, read_documents
from auditor.waivers import Waiver, matches, parse

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2026, 5, 1)
RULES = ("notebook-root-access", "notebook-instance-imdsv2")
GOOD = {
    "rule": "notebook-root-access",
    "resource": "arn:aws:sagemaker:*:111122223333:notebook-instance/legacy-*",
    "reason": "legacy image needs root",
    "owner": "ml-platform",
    "approver": "ciso",
    "expires": "2026-06-01",
    "ticket": "SEC-12",
}


def text_of(**changes: Any) -> str:
    values = {key: value for key, value in (GOOD | changes).items() if value is not None}
    lines = [f"{'  - ' if not index else '    '}{key}: {value!r}" for index, (key, value) in enumerate(values.items())]
    return "waivers:\n" + "\n".join(lines) + "\n"


def read(folder: Path, text: str) -> tuple[Waiver, ...]:
    path = folder / "waivers.yaml"
    path.write_text(text, encoding="utf-8")
    (document,) = read_documents(path, "waivers.yaml")
    return parse(document, RULES, TODAY)


def test_a_waiver_is_read(tmp_path: Path) -> None:
    (waiver,) = read(tmp_path, text_of())
    assert waiver.expires == date(2026, 6, 1)
    assert waiver.ref().ticket == "SEC-12"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reazon": "x"}, "waivers.yaml:9: waivers[0].reazon: unknown key (did you mean 'reason'?)"),
        ({"expires": None}, "a waiver needs 'expires'"),
        ({"approver": " "}, "a waiver needs 'approver'"),
        ({"expires": "soon"}, "'soon' is no date (write 2026-05-01)"),
        ({"expires": "2027-05-02"}, "more than 365 days ahead (2027-05-01 is the latest"),
        ({"rule": "notebok-root-access"}, "did you mean 'notebook-root-access'?"),
        ({"rule": "notebook-*"}, "wildcards stand in both rule and resource"),
        ({"reason": 5}, "it is not text"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_line(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, text_of(**changes))
    assert said in str(caught.value)
    assert caught.value.line > 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- rule: x\n", "it holds no waivers"),
        ("waiver: []\n", "did you mean 'waivers'?"),
        ("waivers: {}\n", "it is no list of waivers"),
        ("waivers: [7]\n", "it is no waiver"),
        (text_of() + text_of().removeprefix("waivers:\n"), "waived twice"),
    ],
)
def test_what_holds_no_waivers_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said.replace("?", r"\?")):
        read(tmp_path, text)


def test_a_wildcard_on_one_axis_will_do(tmp_path: Path) -> None:
    (one,) = read(tmp_path, text_of(rule="notebook-*", resource="infra/t.yaml#Notebook"))
    (other,) = read(tmp_path, text_of(resource="*", expires="2027-05-01"))
    assert (one.rule, other.resource) == ("notebook-*", "*")


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_patterns_are_those_of_the_shell(pattern: str, text: str) -> None:
    assert matches(pattern, text) == fnmatch.fnmatchcase(text, pattern)


def test_brackets_mean_themselves() -> None:
    assert matches('module.a["x"].aws_*[0]', 'module.a["x"].aws_sagemaker_model.m[0]')
    assert not matches("[ab]", "a")


def test_many_stars_take_no_time() -> None:
    assert not matches("*a" * 300 + "b", "a" * 3_000)


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.sampled_from(list(GOOD.values()))
ITEMS = st.dictionaries(st.sampled_from([*GOOD, "x"]), LEAVES | st.lists(LEAVES, max_size=2))
WILD = (
    LEAVES | st.lists(ITEMS, max_size=2) | st.dictionaries(st.sampled_from(["waivers", "w"]), st.lists(ITEMS | LEAVES))
)


@given(WILD)
def test_any_document_is_read_or_explained(value: Any) -> None:
    document = Document("waivers.yaml", value)
    try:
        found = parse(document, RULES, TODAY)
    except InputError as error:
        assert str(error).startswith("waivers.yaml:1: ")  # noqa: PT017  what it raises is what is looked at
    else:
        assert all(one.reason and one.owner and one.approver for one in found)
