import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import HOSTILE, finding, report

from auditor.cli import outputs
from auditor.model.coverage import Report
from auditor.model.finding import Place
from auditor.model.verdict import Severity, Status
from reports import RENDERERS, github, markdown

NAMES = st.text(st.characters(codec=None)) | st.sampled_from((*HOSTILE, "x\n::stop-commands::y", "%0A::error::"))
COMMAND = re.compile(r"::(error|warning|notice)(?: ([^:]*))?::(.*)")


def commands(what: Report) -> list[tuple[str, str, str]]:
    stream = io.StringIO()
    RENDERERS["github"].render(what, stream)
    lines = stream.getvalue().split("\n")[:-1]
    matches = [COMMAND.fullmatch(line) for line in lines]
    assert all(matches)
    return [(match[1], match[2] or "", match[3]) for match in matches if match]


def test_the_worst_comes_first_with_its_place() -> None:
    low = replace(finding(1), severity=Severity.LOW, location=Place("a,b:c.yaml", 4, "Low"))
    high = replace(finding(2), location=Place("z.yaml", 9, "High"))
    first, second, hole = commands(report([low, high]))
    assert first == ("error", "file=z.yaml,line=9,title=HIGH training-volume-key",
                     "High: no key on train-churn. Fix: fix")  # fmt: skip
    assert second[:2] == ("notice", "file=a%2Cb%3Ac.yaml,line=4,title=LOW training-volume-key")
    assert hole[2].startswith("not read: AWS::SageMaker::Model")


def test_what_could_not_be_judged_is_a_warning() -> None:
    (unknown, _) = commands(report([replace(finding(1, status=Status.NOT_AVAILABLE), location=Place("t", 1, "J"))]))
    assert unknown[0] == "warning"


def test_their_number_is_bounded_and_it_is_said() -> None:
    found = commands(report([finding(number) for number in range(github.MAX_ANNOTATIONS + 5)]))
    assert len(found) == github.MAX_ANNOTATIONS + 2
    assert found[-2][2] == "5 more failed findings are in the reports"


@given(NAMES)
def test_no_name_ends_its_command_or_begins_another(name: str) -> None:
    found = commands(report([replace(finding(1, name), location=Place(name or "x", 1, name), message=name)]))
    assert [name for name, _, _ in found] == ["error", "error"]


def test_the_summary_of_the_job_is_added_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    outputs.write(report([finding(1)]), [outputs.Output("github", str(tmp_path / "out.txt"))])
    text = summary.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{markdown.MARKER}\n")
    assert "training-volume-key" in text
