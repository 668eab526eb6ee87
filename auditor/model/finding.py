"""A finding: verdict, rule, resource and evidence, as every report shows it."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .resource import Identity, Lifecycle, Location, Resource
from .unknown import Reason
from .verdict import Severity, Status

_OWNER_TAGS = ("owner", "Owner", "team", "Team")


# Made by the hundred thousand: a frozen dataclass takes three times as long to make.
@dataclass(slots=True)
class Evidence:
    """One observed value.

    Args:
        path: API path, on a neighbour with the neighbour's type and name before it.
        value: what was observed, as plain data; the service's default where the member is unset.
        observed: operation, time and request id; or file, line and logical id.
    """

    path: str
    value: Any
    observed: str


@dataclass(frozen=True, slots=True)
class ResourceRef:
    """The resource of a finding, as reports name it.

    Args:
        type, name, arn, account, region: of its identity.
        tags: its tags; None where they were not observed.
        owner: what the first tag says that names an owner.
    """

    type: str
    name: str
    arn: str
    account: str
    region: str
    tags: Mapping[str, str] | None = field(default_factory=dict)
    owner: str = ""

    @classmethod
    def of(cls, resource: Resource) -> "ResourceRef":
        """Name a resource; its owner is the first tag that says so."""
        identity = resource.identity
        tags = resource.tag_map()
        owner = next((tags[key] for key in _OWNER_TAGS if tags and key in tags), "")
        return cls(identity.type, identity.name, identity.arn, identity.account, identity.region, tags, owner)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file a resource is defined; line 0 where it has none."""

    file: str
    line: int
    logical_id: str


@dataclass(frozen=True, slots=True)
class WaiverRef:
    """The waiver that a failed finding carries."""

    reason: str
    owner: str
    approver: str
    expires: str
    ticket: str = ""


@dataclass(slots=True)
class Finding:
    """One judgement.

    Args:
        id: stable over runs, unique within a report.
        rule: rule id.
        status: PASSED, FAILED or NOT_AVAILABLE.
        severity: the rule's.
        lifecycle: `historical` for ended, immutable jobs.
        reason: why it is NOT_AVAILABLE; empty otherwise.
        message: what was seen.
        resource: what was judged.
        location: file and line, where it was judged from a file.
        evidence: what the judgement rests on.
        waiver: the waiver in force, if any.
        correlation: joins the finding of a template with that of the deployed resource.
        group: what made a historical resource (role, pipeline, tuning job).
        known: whether the baseline that the run was compared with holds it, too.
    """

    id: str
    rule: str
    status: Status
    severity: Severity
    lifecycle: Lifecycle
    reason: Reason | None
    message: str
    resource: ResourceRef
    location: Place | None
    evidence: tuple[Evidence, ...]
    waiver: WaiverRef | None = None
    correlation: str = ""
    group: str = ""
    known: bool = False

    @property
    def counts(self) -> bool:
        """Whether it counts in the score and for `--fail-on`."""
        return self.lifecycle is Lifecycle.CURRENT


def finding_ids(identity: Identity, location: Location | None) -> Callable[[str], str]:
    """What gives the ids of one resource's findings by rule.

    Args:
        identity: the resource; with a location its logical id or name, else its ARN or name.
        location: where in a file it is defined, if it is judged from one.

    Returns:
        Rule id to a stable id: 32 hexadecimal digits over what identifies the resource, and the rule.
    """
    start = hashlib.blake2b(_who(identity, location).encode(), digest_size=16)

    def of(rule: str) -> str:
        whole = start.copy()
        # The last, empty part is kept for a path within the resource: ids must not change when one comes.
        whole.update(f"\x1f{rule}\x1f".encode())
        return whole.hexdigest()

    return of


def _who(identity: Identity, location: Location | None) -> str:
    who: tuple[str, ...]
    if location is None:
        who = (identity.partition, identity.account, identity.region, identity.arn or identity.name)
    else:
        who = ("file", location.file, location.logical_id or identity.name)
    return "\x1f".join((*who, identity.type))


def correlation_key(identity: Identity) -> str:
    """Type and physical name; the same for a template's resource and the deployed one."""
    return f"{identity.type}/{identity.name}"
