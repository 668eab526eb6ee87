"""What the IAM rules share: the policies of a principal, and finding a statement in them."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from auditor.iam.documents import Statement, account_of, statements
from auditor.model.identity import AttachedPolicy, Group, ManagedPolicy, PolicyDetail, Role, User
from auditor.model.inventory import Related
from auditor.model.unknown import CannotAssess, Reason, Unknown
from auditor.model.verdict import Fact, Verdict, Where, failed, passed

SERVICE = "sagemaker.amazonaws.com"
_INLINE = {Role: "RolePolicyList", User: "UserPolicyList", Group: "GroupPolicyList"}

Principal = Role | User | Group


def trusts_sagemaker(role: Role) -> bool:
    """Whether SageMaker can assume the role: what makes it an execution role."""
    return any(
        statement.allows and SERVICE in statement.principals.get("Service", ())
        for statement in statements(role.assume_role_policy_document)
    )


def foreign(statement: Statement, own: str) -> bool:
    """Whether a statement's principals are everyone or of another account, before its conditions."""
    if statement.anyone:
        return True
    named = {account_of(name) for name in statement.principals.get("AWS", ())} - {""}
    if named and not own:
        # What is not deployed yet may be deployed to the very account.
        raise CannotAssess(Unknown(Reason.UNRESOLVED_REFERENCE, "its own account is not known: give --account"))
    return bool(named - {own})


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
    for attached in holder.attached_managed_policies:
        yield partial(_attached_hits, attached, policies)


def _inline(holder: Principal) -> tuple[PolicyDetail, ...]:
    if isinstance(holder, Role):
        return holder.role_policy_list
    return holder.user_policy_list if isinstance(holder, User) else holder.group_policy_list


def _inline_hits(policy: PolicyDetail, place: str, bad: Callable[[Statement], bool]) -> list[Where]:
    return [f"{place}.PolicyDocument.{path}" for path in _hits(policy.policy_document, bad)]


def _attached_hits(
    attached: AttachedPolicy, policies: Related[ManagedPolicy], bad: Callable[[Statement], bool]
) -> list[Where]:
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
