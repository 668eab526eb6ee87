"""Operations beside Create, Describe, List, Update and Delete: tags, policies, lists within a parent."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from auditor.demo.errors import AwsError
from auditor.demo.extension import listing
from auditor.demo.extension.kinds import KINDS, VALIDATION
from auditor.demo.extension.operations import answer, params_of, store_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.model import OperationModel, ServiceModel
    from moto.sagemaker.responses import SageMakerResponse

    from auditor.demo.extension.operations import Answer
    from auditor.demo.extension.store import Record

# Resource parts of ARNs that moto keeps itself: their tags are moto's too.
_MOTO_KEEPS = ("experiment/", "experiment-trial/", "experiment-trial-component/")


def extras(
    model: ServiceModel, originals: dict[str, Callable[[SageMakerResponse], Any]]
) -> Iterator[tuple[str, Callable[[SageMakerResponse], Any]]]:
    """Yield (operation name, method); ``originals`` holds moto's own methods by operation name."""
    for name, handler in _HANDLERS.items():
        yield name, _method(model.operation_model(name), handler)
    for name, tag_handler in _TAG_HANDLERS.items():
        yield name, _tag_method(model.operation_model(name), tag_handler, originals[name])


def _method(
    operation: OperationModel,
    handler: Callable[[SageMakerResponse, OperationModel, dict[str, Any]], Answer],
) -> Callable[[SageMakerResponse], Answer]:
    """Return a method that validates the request and hands it on."""

    def method(response: SageMakerResponse) -> Answer:
        return handler(response, operation, params_of(response, operation))

    return method


def _tag_method(
    operation: OperationModel,
    handler: Callable[[Record, dict[str, Any]], dict[str, Any]],
    original: Callable[[SageMakerResponse], Any],
) -> Callable[[SageMakerResponse], Any]:
    """Return a tag operation: on the extension's resources, on moto's, or an error on what neither knows."""

    def method(response: SageMakerResponse) -> Any:
        params = params_of(response, operation)
        arn = params["ResourceArn"]
        record = store_of(response).by_arn.get(arn)
        if record is not None:
            return answer(operation, handler(record, params))
        if arn.split(":", 5)[-1].startswith(_MOTO_KEEPS):
            return original(response)
        raise AwsError(VALIDATION, f"Could not find resource {arn}.")

    return method


def _list_tags(record: Record, _: dict[str, Any]) -> dict[str, Any]:
    """Answer ListTags; at most 50 tags fit on a resource, so there is one page."""
    return {"Tags": record.tag_list}


def _add_tags(record: Record, params: dict[str, Any]) -> dict[str, Any]:
    """Answer AddTags."""
    record.tags |= {tag["Key"]: tag["Value"] for tag in params["Tags"]}
    return {"Tags": record.tag_list}


def _delete_tags(record: Record, params: dict[str, Any]) -> dict[str, Any]:
    """Answer DeleteTags."""
    for key in params["TagKeys"]:
        record.tags.pop(key, None)
    return {}


def _get_policy(response: SageMakerResponse, operation: OperationModel, params: dict[str, Any]) -> Answer:
    """Answer GetModelPackageGroupPolicy; a group without a policy is an error."""
    store = store_of(response)
    group = store.get(KINDS["ModelPackageGroup"], params["ModelPackageGroupName"])
    if group.arn not in store.policies:
        raise AwsError(VALIDATION, f"Cannot find resource policy for: {group.arn}.")
    return answer(operation, {"ResourcePolicy": store.policies[group.arn]})


def _put_policy(response: SageMakerResponse, operation: OperationModel, params: dict[str, Any]) -> Answer:
    """Answer PutModelPackageGroupPolicy."""
    store = store_of(response)
    group = store.get(KINDS["ModelPackageGroup"], params["ModelPackageGroupName"])
    store.policies[group.arn] = params["ResourcePolicy"]
    return answer(operation, {"ModelPackageGroupArn": group.arn})


