"""Perimeter: from where workers sign in and open objects, and whose bucket a server writes to."""

from auditor.model.rule import rule
from auditor.model.sagemaker import MlflowTrackingServer, Workforce, Workteam
from auditor.model.verdict import Severity, Verdict, all_of, failed, not_applicable, passed

from ._network import everywhere

_CIDRS = "SourceIpConfig.Cidrs"
_CONSTRAINTS = "WorkerAccessConfiguration.S3Presign.IamPolicyConstraints"


@rule(
    "workforce-source-ip",
    severity=Severity.MEDIUM,
    controls=("NIST-800-53r5:SC-7", "NIST-800-53r5:AC-17", "ISO-27001-2022:A.8.20"),
    tags=("labeling", "network"),
)
def workforce_source_ip(workforce: Workforce) -> Verdict:
    """Workers of a private workforce sign in from named address ranges only.

    Why: a worker's stolen password opens the labelling portal, and the data shown there, from anywhere.
    Fix: aws sagemaker update-workforce --source-ip-config Cidrs=RANGES.
    """
    if workforce.workforce_vpc_config is not None:
        return not_applicable("the portal is reached through a VPC only")
    config = workforce.source_ip_config
    open_to_all = failed("workers may sign in from every address", at=_CIDRS)
    if config is None:
        return open_to_all

    def named(cidr: str) -> Verdict:
        if everywhere(cidr):
            return failed(f"{cidr} lets workers sign in from every address", at="")
        return passed("workers sign in from named address ranges", at="")

    return all_of(config.cidrs, named, at=_CIDRS, empty=open_to_all)


@rule(
    "workteam-presign-source-ip",
    severity=Severity.LOW,
    controls=("NIST-800-53r5:AC-3", "ISO-27001-2022:A.8.3"),
    tags=("labeling", "s3"),
)
def presign_source_ip(workteam: Workteam) -> Verdict:
    """Links to the objects that a work team labels open from the worker's address only.

    Why: whoever gets hold of such a presigned link can read the object from anywhere until it expires.
    Fix: aws sagemaker update-workteam with WorkerAccessConfiguration S3Presign IamPolicyConstraints SourceIp
      (or VpcSourceIp for a workforce in a VPC) Enabled.
    """
    access = workteam.worker_access_configuration
    presign = access.s3_presign if access is not None else None
    constraints = presign.iam_policy_constraints if presign is not None else None
    if constraints is None:
        return failed("links to objects open from every address", at=_CONSTRAINTS)
    # Either one is enough: the addresses are those of the internet or of the VPC.
    if "Enabled" in (constraints.source_ip, constraints.vpc_source_ip):
        return passed("links to objects open from the worker's address only", at=_CONSTRAINTS)
    return failed("links to objects open from every address", at=_CONSTRAINTS)


@rule(
    "mlflow-tracking-server-bucket-owner",
    severity=Severity.MEDIUM,
    controls=("NIST-800-53r5:AC-3", "ISO-27001-2022:A.8.3"),
    tags=("mlflow", "s3"),
)
def bucket_owner(server: MlflowTrackingServer) -> Verdict:
    """An MLflow tracking server makes sure who owns its artifact bucket.

    Why: a bucket that was deleted and made again in another account would take the artifacts.
    Fix: aws sagemaker update-mlflow-tracking-server --s3-bucket-owner-verification.
    """
    if server.s3_bucket_owner_verification is False:
        return failed("the owner of the bucket is not verified", at="S3BucketOwnerVerification")
    # CreateMlflowTrackingServer: it is verified where nothing is said.
    return passed("the owner of the bucket is verified", at="S3BucketOwnerVerification")
