"""What belongs to a role, a group, a table or a bucket by a name that nobody knows is not taken for nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from auditor.model.unknown import Reason, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable

ROLE = "aws_iam_role.r"
NB = "aws_sagemaker_notebook_instance.nb"
TRUST = json.dumps(
    {
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}
        ]
    }
)
EVERYTHING = json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
FULL = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
ADMINISTRATOR = "execution-role-administrator"
BROAD = "execution-role-broad-managed-policy"


@pytest.fixture
def status(collect: Callable[..., Any], resource: Callable[..., Any], status_of: Callable[..., str]) -> Any:
    """What a rule says of a role to which other resources of the plan attach something."""

    def read(rule: str, *more: dict[str, Any], root: dict[str, Any] | None = None) -> str:
        role = resource(ROLE, {"name": "r", "assume_role_policy": TRUST, "inline_policy": []}, {"arn": True})
        found, gaps = collect([role, *more], root)
        return status_of(found, gaps, rule, ROLE)

    return read


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        ("aws_iam_policy_attachment", {"name": "a", "roles": ["q", "r"], "policy_arn": FULL}),
        ("aws_iam_role_policy_attachment", {"role": "r", "policy_arn": FULL}),
        ("aws_iam_role_policy_attachments_exclusive", {"role_name": "r", "policy_arns": [FULL]}),
    ],
)
def test_every_way_to_attach_a_policy_is_seen(
    status: Any, resource: Callable[..., Any], kind: str, after: dict[str, Any]
) -> None:
    assert status(BROAD) == "PASSED"
    assert status(BROAD, resource(f"{kind}.a", after)) == "FAILED"


def test_a_name_counts_beside_a_reference(
    status: Any, resource: Callable[..., Any], configured: Callable[..., Any], ref: Callable[..., Any]
) -> None:
    other = resource("aws_iam_role.q", {"name": "q", "assume_role_policy": TRUST})
    link = resource("aws_iam_policy_attachment.a", {"roles": ["q", "r"], "policy_arn": FULL})
    names = ref("aws_iam_role.q.name", "aws_iam_role.q")
    root = {"resources": [configured("aws_iam_policy_attachment.a", roles=names), configured("aws_iam_role.q")]}
    assert status(BROAD, other, link, root=root) == "FAILED"


@pytest.mark.parametrize(
    ("kind", "attribute", "rule"),
    [
        ("aws_iam_role_policy", "role", ADMINISTRATOR),
        ("aws_iam_role_policy_attachment", "role", BROAD),
        ("aws_iam_policy_attachment", "roles", BROAD),
        ("aws_iam_role_policy_attachments_exclusive", "role_name", BROAD),
    ],
)
@pytest.mark.parametrize("configuration", [True, False])
def test_a_policy_of_a_role_that_nobody_knows_may_be_this_ones(
    status: Any, resource: Callable[..., Any], *, kind: str, attribute: str, rule: str, configuration: bool
) -> None:
    after = {"name": "p", "policy": EVERYTHING, "policy_arn": FULL, "policy_arns": [FULL]}
    written = {"type": kind, "name": "p", "expressions": {attribute: {"references": ["local.role"]}}}
    more = resource(f"{kind}.p", after, {attribute: True})
    assert status(rule, more, root={"resources": [written]} if configuration else None) == "NOT_AVAILABLE"


def test_what_is_known_to_be_anothers_says_nothing(
    status: Any, resource: Callable[..., Any], configured: Callable[..., Any], ref: Callable[..., Any]
) -> None:
    other = resource("aws_iam_role.q", {"assume_role_policy": TRUST}, {"name": True})
    policy = resource("aws_iam_role_policy.p", {"name": "p", "policy": EVERYTHING}, {"role": True})
    names = ref("aws_iam_role.q.name", "aws_iam_role.q")
    root = {"resources": [configured("aws_iam_role_policy.p", role=names), configured("aws_iam_role.q")]}
    assert status(ADMINISTRATOR, other, policy, root=root) == "PASSED"


@pytest.mark.parametrize(
    ("kind", "attribute", "field"),
    [
        ("aws_s3_bucket_policy", "bucket", "policy"),
        ("aws_s3_bucket_public_access_block", "bucket", "public_access_block"),
        ("aws_s3_bucket_server_side_encryption_configuration", "bucket", "encryption"),
        ("aws_s3_bucket_versioning", "bucket", "versioning"),
        ("aws_s3_bucket_logging", "bucket", "logging"),
    ],
)
@pytest.mark.parametrize("twice", [True, False])
def test_what_sets_up_a_bucket_is_unknown_where_it_may_be_another(
    collect: Callable[..., Any], resource: Callable[..., Any], *, kind: str, attribute: str, field: str, twice: bool
) -> None:
    job = {"training_job_name": "t", "output_data_config": [{"s3_output_path": "s3://data-1/out"}]}
    changes = [
        resource("aws_sagemaker_training_job.t", job),
        resource("aws_s3_bucket.b", {"bucket": "data-1"}, {"id": True}),
    ]
    if twice:
        changes += [resource(f"{kind}.{name}", {attribute: "data-1", "policy": EVERYTHING}) for name in ("a", "b")]
    else:
        changes.append(resource(f"{kind}.a", {"policy": EVERYTHING}, {attribute: True}))
    found, _ = collect(changes)
    assert isinstance(found["aws_s3_bucket.b"].peek(field), Unknown)


def test_a_bucket_says_who_manages_its_key(
    collect: Callable[..., Any], resource: Callable[..., Any], configured: Callable[..., Any], ref: Callable[..., Any]
) -> None:
    kind = "aws_s3_bucket_server_side_encryption_configuration"
    managers = {}
    for name, key in (("made", None), ("alias", "alias/ml"), ("aws", "alias/aws/s3"), ("none", ""), ("far", "1234")):
        default = {"sse_algorithm": "aws:kms", **({"kms_master_key_id": key} if key else {})}
        unknown = {"rule": [{"apply_server_side_encryption_by_default": [{"kms_master_key_id": True}]}]}
        rule = {"apply_server_side_encryption_by_default": [default]}
        job = {"training_job_name": "t", "output_data_config": [{"s3_output_path": "s3://data-1/out"}]}
        changes = [
            resource("aws_sagemaker_training_job.t", job),
            resource("aws_s3_bucket.b", {"bucket": "data-1"}),
            resource("aws_kms_key.k", {}, {"arn": True}),
            resource(f"{kind}.e", {"bucket": "data-1", "rule": [rule]}, unknown if key is None else {}),
        ]
        expression = {"kms_master_key_id": ref("aws_kms_key.k.arn", "aws_kms_key.k")}
        block = [{"apply_server_side_encryption_by_default": [expression]}]
        root = {"resources": [configured(f"{kind}.e", bucket={}, rule=block), configured("aws_kms_key.k")]}
        found, _ = collect(changes, root)
        managers[name] = found["aws_s3_bucket.b"].peek("default_key_manager")
    assert isinstance(managers.pop("far"), Unknown)
    assert managers == {"made": "CUSTOMER", "alias": "CUSTOMER", "aws": "AWS", "none": "AWS"}


@pytest.mark.parametrize("apart", [True, False])
def test_the_policy_of_a_key_may_stand_apart(
    collect: Callable[..., Any], resource: Callable[..., Any], *, apart: bool
) -> None:
    arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    changes = [
        resource(NB, {"name": "nb", "kms_key_id": arn}),
        resource("aws_kms_key.k", {"arn": arn, "policy": '{"Statement": []}'}, actions=["update"]),
    ]
    if apart:
        changes.append(resource("aws_kms_key_policy.p", {"key_id": arn, "policy": EVERYTHING}))
    found, _ = collect(changes)
    assert found["aws_kms_key.k"].policy == (json.loads(EVERYTHING) if apart else {"Statement": []})


def test_a_rule_and_a_route_of_nobody_may_be_anyones(
    collect: Callable[..., Any], resource: Callable[..., Any], status_of: Callable[..., str]
) -> None:
    changes = [
        resource(NB, {"name": "nb", "subnet_id": "subnet-1", "security_groups": ["sg-1"]}),
        resource("aws_subnet.s", {"id": "subnet-1", "vpc_id": "vpc-1"}, actions=["update"]),
        resource("aws_security_group.g", {"id": "sg-1", "name": "g", "egress": []}, actions=["update"]),
        resource("aws_route_table.t", {"id": "rtb-1", "vpc_id": "vpc-1", "route": []}, actions=["update"]),
    ]
    found, gaps = collect(changes)
    assert status_of(found, gaps, "security-group-egress", "aws_security_group.g") == "PASSED"
    everywhere = {"type": "egress", "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}
    changes.append(resource("aws_security_group_rule.r", everywhere, {"security_group_id": True}))
    changes.append(resource("aws_route.r", {"destination_cidr_block": "0.0.0.0/0"}, {"route_table_id": True}))
    found, gaps = collect(changes)
    assert status_of(found, gaps, "security-group-egress", "aws_security_group.g") == "NOT_AVAILABLE"
    assert [isinstance(one, Unknown) for one in found["aws_route_table.t"].peek("routes")] == [True]


def test_a_name_that_is_anothers_address_leads_to_nobody_else(
    status: Any, resource: Callable[..., Any], configured: Callable[..., Any], ref: Callable[..., Any]
) -> None:
    evil, link = "aws_iam_policy.evil", "aws_iam_role_policy_attachment.a"
    harmless = json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]})
    changes = [
        resource(evil, {"policy": EVERYTHING}, {"arn": True, "name": True}),
        resource("aws_iam_policy.good", {"name": evil, "policy": harmless}, {"arn": True}),
        resource(link, {"role": "r"}, {"policy_arn": True}),
    ]
    root = {"resources": [configured(link, role={}, policy_arn=ref(f"{evil}.arn", evil)), configured(evil)]}
    assert status(ADMINISTRATOR, *changes, root=root) == "FAILED"


@pytest.mark.parametrize("actions", ["create", [], ["made-up"], None])
def test_an_action_that_is_not_known_may_change_a_resource(
    collect: Callable[..., Any], resource: Callable[..., Any], actions: Any
) -> None:
    entry = resource(NB, {"name": "nb"}, actions=actions)
    found, _ = collect([{**entry, "mode": "Managed"}])
    assert NB in found


TEMPLATE = "Resources: {N: {Type: AWS::SageMaker::NotebookInstance}}"


@pytest.mark.parametrize(
    ("kind", "after", "unknown", "listed"),
    [
        ("aws_cloudformation_stack", {"template_body": TEMPLATE}, {}, True),
        ("aws_cloudformation_stack", {"template_body": '{"Resources": {}}'}, {}, False),
        ("aws_cloudformation_stack", {"template_body": TEMPLATE.replace("S", "\\x53")}, {}, True),
        ("aws_cloudformation_stack", {}, {"template_body": True}, True),
        ("aws_cloudformation_stack", {"template_body": TEMPLATE.replace("SageMaker::N", "IAM::Policy")}, {}, True),
        ("aws_cloudformation_stack", {"template_body": TEMPLATE.replace("SageMaker", "Lambda")}, {}, False),
        ("aws_cloudformation_stack_set", {"template_url": "https://example.com/t"}, {}, True),
        ("aws_cloudcontrolapi_resource", {"type_name": "AWS::SageMaker::Model", "desired_state": "{}"}, {}, True),
        ("aws_sfn_state_machine", {"definition": '{"Resource": "arn:aws:states:::sagemaker:createModel"}'}, {}, True),
        ("kubernetes_manifest", {"manifest": {"apiVersion": "sagemaker.services.k8s.aws/v1alpha1"}}, {}, True),
        ("kubernetes_manifest", {"manifest": {"apiVersion": "apps/v1"}}, {}, False),
        ("kubernetes_manifest", {"manifest": {"spec": [{"a": "b"}]}}, {"manifest": {"kind": True}}, True),
    ],
)
def test_what_carries_resources_of_sagemakers_is_listed(
    collect: Callable[..., Any],
    resource: Callable[..., Any],
    *,
    kind: str,
    after: dict[str, Any],
    unknown: dict[str, Any],
    listed: bool,
) -> None:
    entry = resource("aws_s3_bucket.carrier", after, unknown)
    _, gaps = collect([{**entry, "address": f"{kind}.c", "type": kind, "name": "c"}])
    told = [gap for gap in gaps if gap.scope.resource == f"{kind}.c"]
    assert bool(told) is listed
    assert all(gap.scope.type and gap.reason is Reason.UNSUPPORTED_SYNTAX for gap in told)
