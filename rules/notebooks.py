"""Notebook instances: no direct way in or out, no root, a platform that is still maintained."""

from datetime import UTC, datetime

from auditor.model.rule import rule
from auditor.model.sagemaker import NotebookInstance
from auditor.model.unknown import CannotAssess, Reason, Unknown
from auditor.model.verdict import Severity, Verdict, failed, passed

# The platform's operating system and its end of life, None where none has come near. Source: Amazon Linux AMI
# FAQ (2023-12-31), Amazon Linux 2 FAQ (2026-06-30); as of 2026-11.
_PLATFORM_ENDS: dict[str, datetime | None] = {
    "notebook-al1-v1": datetime(2023, 12, 31, tzinfo=UTC),
    "notebook-al2-v1": datetime(2026, 6, 30, tzinfo=UTC),
    "notebook-al2-v2": datetime(2026, 6, 30, tzinfo=UTC),
    "notebook-al2-v3": datetime(2026, 6, 30, tzinfo=UTC),
    "notebook-al2023-v1": None,
    "notebook-al2023-v2": None,
}


@rule(
    "notebook-instance-direct-internet",
    severity=Severity.HIGH,
    controls=(
        "FSBP:SageMaker.1",
        "AWS-Config:SAGEMAKER_NOTEBOOK_NO_DIRECT_INTERNET_ACCESS",
        "NIST-800-53r5:AC-4",
        "NIST-800-53r5:SC-7",
        "PCI-DSS-4.0:1.4.2",
        "HIPAA:164.312(e)(1)",
        "SOC2:CC6.6",
        "CIS-Controls-8.1:12.2",
    ),
    tags=("network", "notebook"),
)
def direct_internet(notebook: NotebookInstance) -> Verdict:
    """A notebook instance has no direct internet access.

    Why: direct access bypasses the VPC: data leaves and code comes in past firewalls and flow logs.
    Fix: create the notebook anew in a subnet with DirectInternetAccess Disabled; it cannot be changed later.
    """
    if notebook.direct_internet_access == "Disabled":
        return passed("direct internet access is disabled", at="DirectInternetAccess")
    return failed("direct internet access is enabled", at="DirectInternetAccess")


@rule(
    "notebook-instance-in-vpc",
    severity=Severity.HIGH,
    controls=(
        "FSBP:SageMaker.2",
        "AWS-Config:SAGEMAKER_NOTEBOOK_INSTANCE_INSIDE_VPC",
        "NIST-800-53r5:AC-4",
        "NIST-800-53r5:SC-7",
        "PCI-DSS-4.0:1.4.4",
        "ISO-27001-2022:A.8.20",
        "CIS-Controls-8.1:12.2",
    ),
    tags=("network", "notebook"),
)
def in_vpc(notebook: NotebookInstance) -> Verdict:
    """A notebook instance is attached to a VPC of yours.

    Why: without a subnet its traffic passes none of your security groups, endpoints and flow logs.
    Fix: create the notebook anew with SubnetId and SecurityGroupIds.
    """
    if notebook.subnet_id:
        return passed("the notebook is in a subnet of yours", at="SubnetId")
    return failed("the notebook is in no subnet of yours", at="SubnetId")


@rule(
    "notebook-instance-root-access",
    severity=Severity.HIGH,
    controls=(
        "FSBP:SageMaker.3",
        "AWS-Config:SAGEMAKER_NOTEBOOK_INSTANCE_ROOT_ACCESS_CHECK",
        "NIST-800-53r5:AC-6",
        "PCI-DSS-4.0:7.2.1",
    ),
    tags=("notebook",),
)
def root_access(notebook: NotebookInstance) -> Verdict:
    """Notebook users do not have root access.

    Why: root can stop the monitoring agents, change the firewall and read every file of the instance.
    Fix: stop the instance, set RootAccess to Disabled, start it.
    Limits: lifecycle configurations run as root whatever this says.
    """
    if notebook.root_access == "Disabled":
        return passed("users do not have root access", at="RootAccess")
    return failed("users have root access", at="RootAccess")


@rule(
    "notebook-instance-imdsv2",
    severity=Severity.MEDIUM,
    controls=("NIST-800-53r5:AC-6",),
    tags=("notebook", "metadata"),
)
def imdsv2(notebook: NotebookInstance) -> Verdict:
    """A notebook instance answers only version 2 of the instance metadata service.

    Why: version 1 hands out the role's credentials to any request that code can be tricked into sending.
    Fix: stop the instance and set MinimumInstanceMetadataServiceVersion to 2.
    """
    path = "InstanceMetadataServiceConfiguration.MinimumInstanceMetadataServiceVersion"
    metadata = notebook.instance_metadata_service_configuration
    if metadata is not None and metadata.minimum_instance_metadata_service_version == "2":
        return passed("only version 2 of the metadata service answers", at=path)
    return failed("version 1 of the metadata service answers", at=path)


@rule(
    "notebook-instance-platform",
    severity=Severity.MEDIUM,
    controls=("FSBP:SageMaker.8", "AWS-Config:SAGEMAKER_NOTEBOOK_INSTANCE_PLATFORM_VERSION"),
    tags=("notebook", "patching"),
)
def platform(notebook: NotebookInstance, now: datetime, *, approved: tuple[str, ...] = ()) -> Verdict:
    """A notebook instance runs on a platform that is still maintained.

    Why: a platform past its end of life gets no security patches.
    Fix: create a notebook with PlatformIdentifier notebook-al2023-v1 and move the work.
    Limits: the table of platforms and their last days is dated 2026-11; an unknown platform is not assessed.
    Parameters:
      approved: the only platforms that may be used, such as notebook-al2023-v1; where it is not set, every one that
        is maintained.
    """
    name = notebook.platform_identifier
    if approved and name not in approved:
        return failed(f"{name} is not approved", at="PlatformIdentifier")
    if name not in _PLATFORM_ENDS:
        words = f"no support dates are known for the platform {name}"
        raise CannotAssess(Unknown(Reason.UNEXPECTED_VALUE, words))
    ends = _PLATFORM_ENDS[name]
    if ends is not None and now > ends:
        return failed(f"{name} is past its end of life on {ends:%Y-%m-%d}", at="PlatformIdentifier")
    return passed(f"{name} is maintained", at="PlatformIdentifier")
