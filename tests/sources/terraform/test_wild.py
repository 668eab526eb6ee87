"""Plans and Terraform files that nobody would write end in resources, gaps or an error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from auditor.sources.document import Document
from auditor.sources.interface import Deployment, GateContext
from auditor.sources.terraform import source
from auditor.sources.terraform.hcl import blocks

NOTEBOOK = "aws_sagemaker_notebook_instance"
HERE = GateContext(Deployment("aws", "111122223333", "eu-west-1"))


EXAMPLES = Path(__file__).parents[3] / "examples" / "terraform"


WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["kms_key_id", "subnet_id", "vpc_config", "subnets", "references", "policy", "x"]), inner
        )
    ),
    max_leaves=8,
)


@given(WILD, WILD, WILD, WILD)
def test_wild_plans_end_in_resources_gaps_or_an_error(after: Any, unknown: Any, sensitive: Any, root: Any) -> None:
    changes = [
        {
            "address": f"{kind}.w",
            "type": kind,
            "name": "w",
            "mode": "managed",
            "change": {"actions": ["create"], "after": after, "after_unknown": unknown, "after_sensitive": sensitive},
        }
        for kind in (
            NOTEBOOK,
            "aws_sagemaker_model",
            "aws_kms_key",
            "aws_iam_role",
            "aws_s3_bucket",
            "aws_security_group",
            "aws_cloudtrail",
            "aws_vpc_endpoint",
            "aws_route_table",
        )
    ]
    resources = [{"type": one["type"], "name": "w", "expressions": root} for one in changes]
    value = {
        "format_version": "1.2",
        "resource_changes": changes,
        "configuration": {"root_module": {"resources": resources}},
    }
    for item in source(Document("plan.json", value), HERE).collect():
        assert item is not None


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
