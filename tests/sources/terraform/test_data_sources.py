"""What data sources told while the plan was made is used as they told it, and nothing beyond."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from auditor.model.codec import encode
from auditor.model.unknown import CannotAssess, Unknown
from auditor.sources.interface import Deployment, GateContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.model.resource import Resource

NB = "aws_sagemaker_notebook_instance.nb"
ROLE = "aws_iam_role.r"
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}
HEAD = "arn:aws:kms:eu-west-1:111122223333:"
KEY = f"{HEAD}key/1234abcd-12ab-34cd-56ef-1234567890ab"
POLICY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
SECRET = "hunter2-hunter2-hunter2"
KEY_TOLD = {
    "id": KEY.rpartition("/")[2],
    "arn": KEY,
    "enabled": True,
    "key_manager": "CUSTOMER",
    "key_state": "Enabled",
    "customer_master_key_spec": "SYMMETRIC_DEFAULT",
    "key_usage": "ENCRYPT_DECRYPT",
    "origin": "AWS_KMS",
    "multi_region": False,
}


def _read(address: str, values: dict[str, Any], **more: Any) -> dict[str, Any]:
    kind, _, name = address.rpartition("data.")[2].partition(".")
    return {"address": address, "mode": "data", "type": kind, "name": name, "values": values, **more}


def _state(*sources: dict[str, Any], **modules: dict[str, Any]) -> dict[str, Any]:
    children = [{"address": f"module.{name}", "resources": [one]} for name, one in modules.items()]
    root = {"resources": list(sources), "child_modules": children}
    return {"prior_state": {"format_version": "1.0", "values": {"root_module": root}}}


def _untold(one: Resource, field: str) -> bool:
    return isinstance(one.peek(field), Unknown)


def test_a_key_is_known_as_far_as_its_data_source_tells(
    collect: Callable[..., Any], resource: Callable[..., Any]
) -> None:
    alias = {"arn": f"{HEAD}alias/ml", "name": "alias/ml", "target_key_arn": KEY}
    state = _state(_read("data.aws_kms_key.k", KEY_TOLD), a=_read("module.a.data.aws_kms_alias.a", alias))
    found, _ = collect([resource(NB, {"name": "nb", "kms_key_id": KEY})], **state)
    key = found["data.aws_kms_key.k"]
    assert (key.key_manager, key.key_state, key.arn) == ("CUSTOMER", "Enabled", KEY)
    assert {"alias/ml", f"{HEAD}alias/ml", KEY, KEY_TOLD["id"]} <= set(key.names())
    assert _untold(key, "key_rotation_enabled")
    assert _untold(key, "policy")
    assert "module.a.data.aws_kms_alias.a" not in found


@pytest.mark.parametrize(("alias", "manager"), [("alias/ml", "CUSTOMER"), ("alias/aws/sagemaker", "AWS")])
def test_an_alias_tells_who_manages_its_key(
    collect: Callable[..., Any], resource: Callable[..., Any], alias: str, manager: str
) -> None:
    told = {"arn": HEAD + alias, "id": HEAD + alias, "name": alias, "target_key_arn": KEY, "target_key_id": "x"}
    changes = [resource(NB, {"name": "nb", "kms_key_id": alias})]
    found, _ = collect(changes, **_state(_read("data.aws_kms_alias.a", told)))
    key = found["data.aws_kms_alias.a"]
    assert key.key_manager == manager
    assert {alias, HEAD + alias, KEY} <= set(key.names())
    assert all(_untold(key, field) for field in ("key_state", "key_rotation_enabled", "multi_region", "policy"))


def _role(resource: Callable[..., Any], *arns: str) -> list[dict[str, Any]]:
    trust = json.dumps({"Statement": [TRUST]})
    role = resource(ROLE, {"name": "r", "assume_role_policy": trust, "inline_policy": []}, {"arn": True})
    links = [
        resource(f"aws_iam_role_policy_attachment.a{number}", {"role": "r", "policy_arn": arn})
        for number, arn in enumerate(arns)
    ]
    return [role, *links]


@pytest.mark.parametrize(
    ("action", "status"), [("s3:Get*", "PASSED"), ("*", "FAILED"), (None, "NOT_AVAILABLE"), ("{", "NOT_AVAILABLE")]
)
def test_a_policy_of_aws_counts_as_it_was_read(
    collect: Callable[..., Any],
    resource: Callable[..., Any],
    status_of: Callable[..., str],
    action: str | None,
    status: str,
) -> None:
    text = json.dumps({"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
    told = {"arn": POLICY, "name": "AmazonS3ReadOnlyAccess", "path": "/", "policy": "{" if action == "{" else text}
    # Without the data source nobody has read what the policy allows.
    state = _state(_read("data.aws_iam_policy.p", told)) if action else {}
    found, gaps = collect(_role(resource, POLICY), **state)
    assert status_of(found, gaps, "execution-role-administrator", ROLE) == status


def test_a_role_that_was_found_may_have_more_than_the_plan_attaches(
    collect: Callable[..., Any], resource: Callable[..., Any], status_of: Callable[..., str]
) -> None:
    arn = "arn:aws:iam::111122223333:role/shared"
    told = {"name": "shared", "arn": arn, "id": "shared", "assume_role_policy": json.dumps({"Statement": [TRUST]})}
    other = {**told, "name": "unused", "id": "unused", "arn": f"{arn}-unused"}
    every = json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    notebook = resource(NB, {"name": "nb", "role_arn": arn})
    state = _state(_read("data.aws_iam_role.s", told), _read("data.aws_iam_role.unused", other))
    found, gaps = collect([notebook], **state)
    assert "data.aws_iam_role.unused" not in found
    assert status_of(found, gaps, "execution-role-trust", "data.aws_iam_role.s") == "PASSED"
    assert status_of(found, gaps, "execution-role-administrator", "data.aws_iam_role.s") == "NOT_AVAILABLE"
    more = resource("aws_iam_role_policy.all", {"name": "all", "role": "shared", "policy": every})
    found, gaps = collect([notebook, more], **state)
    assert status_of(found, gaps, "execution-role-administrator", "data.aws_iam_role.s") == "FAILED"


def test_a_network_that_was_found_is_that_of_the_notebook(
    collect: Callable[..., Any], resource: Callable[..., Any]
) -> None:
    after = {"name": "nb", "subnet_id": "subnet-1", "security_groups": ["sg-1"]}
    subnet = {"id": "subnet-1", "vpc_id": "vpc-1", "availability_zone": "eu-west-1a", "map_public_ip_on_launch": True}
    rule = {"security_group_id": "sg-1", "cidr_ipv4": "0.0.0.0/0", "ip_protocol": "-1"}
    state = _state(
        _read("data.aws_subnet.s", subnet),
        _read("data.aws_vpc.v", {"id": "vpc-1", "cidr_block": "172.31.0.0/16", "default": True}),
        _read("data.aws_security_group.g", {"id": "sg-1", "name": "ml", "vpc_id": "vpc-1"}),
        _read("data.aws_security_group.other", {"id": "sg-2", "name": "other", "vpc_id": "vpc-1"}),
    )
    found, _ = collect([resource(NB, after), resource("aws_vpc_security_group_egress_rule.r", rule)], **state)
    assert found["data.aws_subnet.s"].map_public_ip_on_launch is True
    assert found["data.aws_vpc.v"].is_default is True
    group = found["data.aws_security_group.g"]
    assert [isinstance(one, Unknown) for one in group.peek("ip_permissions")] == [True]
    assert [isinstance(one, Unknown) for one in group.peek("ip_permissions_egress")] == [False, True]
    assert "data.aws_security_group.other" not in found


def test_a_bucket_that_was_found_is_set_up_as_the_plan_says_alone(
    collect: Callable[..., Any], resource: Callable[..., Any]
) -> None:
    output = {"s3_output_path": "s3://data-1/out"}
    job = resource("aws_sagemaker_training_job.t", {"training_job_name": "t", "output_data_config": [output]})
    block = resource("aws_s3_bucket_public_access_block.b", {"bucket": "data-1", "block_public_acls": True})
    told = {"bucket": "data-1", "id": "data-1", "arn": "arn:aws:s3:::data-1", "region": "eu-west-1"}
    found, _ = collect([job, block], **_state(_read("data.aws_s3_bucket.b", told)))
    bucket = found["data.aws_s3_bucket.b"]
    assert bucket.public_access_block.block_public_acls is True
    untold = ("encryption", "default_key_manager", "policy", "policy_is_public", "versioning", "logging")
    assert all(_untold(bucket, field) for field in untold)


def test_what_the_plan_manages_is_told_by_the_plan(collect: Callable[..., Any], resource: Callable[..., Any]) -> None:
    managed = resource("aws_kms_key.k", {"arn": KEY, "enable_key_rotation": True}, actions=["no-op"])
    state = _state(*(_read(f"data.aws_kms_key.{name}", KEY_TOLD) for name in ("a", "b")))
    notebook = resource(NB, {"name": "nb", "kms_key_id": KEY})
    found, _ = collect([notebook, managed], **state)
    assert set(found) == {NB, "aws_kms_key.k"}
    found, _ = collect([notebook], **state)
    assert set(found) == {NB, "data.aws_kms_key.a"}


def test_what_a_data_source_marks_as_sensitive_is_not_shown(
    collect: Callable[..., Any], resource: Callable[..., Any]
) -> None:
    told = {**KEY_TOLD, "key_usage": SECRET, "tags": {"a": SECRET}}
    source = _read("data.aws_kms_key.k", told, sensitive_values={"key_usage": True, "tags": {"a": True}})
    found, _ = collect([resource(NB, {"name": "nb", "kms_key_id": KEY})], **_state(source))
    assert SECRET not in json.dumps(encode(found["data.aws_kms_key.k"]), default=str)


ACCOUNT = {"account_id": "444455556666", "id": "444455556666"}
PROVIDERS = {"aws": {"name": "aws"}, "aws.far": {"name": "aws", "alias": "far"}, "time": {"name": "time"}}


def test_where_a_plan_is_applied_is_told_by_data_sources(
    collect: Callable[..., Any], resource: Callable[..., Any]
) -> None:
    sources = (
        _read("data.aws_caller_identity.c", ACCOUNT),
        _read("data.aws_region.r", {"name": "cn-north-1", "id": "cn-north-1"}),
    )
    context = GateContext(Deployment())
    found, gaps = collect([resource(NB, {"name": "nb"})], context=context, **_state(*sources))
    where = found[NB].identity
    assert (where.partition, where.account, where.region) == ("aws-cn", "444455556666", "cn-north-1")
    assert [gap.scope.account for gap in gaps] == ["444455556666"]
    partition = _read("data.aws_partition.p", {"partition": "aws-us-gov"})
    found, _ = collect([resource(NB, {"name": "nb"})], context=context, **_state(partition))
    assert found[NB].identity.partition == "aws-us-gov"


@pytest.mark.parametrize("reason", ["two providers", "two accounts", "another region"])
def test_where_it_is_applied_is_not_guessed(
    collect: Callable[..., Any], resource: Callable[..., Any], configured: Callable[..., Any], reason: str
) -> None:
    root: dict[str, Any] = {"resources": []}
    sources = [_read("data.aws_caller_identity.c", ACCOUNT)]
    providers = PROVIDERS if reason == "two providers" else {"aws": {"name": "aws"}}
    if reason == "two accounts":
        sources.append(_read("data.aws_caller_identity.d", {"account_id": "777788889999"}))
    if reason == "another region":
        sources = [_read("data.aws_region.r", {"region": "us-east-1"})]
        root["resources"].append(configured("data.aws_region.r", region={"constant_value": "us-east-1"}))
    configuration = {"provider_config": providers, "root_module": root}
    found, _ = collect([resource(NB, {"name": "nb"})], configuration=configuration, **_state(*sources))
    where = found[NB].identity
    assert (where.account, where.region) == ("111122223333", "eu-west-1")


def test_what_nobody_read_stays_unknown(collect: Callable[..., Any], resource: Callable[..., Any]) -> None:
    key = _read("data.aws_kms_key.k", {"arn": KEY, "id": "k"})
    found, _ = collect([resource(NB, {"name": "nb", "kms_key_id": KEY})], **_state(key))
    with pytest.raises(CannotAssess):
        _ = found["data.aws_kms_key.k"].key_manager
