"""The gate as a Lambda hook of CloudFormation: what is about to be made comes in, whether it may be goes out.

Source of the payloads: CloudFormation Hooks User Guide, "Create Lambda functions to evaluate resources for Lambda
Hooks". A resource comes with the values that it will have; of a stack or a change set the template comes, behind a
presigned URL, without the values of its parameters.
"""

import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from auditor.catalog import Catalog
from auditor.config import load
from auditor.errors import AuditError, ConfigError, ExitCode, InputError
from auditor.gate.artifact import Wanted, judge_folder
from auditor.gate.verdict import UNRESOLVED
from auditor.model.coverage import Report
from auditor.model.finding import Finding
from auditor.model.verdict import Severity, Status
from auditor.sources.interface import Deployment
from reports.places import line_of, name_of
from reports.ranking import is_open, worst

_TEMPLATES = ("STACK", "CHANGE_SET")
_SAGEMAKER = "AWS::SageMaker::"
# CloudFormation cuts a message off after so many characters, the Cloud Control API sooner.
_MESSAGE, _SHORT_MESSAGE = 4_096, 1_024
_MOST = 20
_LOGICAL_ID = re.compile(r"[A-Za-z0-9]{1,255}", re.ASCII)
_SWITCH = {"warn": False, "fail": True}


class Fetch(Protocol):
    """Gets what a presigned URL leads to."""

    def __call__(self, url: Any, region: str) -> bytes:
        """What lies behind a URL of S3 in the region's partition.

        Raises:
            InputError: it is no such URL, or cannot be read.
        """


def is_of_hook(event: Any) -> bool:
    """Whether an event is one that a hook hands over."""
    return isinstance(event, Mapping) and "hookTypeName" in event


def gate_hook(event: Any, environment: Mapping[str, str], catalog: Catalog, fetch: Fetch) -> dict[str, Any]:
    """Judge what a hook asks about.

    Args:
        event: of a resource, a stack, a change set, or the Cloud Control API.
        environment: `FAIL_ON` (severity), `UNKNOWN` (warn or fail), `SELECT` and `IGNORE` (rules, with commas);
            `AWS_REGION` as Lambda sets it.
        catalog: every rule there is.
        fetch: gets a template.

    Returns:
        `hookStatus` SUCCESS, or FAILED with the `errorCode` NonCompliant, or InternalFailure where it could not be
        judged; a `message` that names rules and fixes; the `clientRequestToken`; an annotation for each rule.
    """
    given = event if isinstance(event, Mapping) else {}
    # The guide spells it both ways.
    token = str(given.get("clientRequestToken") or given.get("clientRequesttoken") or "")
    try:
        answer = _judged(given, environment, catalog, fetch)
    except AuditError as error:
        answer = _answer("InternalFailure", f"sagemaker-auditor could not judge it: {error}"[:_SHORT_MESSAGE])
    return {**answer, "clientRequestToken": token}


def _judged(event: Mapping[str, Any], environment: Mapping[str, str], catalog: Catalog, fetch: Fetch) -> dict[str, Any]:
    data = event.get("requestData")
    if not isinstance(data, Mapping) or not isinstance(data.get("targetName"), str):
        raise InputError("the event is none of a hook", key="requestData.targetName")
    region = environment.get("AWS_REGION", "")
    wanted = _wanted(environment, Deployment.of(region, str(event.get("awsAccountId") or "")))
    if str(event.get("actionInvocationPoint", "")).startswith("DELETE"):
        return _answer("", "nothing is made")
    target = data["targetName"]
    if target in _TEMPLATES:
        template = _template(fetch(data.get("payload"), region))
        limit = _MESSAGE
    elif target.startswith(_SAGEMAKER):
        template = _of_resource(data, target)
        limit = _SHORT_MESSAGE if data.get("targetType") == "RESOURCE" else _MESSAGE
    else:
        # Of a bucket alone nobody can tell whether it has a policy; as part of a template it is judged.
        return _answer("", f"{target} is not judged by itself")
    if not template.strip():
        return _answer("", "nothing is made")
    report, code = _report(template, catalog, wanted)
    return _Verdict(report, code, wanted, limit, target in _TEMPLATES).answer()


def _wanted(environment: Mapping[str, str], deployment: Deployment) -> Wanted:
    given = {name: environment.get(name.upper(), "").strip() for name in ("fail_on", "select", "ignore")}
    words = {name: [word.strip() for word in given[name].split(",") if word.strip()] for name in ("select", "ignore")}
    options: dict[str, Any] = {name: listed for name, listed in words.items() if listed}
    if given["fail_on"]:
        options["fail_on"] = given["fail_on"]
    unknown = environment.get("UNKNOWN", "").strip().lower() or "warn"
    if unknown not in _SWITCH:
        raise ConfigError(f"UNKNOWN: {unknown!r} is neither warn nor fail")
    settings = load(None, options)
    # Whatever it is that CloudFormation is about to deploy, it is nothing else.
    return Wanted(settings, deployment, fail_on_unknown=_SWITCH[unknown], kind="cloudformation")


