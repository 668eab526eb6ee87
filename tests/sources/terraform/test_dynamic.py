"""A block that only the apply can tell is unknown, unless the text beside the plan shows that there is none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from auditor.model.sagemaker import BY_TYPE
from auditor.model.unknown import Unknown
from auditor.sources.shapes import is_structure, members, structure_of
from auditor.sources.terraform.blocks import may_be_block

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROLE = "aws_iam_role.notebook"
GROUP = "aws_security_group.notebook"
NB = "aws_sagemaker_notebook_instance.nb"
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}
# What the provider says of every new role and group, whether or not its configuration holds such blocks.
LATER = {"arn": True, "create_date": True, "id": True, "inline_policy": True, "managed_policy_arns": True}
OPEN = {"Effect": "Allow", "Action": "*", "Resource": "*"}
OTHER = 'resource "x" "y" {\n  dynamic "rule" {\n    for_each = []\n  }\n}\n'
BARE = 'resource "aws_iam_role" "notebook" {\n  name = "notebook"\n  assume_role_policy = local.trust\n}\n' + OTHER
ELSEWHERE = BARE.replace('"notebook" {', '"other" {')
MADE = BARE.replace(
    "local.trust\n",
    """local.trust
  dynamic "inline_policy" {
    for_each = aws_s3_bucket.data[*].arn
    content {
      name   = "data"
      policy = data.aws_iam_policy_document.data.json
    }
  }
