"""A resource of SageMaker's that stays as it is is judged where something changes that it leans on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from auditor.model.unknown import Reason, Unknown
from auditor.sources.terraform import leaning
from auditor.sources.terraform.neighbours.around import Around

if TYPE_CHECKING:
    from collections.abc import Callable

NB = "aws_sagemaker_notebook_instance.nb"
MODEL = "aws_sagemaker_model.m"
ROLE_ARN = "arn:aws:iam::111122223333:role/team/ml"
KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/scorer:3"
NOTEBOOK = {
    "name": "nb",
    "role_arn": ROLE_ARN,
    "kms_key_id": KEY_ARN,
    "subnet_id": "subnet-1",
    "security_groups": ["sg-1"],
}
OPEN = dict.fromkeys(
    ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), False
)
SUBNET = {"id": "subnet-1", "vpc_id": "vpc-1"}


@pytest.fixture
def stays(resource: Callable[..., Any]) -> Callable[..., Any]:
    """A resource that a plan leaves as it is."""

    def make(address: str, after: dict[str, Any]) -> dict[str, Any]:
        entry: dict[str, Any] = resource(address, after, before=after, actions=["no-op"])
        return entry

    return make


@pytest.fixture
def deleted(resource: Callable[..., Any]) -> Callable[..., Any]:
    """A resource that a plan deletes."""

    def make(address: str, before: dict[str, Any], **more: Any) -> dict[str, Any]:
        entry: dict[str, Any] = resource(address, None, before=before, actions=["delete"], **more)
        return entry

    return make


@pytest.mark.parametrize(
    ("address", "after"),
    [
        ("aws_security_group.g", {"id": "sg-1", "ingress": []}),
        ("aws_security_group_rule.r", {"security_group_id": "sg-1", "type": "ingress"}),
        ("aws_vpc_security_group_ingress_rule.r", {"security_group_id": "sg-1"}),
        ("aws_subnet.s", SUBNET),
        ("aws_route_table_association.a", {"subnet_id": "subnet-1", "route_table_id": "rtb-1"}),
        ("aws_kms_key.k", {"arn": KEY_ARN, "is_enabled": False}),
        ("aws_kms_key_policy.k", {"key_id": KEY_ARN.rpartition("/")[2], "policy": "{}"}),
        ("aws_iam_role.r", {"arn": ROLE_ARN, "name": "ml"}),
        ("aws_iam_role_policy.p", {"role": "ml", "policy": "{}"}),
        ("aws_iam_policy_attachment.p", {"roles": ["other", "ml"], "policy_arn": "arn:aws:iam::aws:policy/X"}),
    ],
)
@pytest.mark.parametrize("actions", [["create"], ["update"], ["delete", "create"], ["delete"], ["no-op"]])
def test_what_a_notebook_names_changes(
    collect: Callable[..., Any],
    resource: Callable[..., Any],
    stays: Callable[..., Any],
    *,
    address: str,
    after: dict[str, Any],
    actions: list[str],
) -> None:
    before = None if actions == ["create"] else after
    entry = resource(address, None if actions == ["delete"] else after, before=before, actions=actions)
    found, _ = collect([stays(NB, NOTEBOOK), entry])
    assert (NB in found) is (actions != ["no-op"])


@pytest.mark.parametrize(
    ("address", "after"),
    [
        ("aws_security_group.g", {"id": "sg-2", "name": "nb"}),
        ("aws_security_group_rule.r", {"security_group_id": "sg-2", "source_security_group_id": "sg-1"}),
        ("aws_s3_object.o", {"id": "sg-1", "bucket": "subnet-1"}),
        ("aws_iam_role_policy.p", {"role": "other", "name": "ml", "policy": "{}"}),
        ("aws_instance.i", {"subnet_id": "subnet-1", "vpc_security_group_ids": ["sg-1"]}),
        ("aws_sagemaker_model.m", {"name": "m", "execution_role_arn": ROLE_ARN}),
        ("aws_sagemaker_model.m", {"name": "nb"}),
    ],
)
def test_what_is_no_concern_of_a_notebook_changes(
    collect: Callable[..., Any],
    resource: Callable[..., Any],
    stays: Callable[..., Any],
    *,
    address: str,
    after: dict[str, Any],
) -> None:
    found, _ = collect([stays(NB, NOTEBOOK), resource(address, after)])
    assert NB not in found


def test_a_change_is_followed_along_expressions_and_what_is_attached(
    collect: Callable[..., Any],
    resource: Callable[..., Any],
    stays: Callable[..., Any],
    configured: Callable[..., Any],
    ref: Callable[..., Any],
) -> None:
    """A notebook names a subnet, an association the subnet and a table, and a route the table."""
    changes = [
        stays(NB, {"name": "nb"}),
        stays("aws_subnet.s", {}),
        stays("aws_route_table_association.a", {}),
        stays("aws_route_table.t", {}),
        resource("aws_route.r", {"destination_cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"}),
    ]
    subnet, table = ref("aws_subnet.s.id", "aws_subnet.s"), ref("aws_route_table.t.id", "aws_route_table.t")
    written = [
        configured(NB, subnet_id=subnet),
        configured("aws_subnet.s"),
        configured("aws_route_table_association.a", subnet_id=subnet, route_table_id=table),
        configured("aws_route_table.t"),
        configured("aws_route.r", route_table_id=table),
    ]
    found, _ = collect(changes, {"resources": written})
    assert NB in found
    found, _ = collect(changes, {"resources": [*written[:2], *written[3:]]})
    assert NB not in found


@pytest.mark.parametrize(
    ("address", "after"),
    [
        ("aws_s3_bucket_policy.p", {"bucket": "data", "policy": "{}"}),
        ("aws_ecr_repository_policy.p", {"repository": "team/scorer", "policy": "{}"}),
        ("aws_ecr_repository.r", {"name": "team/scorer", "image_tag_mutability": "MUTABLE"}),
    ],
)
def test_a_model_leans_on_its_bucket_and_its_repository(
    collect: Callable[..., Any],
    resource: Callable[..., Any],
    stays: Callable[..., Any],
    *,
    address: str,
    after: dict[str, Any],
) -> None:
    container = {"image": IMAGE, "model_data_url": "s3://data/model.tar.gz"}
    found, _ = collect([stays(MODEL, {"name": "m", "primary_container": [container]}), resource(address, after)])
    assert MODEL in found


def test_an_endpoint_leans_on_what_scales_it(
    collect: Callable[..., Any], stays: Callable[..., Any], deleted: Callable[..., Any]
) -> None:
    endpoint = "aws_sagemaker_endpoint.e"
    target = deleted("aws_appautoscaling_target.t", {"resource_id": "endpoint/live/variant/a"})
    found, _ = collect([stays(endpoint, {"name": "live", "endpoint_config_name": "c"}), target])
    assert endpoint in found
    found, _ = collect([stays(endpoint, {"name": "other", "endpoint_config_name": "c"}), target])
    assert endpoint not in found


def test_an_endpoint_leans_on_what_watches_it(
    collect: Callable[..., Any], stays: Callable[..., Any], deleted: Callable[..., Any]
) -> None:
    endpoint, definition = "aws_sagemaker_endpoint.e", "aws_sagemaker_data_quality_job_definition.d"
    changes = [
        stays(endpoint, {"name": "live", "endpoint_config_name": "c"}),
        stays(definition, {"name": "d", "data_quality_job_input": [{"endpoint_input": [{"endpoint_name": "live"}]}]}),
        stays("aws_sagemaker_endpoint.other", {"name": "other", "endpoint_config_name": "c"}),
    ]
    schedule = {"name": "s", "monitoring_schedule_config": [{"monitoring_job_definition_name": "d"}]}
    found, _ = collect([*changes, deleted("aws_sagemaker_monitoring_schedule.s", schedule)])
    assert {endpoint, definition} <= found.keys()
    assert "aws_sagemaker_endpoint.other" not in found


def test_what_is_new_to_the_configuration_is_judged(collect: Callable[..., Any], resource: Callable[..., Any]) -> None:
    entry = resource(NB, NOTEBOOK, actions=["no-op"], importing={"id": "nb"})
    found, _ = collect([entry])
    assert NB in found


@pytest.fixture
def bucket(collect: Callable[..., Any], resource: Callable[..., Any]) -> Callable[..., Any]:
    """Reads a bucket that a model of the plan names."""

    def read(*more: dict[str, Any], actions: tuple[str, ...] = ("no-op",), **after: Any) -> Any:
        container = {"image": IMAGE, "model_data_url": "s3://data/model.tar.gz"}
        model = resource(MODEL, {"name": "m", "primary_container": [container]}, actions=["no-op"])
        entry = resource("aws_s3_bucket.b", {"id": "data", "bucket": "data", **after}, actions=list(actions))
        found, _ = collect([model, entry, *more])
        return found["aws_s3_bucket.b"]

    return read


def test_a_bucket_whose_settings_are_deleted_is_judged_without_them(
    bucket: Callable[..., Any], deleted: Callable[..., Any]
) -> None:
    """What the bucket itself tells of them in the plan is how they were."""
    kinds = ("policy", "public_access_block", "server_side_encryption_configuration", "versioning", "logging")
    rule = {"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms", "kms_master_key_id": KEY_ARN}]}
    found = bucket(
        *(deleted(f"aws_s3_bucket_{kind}.x", {"bucket": "data"}) for kind in kinds),
        policy='{"Statement": []}',
        server_side_encryption_configuration=[{"rule": [rule]}],
        versioning=[{"enabled": True, "mfa_delete": True}],
        logging=[{"target_bucket": "logs"}],
    )
    assert found.policy is None
    assert found.public_access_block.block_public_policy is False
    assert found.default_key_manager is None
    assert found.versioning.status == "Suspended"
    assert found.logging is None


@pytest.mark.parametrize("how", ["skip", "other", "moved", "secret", "new", "replaced"])
def test_a_public_access_block_that_goes(
    bucket: Callable[..., Any], deleted: Callable[..., Any], resource: Callable[..., Any], how: str
) -> None:
    kind = "aws_s3_bucket_public_access_block.x"
    entry = deleted(kind, {"bucket": "data", "skip_destroy": how == "skip"})
    actions: tuple[str, ...] = ("no-op",)
    more = []
    if how == "other":
        entry = deleted(kind, {"bucket": ["data"]})
        more = [resource("aws_s3_bucket_public_access_block.y", {"bucket": "data", **OPEN}, actions=["update"])]
    elif how == "moved":
        entry = resource(kind, {"bucket": "decoy"}, before={"bucket": "data"}, actions=["delete", "create"])
    elif how == "secret":
        entry = deleted(kind, {"bucket": "data"}, before_sensitive={"bucket": True})
        more = [resource("aws_s3_bucket_policy.p", {"bucket": "data"})]
    elif how in ("new", "replaced"):
        actions = ("create",) if how == "new" else ("delete", "create")
    found = bucket(entry, *more, actions=actions)
    block = found.peek("public_access_block")
    if how in ("skip", "secret", "new"):
        assert isinstance(block, Unknown)
    else:
        assert block.restrict_public_buckets is (how == "replaced")


@pytest.mark.parametrize("told", [{"before_sensitive": {"bucket": True}}, {"before_sensitive": True}, {"before": None}])
def test_settings_that_are_deleted_and_do_not_tell_whose_they_were(
    bucket: Callable[..., Any], resource: Callable[..., Any], told: dict[str, Any]
) -> None:
    """The attributes of the bucket tell the state before the apply."""
    gone = resource("aws_s3_bucket_versioning.v", None, **{"before": {"bucket": "data"}, "actions": ["delete"], **told})
    policy = resource("aws_s3_bucket_policy.p", {"bucket": "data", "policy": "{}"})
    found = bucket(policy, gone, versioning=[{"enabled": True}])
    assert isinstance(found.peek("versioning"), Unknown)
    assert bucket(policy, versioning=[{"enabled": True}]).versioning.status == "Enabled"


def test_the_policy_of_a_key_that_is_deleted_is_not_the_old_one(
    collect: Callable[..., Any], stays: Callable[..., Any], deleted: Callable[..., Any]
) -> None:
    key = stays("aws_kms_key.k", {"arn": KEY_ARN, "policy": json.dumps({"Statement": []})})
    found, _ = collect([stays(NB, NOTEBOOK), key, deleted("aws_kms_key_policy.p", {"key_id": KEY_ARN})])
    assert NB in found
    assert isinstance(found["aws_kms_key.k"].peek("policy"), Unknown)


@pytest.mark.parametrize("unset", [{"status": "Enabled"}, {"status": "Enabled", "mfa_delete": ""}])
def test_mfa_delete_is_the_root_users_matter(
    bucket: Callable[..., Any], resource: Callable[..., Any], unset: dict[str, Any]
) -> None:
    kind = "aws_s3_bucket_versioning.v"
    settings = {"bucket": "data", "versioning_configuration": [unset]}
    found = bucket(resource(kind, settings, actions=["update"]))
    assert found.versioning.status == "Enabled"
    assert isinstance(found.versioning.peek("mfa_delete"), Unknown)
    settings = {"bucket": "data", "versioning_configuration": [{**unset, "mfa_delete": "Disabled"}]}
    assert bucket(resource(kind, settings, actions=["update"])).versioning.mfa_delete == "Disabled"


def test_what_terraform_puts_off_is_a_hole(collect: Callable[..., Any], resource: Callable[..., Any]) -> None:
    put_off = [{"reason": "provider_config_unknown", "resource_change": resource(NB, NOTEBOOK)}]
    _, gaps = collect([], deferred_changes=put_off)
    assert [gap.scope.type for gap in gaps if gap.reason is Reason.UNSUPPORTED_SYNTAX] == [""]
    _, gaps = collect([], deferred_changes=[])
    assert [gap.reason for gap in gaps] == [Reason.EXCLUDED]


# What stands alone: no rule looks at it for the sake of one resource of SageMaker's, or SageMaker's cannot be told
# from it.
ALONE = {
    *("aws_cloudtrail", "aws_cloudwatch_log_group", "aws_nat_gateway"),
    *("aws_iam_group", "aws_iam_group_policy", "aws_iam_group_policy_attachment"),
    *("aws_iam_group_policy_attachments_exclusive", "aws_iam_user", "aws_iam_user_group_membership"),
    *("aws_iam_user_policy", "aws_iam_user_policy_attachment", "aws_iam_user_policy_attachments_exclusive"),
}


def test_all_that_is_read_for_a_resource_is_something_to_lean_on(
    collect: Callable[..., Any], resource: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new reader of neighbours that this forgets would let a change of them pass unseen."""
    asked: set[str] = set()
    links, every = Around._links, Around.all

    def link(self: Around, kind: str, attribute: str) -> Any:
        asked.add(kind)
        return links(self, kind, attribute)

    def all_of(self: Around, *kinds: str) -> Any:
        asked.update(kinds)
        return every(self, *kinds)

    monkeypatch.setattr(Around, "_links", link)
    monkeypatch.setattr(Around, "all", all_of)
    owners = ("iam_role", "iam_user", "iam_group", "s3_bucket", "kms_key", "security_group", "route_table")
    others = ("internet_gateway", "vpc_endpoint", "ecr_repository")
    collect([resource(f"aws_{kind}.x", {"name": "x"}) for kind in (*owners, *others)])
    assert len(asked) > len(ALONE)
    assert asked - ALONE <= {*leaning._ATTACHED, *leaning._LEADS}
    assert asked >= ALONE
