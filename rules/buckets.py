"""S3 buckets: those that SageMaker's resources and the account's trails name, and no others."""

from auditor.iam.documents import Statement, matches, statements
from auditor.model.rule import rule
from auditor.model.surroundings import Bucket, ServerSideEncryptionByDefault
from auditor.model.unknown import CannotAssess, Reason, Unknown
from auditor.model.verdict import Severity, Verdict, failed, passed

from ._iam import lets_others_in, places

_TAGS = ("s3", "data")
_ALGORITHM = "Encryption.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm"
_KEY = "Encryption.Rules[0].ApplyServerSideEncryptionByDefault.KMSMasterKeyID"
_KMS = frozenset({"aws:kms", "aws:kms:dsse"})
_EVERY_ACTION = frozenset({"*", "s3:*", "*:*"})
_TLS = "aws:securetransport"
# IAM user guide, "AWS global condition context keys": what keeps a statement for everyone to people of one's own.
_OWN_PEOPLE = frozenset(
    {
        *("aws:principalorgid", "aws:principalorgpaths", "aws:principalarn", "aws:principalaccount"),
        *("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"),
        *("aws:sourcevpc", "aws:sourcevpce", "s3:dataaccesspointaccount"),
    }
)


def _default(bucket: Bucket) -> ServerSideEncryptionByDefault | None:
    if bucket.encryption is None:
        return None
    rules = (one.apply_server_side_encryption_by_default for one in bucket.encryption.rules)
    return next((one for one in rules if one is not None), None)


@rule(
    "bucket-encryption",
    severity=Severity.MEDIUM,
    controls=("AWS-Config:S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED", "NIST-800-53r5:SC-28", "WA-ML:MLSEC03-BP03"),
    tags=(*_TAGS, "encryption"),
)
def encryption(bucket: Bucket) -> Verdict:
    """A bucket that SageMaker or a trail uses encrypts new objects.

    Why: training data and models lie in it.
    Fix: aws s3api put-bucket-encryption; AWS has done so by itself for every bucket since January 2023.
    """
    if _default(bucket) is None:
        return failed("new objects are not encrypted by default", at="Encryption")
    return passed("new objects are encrypted by default", at=_ALGORITHM)


@rule(
    "bucket-kms-key",
    severity=Severity.LOW,
    controls=("FSBP:S3.17", "AWS-Config:S3_DEFAULT_ENCRYPTION_KMS", "NIST-800-53r5:SC-28", "WA-ML:MLSEC03-BP03"),
    tags=(*_TAGS, "encryption", "kms"),
)
def kms_key(bucket: Bucket) -> Verdict:
    """A bucket that SageMaker or a trail uses encrypts new objects with a customer-managed KMS key.

    Why: with a key of one's own, reading data needs a right on the key besides the right on the bucket, and
      every use is logged.
    Fix: aws s3api put-bucket-encryption with SSEAlgorithm=aws:kms and the ARN of a customer-managed key.
    """
    default = _default(bucket)
    if default is None:
        return failed("new objects are not encrypted by default", at="Encryption")
    if default.sse_algorithm not in _KMS:
        return failed("new objects are encrypted with S3's key, which anyone who may read may use", at=_ALGORITHM)
    # An alias that begins so is AWS's own (API reference of KMS, CreateAlias: AliasName).
    if not default.kms_master_key_id or "alias/aws/" in default.kms_master_key_id:
        return failed("new objects are encrypted with the AWS-managed key aws/s3", at=_KEY)
    at = (_KEY, "DefaultKeyManager")
    if bucket.default_key_manager == "CUSTOMER":
        return passed("new objects are encrypted with a customer-managed key", at=at)
    return failed("new objects are encrypted with a key that AWS manages", at=at)


