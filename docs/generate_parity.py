"""Writes `parity.md`: which rule is judged in which source, shown by the rules' own cases in the source's spelling.

A rule on SageMaker's types counts as judged in a source where its compliant and its non-compliant case, written in
the way of the source and read back by it, come out as they do live. A rule on a neighbour (a role, a bucket) counts
where it passes or fails on what the source reads of the file in `tests/meta/parity`, which makes one of each. What is
not judged although the source has a place for all the fields that decide is `not yet`.
"""

import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from auditor.cases.book import NO_FINDING, Entry, read_cases
from auditor.cases.facts import ACCOUNT, kind_of, stage
from auditor.cases.run import judge
from auditor.cases.spell import SPELLINGS, Speller, has_request, says, unsaid
from auditor.cases.terraform import NOT_EXPRESSIBLE, as_plan, resource_for
from auditor.catalog import Catalog
from auditor.gate.files import candidates
from auditor.gate.run import Gate
from auditor.model.network import Vpc
from auditor.model.resource import Resource
from auditor.model.rule import Rule
from auditor.model.verdict import Status
from auditor.scan.assessment import Assessment
from auditor.sources.detect import KINDS
from auditor.sources.interface import Deployment, GateContext
from rules import MODULES

ROOT = Path(__file__).resolve().parent.parent
TARGET = "docs/parity.md"
PLACES = ROOT / "tests/meta/parity"
CASES = ROOT / "tests/cases"
JUDGED, IMPOSSIBLE, NOT_YET, PASSES = "judged", "not expressible", "not yet", "only passes"
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_HERE = Deployment.of("eu-west-1", ACCOUNT)
# What the files of a deployment do not make, or make without saying what decides.
_ONLY_LIVE: Mapping[str, str] = {
    "Account": "the account itself: its root user and password policy",
    "AccountRegion": "what an account has as a whole, which no single file can show to be missing",
}
_ONLY_USED: Mapping[str, str] = {
    "user-console-mfa": "devices are enrolled by their users",
    "user-mfa": "devices are enrolled by their users",
    "user-hardware-mfa": "devices are enrolled by their users",
    "user-access-key-age": "a key gets its age after it is made",
    "user-credentials-unused": "use comes after deployment",
    "bucket-mfa-delete": "only the root user of the account can set it",
}


@cache
def _templates() -> Any:
    """How tests write a case as a template; it reads the schemas that cfn-lint has."""
    folder = str(ROOT / "tests/sources/cloudformation")
    sys.path.insert(0, folder)
    try:
        import cfn_spelled  # type: ignore[import-not-found]  # noqa: PLC0415  found beside the tests
    finally:
        sys.path.remove(folder)
    return cfn_spelled


def _speller(source: str) -> Speller:
    if source == "cloudformation":
        speller: Speller = _templates().as_template
        return speller
    return {**SPELLINGS, "terraform": as_plan}[source]


def _has(source: str, kind: type[Resource]) -> bool:
    """Whether a source has a type of SageMaker's."""
    if source == "live":
        return True
    if source == "cloudformation":
        return bool(_templates().has_template(kind))
    if source == "terraform":
        return has_request(kind) and bool(resource_for(kind))
    if source == "dockerfile":
        return False
    return says(source, kind)


def _can_say(source: str, kind: type[Resource], path: str) -> bool:
    """Whether a source that has a type has a place for an API path."""
    if source == "live":
        return True
    if source == "cloudformation":
        return bool(_templates().expressible(kind, path))
    if source == "terraform":
        lacking = NOT_EXPRESSIBLE.get(resource_for(kind), ())
        bare = path.replace("[]", "") + "."
        if any(bare.startswith(one + ".") for one in lacking):
            return False
    return not unsaid(kind, path)


def _of_entry(source: str, rule: Rule, entry: Entry) -> str:
    kind = kind_of(entry, entry.resource)
    if source == "live":
        return JUDGED
    if not _has(source, kind) or not _holds_neighbours(source, entry):
        return IMPOSSIBLE
    if all(_comes_out(source, rule, entry, name) for name in ("compliant", "non_compliant")):
        return JUDGED
    if entry.live_only or any(entry.cases[name].live_only for name in ("compliant", "non_compliant")):
        return IMPOSSIBLE
    own = [path for path in (*entry.decides, *entry.depends) if ":" not in path]
    return NOT_YET if all(_can_say(source, kind, path) for path in own) else IMPOSSIBLE


def _holds_neighbours(source: str, entry: Entry) -> bool:
    """Whether a file of a source can make the neighbours that decide beside the resource itself."""
    if source in ("cloudformation", "terraform"):
        return True
    kinds = {kind_of(entry, path.partition(":")[0]) for path in entry.decides if ":" in path}
    # A file with a request makes one resource.
    return not kinds or (source != "request" and all(_has(source, kind) for kind in kinds))


def _comes_out(source: str, rule: Rule, entry: Entry, name: str) -> bool:
    case = entry.cases[name]
    one = stage(entry, case)
    subject, inventory = _speller(source)(one)
    finding = judge(rule, subject, inventory, one.now)
    return (finding.status.value if finding else NO_FINDING) == case.expect


