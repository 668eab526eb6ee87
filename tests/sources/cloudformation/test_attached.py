"""What is attached to a resource, and what may be: nothing that was not understood is passed over."""

from collections.abc import Callable

import pytest

from auditor.model.finding import Finding
from auditor.model.unknown import Reason

Judge = Callable[..., dict[tuple[str, str], Finding]]

ADMINISTRATOR = "execution-role-administrator"
GROUPS = "notebook-instance-security-groups"
ROLE = """
Parameters:
  N: {{Type: String}}
  L: {{Type: CommaDelimitedList}}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      {name}
      AssumeRolePolicyDocument:
        Statement: [{{Effect: Allow, Principal: {{Service: sagemaker.amazonaws.com}}, Action: sts:AssumeRole}}]
  P:
    Type: AWS::IAM::{kind}
    Properties:
      PolicyName: a
      {owner}
      PolicyDocument: {{Statement: [{{Effect: Allow, Action: '*', Resource: '*'}}]}}
"""
NETWORK = """
Parameters:
  P: {{Type: String}}
Resources:
  V: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16}}}}
  S:
    Type: AWS::EC2::SecurityGroup
    Properties: {{GroupDescription: x, GroupName: mine, VpcId: !Ref V, SecurityGroupIngress: []}}
  I:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {{{owner}, IpProtocol: tcp, FromPort: {port}, ToPort: 443, CidrIp: 0.0.0.0/0}}
  N:
    Type: AWS::SageMaker::NotebookInstance
    Properties:
      InstanceType: ml.t3.medium
      RoleArn: arn:aws:iam::111122223333:role/x
      SubnetId: subnet-1
      SecurityGroupIds: [!GetAtt S.GroupId]
"""
BUCKET = """
Resources:
  B:
    Type: AWS::S3::Bucket
    Properties: {PublicAccessBlockConfiguration: {BlockPublicPolicy: false, RestrictPublicBuckets: false}}
  Public:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref B
      PolicyDocument: {Statement: [{Effect: Allow, Principal: '*', Action: 's3:GetObject', Resource: '*'}]}
  Quiet:
    Type: AWS::S3::BucketPolicy
    Properties: {Bucket: !Ref B, PolicyDocument: {Statement: []}}
  M:
    Type: AWS::SageMaker::Model
    Properties: {ExecutionRoleArn: x, PrimaryContainer: {Image: x, ModelDataUrl: !Sub 's3://${B}/m.tar.gz'}}
"""


@pytest.mark.parametrize(
    ("name", "kind", "owner", "status"),
    [
        ("RoleName: !Ref N", "Policy", "Roles: [!Ref N]", "FAILED"),
        ("RoleName: !Sub '${{AWS::StackName}}-r'", "Policy", "Roles: [!Sub '${{AWS::StackName}}-r']", "FAILED"),
        (
            "RoleName: !Sub '${{AWS::StackName}}-r'",
            "Policy",
            "Roles: [!Join ['-', [!Ref AWS::StackName, r]]]",
            "FAILED",
        ),
        ("RoleName: prod-r", "Policy", "Roles: [!Sub '${{AWS::StackName}}-r']", "NOT_AVAILABLE"),
        ("RoleName: prod-r", "Policy", "Roles: [!Sub '${{AWS::StackName}}-s']", "PASSED"),
        ("Path: /", "Policy", "Roles: [!Sub '${{AWS::StackName}}-r']", "PASSED"),
        ("Path: /", "Policy", "Roles: !Ref L", "NOT_AVAILABLE"),
        ("Path: /", "Policy", "Roles: ['{{{{resolve:ssm:/role}}}}']", "NOT_AVAILABLE"),
        ("Path: /", "RolePolicy", "RoleName: !Ref N", "NOT_AVAILABLE"),
        ("Path: /", "ManagedPolicy", "Roles: [!Ref N]", "NOT_AVAILABLE"),
        ("Path: /", "Policy", "Roles: [!ImportValue other]", "PASSED"),
        ("RoleName: r", "Policy", "Roles: [!ImportValue other]", "NOT_AVAILABLE"),
        ("Path: /", "Policy", "Roles: [another]", "PASSED"),
    ],
)
def test_a_policy_that_may_be_a_roles_is_not_passed_over(
    judge: Judge, name: str, kind: str, owner: str, status: str
) -> None:
    text = ROLE.format(name=name.format(), kind=kind, owner=owner.format())
    (found,) = [one for (rule, _), one in judge(text).items() if rule == ADMINISTRATOR]
    assert found.status.value == status
    if status == "NOT_AVAILABLE":
        assert found.reason is Reason.UNRESOLVED_REFERENCE
        assert "it may name this one" in found.message