@rule(
    "bucket-tls-only",
    severity=Severity.MEDIUM,
    controls=(
        *("FSBP:S3.5", "AWS-Config:S3_BUCKET_SSL_REQUESTS_ONLY", "CIS-AWS-5.0:2.1.1", "NIST-800-53r5:SC-8"),
        *("PCI-DSS-4.0:4.2.1", "HIPAA:164.312(e)(1)", "WA-ML:MLSEC03-BP03"),
    ),
    tags=(*_TAGS, "encryption"),
)
def tls_only(bucket: Bucket) -> Verdict:
    """A bucket that SageMaker or a trail uses refuses requests without TLS.

    Why: S3 answers over plain HTTP as well, and then data and credentials' signatures can be read on the way.
    Fix: add a Deny for Principal *, Action s3:*, on the bucket and its objects, with the condition Bool
      aws:SecureTransport false.
    """
    if bucket.policy is None:
        return failed("the bucket has no policy, so plain HTTP is let in", at="Policy")
    arn = f"arn:{bucket.identity.partition}:s3:::{bucket.identity.name}"
    denying = [(index, one) for index, one in enumerate(statements(bucket.policy)) if _denies_plain_http(one)]
    for what, where in (("the bucket", arn), ("its objects", f"{arn}/any/key")):
        if not any(matches(pattern, where) for _, one in denying for pattern in one.resources):
            return failed(f"no statement denies every action on {what} without TLS", at="Policy")
    return passed("requests without TLS are denied", at=_statements(bucket, [index for index, _ in denying]))


def _denies_plain_http(statement: Statement) -> bool:
    """A narrower one (of some actions or people, or with a further condition) leaves a way open."""
    whole = "*" in statement.principals.get("AWS", ()) and bool(_EVERY_ACTION & {*statement.actions})
    if statement.allows or not whole:
        return False
    asked = [(operator, key, values) for operator, keys in statement.conditions.items() for key, values in keys.items()]
    return len(asked) == 1 and all(
        operator.casefold() in {"bool", "boolifexists"} and key == _TLS and {*map(str.casefold, values)} == {"false"}
        for operator, key, values in asked
    )


@rule(
    "bucket-public-access-block",
    severity=Severity.HIGH,
    controls=(
        *("FSBP:S3.8", "AWS-Config:S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", "CIS-AWS-5.0:2.1.4"),
        *("NIST-800-53r5:AC-3", "WA-ML:MLSEC03-BP03"),
    ),
    tags=(*_TAGS, "public"),
)
def public_access_block(bucket: Bucket) -> Verdict:
    """A bucket that SageMaker or a trail uses blocks public access in all four ways.

    Why: then no access control list and no policy that somebody sets later makes data or models public.
    Fix: aws s3api put-public-access-block with all four switches true.
    Limits: a block over the whole account is not read.
    """
    block = bucket.public_access_block
    if block is None:
        return failed("public access is not blocked", at="PublicAccessBlock")
    switches = {
        "BlockPublicAcls": block.block_public_acls,
        "IgnorePublicAcls": block.ignore_public_acls,
        "BlockPublicPolicy": block.block_public_policy,
        "RestrictPublicBuckets": block.restrict_public_buckets,
    }
    off = [name for name, on in switches.items() if not on]
    if off:
        return failed(f"{', '.join(off)} is off", at=[f"PublicAccessBlock.{name}" for name in off])
    return passed("public access is blocked", at=[f"PublicAccessBlock.{name}" for name in switches])


@rule(
    "bucket-versioning",
    severity=Severity.LOW,
    controls=("FSBP:S3.14", "AWS-Config:S3_BUCKET_VERSIONING_ENABLED", "NIST-800-53r5:CP-9", "WA-ML:MLSEC04-BP03"),
    tags=_TAGS,
)
def versioning(bucket: Bucket) -> Verdict:
    """A bucket that SageMaker or a trail uses keeps versions.

    Why: data or a model that was overwritten, by mistake or to poison it, can be told and brought back.
    Fix: aws s3api put-bucket-versioning --versioning-configuration Status=Enabled.
    """
    if bucket.versioning.status == "Enabled":
        return passed("the bucket keeps versions", at="Versioning.Status")
    return failed("the bucket keeps no versions", at="Versioning.Status")


