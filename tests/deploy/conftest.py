"""The templates as data, with the functions of CloudFormation that they use worked out."""

from __future__ import annotations

import base64
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# What several of these tests have in common stands beside them.
sys.path.insert(0, str(Path(__file__).parent))

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
ACCOUNT, REGION = "123456789012", "eu-west-1"
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::StackName": "sagemaker-auditor",
    "AWS::NoValue": None,
}
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9:.]+)\}")


class _Loader(yaml.SafeLoader):
    """Reads `!Ref x` as `{"Ref": "x"}`, and dates as text."""


def _function(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name: value}


_Loader.add_multi_constructor("!", _function)


def load(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506  a safe loader
    return found


class Template:
    """A template, and what it comes to with some parameters."""

    def __init__(self, name: str, **parameters: Any) -> None:
        self.path = DEPLOY / name
        self.load = load
        self.raw = load(self.path)
        defaults = {key: about["Default"] for key, about in self.raw["Parameters"].items() if "Default" in about}
        self.given = parameters
        self._parameters = {**defaults, **parameters}
        unknown = set(parameters) - set(self.raw["Parameters"])
        assert not unknown
        self.resources: dict[str, dict[str, Any]] = {
            name: self.value(resource)
            for name, resource in self.raw["Resources"].items()
            if "Condition" not in resource or self._holds(resource["Condition"])
        }

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def value(self, raw: Any) -> Any:
        """With every function worked out; what a resource will be called is told as `Name` or `Name.Attribute`."""
        if isinstance(raw, list):
            return [found for found in map(self.value, raw) if found is not None]
        if not isinstance(raw, dict):
            return raw
        if len(raw) == 1:
            ((name, argument),) = raw.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self._call(name, argument)
        worked = {key: self.value(part) for key, part in raw.items()}
        return {key: part for key, part in worked.items() if part is not None}

    def _call(self, name: str, argument: Any) -> Any:
        if name == "Ref":
            return self._name(argument)
        if name == "Fn::GetAtt":
            return ".".join(argument)
        if name == "Fn::Sub":
            text, own = argument if isinstance(argument, list) else (argument, {})
            values = {key: self.value(part) for key, part in own.items()}
            return _VARIABLE.sub(lambda found: str(values.get(found[1]) or self._name(found[1])), text)
        if name == "Fn::Base64":
            return base64.b64encode(self.value(argument).encode()).decode()
        if name == "Fn::If":
            condition, yes, no = argument
            return self.value(yes if self._holds(condition) else no)
        raise AssertionError(f"{name} is not known to the tests")

    def _name(self, name: str) -> Any:
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self._parameters:
            return self._parameters[name]
        assert name.partition(".")[0] in self.raw["Resources"], name
        return name

    def _holds(self, condition: Any) -> bool:
        if isinstance(condition, str):
            return self._holds(self.raw["Conditions"][condition])
        ((name, argument),) = condition.items()
        if name == "Condition":
            return self._holds(argument)
        if name == "Fn::Equals":
            one, other = (self.value(side) for side in argument)
            return str(one) == str(other)
        if name == "Fn::Not":
            return not self._holds(argument[0])
        if name == "Fn::And":
            return all(self._holds(part) for part in argument)
        raise AssertionError(f"{name} is not known to the tests")


def statements(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every policy, with where it stands."""
    for name, resource in template.resources.items():
        properties = resource.get("Properties", {})
        yield from _of(f"{name}.trust", properties.get("AssumeRolePolicyDocument"))
        yield from _of(f"{name}.key", properties.get("KeyPolicy"))
        yield from _of(name, properties.get("PolicyDocument"))
        if resource["Type"] == "AWS::Events::EventBusPolicy":
            yield f"{name}.{properties['StatementId']}", properties["Statement"]
        for policy in properties.get("Policies", ()):
            yield from _of(f"{name}.{policy['PolicyName']}", policy["PolicyDocument"])


def _of(where: str, document: Mapping[str, Any] | None) -> Iterator[tuple[str, dict[str, Any]]]:
    if document is not None:
        for number, statement in enumerate(document["Statement"]):
            yield f"{where}.{statement.get('Sid', number)}", statement


ORGANIZATION = {
    "OrganizationId": "o-abcdefghij",
    "TargetAccounts": "organization",
    "ObjectLockDays": 30,
    "NotifyEmail": "security@example.com",
    "SecurityHub": "true",
}
MEMBER = {
    "AuditorAccountId": "210987654321",
    "OrganizationId": "o-abcdefghij",
    "SecurityHub": "true",
    "EventBusArn": "arn:aws:events:eu-west-1:210987654321:event-bus/sagemaker-auditor-changes",
}


ATHENA = {
    "Database": "sagemaker_auditor",
    "WorkGroupName": "sagemaker-auditor",
    "Bucket": "reports-bucket",
    "KeyArn": "arn:aws:kms:eu-west-1:123456789012:key/1",
    "ScheduleGroupName": "sagemaker-auditor",
    "MissedRunsArn": "arn:aws:sqs:eu-west-1:123456789012:missed",
}


HOOK = {"FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:sagemaker-auditor-gate-hook"}


@pytest.fixture(scope="session")
def single() -> Template:
    return Template("template.yaml")


@pytest.fixture(scope="session")
def organization() -> Template:
    return Template("template.yaml", **ORGANIZATION)


@pytest.fixture(scope="session")
def member() -> Template:
    return Template("member-role.yaml", **MEMBER)


@pytest.fixture(scope="session")
def events() -> Template:
    return Template("member-events.yaml", EventBusArn=MEMBER["EventBusArn"])


@pytest.fixture(scope="session")
def athena() -> Template:
    return Template("athena.yaml", **ATHENA)


@pytest.fixture(scope="session")
def hook() -> Template:
    return Template("gate-hook.yaml", **HOOK)


@pytest.fixture(scope="session", params=["single", "organization", "member", "events", "athena", "hook"])
def every(request: pytest.FixtureRequest) -> Template:
    """Each template, the large one twice."""
    found: Template = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def policy_statements() -> Any:
    return statements
