from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from estate import RULES, one, small
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.cli import outputs
from auditor.errors import UsageError
from auditor.model.coverage import RuleInfo
from auditor.model.finding import Evidence, WaiverRef
from auditor.model.resource import Lifecycle
from auditor.model.verdict import Status
from reports import RENDERERS
from reports import asff as asff_form
from reports.asff import asff, partition_of

if TYPE_CHECKING:
    from botocore.model import ServiceModel

AT = "2026-01-01T00:01:00+00:00"
ANY_TEXT = st.text(st.characters(codec=None)) | st.text(min_size=1, max_size=9).map(lambda text: text * 1500)
Check = Callable[[dict[str, Any]], dict[str, Any]]


def test_every_finding_of_a_report_is_taken(check_asff: Check) -> None:
    report = small()
    stream = io.StringIO()
    RENDERERS["asff"].render(report, stream)
    found = json.loads(stream.getvalue())
    assert stream.getvalue().isascii()
    assert [check_asff(item)["Compliance"]["Status"] for item in found] == [f.status.value for f in report.findings]
    states = ["ACTIVE" if f.counts else "ARCHIVED" for f in report.findings]
    assert [item["RecordState"] for item in found] == states
    assert len({item["Id"] for item in found}) == len(found)


def test_every_form_has_a_file_name_in_a_folder() -> None:
    assert len({output.path for output in outputs.plan(RENDERERS, "out/")}) == len(RENDERERS)


@pytest.mark.parametrize("form", RENDERERS)
def test_a_file_name_tells_the_form(form: str) -> None:
    path = f"out/x{RENDERERS[form].suffix}"
    assert outputs.plan([], path) == [outputs.Output(form, path)]


def test_a_report_without_findings_is_an_empty_array() -> None:
    stream = io.StringIO()
    RENDERERS["asff"].render(replace(small(), findings=()), stream)
    assert json.loads(stream.getvalue()) == []


def test_severity_is_the_rules_where_it_failed_and_informational_where_not(check_asff: Check) -> None:
    for status, label in ((Status.FAILED, "CRITICAL"), (Status.PASSED, "INFORMATIONAL")):
        found = check_asff(asff(one(1, status), RULES[1], updated_at=AT))
        assert found["FindingProviderFields"]["Severity"] == {"Label": label, "Original": "CRITICAL"}


def test_what_could_not_be_assessed_says_why(check_asff: Check) -> None:
    found = check_asff(asff(one(1, Status.NOT_AVAILABLE), RULES[1], updated_at=AT))
    assert found["Compliance"]["Status"] == "NOT_AVAILABLE"
    assert found["Compliance"]["StatusReasons"][0]["ReasonCode"] == "ACCESS_DENIED"


def test_a_waived_finding_stays_failed_and_tells_of_its_waiver(check_asff: Check) -> None:
    waiver = WaiverRef("accepted", "amara", "jonas", "2026-12-31", "SEC-1")
    found = check_asff(asff(replace(one(1, Status.FAILED), waiver=waiver), RULES[1], updated_at=AT))
    assert found["Compliance"]["Status"] == "FAILED"
    assert found["ProductFields"]["sagemaker-auditor/waiverExpires"] == "2026-12-31"
    assert not {"Workflow", "Note", "UserDefinedFields", "VerificationState"} & set(found)


def test_the_time_of_creation_is_kept(check_asff: Check) -> None:
    earlier = "2025-01-01T00:00:00Z"
    found = check_asff(asff(one(1, Status.FAILED), RULES[1], updated_at=AT, created_at=earlier))
    assert (found["CreatedAt"], found["UpdatedAt"]) == (earlier, AT)


def test_a_finding_without_an_account_is_refused() -> None:
    made = one(1, Status.FAILED)
    with pytest.raises(UsageError, match="no account"):
        asff(replace(made, resource=replace(made.resource, account="")), RULES[1], updated_at=AT)


@pytest.mark.parametrize(
    ("arn", "region", "partition"),
    [
        ("arn:aws-cn:sagemaker:cn-north-1:1:model/x", "cn-north-1", "aws-cn"),
        ("", "us-gov-west-1", "aws-us-gov"),
        ("", "cn-north-1", "aws-cn"),
        ("", "eu-west-1", "aws"),
        ("arn:", "eu-west-1", "aws"),
        ("arn::x", "cn-north-1", "aws-cn"),
        ("arn:aws-iso:sagemaker:us-iso-east-1:1:model/x", "us-iso-east-1", "aws-iso"),
    ],
)
def test_partitions(check_asff: Check, arn: str, region: str, partition: str) -> None:
    made = one(1, Status.FAILED)
    made = replace(made, resource=replace(made.resource, arn=arn, region=region))
    found = check_asff(asff(made, RULES[1], updated_at=AT))
    assert partition_of(made.resource) == partition
    assert found["ProductArn"].startswith(f"arn:{partition}:securityhub:{region}:")


def test_types_are_those_that_security_hub_knows(security_hub: ServiceModel) -> None:
    known = set(security_hub.shape_for("ResourceDetails").members)  # type: ignore[attr-defined]  # a structure
    assert {name for name in asff_form._TYPES.values() if name != "AwsAccount"} <= known


@settings(max_examples=30)
@given(
    name=ANY_TEXT,
    message=ANY_TEXT,
    words=ANY_TEXT,
    tags=st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=55),
    values=st.lists(st.tuples(ANY_TEXT, ANY_TEXT), max_size=55),
    controls=st.lists(ANY_TEXT, max_size=40),
)
def test_any_text_keeps_to_the_limits(
    check_asff: Check,
    name: str,
    message: str,
    words: str,
    tags: dict[str, str],
    values: list[tuple[str, str]],
    controls: list[str],
) -> None:
    rule = RuleInfo("a-rule", words, "HIGH", "vpc", words, words, tuple(controls))
    made = one(1, Status.FAILED)
    made = replace(
        made,
        message=message,
        resource=replace(made.resource, name=name, arn=name, tags=tags, owner=name),
        evidence=tuple(Evidence(path, value, "") for path, value in values),
        waiver=WaiverRef(words, words, words, "2026-12-31", words),
        lifecycle=Lifecycle.CURRENT,
        correlation=words,
    )
    check_asff(asff(made, rule, updated_at=AT))
