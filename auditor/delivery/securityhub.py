"""Security Hub: imports what fails, updates what it holds, archives what is fixed or gone.

What was imported before is asked of Security Hub itself (GetFindings by product and generator), not remembered:
there is no second truth that could be lost or lag behind, a customer who deletes findings gets them again, and two
runs of one target do each other no harm. GetFindings takes 3 requests a second with 100 findings each, which is
little beside the scan. Ids are checked again here before anything is archived, since the product is shared by all
custom integrations of an account.

An import that fails half way needs no note of its own: the next run compares anew and sends what is missing.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from auditor.model.coverage import Coverage, Report, TargetStatus
from auditor.model.surroundings import AccountRegion
from auditor.model.verdict import Status
from reports.asff import PREFIX, asff, finding_key, product_arn

OPERATIONS = ("securityhub:BatchImportFindings", "securityhub:GetFindings")

# Security Hub's guide for partners, "Guidelines for using the BatchImportFindings API": 100 findings and 6 MB a call,
# read as decimal to be safe. The 240 KB of one finding are kept to where it is rendered.
_MOST, _LARGEST_BATCH = 100, 6_000_000
_PAGE, _IDS_AT_ONCE = 100, 20
# Security Hub deletes an active finding 90 days after its last update.
_REFRESH = timedelta(days=7)
_SAGEMAKER = "AWS::SageMaker::"
_CONTENT = PREFIX + "content"
_UNSTABLE = ("CreatedAt", "UpdatedAt")
_OWN = ("SchemaVersion", "Id", "ProductArn", "GeneratorId", "AwsAccountId", "CreatedAt", "Title", "Description")
_OWN_COMPLIANCE = ("Status", "RelatedRequirements", "StatusReasons")
_OWN_RESOURCE = ("Type", "Id", "Partition", "Region", "Tags")


@dataclass(frozen=True, slots=True)
class Hub:
    """The Security Hub of one account in one region; it takes findings of that account and region alone."""

    partition: str
    account: str
    region: str

    @property
    def product(self) -> str:
        """The product under which custom findings are kept."""
        return product_arn(self.partition, self.account, self.region)


@dataclass(frozen=True, slots=True)
class Refused:
    """A finding that Security Hub did not take."""

    id: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of a report's findings.

    Args:
        new: imported for the first time, or again after they had been archived.
        updated: held already, and sent again.
        archived: of those sent, the ones that are fixed or gone.
        unchanged: held already, and as they were.
        kept: held, not seen in this run, and left as they are, because not all was scanned.
        elsewhere: findings of other accounts and regions, which this hub does not take.
        refused: what Security Hub did not take.
        problem: what ended the import early; empty where it came to its end.
    """

    new: int = 0
    updated: int = 0
    archived: int = 0
    unchanged: int = 0
    kept: int = 0
    elsewhere: int = 0
    refused: tuple[Refused, ...] = ()
    problem: str = ""


def import_findings(client: Any, report: Report, hub: Hub, *, single: bool = False) -> ImportResult:
    """Bring Security Hub to the state that a report tells of.

    Failed findings on what can still be changed are imported. What Security Hub holds already is updated, with
    whatever status it has now; what passes or is no longer there is archived, but only where its family was SCANNED
    whole (and, of what is not SageMaker's, all of SageMaker's that could refer to it) and its rule was asked.
    Customers' own fields (Workflow, Note, UserDefinedFields, VerificationState) are never sent.

    Args:
        client: of Security Hub, with credentials of the hub's own account, in its region; throttles are its to retry.
        report: of a scan.
        hub: where to.
        single: the report is on single resources; only findings on them are looked up, and nothing else is archived.

    Returns:
        The outcome. A hub that is not enabled, a missing permission or a failing request is its `problem`, never an
        exception: the scan does not depend on it.
    """
    import_ = _Import(client, report, hub)
    problem = ""
    try:
        import_.look_up({finding_key(finding) for finding in report.findings} if single else None)
        import_.send(import_.changes(sweep=not single))
    except (BotoCoreError, ClientError) as error:
        problem = f"{type(error).__name__}: {error}"
    counts = import_.counts
    return ImportResult(**counts, refused=tuple(import_.refused), problem=problem)


