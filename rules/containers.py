"""Containers: images from registries that are meant."""

from auditor.model.rule import rule
from auditor.model.sagemaker import Model
from auditor.model.sagemaker.models import ContainerDefinition
from auditor.model.verdict import Severity, Verdict, all_of, failed, not_applicable, passed

_PATH = "ImageConfig.RepositoryAccessMode"


def _private(container: ContainerDefinition) -> Verdict:
    if container.image_config is not None and container.image_config.repository_access_mode == "Vpc":
        return passed("the image comes from a private registry in the VPC", at=_PATH)
    return failed("the image comes from Amazon ECR", at=_PATH)


@rule(
    "model-private-registry",
    severity=Severity.LOW,
    controls=("FSBP:SageMaker.16", "AWS-Config:SAGEMAKER_MODEL_PRIVATE_REGISTRY_REQUIRED"),
    tags=("containers", "optional"),
)
def private_registry(model: Model) -> Verdict:
    """A model's primary container comes from a private registry in the VPC.

    Why: some organisations admit images from one registry of their own only.
    Fix: set PrimaryContainer.ImageConfig.RepositoryAccessMode to Vpc.
    Limits: RepositoryAccessMode Platform means Amazon ECR, which may be just as private.
    """
    container = model.primary_container
    if container is None:
        return not_applicable("it has no primary container")
    verdict = _private(container)
    return Verdict(verdict.status, verdict.message, (f"PrimaryContainer.{_PATH}",))


@rule(
    "model-pipeline-private-registry",
    severity=Severity.LOW,
    controls=("FSBP:SageMaker.19", "AWS-Config:SAGEMAKER_MODEL_MULTICONTAINER_PRIVATE_REGISTRY"),
    tags=("containers", "optional"),
)
def pipeline_private_registry(model: Model) -> Verdict:
    """Every container of an inference pipeline comes from a private registry in the VPC.

    Why: some organisations admit images from one registry of their own only.
    Fix: set Containers[].ImageConfig.RepositoryAccessMode to Vpc.
    Limits: RepositoryAccessMode Platform means Amazon ECR, which may be just as private.
    """
    return all_of(model.containers, _private, at="Containers", empty=not_applicable("it is no pipeline"))
