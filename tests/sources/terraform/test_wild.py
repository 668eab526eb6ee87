"""Plans and Terraform files that nobody would write end in resources, gaps or an error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from auditor.sources.document import Document
from auditor.sources.interface import Deployment, GateContext
from auditor.sources.terraform import source
from auditor.sources.terraform.folder import read_folder
from auditor.sources.terraform.hcl import blocks

if TYPE_CHECKING:
    import pytest

HERE = GateContext(Deployment("aws", "111122223333", "eu-west-1"))

EXAMPLES = Path(__file__).parents[3] / "examples" / "terraform"


NAMES = [
    "arn",
    "bucket",
    "content",
    "dynamic",
    "egress",
    "for_each",
    "inline_policy",
    "key_id",
    "kms_key_id",
    "manifest",
    "name",
    "path",
    "pipeline_definition",
    "policy",
    "policy_arn",
    "policy_arns",
    "references",
    "repository",
    "resource_id",
    "role",
    "role_name",
    "roles",
    "route",
    "rule",
    "security_group_id",
    "statement",
    "subnet_id",
    "subnets",
    "target_key_arn",
    "template_body",
    "versioning_configuration",
    "vpc_config",
    "x",
]
MANAGED = [
    "aws_appautoscaling_target",
    "aws_cloudformation_stack",
    "aws_cloudtrail",
    "aws_ecr_repository_policy",
    "aws_iam_policy",
    "aws_iam_policy_attachment",
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachments_exclusive",
    "aws_iam_user",
    "aws_kms_alias",
    "aws_kms_key",
    "aws_kms_key_policy",
    "aws_route_table",
    "aws_s3_bucket",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
    "aws_sagemaker_model",
    "aws_sagemaker_notebook_instance",
    "aws_sagemaker_pipeline",
    "aws_security_group",
    "aws_security_group_rule",
    "aws_vpc_endpoint",
    "aws_vpc_endpoint_policy",
    "awscc_iam_role_policy",
]
READ = [
    "aws_caller_identity",
    "aws_ecr_repository",
    "aws_iam_policy",
    "aws_iam_role",
    "aws_kms_alias",
    "aws_kms_key",
    "aws_region",
    "aws_s3_bucket",
    "aws_security_group",
    "aws_subnet",
    "aws_vpc",
]
WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["w", "{}", "aws_iam_role.w"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=8,
)


CHANGES = st.fixed_dictionaries(
    {"after": WILD, "after_unknown": WILD, "after_sensitive": WILD},
    optional={"before": WILD, "before_sensitive": WILD, "importing": WILD},
)
ACTIONS = st.lists(
    st.sampled_from([["create"], ["update"], ["delete"], ["delete", "create"], ["no-op"], ["x"], "create", None]),
    min_size=len(MANAGED),
    max_size=len(MANAGED),
)


@given(CHANGES, ACTIONS, WILD, WILD)
def test_wild_plans_end_in_resources_gaps_or_an_error(
    change: dict[str, Any], actions: list[Any], root: Any, told: Any
) -> None:
    changes = [
        {"address": f"{kind}.w", "type": kind, "name": "w", "mode": "managed", "change": {**change, "actions": done}}
        for kind, done in zip(MANAGED, actions, strict=True)
    ]
    resources = [{"type": one["type"], "name": "w", "expressions": root} for one in changes]
    read = [{"type": kind, "name": "r", "mode": "data", "address": f"data.{kind}.r", "values": told} for kind in READ]
    value = {
        "format_version": "1.2",
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": resources}},
        "prior_state": {"values": {"root_module": {"resources": [*read, told], "child_modules": [told]}}},
    }
    for item in source(Document("plan.json", value), HERE).collect():
        assert item is not None


IN_JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["resource", "module", "data", "dynamic", "content", "a", "b"]), inner)
    ),
    max_leaves=12,
)


@given(IN_JSON)
def test_any_json_can_be_a_file_of_a_folder(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    folder = tmp_path_factory.mktemp("wild", numbered=True)
    (folder / "main.tf.json").write_text(json.dumps(value), encoding="utf-8")
    found = read_folder(folder)
    assert found.whole
    for name, block in found.blocks.values():
        assert (name, block.mark.line) == ("main.tf.json", 1)


@given(st.text(alphabet='resource "a{}[]()=\n#/*<EOT-$%\\', max_size=200))
def test_any_text_can_be_scanned(text: str) -> None:
    for block in blocks(text):
        assert block.mark.line >= 1


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for step, item in inner for found in _paths(item, (*path, step)))]


BAD = json.loads((EXAMPLES / "bad" / "plan.json").read_text(encoding="utf-8"))
INNER = [path for path in _paths(BAD["resource_changes"]) if "change" in path and path[-1] != "change"]


@given(st.sampled_from(INNER), st.sampled_from([None, True, 0, "x", [], {}, [None], [True], {"a": True}, [{}]]))
def test_a_plan_with_a_wild_value_ends_in_resources_gaps_or_an_error(path: tuple[str | int, ...], value: Any) -> None:
    plan = json.loads(json.dumps(BAD))
    holder = plan["resource_changes"]
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    for item in source(Document("plan.json", plan), HERE).collect():
        assert item is not None