@rule(
    "bucket-access-logging",
    severity=Severity.LOW,
    controls=("FSBP:S3.9", "AWS-Config:S3_BUCKET_LOGGING_ENABLED", "NIST-800-53r5:AU-12", "WA-ML:MLSEC03-BP03"),
    tags=(*_TAGS, "logging"),
)
def access_logging(bucket: Bucket) -> Verdict:
    """Access to a bucket that SageMaker or a trail uses is logged.

    Why: who read the data or fetched a model is otherwise known only where a trail records data events.
    Fix: aws s3api put-bucket-logging with a target bucket other than the bucket itself.
    """
    if bucket.logging is None:
        return failed("access to the bucket is not logged", at="Logging")
    return passed("access to the bucket is logged", at="Logging.TargetBucket")


@rule(
    "bucket-policy-not-public",
    severity=Severity.CRITICAL,
    controls=(
        *("FSBP:S3.2", "FSBP:S3.3", "AWS-Config:S3_BUCKET_PUBLIC_READ_PROHIBITED"),
        *("AWS-Config:S3_BUCKET_PUBLIC_WRITE_PROHIBITED", "NIST-800-53r5:AC-3", "WA-ML:MLSEC03-BP03"),
    ),
    tags=(*_TAGS, "public"),
)
def policy_not_public(bucket: Bucket) -> Verdict:
    """The policy of a bucket that SageMaker or a trail uses is not public.

    Why: everyone could read the training data, or put in place of a model one that runs their code.
    Fix: name the principals in the policy, and block public access on the bucket.
    Limits: access control lists are not read; bucket-public-access-block asks for what makes them void.
    """
    block = bucket.public_access_block
    if block is not None and block.restrict_public_buckets:
        return passed("a public policy would not count", at="PublicAccessBlock.RestrictPublicBuckets")
    if bucket.policy_is_public:
        return failed("the bucket's policy is public", at="PolicyIsPublic")
    return passed("the bucket's policy is not public", at="PolicyIsPublic")


@rule(
    "bucket-policy-other-accounts",
    severity=Severity.HIGH,
    controls=("FSBP:S3.6", "AWS-Config:S3_BUCKET_POLICY_GRANTEE_CHECK", "NIST-800-53r5:AC-3", "WA-ML:MLSEC03-BP03"),
    tags=(*_TAGS, "cross-account"),
)
def policy_other_accounts(bucket: Bucket, *, trusted_accounts: tuple[str, ...] = ()) -> Verdict:
    """The policy of a bucket that SageMaker or a trail uses lets no other account in.

    Why: whoever has the other account reads the data, or changes models that run here.
    Fix: remove the foreign principals, or bind the statement to the organisation (aws:PrincipalOrgID); where a
      partner must read, waive the finding with a date.
    Limits: access control lists and access points are not read.
    Parameters:
      trusted_accounts: ids of further accounts that may be let in, such as those of your organisation.
    """
    if bucket.policy is None:
        return passed("the bucket has no policy", at="Policy")
    own = bucket.identity.account
    found = [(index, one) for index, one in enumerate(statements(bucket.policy)) if one.allows]
    open_to = places(found, lambda one: lets_others_in(one, _OWN_PEOPLE, own, trusted_accounts))
    if open_to:
        return failed("the policy lets everyone or another account in", at=_statements(bucket, open_to))
    if any("CanonicalUser" in one.principals and not one.demands(_OWN_PEOPLE, own) for _, one in found):
        raise CannotAssess(Unknown(Reason.NOT_COLLECTED, "whose canonical user id the policy names"))
    others = "account in but trusted ones" if trusted_accounts else "account in"
    return passed(f"the policy lets no other {others}", at="Policy")


def _statements(bucket: Bucket, indices: list[int]) -> list[str]:
    if isinstance((bucket.policy or {}).get("Statement"), dict):
        return ["Policy.Statement"]
    return [f"Policy.Statement[{index}]" for index in indices]
