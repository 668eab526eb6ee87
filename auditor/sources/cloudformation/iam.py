"""IAM's resources with every policy that the template attaches to them."""

from typing import Any

from auditor.model.unknown import Unknown
from auditor.sources.cloudformation.template import Definition
from auditor.sources.cloudformation.world import World, listed, some


def role(world: World, definition: Definition) -> dict[str, Any]:
    """A role with its inline and attached policies."""
    properties = world.properties(definition)
    facts = {
        "RoleName": world.name(definition),
        "RolePolicyList": _inline(world, definition, "RolePolicyList", "Roles", "AWS::IAM::RolePolicy"),
        "AttachedManagedPolicies": _attached(world, definition, "Roles"),
        **some(properties, Path="Path", AssumeRolePolicyDocument="AssumeRolePolicyDocument", Tags="Tags"),
    }
    if "PermissionsBoundary" in properties:
        facts["PermissionsBoundary"] = {"PermissionsBoundaryArn": properties["PermissionsBoundary"]}
    return facts


def user(world: World, definition: Definition) -> dict[str, Any]:
    """A user with its policies and groups."""
    properties = world.properties(definition)
    facts = {
        "UserName": world.name(definition),
        "UserPolicyList": _inline(world, definition, "UserPolicyList", "Users", "AWS::IAM::UserPolicy"),
        "AttachedManagedPolicies": _attached(world, definition, "Users"),
        **some(properties, Path="Path", GroupList="Groups", Tags="Tags"),
    }
    if "PermissionsBoundary" in properties:
        facts["PermissionsBoundary"] = {"PermissionsBoundaryArn": properties["PermissionsBoundary"]}
    return facts


def group(world: World, definition: Definition) -> dict[str, Any]:
    """A group with its policies."""
    return {
        "GroupName": world.name(definition),
        "GroupPolicyList": _inline(world, definition, "GroupPolicyList", "Groups", "AWS::IAM::GroupPolicy"),
        "AttachedManagedPolicies": _attached(world, definition, "Groups"),
        **some(world.properties(definition), Path="Path"),
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
        **some(properties, Path="Path"),
    }


def _inline(world: World, definition: Definition, member: str, holders: str, alone: str) -> Any:
    """Policies of the resource itself, those attached by AWS::IAM::Policy, and those of a type of their own."""
    own = world.properties(definition).get("Policies")
    if isinstance(own, Unknown):
        return own
    at = (*definition.at, "Properties")
    found: list[Any] = []
    for index, policy in enumerate(listed(own)):
        world.move((*at, member, len(found)), (*at, "Policies", index))
        found.append(policy)
    single = f"{holders.removesuffix('s')}Name"
    attached = [
        *world.attached(definition, holders, "AWS::IAM::Policy"),
        *world.attached(definition, single, alone),
    ]
    for other, properties in attached:
        world.move((*at, member, len(found)), (*other.at, "Properties"))
        found.append(some(properties, PolicyName="PolicyName", PolicyDocument="PolicyDocument"))
    return found


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
    return found
