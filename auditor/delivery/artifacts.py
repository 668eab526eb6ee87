"""Artifacts in S3, and what CodePipeline is told of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from auditor.delivery.clients import DELIVERY_CONFIG
from auditor.errors import InputError

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Artifact:
    """An object in S3; the version where the bucket keeps several."""

    bucket: str
    key: str
    version: str = ""


def fetch(where: Artifact, credentials: Mapping[str, str] | None, limit: int, into: IO[bytes]) -> None:
    """Write an object into a file (s3:GetObject, s3:GetObjectVersion).

    Args:
        where: the object.
        credentials: those that CodePipeline hands over with a job; None for the function's own.
        limit: how many bytes at most.
        into: the file.

    Raises:
        InputError: it cannot be read, or is larger.
    """
    shown = f"s3://{where.bucket}/{where.key}"
    version = {"VersionId": where.version} if where.version else {}
    try:
        found = (
            _session(credentials)
            .client("s3", config=DELIVERY_CONFIG)
            .get_object(Bucket=where.bucket, Key=where.key, **version)
        )
        if found["ContentLength"] > limit:
            raise InputError("it is too large", file=shown, remedy=f"at most {limit // 1024**2} MiB are read")
        into.writelines(found["Body"].iter_chunks(_CHUNK))
    except (BotoCoreError, ClientError) as error:
        raise InputError(f"cannot be read: {error}", file=shown, remedy="see the function's permissions") from None


def tell(job: str, *, passed: bool, message: str) -> None:
    """Tell CodePipeline how a job ended; the pipeline waits for it.

    Needs codepipeline:PutJobSuccessResult and codepipeline:PutJobFailureResult.

    Args:
        job: its id.
        passed: whether the pipeline goes on.
        message: at most 5,000 characters, 2,048 where it passed (CodePipeline API reference).
    """
    client: Any = _session(None).client("codepipeline", config=DELIVERY_CONFIG)
    if passed:
        client.put_job_success_result(jobId=job, executionDetails={"summary": message})
    else:
        client.put_job_failure_result(jobId=job, failureDetails={"type": "JobFailed", "message": message})


def _session(credentials: Mapping[str, str] | None) -> Any:
    if credentials is None:
        return boto3.Session()
    return boto3.Session(
        aws_access_key_id=credentials["accessKeyId"],
        aws_secret_access_key=credentials["secretAccessKey"],
        aws_session_token=credentials["sessionToken"],
    )
