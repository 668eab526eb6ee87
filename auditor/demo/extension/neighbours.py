"""Defaults that moto leaves out of the services around SageMaker.

Each overlay replaces a method of a moto backend and says which AWS behaviour it restores.
"""

from __future__ import annotations

import functools
import json
from datetime import UTC, datetime
from typing import Any

from moto.cloudtrail.models import Trail
from moto.core.responses import ActionResult
from moto.iam import models as iam
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.responses import IamResponse
from moto.kms import models as kms
from moto.kms.responses import KmsResponse
from moto.kms.utils import RESERVED_ALIASE_TARGET_KEY_IDS, RESERVED_ALIASES
from moto.s3.models import S3Backend

from auditor.demo.errors import AwsError

# The AWS managed policies that can be attached; moto holds 1582, which would fill every answer of IAM.
MANAGED_POLICIES = (
    "AdministratorAccess",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonS3FullAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonSageMakerCanvasFullAccess",
    "AmazonSageMakerFullAccess",
    "AmazonSageMakerReadOnly",
    "CloudWatchLogsFullAccess",
    "IAMFullAccess",
    "PowerUserAccess",
    "ReadOnlyAccess",
    "SecurityAudit",
    "ViewOnlyAccess",
)
_ARN_PARTS = 6
_SAGEMAKER_ALIAS = "alias/aws/sagemaker"
_REPORT_TIME = "%Y-%m-%dT%H:%M:%S+00:00"
_ROOT_CREATED = "2019-03-04T09:12:44+00:00"


def install() -> None:
    """Set the overlays on moto's classes."""
    overlays: tuple[tuple[type, str, Any], ...] = (
        (S3Backend, "get_bucket_encryption", _bucket_encryption),
        (Trail, "get_event_selectors", _event_selectors),
        (iam.IAMBackend, "_init_aws_policies", _managed_policies),
        (iam.IAMBackend, "get_credential_report", _credential_report(iam.IAMBackend.get_credential_report)),
        (IamResponse, "get_credential_report", _report_response),
        (kms.KmsBackend, "_generate_default_keys", _default_key),
    )
    for owner, name, overlay in overlays:
        setattr(owner, name, overlay)
    for name in ("describe_key", "get_key_policy", "get_key_rotation_status", "list_grants"):
        setattr(KmsResponse, name, _own_keys_only(getattr(KmsResponse, name)))
    RESERVED_ALIASE_TARGET_KEY_IDS[_SAGEMAKER_ALIAS] = "0c2b7f0e-5d8a-4b07-9a77-6f0d5c9e1b42"
    if _SAGEMAKER_ALIAS not in RESERVED_ALIASES:
        RESERVED_ALIASES.append(_SAGEMAKER_ALIAS)


def set_root(account: str, mfa: bool, access_key: bool, partition: str) -> None:
    """Say whether the root user of an account has MFA and an access key; no API could."""
    summary = iam.iam_backends[account][partition].account_summary
    summary._account_mfa_enabled = int(mfa)  # noqa: SLF001 - moto offers no other way
    summary._account_access_keys_present = int(access_key)  # noqa: SLF001 - same


def _bucket_encryption(backend: S3Backend, bucket_name: str) -> dict[str, Any]:
    """Answer AES256 for a bucket without a setting: every bucket is encrypted since January 2023."""
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": "false"}
    default = {"Rule": rule}
    return backend.get_bucket(bucket_name).encryption or default


def _event_selectors(trail: Trail) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Answer with a new trail's selector: read and write management events (CloudTrail user guide)."""
    if trail.event_selectors or trail.advanced_event_selectors:
        return trail.event_selectors, trail.advanced_event_selectors
    default = {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    }
    return [default], []


def _managed_policies(backend: iam.IAMBackend) -> list[Any]:
    """Return the few AWS managed policies of ``MANAGED_POLICIES``, with the documents that moto ships."""
    return [
        iam.AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, data)
        for name, data in _policy_data().items()
    ]


@functools.cache
def _policy_data() -> dict[str, Any]:
    """Return moto's data of the few policies, without parsing the megabytes of the others."""
    decoder = json.JSONDecoder()
    found = {}
    for name in MANAGED_POLICIES:
        entry = f'"{name}":'
        start = aws_managed_policies_data.index(entry + "{") + len(entry)
        found[name], _ = decoder.raw_decode(aws_managed_policies_data, start)
    return found


def _credential_report(original: Any) -> Any:
    """Return moto's report with the root user's row, which AWS puts first."""

    def report(backend: iam.IAMBackend) -> str:
        header, _, users = original(backend).partition("\n")
        summary = backend.account_summary.summary_map
        mfa = "true" if summary["AccountMFAEnabled"] else "false"
        key = "true" if summary["AccountAccessKeysPresent"] else "false"
        rotated = _ROOT_CREATED if summary["AccountAccessKeysPresent"] else "N/A"
        arn = f"arn:{backend.partition}:iam::{backend.account_id}:root"
        row = f"<root_account>,{arn},{_ROOT_CREATED},not_supported,no_information,not_supported,not_supported"
        row += f",{mfa},{key},{rotated},N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
        return f"{header}\n{row}\n{users}"

    return report


def _report_response(response: Any) -> ActionResult:
    """Answer GetCredentialReport with the present as the time of generation; moto's is fixed in 2015."""
    report = response.backend.get_credential_report()
    generated = datetime.now(UTC).strftime(_REPORT_TIME)
    return ActionResult({"Content": report, "ReportFormat": "text/csv", "GeneratedTime": generated})


def _own_keys_only(original: Any) -> Any:
    """Return a KMS operation that denies a foreign key which moto does not hold, where moto finds nothing.

    AWS does not say whether such a key exists (KMS developer guide, "Determining cross-account access").
    """

    def method(response: Any) -> Any:
        parts = str(response._get_param("KeyId")).split(":")  # noqa: SLF001 - how moto's responses read members
        if len(parts) == _ARN_PARTS and parts[4] != response.current_account:
            held = kms.kms_backends[parts[4]][parts[3]].keys
            if parts[5].removeprefix("key/") not in held:
                raise AwsError("AccessDeniedException", f"Not authorized to use the resource: {':'.join(parts)}")
        return original(response)

    return method


def _default_key(backend: kms.KmsBackend, alias_name: str) -> str | None:
    """Create the AWS managed key of an alias on first use: managed by AWS, rotated every year."""
    identifier = RESERVED_ALIASE_TARGET_KEY_IDS.get(alias_name)
    if identifier is None:
        return None
    key = backend.create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", f"Default key for {alias_name}", None)
    del backend.keys[key.id]
    key.arn = key.arn.replace(key.id, identifier)
    key.id = identifier
    key.key_manager = "AWS"
    key.key_rotation_status = True
    backend.keys[identifier] = key
    backend.create_alias(identifier, alias_name)
    return identifier
