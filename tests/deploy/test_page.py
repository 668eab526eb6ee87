"""The commands of docs/deploy.md are those that the AWS CLI takes, and no more than promised."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session
import pytest
from botocore import xform_name

if TYPE_CHECKING:
    from tests.deploy.conftest import Template

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
# What the CLI adds to the API: AWS CLI command reference, `cloudformation package`, `cloudformation deploy`, `s3`.
ADDED = {
    ("s3", "mb"): set(),
    ("s3", "cp"): set(),
    ("cloudformation", "package"): {"--template-file", "--s3-bucket", "--output-template-file"},
    ("cloudformation", "deploy"): {
        "--template-file",
        "--s3-bucket",
        "--stack-name",
        "--capabilities",
        "--parameter-overrides",
    },
}


def commands(title: str = "") -> list[list[str]]:
    """The AWS commands of a section, or of the page."""
    text = re.split(rf"^##+ {re.escape(title)}\n", PAGE, flags=re.MULTILINE)[1] if title else PAGE
    text = re.split(r"^##", text, flags=re.MULTILINE)[0] if title else text
    blocks = "".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    lines = blocks.replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if line.startswith("aws ")]


ALL = commands()


def options(command: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in command[3:]:
        if word.startswith("--"):
            found[word] = []
        elif found:
            found[list(found)[-1]].append(word)
    return found


def test_the_first_report_takes_four_commands_and_an_organisation_three_more() -> None:
    assert 0 < len(commands("One account")) <= 4
    assert 0 < len(commands("An organisation")) <= 3


@pytest.mark.parametrize("command", ALL, ids=lambda command: "-".join(command[1:3]))
def test_the_cli_takes_the_command(command: list[str]) -> None:
    _, service, verb = command[:3]
    given = options(command)
    if (service, verb) in ADDED:
        assert set(given) <= ADDED[service, verb]
        return
    model = botocore.session.get_session().get_service_model({"stepfunctions": "stepfunctions"}.get(service, service))
    operation = {xform_name(name, "-"): name for name in model.operation_names}[verb]
    shape = model.operation_model(operation).input_shape
    assert shape is not None
    known = {f"--{xform_name(member, '-')}" for member in shape.members}
    negated = {f"--no-{xform_name(m, '-')}" for m, s in shape.members.items() if s.type_name == "boolean"}
    assert set(given) <= known | negated
    required = {f"--{xform_name(member, '-')}" for member in shape.required_members}
    assert {name.replace("--no-", "--") for name in given} >= required


@pytest.mark.parametrize("command", ALL, ids=lambda command: "-".join(command[1:3]))
def test_parameters_are_those_of_the_template(command: list[str], single: Template) -> None:
    given = options(command)
    file = next((word for word in given.get("--template-body", ()) if word.startswith("file://")), "")
    names = [word.partition("=")[0] for word in given.get("--parameter-overrides", ())]
    known = set(single.raw["Parameters"])
    if file:
        path = ROOT / file.removeprefix("file://")
        known = set(single.load(path)["Parameters"])
        names = [re.sub(r"ParameterKey=(\w+),.*", r"\1", word) for word in given.get("--parameters", ())]
        # CloudFormation API reference, CreateStackSet: a body of at most 51,200 bytes.
        assert path.stat().st_size <= 51_200
    local = given.get("--template-file", [""])[0]
    if local.startswith("deploy/"):
        known = set(single.load(ROOT / local)["Parameters"])
    assert set(names) <= known
    assert local in {"", "dist/packaged.yaml"} or (ROOT / local).is_file()


def test_names_are_those_that_the_templates_give(single: Template, member: Template) -> None:
    (runs,) = single.of_type("AWS::StepFunctions::StateMachine").values()
    (bus,) = single.of_type("AWS::Events::EventBus").values()
    assert f":stateMachine:{runs['StateMachineName']}\n" in PAGE
    assert f":event-bus/{bus['Name']}\n" in PAGE
    assert f"ForwarderRoleName={single.of_type('AWS::IAM::Role')['ForwarderRole']['RoleName']}" in PAGE
    required = {name for name, about in member.raw["Parameters"].items() if "Default" not in about}
    created = next(c for c in commands("An organisation") if c[2] == "create-stack-set")
    assert all(f"ParameterKey={name}," in " ".join(created) for name in required)
    assert f":function:{single.of_type('AWS::Lambda::Function')['GateHook']['FunctionName']}\n" in PAGE


def test_an_update_of_a_stack_set_keeps_every_parameter(single: Template) -> None:
    """CloudFormation API reference, Parameter: without a key and value, the default of the template is taken."""
    updates = [command for command in commands("Update") if command[2] == "update-stack-set"]
    for command in updates:
        given = options(command)
        path = ROOT / given["--template-body"][0].removeprefix("file://")
        kept = {f"ParameterKey={name},UsePreviousValue=true" for name in single.load(path)["Parameters"]}
        assert set(given["--parameters"]) == kept
    made = {options(c)["--stack-set-name"][0] for c in ALL if c[2] == "create-stack-set"}
    assert {options(command)["--stack-set-name"][0] for command in updates} == made


def test_roles_of_other_names_are_announced(single: Template, hook: Template) -> None:
    """CAPABILITY_NAMED_IAM is what templates with role names need."""
    assert any("RoleName" in role for role in single.of_type("AWS::IAM::Role").values())
    assert not any("RoleName" in role for role in hook.of_type("AWS::IAM::Role").values())
    for command in ALL:
        if "deploy/gate-hook.yaml" in command:
            assert options(command)["--capabilities"] == ["CAPABILITY_IAM"]
        elif command[2] == "deploy" or "file://deploy/member-role.yaml" in command:
            assert options(command)["--capabilities"] == ["CAPABILITY_NAMED_IAM"]
