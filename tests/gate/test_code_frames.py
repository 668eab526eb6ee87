"""The lines that a gate shows: the right ones, and none that holds what nobody may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from auditor.cases.terraform import plan_of
from auditor.gate.source_lines import is_sensitive, source_text
from auditor.model.kinds import every_kind
from auditor.model.sagemaker import NotebookInstance
from auditor.model.sensitive import Redacted
from reports.code_frame import SourceText

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "correct-horse-battery"
TEMPLATE = f"""\
Parameters:
  Token:
    NoEcho: true
    Default: {SECRET}
x-env: &env
  A: {SECRET}
Resources:
  Nb:
    Type: AWS::SageMaker::NotebookInstance
    Properties:
      RootAccess: Enabled
  Job:
    Type: AWS::SageMaker::ProcessingJob
    Properties:
      Environment:
        PLAIN: {SECRET}
        BLOCK: |
          {SECRET}
          more: {SECRET}
      RoleArn: visible
      Password: {SECRET}-12345678
      Inline: {{Environment: {{A: {SECRET}}}}}
      Other:
        Environment: *env
"""
HCL = f"""\
resource "aws_sagemaker_model" "m" {{
  name = "visible"
  primary_container {{
    image       = "image-visible"
    environment = {{
      "A" = "}} {SECRET}"
      B   = "{SECRET}"
    }}
    mode = "mode-visible"
  }}
  hyper_parameters = {{ a = "{SECRET}" }}
}}
"""
DOCKERFILE = f"""\
FROM python:3
ENV A=1 \\
    # a note
    B={SECRET}
