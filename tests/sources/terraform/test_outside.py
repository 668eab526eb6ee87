"""What a plan attaches to what it does not hold, or to nobody knows whom, is judged or listed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from auditor.model.unknown import Reason, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

NB = "aws_sagemaker_notebook_instance.nb"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/scorer:3"
EVERYTHING = json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
TRUST = json.dumps(
    {
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}
        ]
    }
)
PUBLIC = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]})
WORLD = {"type": "ingress", "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}
SWITCHES = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


@pytest.fixture
def changes(resource: Callable[..., Any]) -> list[dict[str, Any]]:
    """A notebook and a model that stay as they are, and name what other stacks made."""
    notebook = {"name": "nb", "security_groups": ["sg-1"], "subnet_id": "subnet-1", "kms_key_id": KEY}
    container = {"image": IMAGE, "model_data_url": "s3://data/model.tar.gz"}
    return [
        resource(NB, notebook, actions=["no-op"]),
        resource("aws_sagemaker_model.m", {"name": "m", "primary_container": [container]}, actions=["no-op"]),
    ]


GROUPS = "notebook-instance-security-groups"
OFF = dict.fromkeys(SWITCHES, False)


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        ({"security_group_id": "sg-1", **WORLD}, (NB, GROUPS, "FAILED")),
        ({"security_group_id": "sg-1", "type": "egress"}, (NB, GROUPS, "NOT_AVAILABLE")),
        ({"bucket": "data", "policy": PUBLIC}, ("data", "bucket-policy-other-accounts", "FAILED")),
        ({"bucket": "data", **OFF}, ("data", "bucket-public-access-block", "FAILED")),
        ({"bucket": "data", **OFF}, ("data", "bucket-encryption", "NOT_AVAILABLE")),
    ],
)
def test_what_is_attached_to_another_stacks_is_judged(
    collect: Callable[..., Any],
    resource: Callable[..., Any],
    status_of: Callable[..., str],
    changes: list[dict[str, Any]],
    after: dict[str, Any],
    verdict: tuple[str, str, str],
) -> None:
    kind = "policy" if "policy" in after else "public_access_block"
    address = f"aws_s3_bucket_{kind}.x" if "bucket" in after else "aws_security_group_rule.x"
    found, gaps = collect([*changes, resource(address, after)])
    owner, rule, status = verdict
    at = NB if owner == NB else f"{address} ({owner})"
    assert status_of(found, gaps, rule, at) == status


def test_of_another_stacks_repository_no_more_is_said_than_is_known(
    collect: Callable[..., Any], resource: Callable[..., Any], changes: list[dict[str, Any]]
) -> None:
    policy = {"repository": "team/scorer", "policy": PUBLIC}
    found, _ = collect([*changes, resource("aws_ecr_repository_policy.x", policy)])
    repository = found["aws_ecr_repository_policy.x (team/scorer)"]
    assert repository.policy == json.loads(PUBLIC)
    assert isinstance(repository.peek("image_tag_mutability"), Unknown)
    assert isinstance(repository.peek("scan_on_push"), Unknown)


def test_a_public_access_block_of_another_stacks_bucket_that_goes(
    collect: Callable[..., Any],
    resource: Callable[..., Any],
    status_of: Callable[..., str],
    changes: list[dict[str, Any]],
) -> None:
    kind = "aws_s3_bucket_public_access_block.x"
    entry = resource(kind, None, before={"bucket": "data"}, actions=["delete"])
    found, gaps = collect([*changes, entry])
    assert status_of(found, gaps, "bucket-public-access-block", f"{kind} (data)") == "FAILED"
    bucket = resource("aws_s3_bucket.b", None, before={"bucket": "data"}, actions=["delete"])
    found, _ = collect([*changes, entry, bucket])
    assert f"{kind} (data)" not in found


def test_the_policy_of_another_stacks_key_is_judged(
    collect: Callable[..., Any], resource: Callable[..., Any], changes: list[dict[str, Any]]
) -> None:
    found, _ = collect([*changes, resource("aws_kms_key_policy.x", {"key_id": KEY, "policy": EVERYTHING})])
    key = found[f"aws_kms_key_policy.x ({KEY})"]
    assert key.policy == json.loads(EVERYTHING)
    assert KEY in key.names()


@pytest.mark.parametrize("kind", ["aws_security_group", "aws_default_security_group"])
def test_what_the_plan_holds_stands_for_itself(
    collect: Callable[..., Any], resource: Callable[..., Any], changes: list[dict[str, Any]], kind: str
) -> None:
    group = resource(f"{kind}.g", {"id": "sg-1", "ingress": []}, actions=["no-op"])
    found, _ = collect([*changes, group, resource("aws_security_group_rule.x", {"security_group_id": "sg-1", **WORLD})])
    assert [at for at, one in found.items() if one.identity.type == "AWS::EC2::SecurityGroup"] == [f"{kind}.g"]


@pytest.mark.parametrize(
    ("kind", "after", "listed"),
    [
        ("aws_iam_role_policy", {"role": "r"}, "AWS::IAM::Role"),
        ("aws_iam_role_policy_attachment", {"role": "r"}, "AWS::IAM::Role"),
        ("aws_iam_role_policy_attachments_exclusive", {"role_name": "r"}, "AWS::IAM::Role"),
        ("aws_iam_policy_attachment", {"roles": ["r"], "users": [], "groups": None}, "AWS::IAM::Role"),
        ("aws_iam_policy_attachment", {"users": ["r"]}, "AWS::IAM::User"),
        ("aws_iam_user_policy", {"user": "r"}, "AWS::IAM::User"),
        ("aws_iam_group_policy_attachment", {"group": "r"}, "AWS::IAM::Group"),
        ("aws_s3_bucket_policy", {"bucket": "r"}, ""),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_a_policy_of_somebody_outside_of_the_plan_is_listed(
    collect: Callable[..., Any],
    resource: Callable[..., Any],
    *,
    kind: str,
    after: dict[str, Any],
    listed: str,
    known: bool,
) -> None:
    """So is one of somebody whom nobody knows, where there is nobody of whom it could be said."""
    whom = {name for name, value in after.items() if value}
    entry = resource(f"{kind}.p", after if known else {}, {} if known else dict.fromkeys(whom, True))
    _, gaps = collect([entry])
    told = [(gap.scope.type, gap.scope.resource) for gap in gaps if gap.reason is not Reason.EXCLUDED]
    assert told == ([(listed, f"{kind}.p")] if listed else [])
    _, gaps = collect([{**entry, "change": {**entry["change"], "actions": ["no-op"]}}])
    assert [gap.reason for gap in gaps] == [Reason.EXCLUDED]


@pytest.mark.parametrize("literal", [True, False])
def test_a_policy_of_somebody_in_the_plan_is_not_listed(
    collect: Callable[..., Any],
    resource: Callable[..., Any],
    configured: Callable[..., Any],
    ref: Callable[..., Any],
    *,
    literal: bool,
) -> None:
    role, policy = "aws_iam_role.r", "aws_iam_role_policy.p"
    changes = [
        resource(role, {"name": "r"} if literal else {}, {} if literal else {"name": True}),
        resource(policy, {"role": "r", "policy": EVERYTHING} if literal else {}, {} if literal else {"role": True}),
    ]
    root = {"resources": [configured(role), configured(policy, role={} if literal else ref(f"{role}.name", role))]}
    _, gaps = collect(changes, root)
    assert [gap.reason for gap in gaps] == [Reason.EXCLUDED]


@pytest.mark.parametrize("actions", [["update"], ["no-op"]])
def test_a_change_of_a_policy_that_somebody_outside_of_the_plan_has_is_listed(
    collect: Callable[..., Any], resource: Callable[..., Any], actions: list[str]
) -> None:
    arn = "arn:aws:iam::111122223333:policy/p"
    link = resource("aws_iam_role_policy_attachment.a", {"role": "r", "policy_arn": arn}, actions=["no-op"])
    policy = resource("aws_iam_policy.p", {"arn": arn, "name": "p", "policy": EVERYTHING}, actions=actions)
    _, gaps = collect([link, policy])
    told = [gap.scope.resource for gap in gaps if gap.reason is Reason.UNRESOLVED_REFERENCE]
    assert told == (["aws_iam_role_policy_attachment.a"] if actions == ["update"] else [])


def test_what_may_belong_to_what_was_not_judged_is_listed(
    collect: Callable[..., Any], resource: Callable[..., Any], changes: list[dict[str, Any]]
) -> None:
    rule = resource("aws_security_group_rule.x", WORLD, {"security_group_id": True})
    found, gaps = collect([*changes, rule])
    assert NB not in found
    (gap,) = (one for one in gaps if one.reason is Reason.KNOWN_AFTER_APPLY)
    assert (gap.scope.type, gap.scope.resource) == ("AWS::EC2::SecurityGroup", "aws_security_group_rule.x")
    _, gaps = collect([rule])
    assert [gap.reason for gap in gaps] == [Reason.EXCLUDED]


@pytest.mark.parametrize(
    ("kind", "after", "verdict"),
    [
        ("awscc_iam_role_policy", {"role_name": "r"}, ("aws_iam_role.r", "execution-role-administrator")),
        ("awscc_iam_managed_policy", {"roles": ["r"]}, ("aws_iam_role.r", "execution-role-administrator")),
        ("awscc_s3_bucket_policy", {"bucket": "data"}, ("aws_s3_bucket.b", "bucket-policy-other-accounts")),
        ("awscc_ec2_security_group_ingress", {"group_id": "sg-1"}, (NB, GROUPS)),
    ],
)
def test_what_another_provider_attaches_is_not_taken_for_nothing(
    collect: Callable[..., Any],
    resource: Callable[..., Any],
    status_of: Callable[..., str],
    changes: list[dict[str, Any]],
    *,
    kind: str,
    after: dict[str, Any],
    verdict: tuple[str, str],
) -> None:
    owner, rule = verdict
    held = [
        resource("aws_iam_role.r", {"name": "r", "assume_role_policy": TRUST}),
        resource("aws_s3_bucket.b", {"bucket": "data"}),
        resource("aws_security_group.g", {"id": "sg-1", "name": "g", "ingress": [], "egress": []}),
    ]
    found, gaps = collect([*changes, *held])
    assert status_of(found, gaps, rule, owner) == "PASSED"
    entry = resource("aws_other.x", after) | {"type": kind, "address": f"{kind}.x"}
    found, gaps = collect([*changes, *held, entry])
    assert status_of(found, gaps, rule, owner) == "NOT_AVAILABLE"


def test_what_another_provider_attaches_to_its_own_is_its_own_matter(
    collect: Callable[..., Any],
    resource: Callable[..., Any],
    configured: Callable[..., Any],
    ref: Callable[..., Any],
    status_of: Callable[..., str],
) -> None:
    role, policy = "awscc_iam_role.r", "awscc_iam_role_policy.p"
    theirs = resource("aws_other.r", {}, {"role_name": True}) | {"type": "awscc_iam_role", "name": "r", "address": role}
    attached = resource("aws_other.p", {}, {"role_name": True})
    attached |= {"type": "awscc_iam_role_policy", "address": policy}
    root = {"resources": [configured(role), configured(policy, role_name=ref(f"{role}.role_name", role))]}
    mine = resource("aws_iam_role.mine", {"name": "mine", "assume_role_policy": TRUST})
    found, gaps = collect([theirs, attached, mine], root)
    assert status_of(found, gaps, "execution-role-administrator", "aws_iam_role.mine") == "PASSED"


def test_a_setting_that_is_deleted_and_hides_whose_it_was_is_listed(
    collect: Callable[..., Any], resource: Callable[..., Any], changes: list[dict[str, Any]]
) -> None:
    marks = {"before": {"bucket": "data"}, "before_sensitive": {"bucket": True}}
    gone = resource("aws_s3_bucket_public_access_block.x", None, **marks, actions=["delete"])
    _, gaps = collect([*changes, gone])
    (gap,) = (one for one in gaps if one.reason is Reason.UNRESOLVED_REFERENCE)
    assert (gap.scope.type, gap.scope.resource) == ("AWS::S3::Bucket", "aws_s3_bucket_public_access_block.x")
    _, gaps = collect([gone])
    assert [gap.reason for gap in gaps] == [Reason.EXCLUDED]


def test_a_secret_name_is_not_shown(collect: Callable[..., Any], resource: Callable[..., Any]) -> None:
    marks = {"after_sensitive": {"role": True}}
    _, gaps = collect([resource("aws_iam_role_policy.p", {"role": "hunter2", "policy": EVERYTHING}, **marks)])
    assert [gap.scope.type for gap in gaps if gap.reason is Reason.KNOWN_AFTER_APPLY] == ["AWS::IAM::Role"]
    assert "hunter2" not in str(gaps)


@pytest.mark.parametrize("mark", ["before_sensitive", "after_sensitive"])
@pytest.mark.parametrize("whole", [True, False])
def test_a_name_that_becomes_a_secret_is_not_shown(
    collect: Callable[..., Any], resource: Callable[..., Any], changes: list[dict[str, Any]], mark: str, *, whole: bool
) -> None:
    policy = {"bucket": "data", "policy": PUBLIC}
    marks = {mark: whole or {"bucket": True}, "before": policy, "actions": ["delete"]}
    found, gaps = collect([*changes, resource("aws_s3_bucket_policy.p", None, **marks)])
    assert not any(one.identity.type == "AWS::S3::Bucket" for one in found.values())
    assert [gap.scope.resource for gap in gaps if gap.reason is not Reason.EXCLUDED] == ["aws_s3_bucket_policy.p"]
