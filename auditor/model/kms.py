"""KMS keys that resources name."""

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field

from .fields import Items, observed
from .resource import Resource


class KmsKey(Resource):
    """`kms:DescribeKey` KeyMetadata, with rotation, policy and aliases from their own operations.

    `KeyManager` tells AWS-managed from customer-managed keys; a resource without any key uses one that AWS
    owns (KMS developer guide, "AWS KMS keys").
    """

    cfn_type: ClassVar[str] = "AWS::KMS::Key"
    service: ClassVar[str] = "kms"
    name_member: ClassVar[str] = "KeyId"
    arn_member: ClassVar[str] = "Arn"

    key_id: str = observed()
    arn: str = observed()
    aws_account_id: str = observed("AWSAccountId")
    creation_date: datetime | None = None
    deletion_date: datetime | None = None
    enabled: bool = observed()
    key_manager: str = observed()
    key_state: str = observed()
    key_spec: str = observed()
    key_usage: str = observed()
    origin_: str = observed("Origin")
    multi_region: bool = False
    multi_region_configuration: dict[str, Any] | None = None
    key_rotation_enabled: bool = observed()
    policy: dict[str, Any] = observed()
    alias_names: Items[str] = Field(default=())

    def names(self) -> tuple[str, ...]:
        """Key id, key ARN, alias names and alias ARNs: whatever spelling a resource used."""
        identity = self.identity
        aliases = self.peek("alias_names")
        known = tuple(aliases) if isinstance(aliases, tuple) else ()
        head = identity.arn.rpartition(":")[0]
        return (*super().names(), *known, *(f"{head}:{name}" for name in known if isinstance(name, str)))
