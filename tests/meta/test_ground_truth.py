"""The ratchets: what bears on security is modelled and ruled, or listed; the lists may only shrink."""

import csv
import json
from pathlib import Path

from auditor.cases.book import covered, read_cases
from auditor.catalog import Catalog
from rules import MODULES

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FLOORS: dict[str, int] = json.loads((HERE / "floors.json").read_text(encoding="utf-8"))
# Types that botocore describes and the model has not yet; each needs a collector first.
NOT_MODELLED_TYPES = frozenset(
    {"GlobalInferenceGateway", "InferenceRouter", "Job", "PipelineExecution", "TrainingSession"}
)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


TRUTH = _rows(HERE / "ground_truth.csv")
CATALOGUE = _rows(ROOT / "tests/catalogue.csv")


def test_every_security_field_is_modelled() -> None:
    missing = {(row["type"], row["path"]) for row in TRUTH if row["modelled"] == "no"}
    assert {kind for kind, _ in missing} == NOT_MODELLED_TYPES


def test_the_fields_that_no_rule_reads_only_get_fewer() -> None:
    left = [row for row in TRUTH if row["rules"] == "not covered"]
    limit = FLOORS["ground_truth_not_covered"]
    assert len(left) <= limit, "a field is not covered that was, or a new one is not: write its rule"


def test_the_catalogue_is_whole() -> None:
    ids = [row["id"] for row in CATALOGUE]
    assert len(ids) == len(set(ids)) == 264
    assert sum(one.startswith("OPS-") for one in ids) == 30


def test_the_catalogue_tells_the_truth() -> None:
    entries = read_cases(ROOT / "tests/cases")
    said = covered(entry for found in entries.values() for entry in found)
    assert set(said) <= {row["id"] for row in CATALOGUE}
    known = {rule.id for rule in Catalog.of(MODULES)}
    for row in CATALOGUE:
        rules = tuple(row["rules"].split()) if row["rules"] != "not yet" else ()
        assert rules == said.get(row["id"], ()), f"{row['id']}: run `make docs`"
        assert set(rules) <= known


def test_the_catalogue_only_gets_more_covered() -> None:
    done = sum(row["rules"] != "not yet" for row in CATALOGUE)
    assert done >= FLOORS["catalogue_covered"]