def test_a_policy_is_a_roles_once_its_parameter_is_told(judge: Judge) -> None:
    text = ROLE.format(name="RoleName: r", kind="RolePolicy", owner="RoleName: !Ref N")
    assert judge(text, N="r")[ADMINISTRATOR, "R"].status.value == "FAILED"
    assert judge(text, N="other")[ADMINISTRATOR, "R"].status.value == "PASSED"


@pytest.mark.parametrize("own", ["!Ref N", "!Sub '${N}-a'"])
def test_what_is_called_as_another_role_is_that_ones(judge: Judge, own: str) -> None:
    text = ROLE.format(name=f"RoleName: {own}", kind="RolePolicy", owner=f"RoleName: {own}") + (
        "  Other:\n    Type: AWS::IAM::Role\n    Properties: {AssumeRolePolicyDocument: {Statement: "
        "[{Effect: Allow, Principal: {Service: sagemaker.amazonaws.com}, Action: sts:AssumeRole}]}}\n"
    )
    found = judge(text)
    assert found[ADMINISTRATOR, "R"].status.value == "FAILED"
    assert found[ADMINISTRATOR, "Other"].status.value == "PASSED"


@pytest.mark.parametrize(
    ("owner", "port", "status"),
    [
        ("GroupId: !Ref P", "443", "NOT_AVAILABLE"),
        ("GroupName: mine", "443", "FAILED"),
        ("GroupName: !Ref P", "443", "NOT_AVAILABLE"),
        ("GroupName: another", "443", "PASSED"),
        ("GroupId: !ImportValue other", "443", "PASSED"),
        ("GroupId: !GetAtt S.GroupId", "'--5'", "FAILED"),
        ("GroupId: !GetAtt S.GroupId", "'٤٤٣'", "FAILED"),
    ],
)
def test_a_rule_that_may_be_a_groups_is_not_passed_over(judge: Judge, owner: str, port: str, status: str) -> None:
    found = judge(NETWORK.format(owner=owner, port=port))
    assert found[GROUPS, "N"].status.value == status


def test_of_two_policies_of_a_bucket_none_counts_alone(judge: Judge) -> None:
    found = judge(BUCKET)
    for rule in ("bucket-policy-not-public", "bucket-policy-other-accounts"):
        assert found[rule, "B"].status.value == "NOT_AVAILABLE"
        assert "Public and Quiet" in found[rule, "B"].message


@pytest.mark.parametrize("said", ["false", "'False'", "'false'", "0"])
def test_a_key_that_is_switched_off_is_disabled(judge: Judge, said: str) -> None:
    text = (
        f"Resources:\n  K: {{Type: AWS::KMS::Key, Properties: {{KeyPolicy: {{}}, Enabled: {said}}}}}\n"
        "  N:\n    Type: AWS::SageMaker::NotebookInstance\n"
        "    Properties: {InstanceType: ml.t3.medium, RoleArn: x, KmsKeyId: !Ref K}\n"
    )
    assert judge(text)["kms-key-enabled", "K"].status.value == "FAILED"


def test_an_index_of_thousands_of_digits_selects_nothing(judge: Judge) -> None:
    text = (
        "Resources:\n  N:\n    Type: AWS::SageMaker::NotebookInstance\n    Properties:\n"
        f"      RootAccess: !Select ['{'9' * 5000}', [Disabled]]\n"
    )
    assert judge(text)["notebook-instance-root-access", "N"].status.value == "NOT_AVAILABLE"


def test_policies_are_looked_up_by_their_owners(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each policy's owner is asked for as often as there are ways to ask, not once for each role."""
    from auditor.sources.cloudformation.resolver import Resolver  # noqa: PLC0415  only its calls are counted

    calls = 0
    value = Resolver.value

    def counted(self: Resolver, *args: object) -> object:
        nonlocal calls
        calls += 1
        return value(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Resolver, "value", counted)

    def asked(count: int) -> int:
        nonlocal calls
        calls = 0
        parts = ["Resources:"]
        for index in range(count):
            parts.append(f"  R{index}: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{}}}}}}")
            parts.append(
                f"  P{index}: {{Type: AWS::IAM::Policy, Properties: "
                f"{{PolicyName: x, Roles: [!Ref R{index}], PolicyDocument: {{}}}}}}"
            )
        judge("\n".join(parts))
        return calls

    assert asked(80) < 5 * asked(20)
