"""Documents: what they hold, where it stands, and what is refused and how."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import InputError
from auditor.sources.document import Document, is_dockerfile, read_documents, shown_path
from auditor.sources.jsonfile import json_marks, parse_json
from auditor.sources.yamlfile import plain_scalar, read_yaml


def _documents(folder: Path, text: str | bytes, name: str = "template.yaml") -> list[Document]:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_documents(path, f"infra/{name}")


def _value(text: str) -> Any:
    ((value, _),) = read_yaml(text, "t.yaml")
    return value


def _error(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        read_yaml(text, "t.yaml")
    assert caught.value.file == "t.yaml"
    return caught.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!Ref Key", {"Ref": "Key"}),
        ("!Condition IsProd", {"Condition": "IsProd"}),
        ("!GetAtt Key.Arn", {"Fn::GetAtt": ["Key", "Arn"]}),
        ("!GetAtt Nested.Outputs.Key", {"Fn::GetAtt": ["Nested", "Outputs.Key"]}),
        ("!GetAtt [Key, Arn]", {"Fn::GetAtt": ["Key", "Arn"]}),
        ("!Sub '${A}-x'", {"Fn::Sub": "${A}-x"}),
        ("!If [IsProd, !Ref A, {Ref: B}]", {"Fn::If": ["IsProd", {"Ref": "A"}, {"Ref": "B"}]}),
        ("!Join\n- ','\n- [a, !Ref B]", {"Fn::Join": [",", ["a", {"Ref": "B"}]]}),
        ("!Transform {Name: AWS::Include}", {"Fn::Transform": {"Name": "AWS::Include"}}),
    ],
)
def test_short_tags_become_the_long_form(text: str, value: object) -> None:
    assert _value(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2012-10-17", "2012-10-17"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("012345678901", "012345678901"),
        ("0o17", "0o17"),
        ("22:22", "22:22"),
        ("1e400", "1e400"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1.0e+999", "1.0e+999"),
        ("1_000", 1000),
        ("-12", -12),
        ("0x1F", 31),
        ("1.5", 1.5),
        ("yes", True),
        ("Off", False),
        ("~", None),
        ("null", None),
        ("'null'", "null"),
        ('"5"', "5"),
        ("!!str 5", "5"),
        ("!!int '5'", 5),
        ("|\n a\n b\n", "a\nb\n"),
    ],
)
def test_scalars(text: str, value: object) -> None:
    found = _value(f"k: {text}")["k"]
    assert (found, type(found)) == (value, type(value))


def test_keys_stay_text() -> None:
    assert _value("{on: 1, 012: 2, 5: 3, ~: 4, 2020-01-01: 5}") == {
        "on": 1,
        "012": 2,
        "5": 3,
        "~": 4,
        "2020-01-01": 5,
    }


def test_anchors_and_merges() -> None:
    text = "base: &b {a: 1, c: 2}\nother: &o {c: 3}\nuse:\n  <<: [*o, *b]\n  a: 9\nagain: *b\n? &k name\n: *k\n"
    value = _value(text)
    assert value["use"] == {"a": 9, "c": 3}
    assert value["again"] == {"a": 1, "c": 2}
    assert value["name"] == "name"


def test_every_document_of_a_file_but_empty_ones(tmp_path: Path) -> None:
    found = _documents(tmp_path, "a: 1\n---\n# nothing\n---\nb:\n  - 1\n  - c: 2\n")
    assert [(doc.value, doc.index) for doc in found] == [({"a": 1}, 0), ({"b": [1, {"c": 2}]}, 2)]
    assert found[1].line_of(("b", 1, "c")) == 7
    assert _documents(tmp_path, "# nothing\n") == []


YAML = """Resources:
  Nb:
    Type: AWS::SageMaker::NotebookInstance
    Properties:
      RoleArn: !GetAtt
        - Role
        - Arn
      Tags:
        - Key: a
          Value: |
            text
            more
        - {Key: b,
           Value: c}
