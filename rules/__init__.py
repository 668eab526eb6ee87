"""The rules: pure functions of typed facts, one module per concern."""

from types import ModuleType

from . import cloudtrail, iam_least_privilege, mfa

MODULES: tuple[ModuleType, ...] = (
    iam_least_privilege,
    mfa,
    cloudtrail,
)
