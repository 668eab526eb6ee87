"""Neighbours of a template, judged by the rules that judge them live."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from auditor.catalog import Catalog
from auditor.model.finding import Finding
from auditor.model.gap import Gap
from auditor.model.resource import Resource
from auditor.model.unknown import Reason
from auditor.scan.assessment import Assessment
from auditor.sources.interface import Deployment, NextWorld
from rules import MODULES

Collect = Callable[..., list[Resource | Gap | NextWorld]]
Judge = Callable[..., dict[tuple[str, str], Finding]]
TRUST = """
      AssumeRolePolicyDocument:
        Statement:
          Effect: Allow
          Principal: {Service: sagemaker.amazonaws.com, AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}
          Action: sts:AssumeRole
          Condition: {ArnLike: {"aws:SourceArn": !Sub "arn:aws:sagemaker:*:${AWS::AccountId}:*"}}
"""
EVERYTHING = "PolicyDocument: {Statement: {Effect: Allow, Action: '*', Resource: '*'}}"
POLICY = "  P:\n    Type: AWS::IAM::"


def _status(found: dict[tuple[str, str], Finding], rule: str, name: str) -> str:
    return found[rule, name].status.value


@pytest.mark.parametrize("where", [Deployment(), Deployment.of("eu-west-1", "111122223333")])
@pytest.mark.parametrize(
    "attached",
    [
        f"{POLICY}Policy\n    Properties: {{PolicyName: p, Roles: [!Ref Role], {EVERYTHING}}}",
        f"{POLICY}ManagedPolicy\n    Properties: {{Roles: [!Ref Role], {EVERYTHING}}}",
        f"{POLICY}RolePolicy\n    Properties: {{PolicyName: p, RoleName: !Ref Role, {EVERYTHING}}}",
        f"      ManagedPolicyArns: [!Ref P]\n{POLICY}ManagedPolicy\n    Properties: {{{EVERYTHING}}}",
    ],
)
def test_a_role_has_every_policy_that_the_template_attaches(judge: Judge, attached: str, where: Deployment) -> None:
    text = f"Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:{TRUST}{attached}\n"
    found = judge(text, where)
    assert _status(found, "execution-role-administrator", "Role") == "FAILED"
    assert _status(found, "execution-role-confused-deputy", "Role") == "PASSED"
    assert _status(found, "execution-role-trust", "Role") == "PASSED"


@pytest.mark.parametrize(
    ("named", "roles", "status"),
    [
        ("      RoleName: !Ref Name\n", "[!Ref Name]", "FAILED"),
        ("", "!Split [',', !Join [',', [!Ref Role]]]", "NOT_AVAILABLE"),
        ("", "[!Ref Name]", "NOT_AVAILABLE"),
        ("", "[!ImportValue x]", "PASSED"),
    ],
)
def test_what_may_be_attached_to_a_role_is_not_passed_over(judge: Judge, named: str, roles: str, status: str) -> None:
    parameters = "Parameters: {Name: {Type: String}}\n"
    policy = f"{POLICY}Policy\n    Properties: {{PolicyName: p, Roles: {roles}, {EVERYTHING}}}\n"
    found = judge(f"{parameters}Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:{TRUST}{named}{policy}")
    assert _status(found, "execution-role-administrator", "Role") == status


def test_the_policy_of_a_bucket_is_found_by_the_words_for_its_name(judge: Judge) -> None:
    text = """
Parameters: {Name: {Type: String}}
Resources:
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Name}}
  Trail: {Type: AWS::CloudTrail::Trail, Properties: {S3BucketName: !Ref Bucket, IsLogging: true}}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Name
      PolicyDocument:
        Statement:
          - Effect: Deny
            Principal: "*"
            Action: "s3:*"
            Resource: "*"
            Condition: {Bool: {"aws:SecureTransport": false}}
"""
    assert _status(judge(text), "bucket-tls-only", "Bucket") == "PASSED"
    imported = text.replace("Bucket: !Ref Name", "Bucket: !ImportValue x")
    assert _status(judge(imported), "bucket-tls-only", "Bucket") == "NOT_AVAILABLE"
    of_another = imported.replace(", Properties: {BucketName: !Ref Name}", "")
    assert _status(judge(of_another), "bucket-tls-only", "Bucket") == "FAILED"


@pytest.mark.parametrize("start", ["arn:aws:", "!Sub 'arn:${AWS::Partition}:"])
def test_the_best_known_policies_of_aws_are_judged_by_name(judge: Judge, start: str) -> None:
    end = "'" if start.startswith("!") else ""
    arns = f"[{start}iam::aws:policy/AdministratorAccess{end}]"
    text = f"Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:{TRUST}      ManagedPolicyArns: {arns}\n"
    found = judge(text)
    assert _status(found, "execution-role-administrator", "Role") == "FAILED"
    assert _status(found, "execution-role-broad-managed-policy", "Role") == "FAILED"


def test_an_attached_policy_of_aws_is_not_guessed(judge: Judge) -> None:
    text = (
        f"Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:{TRUST}"
        "      ManagedPolicyArns: [!Sub 'arn:${AWS::Partition}:iam::aws:policy/AmazonSageMakerFullAccess']\n"
    )
    found = judge(text)
    assert _status(found, "execution-role-broad-managed-policy", "Role") == "FAILED"
    assert _status(found, "execution-role-administrator", "Role") == "NOT_AVAILABLE"


def test_keys_are_judged_by_what_is_set_and_by_defaults(judge: Judge) -> None:
    text = """
