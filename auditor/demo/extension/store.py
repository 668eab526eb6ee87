"""Where the extension keeps its resources: one store per account and region, cleared with moto's own."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.core.base_backend import BackendDict, BaseBackend

from auditor.demo.errors import AwsError

if TYPE_CHECKING:
    from auditor.demo.extension.kinds import Kind

Key = tuple[str, ...]


@dataclass(slots=True)
class Record:
    """One resource.

    Attributes:
        kind: Its type.
        data: Its members, in Describe's spelling; times are seconds since the epoch.
        tags: Its tags.
        stored: When it came into the store, by the process's clock; a lagging Search index looks at this.
    """

    kind: Kind
    data: dict[str, Any]
    tags: dict[str, str] = field(default_factory=dict)
    stored: float = field(default_factory=time.time)

    @property
    def key(self) -> Key:
        """What identifies the resource among those of its type."""
        return tuple(str(self.data.get(member, "")) for member in self.kind.identity)

    @property
    def arn(self) -> str:
        """The resource's ARN."""
        return str(self.data[self.kind.arn_member])

    @property
    def tag_list(self) -> list[dict[str, str]]:
        """The tags, as the API spells them."""
        return [{"Key": key, "Value": value} for key, value in self.tags.items()]


class SageMakerStore(BaseBackend):
    """The resources of one account and region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.records: dict[str, dict[Key, Record]] = {}
        self.by_arn: dict[str, Record] = {}
        self.policies: dict[str, str] = {}

    def of(self, kind: Kind) -> dict[Key, Record]:
        """Return all resources of a type, by key."""
        return self.records.setdefault(kind.name, {})

    def arn(self, kind: Kind, data: dict[str, Any]) -> str:
        """Return the ARN of a resource with these members."""
        resource = kind.arn.format_map(data)
        return f"arn:{self.partition}:sagemaker:{self.region_name}:{self.account_id}:{resource}"

    def ident(self, *parts: str, length: int = 12) -> str:
        """Return an identifier that depends on nothing but its parts, the account and the region."""
        text = "|".join((self.account_id, self.region_name, *parts))
        return hashlib.sha256(text.encode()).hexdigest()[:length]

    def put(self, record: Record) -> None:
        """Add a resource; raise ResourceInUse if its name is taken."""
        held = self.of(record.kind)
        if record.key in held:
            code = VALIDATION_ON_DUPLICATE.get(record.kind.name, "ResourceInUse")
            raise AwsError(code, f"{record.kind.name} already exists: {record.arn}")
        held[record.key] = record
        self.by_arn[record.arn] = record

    def get(self, kind: Kind, *key: str) -> Record:
        """Return a resource by key, or by ARN where the last part is one; raise AWS's error if unknown."""
        record = self.by_arn.get(key[-1]) if key[-1].startswith("arn:") else self.of(kind).get(key)
        if record is None or record.kind is not kind:
            raise AwsError(*kind.missing)
        return record

    def remove(self, record: Record) -> None:
        """Forget a resource."""
        self.of(record.kind).pop(record.key, None)
        self.by_arn.pop(record.arn, None)


# Types whose Create operation models no ResourceInUse answer a taken name with a validation error.
VALIDATION_ON_DUPLICATE = dict.fromkeys(
    (
        "Algorithm",
        "CodeRepository",
        "Endpoint",
        "EndpointConfig",
        "InferenceComponent",
        "Model",
        "ModelPackage",
        "ModelPackageGroup",
        "NotebookInstance",
        "NotebookInstanceLifecycleConfig",
        "Project",
    ),
    "ValidationException",
)

stores = BackendDict(SageMakerStore, "sagemaker")
