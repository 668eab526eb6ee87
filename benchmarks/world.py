"""The fixed surroundings of the synthetic account: roles, keys, networks, buckets and images.

The jobs of the account refer to these, and the neighbouring services describe them, so that every reference
an auditor follows leads somewhere, as it does in a live account.
"""

from typing import Final

ACCOUNT: Final = "123456789012"
REGION: Final = "us-east-1"
# Those that the account has enabled.
REGIONS: Final = (
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "af-south-1", "ap-east-1", "eu-south-1"),
    *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2"),
    *("ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1"),
)
DLC_REGISTRY: Final = "763104351884"  # AWS's own registry of deep-learning containers in us-east-1

ROLES: Final = tuple(
    f"ml-{team}-{duty}"
    for team in ("ranking", "vision", "pricing", "forecast")
    for duty in ("training", "serving", "notebooks")
)
KEYS: Final = tuple(f"{n:08x}-5ca1-4b1e-9d0c-{n:012x}" for n in (0xA1, 0xB2, 0xC3, 0xD4))
VPCS: Final = ("vpc-0a1b2c3d4e5f60001", "vpc-0a1b2c3d4e5f60002")
SUBNETS: Final = tuple(f"subnet-0a1b2c3d4e5f6{n:04d}" for n in range(6))
SECURITY_GROUPS: Final = tuple(f"sg-0a1b2c3d4e5f6{n:04d}" for n in range(4))
BUCKETS: Final = ("ml-training-data", "ml-models", "ml-checkpoints", "ml-features", "ml-logs", "ml-scratch")
REPOSITORIES: Final = ("training/ranking", "training/vision", "serving/pricing")


def arn(service: str, resource: str, *, region: str = REGION) -> str:
    """Return the ARN of ``resource`` in the synthetic account (``region=""`` for global services)."""
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{resource}"


def role_arn(name: str) -> str:
    """Return the ARN of one of ``ROLES``, which live under the path ``/ml/``."""
    return arn("iam", f"role/ml/{name}", region="")


def key_arn(key: str) -> str:
    """Return the ARN of one of ``KEYS``."""
    return arn("kms", f"key/{key}")


def image(repository: str) -> str:
    """Return the image URI of one of ``REPOSITORIES``."""
    return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{repository}:2026.11"


def dlc_image(name: str) -> str:
    """Return the URI of a deep-learning container of AWS."""
    return f"{DLC_REGISTRY}.dkr.ecr.{REGION}.amazonaws.com/{name}"