Resources:
  Unset: {Type: AWS::KMS::Key, Properties: {}}
  Rotated: {Type: AWS::KMS::Key, Properties: {EnableKeyRotation: "true"}}
  Off: {Type: AWS::KMS::Key, Properties: {EnableKeyRotation: true, Enabled: false}}
  Later: {Type: AWS::KMS::Key, Properties: {EnableKeyRotation: !ImportValue Rotation}}
  Alias: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/mine, TargetKeyId: !Ref Rotated}}
  Notebook: {Type: AWS::SageMaker::NotebookInstance, Properties: {KmsKeyId: alias/mine}}
  Other: {Type: AWS::SageMaker::NotebookInstance, Properties: {KmsKeyId: !Ref Alias}}
"""
    found = judge(text)
    rotation = {name: _status(found, "kms-key-rotation", name) for name in ("Unset", "Rotated", "Later")}
    assert rotation == {"Unset": "FAILED", "Rotated": "PASSED", "Later": "NOT_AVAILABLE"}
    assert _status(found, "kms-key-enabled", "Off") == "FAILED"
    assert _status(found, "sagemaker-key-customer-managed", "Notebook") == "PASSED"
    assert _status(found, "sagemaker-key-customer-managed", "Other") == "PASSED"


def test_the_bucket_of_a_trail_has_its_policy(judge: Judge) -> None:
    text = """
Resources:
  Logs:
    Type: AWS::S3::Bucket
    Properties: {PublicAccessBlockConfiguration: {BlockPublicAcls: false}}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Logs
      PolicyDocument:
        Statement: [{Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: !Sub "${Logs.Arn}/*"}]
  Trail:
    Type: AWS::CloudTrail::Trail
    Properties: {S3BucketName: !Ref Logs, IsLogging: true}
"""
    found = judge(text)
    assert _status(found, "trail-bucket-not-public", "Trail") == "FAILED"
    assert _status(found, "trail-log-file-validation", "Trail") == "FAILED"
    assert _status(found, "trail-encryption", "Trail") == "FAILED"


@pytest.mark.parametrize("place", ["  Properties: {'Fn::Transform': {Name: M}}", "  'Fn::Transform': {Name: M}"])
def test_properties_that_a_macro_writes_are_not_judged(collect: Collect, place: str) -> None:
    items = collect(f"Resources:\n  Role:\n    Type: AWS::IAM::Role\n  {place}\n")
    assert not [item for item in items if isinstance(item, Resource)]
    (gap,) = [item for item in items if isinstance(item, Gap) and item.reason is Reason.UNSUPPORTED_SYNTAX]
    # A hole of the whole template: it makes the run incomplete.
    assert (gap.scope.resource, gap.scope.type) == ("", "")
    assert ": Resources.Role.Properties.Fn::Transform: a macro writes properties" in gap.detail


def test_counts_are_those_of_the_findings_whatever_the_number_of_scenarios(collect: Collect) -> None:
    text = """
Parameters: {Env: {Type: String, AllowedValues: [a, b, c]}}
Conditions: {A: !Equals [!Ref Env, a]}
Resources:
  Notebook:
    Type: AWS::SageMaker::NotebookInstance
    Properties: {RootAccess: !If [A, Enabled, Disabled]}
"""
    assessment = Assessment(Catalog.of(MODULES), datetime(2026, 1, 15, tzinfo=UTC), "gate")
    for item in collect(text):
        if isinstance(item, NextWorld):
            assessment.next_world()
        else:
            assessment.take(item)
    assessment.next_document()
    findings = list(assessment._findings)
    (root,) = [one for one in findings if one.rule == "notebook-instance-root-access"]
    assert root.message == "users have root access (in the scenario Env = a)"
    assert root.evidence[-1].value == ["Env = a"]
    counted = sum(
        sum(asked[status] for status in ("PASSED", "FAILED", "NOT_AVAILABLE")) for asked in _asked(assessment)
    )
    assert counted == len(findings)


def _asked(assessment: Assessment) -> list[dict[str, int]]:
    return [
        dict.fromkeys(("PASSED", "FAILED", "NOT_AVAILABLE"), 0) | dict(one) for one in assessment._judge.asked.values()
    ]


def test_whether_an_account_is_foreign_is_not_guessed(judge: Judge) -> None:
    trust = TRUST.replace("${AWS::AccountId}:root", "444455556666:root").partition("          Condition")[0]
    text = f"Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:{trust}"
    assert _status(judge(text, Deployment()), "execution-role-trust", "Role") == "NOT_AVAILABLE"
    assert _status(judge(text, Deployment(account="444455556666")), "execution-role-trust", "Role") == "PASSED"
    assert _status(judge(text, Deployment(account="111122223333")), "execution-role-trust", "Role") == "FAILED"
