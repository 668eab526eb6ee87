"""The Search operation: filters, order, pages, and records with the members that Search's shapes have.

A job also appears as a trial component whose SourceDetail holds the whole description, as SageMaker creates
one for every training, processing and transform job (developer guide, "Experiment tracking of jobs").
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from auditor.demo.errors import AwsError
from auditor.demo.extension import listing
from auditor.demo.extension.kinds import KINDS, VALIDATION
from auditor.demo.extension.operations import answer, members_of, params_of, store_of
from auditor.demo.extension.shapes import prune

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.model import OperationModel
    from moto.sagemaker.responses import SageMakerResponse

    from auditor.demo.extension.operations import Answer
    from auditor.demo.extension.store import Record, SageMakerStore

Item = dict[str, Any]

SEARCHED = (
    "TrainingJob",
    "Endpoint",
    "ModelPackage",
    "ModelPackageGroup",
    "Pipeline",
    "FeatureGroup",
    "Project",
    "HyperParameterTuningJob",
    "ModelCard",
)
_JOBS = ("TrainingJob", "ProcessingJob", "TransformJob")


@dataclass
class IndexLag:
    """What the Search index does not show yet, though List does.

    Attributes:
        seconds: Resources that came into the store less than this long ago are hidden.
        names: Resources with one of these names are hidden.
    """

    seconds: float = 0.0
    names: set[str] = field(default_factory=set)

    def hides(self, record: Record) -> bool:
        """Return whether the index has not caught up with a record."""
        return record.key[-1] in self.names or (self.seconds > 0 and time.time() - record.stored < self.seconds)


LAG = IndexLag()


def searcher(
    operation: OperationModel, original: Callable[[SageMakerResponse], Any]
) -> Callable[[SageMakerResponse], Any]:
    """Return the method of Search; ``original`` is moto's, for experiments and trials, which it keeps."""
    shape = members_of(operation.output_shape)["Results"].member

    def method(response: SageMakerResponse) -> Any:
        params = params_of(response, operation)
        resource = params["Resource"]
        if resource in {"Experiment", "ExperimentTrial"}:
            return original(response)
        name, items = _items(store_of(response), resource, shape)
        return _respond(
            operation,
            name,
            [item for item in items if _matches(item, params.get("SearchExpression"))],
            params,
        )

    return method


def _respond(operation: OperationModel, name: str, items: list[Item], params: Item) -> Answer:
    """Return one page of the records found."""
    by = params.get("SortBy", "LastModifiedTime")
    reverse = params.get("SortOrder", "Descending") == "Descending"

    def place(item: Item) -> list[Any]:
        value = next(iter(_values(item, by)), None)
        if value is None and by == "LastModifiedTime":
            value = next(iter(_values(item, "CreationTime")), 0.0)
        return ["" if value is None else value, _identity(item)]

    items.sort(key=place, reverse=reverse)
    total = len(items)
    if token := params.get("NextToken"):
        last = listing.decode(token)
        items = [item for item in items if (place(item) < last if reverse else place(item) > last)]
    size = params.get("MaxResults") or listing.DEFAULT_PAGE
    more = listing.encode(place(items[size - 1])) if len(items) > size else None
    hits = {"Value": total, "Relation": "EqualTo"}
    results = [{name: item} for item in items[:size]]
    return answer(operation, {"Results": results, "NextToken": more, "TotalHits": hits})


def _identity(item: Item) -> str:
    """Return the ARN of a record: what tells it apart from those with the same sort value."""
    item = item.get("Model", item)
    return next((str(value) for name, value in item.items() if name.endswith("Arn")), "")


def _items(store: SageMakerStore, resource: str, shape: Any) -> tuple[str, Iterator[Item]]:
    """Return the member of a search result that holds this resource, and the records of the index."""
    if resource == "ExperimentTrialComponent":
        return "TrialComponent", _trial_components(store, shape.members["TrialComponent"])
    if resource == "Model":
        return "Model", _models(store, shape.members["Model"])
    if resource in SEARCHED:
        return resource, (
            prune(shape.members[resource], {**record.data, "Tags": record.tag_list})
            for record in list(store.of(KINDS[resource]).values())
            if not LAG.hides(record)
        )
    raise AwsError(VALIDATION, f"The embedded AWS does not index {resource}.")


def _models(store: SageMakerStore, shape: Any) -> Iterator[Item]:
    """Yield models as the model dashboard shows them, with the endpoints that serve them."""
    for record in list(store.of(KINDS["Model"]).values()):
        if not LAG.hides(record):
            yield prune(
                shape,
                {
                    "Model": {**record.data, "Tags": record.tag_list},
                    "Endpoints": [],
                    "MonitoringSchedules": [],
                },
            )