"""


def test_lines_of_yaml(tmp_path: Path) -> None:
    (doc,) = _documents(tmp_path, YAML)
    properties = ("Resources", "Nb", "Properties")
    assert doc.line_of(()) == 1
    assert doc.line_of(properties) == 4
    assert doc.line_of((*properties, "RoleArn")) == 5
    assert doc.line_of((*properties, "RoleArn", "Fn::GetAtt", 1)) == 7
    assert doc.line_of((*properties, "Tags", 0)) == 9
    assert doc.line_of((*properties, "Tags", 0, "Value")) == 10
    assert doc.line_of((*properties, "Tags", 1, "Value")) == 14
    assert doc.line_of((*properties, "Nothing", 3)) == 4


def test_lines_of_json(tmp_path: Path) -> None:
    text = '\n{"a":\n [1,\n  {"b": "x: \\" ] }",\n\n   "\\u0063": null},\n  true], "d": {}}'
    (doc,) = _documents(tmp_path, text, "x.json")
    assert doc.line_of(()) == 2
    assert doc.line_of(("a",)) == 2
    assert doc.line_of(("a", 0)) == 3
    assert doc.line_of(("a", 1)) == 4
    assert doc.line_of(("a", 1, "c")) == 6
    assert doc.line_of(("a", 2)) == 7
    assert doc.line_of(("d", "none")) == 7


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb:\n\tc: 2\n", 3, "not with tabs"),
        ("a: 1\na: 2\n", 2, "a: the key stands there twice"),
        ("r:\n - x: 1\n - y: 1\n   y: 2\n", 4, "r[1].y: the key stands there twice"),
        ("a: *b\n", 1, "names nothing"),
        ("a: &a\n  b: *a\n", 2, "holds itself"),
        ("? [a, b]\n: 1\n", 1, "a key must be plain text"),
        ("a: &x [1]\n? *x\n: 1\n", 2, "a key must be plain text"),
        ("a:\n  <<: 5\n", 2, "can be merged"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, "is not read"),
        ("a: !!set {x}\n", 1, "is not read"),
        ("[" * 300, 1, "too deeply"),
        ("[" * 20_000, 1, "too deeply"),
        ("".join(" " * n + "a:\n" for n in range(300)), 201, "too deeply"),
        ("- " * 20_000, 1, "too deeply"),
        ("a: [1\nb: 2\n", 2, "not YAML"),
        ("spec:\n  x: {{ .Values.x }}\n", 2, "helm template"),
        ("a: 1\nb: \x07\n", 2, "does not allow"),
        ("a: " + "9" * 5000, 1, "too many digits"),
    ],
)
def test_what_is_wrong_with_yaml_is_told_by_line(text: str, line: int, words: str) -> None:
    error = _error(text)
    assert words in str(error)
    assert error.line == line


def test_a_bomb_of_aliases_is_refused() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "expand too far" in str(_error("\n".join(levels)))


def test_what_aliases_may_add_is_counted_by_file() -> None:
    items = "[" + ", ".join(["x"] * 1000) + "]"
    one = f"a: &a {items}\nb: [{', '.join(['*a'] * 90)}]\n"
    assert len(read_yaml(one, "f.yaml")) == 1
    with pytest.raises(InputError, match="expand too far"):
        read_yaml("---\n".join([one] * 3), "f.yaml")


def test_a_chain_of_aliases_is_as_deep_as_it_expands() -> None:
    chain = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 300))]
    assert "too deeply" in str(_error("\n".join(chain)))


def test_no_error_repeats_a_value() -> None:
    secret = "correct-horse-battery"
    for text in (f"a: {secret}\na: {secret}", f"a: [{secret}\nb: 1", f"a: '{secret}\n", f"a: {secret}: b: c"):
        assert secret not in str(_error(text))


@pytest.mark.parametrize(
    ("name", "text", "form"),
    [
        ("a.json", '{"a": 1}', "json"),
        ("a.template", ' {"a": 1}', "json"),
        ("a.template", "a: 1", "yaml"),
        ("a.yaml", '{"a": 1}', "yaml"),
        ("Dockerfile", "FROM x", "text"),
    ],
)
def test_the_form_of_a_file(tmp_path: Path, name: str, text: str, form: str) -> None:
    (doc,) = _documents(tmp_path, text, name)
    assert doc.form == form
    assert doc.shown == f"infra/{name}"


def test_names_of_dockerfiles() -> None:
    named = ["Dockerfile", "Dockerfile.gpu", "train.dockerfile", "Containerfile"]
    assert all(is_dockerfile(Path(name)) for name in named)
    assert not is_dockerfile(Path("dockerfile-notes.md"))


def test_paths_are_shown_as_people_write_them() -> None:
    assert shown_path(("Resources", "Job", "Tags", 0, "Key")) == "Resources.Job.Tags[0].Key"
    assert str(Document("t.json", {}).wrong("is odd", ("a", 1), "mend it")) == "t.json:1: a[1]: is odd (mend it)"


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> Any:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _paths(item, (*path, key))


@given(value=PLAIN)
def test_marks_of_json_follow_its_values(value: Any) -> None:
    text = json.dumps(value, indent=1)
    assert parse_json(text, "x") == value
    marks = json_marks(text, "x")
    lines = text.splitlines()
    for path in _paths(value):
        if path and isinstance(path[-1], str):
            assert lines[marks.line_of(path) - 1].lstrip().startswith(json.dumps(path[-1]) + ":")


@given(value=PLAIN)
def test_yaml_reads_what_a_writer_writes(value: Any) -> None:
    text = yaml.safe_dump(value, allow_unicode=False)
    assert read_yaml(text, "x")[0][0] == value


@given(text=st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (read_yaml, parse_json):
        try:
            found = read(text.encode(errors="replace").decode(), "x")
        except InputError:
            continue
        json.dumps([value for value, _ in found] if read is read_yaml else found, allow_nan=False)


@given(text=st.text(alphabet="0123456789+-._xbeE:", min_size=1))
def test_no_scalar_is_a_number_that_json_lacks(text: str) -> None:
    assert json.loads(json.dumps(plain_scalar(text), allow_nan=False)) == plain_scalar(text)


def test_depth_leaves_room_for_recursion() -> None:
    text = '{"a":' * 200 + "1" + "}" * 200
    assert sys.getrecursionlimit() >= 1000
    assert parse_json(text, "x") == read_yaml(text, "x")[0][0]
    with pytest.raises(InputError, match="too deeply"):
        parse_json(f'{{"a": {text}}}', "x")
