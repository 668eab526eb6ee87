"""What Ref and Fn::GetAtt give for a resource of the template, and how the resource is called.

Sources: CloudFormation template reference, "Return values" of each type.
"""

import re
from collections.abc import Mapping

# The property that holds the name that somebody chose, where it is not the type's own word followed by `Name`.
_NAME_PROPERTIES: Mapping[str, str] = {
    "AWS::CloudTrail::Trail": "TrailName",
    "AWS::ECR::Repository": "RepositoryName",
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SageMaker::Image": "ImageName",
    "AWS::SageMaker::InferenceExperiment": "Name",
    "AWS::SageMaker::MlflowApp": "Name",
    "AWS::SageMaker::PartnerApp": "Name",
}
# Ids by whose start one tells what a route leads to (EC2 user guide, "Resource IDs").
_ID_STARTS: Mapping[str, str] = {
    "AWS::EC2::CarrierGateway": "cagw-",
    "AWS::EC2::EgressOnlyInternetGateway": "eigw-",
    "AWS::EC2::Instance": "i-",
    "AWS::EC2::InternetGateway": "igw-",
    "AWS::EC2::LocalGateway": "lgw-",
    "AWS::EC2::NatGateway": "nat-",
    "AWS::EC2::TransitGateway": "tgw-",
    "AWS::EC2::VPNGateway": "vgw-",
}
# What these give is made by code, or by templates, that nobody sees here.
_OPAQUE = ("Custom::", "AWS::CloudFormation::CustomResource", "AWS::CloudFormation::Macro")
_STACKS = ("AWS::CloudFormation::Stack", "AWS::Serverless::Application")
_IDENTIFYING = frozenset({"Arn", "Id", "Name", "AliasArn", "RepositoryUri", "PolicyArn"})
_PRESENT = re.compile(r"(Arn|Arns|Id|Ids|Name|Names|Url|Uri|URL|Endpoint|Address|DomainName|SecurityGroups?)$")
# Services whose ARNs name no region.
_GLOBAL = frozenset({"iam", "s3"})


def name_property(kind: str) -> str:
    """The property that holds the name of a resource of some type."""
    return _NAME_PROPERTIES.get(kind, f"{kind.rpartition('::')[2]}Name")


def called(kind: str, logical_id: str) -> str:
    """What a resource is called that has no name of its own: its logical id, after what its id will begin with."""
    return _ID_STARTS.get(kind, "") + logical_id


def opaque(kind: str) -> bool:
    """Whether nobody can tell what a resource of this type gives."""
    return kind.startswith(_OPAQUE)


def is_stack(kind: str) -> bool:
    """Whether resources of this type are stacks of their own."""
    return kind in _STACKS


def identifies(kind: str, attribute: str) -> bool:
    """Whether an attribute names the resource itself, so that what it gives leads there."""
    if attribute in _IDENTIFYING:
        return True
    for end in ("Arn", "Id", "Name"):
        word = attribute.removesuffix(end).lower()
        if attribute.endswith(end) and word and word in kind.rpartition("::")[2].lower():
            return True
    return False


def present(attribute: str) -> bool:
    """Whether an attribute is an id, name or address of something that the resource comes with: it is never empty."""
    return _PRESENT.search(attribute) is not None


def arn_of(kind: str, name: str, partition: str, region: str, account: str) -> str:
    """An ARN as policies hold it, right in partition, service, region and account."""
    service = kind.split("::")[1].lower() if "::" in kind else ""
    if service == "s3":
        return f"arn:{partition}:s3:::{name}"
    kept = "" if service in _GLOBAL else region
    tail = f"{kind.rpartition('::')[2].lower()}/{name}"
    return f"arn:{partition}:{service}:{kept}:{account}:{tail}"
