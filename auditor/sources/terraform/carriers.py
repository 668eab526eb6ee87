"""Resources that carry others within a text: stacks, state machines, manifests.

What is in such a text is not judged here. It is listed where it may hold something of SageMaker's, or attach
something to what a plan holds, so that nobody takes a plan for all that its apply makes.
"""

from collections.abc import Mapping
from typing import Any

from auditor.model.unknown import Unknown
from auditor.sources.terraform.values import Secret

# SageMaker's own, and the types of what belongs to roles, groups, buckets and route tables of others.
_WORDS = (
    *("sagemaker", "aws::iam::policy", "aws::iam::managedpolicy", "aws::iam::rolepolicy"),
    *("aws::ec2::securitygroupingress", "aws::ec2::securitygroupegress", "aws::ec2::route", "aws::s3::bucketpolicy"),
    "aws::ec2::subnetroutetableassociation",
)
# Arguments that tell where the text lies, and not what it says.
_ELSEWHERE = ("_url", "_location")
_TEMPLATE = ("template_body", "template_url")
# The type that reports show, and the arguments that hold the text (documentation of the providers).
_CARRIERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "aws_cloudcontrolapi_resource": ("AWS::CloudFormation::Resource", ("type_name", "desired_state")),
    "aws_cloudformation_stack": ("AWS::CloudFormation::Stack", _TEMPLATE),
    "aws_cloudformation_stack_set": ("AWS::CloudFormation::StackSet", _TEMPLATE),
    "aws_sfn_state_machine": ("AWS::StepFunctions::StateMachine", ("definition",)),
    "awscc_cloudformation_stack": ("AWS::CloudFormation::Stack", _TEMPLATE),
    "awscc_cloudformation_stack_set": ("AWS::CloudFormation::StackSet", _TEMPLATE),
    "awscc_stepfunctions_state_machine": (
        "AWS::StepFunctions::StateMachine",
        ("definition", "definition_string", "definition_s3_location"),
    ),
    "kubectl_manifest": ("Kubernetes::Manifest", ("yaml_body",)),
    "kubernetes_manifest": ("Kubernetes::Manifest", ("manifest",)),
}


def carried(resource: str) -> str:
    """The type that reports show of a resource that carries others; empty where it carries none."""
    return _CARRIERS.get(resource, ("",))[0]


def may_matter(resource: str, raw: Mapping[str, Any]) -> bool:
    """Whether what a resource carries may hold something of SageMaker's, or attach something to what it leans on.

    Args:
        resource: its type.
        raw: its attributes; an `Unknown` where nobody knows them.
    """
    told = {name: raw.get(name) for name in _CARRIERS[resource][1]}
    return any(value is not None and (name.endswith(_ELSEWHERE) or _may(value)) for name, value in told.items())


def _may(value: Any) -> bool:
    if isinstance(value, Unknown | Secret):
        return True
    if isinstance(value, dict):
        return any(_may(item) for pair in value.items() for item in pair)
    if isinstance(value, list):
        return any(_may(item) for item in value)
    # An escape may spell the word in another way.
    return isinstance(value, str) and ("\\" in value or any(word in value.lower() for word in _WORDS))