def _trial_components(store: SageMakerStore, shape: Any) -> Iterator[Item]:
    """Yield the trial component of every job."""
    detail = shape.members["SourceDetail"]
    for kind_name in _JOBS:
        kind = KINDS[kind_name]
        slug = kind.arn.split("/", 1)[0]
        for record in list(store.of(kind).values()):
            if LAG.hides(record):
                continue
            name = f"{record.key[0]}-aws-{slug}"
            described = {**record.data, "Tags": record.tag_list}
            yield prune(
                shape,
                {
                    "TrialComponentName": name,
                    "DisplayName": name,
                    "TrialComponentArn": _component_arn(store, name),
                    "Source": {"SourceArn": record.arn, "SourceType": f"SageMaker{kind_name}"},
                    "Status": {"PrimaryStatus": record.data[kind.status]},
                    "CreationTime": record.data["CreationTime"],
                    "LastModifiedTime": record.data["LastModifiedTime"],
                    "SourceDetail": prune(detail, {"SourceArn": record.arn, kind_name: described}),
                    "Tags": record.tag_list,
                },
            )


def _component_arn(store: SageMakerStore, name: str) -> str:
    """Return the ARN of a trial component."""
    owner = f"arn:{store.partition}:sagemaker:{store.region_name}:{store.account_id}"
    return f"{owner}:experiment-trial-component/{name.lower()}"


def _matches(item: Item, expression: Item | None) -> bool:
    """Return whether a record satisfies a search expression: all of it, or any for Operator Or."""
    if not expression:
        return True
    verdicts = [_holds(item, rule) for rule in expression.get("Filters") or ()]
    verdicts += [_matches(item, inner) for inner in expression.get("SubExpressions") or ()]
    for nested in expression.get("NestedFilters") or ():
        parents = _values(item, nested["NestedPropertyName"])
        cut = len(nested["NestedPropertyName"]) + 1
        rules = [{**rule, "Name": rule["Name"][cut:]} for rule in nested["Filters"]]
        verdicts.append(any(all(_holds(parent, rule) for rule in rules) for parent in parents))
    return any(verdicts) if expression.get("Operator") == "Or" else all(verdicts)


def _values(item: Any, path: str) -> list[Any]:
    """Return the values at a dotted path; lists branch, ``Tags.<key>`` is a tag's value."""
    if isinstance(item, dict) and "Model" in item and not path.startswith("Model.") and path not in item:
        item = item["Model"]
    if path.startswith("Tags.") and isinstance(item, dict):
        return [tag["Value"] for tag in item.get("Tags", ()) if tag["Key"] == path[5:]]
    if isinstance(item, list):
        return [value for part in item for value in _values(part, path)]
    if not isinstance(item, dict):
        return []
    if path in item:
        found = item[path]
        return found if isinstance(found, list) else [found]
    head, _, rest = path.partition(".")
    return _values(item[head], rest) if rest and head in item else []


def _holds(item: Any, rule: Item) -> bool:
    """Return whether one filter holds for a record; Equals is meant where no operator is given."""
    values = _values(item, rule["Name"])
    operator = rule.get("Operator", "Equals")
    if operator == "Exists":
        return bool(values)
    if operator == "NotExists":
        return not values
    if "Value" not in rule:
        raise AwsError(VALIDATION, f"Operator {operator} needs a Value.")
    wanted = rule["Value"]
    if operator == "NotEquals":
        return all(not _compare("Equals", value, wanted) for value in values)
    if operator == "In":
        return any(_compare("Equals", value, one.strip()) for value in values for one in wanted.split(","))
    return any(_compare(operator, value, wanted) for value in values)


def _compare(operator: str, value: Any, wanted: str) -> bool:
    """Return whether a value stands in a relation to a filter's text; times are ISO 8601."""
    if operator == "Contains":
        return wanted in str(value)
    if isinstance(value, bool):
        left, right = float(value), float(wanted.lower() == "true")
    elif isinstance(value, int | float):
        left, right = float(value), _number(wanted)
    elif operator == "Equals":
        return str(value) == wanted
    else:
        raise AwsError(VALIDATION, f"Operator {operator} is for numbers and times.")
    relations = {
        "Equals": left == right,
        "GreaterThan": left > right,
        "GreaterThanOrEqualTo": left >= right,
        "LessThan": left < right,
        "LessThanOrEqualTo": left <= right,
    }
    return relations[operator]


def _number(text: str) -> float:
    """Return a number, or a time as seconds since the epoch; raise ValidationException for other text."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise AwsError(VALIDATION, f"Value {text!r} is neither a number nor an ISO 8601 time.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
