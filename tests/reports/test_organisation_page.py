"""The organisation's page as text: what it holds for a thousand accounts, and what is told of what steered the run."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from estate import small

from auditor.model.coverage import Report, Tally, TargetStatus
from auditor.model.review import Review, WaiverState, WaiverUse
from reports.organisation_page import Organisation, TargetRow, render

REGIONS = ("global", *(f"xx-somewhere-{number}" for number in range(20)))


def row(account: int, place: str, failed: int = 0, **members: object) -> TargetRow:
    name = f"{100_000_000_000 + account}"
    tally = Tally(passed=failed * 9 + 5, failed=failed)
    made = TargetRow(name, place, TargetStatus.SCANNED, "", 7, tally, failed // 4, f"reports/{name}/{place}.html")
    return replace(made, **members)  # type: ignore[arg-type]  # what a test names


def page(organisation: Organisation, report: Report | None = None) -> str:
    stream = io.StringIO()
    render(report or small(), organisation, stream)
    return stream.getvalue()


@pytest.mark.parametrize(("failing", "most"), [(2, 2_100_000), (len(REGIONS), 2_500_000)])
def test_a_thousand_accounts_in_twenty_regions_stay_small_and_every_target_has_its_link(
    failing: int, most: int
) -> None:
    rows = [
        row(account, place, 90 if at < failing else 0) for account in range(1_000) for at, place in enumerate(REGIONS)
    ]
    text = page(Organisation(tuple(rows)))
    assert len(text.encode()) < most
    assert set(re.findall(r'<a href="(reports/[^"]+)"', text)) == {one.page for one in rows}


def test_what_is_clean_takes_a_line_and_what_is_not_a_row() -> None:
    rows = (
        row(1, "eu-west-1", 3),
        row(1, "eu-west-2"),
        row(1, "eu-west-3", status=TargetStatus.PARTIAL, reason="killed"),
        row(1, "eu-north-1", tally=Tally(passed=4, not_available=2)),
        row(1, "eu-south-1", status=TargetStatus.NOT_SCANNED, reason="denied", page=""),
    )
    text = page(Organisation(rows, document="report.json.gz"))
    account = text[text.index('<details class="account">') :]
    cells = re.findall(r"<tr><th>(?:<a [^>]*>)?([a-z0-9-]+)", account)
    assert cells == ["eu-west-1", "eu-west-3", "eu-north-1", "eu-south-1"]
    clean = re.search(r"<p>Nothing open: (.*?)</p>", account)
    assert clean is not None
    assert re.findall(r">([a-z0-9-]+)<", clean[1]) == ["eu-west-2"]
    assert '<a href="report.json.gz">' in text


@pytest.mark.parametrize("complete", [True, False])
def test_waivers_and_where_they_came_from_are_told(complete: bool) -> None:
    used = WaiverUse("a-rule", "one", "why", "ml", "security", "2030-01-01", "", WaiverState.USED, 4)
    idle = replace(used, resource="<b>two", state=WaiverState.UNUSED, findings=0)
    base = small()
    report = replace(
        base,
        coverage=replace(base.coverage, complete=complete),
        waivers=(used, idle),
        review=Review(config_from="s3://reports/config/waivers.yaml (SHA-256 0123456789ab…)"),
    )
    text = page(Organisation((row(1, "eu-west-1", 3),)), report)
    assert "Configuration and waivers are those of s3://reports/config/waivers.yaml (SHA-256 0123456789ab…)." in text
    assert "in force: a-rule on one, 4 findings" in text
    assert "unused: it covers no failed finding: a-rule on &lt;b&gt;two" in text
    assert ("may need a waiver that is unused here" in text) is not complete
    assert "<b>two" not in text


@pytest.mark.parametrize("hostile", ['"><script>alert(1)</script>', "x y onclick=alert(1)"])
def test_places_stay_text(hostile: str) -> None:
    text = page(Organisation((row(1, hostile, 3, page=hostile), row(1, hostile, page=hostile))))
    assert "<script" not in text
    assert not re.search(r"<[^>\"]*(?:\"[^\"]*\"[^>\"]*)*\sonclick=", text)
