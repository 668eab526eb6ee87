"""Ended jobs are read through Search alone: no rule may want what Search does not answer."""

from dataclasses import replace
from pathlib import Path

import pytest

from auditor.cases.book import Entry, read_cases
from auditor.cases.facts import kind_of, stage
from auditor.cases.run import judge
from auditor.catalog import Catalog
from auditor.model.sagemaker import HyperParameterTuningJob, ProcessingJob, TrainingJob, TransformJob
from auditor.model.unknown import Reason, Unknown
from auditor.model.verdict import Status
from auditor.sources.shapes import unanswered
from rules import MODULES

CATALOG = Catalog.of(MODULES)
JOBS = (HyperParameterTuningJob, ProcessingJob, TrainingJob, TransformJob)
ENTRIES = [
    entry
    for found in read_cases(Path(__file__).parents[1] / "cases").values()
    for entry in found
    if kind_of(entry, entry.resource) in JOBS
]


@pytest.mark.parametrize("status", ["Completed", "Failed", "Stopped"])
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.rule}-{entry.resource}")
def test_a_rule_does_without_what_search_lacks(entry: Entry, status: str) -> None:
    for case in ("compliant", "non_compliant"):
        ready = stage(entry, entry.cases[case])
        lacking = {path.partition(".")[0].removesuffix("[]") for path in unanswered(ready.kind, "search")}
        status_member = f"{ready.kind.__name__}Status"
        facts = {
            **(ready.facts or {}),
            status_member: status,
            **dict.fromkeys(lacking, Unknown(Reason.NOT_COLLECTED, "Search does not answer it")),
        }
        ended = replace(ready, facts=facts)
        finding = judge(CATALOG.get(entry.rule), ended.subject(), ended.inventory(), ended.now)
        assert finding is None or finding.status is not Status.NOT_AVAILABLE, finding.message
