"""IAM: execution roles that can do no more than their work, and who may use them."""

from collections.abc import Callable

from auditor.iam.documents import Statement, statements
from auditor.model.identity import AttachedPolicy, Group, ManagedPolicy, Role, User
from auditor.model.inventory import Related
from auditor.model.rule import rule
from auditor.model.verdict import Severity, Verdict, failed, not_applicable, passed

from ._iam import (
    SERVICE,
    covers,
    every_action,
    federated_to_anyone,
    judge_policies,
    lets_others_in,
    places,
    trusts_sagemaker,
    whole_account,
    whole_service,
)

_NOT_EXECUTION = not_applicable("SageMaker cannot assume the role")
_TRUST = "AssumeRolePolicyDocument"
_CONFUSED_DEPUTY_KEYS = frozenset({"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"})
_BOUND_TO_CALLER = frozenset(
    {"aws:principalorgid", "aws:principalorgpaths", "aws:principalarn", "aws:principalaccount", "sts:externalid"}
)
# Service authorization reference, "Condition keys for Amazon S3".
_PICKS_OBJECTS = ("s3:existingobjecttag/", "s3:dataaccesspointarn", "aws:resourcetag/", "s3:buckettag/")
_PASSED_TO = frozenset({"iam:passedtoservice"})
_READS = ("s3:GetObject", "s3:GetObjectVersion")
# AWS's managed policies that are too wide for an execution role. Read from the documents' default versions:
# SageMakerFullAccess passes any role to SageMaker, the others hold more services than one job needs.
_BROAD = {
    "AdministratorAccess": "allows every action on every resource",
    "AmazonSageMakerFullAccess": "passes every role in the account to SageMaker",
    "PowerUserAccess": "allows every service but IAM",
    "IAMFullAccess": "can grant itself anything",
    "DataScientist": "passes every role to SageMaker and starts instances",
    "AmazonS3FullAccess": "reads and deletes every bucket",
    "SecretsManagerReadWrite": "reads every secret",
}


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


@rule(
    "execution-role-administrator",
    severity=Severity.CRITICAL,
    controls=(
        "FSBP:IAM.1",
        "AWS-Config:IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS",
        "CIS-AWS-5.0:1.15",
        "NIST-800-53r5:AC-6",
        "SOC2:CC6.3",
        "ISO-27001-2022:A.8.2",
        "WA-ML:MLSEC03-BP01",
    ),
    tags=("iam", "execution-role"),
    version=2,
)
def administrator(role: Role, policies: Related[ManagedPolicy]) -> Verdict:
    """An execution role is not an administrator.

    Why: whoever can run code in a notebook or job has the role's rights: here, the whole account.
    Fix: detach AdministratorAccess and delete statements with Action * on Resource *; grant the actions and
      resources that the work needs.
    Limits: conditions and permissions boundaries on such statements are not weighed; they do not make an
      administrator a sensible execution role. A NotAction that leaves iam:AttachRolePolicy or iam:PutRolePolicy
      counts as every action.
    """
    if not trusts_sagemaker(role):
        return _NOT_EXECUTION
    return judge_policies(
        role,
        policies,
        lambda statement: statement.allows and every_action(statement) and statement.covers_every_resource,
        failing="a policy allows every action on every resource",
        passing="no policy allows every action on every resource",
    )


@rule(
    "execution-role-broad-managed-policy",
    severity=Severity.HIGH,
    controls=("NIST-800-53r5:AC-6", "WA-ML:MLSEC03-BP01"),
    tags=("iam", "execution-role"),
    version=2,
)
def broad_managed_policy(role: Role, *, accepted: tuple[str, ...] = ()) -> Verdict:
    """An execution role has none of AWS's broad managed policies, such as AmazonSageMakerFullAccess.

    Why: AmazonSageMakerFullAccess can pass any role that trusts SageMaker to a new job, and so become it.
    Fix: replace the policy by one of your own for the actions and resources in use (SageMaker Role Manager
      makes one per persona).
    Parameters:
      accepted: names of such policies that are accepted all the same, as AmazonSageMakerFullAccess in a sandbox.
    """
    if not trusts_sagemaker(role):
        return _NOT_EXECUTION
    broad = _BROAD.keys() - set(accepted)

    def is_broad(policy: AttachedPolicy) -> bool:
        return _name(policy.policy_arn) in broad and ":iam::aws:policy/" in policy.policy_arn

    policies = role.attached_managed_policies
    if hits := places(enumerate(policies), is_broad):
        words = "; ".join(f"{name} {_BROAD[name]}" for name in (_name(policies[index].policy_arn) for index in hits))
        return failed(words, at=[f"AttachedManagedPolicies[{index}].PolicyArn" for index in hits])
    return passed("no broad managed policy is attached", at="AttachedManagedPolicies[].PolicyArn")


