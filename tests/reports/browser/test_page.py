"""The HTML report in a real browser."""

import io
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from estate import Estate, of, small
from playwright.sync_api import Page, expect
from samples import HOSTILE, finding, report

from auditor.model.finding import Place
from reports import RENDERERS

pytestmark = pytest.mark.browser

Open = Callable[..., Page]

MEGABYTES_5 = 5_000_000


def rules(page: Page) -> list[str]:
    return [element.get_attribute("data-rule") or "" for element in page.locator("#rules details.rule:visible").all()]


def lines(page: Page, rule: str) -> int:
    return page.locator(f"#rule-{rule} tr.line").count()


def test_the_coverage_comes_before_everything_else(show: Open) -> None:
    page = show(small())
    assert page.locator("h2").all_inner_texts() == [
        "What was looked at",
        "Summary",
        "Findings",
        "Ended jobs",
        "Rules without an open finding",
    ]
    expect(page.locator("#coverage .badge")).to_have_text("Incomplete")
    expect(page.locator("#coverage .gap")).to_contain_text("grant sagemaker:ListModels")


def test_the_worst_rule_comes_first(show: Open) -> None:
    page = show(small())
    assert rules(page) == ["rule-1", "rule-3", "rule-4", "rule-2", "rule-0"]
    page.select_option("#f-sort", "title")
    assert rules(page) == ["rule-0", "rule-1", "rule-2", "rule-3", "rule-4"]


def test_rows_appear_when_a_rule_is_opened_and_evidence_when_a_row_is(show: Open) -> None:
    page = show(small())
    assert page.locator("#rules tr.line").count() == 0
    page.click("#rule-rule-1 > summary")
    expect(page.locator("#rule-rule-1 tr.line")).to_have_count(13)
    page.locator("#rule-rule-1 button.name").first.click()
    expect(page.locator("#rule-rule-1 tr.more")).to_contain_text("ResourceConfig.VolumeKmsKeyId")
    expect(page.locator("#rule-rule-1 tr.more")).to_contain_text("sagemaker:DescribeTrainingJob")


@pytest.mark.parametrize(
    ("field", "value", "left"),
    [
        ("severity", "CRITICAL", ["rule-1"]),
        ("concern", "vpc", ["rule-4", "rule-2"]),
        ("status", "WAIVED", ["rule-0"]),
        ("status", "NOT_AVAILABLE", ["rule-1", "rule-3", "rule-4", "rule-2", "rule-0"]),
    ],
)
def test_a_choice_leaves_what_it_names(show: Open, field: str, value: str, left: list[str]) -> None:
    page = show(small())
    page.select_option(f"#f-{field}", value)
    assert rules(page) == left
    assert f"{field}={value}" in page.url


def test_filters_join_and_reach_rows(show: Open) -> None:
    page = show(small())
    page.click("#rule-rule-1 > summary")
    page.select_option("#f-account", "444455556666")
    page.select_option("#f-region", "us-east-1")
    shown = page.locator("#rule-rule-1 tr.line")
    expect(shown).to_have_count(3)
    assert shown.locator("td.account").all_inner_texts() == ["444455556666"] * 3
    page.fill("#f-owner", "jonas")
    expect(shown).to_have_count(1)
    page.fill("#f-q", "nothing of the kind")
    expect(page.locator("#none")).to_be_visible()
    page.click("#clear")
    expect(shown).to_have_count(13)
    assert page.url.endswith(("#", "#open=rule-1"))


def test_search_finds_names_and_messages(show: Open) -> None:
    page = show(small())
    page.fill("#f-q", "TRAIN-000003 no key")
    expect(page.locator("#shown")).to_have_text("5 of 96 listed findings match")


def test_a_view_can_be_sent_as_a_link(show: Open) -> None:
    page = show(small(), "#severity=HIGH&open=rule-3&by=-name")
    assert rules(page) == ["rule-3", "rule-4"]
    assert page.input_value("#f-severity") == "HIGH"
    names = page.locator("#rule-rule-3 tr.line button.name").all_inner_texts()
    assert names == sorted(names, reverse=True)
    assert len(names) == 13


def test_a_link_leads_to_one_finding(show: Open) -> None:
    made = list(small().findings)[23]
    page = show(small(), f"#finding={made.id[:12]}")
    expect(page.locator(f"#f-{made.id[:12]} button.name")).to_be_focused()
    expect(page.locator(f"#more-{made.id[:12]}")).to_contain_text(made.resource.name)


