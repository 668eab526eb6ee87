"""The embedded AWS tells which regions an account has switched on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from auditor.demo.server import EmbeddedAws

_ON = ["ENABLED", "ENABLING", "ENABLED_BY_DEFAULT"]


def test_regions_are_listed_with_their_status_as_ec2_tells_it(aws: EmbeddedAws) -> None:
    listed = aws.client("account", "us-east-1").list_regions()["Regions"]
    statuses = {region["RegionName"]: region["RegionOptStatus"] for region in listed}
    assert statuses["eu-west-1"] == statuses["us-east-1"] == "ENABLED_BY_DEFAULT"
    assert statuses["me-central-1"] == statuses["eu-south-1"] == "DISABLED"
    assert not any(name.startswith(("us-gov-", "cn-")) for name in statuses)
    told = aws.client("ec2", "us-east-1").describe_regions(AllRegions=True)["Regions"]
    off = {region["RegionName"] for region in told if region["OptInStatus"] == "not-opted-in"}
    assert {name for name, status in statuses.items() if status == "DISABLED"} == off


@pytest.mark.parametrize(("region", "names"), [("us-gov-west-1", "us-gov-"), ("cn-north-1", "cn-")])
def test_each_partition_has_its_own_regions(aws: EmbeddedAws, region: str, names: str) -> None:
    found = [one["RegionName"] for one in aws.client("account", region).list_regions()["Regions"]]
    assert region in found
    assert all(name.startswith(names) for name in found)


def test_the_status_is_asked_for_before_the_page_is_cut(aws: EmbeddedAws) -> None:
    client = aws.client("account", "us-east-1")
    whole = client.list_regions(RegionOptStatusContains=_ON)
    assert "NextToken" not in whole
    pages = client.get_paginator("list_regions").paginate(RegionOptStatusContains=_ON, PaginationConfig={"PageSize": 3})
    cut = [page["Regions"] for page in pages]
    assert [region for page in cut for region in page] == whole["Regions"]
    assert [len(page) for page in cut[:-1]] == [3] * (len(cut) - 1)
    assert len(cut) > 1


@pytest.mark.parametrize("wrong", [{"NextToken": "???"}, {"MaxResults": 51}])
def test_what_aws_refuses_is_refused(aws: EmbeddedAws, wrong: dict[str, object]) -> None:
    client = aws.client("account", "us-east-1")
    with pytest.raises(ClientError, match="ValidationException"):
        client.list_regions(**wrong)