def _delete_policy(response: SageMakerResponse, operation: OperationModel, params: dict[str, Any]) -> Answer:
    """Answer DeleteModelPackageGroupPolicy."""
    store = store_of(response)
    group = store.get(KINDS["ModelPackageGroup"], params["ModelPackageGroupName"])
    store.policies.pop(group.arn, None)
    return answer(operation, {})


def _children(response: SageMakerResponse, operation: OperationModel, params: dict[str, Any]) -> Answer:
    """Answer ListTrainingJobsForHyperParameterTuningJob."""
    store = store_of(response)
    name = params.pop("HyperParameterTuningJobName")
    parent = store.get(KINDS["HyperParameterTuningJob"], name)
    kind = KINDS["TrainingJob"]
    jobs = [record for record in store.of(kind).values() if record.data.get("TuningJobArn") == parent.arn]
    taken, token = listing.page(kind, jobs, params)
    summaries = [{**record.data, "TunedHyperParameters": record.data.get("HyperParameters", {})} for record in taken]
    return answer(operation, {"TrainingJobSummaries": summaries, "NextToken": token})


def _batch_packages(response: SageMakerResponse, operation: OperationModel, params: dict[str, Any]) -> Answer:
    """Answer BatchDescribeModelPackage: known packages as summaries, the others as errors by ARN."""
    store = store_of(response)
    found: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for arn in params["ModelPackageArnList"]:
        record = store.by_arn.get(arn)
        if record is None:
            errors[arn] = {"ErrorCode": VALIDATION, "ErrorResponse": "ModelPackage does not exist."}
        else:
            found[arn] = record.data
    return answer(operation, {"ModelPackageSummaries": found, "BatchDescribeModelPackageErrorMap": errors})


def _card_versions(response: SageMakerResponse, operation: OperationModel, params: dict[str, Any]) -> Answer:
    """Answer ListModelCardVersions: the extension keeps the latest version of a card only."""
    record = store_of(response).get(KINDS["ModelCard"], params["ModelCardName"])
    return answer(operation, {"ModelCardVersionSummaryList": [record.data]})


def _weights(response: SageMakerResponse, operation: OperationModel, params: dict[str, Any]) -> Answer:
    """Answer UpdateEndpointWeightsAndCapacities."""
    record = store_of(response).get(KINDS["Endpoint"], params["EndpointName"])
    variants = {variant["VariantName"]: variant for variant in record.data["ProductionVariants"]}
    for wanted in params["DesiredWeightsAndCapacities"]:
        variant = variants.get(wanted["VariantName"])
        if variant is None:
            raise AwsError(VALIDATION, f"The variant name {wanted['VariantName']} was non-existent.")
        if "DesiredWeight" in wanted:
            variant["CurrentWeight"] = variant["DesiredWeight"] = wanted["DesiredWeight"]
        if "DesiredInstanceCount" in wanted:
            count = wanted["DesiredInstanceCount"]
            variant["CurrentInstanceCount"] = variant["DesiredInstanceCount"] = count
    record.data["LastModifiedTime"] = time.time()
    return answer(operation, record.data)


def _subscribed(_: SageMakerResponse, operation: OperationModel, __: dict[str, Any]) -> Answer:
    """Answer ListSubscribedWorkteams: the sample account buys no vendor's work."""
    return answer(operation, {"SubscribedWorkteams": []})


_HANDLERS = {
    "BatchDescribeModelPackage": _batch_packages,
    "DeleteModelPackageGroupPolicy": _delete_policy,
    "GetModelPackageGroupPolicy": _get_policy,
    "ListModelCardVersions": _card_versions,
    "ListSubscribedWorkteams": _subscribed,
    "ListTrainingJobsForHyperParameterTuningJob": _children,
    "PutModelPackageGroupPolicy": _put_policy,
    "UpdateEndpointWeightsAndCapacities": _weights,
}
_TAG_HANDLERS = {"AddTags": _add_tags, "DeleteTags": _delete_tags, "ListTags": _list_tags}