def test_a_link_to_a_finding_that_is_not_listed_says_so(show: Open) -> None:
    page = show(small(), "#finding=ffffffffffff")
    expect(page.locator("#shown")).to_contain_text("not listed on this page")


def test_columns_sort(show: Open) -> None:
    page = show(small(), "#rule=rule-1")
    page.click("#rule-rule-1 button.head >> text=Owner")
    owners = page.locator("#rule-rule-1 td.owner").all_inner_texts()
    assert owners == sorted(owners)
    expect(page.locator("#rule-rule-1 th[aria-sort=ascending]")).to_have_text(re.compile("Owner"))


def test_columns_that_are_empty_are_left_out_and_files_are_named(show: Open) -> None:
    assert "Defined in" not in show(small(), "#rule=rule-1").inner_text("#rule-rule-1 thead")
    placed = [replace(finding(number), location=Place("a.yaml", number, "Job")) for number in (3, 12)]
    page = show(report(placed), "#rule=training-volume-key")
    assert page.locator("td.place").all_inner_texts() == ["a.yaml:3 Job", "a.yaml:12 Job"]


def test_ended_jobs_stand_apart_by_what_started_them(show: Open) -> None:
    page = show(small())
    groups = page.locator("#groups details.rule")
    expect(groups).to_have_count(2)
    assert sorted(groups.locator(".title").all_inner_texts()) == ["role-0", "role-1"]
    groups.first.locator("summary").click()
    expect(groups.first.locator("tr.line")).to_have_count(15)


def test_the_keyboard_is_enough(show: Open) -> None:
    page = show(small())
    page.keyboard.press("/")
    expect(page.locator("#f-q")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#rule-rule-3 > summary")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("#rule-rule-1 tr.line")).to_have_count(13)
    page.keyboard.press("Escape")
    expect(page.locator("#rule-rule-1")).not_to_have_attribute("open", "")


def test_hostile_names_are_shown_and_never_run(show: Open) -> None:
    page = show(report([finding(at << 80, name) for at, name in enumerate(HOSTILE)], failed=len(HOSTILE)))
    page.click("details.rule > summary")
    names = page.locator("button.name").all_inner_texts()
    assert HOSTILE[0] in names
    assert "\\u202egnp.exe" in names
    for button in page.locator("button.name").all():
        button.click()
    assert page.locator("tr.more").count() == len(HOSTILE)
    assert page.evaluate("window.ran") is None
    assert page.locator("img").count() == 0


def test_the_policy_refuses_scripts_of_others(show: Open, troubles: list[str]) -> None:
    page = show(small())
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran=1'}))"
    )
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in trouble for trouble in troubles)
    troubles.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 420])
def test_axe_finds_nothing(show: Open, scheme: str, width: int) -> None:
    page = show(small(), "#open=rule-1,rule-3,group:0", scheme=scheme, width=width)
    for button in page.locator("#rule-rule-1 button.name").all():
        button.click()
    expect(page.locator("#rule-rule-1 tr.more").last).to_contain_text("the whole")
    page.evaluate("document.querySelectorAll('details.fold').forEach((fold) => { fold.open = true })")
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_nothing_hangs_over_on_a_narrow_screen(show: Open) -> None:
    page = show(small(), "#open=rule-1", width=420)
    assert page.evaluate("document.documentElement.scrollWidth") == 420


def test_the_toggle_changes_the_colours(show: Open) -> None:
    page = show(small())
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("#theme")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


def test_paper_has_no_controls(show: Open) -> None:
    page = show(small(), "#open=rule-1", scheme="dark")
    page.emulate_media(media="print")
    expect(page.locator("#filters")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert Axe().run(page).violations_count == 0


def test_a_large_report_stays_small_and_shows_every_failure(show: Open) -> None:
    large = of(Estate(100_000))
    stream = io.StringIO()
    RENDERERS["html"].render(large, stream)
    assert len(stream.getvalue().encode()) <= MEGABYTES_5
    page = show(large)
    expect(page.locator("#shown")).to_have_text("20,000 findings listed")
    page.click("#rule-rule-1 > summary")
    expect(page.locator("#rule-rule-1 tr.line")).to_have_count(100)
    page.click("#rule-rule-1 .rows > button.quiet")
    expect(page.locator("#rule-rule-1 tr.line")).to_have_count(200)