""",
)
ROLE_AS_JSON = {"name": "notebook", "assume_role_policy": "${local.trust}"}
OTHER_AS_JSON = {"x": {"y": {"dynamic": {"rule": {"for_each": "${[]}"}}}}}
AS_JSON = {"resource": {"aws_iam_role": {"notebook": ROLE_AS_JSON}, **OTHER_AS_JSON}}
MADE_AS_JSON = {
    "resource": [
        OTHER_AS_JSON,
        {"aws_iam_role": {"notebook": [{**ROLE_AS_JSON, "dynamic": [{"inline_policy": {"for_each": "${[]}"}}]}]}},
    ]
}


@pytest.fixture
def role(
    collect: Callable[..., Any], resource: Callable[..., Any], configured: Callable[..., Any]
) -> Callable[..., Any]:
    """Reads a plan that makes a role, of whose inline policies it tells nothing."""

    def read(*more: dict[str, Any], root: dict[str, Any] | None = None, at: str = ROLE) -> Any:
        after = {"name": "notebook", "assume_role_policy": json.dumps({"Statement": [TRUST]}), "path": "/"}
        resources = [configured(ROLE, name={"constant_value": "notebook"}, assume_role_policy={}), configured("x.y")]
        return collect([resource(at, after, LATER), *more], root or {"resources": resources})[0]

    return read


def test_a_role_whose_policies_only_the_apply_tells_is_not_passed(
    role: Callable[..., Any], status_of: Callable[..., str]
) -> None:
    found = role()
    (policy,) = found[ROLE].peek("role_policy_list")
    assert isinstance(policy, Unknown)
    assert ".tf files" in policy.detail
    assert status_of(found, [], "execution-role-administrator", ROLE) == "NOT_AVAILABLE"


def test_what_is_not_told_hides_no_policy_that_is(
    role: Callable[..., Any], resource: Callable[..., Any], status_of: Callable[..., str]
) -> None:
    open_to_all = {"name": "all", "role": "notebook", "policy": json.dumps({"Statement": [OPEN]})}
    found = role(resource("aws_iam_role_policy.all", open_to_all))
    assert status_of(found, [], "execution-role-administrator", ROLE) == "FAILED"


@pytest.mark.parametrize(
    "files",
    [
        {"main.tf": BARE},
        {"main.tofu": BARE},
        {"main.tf.json": json.dumps(AS_JSON)},
        {"main.tf.json": json.dumps([AS_JSON])},
        {"main.tf": '# dynamic "inline_policy" is of no use here\n' + BARE},
    ],
)
def test_text_without_such_a_block_shows_that_there_is_none(
    role: Callable[..., Any], tmp_path: Path, files: dict[str, str], status_of: Callable[..., str]
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = role()
    assert found[ROLE].peek("role_policy_list") == ()
    assert status_of(found, [], "execution-role-administrator", ROLE) == "PASSED"


@pytest.mark.parametrize(
    "files",
    [
        {"main.tf": MADE},
        {"main.tf": ELSEWHERE},
        # Of other text the plan was not made.
        {"main.tf": BARE + 'resource "x" "z" {\n}\n'},
        {"main.tf": BARE + 'module "far" {\n  source = "far"\n}\n'},
        {"main.tf": BARE.replace(OTHER, "")},
        {"main.tf": BARE.replace("assume_role_policy", "path")},
        {"main.tf": MADE.replace('"inline_policy"', "inline_policy")},
        {"main.tf": MADE.replace('"inline_policy"', '"inline\\u005fpolicy"')},
        {"main.tf": MADE.replace("dynamic", '/* { " */ dynamic /* } */')},
        {"main.tf": "/* <<EOT */\n" + MADE},
        {"main.tf": BARE, "override.tf": MADE},
        {"main.tf": BARE, "z_override.tf.json": json.dumps(MADE_AS_JSON)},
        {"main.tf.json": json.dumps(MADE_AS_JSON)},
        {"main.tf.json": json.dumps(MADE_AS_JSON).replace("dynamic", "\\u0064ynamic")},
        {"main.tf": BARE, "broken.tf.json": "{"},
        {"main.tf": BARE, "latin.tf": b"# \xe9\n"},
        {"main.tf": BARE, "large.tf": b"#" * (1024 * 1024 + 1)},
    ],
)
def test_text_that_holds_one_or_cannot_tell_leaves_it_unknown(
    role: Callable[..., Any], tmp_path: Path, files: dict[str, str | bytes]
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    (policy,) = role()[ROLE].peek("role_policy_list")
    assert isinstance(policy, Unknown)


def test_a_file_behind_a_link_is_not_read_and_may_hold_one(role: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(BARE, encoding="utf-8")
    other = tmp_path / "elsewhere"
    other.write_text(MADE, encoding="utf-8")
    (tmp_path / "more.tf").symlink_to(other)
    (policy,) = role()[ROLE].peek("role_policy_list")
    assert isinstance(policy, Unknown)


@pytest.mark.parametrize(("source", "unknown"), [("./roles", False), ("example/roles/aws", True)])
def test_only_the_text_of_its_own_module_tells(
    role: Callable[..., Any], configured: Callable[..., Any], tmp_path: Path, source: str, *, unknown: bool
) -> None:
    (tmp_path / "main.tf").write_text(f'module "roles" {{\n  source = "{source}"\n}}\n{BARE}', encoding="utf-8")
    (tmp_path / "roles").mkdir()
    (tmp_path / "roles" / "main.tf").write_text(BARE, encoding="utf-8")
    address = f"module.roles.{ROLE}"
    call = {"source": source, "module": {"resources": [configured(ROLE, name={}), configured("x.y")]}}
    found = role(root={"module_calls": {"roles": call}}, at=address)
    assert bool(found[address].peek("role_policy_list")) is unknown


REST = """
resource "aws_sagemaker_notebook_instance" "nb" {
  security_groups = [aws_security_group.notebook.id]
}
resource "aws_vpc_security_group_egress_rule" "r" {
  security_group_id = aws_security_group.notebook.id
}
"""


@pytest.fixture
def group(resource: Callable[..., Any], configured: Callable[..., Any], ref: Callable[..., Any]) -> Any:
    """Changes and configuration of a plan that makes a group with one rule that stands apart."""
    names = ref(f"{GROUP}.id", GROUP)
    rule = {"cidr_ipv4": "10.0.0.0/8", "ip_protocol": "tcp", "from_port": 443, "to_port": 443}
    changes = [
        resource(NB, {"name": "nb"}, {"security_groups": True}),
        resource(GROUP, {"name": "g"}, {"id": True, "ingress": True, "egress": True}),
        resource("aws_vpc_security_group_egress_rule.r", rule, {"security_group_id": True}),
    ]
    configuration = [
        configured(NB, security_groups=names),
        configured(GROUP, name={}),
        configured("aws_vpc_security_group_egress_rule.r", security_group_id=names),
    ]
    return changes, {"resources": configuration}


@pytest.mark.parametrize(
    ("inside", "status"),
    [
        ("", "PASSED"),
        # The plan holds no expression of such a block either.
        ("egress {\n    security_groups = [aws_security_group.far.id]\n  }", "NOT_AVAILABLE"),
        ('dynamic "egress" {\n    for_each = aws_subnet.all\n  }', "NOT_AVAILABLE"),
        (None, "NOT_AVAILABLE"),
    ],
)
def test_rules_of_a_group_that_only_the_apply_tells_are_not_passed(
    collect: Callable[..., Any],
    group: Any,
    tmp_path: Path,
    inside: str | None,
    status: str,
    status_of: Callable[..., str],
) -> None:
    if inside is not None:
        text = REST + f'resource "aws_security_group" "notebook" {{\n  name = "g"\n  {inside}\n}}\n'
        (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    found, _ = collect(*group)
    assert status_of(found, [], "security-group-egress", GROUP) == status


def test_every_structure_of_a_request_may_be_a_block() -> None:
    missing = set()
    for kind in BY_TYPE.values():
        structure = structure_of(kind, "create")
        for name, member in members(structure).items() if structure else ():
            argument = "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")
            if is_structure(member.code.lstrip("[{")) and name != "Tags" and not may_be_block(argument):
                missing.add(f"{kind.cfn_type}.{name}")
    assert missing == set()
    assert not any(map(may_be_block, ("arn", "id", "tags", "tags_all", "managed_policy_arns", "kms_key_id")))
