"""A default is one value of many: what conditions and maps make of a parameter is read for others too."""

from collections.abc import Callable

import pytest

from auditor.model.finding import Finding
from auditor.model.gap import Gap

Judge = Callable[..., dict[tuple[str, str], Finding]]
Collect = Callable[..., list[object]]

ROOT = "notebook-instance-root-access"
TEMPLATE = """
Parameters:
  P: {{Type: String, Default: "no"}}
Mappings:
  M: {{"no": {{v: f}}, "yes": {{v: t}}}}
Conditions:
  C: {condition}
Resources:
  N:
    Type: AWS::SageMaker::NotebookInstance
    Condition: C
    Properties: {{InstanceType: ml.t3.medium, RoleArn: x}}
"""
MAP = """
Parameters:
  E: {Type: String, Default: p}
Mappings:
  M: MAP
Resources:
  N:
    Type: AWS::SageMaker::NotebookInstance
    Properties: {RootAccess: !FindInMap [M, !Ref E, b]}
"""


@pytest.mark.parametrize(
    "condition",
    [
        "!Equals [!Ref P, 'yes']",
        "!Equals [!Sub '${P}', 'yes']",
        "!Equals [!Sub ['${x}', {x: !Ref P}], 'yes']",
        "!Equals ['yes', !Select [0, !Split [',', !Ref P]]]",
        "!Equals [!Join ['', [!Ref P]], 'yes']",
        "!Equals [!FindInMap [M, !Ref P, v], t]",
        "!Not [!Equals [!Sub '${P}', 'no']]",
    ],
)
def test_a_condition_over_a_default_is_decided_both_ways(judge: Judge, condition: str) -> None:
    text = TEMPLATE.format(condition=condition)
    assert judge(text)[ROOT, "N"].status.value == "FAILED"
    assert (ROOT, "N") not in judge(text, P="no")
    assert judge(text, P="yes")[ROOT, "N"].status.value == "FAILED"


def test_a_map_is_read_under_every_key(judge: Judge) -> None:
    text = MAP.replace("MAP", "{p: {b: Disabled}, q: {b: Enabled}}")
    found = judge(text)[ROOT, "N"]
    assert found.status.value == "FAILED"
    assert "E = q" in found.message
    assert judge(text, E="p")[ROOT, "N"].status.value == "PASSED"
    same = MAP.replace("MAP", "{p: {b: Disabled}, q: {b: Disabled}}")
    assert judge(same)[ROOT, "N"].status.value == "PASSED"


def test_of_a_large_map_the_keys_are_looked_at_as_one(judge: Judge) -> None:
    rows = ", ".join(f"k{index}: {{b: Disabled}}" for index in range(40))
    differ = MAP.replace("MAP", f"{{p: {{b: Disabled}}, {rows}, z: {{b: Enabled}}}}")
    assert judge(differ)[ROOT, "N"].status.value == "NOT_AVAILABLE"
    same = MAP.replace("MAP", f"{{p: {{b: Disabled}}, {rows}}}")
    assert judge(same)[ROOT, "N"].status.value == "PASSED"


def test_a_loop_over_nothing_by_default_is_a_hole(collect: Collect) -> None:
    text = """
Transform: AWS::LanguageExtensions
Parameters:
  P: {Type: CommaDelimitedList, Default: ""}
Resources:
  Fn::ForEach::L:
    - X
    - !Ref P
    - N${X}: {Type: AWS::SageMaker::NotebookInstance, Properties: {InstanceType: ml.t3.medium, RoleArn: x}}
"""
    (hole,) = [one for one in collect(text) if isinstance(one, Gap) and not one.scope.type and not one.harmless]
    assert "empty by default" in hole.detail
    given = [one for one in collect(text, P="A") if isinstance(one, Gap) and not one.harmless]
    assert given == []
