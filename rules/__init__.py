"""The rules: pure functions of typed facts, one module per concern."""

from types import ModuleType

from . import cloudtrail, encryption_at_rest, encryption_in_transit, iam_least_privilege, mfa

MODULES: tuple[ModuleType, ...] = (
    encryption_at_rest,
    encryption_in_transit,
    iam_least_privilege,
    mfa,
    cloudtrail,
)
