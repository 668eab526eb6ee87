"""Templates through the gate: references followed, scenarios named, lines right."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.gate.parameters import Parameters
from auditor.model.finding import Finding
from auditor.model.gap import Gap
from auditor.model.kms import KmsKey
from auditor.model.resource import Resource
from auditor.model.unknown import Reason
from auditor.sources.cloudformation import source
from auditor.sources.document import read_documents
from auditor.sources.interface import GateContext, NextWorld

Collect = Callable[..., list[Resource | Gap | NextWorld]]
Judge = Callable[..., dict[tuple[str, str], Finding]]
ROOT = Path(__file__).parents[3]
NOTEBOOK = """
Resources:
  Notebook:
    Type: AWS::SageMaker::NotebookInstance
    Properties:
      InstanceType: ml.t3.medium
      RoleArn: arn:aws:iam::111122223333:role/x
"""


def test_the_good_example_fails_only_where_cloudformation_has_no_word(judge: Judge) -> None:
    found = judge((ROOT / "examples/cloudformation/good.yaml").read_text(encoding="utf-8"))
    failed = {rule for (rule, _), one in found.items() if one.status.value == "FAILED"}
    assert failed <= {"bucket-mfa-delete"}
    assert found["notebook-instance-private-subnet", "Notebook"].status.value == "PASSED"
    assert found["sagemaker-key-customer-managed", "Notebook"].status.value == "PASSED"


def test_the_bad_example_names_scenario_line_and_expression(judge: Judge) -> None:
    text = (ROOT / "examples/cloudformation/bad.yaml").read_text(encoding="utf-8")
    found = judge(text)
    root = found["notebook-instance-root-access", "Notebook"]
    assert root.status.value == "FAILED"
    assert root.message.endswith("(in the scenario Environment = dev)")
    assert root.location is not None
    assert "RootAccess" in text.splitlines()[root.location.line - 1]
    admin = found["execution-role-administrator", "ExecutionRole"]
    assert admin.status.value == "FAILED"
    key = found["notebook-instance-volume-key", "Notebook"]
    assert "KmsKeyArn = ''" in key.message
    assert judge(text, Environment="prod")["notebook-instance-root-access", "Notebook"].status.value == "PASSED"


def test_what_only_the_deployment_tells_says_how_to_tell_it(judge: Judge) -> None:
    text = "Parameters:\n  Root:\n    Type: String\n" + NOTEBOOK + "      RootAccess: !Ref Root\n"
    found = judge(text)["notebook-instance-root-access", "Notebook"]
    assert (found.status.value, found.reason) == ("NOT_AVAILABLE", Reason.UNRESOLVED_REFERENCE)
    assert "!Ref Root" in found.message
    assert "--parameters Root=VALUE" in found.message
    assert judge(text, Root="Disabled")["notebook-instance-root-access", "Notebook"].status.value == "PASSED"


@pytest.mark.parametrize(
    "expression",
    [
        "'{{resolve:ssm:root-access}}'",
        "!ImportValue RootAccess",
        "!GetAtt Custom.Root",
        "!Sub '${Missing}'",
        "{'Fn::Transform': {Name: M}}",
        "{'Fn::Nothing': x}",
        "!Select [7, [a, b]]",
        "!FindInMap [A, B, C]",
        "!If [NoSuchCondition, !ImportValue A, !ImportValue B]",
    ],
)
def test_nothing_that_is_not_known_passes(judge: Judge, expression: str) -> None:
    text = NOTEBOOK + f"      RootAccess: {expression}\n  Custom:\n    Type: Custom::Thing\n"
    assert judge(text)["notebook-instance-root-access", "Notebook"].status.value == "NOT_AVAILABLE"


def test_a_public_subnet_is_seen_through_routes_and_associations(judge: Judge) -> None:
    network = """
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Gateway: {Type: AWS::EC2::InternetGateway}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}}
  Table: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  Out:
    Type: AWS::EC2::Route
    Properties: {RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gateway}
  Link:
    Type: AWS::EC2::SubnetRouteTableAssociation
    Properties: {SubnetId: !Ref Subnet, RouteTableId: !Ref Table}
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: x, VpcId: !Ref Vpc}}
  In:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !GetAtt Group.GroupId, IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}
"""
    found = judge(NOTEBOOK + "      SubnetId: !Ref Subnet\n      SecurityGroupIds: [!Ref Group]\n" + network)
    assert found["notebook-instance-private-subnet", "Notebook"].status.value == "FAILED"
    assert found["notebook-instance-security-groups", "Notebook"].status.value == "FAILED"
    assert found["security-group-egress", "Group"].status.value == "FAILED"


def test_a_resource_whose_condition_is_false_is_not_there(collect: Collect) -> None:
    text = """
