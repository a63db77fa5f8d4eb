"""A browser on the dashboard, for tests: Chromium without a window, where it is signed in.

The origin is a Caddy of the test's own before the front door, which adds one person's token to all
that passes: so a test needs nobody to type.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from services.chassis.children import free_port, program, start_child

_FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")


def chromium() -> str:
    """Give where Chromium is, or skip loudly."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("THE DASHBOARD IS NOT TESTED: there is no chromium (deploy/debian.sh chromium)")
    return found


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A Chromium of this test alone."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=chromium(), args=[*_FLAGS], env={"NO_PROXY": "127.0.0.1"}
        )
        yield started
        await started.close()


@asynccontextmanager
async def signed_in(door: str, token: str, folder: Path) -> AsyncIterator[str]:
    """Give an origin at which everybody is who has the token."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port("127.0.0.1")
    configuration = folder / "Caddyfile"
    configuration.write_text(
        "{\n  admin off\n  auto_https off\n  persist_config off\n}\n"
        f"http://127.0.0.1:{port} {{\n  bind 127.0.0.1\n  reverse_proxy {door} {{\n"
        f'    header_up Authorization "Bearer {token}"\n  }}\n}}\n'
    )
    home = str(folder)
    child = await start_child(
        [program("caddy"), "run", "--config", str(configuration), "--adapter", "caddyfile"],
        log=folder / "caddy.log",
        environment={"HOME": home, "XDG_DATA_HOME": home, "XDG_CONFIG_HOME": home},
    )
    try:
        await child.until_listening("127.0.0.1", port)
        yield f"http://127.0.0.1:{port}"
    finally:
        await child.stop()
