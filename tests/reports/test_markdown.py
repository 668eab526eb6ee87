import io
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from samples import HOSTILE, finding, report

from auditor.model.coverage import Report
from auditor.model.finding import Place
from auditor.model.review import Review, WaiverState, WaiverUse
from auditor.model.verdict import Severity
from reports import RENDERERS, markdown
from reports.markdown_words import code

NAMES = st.text(st.characters(codec=None)) | st.sampled_from((*HOSTILE, "@all", "a|b", "``x```", "\n# h", "[x](//y)"))


def comment(what: Report) -> str:
    stream = io.StringIO()
    RENDERERS["markdown"].render(what, stream)
    return stream.getvalue()


def test_it_begins_with_its_marker_and_the_worst_comes_first() -> None:
    low = replace(finding(1), severity=Severity.LOW, location=Place("a.yaml", 4, "Low"))
    text = comment(report([low, replace(finding(2), location=Place("z.yaml", 9, "High"))]))
    assert text.startswith(f"{markdown.MARKER}\n## SageMaker audit: incomplete")
    rows = [line for line in text.splitlines() if line.startswith(("| HIGH", "| LOW"))]
    assert rows == [
        "| HIGH | training-volume-key | `z.yaml:9` `High` | no key on train-churn |",
        "| LOW | training-volume-key | `a.yaml:4` `Low` | no key on train-churn |",
    ]
    assert "AccessDenied" in text


@given(st.lists(NAMES, max_size=3))
def test_no_name_makes_a_row_a_mention_or_markup(names: list[str]) -> None:
    findings = [
        replace(finding(number, name), location=Place(name, 1, name), message=name)
        for number, name in enumerate(names)
    ]  # fmt: skip
    text = comment(report(findings))
    rows = [line for line in text.split("\n") if line.startswith("| HIGH")]
    assert len(rows) == len(names)
    assert all(line.isprintable() for line in text.split("\n"))
    outside = "".join(text.split("`")[::2]) if "``" not in text else ""
    assert "@" not in outside
    assert "<img" not in outside


def test_a_fence_is_longer_than_what_it_holds() -> None:
    assert code("a``b`") == "``` a``b` ```"
    assert code("a|b", cell=True) == r"`a\|b`"


def test_it_is_never_longer_than_a_comment_may_be() -> None:
    long = [replace(finding(number), message="é" * 4000) for number in range(500)]
    text = comment(report(long))
    assert len(text.encode()) <= markdown.LIMIT
    stream = io.StringIO()
    markdown.render(report(long), stream, limit=4_000)
    assert len(stream.getvalue().encode()) <= 4_000
    assert "There is more" in stream.getvalue()


def test_it_tells_of_waivers_baseline_and_what_the_change_alters() -> None:
    use = WaiverUse("r-x", "arn:*", "why", "o", "a", "2026-02-01", "", WaiverState.EXPIRED, 2)
    review = Review("origin/main", ("waivers.yaml: a waiver of r-x is new",), "origin/main", 3, "old.json", 1, 2, 4)
    text = comment(replace(report([]), waivers=(use,), review=review))
    assert "**This change alters what judges it:** `waivers.yaml: a waiver of r-x is new`" not in text
    assert "> **This change alters what judges it:** waivers.yaml: a waiver of r-x is new" in text
    assert "**2** new, 1 known, 4 fixed" in text
    assert "3 other files are left out" in text
    assert "expired, and does nothing: r-x on arn:*" in text
