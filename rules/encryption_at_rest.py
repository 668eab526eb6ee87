"""Encryption at rest: what SageMaker writes is encrypted with a key of yours.

Without a key SageMaker encrypts with a key that AWS owns (or, for S3 output, with the bucket's default):
nobody in the account can limit, log or revoke its use.
"""

import re

from auditor.model import sagemaker as model
from auditor.model.inventory import Related
from auditor.model.kms import KmsKey
from auditor.model.resource import Resource
from auditor.model.rule import Rule, rule
from auditor.model.verdict import Fact, Severity, Verdict, failed, not_applicable, passed

from ._fields import Paths, Spot, judge_spots
from ._key_rows import ROWS
from ._keys import Row, cluster_storage

_BASIC = ("NIST-800-53r5:SC-28", "NIST-800-53r5:SC-13", "ISO-27001-2022:A.8.24", "WA-ML:MLSEC02-BP01")
_PROFILE = "ValidationSpecification.ValidationProfiles[]"
_TRANSFORMED = (
    f"{_PROFILE}.TransformJobDefinition.TransformOutput.KmsKeyId",
    f"{_PROFILE}.TransformJobDefinition.TransformResources.VolumeKmsKeyId",
)
# A model package is validated by transforming alone, an algorithm by training as well.
_VALIDATED: dict[type[Resource], tuple[str, ...]] = {
    model.ModelPackage: _TRANSFORMED,
    model.Algorithm: (
        *_TRANSFORMED,
        f"{_PROFILE}.TrainingJobDefinition.OutputDataConfig.KmsKeyId",
        f"{_PROFILE}.TrainingJobDefinition.ResourceConfig.VolumeKmsKeyId",
    ),
}


def _online_store(group: model.FeatureGroup) -> str:
    store = group.online_store_config
    if store is None or not store.enable_online_store:
        return "the feature group has no online store"
    return "the in-memory store takes no key" if store.storage_type == "InMemory" else ""


def _auto_labelling(job: model.LabelingJob) -> str:
    return "" if job.labeling_job_algorithms_config is not None else "the job labels nothing automatically"


def _without_structure(row: Row) -> Verdict:
    return not_applicable(f"nothing of the kind is configured: {', '.join(next(iter(row.paths.values())))}")


def _rule(row: Row) -> Rule:
    paths = Paths(row.paths)
    empty = _without_structure(row)

    def one(spot: Spot) -> Verdict:
        reason = row.skip(spot.holder) if spot.holder is not None else ""
        if reason:
            return not_applicable(reason)
        if spot.value():
            return passed("a KMS key is given", at=spot.path)
        return failed("no KMS key is given, so that AWS's own is used", at=spot.path)

    def judge(resource: Resource) -> Verdict:
        reason = row.guard(resource)
        return not_applicable(reason) if reason else judge_spots(paths.of(resource), one, empty=empty)

    return Rule(
        id=row.id,
        title=f"{row.what} is encrypted with a KMS key.",
        severity=row.severity,
        why=row.why[0].upper() + row.why[1:],
        fix=row.fix,
        limits="Whether the key is managed by you is judged by sagemaker-key-customer-managed.",
        judge=judge,
        scope=tuple(row.paths),
        controls=(*_BASIC, *row.controls),
        tags=("encryption", "kms", *row.tags),
    )


KEY_GIVEN: tuple[Rule, ...] = tuple(_rule(row) for row in ROWS)


@rule(
    "feature-group-online-store-key",
    severity=Severity.MEDIUM,
    controls=(
        *_BASIC,
        "FSBP:SageMaker.18",
        "AWS-Config:SAGEMAKER_FEATUREGROUP_ONLINE_STORE_ENCRYPTION",
        "NIST-800-53r5:AU-9",
        "NIST-800-53r5:CA-9(1)",
        "NIST-800-53r5:CM-3(6)",
        "NIST-800-53r5:SC-7(10)",
        "NIST-800-53r5:SC-12(2)",
        "NIST-800-53r5:SC-28(1)",
        "NIST-800-53r5:SI-7(6)",
    ),
    tags=("encryption", "kms", "feature-store"),
)
def online_store(group: model.FeatureGroup) -> Verdict:
    """A feature group's online store is encrypted with a KMS key.

    Why: the online store serves features of single people; with a key of one's own its use can be limited and
      logged.
    Fix: create the feature group again with OnlineStoreConfig.SecurityConfig.KmsKeyId.
    Limits: the in-memory tier takes no key.
    """
    reason = _online_store(group)
    if reason:
        return not_applicable(reason)
    security = group.online_store_config.security_config if group.online_store_config else None
    path = "OnlineStoreConfig.SecurityConfig.KmsKeyId"
    if security is not None and security.kms_key_id:
        return passed("a KMS key is given", at=path)
    return failed("no KMS key is given, so that AWS's own is used", at=path)


