"""Studio: how people sign in, what they can open from outside, and when what they left is shut down."""

from collections.abc import Callable
from functools import partial
from typing import Any

from auditor.model.rule import rule
from auditor.model.sagemaker import Domain, Space, UserProfile
from auditor.model.sagemaker.studio_settings import AppLifecycleManagement
from auditor.model.verdict import Severity, Verdict, all_of, failed, not_applicable, passed

from ._fields import Spot, judge_spots, spots

_IDLE_CONTROLS = ("NIST-800-53r5:AC-12", "CIS-Controls-8.1:4.3")
_IDLE_TAGS = ("studio", "sessions")
_IDLE = "AppLifecycleManagement.IdleSettings"
_TIMES = ("IdleTimeoutInMinutes", "MaxIdleTimeoutInMinutes", "MinIdleTimeoutInMinutes")
_APPS = ("JupyterLabAppSettings", "CodeEditorAppSettings")
_UNSET = AppLifecycleManagement.model_validate({})
_INHERITED = not_applicable("the settings above it hold")
_WORKING_DAY = 8 * 60


@rule(
    "domain-sso",
    severity=Severity.MEDIUM,
    controls=("CIS-Controls-8.1:6.7", "NIST-800-53r5:IA-2", "WA-ML:MLSEC03-BP02"),
    tags=("studio", "identity"),
)
def sso(domain: Domain) -> Verdict:
    """People sign in to a domain with IAM Identity Center.

    Why: with IAM sign-in whoever may create a presigned URL can open anybody's Studio; with Identity
      Center each person signs in, with the MFA set there.
    Fix: create the domain anew with AuthMode SSO; it cannot be changed later.
    """
    if domain.auth_mode == "SSO":
        return passed("people sign in with IAM Identity Center", at="AuthMode")
    return failed("people sign in through IAM", at="AuthMode")


@rule(
    "domain-vpc-only",
    severity=Severity.HIGH,
    controls=("AWS-Config:SAGEMAKER_DOMAIN_IN_VPC", "NIST-800-53r5:SC-7", "WA-ML:MLSEC03-BP02"),
    tags=("studio", "network"),
)
def vpc_only(domain: Domain) -> Verdict:
    """Studio's traffic goes through your VPC only.

    Why: with PublicInternetOnly notebooks reach the internet through a VPC that you cannot see into.
    Fix: aws sagemaker update-domain --domain-id ID --app-network-access-type VpcOnly.
    """
    kind = domain.app_network_access_type
    return (passed if kind == "VpcOnly" else failed)(f"network access is {kind}", at="AppNetworkAccessType")


@rule(
    "space-remote-access",
    severity=Severity.MEDIUM,
    controls=("NIST-800-53r5:AC-17",),
    tags=("studio", "remote-access"),
)
def remote_access(space: Space) -> Verdict:
    """A Studio space cannot be opened from a remote IDE.

    Why: a remote session carries data to a laptop past the browser and Studio's network settings.
    Fix: aws sagemaker update-space with SpaceSettings RemoteAccess=DISABLED.
    """
    settings = space.space_settings
    if settings is not None and settings.remote_access == "ENABLED":
        return failed("remote IDEs can connect", at="SpaceSettings.RemoteAccess")
    return passed("remote IDEs cannot connect", at="SpaceSettings.RemoteAccess")


@rule(
    "domain-docker-trusted-accounts",
    severity=Severity.MEDIUM,
    controls=("NIST-800-53r5:CM-7",),
    tags=("studio", "containers"),
)
def docker(domain: Domain, *, trusted_accounts: tuple[str, ...] = ()) -> Verdict:
    """Docker in Studio pulls images of named accounts only.

    Why: a VpcOnly domain where anybody may run any account's image runs code that nobody has looked at.
    Fix: set DomainSettings.DockerSettings.VpcOnlyTrustedAccounts, or disable Docker access.
    Parameters:
      trusted_accounts: the only accounts that may be named there; where it is not set, any may.
    """
    path = "DomainSettings.DockerSettings.VpcOnlyTrustedAccounts"
    settings = domain.domain_settings.docker_settings if domain.domain_settings is not None else None
    if settings is None or settings.enable_docker_access != "ENABLED":
        return not_applicable("Docker is off")
    if domain.app_network_access_type != "VpcOnly":
        return failed("Docker is on with the internet open", at="AppNetworkAccessType")
    if not settings.vpc_only_trusted_accounts:
        return failed("Docker is on and no trusted account is named", at=path)
    named = passed("Docker pulls images of named accounts only", at=path)

    def trusted(account: str) -> Verdict:
        if account in trusted_accounts:
            return passed("Docker pulls images of trusted accounts only", at="")
        return failed(f"Docker pulls images of {account}, which is not trusted", at="")

    return all_of(settings.vpc_only_trusted_accounts, trusted, at=path, empty=named) if trusted_accounts else named


