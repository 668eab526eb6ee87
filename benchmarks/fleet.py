"""Many accounts: the planner and the merger on 20,000 targets, and one function from a cold start.

    python -m benchmarks.fleet plan|prepare|merge|audit FOLDER ACCOUNTS
    python -m benchmarks.fleet aws

are what the scenario runs in processes of their own. The planner asks the canned endpoint. The targets' reports are
copies of one that was really written; the merger reads each of them.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks import world
from benchmarks.measure import ROOT, CommandFailedError, Endpoint, Usage, environment, run

RUN: Final = "run-1"
STARTED: Final = "2026-01-01T03:00:00+00:00"
OWN: Final = "123456789012"
_FIRST_ACCOUNT: Final = 200_000_000_000
_FUNCTION: Final = "import json, os, sys\nfrom lambda_handlers import audit_account\n"
_CONTEXT: Final = """
class Context:
    def get_remaining_time_in_millis(self):
        return 900_000
print(audit_account.handler(json.loads(sys.argv[1]), Context()))
"""


class Listener:
    """Hears the first connection of a process, and nothing more: what asks gets no answer."""

    def __init__(self) -> None:
        """Listen on a free port."""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(60)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def first_request(self, command: Sequence[str], env: dict[str, str]) -> float:
        """Seconds from the start of a process to its first connection."""
        started = time.perf_counter()
        with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as one:
            try:
                connection, _ = self._socket.accept()
                seconds = time.perf_counter() - started
                connection.close()
            finally:
                one.kill()
        return seconds

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()


def cold_start(python: str, home: Path, rounds: int) -> tuple[float, float]:
    """Seconds to the first request of ``audit_account``, and of boto3 with one client; medians, taken in turns."""
    listener = Listener()
    where = listener.url.removeprefix("http://").split(":")
    least = "import boto3, socket, sys\nboto3.client('sts')\nsocket.create_connection((sys.argv[1], int(sys.argv[2])))"
    env = {**environment(home, listener.url), "REPORT_BUCKET": "reports"}
    event = json.dumps({"target": {}})
    ours, bare = [], []
    for _ in range(rounds):
        ours.append(listener.first_request([python, "-c", _FUNCTION + _CONTEXT, event], env))
        bare.append(listener.first_request([python, "-c", least, *where], env))
    listener.close()
    # The first start of either reads cold files.
    return median(ours[1:] or ours), median(bare[1:] or bare)


@contextmanager
def _embedded() -> Iterator[dict[str, str]]:
    """The environment of an embedded AWS in a process of its own, with a report bucket and nothing else."""
    command = [sys.executable, "-m", "benchmarks.fleet", "aws"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise CommandFailedError("the embedded AWS did not start")
        try:
            yield {"REPORT_BUCKET": "reports", "REGIONS": "eu-west-1", **json.loads(line)}
        finally:
            process.terminate()


def empty_account(python: str, home: Path) -> Usage:
    """What the function takes for a region in which nothing is, S3 included."""
    with _embedded() as given:
        env = {**environment(home), **given}
        event = {"run": RUN, "started": STARTED}
        plan = f"from lambda_handlers import plan_targets\nplan_targets.handler({event!r}, None)"
        run([python, "-c", plan], env)
        target = {"run": RUN, "partition": "aws", "account": OWN, "region": "eu-west-1"}
        target |= {"role_arn": "", "external_id": "", "kind": "region"}
        asked = json.dumps({"target": target, "cursor": None, "attempt": 0})
        found = run([python, "-c", _FUNCTION + _CONTEXT, asked], env)
    if "'done'" not in found.output:
        raise CommandFailedError(f"the target was not done:\n{found.output[-2000:]}")
    return found


def organisation(python: str, home: Path, accounts: int) -> tuple[int, Usage, Usage, dict[str, Any]]:
    """Plan and merge accounts by 20 regions: the number of targets, what each took, and the merger's answer."""
    folder, number = str(home / "bucket"), str(accounts)
    with Endpoint("--jobs", "20") as endpoint:
        env = environment(home, endpoint.url)
        script = [python, "-m", "benchmarks.fleet"]
        planned = run([*script, "plan", folder, number], env)
        prepared = run([*script, "prepare", folder, number], env)
        merged = run([*script, "merge", folder, number], env)
    answer = {"findings": int(prepared.output.splitlines()[-1]), **json.loads(merged.output.splitlines()[-1])}
    return int(planned.output.splitlines()[-1]), planned, merged, answer