@rule("domain-volume-key", severity=Severity.MEDIUM, controls=_BASIC, tags=("encryption", "kms", "studio"))
def domain_volume(domain: model.Domain) -> Verdict:
    """A Studio domain's file system is encrypted with a KMS key.

    Why: the file system holds every user's notebooks, data and credentials files.
    Fix: create the domain again with KmsKeyId; the key of an existing one cannot be changed.
    """
    if domain.kms_key_id or domain.home_efs_file_system_kms_key_id:
        return passed("a KMS key is given", at=("KmsKeyId", "HomeEfsFileSystemKmsKeyId"))
    return failed("no KMS key is given, so that AWS's own is used", at=("KmsKeyId", "HomeEfsFileSystemKmsKeyId"))


@rule("automl-job-volume-key", severity=Severity.MEDIUM, controls=_BASIC, tags=("encryption", "kms", "volume"))
def automl_volume(job: model.AutoMLJob | model.AutoMLJobV2) -> Verdict:
    """The volume of an AutoML job's trainings is encrypted with a KMS key.

    Why: the volume holds the training data and every candidate model.
    Fix: set SecurityConfig.VolumeKmsKeyId in CreateAutoMLJobV2.
    """
    path = "SecurityConfig.VolumeKmsKeyId"
    security = None
    if isinstance(job, model.AutoMLJobV2):
        security = job.security_config
    else:
        path = f"AutoMLJobConfig.{path}"
        if job.auto_ml_job_config is not None:
            security = job.auto_ml_job_config.security_config
    if security is not None and security.volume_kms_key_id:
        return passed("a KMS key is given", at=path)
    return failed("no KMS key is given, so that AWS's own is used", at=path)


@rule("labeling-job-volume-key", severity=Severity.MEDIUM, controls=_BASIC, tags=("encryption", "kms", "volume"))
def labeling_volume(job: model.LabelingJob) -> Verdict:
    """The volume of automatic labeling is encrypted with a KMS key.

    Why: automatic labeling trains on the objects to be labeled.
    Fix: set LabelingJobAlgorithmsConfig.LabelingJobResourceConfig.VolumeKmsKeyId in CreateLabelingJob.
    """
    reason = _auto_labelling(job)
    if reason:
        return not_applicable(reason)
    algorithms = job.labeling_job_algorithms_config
    config = algorithms.labeling_job_resource_config if algorithms else None
    path = "LabelingJobAlgorithmsConfig.LabelingJobResourceConfig.VolumeKmsKeyId"
    if config is not None and config.volume_kms_key_id:
        return passed("a KMS key is given", at=path)
    return failed("no KMS key is given, so that AWS's own is used", at=path)


@rule("model-package-key", severity=Severity.LOW, controls=_BASIC, tags=("encryption", "kms", "registry"))
def model_package_key(package: model.ModelPackage) -> Verdict:
    """A model package's model card is encrypted with a KMS key.

    Why: the card tells the intended use, the data and the weaknesses of a model.
    Fix: create the model package again with SecurityConfig.KmsKeyId.
    """
    if package.security_config is not None and package.security_config.kms_key_id:
        return passed("a KMS key is given", at="SecurityConfig.KmsKeyId")
    return failed("no KMS key is given, so that AWS's own is used", at="SecurityConfig.KmsKeyId")


@rule("validation-profile-keys", severity=Severity.LOW, controls=_BASIC, tags=("encryption", "kms", "registry"))
def validation_keys(package: model.ModelPackage | model.Algorithm) -> Verdict:
    """The validation jobs of a model package or algorithm use KMS keys.

    Why: validation runs the model on samples of real data.
    Fix: set KmsKeyId and VolumeKmsKeyId in every ValidationProfiles definition.
    """
    paths = Paths(_VALIDATED)
    return judge_spots(paths.of(package), _validated, empty=not_applicable("there is no validation profile"))


def _validated(spot: Spot) -> Verdict:
    holder = spot.holder
    if spot.field == "volume_kms_key_id" and holder is not None:
        reason = cluster_storage(holder)
        if reason:
            return not_applicable(reason)
    if spot.value():
        return passed("a KMS key is given", at=spot.path)
    return failed("no KMS key is given, so that AWS's own is used", at=spot.path)


# Every path at which a SageMaker resource names a key.
_NAMED: dict[type[Resource], tuple[str, ...]] = {}
for _row in ROWS:
    for _kind, _paths in _row.paths.items():
        _NAMED[_kind] = (*_NAMED.get(_kind, ()), *_paths)