ARG C={SECRET}
RUN visible
"""


def shown(path: Path, text: str) -> list[str]:
    path.write_text(text, encoding="utf-8")
    source = source_text(path, path.name)
    assert source is not None
    return [source.shown(number) for number in range(1, len(source.lines) + 1)]


@pytest.mark.parametrize(("name", "text"), [("t.yaml", TEMPLATE), ("m.tf", HCL), ("Dockerfile", DOCKERFILE)])
def test_what_is_sensitive_is_masked_and_the_rest_is_not(tmp_path: Path, name: str, text: str) -> None:
    lines = shown(tmp_path / name, text)
    assert not [line for line in lines if SECRET in line]
    assert len([line for line in lines if "visible" in line]) == text.count("visible")
    assert any("<redacted, " in line for line in lines)


def test_json_on_one_line_is_masked_as_a_whole(tmp_path: Path) -> None:
    (line,) = shown(tmp_path / "t.json", f'{{"a": 1, "Environment": {{"A": "{SECRET}"}}, "b": 2}}')
    assert line.startswith("<redacted, ")


@pytest.mark.parametrize("key", ["PipelineDefinition", "PipelineDefinitionBody", "pipelineDefinition"])
def test_no_line_of_a_definition_within_a_text_is_shown(tmp_path: Path, key: str) -> None:
    text = f'Name: visible\n{key}: |\n  {{"Arguments": {{"Environment": {{\n    "A": "{SECRET}"}}}}}}\nRole: visible\n'
    lines = shown(tmp_path / "t.yaml", text)
    assert not [line for line in lines if SECRET in line]
    assert [line for line in lines if "visible" in line] == ["Name: visible", "Role: visible"]


def test_a_plan_shows_nothing(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text('{"format_version": "1.2", "planned_values": {}}', encoding="utf-8")
    assert source_text(path, "plan.json") is None


def test_a_link_shows_nothing(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text("a: 1\n", encoding="utf-8")
    (tmp_path / "link.yaml").symlink_to(tmp_path / "t.yaml")
    assert source_text(tmp_path / "link.yaml", "link.yaml") is None


def sensitive_members(kind: Any, seen: set[Any]) -> Iterator[str]:
    if kind in seen:
        return
    seen.add(kind)
    for name, field in kind.model_fields.items():
        inside = list(parts(field.annotation))
        if Redacted in inside:
            yield field.alias or name
        for part in inside:
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from sensitive_members(part, seen)


def parts(hint: Any) -> Iterator[Any]:
    yield hint
    for part in get_args(hint):
        yield from parts(part)


def test_every_member_that_the_model_drops_is_masked() -> None:
    kinds = every_kind()
    seen: set[Any] = set()
    found = {name for kind in kinds.values() for name in sensitive_members(kind, seen)}
    assert "HyperParameters" in found
    assert not [name for name in found if not is_sensitive(name)]


@given(st.text(st.characters(codec=None)))
def test_a_line_shows_only_what_can_be_seen(line: str) -> None:
    assert SourceText((line,), frozenset()).shown(1).isprintable()


def test_the_gate_shows_place_lines_reason_and_fix(gate: Any) -> None:
    gate.write("create-notebook-instance.json", RootAccess="Enabled", NotebookInstanceName="a\x1b[31m\u202e")
    ran = gate("create-notebook-instance.json", "--select", "notebook-instance-root-access")
    frame = ran.stderr.splitlines()
    assert frame[0].startswith("HIGH notebook-instance-root-access  create-notebook-instance.json:9 (a\\x1b[31m")
    assert [line.partition("|")[2] for line in frame if line.startswith("  >")] == ['  "RootAccess": "Enabled"']
    assert frame[frame.index("  for example:") + 1 :][:2] == [
        *('    -   "RootAccess": "Enabled"', '    +   "RootAccess": "Disabled"'),
    ]
    assert any(line.startswith("  why: ") for line in frame)
    assert any(line.startswith("  fix: ") for line in frame)
    assert "\x1b" not in ran.stderr


def test_no_value_of_an_environment_leaves_the_gate(gate: Any) -> None:
    environment = {"PASSWORD": SECRET, "URL": f"https://user:{SECRET}@example.com/"}
    gate.write(
        "create-processing-job.json",
        {"ProcessingJobName": "p", "RoleArn": "arn:aws:iam::111122223333:role/r", "Environment": environment},
    )
    for form in ("json", "sarif", "junit", "github", "markdown", "console", "html"):
        ran = gate("create-processing-job.json", form=form)
        assert ran.code == 1
        assert SECRET not in ran.stdout + ran.stderr


def test_a_separator_within_json_moves_no_mask(tmp_path: Path) -> None:
    file = tmp_path / "request.json"
    file.write_text('{\n"A": "\u2028\u2028",\n"Environment": {\n"K": "hidden"},\n"B": 1}\n', encoding="utf-8")
    text = source_text(file, "request.json")
    assert text is not None
    shown = [text.shown(number) for number in range(1, len(text.lines) + 1)]
    assert '"B": 1}' in shown
    assert not any("hidden" in line for line in shown)


def test_quotes_without_an_end_are_read_once(tmp_path: Path) -> None:
    file = tmp_path / "main.tf"
    file.write_text("a = " + '\\"' * 500_000 + "\n", encoding="utf-8")
    assert source_text(file, "main.tf") is not None


def test_a_plan_shows_the_lines_of_what_it_was_made_from(gate: Any) -> None:
    facts = {"NotebookInstanceName": "nb", "InstanceType": "ml.t3.medium", "RoleArn": "arn:aws:iam::1:role/r"}
    plan = plan_of(NotebookInstance, {**facts, "RootAccess": "Enabled"})
    gate.write("infra/plan.json", plan)
    head = 'resource "aws_sagemaker_notebook_instance" "case" {'
    gate.write("infra/main.tf", f'{head}\n  name        = "nb"\n  root_access = "Enabled"\n}}\n')
    ran = gate("infra/plan.json", "--select", "notebook-instance-root-access")
    assert ran.finding("notebook-instance-root-access")["location"]["file"] == "infra/main.tf"
    frame = ran.stderr.splitlines()
    assert [line.partition("|")[2] for line in frame if line.startswith("  >")] == ['   root_access = "Enabled"']
    assert '    +   root_access = "Disabled"' in frame
