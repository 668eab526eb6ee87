"""What every rule must hold to, the user's own included."""

from collections.abc import Iterator
from datetime import UTC, datetime

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
    for kind in rule.scope:
        yield from _blind(rule, kind)


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
