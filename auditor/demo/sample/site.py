"""One region of the sample account: its clients, its names for things, how to place a resource in time."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore import xform_name

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAY = 86_400.0
_KEY_ID = "AKIAIOSFODNN7EXAMPLE"
_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # noqa: S105 - AWS's own documentation example

# The header by which the embedded AWS takes members that only AWS could set.
_FACTS_HEADER = "x-demo-facts"


@dataclass
class Site:
    """One region.

    Attributes:
        endpoint_url: The embedded AWS.
        region: The region's name.
        now: The moment that ages are counted from, in seconds since the epoch.
        account: The account's id.
        session: Shared by all regions: it holds the loaded service models.
        ids: What was created so far, by a name of the sample's own ("subnet-private-a", "key-fraud").
    """

    endpoint_url: str
    region: str
    now: float
    account: str
    session: botocore.session.Session
    ids: dict[str, str] = field(default_factory=dict)
    _clients: dict[str, Any] = field(default_factory=dict)
    _facts: dict[str, Any] = field(default_factory=dict)

    def aws(self, service: str) -> Any:
        """Return the region's client of a service."""
        if service not in self._clients:
            client = self.session.create_client(
                service,
                region_name=self.region,
                endpoint_url=self.endpoint_url,
                aws_access_key_id=_KEY_ID,
                aws_secret_access_key=_SECRET,
            )
            if service == "sagemaker":
                client.meta.events.register("before-call.sagemaker", self._add_facts)
            self._clients[service] = client
        return self._clients[service]

    def create(
        self,
        kind: str,
        days_ago: float = 45.0,
        facts: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
        **members: Any,
    ) -> dict[str, Any]:
        """Create a SageMaker resource.

        Args:
            kind: Its type, as in ``Create<kind>``.
            days_ago: Its age.
            facts: Members in Describe's spelling that AWS would set: status, end, parent.
            tags: Its tags.
            **members: The members of the Create request; unset ones (None) are left out.
        """
        created = "CreateDate" if kind in {"Workforce", "Workteam"} else "CreationTime"
        self._facts = {created: self.now - days_ago * _DAY, **(facts or {})}
        request = {name: value for name, value in members.items() if value is not None}
        if tags:
            request["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        answer: dict[str, Any] = getattr(self.aws("sagemaker"), xform_name(f"Create{kind}"))(**request)
        self._facts = {}
        return answer

    def role(self, name: str) -> str:
        """Return the ARN of a role of this account."""
        return f"arn:aws:iam::{self.account}:role/{name}"

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def network(self, vpc: str = "private") -> dict[str, list[str]]:
        """Return a VpcConfig: "private" (three zones), "single" (one zone) or "public" (research)."""
        subnets = {
            "private": ["subnet-private-a", "subnet-private-b", "subnet-private-c"],
            "single": ["subnet-private-a"],
            "public": ["subnet-public-a"],
        }[vpc]
        group = "sg-open" if vpc == "public" else "sg-closed"
        return {"Subnets": [self.ids[name] for name in subnets], "SecurityGroupIds": [self.ids[group]]}

    def _add_facts(self, params: dict[str, Any], **_: Any) -> None:
        """Send the pending facts along with a Create request."""
        if self._facts:
            encoded = base64.b64encode(json.dumps(self._facts).encode()).decode()
            params["headers"][_FACTS_HEADER] = encoded
