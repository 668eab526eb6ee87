"""JUnit XML: one suite to a rule, one test case to a finding."""

from collections import Counter
from collections.abc import Mapping
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from auditor.model.coverage import Report, RuleInfo
from auditor.model.finding import Finding
from auditor.model.verdict import Status

from . import decision_words
from .places import file_of, line_of, name_of, place_of
from .ranking import is_open
from .text import visible


def render(report: Report, stream: TextIO) -> None:
    """Write the findings as test cases; what is waived, cannot be judged or is past counts as skipped.

    Args:
        report: what to write; its findings come rule by rule and are read twice.
        stream: takes the text.
    """
    tests: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    for finding in report.findings:
        tests[finding.rule] += 1
        failures[finding.rule] += is_open(finding)
        skipped[finding.rule] += finding.status is not Status.PASSED and not is_open(finding)
    errors = [] if report.coverage.complete else [gap for gap in report.coverage.gaps if not gap.harmless]
    stream.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    whole = {
        "name": report.tool.name,
        "tests": tests.total() + len(errors),
        "failures": failures.total(),
        "errors": len(errors),
        "skipped": skipped.total(),
    }
    stream.write(f"<testsuites{_attributes(whole)}>\n")
    rules = {rule.id: rule for rule in report.rules}
    current = ""
    for finding in report.findings:
        if finding.rule != current:
            stream.write("</testsuite>\n" if current else "")
            current = finding.rule
            counts = {"tests": tests[current], "failures": failures[current], "skipped": skipped[current]}
            stream.write(f"<testsuite{_attributes({'name': current, 'errors': 0, **counts})}>\n")
        stream.write(_case(finding, rules[finding.rule]))
    stream.write("</testsuite>\n" if current else "")
    if errors:
        stream.write(f"<testsuite{_attributes({'name': 'coverage', 'tests': len(errors), 'errors': len(errors)})}>\n")
        for gap in errors:
            what = gap.scope.resource or gap.scope.type or gap.operation or "everything"
            inside = f"<error{_attributes({'type': gap.reason.value, 'message': gap.detail})}/>"
            stream.write(f"<testcase{_attributes({'classname': 'coverage', 'name': what})}>{inside}</testcase>\n")
        stream.write("</testsuite>\n")
    said = [*decision_words.review(report.review), *(f"waiver {one}" for one in decision_words.waivers(report))]
    if said:
        text = escape("\n".join(map(visible, said)))
        stream.write(f"<testsuite{_attributes({'name': 'decisions', 'tests': 0})}>")
        stream.write(f"<system-out>{text}</system-out></testsuite>\n")
    stream.write("</testsuites>\n")


def _case(finding: Finding, rule: RuleInfo) -> str:
    about = {"classname": file_of(finding), "name": f"{finding.rule}: {name_of(finding)}"}
    if finding.location is not None:
        about |= {"file": finding.location.file, "line": str(line_of(finding))}
    inside = _inside(finding, rule)
    return f"<testcase{_attributes(about)}>{inside}</testcase>\n" if inside else f"<testcase{_attributes(about)}/>\n"


def _inside(finding: Finding, rule: RuleInfo) -> str:
    if is_open(finding):
        said = _attributes({"type": finding.severity.value, "message": finding.message})
        text = f"{place_of(finding)}\nWhy: {visible(rule.why)}\nFix: {visible(rule.fix)}"
        return f"<failure{said}>{escape(text)}</failure>"
    if finding.status is Status.PASSED:
        return ""
    why = finding.message
    if finding.waiver is not None:
        why = f"waived until {finding.waiver.expires}: {finding.waiver.reason}"
    elif finding.known:
        why = f"the baseline holds it, too: {finding.message}"
    elif finding.status is Status.FAILED:
        why = f"failed, on a job that has ended: {finding.message}"
    return f"<skipped{_attributes({'message': why})}/>"


def _attributes(values: Mapping[str, object]) -> str:
    # What is not printable may not stand in XML at all (XML 1.0, section 2.2).
    return "".join(f" {name}={quoteattr(visible(str(value)))}" for name, value in values.items())
