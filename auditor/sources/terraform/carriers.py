"""Resources that carry others within a text: stacks, state machines, manifests.

What is in such a text is not judged here. It is listed where it may hold something of SageMaker's, so that nobody
takes a plan for all that its apply makes.
"""

import json
from collections.abc import Mapping
from typing import Any

from auditor.model.unknown import Unknown
from auditor.sources.terraform.values import Secret

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


def may_hold_sagemaker(resource: str, raw: Mapping[str, Any]) -> bool:
    """Whether what a resource carries may hold something of SageMaker's.

    Args:
        resource: its type.
        raw: its attributes; an `Unknown` where nobody knows them.
    """
    return any(_may(name, raw.get(name)) for name in _CARRIERS[resource][1])


def _may(name: str, value: Any) -> bool:
    if value is None or isinstance(value, Unknown | Secret) or name.endswith(("_url", "_location")):
        return value is not None
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    # An escape may spell the word in another way.
    return "sagemaker" in text.lower() or "\\" in text
