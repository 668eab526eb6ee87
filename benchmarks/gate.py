"""The gate beside checkov on the same synthetic files: templates, many templates, a Terraform plan.

checkov is the one of PyPI in a venv of its own; it is asked for the one framework that the files are of and for no
downloads, which is its fastest way. What is compared is wall time, paths in and JSON out.
"""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.measure import BIN, Usage, environment, run

GATE: Final = str(BIN / "sagemaker-auditor")
PLAIN: Final = """AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties: {{EnableKeyRotation: true, KeyPolicy: {{Version: "2012-10-17", Statement: []}}}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{{Effect: Allow, Principal: {{Service: sagemaker.amazonaws.com}}, Action: "sts:AssumeRole"}}]
      Policies:
        - PolicyName: read
          PolicyDocument: {{Statement: [{{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::data/*"}}]}}
  Data:
    Type: AWS::S3::Bucket
    Properties: {{BucketName: data-{number}}}
  Notebook:
    Type: AWS::SageMaker::NotebookInstance
    Properties:
      InstanceType: ml.t3.medium
      NotebookInstanceName: notebook-{number}
      RoleArn: !GetAtt Role.Arn
      KmsKeyId: !Ref Key
      DirectInternetAccess: Enabled
      RootAccess: Disabled
  Model:
    Type: AWS::SageMaker::Model
    Properties:
      ExecutionRoleArn: !GetAtt Role.Arn
      EnableNetworkIsolation: true
      PrimaryContainer: {{Image: "111122223333.dkr.ecr.us-east-1.amazonaws.com/model:{number}"}}
  Config:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      KmsKeyId: !Ref Key
      ProductionVariants:
        - {{ModelName: !GetAtt Model.ModelName, VariantName: all, InstanceType: ml.m5.large, InitialVariantWeight: 1}}
"""
HARD: Final = """AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::LanguageExtensions
Parameters:
  Stage: {Type: String, Default: dev, AllowedValues: [dev, test, prod]}
  Internet: {Type: String, Default: Enabled, AllowedValues: [Enabled, Disabled]}
Mappings:
  Sizes:
    dev: {Type: ml.t3.medium, Root: Enabled}
    test: {Type: ml.t3.medium, Root: Disabled}
    prod: {Type: ml.m5.large, Root: Disabled}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsDev: !Equals [!Ref Stage, dev]
  Open: !And [!Not [!Condition IsProd], !Equals [!Ref Internet, Enabled]]
Resources:
  Key:
    Type: AWS::KMS::Key
    Condition: IsProd
    Properties: {EnableKeyRotation: true, KeyPolicy: {Version: "2012-10-17", Statement: []}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Join ["-", [!Ref "AWS::StackName", !Ref Stage, role]]
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: sagemaker.amazonaws.com}, Action: "sts:AssumeRole"}]
      Policies:
        - PolicyName: read
          PolicyDocument:
            Statement:
              - Effect: Allow
                Action: !If [IsDev, ["s3:*"], ["s3:GetObject"]]
                Resource: !Sub "arn:${AWS::Partition}:s3:::data-${Stage}/*"
  Notebook:
    Type: AWS::SageMaker::NotebookInstance
    Properties:
      InstanceType: !FindInMap [Sizes, !Ref Stage, Type]
      NotebookInstanceName: !Sub "${Stage}-notebook"
      RoleArn: !GetAtt Role.Arn
      KmsKeyId: !If [IsProd, !Ref Key, !Ref "AWS::NoValue"]
      DirectInternetAccess: !If [Open, Enabled, Disabled]
      RootAccess: !FindInMap [Sizes, !Ref Stage, Root]
      SubnetId: !Select [0, !Split [",", "subnet-1,subnet-2"]]
  Fn::ForEach::Models:
    - Name
    - [First, Second, Third, Fourth, Fifth]
    - Model${Name}:
        Type: AWS::SageMaker::Model
        Properties:
          ExecutionRoleArn: !GetAtt Role.Arn
          EnableNetworkIsolation: !If [IsProd, true, false]
          PrimaryContainer:
            Image: !Sub "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/model:${Name}"
"""


@dataclass(frozen=True)
class Pair:
    """What both took on the same files: medians of wall seconds, and the most memory in MB (2**20).

    Args:
        what: the files.
        least: how many times faster the gate is to be.
        ours: wall time of the gate.
        theirs: wall time of checkov.
        peak: peak memory of the gate, its processes together.
        their_peak: the same of checkov.
    """

    what: str
    least: float
    ours: float
    theirs: float
    peak: float
    their_peak: float