Parameters:
  Env: {Type: String, AllowedValues: [dev, prod]}
Conditions:
  Prod: !Equals [!Ref Env, prod]
Resources:
  Key:
    Type: AWS::KMS::Key
    Condition: Prod
    Properties: {KeyPolicy: {Statement: []}}
"""
    items = collect(text)
    assert sum(isinstance(item, NextWorld) for item in items) == 2
    assert [item.origin.scenario for item in items if isinstance(item, KmsKey)] == [(("Env", "prod"),)]
    assert not any(isinstance(item, KmsKey) for item in collect(text, Env="dev"))


def test_too_many_scenarios_are_bounded_and_said(collect: Collect) -> None:
    names = [f"P{number}" for number in range(12)]
    parameters = "\n".join(f"  {name}: {{Type: String, AllowedValues: [a, b, c], Default: a}}" for name in names)
    tags = "\n".join(f"        - {{Key: {name}, Value: !Ref {name}}}" for name in names)
    items = collect(f"Parameters:\n{parameters}\n{NOTEBOOK}      Tags:\n{tags}\n")
    assert sum(isinstance(item, NextWorld) for item in items) == 25
    assert any(isinstance(item, Gap) and "too many scenarios" in item.detail for item in items)


def test_unknown_types_and_properties_are_listed(collect: Collect) -> None:
    text = NOTEBOOK + "      RootAcces: Disabled\n  New:\n    Type: AWS::SageMaker::NotThereYet\n"
    gaps = [item for item in collect(text) if isinstance(item, Gap) and item.reason is Reason.UNSUPPORTED_SYNTAX]
    assert any("RootAcces" in gap.detail and "template.yaml:8" in gap.detail for gap in gaps)
    assert any(gap.scope.resource == "New" and gap.scope.type == "AWS::SageMaker::NotThereYet" for gap in gaps)


def test_a_macro_that_nobody_sees_makes_the_run_incomplete(collect: Collect) -> None:
    gaps = [item for item in collect("Transform: Mine\n" + NOTEBOOK) if isinstance(item, Gap)]
    assert any("the macro Mine" in gap.detail and not gap.scope.type for gap in gaps)
    sam = [item for item in collect("Transform: AWS::Serverless-2016-10-31\n" + NOTEBOOK) if isinstance(item, Gap)]
    assert [gap.reason for gap in sam] == [Reason.EXCLUDED]


def test_loops_write_resources_whose_lines_are_those_of_the_loop(collect: Collect) -> None:
    text = """Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Notebooks:
    - Team
    - [Red, Blue]
    - Notebook${Team}:
        Type: AWS::SageMaker::NotebookInstance
        Properties:
          NotebookInstanceName: !Sub "${Team}-notebook"
          RootAccess: Enabled
"""
    found = [item for item in collect(text) if isinstance(item, Resource)]
    assert [one.identity.name for one in found] == ["Red-notebook", "Blue-notebook"]
    assert [str(one.origin.of("RootAccess")) for one in found] == [
        "template.yaml:10#NotebookRed",
        "template.yaml:10#NotebookBlue",
    ]


def test_the_path_of_the_construct_is_shown(collect: Collect) -> None:
    text = NOTEBOOK + "    Metadata: {'aws:cdk:path': Stack/Notebook/Resource}\n"
    (found,) = [item for item in collect(text) if isinstance(item, Resource)]
    assert "#Notebook (Stack/Notebook/Resource)" in str(found.origin.default)
    assert found.identity.name == "Notebook"


def test_a_parameter_that_no_template_has_is_not_asked_for(tmp_path: Path) -> None:
    parameters = Parameters({"Root": "Disabled", "Rout": "x"})
    file = tmp_path / "template.yaml"
    file.write_text("Parameters:\n  Root: {Type: String}\n" + NOTEBOOK, encoding="utf-8")
    (document,) = read_documents(file)
    assert list(source(document, GateContext(parameters=parameters)).collect())
    assert parameters.asked == {"Root"}


def test_nothing_heavy_is_loaded_for_a_template() -> None:
    code = (
        "import os, sys; from auditor.__main__ import main\n"
        "os._exit = sys.exit\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'cfnlint', 'botocore', 'boto3', 'moto'} & set(sys.modules)), file=sys.stderr)"
    )
    command = [sys.executable, "-P", "-c", code, "gate", str(ROOT / "examples/cloudformation/good.yaml")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.stderr.strip().endswith("[]")
    assert "Looked at the 1 file." in run.stdout