def _settings(accounts: int) -> Any:
    from auditor.fleet.settings import FleetSettings  # noqa: PLC0415  the measured processes only

    names = tuple(str(_FIRST_ACCOUNT + number) for number in range(accounts))
    return FleetSettings("reports", role_name="auditor", accounts=names, regions=world.REGIONS)


def _store(folder: str) -> Any:
    from auditor.delivery.store import FolderStore  # noqa: PLC0415  as above

    return FolderStore(Path(folder))


def _plan(folder: str, accounts: int) -> None:
    from auditor.fleet.plan import plan_targets  # noqa: PLC0415  as above
    from auditor.sources.live.accounts import own_access  # noqa: PLC0415  as above

    event = {"run": RUN, "started": STARTED}
    answer = plan_targets(event, _settings(accounts), _store(folder), own_access())
    sys.stdout.write(f"{answer['planned']}\n")


def _prepare(folder: str, accounts: int) -> None:
    """Audit one account, and let all others have found the same."""
    from auditor.catalog import Catalog  # noqa: PLC0415  as above
    from auditor.fleet.records import Keys, ScanTarget, read_json, write_json  # noqa: PLC0415  as above
    from auditor.fleet.target import Means, audit_account  # noqa: PLC0415  as above
    from auditor.sources.live.accounts import own_access  # noqa: PLC0415  as above
    from rules import MODULES  # noqa: PLC0415  as above

    store, keys = _store(folder), Keys(RUN)
    means = Means(_settings(accounts), Catalog.of(MODULES), store, own_access(), lambda: 900.0)
    first: dict[str, ScanTarget] = {}
    findings = 0
    for planned in (one for name in ("global", "regions") for one in read_json(store, keys.plan(name))):
        target = ScanTarget.of(planned)
        kind = target.kind if target.region != "us-east-1" else f"{target.kind}, used"
        if kind not in first:
            first[kind] = target
            findings += audit_account({"target": planned, "cursor": None, "attempt": 0}, means)["findings"]
            continue
        entry = read_json(store, keys.ledger(first[kind]))
        findings += entry["findings"]
        report = {"json": keys.report(target, ".json.gz"), "html": keys.report(target, ".html")}
        write_json(store, keys.ledger(target), {**entry, "target": target.as_json(), "report": report})
        copy = Path(folder, report["json"])
        copy.parent.mkdir(parents=True, exist_ok=True)
        os.link(Path(folder, entry["report"]["json"]), copy)
    sys.stdout.write(f"{findings}\n")


def _merge(folder: str, accounts: int) -> None:
    from auditor.catalog import Catalog  # noqa: PLC0415  as above
    from auditor.fleet.merge import merge_reports  # noqa: PLC0415  as above
    from auditor.fleet.speakers import Speakers  # noqa: PLC0415  as above
    from rules import MODULES  # noqa: PLC0415  as above

    lines: list[str] = []
    store = _store(folder)
    answer = merge_reports({"run": RUN}, _settings(accounts), Catalog.of(MODULES), store, Speakers(lines.append))
    found = {**answer, "page": len(store.get(answer["report_key"]) or b""), "metric_lines": len(lines)}
    sys.stdout.write(f"{json.dumps(found)}\n")


def _serve() -> None:
    from auditor.demo.server import EmbeddedAws  # noqa: PLC0415  moto, which only this process needs

    with EmbeddedAws() as aws:
        where = {"LocationConstraint": "eu-west-1"}
        aws.client("s3").create_bucket(Bucket="reports", CreateBucketConfiguration=where)
        sys.stdout.write(f"{json.dumps(aws.environment())}\n")
        sys.stdout.flush()
        sys.stdin.read()


def measure(python: str, accounts: int, rounds: int) -> dict[str, Any]:
    """Everything that the scenario shows, in an empty home directory."""
    home = Path(tempfile.mkdtemp())
    try:
        ours, bare = cold_start(python, home, rounds)
        targets, planned, merged, answer = organisation(python, home, accounts)
        return {
            "cold": (ours, bare),
            "empty": empty_account(python, home),
            "targets": targets,
            "planned": planned,
            "merged": merged,
            "answer": answer,
        }
    finally:
        shutil.rmtree(home)


def main(argv: Sequence[str]) -> None:
    """Do one of the parts that are measured."""
    if argv[0] == "aws":
        _serve()
        return
    {"plan": _plan, "prepare": _prepare, "merge": _merge}[argv[0]](argv[1], int(argv[2]))


if __name__ == "__main__":
    main(sys.argv[1:])