def _template(payload: bytes) -> str:
    try:
        template = json.loads(payload)["template"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise InputError("it holds no template", key="payload") from None
    if template is not None and not isinstance(template, str):
        raise InputError("it is no text", key="payload.template")
    return template or ""


def _of_resource(data: Mapping[str, Any], target: str) -> str:
    model = data.get("targetModel")
    properties = model.get("resourceProperties") if isinstance(model, Mapping) else None
    if not isinstance(properties, Mapping):
        raise InputError("it is no object", key="requestData.targetModel.resourceProperties")
    logical_id = str(data.get("targetLogicalId") or "")
    name = logical_id if _LOGICAL_ID.fullmatch(logical_id) else "Resource"
    try:
        return json.dumps({"Resources": {name: {"Type": target, "Properties": properties}}})
    except RecursionError:
        raise InputError("it is nested too deeply", key="requestData.targetModel.resourceProperties") from None


def _report(template: str, catalog: Catalog, wanted: Wanted) -> tuple[Report, ExitCode]:
    name = "template.json" if _is_json(template) else "template.yaml"
    with tempfile.TemporaryDirectory(prefix="sagemaker-auditor-") as folder:
        Path(folder, name).write_text(template, encoding="utf-8", errors="surrogatepass")
        return judge_folder(Path(folder), catalog, wanted)


def _is_json(template: str) -> bool:
    """Whether it is JSON: YAML may begin with a brace, too."""
    try:
        json.loads(template)
    except (ValueError, RecursionError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What is said of a report.

    Args:
        report: of the template, or of the resource as a template of its own.
        code: how the gate ended.
        wanted: how it was judged.
        limit: of the message, in characters.
        lines: whether lines say anything: not of a resource that came as data.
    """

    report: Report
    code: ExitCode
    wanted: Wanted
    limit: int
    lines: bool

    def answer(self) -> dict[str, Any]:
        """As CloudFormation understands it."""
        found, number = worst(self.report.findings, _MOST, self._counts)
        unknown, unknowns = worst(self.report.findings, _MOST, self._unknown)
        gaps = [gap.detail for gap in self.report.coverage.gaps if not gap.harmless]
        told = [*map(self._failed, found), *map(self._not_judged, unknown), *gaps[:_MOST]]
        said = _fitting(self._headline(number, unknowns), told, self.limit)
        fails = self.wanted.fail_on_unknown or self.code in (ExitCode.INCOMPLETE, ExitCode.USAGE)
        shown = [*self._annotations(found), *(self._annotations(unknown) if fails else ())][:_MOST]
        if self.code is ExitCode.CLEAN:
            return _answer("", said)
        return _answer("NonCompliant" if self.code is ExitCode.FAILED or number else "InternalFailure", said, shown)

    def _counts(self, finding: Finding) -> bool:
        return is_open(finding) and finding.severity.rank >= self._threshold.rank

    def _unknown(self, finding: Finding) -> bool:
        told = finding.status is Status.NOT_AVAILABLE and finding.reason in UNRESOLVED
        return told and finding.severity.rank >= self._threshold.rank

    @property
    def _threshold(self) -> Severity:
        return self.wanted.settings.fail_on

    def _headline(self, number: int, unknowns: int) -> str:
        seen = "" if self.report.coverage.complete else ", not everything could be seen"
        passed = self.report.summary.by_status.passed
        return (
            f"sagemaker-auditor: {number} failed at {self._threshold.value} or above, "
            f"{unknowns} could not be judged, {passed} passed{seen}"
        )

    def _failed(self, finding: Finding) -> str:
        fix = self._fixes.get(finding.rule, "")
        return f"{finding.severity.value} {finding.rule}, {self._place(finding)}: {finding.message}. Fix: {fix}"

    def _not_judged(self, finding: Finding) -> str:
        return f"unknown {finding.rule}, {self._place(finding)}: {finding.message}"

    def _place(self, finding: Finding) -> str:
        return f"{name_of(finding)} in line {line_of(finding)}" if self.lines else name_of(finding)

    @property
    def _fixes(self) -> dict[str, str]:
        return {rule.id: rule.fix for rule in self.report.rules}

    def _annotations(self, findings: Iterable[Finding]) -> Iterator[dict[str, str]]:
        for finding in findings:
            yield {
                "annotationName": finding.rule,
                "status": "FAILED" if finding.status is Status.FAILED else "SKIPPED",
                "statusMessage": f"{self._place(finding)}: {finding.message}"[:_MESSAGE],
                "remediationMessage": self._fixes.get(finding.rule, finding.message)[:_MESSAGE],
                "severityLevel": finding.severity.value,
            }


def _fitting(headline: str, lines: Iterable[str], limit: int) -> str:
    """As many whole lines as fit, and a word on those that do not."""
    more = "… and more"
    said = headline[:limit]
    for line in lines:
        if len(said) + len(line) + len(more) + 2 > limit:
            return f"{said}\n{more}"
        said = f"{said}\n{line}"
    return said


def _answer(error: str, message: str, annotations: list[dict[str, str]] | None = None) -> dict[str, Any]:
    if not error:
        return {"hookStatus": "SUCCESS", "message": message}
    shown = {"annotations": annotations} if annotations else {}
    return {"hookStatus": "FAILED", "errorCode": error, "message": message, **shown}
