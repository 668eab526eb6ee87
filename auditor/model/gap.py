"""A hole in the collection, and how wide it is."""

from dataclasses import dataclass, field

from .unknown import HARMLESS_REASONS, Reason, Unknown


@dataclass(frozen=True, slots=True)
class Scope:
    """What a gap covers; an empty part means all of them.

    Args:
        account: 12 digits.
        region: the region; for account-global families the partition's fixed region.
        type: CloudFormation's type name.
        resource: an ARN, name or other identifier of one resource.
    """

    account: str = ""
    region: str = ""
    type: str = ""
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that was to be collected and was not.

    Args:
        scope: how wide the hole is.
        operation: `service:Operation` that would have filled it.
        reason: why it did not.
        detail: error code and message, and the missing IAM action where that is the cause.
    """

    scope: Scope
    operation: str
    reason: Reason
    detail: str = field(default="")

    @property
    def harmless(self) -> bool:
        """True where nothing that was to be looked at is missing (the user's choice, or it is gone)."""
        return self.reason in HARMLESS_REASONS

    def as_unknown(self) -> Unknown:
        """What stands in for a value that this gap hides."""
        text = f"{self.operation}: {self.detail}" if self.operation else self.detail
        return Unknown(self.reason, text)
