"""A report of a whole estate: several rules, accounts, regions, owners and every kind of status."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from samples import finding, report

from auditor.model.coverage import Report, RuleInfo, Summary, Tally
from auditor.model.finding import Finding, WaiverRef
from auditor.model.resource import Lifecycle
from auditor.model.verdict import Severity, Status

ACCOUNTS = ("111122223333", "444455556666")
REGIONS = ("eu-west-1", "us-east-1")
OWNERS = ("amara", "jonas", "")
RULES = tuple(
    RuleInfo(f"rule-{number}", f"Rule {number} holds.", severity.value, concern, "why", "fix", ("NIST:AC-6",))
    for number, (severity, concern) in enumerate(
        (
            (Severity.LOW, "tagging"),
            (Severity.CRITICAL, "mfa"),
            (Severity.MEDIUM, "vpc"),
            (Severity.HIGH, "notebooks"),
            (Severity.HIGH, "vpc"),
        )
    )
)


@dataclass(frozen=True)
class Estate:
    """So many findings, made anew each time they are iterated; every fifth failed."""

    number: int

    def __iter__(self) -> Iterator[Finding]:
        for number in range(self.number):
            yield one(number)


def one(number: int, status: Status | None = None) -> Finding:
    resource = number // len(RULES)
    rule = RULES[number % len(RULES)]
    if status is None:
        status = Status.FAILED if resource % 5 == 0 else Status.PASSED
    made = finding(number * 2**80, f"train-{resource:06d}", status)
    # What cannot be told rests on the whole resource.
    path = "" if status is Status.NOT_AVAILABLE else made.evidence[0].path
    # Where it is described one by one, each resource has a request of its own.
    observed = f"sagemaker:DescribeTrainingJob {resource:064x}"
    return replace(
        made,
        rule=rule.id,
        severity=Severity(rule.severity),
        message=f"no key on train-{resource:06d}",
        evidence=(replace(made.evidence[0], path=path, observed=observed),),
        resource=replace(
            made.resource,
            account=ACCOUNTS[resource % 2],
            region=REGIONS[resource // 2 % 2],
            owner=OWNERS[resource % 3],
        ),
    )


def small() -> Report:
    """60 failed findings, 5 not available, one waived, 30 on ended jobs."""
    found = [one(number, Status.FAILED) for number in range(60)]
    found += [one(number, Status.NOT_AVAILABLE) for number in range(60, 65)]
    found += [one(number, Status.PASSED) for number in range(65, 80)]
    found.append(replace(one(80, Status.FAILED), waiver=WaiverRef("accepted", "amara", "jonas", "2026-12-31", "SEC-1")))
    ended = (one(number, Status.FAILED) for number in range(100, 130))
    found += [replace(made, lifecycle=Lifecycle.HISTORICAL, group=f"role-{at % 2}") for at, made in enumerate(ended)]
    return of(found)


def of(findings: list[Finding] | Estate) -> Report:
    """A report that counts what it holds."""
    severities: dict[str, Counter[str]] = {severity.value: Counter() for severity in Severity}
    concerns: dict[str, Counter[str]] = {rule.concern: Counter() for rule in RULES}
    total: Counter[str] = Counter()
    named = {rule.id: rule.concern for rule in RULES}
    for made in findings:
        name = made.status.lower() if made.counts else f"historical_{made.status.lower()}"
        for counter in (total, severities[made.severity], concerns[named[made.rule]]):
            counter[name] += 1
    return replace(
        report(()),
        rules=RULES,
        findings=findings,
        summary=Summary(
            Tally(**total),
            {name: Tally(**counts) for name, counts in severities.items()},
            {name: Tally(**counts) for name, counts in concerns.items()},
            62.5,
            {severity.value: 1 for severity in Severity},
        ),
    )