@cache
def _of_neighbours(source: str) -> frozenset[tuple[str, str]]:
    """Rule and type of what passes or fails on the neighbours that a source makes."""
    files = [path for path in sorted(PLACES.iterdir()) if path.stem == source] if PLACES.is_dir() else []
    if not files:
        return frozenset()
    assessment = Assessment(Catalog.of(MODULES), _NOW, "gate")
    outcome = Gate(GateContext(_HERE)).judge(assessment, list(candidates(files)))
    if outcome.errors:
        raise ValueError("; ".join(outcome.errors))
    found = list(assessment._findings)  # noqa: SLF001  a report would need the particulars of a scan
    decided = {Status.PASSED, Status.FAILED}
    return frozenset((one.rule, one.resource.type) for one in found if one.status in decided)


def _of_neighbour(source: str, rule: Rule, entry: Entry) -> str:
    """A rule on what is not SageMaker's."""
    kind = kind_of(entry, entry.resource)
    if kind.__name__ == "Dockerfile" or source == "dockerfile":
        return JUDGED if (kind.__name__ == "Dockerfile") == (source == "dockerfile") else IMPOSSIBLE
    if source == "live":
        return JUDGED
    if source not in ("cloudformation", "terraform") or kind.__name__ in _ONLY_LIVE or rule.id in _ONLY_USED:
        return IMPOSSIBLE
    if (rule.id, kind.cfn_type) not in _of_neighbours(source):
        return NOT_YET
    return PASSES if _shows_presence(rule) else JUDGED


def _shows_presence(rule: Rule) -> bool:
    """Whether a file can show that what the rule asks for is there, and none that it is missing."""
    return rule.id == "bucket-encryption" or Vpc in rule.scope


def cells(source: str, rule: Rule, entries: Iterable[Entry]) -> dict[str, str]:
    """Type to what a source makes of a rule on it: judged, not expressible, not yet."""
    found: dict[str, str] = {}
    for entry in entries:
        kind = kind_of(entry, entry.resource)
        said = (_of_entry if kind.service == "sagemaker" else _of_neighbour)(source, rule, entry)
        # A type may have several entries; one that is not yet judged must show.
        order = (NOT_YET, JUDGED, PASSES, IMPOSSIBLE)
        found[entry.resource] = min(said, found.get(entry.resource, said), key=order.index)
    return found


def sources() -> tuple[str, ...]:
    """The columns; a source that reads a request as it stands has that of the requests."""
    there = [kind.name for kind in KINDS if kind.name not in ("airflow", "kubeflow")]
    return ("live", *there)


def matrix() -> dict[str, dict[str, dict[str, str]]]:
    """Rule to source to type to what is made of it."""
    entries = read_cases(CASES)
    return {
        rule.id: {source: cells(source, rule, entries.get(rule.id, ())) for source in sources()}
        for rule in sorted(Catalog.of(MODULES), key=lambda one: one.id)
    }


def _cell(found: Mapping[str, str]) -> str:
    """Of a rule on several types, how many are judged where it is not all."""
    for word in (NOT_YET, JUDGED, PASSES):
        count = sum(said == word for said in found.values())
        if count:
            return word if count == len(found) else f"{word} ({count} of {len(found)})"
    return IMPOSSIBLE


def text() -> str:
    """The page."""
    found = matrix()
    columns = sources()
    parts = ["# Where each rule is judged", _INTRODUCTION]
    rows = [
        f"| [{rule}](rules/{rule}.md) | " + " | ".join(_cell(by_source[one]) for one in columns) + " |"
        for rule, by_source in found.items()
    ]
    counts = [
        f"| {one} | "
        + " | ".join(str(sum(_cell(row[one]).startswith(word) for row in found.values())) for word in _WORDS)
        + " |"
        for one in columns
    ]
    parts.append(f"| source | {' | '.join(_WORDS)} |\n|---|---|---|---|---|\n" + "\n".join(counts))
    parts.append(f"| rule | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}\n" + "\n".join(rows))
    parts.append("## What only a live account shows")
    only = [f"- `{name}`: {why}." for name, why in (*_ONLY_LIVE.items(), *_ONLY_USED.items())]
    parts.append("\n".join(only))
    return "\n\n".join(parts) + "\n"


_WORDS = (JUDGED, PASSES, IMPOSSIBLE, NOT_YET)
_INTRODUCTION = """*judged*: the rule's compliant and non-compliant case, written in the source's own spelling and read
back by it, come out as they do live; a rule on a neighbour, such as a role or a bucket, passes or fails on what the
source makes of a file that creates one. *only passes*: a file shows that something is there, and no file shows that
it is missing, since another one may make it; then the finding is NOT_AVAILABLE. *not expressible*: the source has no
such type, no place for a field that decides, or none for a neighbour that decides (the security group of a request);
where that is so for some of a rule's types, the others are counted. *not yet*: the source could say it, and the rule
is not judged.

`sagemaker-auditor explain RULE` shows a good and a bad file in every source where a rule is judged; each is itself
judged in the tests. A key that is named by an alias of AWS's (`alias/aws/...`) fails sagemaker-key-customer-managed in
every source, also where none can describe the key.

Airflow's operators and SageMaker's components in Kubeflow pipelines have no column: they hand the same requests on, so
that what holds for `request` holds for the operations that they have."""

if __name__ == "__main__":
    (ROOT / TARGET).write_text(text(), encoding="utf-8")
