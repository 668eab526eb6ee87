"""A browser, and pages that tell of everything they should not do."""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from auditor.model.coverage import Report
from reports import RENDERERS

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or "/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def troubles() -> list[str]:
    """Console messages, errors, violations of the policy and requests beyond the page itself."""
    return []


@pytest.fixture
def show(browser: Browser, tmp_path: Path, troubles: list[str]) -> Iterator[Open]:
    """Render a report and open it; nothing may be amiss when the test ends."""
    contexts = []

    def show(report: Report, fragment: str = "", *, scheme: str = "light", width: int = 1280) -> Page:
        stream = io.StringIO()
        RENDERERS["html"].render(report, stream)
        path = tmp_path / "report.html"
        path.write_text(stream.getvalue(), encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: _note(troubles, request.url, path))
        page.goto(path.as_uri() + fragment)
        return page

    yield show
    for context in contexts:
        context.close()
    assert troubles == []


def _note(troubles: list[str], url: str, path: Path) -> None:
    if url.partition("#")[0] != path.as_uri():
        troubles.append(f"request for {url}")
