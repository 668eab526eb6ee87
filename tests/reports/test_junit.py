import io
from dataclasses import replace
from xml.etree import ElementTree as ET

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
    root = ET.fromstring(stream.getvalue().encode())  # noqa: S314  made a line before
    assert root.tag == "testsuites"
    assert fits_the_schema(root)
    return junitparser.JUnitXml.fromstring(stream.getvalue().encode())


# Of the schema that Jenkins publishes for its xUnit plug-in (junit-10.xsd): element to what it must and may have.
# Beyond it: the file and line of a case, which GitLab links, and how many are skipped in all.
REQUIRED = {"testsuites": set(), "testsuite": {"name"}, "testcase": {"name"}}
ALLOWED = {
    "testsuites": {"name", "time", "tests", "failures", "disabled", "errors", "skipped"},
    "testsuite": {"name", "tests", "failures", "errors", "time", "disabled", "skipped", "timestamp", "hostname", "id"},
    "testcase": {"name", "assertions", "time", "classname", "status", "file", "line"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"type", "message"},
    "system-out": set(),
}
WITHIN = {
    "testsuites": ("testsuite",),
    "testsuite": ("testcase", "system-out"),
    "testcase": ("skipped", "error", "failure", "system-out"),
}
NUMBERS = {"tests", "failures", "errors", "skipped", "line"}


def fits_the_schema(element: ET.Element) -> bool:
    given, inside = set(element.attrib), [one.tag for one in element]
    order = [WITHIN.get(element.tag, ()).index(tag) for tag in inside if tag in WITHIN.get(element.tag, ())]
    return (
        REQUIRED.get(element.tag, set()) <= given <= ALLOWED[element.tag]
        and all(element.attrib[name].isdecimal() for name in given & NUMBERS)
        and len(order) == len(inside)
        and order == sorted(order)
        and all(map(fits_the_schema, element))
    )


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
