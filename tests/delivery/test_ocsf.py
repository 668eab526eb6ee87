from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from estate import RULES, one, small
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.finding import Finding, Place, WaiverRef
from auditor.model.verdict import Severity, Status
from reports import RENDERERS
from reports.ocsf import event

if TYPE_CHECKING:
    from auditor.model.coverage import RuleInfo

TEXT: dict[str, Any] = {"type": "string"}
TEXTS: dict[str, Any] = {"type": "array", "items": TEXT}
TIME: dict[str, Any] = {"type": "integer", "minimum": 1_500_000_000_000, "maximum": 9_999_999_999_999}


def closed(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "additionalProperties": False,
        "properties": properties,
    }


# Compiled by hand from github.com/ocsf/ocsf-schema: events/findings/compliance_finding.json and what it extends and
# names. Attributes that the schema has and the auditor does not write are left out, so that none is misspelled.
OCSF = {
    **closed(
        (
            "activity_id",
            "category_uid",
            "class_uid",
            "type_uid",
            "time",
            "severity_id",
            "metadata",
            "finding_info",
            "compliance",
        ),
        activity_id={"enum": [0, 1, 2, 3, 99]},
        activity_name=TEXT,
        category_uid={"const": 2},
        category_name={"const": "Findings"},
        class_uid={"const": 2003},
        class_name={"const": "Compliance Finding"},
        type_uid={"enum": [200300, 200301, 200302, 200303, 200399]},
        type_name=TEXT,
        time=TIME,
        severity_id={"enum": [0, 1, 2, 3, 4, 5, 6, 99]},
        severity={"enum": ["Unknown", "Informational", "Low", "Medium", "High", "Critical", "Fatal", "Other"]},
        status_id={"enum": [0, 1, 2, 3, 4, 5, 6, 99]},
        status={"enum": ["New", "In Progress", "Suppressed", "Resolved", "Archived", "Deleted"]},
        message=TEXT,
        metadata=closed(
            ("product", "version"),
            version={"type": "string", "pattern": r"^1\.\d+\.\d+$"},
            product=closed(("name",), name=TEXT, vendor_name=TEXT, version=TEXT),
            profiles=TEXTS,
            event_code=TEXT,
            correlation_uid=TEXT,
        ),
        finding_info=closed(("uid",), uid=TEXT, title=TEXT, desc=TEXT, types=TEXTS, last_seen_time=TIME),
        compliance=closed(
            ("standards",),
            standards={**TEXTS, "minItems": 1, "uniqueItems": True},
            control=TEXT,
            requirements=TEXTS,
            status={"enum": ["Pass", "Warning", "Fail"]},
            status_id={"enum": [0, 1, 2, 3, 99]},
            status_code=TEXT,
            status_detail=TEXT,
        ),
        remediation=closed(("desc",), desc=TEXT),
        cloud=closed(
            ("provider",),
            provider=TEXT,
            region=TEXT,
            account=closed(("uid",), uid={"type": "string", "pattern": r"^\d{12}$"}, type=TEXT, type_id={"const": 10}),
        ),
        resources={
            "type": "array",
            "items": {
                **closed(
                    (),
                    uid={"type": "string", "minLength": 1},
                    name=TEXT,
                    type=TEXT,
                    region=TEXT,
                    cloud_partition=TEXT,
                    labels=TEXTS,
                    owner=closed(("name",), name=TEXT),
                ),
                # objects/_entity.json
                "anyOf": [{"required": ["name"]}, {"required": ["uid"]}],
            },
        },
        unmapped={"type": "object"},
    ),
    # The profile `cloud` demands the attribute.
    "if": {"properties": {"metadata": {"required": ["profiles"]}}},
    "then": {"required": ["cloud"]},
}
VALIDATOR = jsonschema.Draft202012Validator(OCSF)


def lines(findings: list[Finding], rules: tuple[RuleInfo, ...] = RULES) -> list[dict[str, Any]]:
    stream = io.StringIO()
    RENDERERS["ocsf"].render(replace(small(), findings=findings, rules=rules), stream)
    assert stream.getvalue().isascii()
    documents = [json.loads(line) for line in stream.getvalue().splitlines()]
    for document in documents:
        VALIDATOR.validate(document)
        # dictionary.json: type_uid is 100 times class_uid, and activity_id.
        assert document["type_uid"] == document["class_uid"] * 100 + document["activity_id"]
    return documents


def test_every_finding_of_a_report_keeps_to_the_class() -> None:
    report = small()
    found = lines(list(report.findings))
    assert [document["finding_info"]["uid"] for document in found] == [f.id for f in report.findings]
    assert {document["unmapped"]["lifecycle"] for document in found} == {"current", "historical"}


@pytest.mark.parametrize(
    ("status", "number", "name"),
    [(Status.PASSED, 1, "Pass"), (Status.NOT_AVAILABLE, 2, "Warning"), (Status.FAILED, 3, "Fail")],
)
def test_statuses(status: Status, number: int, name: str) -> None:
    (found,) = lines([one(1, status)])
    assert (found["compliance"]["status_id"], found["compliance"]["status"]) == (number, name)
    assert ("status_code" in found["compliance"]) is (status is Status.NOT_AVAILABLE)


@pytest.mark.parametrize(("severity", "number"), list(zip(Severity, range(1, 6), strict=True)))
def test_severities(severity: Severity, number: int) -> None:
    (found,) = lines([replace(one(1, Status.FAILED), severity=severity)])
    assert (found["severity_id"], found["severity"].upper()) == (number, severity.value)


def test_a_waived_finding_is_suppressed_and_still_fails() -> None:
    waiver = WaiverRef("accepted", "amara", "jonas", "2026-12-31", "SEC-1")
    (found,) = lines([replace(one(1, Status.FAILED), waiver=waiver)])
    assert (found["status"], found["compliance"]["status"]) == ("Suppressed", "Fail")
    assert found["unmapped"]["waiver"]["expires"] == "2026-12-31"


def test_a_finding_in_a_file_has_no_cloud_and_names_its_place() -> None:
    made = one(1, Status.FAILED)
    resource = replace(made.resource, account="", region="", arn="")
    (found,) = lines([replace(made, resource=resource, location=Place("a.yaml", 7, "Job"))])
    assert "cloud" not in found
    assert found["unmapped"]["location"]["line"] == 7


def test_a_rule_without_controls_names_the_auditor_as_its_standard() -> None:
    (found,) = lines([one(0, Status.FAILED)], tuple(replace(rule, controls=()) for rule in RULES))
    assert found["compliance"]["standards"] == ["sagemaker-auditor"]
    assert lines([one(0, Status.FAILED)])[0]["compliance"]["standards"] == ["NIST"]


def test_the_time_is_that_of_the_run() -> None:
    report = small()
    assert event(one(1), RULES[1], report)["time"] == 1_767_225_660_000


@given(st.text(st.characters(codec=None)))
def test_any_name_is_taken(name: str) -> None:
    made = one(1, Status.FAILED)
    lines([replace(made, message=name, resource=replace(made.resource, name=name, arn="", tags={name: name}))])