def _on(spot: Spot, longest: int) -> Verdict:
    settings: Any = spot.value()
    if settings is None or settings.lifecycle_management != "ENABLED":
        return failed("applications that idle are not shut down", at=spot.path)
    return _soon(spot, longest)


def _own(spot: Spot, longest: int) -> Verdict:
    settings: Any = spot.value()
    if settings is None:
        return _INHERITED
    # A space has no switch of its own, only times.
    if getattr(settings, "lifecycle_management", None) == "DISABLED":
        return failed("applications that idle are not shut down", at=spot.path)
    return _soon(spot, longest)


def _soon(spot: Spot, longest: int) -> Verdict:
    settings: Any = spot.value()
    for member in _TIMES:
        field = type(settings).field_of(member)
        minutes = getattr(settings, field) if field else None
        if minutes is not None and minutes > longest:
            return failed(f"applications may idle for {minutes} minutes", at=f"{spot.path}.{member}")
    return passed(f"applications that idle are shut down within {longest} minutes", at=spot.path)


@rule("domain-idle-shutdown", severity=Severity.LOW, controls=_IDLE_CONTROLS, tags=_IDLE_TAGS)
def domain_idle(domain: Domain, *, longest_minutes: int = _WORKING_DAY) -> Verdict:
    """A domain shuts down JupyterLab and Code Editor applications that idle.

    Why: an application that was left behind keeps a signed-in session, its role's credentials and its costs.
    Fix: aws sagemaker update-domain with IdleSettings LifecycleManagement=ENABLED and IdleTimeoutInMinutes of
      {longest_minutes} or less, for both applications in DefaultUserSettings, and in DefaultSpaceSettings where
      set.
    Limits: a lifecycle configuration that stops applications is not seen.
    Parameters:
      longest_minutes: how long an application may idle, in minutes.
    """
    on, own = partial(_on, longest=longest_minutes), partial(_own, longest=longest_minutes)
    found: list[tuple[Spot, Callable[[Spot], Verdict]]] = []
    for app in _APPS:
        path = f"DefaultUserSettings.{app}.{_IDLE}"
        # Without a structure on the way nothing is shut down.
        found += [(spot, on) for spot in tuple(spots(domain, path)) or (Spot(path, _UNSET, "idle_settings"),)]
    found += [(spot, own) for spot in spots(domain, f"DefaultSpaceSettings.JupyterLabAppSettings.{_IDLE}")]
    judges = {spot.path: judge for spot, judge in found}
    return judge_spots((spot for spot, _ in found), lambda spot: judges[spot.path](spot), empty=_INHERITED)


@rule("user-profile-idle-shutdown", severity=Severity.LOW, controls=_IDLE_CONTROLS, tags=_IDLE_TAGS)
def profile_idle(profile: UserProfile, *, longest_minutes: int = _WORKING_DAY) -> Verdict:
    """A user profile does not undo the shutdown of applications that idle.

    Why: what a profile sets goes before the domain's settings.
    Fix: aws sagemaker update-user-profile with IdleSettings LifecycleManagement=ENABLED and
      IdleTimeoutInMinutes of {longest_minutes} or less, or without IdleSettings.
    Parameters:
      longest_minutes: how long an application may idle, in minutes.
    """
    found = (spot for app in _APPS for spot in spots(profile, f"UserSettings.{app}.{_IDLE}"))
    return judge_spots(found, partial(_own, longest=longest_minutes), empty=_INHERITED)


@rule("space-idle-shutdown", severity=Severity.LOW, controls=_IDLE_CONTROLS, tags=_IDLE_TAGS)
def space_idle(space: Space, *, longest_minutes: int = _WORKING_DAY) -> Verdict:
    """A space's applications are shut down within {longest_minutes} minutes of idling.

    Why: what a space sets goes before the settings of the profile and the domain.
    Fix: aws sagemaker update-space with IdleTimeoutInMinutes of {longest_minutes} or less.
    Parameters:
      longest_minutes: how long an application may idle, in minutes.
    """
    found = (spot for app in _APPS for spot in spots(space, f"SpaceSettings.{app}.{_IDLE}"))
    return judge_spots(found, partial(_own, longest=longest_minutes), empty=_INHERITED)
