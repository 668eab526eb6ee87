"""What a plan attaches to things that it does not hold itself: a rule to another stack's group, a policy to a role."""

from collections.abc import Iterator, Mapping
from typing import Any

from auditor.sources.interface import Reference
from auditor.sources.terraform.plan import Change
from auditor.sources.terraform.values import Secret

_BUCKET = ("bucket", "aws_s3_bucket", "bucket")
_GROUP = ("security_group_id", "aws_security_group", "id")
# Of what is attached: the argument that names the owner, the owner's type, and the attribute that is its name.
OWNED: Mapping[str, tuple[str, str, str]] = {
    "aws_ecr_repository_policy": ("repository", "aws_ecr_repository", "name"),
    "aws_kms_key_policy": ("key_id", "aws_kms_key", "id"),
    "aws_s3_bucket_logging": _BUCKET,
    "aws_s3_bucket_policy": _BUCKET,
    "aws_s3_bucket_public_access_block": _BUCKET,
    "aws_s3_bucket_server_side_encryption_configuration": _BUCKET,
    "aws_s3_bucket_versioning": _BUCKET,
    "aws_security_group_rule": _GROUP,
    "aws_vpc_security_group_egress_rule": _GROUP,
    "aws_vpc_security_group_ingress_rule": _GROUP,
}
# Whom a policy is attached to, by the argument that names them.
_ROLE, _USER, _GROUP_OF_USERS = ("role", "aws_iam_role"), ("user", "aws_iam_user"), ("group", "aws_iam_group")
_PRINCIPALS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "aws_iam_group_policy": (_GROUP_OF_USERS,),
    "aws_iam_group_policy_attachment": (_GROUP_OF_USERS,),
    "aws_iam_policy_attachment": tuple((f"{word}s", kind) for word, kind in (_ROLE, _USER, _GROUP_OF_USERS)),
    "aws_iam_role_policy": (_ROLE,),
    "aws_iam_role_policy_attachment": (_ROLE,),
    "aws_iam_role_policy_attachments_exclusive": (("role_name", "aws_iam_role"),),
    "aws_iam_user_policy": (_USER,),
    "aws_iam_user_policy_attachment": (_USER,),
    "awscc_iam_group_policy": (("group_name", "aws_iam_group"),),
    "awscc_iam_managed_policy": tuple((f"{word}s", kind) for word, kind in (_ROLE, _USER, _GROUP_OF_USERS)),
    "awscc_iam_role_policy": (("role_name", "aws_iam_role"),),
    "awscc_iam_user_policy": (("user_name", "aws_iam_user"),),
}
# What the Cloud Control provider attaches in the stead of a resource of the AWS provider, and the argument that names
# the owner: that it is there is seen, what it says is not read.
UNREAD: Mapping[str, tuple[tuple[str, str], ...]] = {
    "aws_iam_group_policy": (("awscc_iam_group_policy", "group_name"), ("awscc_iam_managed_policy", "groups")),
    "aws_iam_role_policy": (("awscc_iam_role_policy", "role_name"), ("awscc_iam_managed_policy", "roles")),
    "aws_iam_user_policy": (("awscc_iam_user_policy", "user_name"), ("awscc_iam_managed_policy", "users")),
    "aws_route": (("awscc_ec2_route", "route_table_id"),),
    "aws_route_table_association": (("awscc_ec2_subnet_route_table_association", "subnet_id"),),
    "aws_s3_bucket_policy": (("awscc_s3_bucket_policy", "bucket"),),
    "aws_vpc_security_group_egress_rule": (("awscc_ec2_security_group_egress", "group_id"),),
    "aws_vpc_security_group_ingress_rule": (("awscc_ec2_security_group_ingress", "group_id"),),
}
TYPES: Mapping[str, str] = {
    "aws_ecr_repository": "AWS::ECR::Repository",
    "aws_iam_group": "AWS::IAM::Group",
    "aws_iam_role": "AWS::IAM::Role",
    "aws_iam_user": "AWS::IAM::User",
    "aws_kms_key": "AWS::KMS::Key",
    "aws_s3_bucket": "AWS::S3::Bucket",
    "aws_security_group": "AWS::EC2::SecurityGroup",
}
_ALIKE: Mapping[str, frozenset[str]] = {
    "aws_kms_key": frozenset(
        {"aws_kms_key", "aws_kms_external_key", "aws_kms_replica_key", "aws_kms_replica_external_key"}
    ),
    "aws_security_group": frozenset({"aws_security_group", "aws_default_security_group"}),
}


def alike(kind: str) -> frozenset[str]:
    """The types of resources that make the same as one type."""
    return _ALIKE.get(kind) or frozenset({kind})


def owners_of(attached: str) -> tuple[tuple[str, str], ...]:
    """The arguments of a type that name what it is attached to, and what that is; none where it stands alone."""
    if attached in OWNED:
        return (OWNED[attached][:2],)
    return _PRINCIPALS.get(attached, ())


def is_principal(kind: str) -> bool:
    """Whether a type is a user, group or role."""
    return kind.startswith("aws_iam_")


def told_names(value: Any) -> Iterator[str]:
    """The names that an attribute tells: those of a list, and none that is a mark or a secret."""
    for one in value if isinstance(value, list) else (value,):
        if isinstance(one, str) and one and not isinstance(one, Reference | Secret):
            yield str(one)


def stand_in(attached: Change, name: str) -> Change:
    """What stands for the owner of something: as if a data source had found it, and told no more than its name."""
    _, kind, attribute = OWNED[attached.type]
    arn = name if name.startswith("arn:") else ""
    after = {"arn": arn, attribute: name.rpartition("/")[2] if arn else name}
    return Change(
        address=f"{attached.address} ({name})",
        module=attached.module,
        mode="data",
        type=kind,
        name="",
        index=None,
        actions=frozenset(),
        after=after,
        unknown={},
        sensitive={},
        at=attached.at,
    )
