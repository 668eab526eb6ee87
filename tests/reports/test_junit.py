import io
from dataclasses import replace

import junitparser
from hypothesis import given
from hypothesis import strategies as st
from samples import HOSTILE, finding, report

from auditor.model.coverage import Report
from auditor.model.finding import Place, WaiverRef
from auditor.model.verdict import Status
from reports import RENDERERS

NAMES = st.text(st.characters(codec=None)) | st.sampled_from(HOSTILE)


def parsed(what: Report) -> junitparser.JUnitXml:
    stream = io.StringIO()
    RENDERERS["junit"].render(what, stream)
    return junitparser.JUnitXml.fromstring(stream.getvalue().encode())


def whole(what: Report) -> Report:
    return replace(what, coverage=replace(what.coverage, complete=True))


def test_every_finding_is_a_case_and_every_hole_an_error() -> None:
    waiver = WaiverRef("legacy", "ml", "ciso", "2026-02-01")
    failed = replace(finding(1), location=Place("t.yaml", 3, "Job"))
    xml = parsed(
        report([failed, replace(finding(2), waiver=waiver), finding(3, status=Status.PASSED),
                finding(4, status=Status.NOT_AVAILABLE)])
    )  # fmt: skip
    assert (xml.tests, xml.failures, xml.skipped, xml.errors) == (5, 1, 2, 1)
    rule, coverage = xml
    cases = list(rule)
    assert [type(case.result[0]).__name__ if case.result else "" for case in cases] == [
        *("Failure", "Skipped", "", "Skipped")
    ]
    assert "Fix: fix" in cases[0].result[0].text
    assert (cases[0].classname, cases[0].name) == ("t.yaml", "training-volume-key: Job")
    assert cases[1].result[0].message == "waived until 2026-02-01: legacy"
    assert [case.result[0].message for case in coverage] == ["AccessDenied"]


@given(NAMES)
def test_any_name_makes_xml(name: str) -> None:
    hostile = replace(finding(1, name), location=Place(name, 1, name))
    xml = parsed(whole(report([hostile])))
    assert (xml.tests, xml.failures, xml.errors) == (1, 1, 0)


def test_no_findings_are_an_empty_document() -> None:
    assert parsed(whole(report([]))).tests == 0
