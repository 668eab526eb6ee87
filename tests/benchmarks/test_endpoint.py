"""The canned endpoint speaks AWS's protocols, as botocore's own parsers read them."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ROOT = Path(__file__).parents[2]
SESSION = boto3.Session()  # one for all: each would load the service models anew
JOBS = 400
MODELS, CONFIGS, NOTEBOOKS, PROCESSING, TRANSFORM = 80, 40, 20, 40, 20

ClientFactory = Callable[[str], Any]


@contextmanager
def endpoint(*options: str) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.endpoint", "--jobs", str(JOBS), *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with endpoint() as address:
        yield address


def _client(service: str, url: str, region: str = "us-east-1") -> AbstractContextManager[Any]:
    config = Config(retries={"total_max_attempts": 1})
    client = SESSION.client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="example",
        config=config,
    )
    return closing(client)


@pytest.fixture
def client(url: str, request: pytest.FixtureRequest) -> ClientFactory:
    def make(service: str) -> Any:
        context = _client(service, url)
        request.addfinalizer(lambda: context.__exit__(None, None, None))
        return context.__enter__()

    return make


def _stats(url: str, *, reset: bool = False) -> dict[str, Any]:
    path = "/_reset" if reset else "/_stats"
    with urllib.request.urlopen(url + path, data=b"" if reset else None) as response:  # noqa: S310  loopback
        answer: dict[str, Any] = json.load(response)
    return answer


def _walk(operation: Callable[..., dict[str, Any]], key: str, **request: Any) -> list[Any]:
    found: list[Any] = []
    token: dict[str, str] = {}
    while True:
        page = operation(MaxResults=100, **request, **token)
        found += page[key]
        if "NextToken" not in page:
            return found
        token = {"NextToken": page["NextToken"]}


@pytest.mark.parametrize(
    ("operation", "key", "count"),
    [
        ("list_training_jobs", "TrainingJobSummaries", JOBS),
        ("list_processing_jobs", "ProcessingJobSummaries", PROCESSING),
        ("list_transform_jobs", "TransformJobSummaries", TRANSFORM),
        ("list_models", "Models", MODELS),
        ("list_endpoint_configs", "EndpointConfigs", CONFIGS),
        ("list_notebook_instances", "NotebookInstances", NOTEBOOKS),
        ("list_domains", "Domains", 0),
        ("list_hubs", "HubSummaries", 0),
    ],
)
def test_lists_hold_every_resource_once(client: ClientFactory, operation: str, key: str, count: int) -> None:
    found = _walk(getattr(client("sagemaker"), operation), key)

    assert len({json.dumps(item, default=str) for item in found}) == len(found) == count


def test_pages_default_to_ten_and_end_without_a_token(client: ClientFactory) -> None:
    sagemaker = client("sagemaker")

    assert len(sagemaker.list_training_jobs()["TrainingJobSummaries"]) == 10
    assert "NextToken" not in sagemaker.list_transform_jobs(MaxResults=100)
    with pytest.raises(ClientError, match="ValidationException"):
        sagemaker.list_training_jobs(NextToken="?")


def test_list_filters_and_orders_by_creation_time(client: ClientFactory) -> None:
    since = datetime.now(UTC) - timedelta(days=10)
    found = _walk(
        client("sagemaker").list_training_jobs,
        "TrainingJobSummaries",
        CreationTimeAfter=since,
        SortOrder="Descending",
    )

    times = [job["CreationTime"] for job in found]
    assert times == sorted(times, reverse=True)
    assert min(times) > since
    assert len(found) == pytest.approx(JOBS / 3, abs=5)


def test_status_filter_leaves_empty_pages_that_are_not_the_last(client: ClientFactory) -> None:
    page = client("sagemaker").list_training_jobs(StatusEquals="InProgress", MaxResults=100)

    assert page["TrainingJobSummaries"] == []
    assert page["NextToken"]
    running = _walk(client("sagemaker").list_training_jobs, "TrainingJobSummaries", StatusEquals="InProgress")
    assert len(running) == 1


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("training_job", JOBS),
        ("processing_job", PROCESSING),
        ("transform_job", TRANSFORM),
        ("model", MODELS),
        ("endpoint_config", CONFIGS),
        ("notebook_instance", NOTEBOOKS),
    ],
)
def test_describe_agrees_with_list(client: ClientFactory, kind: str, count: int) -> None:
    sagemaker = client("sagemaker")
    name = kind.title().replace("_", "")
    suffix = "Summaries" if name.endswith("Job") else "s"
    listed = _walk(getattr(sagemaker, f"list_{kind}s"), f"{name}{suffix}")
    described = getattr(sagemaker, f"describe_{kind}")(**{f"{name}Name": listed[-1][f"{name}Name"]})

    assert len(listed) == count
    assert {key: described[key] for key in listed[-1]} == listed[-1]
    with pytest.raises(ClientError, match=r"ResourceNotFound|ValidationException"):
        getattr(sagemaker, f"describe_{kind}")(**{f"{name}Name": "missing-000000"})


def test_search_holds_what_describe_says_except_what_its_shape_lacks(client: ClientFactory) -> None:
    sagemaker = client("sagemaker")
    records = _walk(sagemaker.search, "Results", Resource="TrainingJob")
    record = records[0]["TrainingJob"]
    described = sagemaker.describe_training_job(TrainingJobName=record["TrainingJobName"])

    assert len(records) == JOBS
    assert "RemoteDebugConfig" in described
    assert "RemoteDebugConfig" not in record
    tags = sagemaker.list_tags(ResourceArn=record["TrainingJobArn"])["Tags"]
    assert record.pop("Tags") == tags
    assert record == {key: described[key] for key in record}


def test_search_filters_by_time_and_status(client: ClientFactory) -> None:
    since = datetime.now(UTC) - timedelta(days=15)
    filters = [
        {
            "Name": "CreationTime",
            "Operator": "GreaterThanOrEqualTo",
            "Value": since.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        {"Name": "TrainingJobStatus", "Operator": "Equals", "Value": "Failed"},
    ]
    sagemaker = client("sagemaker")
    found = _walk(sagemaker.search, "Results", Resource="TrainingJob", SearchExpression={"Filters": filters})
    listed = _walk(sagemaker.list_training_jobs, "TrainingJobSummaries", CreationTimeAfter=since)

    failed = {job["TrainingJobName"] for job in listed if job["TrainingJobStatus"] == "Failed"}
    assert failed
    assert {record["TrainingJob"]["TrainingJobName"] for record in found} == failed


@pytest.mark.parametrize(("kind", "count"), [("ProcessingJob", PROCESSING), ("TransformJob", TRANSFORM)])
def test_trial_components_carry_the_whole_job(client: ClientFactory, kind: str, count: int) -> None:
    filters = [{"Name": "Source.SourceType", "Operator": "Equals", "Value": f"SageMaker{kind}"}]
    records = _walk(
        client("sagemaker").search,
        "Results",
        Resource="ExperimentTrialComponent",
        SearchExpression={"Filters": filters},
    )

    jobs = [record["TrialComponent"]["SourceDetail"][kind] for record in records]
    assert len({job[f"{kind}Arn"] for job in jobs}) == count
    assert all(job["Tags"] for job in jobs)


def test_other_searches_find_nothing(client: ClientFactory) -> None:
    assert client("sagemaker").search(Resource="FeatureGroup")["Results"] == []
    models = _walk(client("sagemaker").search, "Results", Resource="Model")
    assert len({record["Model"]["Model"]["ModelName"] for record in models}) == MODELS


def test_the_same_seed_gives_the_same_account() -> None:
    answers = []
    for _ in range(2):
        with endpoint("--now", "1800000000", "--seed", "7") as url, _client("sagemaker", url) as sagemaker:
            page = sagemaker.search(Resource="TrainingJob", MaxResults=100)
            page.pop("ResponseMetadata")
            answers.append(page)

    assert answers[0] == answers[1]


def test_lag_hides_the_newest_from_search_only() -> None:
    with endpoint("--lag", "7") as url, _client("sagemaker", url) as sagemaker:
        listed = _walk(sagemaker.list_training_jobs, "TrainingJobSummaries")
        found = _walk(sagemaker.search, "Results", Resource="TrainingJob")

    names = {record["TrainingJob"]["TrainingJobName"] for record in found}
    assert [job["TrainingJobName"] in names for job in listed] == [True] * (JOBS - 7) + [False] * 7


def test_reference_account_has_no_processing_or_transform_jobs() -> None:
    with endpoint("--reference") as url:
        resources = _stats(url)["resources"]

    assert resources == {
        "TrainingJob": JOBS,
        "Model": MODELS,
        "EndpointConfig": CONFIGS,
        "NotebookInstance": NOTEBOOKS,
        "ProcessingJob": 0,
        "TransformJob": 0,
    }


def test_quotas_throttle_and_are_counted() -> None:
    with endpoint("--quota", "List*=2") as url, _client("sagemaker", url) as sagemaker:
        for _ in range(2):
            sagemaker.list_training_jobs()
        with pytest.raises(ClientError, match="ThrottlingException") as error:
            sagemaker.list_training_jobs()
        sagemaker.list_models()
        sagemaker.search(Resource="TrainingJob")
        stats = _stats(url)
        after = _stats(url, reset=True)

    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert stats["operations"] == {
        "sagemaker:ListModels": {"calls": 1, "throttled": 0},
        "sagemaker:ListTrainingJobs": {"calls": 3, "throttled": 1},
        "sagemaker:Search(TrainingJob)": {"calls": 1, "throttled": 0},
    }
    assert after["operations"] == {}


def test_latency_is_injected() -> None:
    with endpoint("--latency-ms", "80") as url, _client("sagemaker", url) as sagemaker:
        sagemaker.list_models()
        started = time.perf_counter()
        sagemaker.list_models()
        elapsed = time.perf_counter() - started

    assert elapsed >= 0.08


def test_another_region_is_empty(url: str) -> None:
    with _client("sagemaker", url, region="eu-west-1") as sagemaker:
        assert sagemaker.list_training_jobs()["TrainingJobSummaries"] == []
        assert sagemaker.search(Resource="TrainingJob")["Results"] == []


def test_clients_that_ask_through_keep_alive_get_their_own_answers(client: ClientFactory) -> None:
    sagemaker = client("sagemaker")
    listed = _walk(sagemaker.list_models, "Models")
    for model in listed[:20]:
        described = sagemaker.describe_model(ModelName=model["ModelName"])
        assert described["ModelArn"] == model["ModelArn"]
