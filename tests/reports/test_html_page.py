"""The HTML report as text: what is in it, and that no name of an account can break out."""

import base64
import hashlib
import io
import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

from estate import Estate, of, one, small
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import HOSTILE, finding, report

from auditor.model.coverage import Report, RuleInfo, Target, TargetStatus
from auditor.model.finding import Evidence
from auditor.model.gap import Gap, Scope
from auditor.model.review import Review
from auditor.model.unknown import Reason
from auditor.model.verdict import Status
from reports import RENDERERS
from reports.page_data import Columns
from reports.page_rows import Selection

ANY_TEXT = st.text(st.characters(codec=None)) | st.sampled_from(HOSTILE)


class Page(HTMLParser):
    """The elements of a page, the attributes that hold script or style, and the text of its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.refused: list[str] = []
        self.scripts: list[str] = []
        self.policy = ""
        self._in_script = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name in {"style", "src"}:
                self.refused.append(f"{tag} {name}={value}")
        given = dict(attrs)
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""
        if tag == "script":
            self.scripts.append("")
            self._in_script = True

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.scripts[-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._in_script = False

    @property
    def data(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.scripts[0])
        return parsed


def html(what: Report) -> str:
    stream = io.StringIO()
    RENDERERS["html"].render(what, stream)
    return stream.getvalue()


def hostile(text: str) -> Report:
    """A report with one text everywhere where an account, a template or a rule of a user can put one."""
    made = report([replace(finding(1, text), evidence=(Evidence(text, [text], text),), group=text)])
    coverage = replace(
        made.coverage,
        targets=(Target("111122223333", "eu-west-1", text, TargetStatus.PARTIAL, 0, text),),
        gaps=(Gap(Scope("111122223333", text, text, text), text, Reason.API_ERROR, text),),
    )
    rules = (*made.rules, RuleInfo("own", text, "LOW", text, text, text, (text,), limits=text))
    return replace(made, coverage=coverage, rules=rules)


@settings(deadline=None)
@given(ANY_TEXT)
def test_no_text_adds_an_element_or_a_script(text: str) -> None:
    plain, page = Page(html(hostile("a"))), Page(html(hostile(text)))
    # Texts that are empty leave out what would show them; nothing ever adds to it.
    assert set(page.tags) <= set(plain.tags)
    assert page.tags.count("script") == 2
    assert page.refused == []
    assert page.scripts[1] == plain.scripts[1]
    assert page.data["rows"]["id"] == plain.data["rows"]["id"]


@settings(deadline=None)
@given(ANY_TEXT)
def test_the_page_can_be_written_as_utf_8(text: str) -> None:
    html(hostile(text)).encode("utf-8")


def test_the_policy_names_the_only_script_and_style() -> None:
    text = html(small())
    page = Page(text)

    def digest(content: str) -> str:
        return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()

    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    assert page.policy == (
        f"default-src 'none'; style-src 'sha256-{digest(style[1])}'; script-src 'sha256-{digest(page.scripts[1])}';"
        " img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"url\(|@import|https?://", style[1] + page.scripts[1])


def test_passes_are_counted_and_not_listed() -> None:
    text = html(small())
    assert "3 passed (listed in the JSON report)" in text
    assert len(Page(text).data["rows"]["id"]) == 96


def test_what_the_baseline_holds_is_listed_apart_from_what_is_new() -> None:
    found = [finding(1), replace(finding(2), known=True), replace(finding(3), known=True)]
    what = replace(report(found), review=Review(baseline="old.json", known=2, new=1))
    text = html(what)
    (rows,) = (json.loads(script) for script in Page(text).scripts if '"strings"' in script)
    assert Counter(rows["statuses"][number] for number in rows["rows"]["status"]) == {"FAILED": 1, "KNOWN": 2}
    assert "1 failed</span> <span" in text
    assert text.count("2 in the baseline") == 2
    assert 'value="KNOWN"' in text
    assert 'value="KNOWN"' not in html(report(found[:1]))


def test_what_could_not_be_seen_is_never_green() -> None:
    made = [one(number, Status.NOT_AVAILABLE) for number in range(10)]
    text = html(of(made))
    assert 'class="arc not_available"' in text
    assert 'class="arc passed"' not in text
    assert '<rect class="passed"' not in text


def test_a_full_page_keeps_some_rows_of_each_rule_and_says_what_it_cut() -> None:
    selection = Selection.of(of(Estate(5_000)).findings)
    columns = Columns(room=30_000)
    columns.fill(selection.rows())
    assert 100 <= sum(columns.listed.values()) < 1_000
    assert all(columns.listed[f"rule-{number}", False] >= 20 for number in range(5))
    assert sum(tally.failed for tally in selection.tallies.values()) == 1_000


def test_the_size_that_is_counted_is_about_what_is_written() -> None:
    columns = Columns()
    columns.fill(Selection.of(of(Estate(5_000)).findings).rows())
    written = len(json.dumps(columns.document(), separators=(",", ":")))
    assert written <= columns.size <= 1.6 * written


def test_many_accounts_have_one_row_each_and_no_matrix() -> None:
    targets = tuple(
        Target(f"{number:012}", "eu-west-1", "AWS::SageMaker::Model", TargetStatus.SCANNED) for number in range(13)
    )
    made = report(())
    few = html(replace(made, coverage=replace(made.coverage, targets=targets[:12])))
    many = html(replace(made, coverage=replace(made.coverage, targets=targets)))
    assert "Every family of resources" in few
    assert "Every family of resources" not in many
    assert many.count('<th scope="row">0000000000') == 13


def test_a_finding_of_a_rule_that_the_report_lacks_is_shown() -> None:
    made = report([replace(finding(1), rule="gone")])
    assert 'data-rule="gone"' in html(made)
