"""Roles, users, groups and policies (aws_iam_*), and keys (aws_kms_*)."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

from auditor.model.identity import Group, ManagedPolicy, Role, User
from auditor.model.kms import KmsKey
from auditor.model.resource import Resource
from auditor.model.unknown import Reason, Unknown
from auditor.sources.interface import Reference
from auditor.sources.terraform.neighbours.around import (
    UNTOLD,
    Around,
    dicts,
    either,
    many,
    names,
    present,
    unknown_last,
)
from auditor.sources.terraform.plan import Change
from auditor.sources.terraform.values import told

KEYS = ("aws_kms_key", "aws_kms_external_key", "aws_kms_replica_key", "aws_kms_replica_external_key")
# How the aliases of the keys begin that AWS makes and manages (KMS developer guide, "Aliases in AWS KMS").
AWS_ALIAS = "alias/aws/"
_RESET = Unknown(Reason.NOT_COLLECTED, "the plan deletes the policy of the key, and the provider sets the default one")
_EXTERNAL = frozenset({"aws_kms_external_key", "aws_kms_replica_external_key"})


def keys(around: Around) -> Iterator[Resource]:
    """Keys, all of them customer-managed, with the aliases that lead to them."""
    for change, raw in around.all(*KEYS):
        enabled = raw.get("is_enabled", raw.get("enabled"))
        enabled = True if enabled is None else enabled
        rotation = raw.get("enable_key_rotation")
        aliases = [other.get("name") for _, other in around.of(change, "target_key_id", "aws_kms_alias")]
        facts = {
            "Enabled": enabled,
            "KeyManager": "CUSTOMER",
            "KeyState": enabled if isinstance(enabled, Unknown) else ("Enabled" if enabled else "Disabled"),
            "KeySpec": either(raw.get("customer_master_key_spec"), raw.get("key_spec"), "SYMMETRIC_DEFAULT"),
            "KeyUsage": either(raw.get("key_usage"), "ENCRYPT_DECRYPT"),
            "Origin": "EXTERNAL" if change.type in _EXTERNAL else "AWS_KMS",
            "MultiRegion": either("replica" in change.type, raw.get("multi_region"), False),
            "KeyRotationEnabled": False if rotation is None else rotation,
            "AliasNames": [name for name in aliases if isinstance(name, str) and not isinstance(name, Reference)],
        }
        own = around.policy(change, "policy", raw.get("policy"))
        policy = around.policy_apart(change, "key_id", "aws_kms_key_policy", own, gone=_RESET)
        if policy is not None:
            facts["Policy"] = policy
        lines = {"KeyRotationEnabled": "enable_key_rotation", "Policy": "policy", "KeySpec": "customer_master_key_spec"}
        yield around.made(KmsKey, change, facts, lines)


def keys_found(around: Around) -> Iterator[Resource]:
    """Keys that data sources found, by themselves or by an alias; of rotation and policy none tells.

    An alias that is not AWS's own leads to a customer-managed key (KMS API, CreateAlias).
    """
    aliases: defaultdict[str, list[str]] = defaultdict(list)
    for change, _ in around.found("aws_kms_alias"):
        aliases[told(change, "target_key_arn")].append(told(change, "name"))
    for change, raw in around.found("aws_kms_key"):
        facts = {
            "Enabled": raw.get("enabled"),
            "KeyManager": raw.get("key_manager"),
            "KeyState": raw.get("key_state"),
            "KeySpec": either(raw.get("customer_master_key_spec"), raw.get("key_spec")),
            "KeyUsage": raw.get("key_usage"),
            "Origin": raw.get("origin"),
            "MultiRegion": raw.get("multi_region"),
        }
        facts["Policy"] = around.policy_apart(change, "key_id", "aws_kms_key_policy", None, gone=_RESET)
        facts = {name: UNTOLD if value is None else value for name, value in facts.items()}
        yield around.made(KmsKey, change, {**facts, "AliasNames": aliases.pop(told(change, "arn"), [])}, {})
    for change, _ in around.found("aws_kms_alias"):
        arn = told(change, "target_key_arn")
        own = aliases.pop(arn, [])
        if arn and own:
            manager = "AWS" if own[0].startswith(AWS_ALIAS) else "CUSTOMER"
            facts = {"KeyId": arn.rpartition("/")[2], "Arn": arn, "KeyManager": manager, "AliasNames": own}
            yield around.made(KmsKey, change, {**facts, "MultiRegion": UNTOLD}, {})


def policies(around: Around) -> Iterator[Resource]:
    """Managed policies that the plan makes, and those that data sources found."""
    for change, raw in (*around.all("aws_iam_policy"), *around.found("aws_iam_policy")):
        document = around.policy(change, "policy", raw.get("policy"))
        version = {"VersionId": "v1", "IsDefaultVersion": True, **present(Document=document)}
        facts = {"DefaultVersionId": "v1", "PolicyVersionList": [version], **present(Path=raw.get("path"))}
        yield around.made(ManagedPolicy, change, facts, {"PolicyVersionList": "policy"})


def roles(around: Around, named: Collection[str]) -> Iterator[Resource]:
    """Roles with what is attached to them, wherever the plan says so.

    Those that data sources found only where something names them; more may be attached to them than is told.
    """
    found = (one for one in around.found("aws_iam_role") if any(name in named for name in names(one[0])))
    for change, raw in (*around.all("aws_iam_role"), *found):
        boundary = raw.get("permissions_boundary")
        facts = present(
            AssumeRolePolicyDocument=around.policy(change, "assume_role_policy", raw.get("assume_role_policy")),
            Path=raw.get("path"),
            PermissionsBoundary=boundary
            if isinstance(boundary, Unknown) or not boundary
            else {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary},
        )
        more = [UNTOLD] if change.told else []
        facts["RolePolicyList"] = [*_inline(around, change, raw), *more]
        facts["AttachedManagedPolicies"] = [*_attached(around, change, raw), *more]
        lines = {
            "AssumeRolePolicyDocument": "assume_role_policy",
            "PermissionsBoundary": "permissions_boundary",
            "RolePolicyList": "inline_policy",
            "AttachedManagedPolicies": "managed_policy_arns",
        }
        yield around.made(Role, change, facts, lines)


def users(around: Around) -> Iterator[Resource]:
    """Users with their groups and what is attached to them, wherever the plan says so."""
    for change, raw in around.all("aws_iam_user"):
        boundary = raw.get("permissions_boundary")
        groups = [many(other.get("groups")) for _, other in around.of(change, "user", "aws_iam_user_group_membership")]
        unknown = next((one for one in groups if isinstance(one, Unknown)), None)
        facts = {
            **present(Path=raw.get("path")),
            "UserPolicyList": _separate(around, change, "user", "aws_iam_user_policy"),
            "AttachedManagedPolicies": _attached(around, change, raw, "user"),
            "GroupList": [name for one in groups for name in one] if unknown is None else unknown,
        }
        if boundary:
            facts["PermissionsBoundary"] = (
                boundary if isinstance(boundary, Unknown) else {"PermissionsBoundaryArn": boundary}
            )
        yield around.made(User, change, facts, {"PermissionsBoundary": "permissions_boundary"})


def groups(around: Around) -> Iterator[Resource]:
    """Groups with what is attached to them, wherever the plan says so."""
    for change, raw in around.all("aws_iam_group"):
        facts = {
            **present(Path=raw.get("path")),
            "GroupPolicyList": _separate(around, change, "group", "aws_iam_group_policy"),
            "AttachedManagedPolicies": _attached(around, change, raw, "group"),
        }
        yield around.made(Group, change, facts, {})


def _inline(around: Around, change: Change, raw: dict[str, Any]) -> list[Any]:
    found: list[Any] = []
    for place, item in enumerate(dicts(raw.get("inline_policy"))):
        if isinstance(item, Unknown):
            found.append(item)
        elif item.get("policy") is not None:
            document = around.policy(change, "policy", item["policy"], "inline_policy", place)
            found.append(_detail(item.get("name"), document))
    return unknown_last([*found, *_separate(around, change, "role", "aws_iam_role_policy")])


def _separate(around: Around, change: Change, owner: str, kind: str) -> list[Any]:
    """The policies that are resources of their own and name their owner."""
    found: list[Any] = [
        _detail(either(policy.get("name"), other.address), around.policy(other, "policy", policy.get("policy")))
        for other, policy in around.of(change, owner, kind)
    ]
    return [*found, *around.adrift(owner, kind)]


def _detail(name: Any, document: Any) -> dict[str, Any]:
    return {"PolicyName": name, **present(PolicyDocument=document)}


def _attached(around: Around, change: Change, raw: dict[str, Any], owner: str = "role") -> list[Any]:
    arns = many(raw.get("managed_policy_arns"))
    found = [arns] if isinstance(arns, Unknown) else list(arns)
    separate = (
        (owner, f"aws_iam_{owner}_policy_attachment"),
        (f"{owner}s", "aws_iam_policy_attachment"),
        (f"{owner}_name", f"aws_iam_{owner}_policy_attachments_exclusive"),
    )
    for attribute, kind in separate:
        for _, other in around.of(change, attribute, kind):
            named = many(either(other.get("policy_arn"), other.get("policy_arns")))
            found += [named] if isinstance(named, Unknown) else named
        found += around.adrift(attribute, kind)
    known = dict.fromkeys(str(arn) for arn in found if isinstance(arn, str))
    unknown = [arn for arn in found if isinstance(arn, Unknown)]
    return [*(_attachment(arn) for arn in known), *unknown]


def _attachment(arn: str) -> dict[str, str]:
    return {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn}
