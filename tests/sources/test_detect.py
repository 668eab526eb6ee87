"""The kinds of files: every row of the table keeps the contract, and content tells them apart."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import UsageError
from auditor.sources.detect import KINDS, Kind, detect, kind_called
from auditor.sources.document import Document, Form

KEYS = sorted({key for kind in KINDS for key in kind.keys} | {"kind", "Type", "Version", "StartAt", "RoleArn"})
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=10,
)


def test_requests_are_asked_last() -> None:
    assert KINDS[-1].name == "request"
    assert len({kind.name for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_keeps_the_contract(kind: Kind) -> None:
    module = import_module(kind.module)
    assert callable(module.recognises)
    assert callable(module.source)
    # A submodule of the name would take the function's place once it is loaded.
    assert not {one.name for one in iter_modules(getattr(module, "__path__", []))} & {"recognises", "source"}
    assert kind_called(kind.name) is kind
    assert kind_called(kind.name.upper()) is kind


@given(value=VALUES, name=st.sampled_from(["a.json", "a.yaml", "create-model.json"]))
def test_telling_the_kind_never_fails(value: Any, name: str) -> None:
    form: Form = "yaml" if name.endswith("yaml") else "json"
    found = detect(Document(name, value, Path(name), form))
    assert found is None or found in KINDS


@given(text=st.text())
def test_text_is_of_no_kind_that_is_data(text: str) -> None:
    found = detect(Document("Dockerfile", text, Path("Dockerfile"), "text"))
    assert found is None or found.text


def test_a_name_that_is_no_kind() -> None:
    with pytest.raises(UsageError, match="did you mean 'request'"):
        kind_called("reqest")
    assert kind_called("create-training-job").name == "request"
    assert not kind_called("create-training-job").called("create-training-job")
