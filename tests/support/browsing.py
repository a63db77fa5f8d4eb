"""A browser on the dashboard, for tests: Chromium without a window, and somebody who signs in."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NoReturn

import pytest
from playwright.async_api import Browser, Page, async_playwright

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
