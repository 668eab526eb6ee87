"""What the IAM rules share: the policies of a principal, and finding a statement in them."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeVar

from auditor.iam.documents import Statement, account_of, matches, statements
from auditor.model.identity import AttachedPolicy, Group, ManagedPolicy, PolicyDetail, Role, User
from auditor.model.inventory import Related
from auditor.model.unknown import CannotAssess, Reason, Unknown
from auditor.model.verdict import Fact, Verdict, Where, failed, passed

SERVICE = "sagemaker.amazonaws.com"
_ACCOUNT_PART = 4
_INLINE = {Role: "RolePolicyList", User: "UserPolicyList", Group: "GroupPolicyList"}

# AWS managed policy reference: it allows every action on every resource, and cannot be changed by anybody else.
_ADMINISTRATOR = ":iam::aws:policy/AdministratorAccess"
_EVERYTHING = Statement("Allow", actions=("*",), resources=("*",))
# Identity providers that anybody can have an account with: whose token it is, only the subject says.
_PUBLIC_PROVIDERS = ("token.actions.githubusercontent.com", "gitlab.com", "app.terraform.io", "bitbucket.org")

# Who can do these can do everything.
_ESCALATES = ("iam:AttachRolePolicy", "iam:PutRolePolicy")

Principal = Role | User | Group
T = TypeVar("T")


def trusts_sagemaker(role: Role) -> bool:
    """Whether SageMaker can assume the role: what makes it an execution role."""
    return any(
        statement.allows and SERVICE in statement.principals.get("Service", ())
        for statement in statements(role.assume_role_policy_document)
    )


def foreign(statement: Statement, own: str, trusted: Iterable[str] = ()) -> bool:
    """Whether a statement's principals are everyone or of an account that is not trusted, before its conditions."""
    if statement.anyone:
        return True
    named = {account_of(name) for name in statement.principals.get("AWS", ())} - {"", *trusted}
    if named and not own:
        # What is not deployed yet may be deployed to the very account.
        raise CannotAssess(Unknown(Reason.UNRESOLVED_REFERENCE, "its own account is not known: give --account"))
    return bool(named - {own})


def lets_others_in(statement: Statement, keys: frozenset[str], own: str, trusted: Iterable[str]) -> bool:
    """Whether a statement is for everyone or for an account that is not trusted, its conditions included.

    Args:
        statement: one that allows.
        keys: condition keys, in lower case, that say whose a request is.
        own: the account that the statement stands in; empty where it is not known.
        trusted: further accounts.

    Raises:
        CannotAssess: it depends on the account, which is not known.
    """
    if not foreign(statement, own, trusted):
        return False
    return not (any(statement.demands(keys, account) for account in trusted) or statement.bound(keys, own))


def places(found: Iterable[tuple[int, T]], test: Callable[[T], bool]) -> list[int]:
    """The numbers of the items, such as statements, for which a test holds.

    Raises:
        CannotAssess: it holds for none, and for one it cannot be told.
    """
    held: list[int] = []
    unknown: CannotAssess | None = None
    for index, item in found:
        try:
            if test(item):
                held.append(index)
        except CannotAssess as error:
            unknown = unknown or error
    if not held and unknown is not None:
        raise unknown
    return held


def federated_to_anyone(statement: Statement) -> bool:
    """Whether an identity provider's users may assume a role without a condition on whose token they show.

    Users of a SAML provider are those of the account. Source: IAM user guide, "Creating a role for OpenID Connect
    federation" and "IAM and AWS STS condition context keys".
    """
    return any(
        not statement.demands(_provider_keys(provider))
        for provider in statement.principals.get("Federated", ())
        if ":saml-provider/" not in provider
    )


def _provider_keys(provider: str) -> frozenset[str]:
    host = provider.partition(":oidc-provider/")[2] or provider
    public = any(host == name or host.startswith(f"{name}/") for name in _PUBLIC_PROVIDERS)
    return frozenset(f"{host.lower()}:{key}" for key in (("sub",) if public else ("sub", "aud", "oaud", "app_id")))