@rule(
    "execution-role-wildcard-actions",
    severity=Severity.MEDIUM,
    controls=("FSBP:IAM.21", "AWS-Config:IAM_POLICY_NO_STATEMENTS_WITH_FULL_ACCESS", "WA-ML:MLSEC03-BP01"),
    tags=("iam", "execution-role"),
    version=2,
)
def wildcard_actions(role: Role, policies: Related[ManagedPolicy]) -> Verdict:
    """An execution role is not allowed all actions of a service on every resource.

    Why: sagemaker:* or s3:* on * lets one notebook change every endpoint or read every bucket.
    Fix: list the actions, and name the resources by ARN or tag condition.
    """
    if not trusts_sagemaker(role):
        return _NOT_EXECUTION
    return judge_policies(
        role,
        policies,
        lambda statement: (
            statement.allows
            and (bool(statement.not_resources) or any(map(whole_account, statement.resources)))
            and (bool(statement.not_actions) or any(whole_service(action) for action in statement.actions))
        ),
        failing="a policy allows all actions of a service on every resource",
        passing="no policy allows all actions of a service on every resource",
    )


def _passes_any_role(holder: Role | User | Group) -> Callable[[Statement], bool]:
    """Whether a statement covers a role that nobody could have named, as `*` and `arn:…:role/*` do."""

    def bad(statement: Statement) -> bool:
        if not (statement.allows and statement.covers_action("iam:PassRole")):
            return False
        return covers(holder, statement, "iam::ACCOUNT:role/a-role-nobody-has")

    return bad


def _passed_anywhere(statement: Statement) -> bool:
    return statement.allows and statement.covers_action("iam:PassRole") and not statement.demands(_PASSED_TO)


def _pass_role(
    holder: Role | User | Group, policies: Related[ManagedPolicy], bad: Callable[[Statement], bool], what: str
) -> Verdict:
    return judge_policies(
        holder,
        policies,
        bad,
        failing=f"a policy lets it pass {what}",
        passing=f"no policy lets it pass {what}",
    )


@rule(
    "execution-role-pass-any-role",
    severity=Severity.HIGH,
    controls=("NIST-800-53r5:AC-6", "WA-ML:MLSEC03-BP01"),
    tags=("iam", "execution-role", "escalation"),
)
def pass_any_role(role: Role, policies: Related[ManagedPolicy]) -> Verdict:
    """An execution role cannot pass every role.

    Why: with iam:PassRole on * a notebook starts a job that runs as the most powerful role it finds.
    Fix: name the roles in the statement's Resource.
    """
    if not trusts_sagemaker(role):
        return _NOT_EXECUTION
    return _pass_role(role, policies, _passes_any_role(role), "every role")


@rule(
    "execution-role-pass-role-to-any-service",
    severity=Severity.MEDIUM,
    controls=("NIST-800-53r5:AC-6", "WA-ML:MLSEC03-BP01"),
    tags=("iam", "execution-role", "escalation"),
)
def pass_role_to_any_service(role: Role, policies: Related[ManagedPolicy]) -> Verdict:
    """An execution role passes roles to named services only.

    Why: without iam:PassedToService the role can be handed to any service that its trust allows, such as
      Lambda or EC2.
    Fix: add the condition StringEquals iam:PassedToService sagemaker.amazonaws.com.
    """
    if not trusts_sagemaker(role):
        return _NOT_EXECUTION
    return _pass_role(role, policies, _passed_anywhere, "roles to any service")