class _Import:
    """One import under way; what was reached is told even where it ends early."""

    def __init__(self, client: Any, report: Report, hub: Hub) -> None:
        self.counts: Counter[str] = Counter()
        self.refused: list[Refused] = []
        self._client = client
        self._report = report
        self._hub = hub
        self._held: dict[str, dict[str, Any]] = {}

    def look_up(self, ids: Collection[str] | None) -> None:
        """Ask what is held: all that is active, or so far as it is among `ids`."""
        filters: dict[str, Any] = {
            "ProductArn": _equal(self._hub.product),
            "AwsAccountId": _equal(self._hub.account),
            "GeneratorId": [{"Value": PREFIX, "Comparison": "PREFIX"}],
            "RecordState": _equal("ACTIVE"),
        }
        questions = [filters] if ids is None else [{**filters, "Id": _equal(*some)} for some in _chunks(ids)]
        pages = self._client.get_paginator("get_findings")
        for question in questions:
            for page in pages.paginate(Filters=question, PaginationConfig={"PageSize": _PAGE}):
                for finding in page["Findings"]:
                    if self._is_ours(finding):
                        self._held[finding["Id"]] = _own_part(finding)

    def changes(self, *, sweep: bool) -> Iterator[tuple[str, dict[str, Any]]]:
        """What is to be sent, as ASFF, each with the counter it belongs to; with `sweep`, also what is gone."""
        rules = {rule.id: rule for rule in self._report.rules}
        scanned = _Scanned(self._report.coverage, self._hub)
        at = self._report.scan.finished_at
        for finding in self._report.findings:
            if (finding.resource.account, finding.resource.region) != (self._hub.account, self._hub.region):
                self.counts["elsewhere"] += 1
                continue
            held = self._held.get(finding_key(finding)) if finding.counts else None
            if not finding.counts or (held is None and finding.status is not Status.FAILED):
                continue
            made = asff(finding, rules[finding.rule], updated_at=at, created_at=held["CreatedAt"] if held else "")
            if finding.status is Status.PASSED and scanned(finding.resource.type):
                made["RecordState"] = "ARCHIVED"
            made["ProductFields"][_CONTENT] = _content(made)
            self._held.pop(made["Id"], None)
            if held is not None and _same(held, made):
                self.counts["unchanged"] += 1
                continue
            yield "updated" if held else "new", made
        if sweep:
            yield from self._gone(scanned, rules, at)

    def send(self, changes: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """Import in batches as large as Security Hub takes; what it took is counted."""
        for batch in _batches(changes):
            answer = self._client.batch_import_findings(Findings=[made for _, made in batch])
            failures = answer.get("FailedFindings", ())
            self.refused += [Refused(one["Id"], one["ErrorCode"], one["ErrorMessage"]) for one in failures]
            failed = {one["Id"] for one in failures}
            for name, made in batch:
                if made["Id"] not in failed:
                    self.counts[name] += 1
                    self.counts["archived"] += made["RecordState"] == "ARCHIVED"

    def _gone(self, scanned: "_Scanned", rules: Collection[str], at: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for held in self._held.values():
            fields = held["ProductFields"]
            if fields.get(PREFIX + "rule") in rules and scanned(fields.get(PREFIX + "resourceType", "")):
                yield "updated", {**held, "UpdatedAt": at, "RecordState": "ARCHIVED"}
            else:
                self.counts["kept"] += 1

    def _is_ours(self, finding: Mapping[str, Any]) -> bool:
        hub = self._hub
        return bool(
            finding["ProductArn"] == hub.product
            and finding["AwsAccountId"] == hub.account
            and finding["GeneratorId"].startswith(PREFIX)
            and finding["Id"].startswith(f"{hub.region}/{hub.account}/{PREFIX}")
            and finding.get("RecordState", "ACTIVE") == "ACTIVE"
        )


class _Scanned:
    """Whether a family was read whole, so that what was not seen of it is no longer there.

    Keys, networks, buckets and the like are read only where SageMaker resources refer to them: of those nothing is
    known to be gone unless all that could refer to them was seen.
    """

    def __init__(self, coverage: Coverage, hub: Hub) -> None:
        place = (hub.account, hub.region)
        targets = [target for target in coverage.targets if (target.account, target.region) == place]
        self._families = {target.family: target.status is TargetStatus.SCANNED for target in targets}
        # The region itself, which no target stands for, is as whole as what lies in it.
        self._families[AccountRegion.cfn_type] = bool(targets)
        self._referring = all(
            whole for family, whole in self._families.items() if family.startswith(_SAGEMAKER) or "::" not in family
        )

    def __call__(self, family: str) -> bool:
        return self._families.get(family, False) and (self._referring or family.startswith(_SAGEMAKER))


def _own_part(finding: Mapping[str, Any]) -> dict[str, Any]:
    """Of a finding that Security Hub gave, what this tool wrote; the rest is Security Hub's or the customer's."""
    own: dict[str, Any] = {name: finding[name] for name in _OWN}
    fields = finding.get("ProductFields", {})
    own["UpdatedAt"] = finding["UpdatedAt"]
    own["RecordState"] = "ACTIVE"
    own["ProductFields"] = {key: value for key, value in fields.items() if key.startswith(PREFIX)}
    own["Compliance"] = _only(finding.get("Compliance", {}), _OWN_COMPLIANCE)
    provider = finding.get("FindingProviderFields", {})
    own["FindingProviderFields"] = {
        "Severity": _only(provider.get("Severity", {}), ("Label", "Original")),
        "Types": list(provider.get("Types", ())),
    }
    own["Resources"] = [_only(resource, _OWN_RESOURCE) for resource in finding["Resources"]]
    return own


def _only(value: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: value[name] for name in names if name in value}


def _content(finding: Mapping[str, Any]) -> str:
    """What a finding says, apart from when, in 32 digits."""
    said = {name: value for name, value in finding.items() if name not in _UNSTABLE}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _same(held: Mapping[str, Any], made: Mapping[str, Any]) -> bool:
    age = datetime.fromisoformat(made["UpdatedAt"]) - datetime.fromisoformat(held["UpdatedAt"])
    return held["ProductFields"].get(_CONTENT) == made["ProductFields"][_CONTENT] and age < _REFRESH


def _batches(changes: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    batch: list[tuple[str, dict[str, Any]]] = []
    room = _LARGEST_BATCH
    for change in changes:
        # A separator goes with each.
        size = len(json.dumps(change[1])) + 2
        if batch and (len(batch) == _MOST or size > room):
            yield batch
            batch, room = [], _LARGEST_BATCH
        batch.append(change)
        room -= size
    if batch:
        yield batch


def _equal(*values: str) -> list[dict[str, str]]:
    return [{"Value": value, "Comparison": "EQUALS"} for value in values]


def _chunks(ids: Collection[str]) -> Iterator[tuple[str, ...]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), _IDS_AT_ONCE):
        yield tuple(ordered[start : start + _IDS_AT_ONCE])
