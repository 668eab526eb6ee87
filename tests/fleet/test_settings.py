"""The environment of the functions: read once, refused with a reason."""

from __future__ import annotations

from datetime import timedelta

import pytest

from auditor.errors import ConfigError
from auditor.fleet.settings import FleetSettings
from auditor.model.verdict import Severity


def test_everything_that_can_be_said() -> None:
    found = FleetSettings.of(
        {
            "REPORT_BUCKET": "audit-reports",
            "ROLE_NAME": "team/auditor",
            "EXTERNAL_ID": "quite-a-secret",
            "ORGANIZATION": "true",
            "OU_INCLUDE": "ou-ab12-11111111, r-ab12",
            "TAG_EXCLUDE": "stage=sandbox,closing",
            "REGIONS": "eu-west-1,us-east-1",
            "NOTIFY_SEVERITY": "critical",
            "SECURITY_HUB": "true",
            "JOBS_SINCE": "all",
            "QUOTA_SHARE": "0.25",
            "ACCOUNTS": " ",
            "PATH": "/usr/bin",
        }
    )
    assert found.organization
    assert found.security_hub
    assert found.accounts == ()
    assert found.ou_include == ("ou-ab12-11111111", "r-ab12")
    assert found.tag_exclude == (("stage", "sandbox"), ("closing", ""))
    assert found.regions == ("eu-west-1", "us-east-1")
    assert found.notify_severity is Severity.CRITICAL
    assert found.jobs_since is None
    assert found.quota_share == 0.25
    assert "quite-a-secret" not in str(found.described())


def test_what_is_not_said_has_defaults() -> None:
    found = FleetSettings.of({"REPORT_BUCKET": "audit-reports"})
    assert (found.jobs_since, found.regions, found.role_name) == (timedelta(days=30), ("all",), "")


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("REPORT_BUCKET", "", "REPORT_BUCKET is not set"),
        ("REPORT_BUCKET", "No_Bucket", "REPORT_BUCKET"),
        ("ACCOUNTS", "12345", "'12345' is no account"),
        ("ACCOUNTS", "111111111111", "ROLE_NAME is not set"),
        ("ORGANIZATION", "yes", "neither true nor false"),
        ("OU_INCLUDE", "finance", "'finance' is no id of an organizational unit"),
        ("OU_INCLUDE", "r-ab12", "set ORGANIZATION=true"),
        ("TAG_INCLUDE", "=x", "a tag without a key"),
        ("REGIONS", "Frankfurt", "'Frankfurt' is no name of a region"),
        ("TOPIC_ARN", "topic", "ARN of an SNS topic"),
        ("NOTIFY_SEVERITY", "hig", "did you mean 'HIGH'?"),
        ("JOBS_SINCE", "soon", "'soon' is not a span"),
        ("QUOTA_SHARE", "2", "no number from 0.01 to 1"),
        ("QUOTA_SHARE", "nan", "no number"),
        ("SLICE_JOBS", "0", "no number from 1"),
        ("EXTERNAL_ID", "a b", "no external id"),
    ],
)
def test_what_does_not_fit_is_named(name: str, value: str, word: str) -> None:
    with pytest.raises(ConfigError, match=r".*") as refused:
        FleetSettings.of({"REPORT_BUCKET": "audit-reports", name: value})
    assert word in str(refused.value)


def test_an_organisation_and_a_list_exclude_each_other() -> None:
    given = {"REPORT_BUCKET": "audit-reports", "ROLE_NAME": "a", "ORGANIZATION": "true", "ACCOUNTS": "111111111111"}
    with pytest.raises(ConfigError, match="exclude each other"):
        FleetSettings.of(given)
