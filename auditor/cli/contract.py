"""What every rule must hold to, the user's own included."""

import inspect
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from auditor.cases.book import Entry, read_cases
from auditor.cases.check import must_fit, problems, unshown
from auditor.catalog import Catalog
from auditor.engine import Judge
from auditor.model.gap import Gap, Scope
from auditor.model.inventory import Inventory
from auditor.model.resource import Identity, Observation, Origin, Resource
from auditor.model.rule import Rule
from auditor.model.unknown import Reason, Unknown
from auditor.model.verdict import Status

_LONGEST_TITLE = 150
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def faults(rule: Rule) -> Iterator[str]:
    """What is wrong with a rule; nothing where it keeps the contract."""
    if len(rule.title) > _LONGEST_TITLE or not rule.title.endswith("."):
        yield f"the title is to be one sentence of at most {_LONGEST_TITLE} characters"
    taken = inspect.signature(rule.judge).parameters
    for one in rule.parameters:
        if one.name not in taken or taken[one.name].default != one.default:
            yield f"its function takes no argument {one.name} with the default {one.default!r}"
    for kind in rule.scope:
        yield from _blind(rule, kind)


def case_faults(catalog: Catalog, places: Iterable[Path], asked: Iterable[str]) -> tuple[int, list[str]]:
    """Run case files.

    Args:
        catalog: the rules.
        places: case files, and folders of them.
        asked: ids of the rules that must have an entry.

    Returns:
        How many rules have cases, and what is wrong.

    Raises:
        InputError: a case file cannot be used.
    """
    entries: dict[str, list[Entry]] = {}
    for place in places:
        for rule, found in read_cases(place).items():
            entries.setdefault(rule, []).extend(found)
    must_fit(catalog, entries)
    wrong = [f"{rule}: no case file has an entry for it" for rule in sorted(set(asked) - set(entries))]
    for rule, found in entries.items():
        wrong += [f"{rule}: {problem}" for entry in found for problem in problems(catalog.get(rule), entry)]
        wrong += [f"{rule}: {problem}" for problem in unshown(catalog.get(rule), found)]
    return len(entries), wrong


def _blind(rule: Rule, kind: type[Resource]) -> Iterator[str]:
    """Judge a resource of which nothing was observed: nothing may pass and nothing may crash."""
    denied = Unknown(Reason.ACCESS_DENIED, "contract test")
    facts = dict.fromkeys(kind.fields_by_member, denied)
    arn = "arn:aws:test:eu-west-1:111111111111:thing/x"
    identity = Identity(kind.cfn_type, "x", arn, "aws", "111111111111", "eu-west-1")
    resource = kind.build(facts, identity, Origin("contract", Observation("contract:Test")))
    inventory = Inventory(gaps=[Gap(Scope(), "contract:Test", Reason.ACCESS_DENIED)])
    for finding in Judge([rule], inventory, _NOW).judge(resource):
        if finding.status is Status.PASSED:
            yield f"it passes a {kind.cfn_type} of which nothing was observed"
        if finding.reason is Reason.RULE_ERROR:
            yield f"it crashes on a {kind.cfn_type} of which nothing was observed: {finding.message}"
