import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.catalog import Catalog
from auditor.cli.catalogs import load_catalog
from auditor.model.finding import Finding, ResourceRef, finding_ids
from auditor.model.inventory import Inventory
from auditor.model.resource import Identity, Lifecycle, Observation, Origin, Resource
from auditor.model.sagemaker import Model, NotebookInstance
from auditor.model.verdict import Severity, Status
from auditor.scan.merge import merge
from auditor.scan.spool import FindingSpool
from auditor.scan.waiting import Waiting
from reports.ranking import worst

CATALOG: Catalog = load_catalog()
RULES = [rule.id for rule in CATALOG][:5]


def _identity(name: str, kind: type[Resource] = NotebookInstance) -> Identity:
    return Identity(kind.cfn_type, name, f"arn:aws:sagemaker:eu-west-1:1:x/{name}", "aws", "1", "eu-west-1")


def _finding(rule: str, name: str) -> Finding:
    identity = _identity(name)
    ref = ResourceRef(identity.type, name, identity.arn, "1", "eu-west-1")
    where = (finding_ids(identity, None)(rule), rule, Status.FAILED, Severity.LOW, Lifecycle.CURRENT)
    return Finding(*where, None, "message", ref, None, ())


@given(st.permutations([(rule, f"n{number}") for rule in RULES for number in range(4)]))
def test_findings_come_back_in_one_order_however_they_arose(order: list[tuple[str, str]]) -> None:
    spool = FindingSpool(CATALOG)
    for rule, name in order:
        spool.add(_finding(rule, name))
    found = list(spool)
    assert len(spool) == len(found) == len(order)
    assert [finding.rule for finding in found] == [rule for rule in RULES for _ in range(4)]
    assert [(finding.rule, finding.id) for finding in found] == [(f.rule, f.id) for f in FindingSpool_again(found)]
    assert {(finding.rule, finding.resource.name) for finding in found} == set(order)
    spool.close()


def FindingSpool_again(findings: list[Finding]) -> Iterator[Finding]:  # noqa: N802  reads as what it does
    spool = FindingSpool(CATALOG)
    for finding in reversed(findings):
        spool.add(finding)
    yield from spool
    spool.close()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(RULES), st.sampled_from(list(Severity)), st.sampled_from(list(Status)), st.booleans()
        ),
        max_size=30,
    ),
    st.integers(1, 4),
    st.booleans(),
)
def test_the_worst_are_found_without_reading_all(
    failures: list[tuple[str, Severity, Status, bool]],
    limit: int,
    sealed: bool,
) -> None:
    findings = [
        replace(_finding(rule, f"n{number}"), severity=severity, status=status, known=known)
        for number, (rule, severity, status, known) in enumerate(failures)
    ]
    first, spool = FindingSpool(CATALOG), FindingSpool(CATALOG)
    for number, finding in enumerate(findings):
        (spool if number % 2 else first).add(finding)
    spool.extend(first.written(), first.text())
    if sealed:
        spool.adopt(spool.seal())
    assert worst(spool, limit) == worst(findings, limit)
    first.close()
    spool.close()


def test_an_empty_spool_gives_nothing() -> None:
    spool = FindingSpool(CATALOG)
    assert list(spool) == []
    spool.close()


def test_what_waits_comes_back_once_from_memory_and_from_disk() -> None:
    waiting = Waiting(in_memory=2)
    origin = Origin("live", Observation("sagemaker:DescribeNotebookInstance"))
    for number in range(5):
        name = f"n{number}"
        waiting.add(NotebookInstance.build({"RootAccess": "Disabled"}, _identity(name), origin), [f"rule-{number}"])
    found = list(waiting.drain())
    assert [(resource.identity.name, rules) for resource, rules in found] == [
        (f"n{number}", [f"rule-{number}"]) for number in range(5)
    ]
    assert all(isinstance(resource, NotebookInstance) and resource.root_access == "Disabled" for resource, _ in found)


def test_an_inventory_of_thousands_answers_like_a_small_one() -> None:
    inventory = Inventory()
    origin = Origin("live", Observation("sagemaker:DescribeModel"))
    for number in range(1_200):
        facts = {"EnableNetworkIsolation": number % 2 == 0}
        inventory.add(Model.build(facts, _identity(f"m{number:04}", Model), origin))
    subject = NotebookInstance.build({}, _identity("n"), origin)
    models = inventory.related(Model, subject)
    assert [model.identity.name for model in models.all()] == [f"m{number:04}" for number in range(1_200)]
    for number in (0, 999, 1_000, 1_199):
        assert models.find(f"m{number:04}").enable_network_isolation is (number % 2 == 0)


def test_merge_gives_every_item_of_every_producer() -> None:
    found = list(merge([lambda n=n: iter(range(n, n + 700)) for n in (0, 1_000, 2_000)], 2))  # type: ignore[misc]
    assert sorted(found) == [n + i for n in (0, 1_000, 2_000) for i in range(700)]


def test_merge_raises_what_a_producer_raised() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        list(merge([broken, lambda: iter(range(10_000))], 2))


def test_merge_raises_although_the_others_never_end() -> None:
    def broken() -> Iterator[int]:
        raise ValueError("broken")
        yield 1

    with pytest.raises(ValueError, match="broken"):
        list(merge([broken, count], 2))


def test_merge_frees_whoever_waits_for_another() -> None:
    never = threading.Event()

    def waits() -> Iterator[int]:
        never.wait()
        yield 1

    items = merge([waits, count], 2, never.set)
    assert next(items) == 0
    items.close()
    assert never.is_set()


def test_merge_stops_its_producers_when_the_consumer_stops() -> None:
    taken: list[int] = []

    def endless() -> Iterator[int]:
        number = 0
        while True:
            taken.append(number)
            yield number
            number += 1

    items = merge([endless], 1)
    assert next(items) == 0
    items.close()
    ended = len(taken)
    assert ended < 10_000
    assert len(taken) == ended