@rule(
    "user-pass-any-role",
    severity=Severity.HIGH,
    controls=("NIST-800-53r5:AC-6", "WA-ML:MLSEC03-BP01"),
    tags=("iam", "user", "escalation"),
)
def user_pass_any_role(principal: User | Group, policies: Related[ManagedPolicy]) -> Verdict:
    """An IAM user or group cannot pass every role.

    Why: with iam:PassRole on * and a right to start a notebook or job, the user becomes any role that trusts
      SageMaker.
    Fix: name the roles in the statement's Resource and the service in iam:PassedToService.
    """
    return _pass_role(principal, policies, _passes_any_role(principal), "every role")


@rule(
    "execution-role-confused-deputy",
    severity=Severity.MEDIUM,
    controls=("NIST-800-53r5:AC-6", "WA-ML:MLSEC03-BP01"),
    tags=("iam", "execution-role", "trust"),
    version=3,
)
def confused_deputy(role: Role) -> Verdict:
    """A role's trust in SageMaker is bound to the account or to resources in it.

    Why: without aws:SourceAccount or aws:SourceArn, SageMaker may be made to use the role on behalf of
      somebody else (the confused deputy).
    Fix: add StringEquals aws:SourceAccount ACCOUNT, or ArnLike aws:SourceArn, to the trust statement; ACCOUNT is
      the role's own, since another's lets that other one in.
    Limits: whose organisation aws:SourceOrgID and aws:SourceOrgPaths name is not looked up.
    """
    trusting = [
        (index, statement)
        for index, statement in enumerate(statements(role.assume_role_policy_document))
        if statement.allows and SERVICE in statement.principals.get("Service", ())
    ]
    if not trusting:
        return _NOT_EXECUTION
    own = role.identity.account
    loose = places(trusting, lambda statement: not statement.bound(_CONFUSED_DEPUTY_KEYS, own))
    if loose:
        what = "SageMaker is trusted without aws:SourceAccount or aws:SourceArn of the role's own account"
        return failed(what, at=_trust(role, loose))
    return passed("the trust in SageMaker is bound to its source", at=_trust(role, [index for index, _ in trusting]))


@rule(
    "execution-role-trust",
    severity=Severity.HIGH,
    controls=("NIST-800-53r5:AC-3", "WA-ML:MLSEC03-BP01"),
    tags=("iam", "execution-role", "trust"),
    version=3,
)
def role_trust(role: Role, *, trusted_accounts: tuple[str, ...] = ()) -> Verdict:
    """An execution role is not trusted to everyone or to other accounts.

    Why: whoever assumes the role from outside reads the data and models that it can read.
    Fix: remove foreign principals and * from the trust policy; where a partner must assume the role, give it
      a role of its own with sts:ExternalId. Bind an identity provider's users by a condition on the subject.
    Parameters:
      trusted_accounts: ids of further accounts that may be let in, such as those of your organisation.
    """
    if not trusts_sagemaker(role):
        return _NOT_EXECUTION
    own = role.identity.account
    trust = enumerate(statements(role.assume_role_policy_document))
    open_to = places(trust, lambda statement: statement.allows and _open_to_others(statement, own, trusted_accounts))
    if open_to:
        return failed("the role is trusted to everyone or to another account", at=_trust(role, open_to))
    whose = "this account and of trusted ones" if trusted_accounts else "this account"
    return passed(f"only SageMaker and principals of {whose} are trusted", at=_TRUST)


def _open_to_others(statement: Statement, own: str, trusted: tuple[str, ...]) -> bool:
    return federated_to_anyone(statement) or lets_others_in(statement, _BOUND_TO_CALLER, own, trusted)


