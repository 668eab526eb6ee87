"""SageMaker's List, Search, Describe and ListTags over a synthetic account, as AWS answers them.

What AWS does and a simpler fake would not: pages of 10 unless asked for up to 100; StatusEquals and
LastModifiedTime filters are applied after the page was taken (so a page may be empty and not the last);
Search records lack what botocore's record shape lacks; the newest resources may not be in the index yet.
Sources: the API reference of ListTrainingJobs (StatusEquals), Search and SearchExpression.
"""

import base64
import json
import math
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from benchmarks.account import JOBS, Account, Kind
from benchmarks.wire import ApiError

Json = dict[str, Any]
Entry = tuple[Kind, int]

DEFAULT_PAGE: Final = 10
LARGEST_PAGE: Final = 100
CACHE_BYTES: Final = 128 * 2**20
CACHED_QUERIES: Final = 32

_LISTS: Final = {"List" + name: name for name in ("Models", "EndpointConfigs", "NotebookInstances")} | {
    f"List{job}s": f"{job}s" for job in JOBS
}
_TRIAL_COMPONENT: Final = "ExperimentTrialComponent"


def moment(value: Any) -> float:
    """Return epoch seconds for a timestamp as the JSON protocol or a Search filter spells it.

    Raises:
        ApiError: the value is no time.
    """
    if isinstance(value, int | float):
        return float(value)
    try:
        return float(value)
    except ValueError:
        pass
    try:
        parsed = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise ApiError("ValidationException", f"not a timestamp: {value}") from error
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def _page(request: Json) -> tuple[int, int]:
    size = request.get("MaxResults", DEFAULT_PAGE)
    if not 1 <= size <= LARGEST_PAGE:
        raise ApiError("ValidationException", f"MaxResults must be between 1 and {LARGEST_PAGE}")
    token = request.get("NextToken")
    if not token:
        return 0, size
    try:
        return int(base64.b64decode(token)), size
    except ValueError as error:
        raise ApiError("ValidationException", "Invalid NextToken") from error


def _token(offset: int) -> str:
    return base64.b64encode(f"{offset:012d}".encode()).decode()


def _type_of_component(kind: Kind) -> str:
    return f"SageMaker{kind.spec.type}"


def _value(entry: Entry, name: str) -> Any:
    """Return the property ``name`` of a resource for a Search filter, None where it has none.

    Raises:
        ApiError: Search knows no such property.
    """
    kind, i = entry
    values: dict[str, Callable[[], Any]] = {
        "CreationTime": lambda: kind.created(i),
        "LastModifiedTime": lambda: kind.modified(i),
        f"{kind.spec.type}Name": lambda: kind.name(i),
        f"{kind.spec.type}Arn": lambda: kind.arn(i),
        f"{kind.spec.type}Status": lambda: kind.status(i),
        "TrialComponentName": lambda: component_name(kind, i),
        "Status.PrimaryStatus": lambda: kind.status(i),
        "Source.SourceType": lambda: _type_of_component(kind),
        "Source.SourceArn": lambda: kind.arn(i),
    }
    if name not in values:
        raise ApiError("ValidationException", f"Unknown property name: {name}")
    return values[name]()


def component_name(kind: Kind, i: int) -> str:
    """Return the name of the trial component that SageMaker makes for a job."""
    return f"{kind.name(i)}-aws-{kind.spec.arn_part}"


_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "Equals": lambda left, right: left == right,
    "NotEquals": lambda left, right: left != right,
    "GreaterThan": lambda left, right: left > right,
    "GreaterThanOrEqualTo": lambda left, right: left >= right,
    "LessThan": lambda left, right: left < right,
    "LessThanOrEqualTo": lambda left, right: left <= right,
    "Contains": lambda left, right: right in left,
    "In": lambda left, right: left in right.split(","),
}


def _test(condition: Json) -> Callable[[Entry], bool]:
    name, operator = condition["Name"], condition.get("Operator", "Equals")
    if operator in {"Exists", "NotExists"}:
        return lambda entry: bool(_value(entry, name)) == (operator == "Exists")
    if operator not in _COMPARISONS:
        raise ApiError("ValidationException", f"Unknown operator: {operator}")
    compare, wanted = _COMPARISONS[operator], condition["Value"]
    if name.endswith("Time"):
        wanted = moment(wanted)
    return lambda entry: compare(_value(entry, name), wanted)


