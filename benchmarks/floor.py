"""The floor: the fewest requests that see every resource, with bare boto3 and threads, and nothing else.

    AWS_ENDPOINT_URL=http://127.0.0.1:PORT python -m benchmarks.floor

It walks List over the window for every kind, Search for the kinds whose contents Search holds and Describe
for the others, with pages of 100, one session, and botocore's own parsing. No auditor that uses botocore as
it is and sees as much can make fewer requests; what it adds on top is its own cost. Prints what it read.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import boto3
from botocore.config import Config

SEARCHED: Final = ("TrainingJob", "ProcessingJob", "TransformJob", "Model")
DESCRIBED: Final = ("EndpointConfig", "NotebookInstance")
JOBS: Final = ("TrainingJob", "ProcessingJob", "TransformJob")


def _snake(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("_")


class Floor:
    """Reads an account once; ``resources`` tells how many it listed, by kind."""

    def __init__(self, threads: int, days: int, *, tags: bool) -> None:
        """Read jobs of the last ``days``; ``tags`` adds ListTags where Search is not used."""
        config = Config(max_pool_connections=threads, retries={"total_max_attempts": 1})
        self._client: Any = boto3.Session().client("sagemaker", config=config)
        self._pool = ThreadPoolExecutor(threads)
        self._since = datetime.now(UTC) - timedelta(days=days)
        self._tags = tags
        self._pending: list[Future[None]] = []
        self.resources: dict[str, int] = {}

    def read(self) -> None:
        """Read everything.

        Raises:
            botocore.exceptions.ClientError: a request was turned away.
        """
        for kind in (*SEARCHED, *DESCRIBED):
            self._submit(self._list, kind)
        for kind in SEARCHED:
            self._submit(self._search, kind)
        while self._pending:
            self._pending.pop().result()
        self._pool.shutdown()

    def _submit(self, task: Callable[..., None], *arguments: str) -> None:
        self._pending.append(self._pool.submit(task, *arguments))

    def _pages(self, name: str, key: str, **request: Any) -> Iterator[list[Any]]:
        for page in self._client.get_paginator(name).paginate(PaginationConfig={"PageSize": 100}, **request):
            yield page[key]

    def _list(self, kind: str) -> None:
        name = f"list_{_snake(kind)}s"
        window = {"CreationTimeAfter": self._since} if kind in JOBS else {}
        key = f"{kind}Summaries" if kind in JOBS else f"{kind}s"
        self.resources[kind] = 0
        for page in self._pages(name, key, **window):
            self.resources[kind] += len(page)
            for item in page if kind in DESCRIBED else ():
                self._submit(self._describe, kind, item[f"{kind}Name"])
                if self._tags:
                    self._submit(self._list_tags, item[f"{kind}Arn"])

    def _search(self, kind: str) -> None:
        if kind == "Model":
            self._drain(self._pages("search", "Results", Resource="Model"))
            return
        since = self._since.strftime("%Y-%m-%dT%H:%M:%SZ")
        filters = [{"Name": "CreationTime", "Operator": "GreaterThanOrEqualTo", "Value": since}]
        resource = "TrainingJob"
        if kind != "TrainingJob":
            resource = "ExperimentTrialComponent"
            filters.append({"Name": "Source.SourceType", "Operator": "Equals", "Value": f"SageMaker{kind}"})
        expression = {"Filters": filters}
        self._drain(self._pages("search", "Results", Resource=resource, SearchExpression=expression))

    def _drain(self, pages: Iterator[list[Any]]) -> None:
        for _ in pages:
            pass

    def _describe(self, kind: str, name: str) -> None:
        getattr(self._client, f"describe_{_snake(kind)}")(**{f"{kind}Name": name})

    def _list_tags(self, arn: str) -> None:
        self._client.list_tags(ResourceArn=arn)


def main() -> None:
    """Read the account that the environment points at and print the counts."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.floor")
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--tags", action="store_true", help="also ListTags of what Search does not hold")
    arguments = parser.parse_args()
    floor = Floor(arguments.threads, arguments.days, tags=arguments.tags)
    floor.read()
    print(json.dumps({"resources": floor.resources}))


if __name__ == "__main__":
    main()
