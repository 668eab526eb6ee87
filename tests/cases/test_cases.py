"""Runs every case file beside this one against the rules."""

import importlib
import pkgutil
from pathlib import Path

import pytest

import rules
from auditor.cases.book import Entry, read_cases
from auditor.cases.run import differs, judge, trials
from auditor.catalog import Catalog

# Found by looking, so that a module is judged by its cases before it is listed in rules.MODULES.
CATALOG = Catalog.of(
    importlib.import_module(f"rules.{found.name}") for found in pkgutil.iter_modules(rules.__path__)
)
ENTRIES = [entry for found in read_cases(Path(__file__).parent).values() for entry in found]


def _name(entry: Entry) -> str:
    return f"{entry.rule}-{entry.resource}-{entry.file}"


@pytest.mark.parametrize("entry", ENTRIES, ids=_name)
def test_every_case_in_the_live_spelling(entry: Entry) -> None:
    rule = CATALOG.get(entry.rule)
    wrong = [
        f"{trial.name}: {difference}"
        for trial in trials(rule, entry)
        if (
            difference := differs(
                trial, judge(rule, trial.stage.subject(), trial.stage.inventory(), trial.stage.now)
            )
        )
    ]
    assert not wrong, "\n".join(wrong)
