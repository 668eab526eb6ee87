"""Parameters in the forms in which people have them already."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import InputError, UsageError
from auditor.gate.parameters import read_parameters

if TYPE_CHECKING:
    from pathlib import Path


MEANT = {"Env": "prod", "Size": "5", "On": "true", "Subnets": "a,b"}
OLD = {"ParameterKey": "Old", "UsePreviousValue": True}


@pytest.mark.parametrize(
    "text",
    [
        '{"Env": "prod", "Size": 5, "On": true, "Subnets": ["a", "b"]}',
        '{"Parameters": {"Env": "prod", "Size": "5", "On": "true", "Subnets": "a,b"}, "Tags": {"x": "y"}}',
        '["Env=prod", "Size=5", "On=true", "Subnets=a,b"]',
        json.dumps([{"ParameterKey": key, "ParameterValue": value} for key, value in MEANT.items()] + [OLD]),
        json.dumps([{"Name": key, "Value": value} for key, value in MEANT.items()]),
        "Env: prod\nSize: 5\nOn: true\nSubnets: [a, b]\n",
    ],
)
def test_every_form_says_the_same(tmp_path: Path, text: str) -> None:
    path = tmp_path / ("p.json" if text[0] in "[{" else "p.yaml")
    path.write_text(text, encoding="utf-8")
    assert read_parameters([str(path)]) == MEANT


def test_the_later_counts(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text('{"A": "1", "B": "2"}', encoding="utf-8")
    assert read_parameters(["A=0", str(path), "B=3=4", "C="]) == {"A": "1", "B": "3=4", "C": ""}
    assert read_parameters(["ParameterKey=A,ParameterValue=x,y=z"]) == {"A": "x,y=z"}


def test_what_is_asked_for_is_known() -> None:
    given = read_parameters(["A=1", "B=2", "C=3"])
    assert given.get("A") == "1"
    assert "B" in given
    assert given.get("D") is None
    assert given.asked == {"A", "B", "D"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"A": {"B": 1}}', r"p\.json:1: A: a parameter is text"),
        ('\n["A"]', r"p\.json:2: \[0\]: it is no parameter"),
        ('[{"Key": "A"}]', "it is no parameter"),
        ("5", "it holds no parameters"),
        ('[{"ParameterKey": "A"}]', "a parameter is text"),
        ('{"A": [{"secret": "hunter2"}]}', "a parameter is text"),
    ],
)
def test_what_is_no_parameter_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "p.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words) as caught:
        read_parameters([str(path)])
    assert "hunter2" not in str(caught.value)


def test_a_word_that_is_neither() -> None:
    with pytest.raises(UsageError, match="give a file or Name=value"):
        read_parameters(["production"])
    with pytest.raises(InputError, match="No such file"):
        read_parameters(["production.json"])


@given(st.dictionaries(st.from_regex(r"[A-Za-z0-9]+", fullmatch=True), st.text(max_size=20)))
def test_words_give_what_they_say(pairs: dict[str, str]) -> None:
    assert read_parameters(f"{name}={value}" for name, value in pairs.items()) == pairs


CHOSEN: dict[str, Any] = {
    "Parameters": {"Env": {"Type": "String", "AllowedValues": ["dev", "prod"], "Default": "dev"}},
    "Resources": {"Nb": {"Type": "AWS::SageMaker::NotebookInstance", "Properties": {"InstanceType": "ml.t3.medium"}}},
}


def test_a_value_that_is_not_allowed_is_an_error(gate: Any) -> None:
    gate.write("t.json", CHOSEN)
    ran = gate("t.json", "--parameters", "Env=Prod")
    assert ran.code == 2
    assert "t.json:" in ran.stderr
    assert "--parameters gives Env 'Prod' that is not among its AllowedValues" in ran.stderr
    assert "give one of dev, prod" in ran.stderr
    assert gate("t.json", "--parameters", "Env=prod").code == 1


def test_a_secret_that_is_not_allowed_is_not_told(gate: Any) -> None:
    hidden = {"Env": {**CHOSEN["Parameters"]["Env"], "NoEcho": True}}
    gate.write("t.json", {**CHOSEN, "Parameters": hidden})
    ran = gate("t.json", "--parameters", "Env=hunter2")
    assert ran.code == 2
    assert "hunter2" not in ran.stderr
    assert "prod" not in ran.stderr


def test_every_item_of_a_list_must_be_allowed(gate: Any) -> None:
    many = {"Env": {**CHOSEN["Parameters"]["Env"], "Type": "CommaDelimitedList"}}
    gate.write("t.json", {**CHOSEN, "Parameters": many})
    assert gate("t.json", "--parameters", "Env=dev,prod").code == 1
    assert "'test'" in gate("t.json", "--parameters", "Env=dev,test").stderr