def plan() -> dict[str, Any]:
    """A Terraform plan that creates notebooks, endpoint configurations, a key and a bucket."""
    notebooks = [
        _created(
            "aws_sagemaker_notebook_instance",
            f"notebook_{number}",
            {"name": f"notebook-{number}", "instance_type": "ml.t3.medium", "root_access": "Enabled"},
            {"kms_key_id": True, "role_arn": True, "arn": True},
        )
        for number in range(10)
    ]
    variants = [{"variant_name": "all", "model_name": "model", "instance_type": "ml.m5.large"}]
    rest = [
        _created("aws_sagemaker_endpoint_configuration", "config", {"production_variants": variants}, {"arn": True}),
        _created("aws_kms_key", "key", {"enable_key_rotation": True}, {"arn": True, "key_id": True}),
        _created("aws_s3_bucket", "data", {"bucket": "data"}, {"arn": True}),
    ]
    changes = [*notebooks, *rest]
    expressions = {"kms_key_id": {"references": ["aws_kms_key.key.arn", "aws_kms_key.key"]}}
    configured = [
        {**_named(one), "expressions": expressions if "notebook" in one["address"] else {}} for one in changes
    ]
    values = [{**_named(one), "values": one["change"]["after"], "schema_version": 0} for one in changes]
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"resources": values}},
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": configured}},
    }


def _named(change: Mapping[str, Any]) -> dict[str, Any]:
    return {name: change[name] for name in ("address", "mode", "type", "name", "provider_name")}


def _created(kind: str, name: str, after: dict[str, Any], unknown: dict[str, Any]) -> dict[str, Any]:
    return {
        "address": f"{kind}.{name}",
        "mode": "managed",
        "type": kind,
        "name": name,
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {
            "actions": ["create"],
            "before": None,
            "after": after,
            "after_unknown": unknown,
            "before_sensitive": False,
            "after_sensitive": {},
        },
    }


def measure(venv: Path | None, rounds: int, many: Sequence[int]) -> list[Pair]:
    """Run both in turns over every kind of file.

    Args:
        venv: where checkov is; None leaves it out, and its figures are 0.
        rounds: how often each is run; a first run of each is not counted.
        many: how many templates a smaller and a larger folder hold.

    Raises:
        CommandFailedError: one of them could not judge the files.
    """
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        small, large = (_templates(home / f"templates-{count}", count) for count in many)
        one = _templates(home / "one", 1) / "template-0.yaml"
        hard, planned = home / "hard.yaml", home / "plan.json"
        hard.write_text(HARD)
        planned.write_text(json.dumps(plan()))
        cases = (
            ("a template of literals and references", 4, one, "cloudformation"),
            ("a template with conditions, mappings and loops", 2, hard, "cloudformation"),
            ("a Terraform plan", 4, planned, "terraform_plan"),
            (f"{many[0]} templates", 4, small, "cloudformation"),
            (f"{many[1]} templates", 8, large, "cloudformation"),
        )
        return [_pair(home, venv, rounds, *case) for case in cases]


def _templates(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"template-{number}.yaml").write_text(PLAIN.format(number=number))
    return folder


def _pair(home: Path, venv: Path | None, rounds: int, what: str, least: float, path: Path, framework: str) -> Pair:
    ours, theirs = [], []
    for _ in range(rounds + 1):
        ours.append(_gate(home, path))
        if venv is not None:
            theirs.append(_checkov(home, venv, path, framework))
    # The first start of either reads cold files.
    walls = [median(one.wall for one in found[1:] or found) if found else 0.0 for found in (ours, theirs)]
    peaks = [max((one.peak_mb for one in found), default=0.0) for found in (ours, theirs)]
    return Pair(what, least, walls[0], walls[1], peaks[0], peaks[1])


def _gate(home: Path, path: Path) -> Usage:
    # Findings that failed (1) are what the files are for. With JSON in a file the console would be written too.
    return run([GATE, "gate", str(path), "-f", "json"], environment(home), expected=(1,), cwd=home)


def _checkov(home: Path, venv: Path, path: Path, framework: str) -> Usage:
    command = [str(venv / "bin/checkov"), "-d" if path.is_dir() else "-f", str(path), "--framework", framework]
    env = environment(home) | {"PATH": f"{venv / 'bin'}:{os.defpath}"}
    return run([*command, "-o", "json", "--skip-download"], env, expected=(1,), cwd=home)