def _predicate(expression: Json) -> Callable[[Entry], bool]:
    tests = [_test(condition) for condition in expression.get("Filters", [])]
    tests += [_predicate(part) for part in expression.get("SubExpressions", [])]
    if expression.get("Operator", "And") == "Or":
        return lambda entry: any(test(entry) for test in tests)
    return lambda entry: all(test(entry) for test in tests)


def _bounds(kind: Kind, conditions: Iterable[tuple[str, float]], last: int) -> range:
    """Return the indices that may satisfy all (operator, creation time) pairs."""
    low, high = 0, last
    for operator, when in conditions:
        edge = int((when - kind.oldest) / kind.step)
        if operator.startswith("Greater"):
            low = max(low, edge - 1)
        elif operator.startswith("Less"):
            high = min(high, edge + 2)
    return range(low, max(low, high))


class SageMaker:
    """Answers SageMaker's JSON operations about the account's own kinds of resources."""

    def __init__(self, account: Account, lag: int = 0) -> None:
        """Serve ``account``; its newest ``lag`` resources of each kind are absent from Search."""
        self.account = account
        self.lag = lag
        self._kept: dict[tuple[Callable[[int], str], int], str] = {}
        self._kept_bytes = 0
        self._queries: OrderedDict[str, Sequence[Entry]] = OrderedDict()
        self._describes = {f"Describe{name}": kind for name, kind in account.kinds.items()}
        self._by_arn_part = {kind.spec.arn_part: kind for kind in account.kinds.values()}

    def answer(self, operation: str, body: bytes) -> str | None:
        """Return the JSON answer to a request, or None where the account has nothing to say on it.

        Raises:
            ApiError: the API would report an error.
        """
        if operation in self._describes:
            return self._describe(self._describes[operation], json.loads(body))
        if operation == "ListTags":
            return self._list_tags(json.loads(body))
        if operation not in _LISTS and operation != "Search":
            return None
        request = json.loads(body)
        return self._search(request) if operation == "Search" else self._list(operation, request)

    def _rendered(self, render: Callable[[int], str], i: int) -> str:
        """Return a rendered resource, kept while there is room, as it will be asked for again."""
        key = (render, i)
        if key in self._kept:
            return self._kept[key]
        text = render(i)
        if self._kept_bytes < CACHE_BYTES:
            self._kept[key] = text
            self._kept_bytes += len(text)
        return text

    def _describe(self, kind: Kind, request: Json) -> str:
        i = kind.index(request.get(f"{kind.spec.type}Name", ""))
        if i is None:
            raise ApiError(*kind.spec.not_found)
        return kind.describe(i)

    def _list_tags(self, request: Json) -> str | None:
        part, _, name = request["ResourceArn"].rpartition(":")[2].partition("/")
        kind = self._by_arn_part.get(part)
        i = kind.index(name) if kind else None
        if kind is None or i is None:
            return None
        return json.dumps({"Tags": kind.tags(i)})

    def _query(self, key: str, run: Callable[[], Sequence[Entry]]) -> Sequence[Entry]:
        """Return the result of a query, kept while its pages are being fetched."""
        if key not in self._queries:
            self._queries[key] = run()
            if len(self._queries) > CACHED_QUERIES:
                self._queries.popitem(last=False)
        self._queries.move_to_end(key)
        return self._queries[key]

    def _list(self, operation: str, request: Json) -> str:
        kind = self.account.kinds[_LISTS[operation].removesuffix("s")]
        offset, size = _page(request)
        fixed = {key: value for key, value in request.items() if key not in {"MaxResults", "NextToken"}}
        found = self._query(operation + json.dumps(fixed, sort_keys=True), lambda: _listed(kind, fixed))
        page = [entry for entry in found[offset : offset + size] if _after_paging(entry, fixed)]
        members = [f'"{kind.spec.list_key}":[{",".join(self._rendered(kind.summary, i) for _, i in page)}]']
        if offset + size < len(found):
            members.append(f'"NextToken":"{_token(offset + size)}"')
        return "{" + ",".join(members) + "}"

    def _search(self, request: Json) -> str | None:
        resource = request["Resource"]
        if resource == _TRIAL_COMPONENT:
            kinds = [self.account.kinds[job] for job in JOBS]
        elif resource in self.account.kinds and self.account.kinds[resource].spec.search_shape:
            kinds = [self.account.kinds[resource]]
        else:
            return None
        offset, size = _page(request)
        fixed = {key: value for key, value in request.items() if key not in {"MaxResults", "NextToken"}}
        found = self._query(json.dumps(fixed, sort_keys=True), lambda: _searched(kinds, fixed, self.lag))
        records = ",".join(
            _record(resource, kind, i, self._rendered(kind.search_record, i))
            for kind, i in found[offset : offset + size]
        )
        end = f',"NextToken":"{_token(offset + size)}"' if offset + size < len(found) else ""
        total = f'{{"Value":{len(found)},"Relation":"EqualTo"}}'
        return f'{{"Results":[{records}],"TotalHits":{total}{end}}}'


