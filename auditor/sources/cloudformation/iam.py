"""IAM's resources with every policy that the template attaches to them."""

from typing import Any

from auditor.model.unknown import Unknown
from auditor.sources.cloudformation.template import Definition
from auditor.sources.cloudformation.world import World, listed, same, some


def role(world: World, definition: Definition) -> dict[str, Any]:
    """A role with its inline and attached policies."""
    return {
        "RoleName": world.name(definition),
        **_policies(world, definition, "Role"),
        **same(world.properties(definition), "Path", "AssumeRolePolicyDocument", "Tags"),
    }


def user(world: World, definition: Definition) -> dict[str, Any]:
    """A user with its policies and groups."""
    return {
        "UserName": world.name(definition),
        **_policies(world, definition, "User"),
        **some(world.properties(definition), Path="Path", GroupList="Groups", Tags="Tags"),
    }


def group(world: World, definition: Definition) -> dict[str, Any]:
    """A group with its policies."""
    return {
        "GroupName": world.name(definition),
        **_policies(world, definition, "Group"),
        **same(world.properties(definition), "Path"),
    }


def managed_policy(world: World, definition: Definition) -> dict[str, Any]:
    """A managed policy, in its first version."""
    properties = world.properties(definition)
    version = {"VersionId": "v1", "IsDefaultVersion": True, **some(properties, Document="PolicyDocument")}
    at = (*definition.at, "Properties")
    world.move((*at, "PolicyVersionList", 0, "Document"), (*at, "PolicyDocument"))
    return {
        "PolicyName": world.name(definition),
        "DefaultVersionId": "v1",
        "PolicyVersionList": [version],
        **same(properties, "Path"),
    }


def _policies(world: World, definition: Definition, holder: str) -> dict[str, Any]:
    """What a role, user or group may do."""
    properties = world.properties(definition)
    member = f"{holder}PolicyList"
    boundary = {"PermissionsBoundaryArn": properties.get("PermissionsBoundary")}
    return {
        member: _inline(world, definition, member, holder),
        "AttachedManagedPolicies": _attached(world, definition, f"{holder}s"),
        **({"PermissionsBoundary": boundary} if "PermissionsBoundary" in properties else {}),
    }


def _inline(world: World, definition: Definition, member: str, holder: str) -> Any:
    """Policies of the resource itself, those attached by AWS::IAM::Policy, and those of a type of their own."""
    own = world.properties(definition).get("Policies")
    if isinstance(own, Unknown):
        return own
    at = (*definition.at, "Properties")
    found: list[Any] = []
    for index, policy in enumerate(listed(own)):
        world.move((*at, member, len(found)), (*at, "Policies", index))
        found.append(policy)
    attached = [
        *world.attached(definition, f"{holder}s", "AWS::IAM::Policy"),
        *world.attached(definition, f"{holder}Name", f"AWS::IAM::{holder}Policy"),
    ]
    for other, properties in attached:
        world.move((*at, member, len(found)), (*other.at, "Properties"))
        found.append(same(properties, "PolicyName", "PolicyDocument"))
    found += world.doubtful(definition, f"{holder}s", "AWS::IAM::Policy")
    return [*found, *world.doubtful(definition, f"{holder}Name", f"AWS::IAM::{holder}Policy")]


def _attached(world: World, definition: Definition, holders: str) -> Any:
    own = world.properties(definition).get("ManagedPolicyArns")
    if isinstance(own, Unknown):
        return own
    at = (*definition.at, "Properties")
    found: list[Any] = []
    for index, arn in enumerate(listed(own)):
        world.move((*at, "AttachedManagedPolicies", len(found)), (*at, "ManagedPolicyArns", index))
        name = arn.rpartition("/")[2] if isinstance(arn, str) else arn
        found.append({"PolicyName": name, "PolicyArn": arn})
    for other, _ in world.attached(definition, holders, "AWS::IAM::ManagedPolicy"):
        world.move((*at, "AttachedManagedPolicies", len(found)), (*other.at, "Properties", holders))
        name = world.name(other)
        found.append({"PolicyName": name, "PolicyArn": name})
    return [*found, *world.doubtful(definition, holders, "AWS::IAM::ManagedPolicy")]
