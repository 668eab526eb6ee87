"""Tags and descriptions: whose a resource is, and what it is for."""

from dataclasses import dataclass
from typing import Any

from auditor.model import sagemaker as model
from auditor.model.parameter import Parameter
from auditor.model.resource import Resource
from auditor.model.rule import Rule, rule
from auditor.model.verdict import Severity, Verdict, failed, passed

_REQUIRED = Parameter(
    "required", (), "keys of the tags that must be there; where it is not set, any tag of yours will do"
)


def _tagged(resource: Any, *, required: tuple[str, ...] = ()) -> Verdict:
    if required:
        own = {tag.key for tag in resource.tags}
        lacking = [key for key in required if key not in own]
        if lacking:
            return failed(f"it lacks the tags {', '.join(lacking)}", at="Tags")
        return passed("it has the tags that are required", at="Tags")
    if any(not tag.key.startswith("aws:") for tag in resource.tags):
        return passed("it has tags", at="Tags")
    return failed("it has no tags of yours", at="Tags")


@dataclass(frozen=True, slots=True)
class _Row:
    """One type that is to be tagged. Args: id, what it is called, the type, controls."""

    id: str
    what: str
    kind: type[Resource]
    controls: tuple[str, ...]


def _tags(row: _Row) -> Rule:
    return Rule(
        id=row.id,
        title=f"{row.what} has tags.",
        severity=Severity.LOW,
        why="without tags nobody knows whose it is, and policies that go by tags do not hold for it.",
        fix="aws sagemaker add-tags --resource-arn ARN --tags Key=owner,Value=TEAM.",
        limits="tags that AWS sets itself (aws:...) do not count.",
        judge=_tagged,
        scope=(row.kind,),
        controls=row.controls,
        tags=("tagging",),
        parameters=(_REQUIRED,),
    )


TAGGED = tuple(
    _tags(row)
    for row in (
        _Row(
            "app-image-config-tags",
            "An app image configuration",
            model.AppImageConfig,
            ("FSBP:SageMaker.6", "AWS-Config:SAGEMAKER_APP_IMAGE_CONFIG_TAGGED"),
        ),
        _Row(
            "image-tags",
            "A SageMaker image",
            model.Image,
            ("FSBP:SageMaker.7", "AWS-Config:SAGEMAKER_IMAGE_TAGGED"),
        ),
        _Row("domain-tags", "A domain", model.Domain, ("AWS-Config:SAGEMAKER_DOMAIN_TAGGED",)),
        _Row(
            "feature-group-tags",
            "A feature group",
            model.FeatureGroup,
            ("AWS-Config:SAGEMAKER_FEATURE_GROUP_TAGGED",),
        ),
    )
)


@rule(
    "image-description",
    severity=Severity.LOW,
    controls=("AWS-Config:SAGEMAKER_IMAGE_DESCRIPTION",),
    tags=("tagging",),
)
def image_description(image: model.Image) -> Verdict:
    """A SageMaker image has a description.

    Why: an image that nobody can tell the purpose of is kept, unpatched, for ever.
    Fix: aws sagemaker update-image --image-name NAME --description TEXT.
    """
    if image.description:
        return passed("it has a description", at="Description")
    return failed("it has no description", at="Description")