def covers(holder: Principal, statement: Statement, resource: str) -> bool:
    """Whether a statement covers a resource of the holder's account, or of the one that a pattern names.

    Args:
        holder: where its account is not known, a template may name the account that it is meant for.
        statement: its resources are looked at.
        resource: an ARN without what stands before its third colon: `iam::ACCOUNT:role/name`, with ACCOUNT for the
            account.
    """
    identity = holder.identity
    named = (pattern.split(":") for pattern in statement.resources)
    own = [(identity.partition, identity.account)]
    if not identity.account:
        own += [(parts[1], parts[4]) for parts in named if parts[0] == "arn" and len(parts) > _ACCOUNT_PART]
    return bool(statement.not_resources) or any(
        matches(pattern, f"arn:{partition}:{resource.replace('ACCOUNT', account)}")
        for pattern in statement.resources
        for partition, account in own
    )


def whole_service(action: str) -> bool:
    """Whether a pattern names every action of a service at least."""
    return _wild(action.rpartition(":")[2])


def whole_account(pattern: str) -> bool:
    """Whether a pattern names every resource, of one service, region or account at least."""
    return _wild(pattern.split(":", 5)[-1].replace("/", ""))


def _wild(pattern: str) -> bool:
    return "*" in pattern and not pattern.strip("*?")


def every_action(statement: Statement) -> bool:
    """Whether a statement names every action, or leaves out so few that it can give itself the rest."""
    left = bool(statement.not_actions) and any(statement.covers_action(action) for action in _ESCALATES)
    return statement.covers_every_action or left


def judge_policies(
    holder: Principal,
    policies: Related[ManagedPolicy],
    bad: Callable[[Statement], bool],
    *,
    failing: str,
    passing: str,
) -> Verdict:
    """FAILED on the statements that `bad` finds in any inline or attached policy, PASSED if it finds none.

    Raises:
        CannotAssess: none was found and a policy could not be read.
    """
    found: list[Where] = []
    unknown: CannotAssess | None = None
    for read in _documents(holder, policies):
        try:
            found += read(bad)
        except CannotAssess as error:
            unknown = unknown or error
    if found:
        return failed(failing, at=found)
    if unknown is not None:
        raise unknown
    return passed(passing, at=(f"{_INLINE[type(holder)]}[].PolicyName", "AttachedManagedPolicies[].PolicyArn"))


_Reader = Callable[[Callable[[Statement], bool]], list[Where]]


def _documents(holder: Principal, policies: Related[ManagedPolicy]) -> Iterator[_Reader]:
    for index, policy in enumerate(_inline(holder)):
        yield partial(_inline_hits, policy, f"{_INLINE[type(holder)]}[{index}]")
    for index, attached in enumerate(holder.attached_managed_policies):
        yield partial(_attached_hits, attached, f"AttachedManagedPolicies[{index}]", policies)


def _inline(holder: Principal) -> tuple[PolicyDetail, ...]:
    if isinstance(holder, Role):
        return holder.role_policy_list
    return holder.user_policy_list if isinstance(holder, User) else holder.group_policy_list


def _inline_hits(policy: PolicyDetail, place: str, bad: Callable[[Statement], bool]) -> list[Where]:
    return [f"{place}.PolicyDocument.{path}" for path in _hits(policy.policy_document, bad)]


def _attached_hits(
    attached: AttachedPolicy, place: str, policies: Related[ManagedPolicy], bad: Callable[[Statement], bool]
) -> list[Where]:
    if attached.policy_arn.endswith(_ADMINISTRATOR):
        return [f"{place}.PolicyArn"] if bad(_EVERYTHING) else []
    policy = policies.find(attached.policy_arn)
    for index, version in enumerate(policy.policy_version_list):
        if version.is_default_version:
            return [
                Fact(policy, f"PolicyVersionList[{index}].Document.{path}") for path in _hits(version.document, bad)
            ]
    raise CannotAssess(Unknown(Reason.NOT_COLLECTED, f"the default version of {policy.identity.name}"))


def _hits(document: dict[str, Any], bad: Callable[[Statement], bool]) -> list[str]:
    single = isinstance(document.get("Statement"), dict)
    return [
        "Statement" if single else f"Statement[{index}]"
        for index, statement in enumerate(statements(document))
        if bad(statement)
    ]
