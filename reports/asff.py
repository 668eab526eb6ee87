"""AWS Security Finding Format, as Security Hub imports it.

Limits are those of the Security Hub API reference (AwsSecurityFinding) and of its guide for partners; texts are cut
at so many bytes of UTF-8, which fits where AWS counts bytes and where it counts characters. Nothing that customers
own is ever written: no Workflow, Note, UserDefinedFields or VerificationState.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from auditor.errors import UsageError
from auditor.model.coverage import Report, RuleInfo
from auditor.model.finding import Finding, ResourceRef
from auditor.model.verdict import Severity, Status

from .encoding import dump
from .text import visible

SCHEMA_VERSION = "2018-10-08"
# Of every finding of this tool, in the default product that all custom integrations of an account share.
PREFIX = "sagemaker-auditor/"

_ID, _TITLE, _DESCRIPTION, _REMEDY, _REASON = 512, 256, 1024, 512, 512
_REQUIREMENTS, _REQUIREMENT = 32, 64
_TAGS, _TAG_KEY, _TAG_VALUE = 50, 128, 256
_DETAILS, _DETAIL_KEY, _DETAIL_VALUE, _DETAILS_SIZE = 50, 127, 1023, 16_384
_PRODUCT_VALUE = 2048
_LONGEST_TYPE = 256
_PARTITION = re.compile(r"arn:(aws(?:-[a-z]+)*):")
_PARTITIONS = frozenset({"aws", "aws-cn", "aws-us-gov"})
_TYPES: Mapping[str, str] = {
    "AWS::::Account": "AwsAccount",
    "AWS::CloudTrail::Trail": "AwsCloudTrailTrail",
    "AWS::EC2::SecurityGroup": "AwsEc2SecurityGroup",
    "AWS::EC2::Subnet": "AwsEc2Subnet",
    "AWS::EC2::VPC": "AwsEc2Vpc",
    "AWS::ECR::Repository": "AwsEcrRepository",
    "AWS::IAM::Group": "AwsIamGroup",
    "AWS::IAM::ManagedPolicy": "AwsIamPolicy",
    "AWS::IAM::Role": "AwsIamRole",
    "AWS::IAM::User": "AwsIamUser",
    "AWS::KMS::Key": "AwsKmsKey",
    "AWS::S3::Bucket": "AwsS3Bucket",
    "AWS::SageMaker::NotebookInstance": "AwsSageMakerNotebookInstance",
}


def render(report: Report, stream: TextIO) -> None:
    """Write a JSON array of findings, each on a line of its own; those on ended jobs are ARCHIVED.

    Args:
        report: of live accounts or a saved collection; its findings are read once.
        stream: takes ASCII.

    Raises:
        UsageError: a finding names no account and region.
    """
    rules = {rule.id: rule for rule in report.rules}
    separator = "[\n"
    for finding in report.findings:
        stream.write(separator)
        stream.write(dump(asff(finding, rules[finding.rule], updated_at=report.scan.finished_at)))
        separator = ",\n"
    stream.write("[]\n" if separator == "[\n" else "\n]\n")


def asff(finding: Finding, rule: RuleInfo, *, updated_at: str, created_at: str = "") -> dict[str, Any]:
    """One finding in ASFF.

    A finding that did not fail is INFORMATIONAL, as those of Security Hub's own controls are; the rule's severity
    stands beside it. A waived finding stays FAILED; its waiver is in ProductFields.

    Args:
        finding: what to write.
        rule: its rule.
        updated_at: when it was judged, ISO 8601.
        created_at: when it was first imported; empty for `updated_at`.

    Raises:
        UsageError: the finding names no account and region.
    """
    resource = finding.resource
    if not resource.account or not resource.region:
        message = f"{resource.name!r} is in no account and region, as ASFF demands"
        raise UsageError(message, "use this format for scans of live accounts")
    failed = finding.status is Status.FAILED
    name = visible(resource.name) or resource.type
    return {
        "SchemaVersion": SCHEMA_VERSION,
        "Id": finding_key(finding),
        "ProductArn": product_arn(partition_of(resource), resource.account, resource.region),
        "GeneratorId": _cut(PREFIX + rule.id, _ID),
        "AwsAccountId": resource.account,
        "CreatedAt": created_at or updated_at,
        "UpdatedAt": updated_at,
        "Title": _cut(f"{visible(rule.title).rstrip('.')}: {name}", _TITLE),
        "Description": _cut(f"{_capital(visible(finding.message))}. Why: {visible(rule.why)}", _DESCRIPTION),
        "Remediation": {"Recommendation": {"Text": _cut(visible(rule.fix), _REMEDY)}},
        "FindingProviderFields": {
            "Severity": {
                "Label": finding.severity.value if failed else Severity.INFORMATIONAL.value,
                "Original": finding.severity.value,
            },
            "Types": [f"Software and Configuration Checks/AWS Security Best Practices/{visible(rule.concern)}"],
        },
        "Compliance": _compliance(finding, rule),
        "ProductFields": dict(_product_fields(finding, rule)),
        "Resources": [_resource(finding)],
        "RecordState": "ACTIVE" if finding.counts else "ARCHIVED",
    }


def finding_key(finding: Finding) -> str:
    """The Id under which Security Hub keeps a finding; the same in every run."""
    return f"{finding.resource.region}/{finding.resource.account}/{PREFIX}{finding.id}"


def product_arn(partition: str, account: str, region: str) -> str:
    """The default product of an account in a region, which takes custom findings from the account itself."""
    return f"arn:{partition}:securityhub:{region}:{account}:product/{account}/default"


def partition_of(resource: ResourceRef) -> str:
    """The partition of a resource: its ARN's, else the one that its region lies in."""
    if told := _PARTITION.match(resource.arn):
        return told[1]
    prefixes = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
    return next((name for prefix, name in prefixes.items() if resource.region.startswith(prefix)), "aws")


