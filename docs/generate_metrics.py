"""Writes docs/metrics.md: the metrics that a run emits, and what each set of dimensions costs."""

from auditor.catalog import Catalog
from auditor.delivery.metrics import ACCOUNT, CONCERN, METRICS, NAMESPACE, RULE, SEVERITY
from auditor.model.verdict import Severity
from rules import MODULES

TARGET = "docs/metrics.md"
# CloudWatch's price list for us-east-1, first 10,000 custom metrics, US dollars a month.
_PRICE = 0.30
_HOURS = 24
_SETS = ((), (SEVERITY,), (CONCERN,), (RULE,), (ACCOUNT,))
_WORDS = """# Metrics

Every run writes its numbers to its log group in CloudWatch's embedded metric format; CloudWatch makes metrics of
them in the namespace `{namespace}`. That takes no call and no permission. All lie in the account and region of the
function that wrote them, whatever accounts were scanned.

Findings on ended jobs count in none of them. Read posture with the statistic **Maximum**: CloudWatch may deliver a
value twice, and two runs may fall into one period, so that sums are wrong. A run that is merged again, by a retry or by
hand, emits nothing again, unless it was killed while it emitted. A finding counts at the severity that it has, which a
profile may have changed.

| metric | unit | dimension sets | meaning |
|---|---|---|---|
{metrics}

`NewFailed` has no value in a run that has none before it to compare with, `Score` none where nothing was judged.
A target (an account in a region) that could not be read keeps what had failed there, so that nothing is new only
because it can be seen again.

## What they cost

A custom metric costs {price:.2f} USD a month (us-east-1, the first 10,000; then less), and only for the hours in which
it has a value: a daily run pays for one hour of 24. Numbers are for the {rules} built-in rules in {concerns} concerns;
waived or not, failed or not, the number of metrics stays the same.

| dimension set | metrics | USD a month, a run an hour | a run every 6 hours | a run a day |
|---|---|---|---|---|
{costs}

`{account}` is off unless switched on. There is no metric by rule, account and region: 1,000 accounts in 20 regions with
{rules} rules would be {absurd:,} metrics. The [named queries](athena.md) answer such questions.
"""


def text() -> str:
    """The page."""
    catalog = Catalog.of(MODULES)
    concerns = len({rule.concern for rule in catalog})
    numbers = {(): 1, (SEVERITY,): len(Severity), (CONCERN,): concerns, (RULE,): len(catalog), (ACCOUNT,): 1}
    rows = []
    for dimensions in _SETS:
        number = numbers[dimensions] * sum(dimensions in metric.dimensions for metric in METRICS)
        each = " an account" if dimensions == (ACCOUNT,) else ""
        costs = " | ".join(f"{number * _PRICE * runs / _HOURS:.2f}{each}" for runs in (_HOURS, 4, 1))
        rows.append(f"| {_named(dimensions)} | {number}{each} | {costs} |")
    metrics = (f"| `{m.name}` | {m.unit} | {', '.join(map(_named, m.dimensions))} | {m.meaning} |" for m in METRICS)
    return _WORDS.format(
        namespace=NAMESPACE,
        metrics="\n".join(metrics),
        price=_PRICE,
        rules=len(catalog),
        concerns=concerns,
        costs="\n".join(rows),
        account=ACCOUNT,
        absurd=1000 * 20 * len(catalog),
    )


def _named(dimensions: tuple[str, ...]) -> str:
    return "`" + ", ".join(dimensions) + "`" if dimensions else "none"
