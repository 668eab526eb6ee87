"""The rules: pure functions of typed facts, one module per concern."""

from types import ModuleType

from . import (
    buckets,
    cloudtrail,
    containers,
    data_protection,
    deployment,
    dockerfile,
    encryption_at_rest,
    encryption_in_transit,
    iam_least_privilege,
    mfa,
    monitoring,
    network_isolation,
    notebooks,
    perimeter,
    security_groups,
    studio,
    tagging,
    vpc,
    vpc_endpoints,
)

MODULES: tuple[ModuleType, ...] = (
    encryption_at_rest,
    encryption_in_transit,
    iam_least_privilege,
    mfa,
    cloudtrail,
    buckets,
    containers,
    data_protection,
    deployment,
    dockerfile,
    monitoring,
    network_isolation,
    notebooks,
    perimeter,
    security_groups,
    studio,
    tagging,
    vpc,
    vpc_endpoints,
)
