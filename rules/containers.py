"""Containers: images from registries that are meant."""

from functools import partial

from auditor.model.rule import rule
from auditor.model.sagemaker import Model
from auditor.model.sagemaker.models import ContainerDefinition
from auditor.model.verdict import Severity, Verdict, all_of, failed, not_applicable, passed

_PATH = "ImageConfig.RepositoryAccessMode"


def _private(container: ContainerDefinition, registries: tuple[str, ...]) -> Verdict:
    if container.image_config is not None and container.image_config.repository_access_mode == "Vpc":
        return passed("the image comes from a private registry in the VPC", at=_PATH)
    # Read only where it counts: what was not observed of an image does not matter otherwise.
    host = (container.image or "").partition("/")[0] if registries else ""
    if host and host in registries:
        return passed(f"the image comes from {host}", at="Image")
    return failed("the image comes from Amazon ECR", at=_PATH)


@rule(
    "model-private-registry",
    severity=Severity.LOW,
    controls=("FSBP:SageMaker.16", "AWS-Config:SAGEMAKER_MODEL_PRIVATE_REGISTRY_REQUIRED"),
    tags=("containers", "optional"),
)
def private_registry(model: Model, *, registries: tuple[str, ...] = ()) -> Verdict:
    """A model's primary container comes from a private registry in the VPC.

    Why: some organisations admit images from one registry of their own only.
    Fix: set PrimaryContainer.ImageConfig.RepositoryAccessMode to Vpc.
    Limits: RepositoryAccessMode Platform means Amazon ECR, which may be just as private.
    Parameters:
      registries: hosts of registries that images may come from as well, such as
        111122223333.dkr.ecr.eu-west-1.amazonaws.com.
    """
    container = model.primary_container
    if container is None:
        return not_applicable("it has no primary container")
    verdict = _private(container, registries)
    return Verdict(verdict.status, verdict.message, tuple(f"PrimaryContainer.{path}" for path in verdict.at))


@rule(
    "model-pipeline-private-registry",
    severity=Severity.LOW,
    controls=("FSBP:SageMaker.19", "AWS-Config:SAGEMAKER_MODEL_MULTICONTAINER_PRIVATE_REGISTRY"),
    tags=("containers", "optional"),
)
def pipeline_private_registry(model: Model, *, registries: tuple[str, ...] = ()) -> Verdict:
    """Every container of an inference pipeline comes from a private registry in the VPC.

    Why: some organisations admit images from one registry of their own only.
    Fix: set Containers[].ImageConfig.RepositoryAccessMode to Vpc.
    Limits: RepositoryAccessMode Platform means Amazon ECR, which may be just as private.
    Parameters:
      registries: hosts of registries that images may come from as well, such as
        111122223333.dkr.ecr.eu-west-1.amazonaws.com.
    """
    judge = partial(_private, registries=registries)
    return all_of(model.containers, judge, at="Containers", empty=not_applicable("it is no pipeline"))
