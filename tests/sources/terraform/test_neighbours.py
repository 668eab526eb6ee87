"""What SageMaker leans on: roles, groups, routes, buckets and keys of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from auditor.model.unknown import Unknown

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOTEBOOK = "aws_sagemaker_notebook_instance"
NB = f"{NOTEBOOK}.nb"


def test_a_role_has_what_is_attached_to_it_and_policies_of_data_sources(
    collect: Callable[..., Any], resource: Callable[..., Any], configured: Callable[..., Any], ref: Callable[..., Any]
) -> None:
    statement = {"actions": ["s3:*"], "resources": ["*"], "effect": None, "principals": [], "condition": []}
    document = "data.aws_iam_policy_document.d"
    changes = [
        resource("aws_iam_role.r", {"name": "r", "assume_role_policy": '{"Statement": []}'}, {"arn": True}),
        resource("aws_iam_role_policy.p", {"name": "p", "role": "r"}, {"policy": True}),
        resource(document, {"statement": [statement]}, {"json": True}, actions=["read"]),
        resource("aws_iam_role_policy_attachment.a", {"role": "r", "policy_arn": "arn:aws:iam::aws:policy/X"}),
    ]
    root = {
        "resources": [
            configured(
                "aws_iam_role_policy.p",
                role=ref("aws_iam_role.r.name", "aws_iam_role.r"),
                policy=ref(f"{document}.json", document),
            ),
            configured(document),
            configured("aws_iam_role_policy_attachment.a", role=ref("aws_iam_role.r.name", "aws_iam_role.r")),
        ]
    }
    found, _ = collect(changes, root)
    role = found["aws_iam_role.r"]
    (inline,) = role.peek("role_policy_list")
    assert inline.policy_document["Statement"] == [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]}]
    assert [one.policy_arn for one in role.peek("attached_managed_policies")] == ["arn:aws:iam::aws:policy/X"]


GROUP_FILE = """
resource "aws_sagemaker_notebook_instance" "nb" {
  security_groups = [aws_security_group.g.id]
}
resource "aws_security_group" "g" {
  name = "g"
}
resource "aws_vpc_security_group_ingress_rule" "r" {
  security_group_id = aws_security_group.g.id
}
"""


def test_a_group_has_the_rules_that_stand_apart(
    collect: Callable[..., Any],
    resource: Callable[..., Any],
    configured: Callable[..., Any],
    ref: Callable[..., Any],
    tmp_path: Path,
) -> None:
    changes = [
        resource(NB, {"name": "nb"}, {"security_groups": True}),
        resource("aws_security_group.g", {"name": "g"}, {"id": True, "ingress": True, "egress": True}),
        resource(
            "aws_vpc_security_group_ingress_rule.r",
            {"cidr_ipv4": "0.0.0.0/0", "ip_protocol": "tcp", "from_port": 22, "to_port": 22},
            {"security_group_id": True},
        ),
    ]
    names = ref("aws_security_group.g.id", "aws_security_group.g")
    root = {
        "resources": [
            configured(NB, security_groups=names),
            configured("aws_security_group.g", name={}),
            configured("aws_vpc_security_group_ingress_rule.r", security_group_id=names),
        ]
    }
    (tmp_path / "main.tf").write_text(GROUP_FILE, encoding="utf-8")
    found, _ = collect(changes, root)
    group = found["aws_security_group.g"]
    assert found[NB].peek("security_groups") == (group.identity.name,)
    (permission,) = group.peek("ip_permissions")
    assert (permission.ip_ranges[0].cidr_ip, permission.from_port) == ("0.0.0.0/0", 22)
    assert group.peek("ip_permissions_egress") == ()


@pytest.mark.parametrize("told", [True, False])
def test_a_route_that_nobody_knows_is_not_taken_for_none(
    collect: Callable[..., Any],
    resource: Callable[..., Any],
    configured: Callable[..., Any],
    ref: Callable[..., Any],
    *,
    told: bool,
) -> None:
    subnet = ref("aws_subnet.s.id", "aws_subnet.s")
    vpc = ref("aws_vpc.v.id", "aws_vpc.v")
    route = {"cidr_block": "0.0.0.0/0", "gateway_id": None}
    changes = [
        resource(NB, {"name": "nb"}, {"subnet_id": True}),
        resource("aws_vpc.v", {}, {"id": True}),
        resource("aws_subnet.s", {}, {"id": True, "vpc_id": True}),
        resource("aws_internet_gateway.g", {}, {"id": True, "vpc_id": True}),
        resource(
            "aws_route_table.t", {"route": [route]}, {"vpc_id": True, "id": True, "route": [{"gateway_id": True}]}
        ),
    ]
    gateway = {"route": ref("aws_internet_gateway.g.id", "aws_internet_gateway.g")} if told else {}
    root = {
        "resources": [
            configured(NB, subnet_id=subnet),
            configured("aws_vpc.v"),
            configured("aws_subnet.s", vpc_id=vpc),
            configured("aws_internet_gateway.g", vpc_id=vpc),
            configured("aws_route_table.t", vpc_id=vpc, **gateway),
        ]
    }
    found, _ = collect(changes, root)
    (one,) = found["aws_route_table.t"].peek("routes")
    leads = one.peek("gateway_id")
    assert leads == "igw-aws_internet_gateway.g" if told else isinstance(leads, Unknown)


def test_a_bucket_has_what_its_own_resources_set(collect: Callable[..., Any], resource: Callable[..., Any]) -> None:
    output = {"s3_output_path": "s3://data-1/out"}
    changes = [
        resource("aws_sagemaker_training_job.t", {"training_job_name": "t", "output_data_config": [output]}),
        resource("aws_s3_bucket.b", {"bucket": "data-1"}),
        resource(
            "aws_s3_bucket_versioning.v", {"bucket": "data-1", "versioning_configuration": [{"status": "Enabled"}]}
        ),
        resource("aws_s3_bucket.other", {"bucket": "nothing-of-sagemaker"}),
    ]
    found, _ = collect(changes)
    bucket = found["aws_s3_bucket.b"]
    assert bucket.peek("versioning").status == "Enabled"
    assert bucket.peek("public_access_block").restrict_public_buckets is True
    assert bucket.peek("policy_is_public") is False
    assert "aws_s3_bucket.other" not in found


def test_a_key_that_stays_is_known_by_its_arn(collect: Callable[..., Any], resource: Callable[..., Any]) -> None:
    arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    key = {"arn": arn, "id": arn.rpartition("/")[2], "key_id": arn.rpartition("/")[2], "enable_key_rotation": False}
    changes = [resource(NB, {"name": "nb", "kms_key_id": arn}), resource("aws_kms_key.k", key, actions=["no-op"])]
    found, _ = collect(changes)
    assert arn in found["aws_kms_key.k"].names()
    assert found["aws_kms_key.k"].peek("key_rotation_enabled") is False
