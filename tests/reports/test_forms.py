import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from samples import HOSTILE, finding, report

from auditor.errors import InputError
from auditor.model.coverage import Report, Tally, TargetStatus
from auditor.model.finding import Finding
from auditor.model.gap import Gap
from auditor.model.unknown import Reason
from reports import RENDERERS, console
from reports.saved import load

SCHEMA = TypeAdapter(Report).json_schema(mode="serialization")
ANY_TEXT = st.text(st.characters(codec=None)) | st.sampled_from(HOSTILE)


def rendered(form: str, what: Report) -> str:
    stream = io.StringIO()
    RENDERERS[form].render(what, stream)
    return stream.getvalue()


def findings(names: tuple[str, ...]) -> list[Finding]:
    return [finding(number, name) for number, name in enumerate(names)]


def parsed(text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    return document


class Spool(list[Finding]):
    def lines(self) -> list[bytes]:
        adapter = TypeAdapter(Finding)
        return [adapter.dump_json(item) for item in self]


def test_json_keeps_to_the_schema_of_the_model() -> None:
    document = parsed(rendered("json", report(findings(HOSTILE), failed=len(HOSTILE))))
    jsonschema.validate(document, SCHEMA)
    assert list(document) == [
        "schema_version",
        "tool",
        "scan",
        "coverage",
        "summary",
        "rules",
        "waivers",
        "review",
        "findings",
    ]
    assert len(document["findings"]) == len(HOSTILE)


@given(ANY_TEXT)
def test_any_name_comes_back_from_json(name: str) -> None:
    text = rendered("json", report([finding(0, name)]))
    wanted = "".join("\ufffd" if 0xD800 <= ord(char) <= 0xDFFF else char for char in name)
    assert text.isascii()
    assert parsed(text)["findings"][0]["resource"]["name"] == wanted


@given(ANY_TEXT)
def test_the_console_shows_only_what_can_be_seen(name: str) -> None:
    lines = rendered("console", report([finding(0, name)])).splitlines()
    assert all(line.isprintable() for line in lines)
    assert len(lines) < 24


def test_an_escape_sequence_is_spelled_out() -> None:
    text = rendered("console", report([finding(0, "\x1b[31m\u202e")]))
    assert r"\x1b[31m\u202e" in text


def test_coverage_comes_first_and_names_what_to_grant() -> None:
    lines = rendered("console", report(findings(("a",)))).splitlines()
    assert lines[0].startswith("INCOMPLETE  Looked at 1 of 2")
    assert "grant sagemaker:ListModels" in lines[1]


def test_what_leaves_no_hole_is_one_line_after_the_holes() -> None:
    what = report(findings(("a",)))
    scope = what.coverage.gaps[0].scope
    choices = [Gap(scope, f"sagemaker:List{number}", Reason.EXCLUDED) for number in range(5)]
    gone = Gap(scope, "s3:GetBucketEncryption", Reason.VANISHED)
    coverage = replace(what.coverage, gaps=(*choices, gone, *what.coverage.gaps))
    lines = rendered("console", replace(what, coverage=coverage)).splitlines()
    assert lines[1].startswith("  not seen: sagemaker:ListModels: access denied")
    assert lines[2] == "  left out by choice: 5, gone before it could be read: 1; the reports say what"
    assert lines[3] == ""


def test_colour_only_where_asked_for() -> None:
    stream = io.StringIO()
    console.render(report(findings(("a",))), stream, colour=True)
    assert "\x1b[31m" in stream.getvalue()
    assert "\x1b" not in rendered("console", report(findings(("a",))))


def test_spooled_findings_give_the_same_json() -> None:
    plain = findings(("é", "🧪", "\u2028"))
    assert rendered("json", report(Spool(plain))) == rendered("json", report(plain))


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_a_saved_report_renders_the_same_again(form: str, tmp_path: Path) -> None:
    path = tmp_path / "saved"
    path.write_text(rendered(form, report(findings(HOSTILE))))
    saved = load(path)
    assert rendered(form, saved) == path.read_text()
    assert rendered(form, saved) == path.read_text()


def test_a_document_in_another_layout_is_read(tmp_path: Path) -> None:
    text = rendered("json", report(findings(("a", "b"))))
    path = tmp_path / "saved.json"
    path.write_text(json.dumps(json.loads(text), indent=1))
    assert rendered("json", load(path)) == text


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_a_report_that_is_cut_off_is_refused(form: str, tmp_path: Path) -> None:
    path = tmp_path / "cut"
    text = rendered(form, report(findings(("a", "b"))))
    path.write_text(text[: text.index('"rule":"training-volume-key","status"')])
    with pytest.raises(InputError, match="cut off"):
        load(path)


def test_a_finding_that_does_not_fit_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(rendered("jsonl", report(findings(("a",)))).replace('"status":"FAILED"', '"status":"OK"'))
    with pytest.raises(InputError) as refused:
        list(load(path).findings)
    assert (refused.value.line, refused.value.key) == (2, "status")


def test_a_gate_looks_at_files_and_says_where_nothing_was_judged() -> None:
    whole = report([])
    files = tuple(replace(target, status=TargetStatus.SCANNED) for target in whole.coverage.targets)
    gate = replace(whole, scan=replace(whole.scan, kind="gate"), coverage=replace(whole.coverage, targets=files))
    empty = replace(gate, summary=replace(gate.summary, by_status=Tally()))
    assert f"Looked at all {len(files)} files." in rendered("console", gate)
    assert "Nothing was judged" in rendered("console", empty)
    assert "No current resource" not in rendered("console", empty)


def test_what_the_baseline_holds_is_not_called_nothing() -> None:
    known = replace(finding(0), known=True)
    assert "All that fails is waived or in the baseline." in rendered("console", report([known]))
