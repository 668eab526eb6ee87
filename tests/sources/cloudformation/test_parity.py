"""Every rule's cases as templates, and everything that CloudFormation can say reaches the model."""

import csv
from pathlib import Path

import pytest
from cfn_schemas import paths, sagemaker_types  # type: ignore[import-not-found]
from cfn_spelled import as_template, expressible, has_template  # type: ignore[import-not-found]

from auditor.cases.book import Entry, read_cases
from auditor.cases.facts import kind_of
from auditor.cases.run import judge, trials
from auditor.cases.spell import unsaid
from auditor.catalog import Catalog
from auditor.model.sagemaker import BY_TYPE
from auditor.sources.shapes import structure_of
from rules import MODULES

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
CATALOG = Catalog.of(MODULES)
ENTRIES = [entry for found in read_cases(ROOT / "tests/cases").values() for entry in found]
# Types that no rule's model has: they become gaps, each named.
NOT_MODELLED = {
    "AWS::SageMaker::AIWorkloadConfig",
    "AWS::SageMaker::Action",
    "AWS::SageMaker::App",
    "AWS::SageMaker::Artifact",
    "AWS::SageMaker::ClusterSchedulerConfig",
    "AWS::SageMaker::ComputeQuota",
    "AWS::SageMaker::Context",
    "AWS::SageMaker::Device",
    "AWS::SageMaker::Experiment",
    "AWS::SageMaker::ExperimentTrialComponent",
    "AWS::SageMaker::Hub",
    "AWS::SageMaker::HumanTaskUi",
    "AWS::SageMaker::ImageVersion",
    "AWS::SageMaker::Project",
    "AWS::SageMaker::TrialComponent",
}


def _inexpressible(entry: Entry) -> list[str]:
    kind = kind_of(entry, entry.resource)
    own = [path for path in (*entry.decides, *entry.depends) if ":" not in path]
    return [path for path in own if not expressible(kind, path)]


def _judged() -> list[Entry]:
    kinds = ((entry, kind_of(entry, entry.resource)) for entry in ENTRIES if not entry.live_only)
    return [entry for entry, kind in kinds if has_template(kind)]


@pytest.mark.parametrize("entry", _judged(), ids=lambda entry: f"{entry.rule}-{entry.resource}-{entry.file}")
def test_every_case_as_a_template(entry: Entry) -> None:
    kind = kind_of(entry, entry.resource)
    lacking = _inexpressible(entry)
    silent = any(unsaid(kind, path) for path in (*entry.decides, *entry.depends))
    wrong = []
    decided = not silent
    for trial in trials(CATALOG.get(entry.rule), entry):
        if trial.case.live_only or (trial.case.name == "unset" and "Tags" in entry.decides):
            continue
        if trial.stage.facts and any(_says(trial.stage.facts, path) for path in lacking):
            continue
        subject, inventory = as_template(trial.stage)
        finding = judge(CATALOG.get(entry.rule), subject, inventory, trial.stage.now)
        said = finding.status.value if finding else "NOT_APPLICABLE"
        if said not in (trial.allowed | {"NOT_AVAILABLE"} if silent else trial.allowed):
            wrong.append(f"{trial.name}: {said} {finding.message if finding else ''}")
        decided = decided or said in ("PASSED", "FAILED")
    assert not wrong
    assert decided, "all of it comes out as not available: find out why, or say so with live_only"


def _says(facts: object, path: str) -> bool:
    """Whether facts hold something at a path that a template cannot say."""
    name, _, rest = path.partition(".")
    bare = name.partition("[")[0]
    if not isinstance(facts, dict) or bare not in facts:
        return False
    items = facts[bare] if isinstance(facts[bare], list) else [facts[bare]]
    return not rest or any(_says(item, rest) for item in items) or any(not isinstance(item, dict) for item in items)


def test_what_no_template_can_say_is_listed() -> None:
    rows = {(entry.rule, entry.resource, path) for entry in _judged() for path in _inexpressible(entry)}
    with (HERE / "not_expressible.csv").open(encoding="utf-8", newline="") as file:
        listed = {(row["rule"], row["type"], row["path"]) for row in csv.DictReader(file)}
    assert listed == rows, "write not_expressible.csv anew: see write_not_expressible"


def write_not_expressible() -> None:
    """Write the list; run by hand after rules or cfn-lint's schemas changed."""
    rows = {(entry.rule, entry.resource, path) for entry in _judged() for path in _inexpressible(entry)}
    with (HERE / "not_expressible.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("rule", "type", "path"), *sorted(rows)])


def test_every_type_is_known_or_listed() -> None:
    unknown = {
        name for name in sagemaker_types() if name not in BY_TYPE or structure_of(BY_TYPE[name], "create") is None
    }
    assert unknown == NOT_MODELLED


def test_every_property_leads_to_the_api() -> None:
    lost = {name: paths(name)[1] for name in sagemaker_types() if name not in NOT_MODELLED}
    assert {name: found for name, found in lost.items() if found} == {}


def test_every_security_field_that_a_property_can_say_is_read() -> None:
    with (ROOT / "tests/meta/ground_truth.csv").open(encoding="utf-8", newline="") as file:
        truth = [(f"AWS::SageMaker::{row['type']}", row["path"], row["modelled"]) for row in csv.DictReader(file)]
    known = [(kind, path, modelled) for kind, path, modelled in truth if kind in sagemaker_types()]
    read = [(kind, path) for kind, path, _ in known if kind not in NOT_MODELLED and expressible(BY_TYPE[kind], path)]
    # As many as the schemas of cfn-lint 1.58 had: 117 of the first inventory are among them.
    assert len(read) >= 117
    assert {modelled for kind, path, modelled in known if (kind, path) in set(read)} == {"yes"}
