"""`--unknown fail`: what a file names and does not describe counts, what lies around it does not."""

from typing import Any

import pytest

SAFE = {
    "NotebookInstanceName": "nb",
    "InstanceType": "ml.t3.medium",
    "RoleArn": "arn:aws:iam::111122223333:role/r",
    "KmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
}
KEY = "sagemaker-key-customer-managed"
ROLE = {
    "AssumeRolePolicyDocument": {
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ]
    }
}
MODEL = {"Type": "AWS::SageMaker::Model", "Properties": {"ExecutionRoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}}


@pytest.mark.parametrize("alias", ["alias/aws/sagemaker", "arn:aws:kms:eu-west-1:111122223333:alias/aws/ebs"])
def test_the_name_of_a_key_of_awss_is_enough_to_fail(gate: Any, alias: str) -> None:
    gate.write("create-notebook-instance.json", {**SAFE, "KmsKeyId": alias})
    ran = gate("create-notebook-instance.json", "--select", KEY)
    assert ran.code == 1
    assert ran.finding(KEY)["status"] == "FAILED"


def test_a_key_that_is_named_and_not_described_counts(gate: Any) -> None:
    gate.write("create-notebook-instance.json", SAFE)
    only = ("create-notebook-instance.json", "--select", KEY)
    found = gate(*only).finding(KEY)
    assert found["reason"] == "UNRESOLVED_REFERENCE"
    assert SAFE["KmsKeyId"] in found["message"]
    assert gate(*only).code == 0
    assert gate(*only, "--unknown", "fail").code == 1


def test_a_managed_policy_whose_statements_are_not_known_counts(gate: Any) -> None:
    policy = "arn:aws:iam::aws:policy/SomethingNew"
    role = {"Type": "AWS::IAM::Role", "Properties": {**ROLE, "ManagedPolicyArns": [policy]}}
    gate.write("t.json", {"Resources": {"Role": role, "Model": MODEL}})
    only = ("t.json", "--select", "execution-role-administrator", "--fail-on", "LOW")
    assert policy in gate(*only).finding("execution-role-administrator")["message"]
    assert gate(*only, "--unknown", "fail").code == 1


def test_what_lies_around_a_template_does_not_count(gate: Any) -> None:
    network = {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24"}},
        "Notebook": {
            "Type": "AWS::SageMaker::NotebookInstance",
            "Properties": {**SAFE, "SubnetId": {"Ref": "Subnet"}},
        },
    }
    gate.write("t.json", {"Resources": network})
    only = ("t.json", "--select", "vpc-flow-logs")
    assert gate(*only).finding("vpc-flow-logs")["reason"] == "EXCLUDED"
    assert gate(*only, "--unknown", "fail").code == 0


def test_a_platform_that_nobody_knows_counts_and_none_is_the_default(gate: Any) -> None:
    rule = "notebook-instance-platform"
    gate.write("create-notebook-instance.json", SAFE)
    only = ("create-notebook-instance.json", "--select", rule, "--unknown", "fail")
    assert gate(*only).finding(rule)["status"] == "PASSED"
    gate.write("create-notebook-instance.json", {**SAFE, "PlatformIdentifier": "notebook-al2099-v1"})
    assert gate(*only).code == 1
