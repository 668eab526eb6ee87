"""Which regions an account has: ``account:ListRegions``, which moto lacks.

The status of a region is that which moto's ``ec2:DescribeRegions`` tells, so that both answer alike.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from moto.account import urls
from moto.account.responses import AccountResponse
from moto.core.responses import ActionResult
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from moto.utilities.utils import get_partition

from auditor.demo.errors import AwsError

# moto counts them among those that need no opting in (Account Management reference guide, "Enable or disable
# AWS Regions in your account").
_WRONGLY_ENABLED = frozenset({"af-south-1", "ap-southeast-3", "eu-south-1"})
_NOT_OPTED_IN = "not-opted-in"
_STATUS = {"opt-in-not-required": "ENABLED_BY_DEFAULT", "opted-in": "ENABLED", _NOT_OPTED_IN: "DISABLED"}
_LARGEST_PAGE = 50


def install() -> None:
    """Set the operation and its address on moto's classes, and put right what moto says of three regions."""
    setattr(AccountResponse, "list_regions", _list_regions)  # noqa: B010  moto's class does not declare it
    urls.url_paths["{0}/listRegions$"] = AccountResponse.dispatch
    for region in RegionsAndZonesBackend.regions:
        if region.name in _WRONGLY_ENABLED:
            region.opt_in_status = _NOT_OPTED_IN


def _list_regions(response: Any) -> ActionResult:
    """Answer with the regions of the partition by name, filtered by status, in pages of at most 50."""
    wanted = response._get_param("RegionOptStatusContains") or list(_STATUS.values())  # noqa: SLF001  how moto's responses read members
    size = response._get_param("MaxResults") or _LARGEST_PAGE  # noqa: SLF001  same
    if not 1 <= size <= _LARGEST_PAGE:
        raise AwsError("ValidationException", f"MaxResults must be between 1 and {_LARGEST_PAGE}")
    after = _after(response._get_param("NextToken"))  # noqa: SLF001  same
    found = [
        {"RegionName": region.name, "RegionOptStatus": _STATUS[region.opt_in_status]}
        for region in sorted(RegionsAndZonesBackend.regions, key=lambda region: region.name)
        if get_partition(region.name) == response.partition
        and _STATUS[region.opt_in_status] in wanted
        and region.name > after
    ]
    page = found[:size]
    more = {"NextToken": base64.b64encode(page[-1]["RegionName"].encode()).decode()} if len(found) > size else {}
    return ActionResult({"Regions": page, **more})


def _after(token: str | None) -> str:
    try:
        return base64.b64decode(token or "", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise AwsError("ValidationException", "NextToken was not given out by this operation") from None