def _compliance(finding: Finding, rule: RuleInfo) -> dict[str, Any]:
    out: dict[str, Any] = {"Status": finding.status.value}
    if rule.controls:
        controls = [_cut(visible(control), _REQUIREMENT) for control in rule.controls]
        out["RelatedRequirements"] = list(dict.fromkeys(controls))[:_REQUIREMENTS]
    if finding.reason is not None:
        reason = {"ReasonCode": finding.reason.value}
        if finding.message.strip():
            reason["Description"] = _cut(visible(finding.message), _REASON)
        out["StatusReasons"] = [reason]
    return out


def _product_fields(finding: Finding, rule: RuleInfo) -> Iterator[tuple[str, str]]:
    fields = {
        "rule": rule.id,
        "ruleVersion": str(rule.version),
        "concern": rule.concern,
        "resourceType": finding.resource.type,
        "owner": finding.resource.owner,
        "correlation": finding.correlation,
    }
    if finding.waiver is not None:
        waiver = finding.waiver
        fields |= {
            "waiverReason": waiver.reason,
            "waiverOwner": waiver.owner,
            "waiverApprover": waiver.approver,
            "waiverExpires": waiver.expires,
            "waiverTicket": waiver.ticket,
        }
    for key, value in fields.items():
        if value.strip():
            yield PREFIX + key, _cut(visible(value), _PRODUCT_VALUE)


def _resource(finding: Finding) -> dict[str, Any]:
    resource = finding.resource
    kind = _TYPES.get(resource.type, "Other")
    identifier = resource.arn or f"{resource.type}/{resource.account}/{resource.region}/{resource.name}"
    if kind == "AwsAccount":
        identifier = f"AWS::::Account:{resource.account}"
    out: dict[str, Any] = {
        "Type": kind,
        "Id": _cut(visible(identifier), _ID),
        "Region": resource.region,
        "Details": {"Other": _details(finding)},
    }
    if (partition := partition_of(resource)) in _PARTITIONS:
        out["Partition"] = partition
    tags = {key: value for key, value in list((resource.tags or {}).items())[:_TAGS] if key.strip() and value.strip()}
    if tags:
        out["Tags"] = {_cut(visible(key), _TAG_KEY): _cut(visible(value), _TAG_VALUE) for key, value in tags.items()}
    return out


def _details(finding: Finding) -> dict[str, str]:
    out = {
        "ResourceType": _cut(visible(finding.resource.type), _LONGEST_TYPE),
        "ResourceName": _cut(visible(finding.resource.name) or "-", _DETAIL_VALUE),
    }
    size = 0
    for evidence in finding.evidence:
        key = _cut(visible(evidence.path) or "resource", _DETAIL_KEY)
        value = _cut(dump(evidence.value), _DETAIL_VALUE)
        size += len(key) + len(value)
        if len(out) == _DETAILS or size > _DETAILS_SIZE:
            break
        out[key] = value
    return out


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _cut(text: str, size: int) -> str:
    """A text of at most so many bytes that is not blank; three dots show that something was cut."""
    raw = text.encode()
    if len(raw) > size:
        text = raw[: size - 3].decode(errors="ignore") + "..."
    return text if text.strip() else "-"