_NAMED[model.FeatureGroup] += ("OnlineStoreConfig.SecurityConfig.KmsKeyId",)
_NAMED[model.Domain] += ("KmsKeyId", "HomeEfsFileSystemKmsKeyId")
_NAMED[model.AutoMLJobV2] += ("SecurityConfig.VolumeKmsKeyId",)
_NAMED[model.AutoMLJob] += ("AutoMLJobConfig.SecurityConfig.VolumeKmsKeyId",)
_NAMED[model.LabelingJob] += ("LabelingJobAlgorithmsConfig.LabelingJobResourceConfig.VolumeKmsKeyId",)
_NAMED[model.ModelPackage] = ("SecurityConfig.KmsKeyId", *_VALIDATED[model.ModelPackage])
_NAMED[model.Algorithm] = _VALIDATED[model.Algorithm]
_NAMED[model.MlflowApp] = ("KmsKeyId",)
_ALL_KEYS = Paths(_NAMED)
# Nobody but AWS can make an alias that begins so (API reference of KMS, CreateAlias: AliasName).
_OF_AWS = re.compile(r"(?:^|:)alias/aws/")


def _customer_managed(resource: Resource, keys: Related[KmsKey]) -> Verdict:
    def one(spot: Spot) -> Verdict:
        name = spot.value()
        if not name:
            return not_applicable("no key is given")
        if _OF_AWS.search(name):
            return failed("the key is managed by AWS, as its alias says", at=spot.path)
        key = keys.find(name)
        at = (spot.path, Fact(key, "KeyManager"))
        if key.key_manager == "CUSTOMER":
            return passed("the key is managed by the customer", at=at)
        return failed("the key is managed by AWS", at=at)

    return judge_spots(_ALL_KEYS.of(resource), one, empty=not_applicable("no key is given"))


CUSTOMER_MANAGED = Rule(
    id="sagemaker-key-customer-managed",
    title="Every KMS key that a SageMaker resource names is managed by the customer.",
    severity=Severity.MEDIUM,
    why="An AWS-managed key (alias/aws/...) serves every principal of the account that may use the service: "
    "its policy cannot be changed, it cannot be shared or revoked.",
    fix="Create a customer-managed key with a policy of its own and name it instead.",
    limits="A key that cannot be described (in another account, say) is not assessable.",
    judge=_customer_managed,
    scope=tuple(_NAMED),
    needs=(KmsKey,),
    version=2,
    controls=(*_BASIC, "FSBP:SageMaker.21"),
    tags=("encryption", "kms", "cmk"),
)


@rule(
    "kms-key-enabled",
    severity=Severity.HIGH,
    controls=("FSBP:KMS.3", "AWS-Config:KMS_CMK_NOT_SCHEDULED_FOR_DELETION", "NIST-800-53r5:SC-12"),
    tags=("encryption", "kms"),
)
def key_enabled(key: KmsKey) -> Verdict:
    """A KMS key that SageMaker resources name is enabled.

    Why: with a disabled key, or one that waits for its deletion, notebooks do not start and data cannot be
      read; once it is deleted the data is gone.
    Fix: aws kms cancel-key-deletion --key-id KEY, then enable-key; or move the data to another key first.
    """
    if key.key_state == "Enabled":
        return passed("the key is enabled", at="KeyState")
    return failed(f"the key is {key.key_state}", at="KeyState")


@rule(
    "kms-key-rotation",
    severity=Severity.LOW,
    controls=(
        "FSBP:KMS.4",
        "AWS-Config:CMK_BACKING_KEY_ROTATION_ENABLED",
        "CIS-AWS-5.0:3.6",
        "PCI-DSS-4.0:3.7.4",
        "NIST-800-53r5:SC-12(2)",
        "HIPAA:164.312(a)(2)(iv)",
    ),
    tags=("encryption", "kms"),
)
def key_rotation(key: KmsKey) -> Verdict:
    """A customer-managed KMS key that SageMaker resources name is rotated every year.

    Why: rotation limits how much data one key material ever protects.
    Fix: aws kms enable-key-rotation --key-id KEY.
    Limits: KMS rotates symmetric keys with material of its own only; others are left out.
    """
    if key.key_manager != "CUSTOMER":
        return not_applicable("AWS rotates its managed keys")
    if key.key_spec != "SYMMETRIC_DEFAULT" or key.origin_ != "AWS_KMS":
        return not_applicable("KMS cannot rotate this kind of key")
    if key.multi_region and (key.multi_region_configuration or {}).get("MultiRegionKeyType") == "REPLICA":
        return not_applicable("a replica is rotated with its primary key")
    if key.key_rotation_enabled:
        return passed("the key is rotated", at="KeyRotationEnabled")
    return failed("the key is not rotated", at="KeyRotationEnabled")
