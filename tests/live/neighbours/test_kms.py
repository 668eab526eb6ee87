"""Keys that are read as they are named cost no request more than keys that are read once all are known."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.gap import Gap, Scope
from auditor.model.kms import KmsKey
from auditor.model.resource import Observation, Resource
from auditor.model.sagemaker import NotebookInstance
from auditor.model.unknown import Reason
from auditor.sources.live.neighbours.gathering import Gathering
from auditor.sources.live.neighbours.kms import Keys
from auditor.sources.live.neighbours.wanted import Wanted
from auditor.sources.live.reader import Answer, ReadFailed

ACCOUNT, REGION = "123456789012", "eu-west-1"
NUMBERS = range(4)
# By id, by alias and by either's ARN; one that is nowhere, and one of another account.
SPELLINGS = [
    spelling
    for number in NUMBERS
    for spelling in (
        f"key-{number}",
        f"alias/k{number}",
        f"arn:aws:kms:{REGION}:{ACCOUNT}:key/key-{number}",
        f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/k{number}",
    )
] + ["alias/none", f"arn:aws:kms:{REGION}:210987654321:key/theirs"]


@dataclass
class Kms:
    """Stands in for the reader; where two meet in it, they meet in `meeting`."""

    meeting: threading.Barrier | None = None
    account: str = ACCOUNT
    partition: str = "aws"
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def call(self, region: str, operation: str, /, **parameters: Any) -> Answer:
        name = parameters["KeyId"]
        with self.lock:
            self.asked[operation, name] += 1
        number = name.rpartition("/")[2].removeprefix("key-").removeprefix("k")
        if not number.isdigit():
            reason = Reason.VANISHED if name == "alias/none" else Reason.ACCESS_DENIED
            raise ReadFailed(Gap(Scope(ACCOUNT, region), operation, reason))
        if operation == "kms:DescribeKey":
            arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/key-{number}"
            data = {"Arn": arn, "KeyId": f"key-{number}", "KeyManager": "CUSTOMER", "AWSAccountId": ACCOUNT}
            return Answer({"KeyMetadata": {**data, "Origin": "AWS_KMS"}}, Observation(operation))
        if self.meeting is not None:
            with suppress(threading.BrokenBarrierError):
                self.meeting.wait(1)
        if operation == "kms:GetKeyPolicy":
            return Answer({"Policy": "{}"}, Observation(operation))
        return Answer({"KeyRotationEnabled": True}, Observation(operation))


def keys_of(reader: Any, wanted: Wanted) -> Keys:
    return Keys(Gathering(reader, REGION, frozenset({KmsKey})), wanted, REGION)


def note(wanted: Wanted, spelling: str) -> None:
    wanted.note_facts(NotebookInstance, {"KmsKeyId": spelling}, REGION)


def told(items: list[Resource | Gap]) -> list[Any]:
    return [
        (item.identity.arn, item.peek("alias_names"), item.peek("policy"))
        if isinstance(item, Resource)
        else (item.scope.resource, item.reason)
        for item in items
    ]


@given(st.lists(st.sampled_from(SPELLINGS), max_size=12))
def test_keys_foreseen_are_asked_for_as_often_as_keys_read_at_the_end(spellings: list[str]) -> None:
    at_the_end, wanted = Kms(), Wanted((REGION,))
    for spelling in spellings:
        note(wanted, spelling)
    expected = told(list(keys_of(at_the_end, wanted).collect()))

    as_named, wanted = Kms(), Wanted((REGION,))
    keys = keys_of(as_named, wanted)
    with ThreadPoolExecutor(1) as pool:
        foreseen = pool.submit(lambda: list(keys.foresee()))
        for spelling in spellings:
            note(wanted, spelling)
        wanted.complete()
        arns = {item.resource.identity.arn for item in foreseen.result(60)}
    assert told(list(keys.collect())) == expected
    assert as_named.asked == at_the_end.asked
    assert arns == {one[0] for one in expected if len(one) == 3}


@pytest.mark.parametrize("operation", ["kms:GetKeyPolicy", "kms:GetKeyRotationStatus"])
def test_a_key_that_is_named_twice_at_once_is_looked_at_once(operation: str) -> None:
    reader, wanted = Kms(threading.Barrier(2)), Wanted((REGION,))
    for spelling in ("key-1", "alias/k1"):
        note(wanted, spelling)
    wanted.complete()
    keys = keys_of(reader, wanted)
    assert len(list(keys.foresee())) == 2
    assert len(list(keys.collect())) == 1
    assert sum(number for (asked, _), number in reader.asked.items() if asked == operation) == 1
