"""The organisation's page in a real browser: twenty accounts, of which some could not be read."""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from estate import RULES, small
from playwright.sync_api import Browser, Page, expect

from auditor.model.coverage import RuleCount, Tally, TargetStatus
from reports.organisation_page import Excluded, Organisation, TargetRow, render

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
REGIONS = ("global", "ap-southeast-2", "eu-central-1", "eu-west-1", "us-east-1", "us-west-2")
DENIED = "sts:AssumeRole: ACCESS_DENIED: arn:aws:iam::{}:role/sagemaker-auditor-member: User is not authorized"


def target(number: int, place: str) -> TargetRow:
    account = f"{111_122_220_000 + number * 7919:012}"
    if number == 3:
        return TargetRow(account, place, TargetStatus.NOT_SCANNED, DENIED.format(account), 0, Tally(), 0)
    at = REGIONS.index(place)
    failed = (number * 37 + at * 11) % 90 if at in (0, 3, 4) else 0
    tally = Tally(passed=failed * 9 + at, failed=failed, not_available=number % 4 * at)
    partial = number == 7 and place == "us-east-1"
    return TargetRow(
        account,
        place,
        TargetStatus.PARTIAL if partial else TargetStatus.SCANNED,
        "Runtime.ExitError: signal: killed" if partial else "",
        failed * 3,
        tally,
        failed // 4,
        f"reports/{account}/{place}.html",
    )


ORGANISATION = Organisation(
    targets=tuple(target(number, place) for number in range(20) for place in REGIONS),
    accounts_failing={rule.id: 3 + at * 4 for at, rule in enumerate(RULES)},
    excluded=(Excluded("444455556666", "", "the account is SUSPENDED"),),
)


@pytest.fixture
def show(browser: Browser, tmp_path: Path, troubles: list[str]) -> Iterator[Open]:
    """Render the page and open it; nothing may be amiss when the test ends."""
    contexts = []

    def show(organisation: Organisation = ORGANISATION, *, scheme: str = "light", width: int = 1280) -> Page:
        stream = io.StringIO()
        found = small()
        counts = tuple(RuleCount(rule.id, failed=12 * at + 5) for at, rule in enumerate(RULES))
        coverage = replace(found.coverage, complete=False, rules=counts)
        render(replace(found, coverage=coverage), organisation, stream)
        path = tmp_path / "report.html"
        path.write_text(stream.getvalue(), encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield show
    for context in contexts:
        context.close()
    assert troubles == []


def test_what_was_looked_at_comes_first(show: Open) -> None:
    page = show()
    assert page.locator("h2").all_inner_texts() == [
        "What was looked at",
        "Summary",
        "Worst rules",
        "Regions",
        "Accounts",
    ]
    expect(page.locator("#coverage .badge")).to_have_text("Incomplete")
    expect(page.locator("#coverage .verdict")).to_contain_text("113 of 120 targets scanned, 1 in part, 6 not at all")


def test_an_account_opens_to_its_regions_and_their_reports(show: Open) -> None:
    page = show()
    account = page.locator("details.account").first
    links = account.locator("a[href$='.html']")
    expect(links.first).to_be_hidden()
    account.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(links.first).to_be_visible()
    assert links.count() == len(REGIONS)
    first = links.first.get_attribute("href") or ""
    assert first.startswith("reports/")


def test_the_worst_account_comes_first_and_an_unread_one_before_a_clean_one(show: Open) -> None:
    clean = [
        replace(row, tally=Tally(passed=1), severe=0) for row in ORGANISATION.targets if row.account.endswith("0000")
    ]
    unread = [row for row in ORGANISATION.targets if row.status is TargetStatus.NOT_SCANNED]
    worst = [row for row in ORGANISATION.targets if row.account == ORGANISATION.targets[-1].account]
    page = show(Organisation((*clean, *unread, *worst)))
    names = page.locator("details.account > summary > span:first-child").all_inner_texts()
    assert names == [worst[0].account, unread[0].account, clean[0].account]


def test_a_browser_reads_the_rows_as_they_are_meant(show: Open) -> None:
    page = show()
    account = page.locator("details.account:has(table):has(p)").first
    account.locator("summary").click()
    table = account.locator("table")
    heads = table.locator("thead th").all_inner_texts()
    assert heads == ["Region", "High or critical", "Failed", "Not available"]
    shown = table.locator("tbody tr").count()
    assert 0 < shown < len(REGIONS)
    assert table.locator("tbody tr > th:first-child a").count() == shown
    assert table.locator("tbody tr > td").count() == 3 * shown
    assert account.locator("p a").count() == len(REGIONS) - shown
    expect(account.locator("p")).to_contain_text("Nothing open")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_bars_anybody_from_it(show: Open, scheme: str, width: int) -> None:
    page = show(scheme=scheme, width=width)
    for fold in page.locator("details").all()[:6]:
        fold.evaluate("element => element.open = true")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