@rule(
    "execution-role-other-services",
    severity=Severity.LOW,
    controls=("NIST-800-53r5:AC-6", "WA-ML:MLSEC03-BP01"),
    tags=("iam", "execution-role", "trust"),
)
def other_services(role: Role, *, accepted: tuple[str, ...] = ()) -> Verdict:
    """An execution role is trusted to SageMaker alone among the services.

    Why: a role that Lambda, Glue or EC2 can use as well widens what whoever may pass it can do.
    Fix: give every service a role of its own.
    Parameters:
      accepted: further services that may use the role, such as glue.amazonaws.com.
    """
    if not trusts_sagemaker(role):
        return _NOT_EXECUTION
    known = (SERVICE, *accepted)
    others = [
        index
        for index, statement in enumerate(statements(role.assume_role_policy_document))
        if statement.allows and any(name not in known for name in statement.principals.get("Service", ()))
    ]
    if others:
        return failed("services beside SageMaker can use the role", at=_trust(role, others))
    beside = "SageMaker and those accepted" if accepted else "SageMaker"
    return passed(f"no service beside {beside} can use the role", at=_TRUST)


@rule(
    "execution-role-permissions-boundary",
    severity=Severity.LOW,
    controls=("NIST-800-53r5:AC-6", "WA-ML:MLSEC03-BP01"),
    tags=("iam", "execution-role"),
)
def permissions_boundary(role: Role, *, approved: tuple[str, ...] = ()) -> Verdict:
    """An execution role has a permissions boundary.

    Why: a boundary keeps later, careless policies on the role within bounds.
    Fix: aws iam put-role-permissions-boundary --role-name NAME --permissions-boundary POLICY_ARN.
    Parameters:
      approved: names or ARNs of the only policies that may be the boundary; where it is not set, any policy may.
    """
    if not trusts_sagemaker(role):
        return _NOT_EXECUTION
    path = "PermissionsBoundary.PermissionsBoundaryArn"
    boundary = role.permissions_boundary
    if boundary is None or not boundary.permissions_boundary_arn:
        return failed("the role has no permissions boundary", at=path)
    if approved and not {boundary.permissions_boundary_arn, _name(boundary.permissions_boundary_arn)} & set(approved):
        return failed("the role's permissions boundary is none of those approved", at=path)
    return passed("the role has a permissions boundary", at=path)


def _narrowed_to_objects(statement: Statement) -> bool:
    """Whether a condition picks objects or access points; one on the transport or the network does not."""
    picking = (key for key in statement.condition_keys() if key.startswith(_PICKS_OBJECTS))
    return statement.demands(frozenset(picking))


@rule(
    "execution-role-every-bucket",
    severity=Severity.HIGH,
    controls=("NIST-800-53r5:AC-6", "WA-ML:MLSEC03-BP03"),
    tags=("iam", "execution-role", "s3"),
    version=2,
)
def every_bucket(role: Role, policies: Related[ManagedPolicy]) -> Verdict:
    """An execution role reads named buckets only.

    Why: a notebook that reads every bucket turns one leaked session into a leak of all data.
    Fix: name the buckets and prefixes in the statement's Resource.
    """
    if not trusts_sagemaker(role):
        return _NOT_EXECUTION
    return judge_policies(
        role,
        policies,
        lambda statement: (
            statement.allows
            and any(statement.covers_action(action) for action in _READS)
            and not _narrowed_to_objects(statement)
            and covers(role, statement, "s3:::a-bucket-nobody-has/key")
        ),
        failing="a policy allows reading objects of every bucket",
        passing="no policy allows reading objects of every bucket",
    )


@rule(
    "user-direct-policies",
    severity=Severity.LOW,
    controls=("FSBP:IAM.2", "AWS-Config:IAM_USER_NO_POLICIES_CHECK", "CIS-AWS-5.0:1.14"),
    tags=("iam", "user"),
)
def direct_policies(user: User) -> Verdict:
    """An IAM user gets rights through groups or roles, not by policies of its own.

    Why: rights that hang on single users are the ones nobody takes away.
    Fix: move the policies to a group, or replace the user by a role.
    """
    at = ("UserPolicyList[].PolicyName", "AttachedManagedPolicies[].PolicyName")
    if len(user.user_policy_list) + len(user.attached_managed_policies):
        return failed("policies are attached to the user itself", at=at)
    return passed("no policy is attached to the user itself", at=at)


def _trust(role: Role, indices: list[int]) -> list[str]:
    if isinstance(role.assume_role_policy_document.get("Statement"), dict):
        return [f"{_TRUST}.Statement"]
    return [f"{_TRUST}.Statement[{index}]" for index in indices]
