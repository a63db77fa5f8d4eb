"""How long an event takes to be seen: from its command to the words on an open page.

Run as `python -m tests.bench pixel`; without Chromium nothing is measured.
"""

import asyncio
import shutil
import statistics
import tempfile
import time
from contextlib import aclosing
from pathlib import Path

from playwright.async_api import Page

from cli.demo.stage import Stage
from tests.bench.terms import SHORT
from tests.support.browsing import browser, sign_in
from tests.support.stack import DEMO, whole_trellis

ROUNDS = 10 if SHORT else 50
_SETTLE_SECONDS = 1.0


def measure() -> dict[str, dict[str, float]]:
    """Return `event_to_pixel`: ms from the asking of a command until a page shows it.

    `ratio` is the median to that of the change feed, on which the page rests.
    """
    if shutil.which("chromium") is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        pixels, feed = asyncio.run(_measure(Path(folder)))
    return {"event_to_pixel": summary(pixels, feed)}


def summary(pixels: list[float], feed: list[float]) -> dict[str, float]:
    """Give the median and the 99th percentile, in ms; between samples as far as they go."""
    p50 = statistics.median(pixels)
    return {
        "ratio": p50 / statistics.median(feed),
        "p50_ms": p50 * 1000,
        "p99_ms": statistics.quantiles(pixels, n=100, method="inclusive")[-1] * 1000,
        "feed_p50_ms": statistics.median(feed) * 1000,
    }


async def _measure(folder: Path) -> tuple[list[float], list[float]]:
    async with whole_trellis(folder) as stage, browser() as started:
        await stage.connect(DEMO)
        page = await (await started.new_context(base_url=stage.up.url)).new_page()
        await sign_in(page, stage.up.token, f"/applications/{stage.name}/staging/settings")
        pixels, feed = list[float](), list[float]()
        for number in range(ROUNDS):
            await asyncio.sleep(_SETTLE_SECONDS if number == 0 else 0.2)
            seen, heard = await once(stage, page, f"value-{number}-seen")
            pixels.append(seen)
            feed.append(heard)
        return pixels, feed


async def once(stage: Stage, page: Page, value: str) -> tuple[float, float]:
    """Set a variable; give the seconds until the page shows it, and until the feed tells of it."""
    hearing = asyncio.create_task(_heard(stage))
    seeing = asyncio.create_task(_seen(page, value))
    await asyncio.sleep(0.1)
    began = time.monotonic()
    await stage.api.set_variable(stage.at("staging"), "SEEN", value)
    return await seeing - began, await hearing - began


async def _seen(page: Page, value: str) -> float:
    await page.get_by_text(value).wait_for()
    return time.monotonic()


async def _heard(stage: Stage) -> float:
    """When the feed tells of a change; its first word is where it begins."""
    async with aclosing(stage.api.feed(stage.at("staging").application_id)) as feed:
        told = 0
        async for _ in feed:
            told += 1
            if told > 1:
                break
    return time.monotonic()