def _listed(kind: Kind, request: Json) -> Sequence[Entry]:
    """Return what a List request covers before paging: names and creation times, in the order asked for."""
    after = moment(request.get("CreationTimeAfter", 0))
    before = moment(request.get("CreationTimeBefore", kind.now + 1))
    contains = request.get("NameContains", "").lower()
    conditions = (("Greater", after), ("Less", before))
    found = [
        (kind, i)
        for i in _bounds(kind, conditions, kind.count)
        if after < kind.created(i) < before and (not contains or contains in kind.name(i).lower())
    ]
    order = request.get("SortBy", "CreationTime")
    if order != "CreationTime":
        found.sort(key=lambda entry: kind.status(entry[1]) if order == "Status" else kind.name(entry[1]))
    if request.get("SortOrder", "Descending" if kind.spec.descending else "Ascending") == "Descending":
        found.reverse()
    return found


def _after_paging(entry: Entry, request: Json) -> bool:
    kind, i = entry
    wanted = request.get("StatusEquals")
    changed_after = moment(request.get("LastModifiedTimeAfter", 0))
    changed_before = moment(request.get("LastModifiedTimeBefore", math.inf))
    return bool(not wanted or kind.status(i) == wanted) and changed_after < kind.modified(i) < changed_before


def _searched(kinds: Sequence[Kind], request: Json, lag: int) -> Sequence[Entry]:
    """Return what a Search request finds in the index, in the order asked for."""
    expression = request.get("SearchExpression", {})
    matches = _predicate(expression)
    created: list[tuple[str, float]] = []
    if expression.get("Operator", "And") == "And":
        created = [
            (condition.get("Operator", "Equals"), moment(condition["Value"]))
            for condition in expression.get("Filters", [])
            if condition["Name"] == "CreationTime"
        ]
    found = [
        (kind, i) for kind in kinds for i in _bounds(kind, created, max(kind.count - lag, 0)) if matches((kind, i))
    ]
    order = request.get("SortBy", "LastModifiedTime")
    if order != "CreationTime" or len(kinds) > 1:
        found.sort(key=lambda entry: _value(entry, order))
    if request.get("SortOrder", "Descending") == "Descending":
        found.reverse()
    return found


def _record(resource: str, kind: Kind, i: int, record: str) -> str:
    """Return ``record``, which describes resource ``i``, as an element of Results."""
    if resource == "Model":
        return f'{{"Model":{{"Model":{record},"Endpoints":[],"MonitoringSchedules":[]}}}}'
    if resource != _TRIAL_COMPONENT:
        return f'{{"{resource}":{record}}}'
    name, arn = component_name(kind, i), kind.arn(i)
    created, started, ended, modified = kind.times(i)
    component = arn.rpartition(":")[0] + f":experiment-trial-component/{name}"
    return (
        f'{{"TrialComponent":{{"TrialComponentName":"{name}","DisplayName":"{name}",'
        f'"TrialComponentArn":"{component}",'
        f'"Source":{{"SourceArn":"{arn}","SourceType":"{_type_of_component(kind)}"}},'
        f'"Status":{{"PrimaryStatus":"{kind.status(i)}"}},'
        f'"StartTime":{started:.3f},"EndTime":{ended:.3f},'
        f'"CreationTime":{created:.3f},"LastModifiedTime":{modified:.3f},'
        f'"CreatedBy":{{}},"LastModifiedBy":{{}},'
        f'"SourceDetail":{{"SourceArn":"{arn}","{kind.spec.type}":{record}}}}}}}'
    )
