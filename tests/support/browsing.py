"""A browser on the dashboard, for tests: Chromium without a window, and people at its pages."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from cli.demo.stage import Stage
from cli.supervisor import Patience
from dashboard import export
from tests.support.stack import whole_trellis

LONG = 60_000
NEVER_GIVES_UP = Patience(first_pause=3, longest_pause=3, most_failures=1000)
"""A part that is killed stays away for long enough to be missed."""
expect.set_options(timeout=LONG)

_FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")


def chromium() -> str:
    """Give where Chromium is, or skip loudly."""
    found = shutil.which("chromium")
    if found is None:
        not_tested("there is no chromium (deploy/debian.sh chromium)")
    return found


def not_tested(why: str) -> NoReturn:
    """Skip loudly; fail where everything has to be there."""
    said = f"THE DASHBOARD IS NOT TESTED: {why}"
    if os.environ.get("CI") == "true":
        pytest.fail(said)
    pytest.skip(said)


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A Chromium of this test alone."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=chromium(), args=[*_FLAGS], env={"NO_PROXY": "127.0.0.1"}
        )
        yield started
        await started.close()


async def sign_in(page: Page, token: str, path: str) -> None:
    """Go to a page as somebody who has to sign in first, and does."""
    await page.goto(path)
    await page.get_by_label("Your token", exact=True).fill(token)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.wait_for_url(lambda url: "/sign-in" not in url)


@dataclass(frozen=True)
class Seen:
    """A whole Trellis, and pages of it that one person has open."""

    stage: Stage
    browser: Browser
    token: str

    async def opened(self, path: str = "/") -> Page:
        """A page in a browser of its own."""
        context = await self.browser.new_context(base_url=self.stage.up.url)
        context.set_default_timeout(LONG)
        page = await context.new_page()
        await sign_in(page, self.token, path)
        return page


@asynccontextmanager
async def seen(folder: Path) -> AsyncIterator[Seen]:
    chromium()
    if not export.is_fresh():
        not_tested("its pages are not built (make dashboard)")
    async with (
        whole_trellis(folder, step_seconds=0.4, patience=NEVER_GIVES_UP) as stage,
        browser() as started,
    ):
        yield Seen(stage, started, stage.up.token)


def card(page: Page, environment: str) -> Locator:
    return page.get_by_role("region", name=environment, exact=True)


async def press(inside: Page | Locator, name: str) -> None:
    await inside.get_by_role("button", name=name, exact=True).click()


async def answer(page: Page, button: str) -> None:
    """Confirm what the dialog asks."""
    dialog = page.get_by_role("dialog")
    await press(dialog, button)
    await expect(dialog).to_be_hidden()


async def runs(page: Page, environment: str, commit: str) -> None:
    await expect(card(page, environment).get_by_test_id("commit")).to_have_text(commit[:7])
