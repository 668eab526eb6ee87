"""The gate as a step of CodePipeline, or asked directly: an event in, a verdict out."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Protocol

from auditor.catalog import Catalog
from auditor.config import load
from auditor.delivery.artifacts import Artifact
from auditor.errors import AuditError, ExitCode, InputError
from auditor.gate.artifact import Wanted, judge_folder, unpack
from auditor.model.coverage import Report
from auditor.sources.interface import Deployment
from reports.places import place_of
from reports.ranking import worst

# What a FailureDetails message and an execution summary may hold (CodePipeline API reference).
_MESSAGE, _SUMMARY = 5_000, 2_048
_WORST = 20
_MAX_ARTIFACT = 256 * 1024 * 1024
_SETTINGS = ("select", "ignore", "fail_on", "severity", "rule", "profiles")
_KEYS = (*_SETTINGS, "parameters", "paths", "region", "account", "unknown")
_REMEDY = f"known are {', '.join(_KEYS)}"


class Fetch(Protocol):
    """Gets an object from S3."""

    def __call__(self, where: Artifact, credentials: Mapping[str, str] | None, limit: int, into: IO[bytes]) -> None:
        """Write an object into a file.

        Args:
            where: the object.
            credentials: those of a pipeline's job; None for the function's own.
            limit: how many bytes at most.
            into: the file.

        Raises:
            AuditError: it cannot be read, or is larger.
        """


class Tell(Protocol):
    """Tells CodePipeline how a job ended."""

    def __call__(self, job: str, *, passed: bool, message: str) -> None:
        """Report success or failure; without it the pipeline waits for an hour."""


def gate_event(event: Any, catalog: Catalog, fetch: Fetch, tell: Tell) -> dict[str, Any]:
    """Judge the artifact that an event speaks of.

    Args:
        event: of a CodePipeline Lambda action (`{"CodePipeline.job": …}`), with the options as JSON in its
            UserParameters; or `{"bucket": …, "key": …}` with the options beside them.
        catalog: every rule there is.
        fetch: gets the artifact.
        tell: tells CodePipeline; not called for a direct event.

    Returns:
        `exit_code` as of the command, `passed`, the counts, and the worst findings.

    Raises:
        AuditError: a direct event cannot be used, or its artifact cannot be read.
    """
    job = event.get("CodePipeline.job") if isinstance(event, Mapping) else None
    if job is None:
        where, options = _direct(event)
        return _judged(where, options, None, catalog, fetch)
    try:
        where, options, credentials = _of_job(job)
        answer = _judged(where, options, credentials, catalog, fetch)
    except AuditError as error:
        answer = {"exit_code": int(error.exit_code), "passed": False, "message": str(error), "findings": []}
    limit = _SUMMARY if answer["passed"] else _MESSAGE
    tell(str(job.get("id", "")), passed=answer["passed"], message=_said(answer)[:limit])
    return answer


def _direct(event: Any) -> tuple[Artifact, dict[str, Any]]:
    if not isinstance(event, Mapping) or not all(isinstance(event.get(key), str) for key in ("bucket", "key")):
        raise InputError("the event names no artifact", remedy='{"bucket": …, "key": …}')
    options = {key: value for key, value in event.items() if key not in ("bucket", "key", "version")}
    return Artifact(event["bucket"], event["key"], str(event.get("version") or "")), options


def _of_job(job: Any) -> tuple[Artifact, dict[str, Any], dict[str, str]]:
    try:
        data = job["data"]
        (artifact,) = data["inputArtifacts"]
        place, given = artifact["location"]["s3Location"], data["artifactCredentials"]
        where = Artifact(str(place["bucketName"]), str(place["objectKey"]))
        credentials = {key: str(given[key]) for key in ("accessKeyId", "secretAccessKey", "sessionToken")}
        text = data["actionConfiguration"]["configuration"].get("UserParameters") or "{}"
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InputError(
            "the job has no input artifact in S3, or more than one", remedy="give the action one"
        ) from None
    try:
        options = json.loads(text)
    except (json.JSONDecodeError, TypeError, RecursionError):
        raise InputError("it is no JSON", key="UserParameters", remedy=_REMEDY) from None
    if not isinstance(options, dict):
        raise InputError("it is no JSON object", key="UserParameters", remedy=_REMEDY)
    return where, options, credentials


def _judged(
    where: Artifact,
    options: dict[str, Any],
    credentials: Mapping[str, str] | None,
    catalog: Catalog,
    fetch: Fetch,
) -> dict[str, Any]:
    wanted = _wanted(options)
    with tempfile.TemporaryFile() as archive, tempfile.TemporaryDirectory(prefix="sagemaker-auditor-") as folder:
        fetch(where, credentials, _MAX_ARTIFACT, archive)
        archive.seek(0)
        unpack(archive, Path(folder))
        report, code = judge_folder(Path(folder), catalog, wanted)
        return _answer(report, code)


def _wanted(options: dict[str, Any]) -> Wanted:
    for key in options:
        if key not in _KEYS:
            raise InputError("unknown key", key=key, remedy=_REMEDY)
    parameters, paths = options.get("parameters", {}), options.get("paths", [])
    if not isinstance(parameters, dict) or not isinstance(paths, list):
        raise InputError("parameters are an object, and paths a list", remedy=_REMEDY)
    if options.get("unknown", "warn") not in ("warn", "fail"):
        raise InputError("it is neither warn nor fail", key="unknown")
    return Wanted(
        settings=load(None, {key: options[key] for key in _SETTINGS if key in options}),
        deployment=Deployment.of(str(options.get("region", "")), str(options.get("account", ""))),
        parameters={str(name): str(value) for name, value in parameters.items()},
        paths=tuple(map(str, paths)),
        fail_on_unknown=options.get("unknown") == "fail",
    )


def _answer(report: Report, code: ExitCode) -> dict[str, Any]:
    found, number = worst(report.findings, _WORST)
    tally = report.summary.by_status
    gaps = [gap.detail for gap in report.coverage.gaps if not gap.harmless]
    return {
        "exit_code": int(code),
        "passed": code is ExitCode.CLEAN,
        "message": f"{number} failed, {tally.not_available} not available, {tally.passed} passed",
        "failed": number,
        "not_available": tally.not_available,
        "complete": report.coverage.complete,
        "gaps": gaps[:_WORST],
        "findings": [
            {
                "rule": one.rule,
                "severity": one.severity.value,
                "where": place_of(one),
                "resource": one.resource.name,
                "message": one.message,
            }
            for one in found
        ],
    }


def _said(answer: Mapping[str, Any]) -> str:
    lines = [str(answer["message"])]
    lines += [f"{one['severity']} {one['rule']} {one['where']}: {one['message']}" for one in answer["findings"]]
    return "\n".join([*lines, *answer.get("gaps", ())])
