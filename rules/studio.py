"""Studio: how people sign in, and what they can open from outside."""

from auditor.model.rule import rule
from auditor.model.sagemaker import Domain, Space
from auditor.model.verdict import Severity, Verdict, failed, not_applicable, passed


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
def docker(domain: Domain) -> Verdict:
    """Docker in Studio pulls images of named accounts only.

    Why: a VpcOnly domain where anybody may run any account's image runs code that nobody has looked at.
    Fix: set DomainSettings.DockerSettings.VpcOnlyTrustedAccounts, or disable Docker access.
    """
    path = "DomainSettings.DockerSettings.VpcOnlyTrustedAccounts"
    settings = domain.domain_settings.docker_settings if domain.domain_settings is not None else None
    if settings is None or settings.enable_docker_access != "ENABLED":
        return not_applicable("Docker is off")
    if domain.app_network_access_type != "VpcOnly":
        return failed("Docker is on with the internet open", at="AppNetworkAccessType")
    if settings.vpc_only_trusted_accounts:
        return passed("Docker pulls images of named accounts only", at=path)
    return failed("Docker is on and no trusted account is named", at=path)
