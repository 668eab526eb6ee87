"""What several tests of delivery share.

`ASFF` is what Security Hub demands of a finding beyond what botocore checks, after the Security Hub API reference
(`AwsSecurityFinding`), the guide for partners, and issues of other providers: a finding has FindingProviderFields or
Severity; a value of `Details.Other` is shorter than 1,024.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from botocore.model import ServiceModel
from botocore.session import Session
from botocore.validate import ParamValidator

# The sample reports lie beside the tests of the renderers; test folders are not packages.
sys.path.insert(0, str(Path(__file__).parents[1] / "reports"))


def _text(longest: int, pattern: str = r"\S") -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest, "pattern": pattern}


def _fields(most: int, key: int, value: int) -> dict[str, Any]:
    return {
        "type": "object",
        "maxProperties": most,
        "propertyNames": {"minLength": 1, "maxLength": key},
        "additionalProperties": _text(value),
    }


TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"
SEVERITIES = ["INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"]
ASFF: dict[str, Any] = {
    "type": "object",
    # What a provider may write; Workflow, Note, UserDefinedFields and VerificationState are the customer's.
    "additionalProperties": False,
    "required": [
        "SchemaVersion",
        "Id",
        "ProductArn",
        "GeneratorId",
        "AwsAccountId",
        "CreatedAt",
        "UpdatedAt",
        "Title",
        "Description",
        "Resources",
        "FindingProviderFields",
    ],
    "properties": {
        "SchemaVersion": {"const": "2018-10-08"},
        "Id": _text(512),
        "ProductArn": _text(2048, r"^arn:aws(-[a-z]+)*:securityhub:[a-z0-9-]+:(\d{12}):product/\2/default$"),
        "GeneratorId": _text(512),
        "AwsAccountId": _text(12, r"^\d{12}$"),
        "CreatedAt": _text(64, TIME),
        "UpdatedAt": _text(64, TIME),
        "Title": _text(256),
        "Description": _text(1024),
        "Remediation": {
            "type": "object",
            "properties": {"Recommendation": {"type": "object", "properties": {"Text": _text(512)}}},
        },
        "FindingProviderFields": {
            "type": "object",
            "required": ["Severity", "Types"],
            "properties": {
                "Severity": {
                    "type": "object",
                    "required": ["Label"],
                    "properties": {"Label": {"enum": SEVERITIES}, "Original": _text(64)},
                },
                "Types": {
                    "type": "array",
                    "maxItems": 50,
                    "items": _text(512, r"^Software and Configuration Checks/[^/]+/[^/]+$"),
                },
            },
        },
        "Compliance": {
            "type": "object",
            "required": ["Status"],
            "properties": {
                "Status": {"enum": ["PASSED", "WARNING", "FAILED", "NOT_AVAILABLE"]},
                "RelatedRequirements": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 32,
                    "uniqueItems": True,
                    "items": _text(64),
                },
                "StatusReasons": {
                    "type": "array",
                    "maxItems": 20,
                    "items": {
                        "type": "object",
                        "required": ["ReasonCode"],
                        "properties": {"ReasonCode": _text(100), "Description": _text(1024)},
                    },
                },
            },
        },
        "ProductFields": _fields(50, 128, 2048),
        "RecordState": {"enum": ["ACTIVE", "ARCHIVED"]},
        "Resources": {
            "type": "array",
            "minItems": 1,
            "maxItems": 32,
            "items": {
                "type": "object",
                "required": ["Type", "Id"],
                "properties": {
                    "Type": _text(256),
                    "Id": _text(512),
                    "Region": _text(16),
                    "Partition": {"enum": ["aws", "aws-cn", "aws-us-gov"]},
                    "Tags": _fields(50, 128, 256),
                    "Details": {
                        "type": "object",
                        "properties": {"Other": {**_fields(50, 127, 1023), "minProperties": 1}},
                    },
                },
            },
        },
    },
}
_VALIDATOR = jsonschema.Draft202012Validator(ASFF)


@pytest.fixture(scope="session")
def security_hub() -> ServiceModel:
    return Session().get_service_model("securityhub")


@pytest.fixture(scope="session")
def check_asff(security_hub: ServiceModel) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A function that gives back the finding that Security Hub would take, and fails for any other."""
    shape = security_hub.operation_model("BatchImportFindings").input_shape
    assert shape is not None

    def check(finding: dict[str, Any]) -> dict[str, Any]:
        _VALIDATOR.validate(finding)
        assert ParamValidator().validate({"Findings": [finding]}, shape).generate_report() == ""
        # As botocore sends it.
        assert len(json.dumps(finding)) <= 240_000
        return finding

    return check
