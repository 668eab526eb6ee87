"""The IAM action that an operation needs."""

# IAM's action, where it is not the operation's name (Service Authorization Reference, "Actions, resources
# and condition keys for Amazon S3").
_ACTIONS = {
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
}


def action(operation: str) -> str:
    """The IAM action that an operation (`service:Operation`) needs."""
    return _ACTIONS.get(operation, operation)
