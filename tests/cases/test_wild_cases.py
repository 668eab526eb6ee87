"""Whatever a case file holds: it is read and run, or explained; never a traceback."""

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.cases.book import WRITTEN, read_cases
from auditor.cases.check import must_fit, problems
from auditor.catalog import Catalog
from auditor.errors import InputError
from rules import MODULES

CATALOG = Catalog.of(MODULES)
RULE = "notebook-instance-root-access"
_SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5))
_JSON: st.SearchStrategy[Any] = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["$expect", "$unknown", "$null", "$gap", "Tags[0].Key", "Key", "x[y]"]), inner),
    ),
    max_leaves=6,
)
_CASES = st.one_of(
    _JSON,
    st.sampled_from(["PASSED", "FAILED"]),
    st.dictionaries(st.sampled_from(["RootAccess", "Tags", "SecurityGroups[1]", "$expect", "$now", "Tags[]"]), _JSON),
)
_ENTRIES = st.fixed_dictionaries(
    {
        "resource": st.one_of(st.just("NotebookInstance"), _JSON),
        "decides": st.one_of(
            st.lists(st.sampled_from(["RootAccess", "KmsKey:KeyId", "Tags[].Key"]), max_size=2), _JSON
        ),
        **dict.fromkeys(WRITTEN, _CASES),
    },
    optional={
        "facts": _CASES,
        "neighbours": st.one_of(st.dictionaries(st.sampled_from(["KmsKey", "Nothing"]), _JSON), _JSON),
        "now": _JSON,
        "extra": _CASES,
        "depends": _JSON,
    },
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_ENTRIES)
def test_any_entry_is_run_or_explained(tmp_path: Path, entry: dict[str, Any]) -> None:
    path = tmp_path / "wild.json"
    path.write_text(json.dumps({RULE: entry}), encoding="utf-8")
    try:
        entries = read_cases(path)
        must_fit(CATALOG, entries)
        said = [problem for one in entries[RULE] for problem in problems(CATALOG.get(RULE), one)]
    except InputError as error:
        said = [str(error)] if RULE in str(error) and "wild.json" in str(error) else []
        explained = bool(said)
    else:
        explained = all(said)
    assert explained
