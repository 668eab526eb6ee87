"""The sample account: Northwind Health, a company that scores payments, recommends, and reads images.

Two regions. Some of it is as it should be, some has grown, some is hostile: names, tags and texts hold
markup, formulas and reordering characters wherever AWS takes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import botocore.session

from auditor.demo.sample import foundation, jobs, people, platform, serving, workspaces
from auditor.demo.sample.site import Site

if TYPE_CHECKING:
    from datetime import datetime

REGIONS = ("eu-west-1", "us-east-1")
ACCOUNT = "123456789012"


def populate(endpoint_url: str, now: datetime) -> None:
    """Fill an embedded AWS with the sample account, over HTTP.

    Args:
        endpoint_url: The embedded AWS, freshly started or reset.
        now: The moment that ages are counted from: jobs lie in the sixty days before it.

    Raises:
        botocore.exceptions.ClientError: the embedded AWS holds some of it already.
    """
    session = botocore.session.Session()
    home, away = (Site(endpoint_url, region, now.timestamp(), ACCOUNT, session) for region in REGIONS)
    people.create_people(home)
    for site in (home, away):
        foundation.create_keys(site)
        foundation.create_networks(site)
    foundation.create_buckets(home)
    foundation.create_trail(home)
    foundation.create_operations(home)
    for site in (home, away):
        workspaces.create_notebooks(site, home=site is home)
        workspaces.create_studio(site, home=site is home)
        serving.create_serving(site, home=site is home)
        jobs.create_jobs(site, home=site is home)
    platform.create_platform(home)
    foundation.create_scaling(home)
