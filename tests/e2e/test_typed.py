"""Trellis as a person types it: `trellis up` in one terminal, commands in another."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.chassis.children import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

TRELLIS = str(Path(sys.executable).with_name("trellis"))


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str


@dataclass
class Terminal:
    """A shell with a home of its own."""

    home: Path

    async def begin(self, *arguments: str) -> asyncio.subprocess.Process:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home)}
        return await asyncio.create_subprocess_exec(
            TRELLIS,
            *arguments,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def type(self, *arguments: str, piped: str = "") -> Ended:
        process = await self.begin(*arguments)
        out, err = await process.communicate(piped.encode())
        return Ended(process.returncode or 0, out.decode(), err.decode())

    @asynccontextmanager
    async def up(self, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await self.begin("up", "--port", str(port))
        try:
            assert process.stderr
            async with asyncio.timeout(30):
                while b"Ctrl-C ends it" not in await process.stderr.readline():
                    assert process.returncode is None
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGINT)
            await process.communicate()


def services_of(home: Path) -> list[int]:
    """The processes that run with this home's data folder."""
    marked = f"TRELLIS_DATA={home}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if marked in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


async def test_a_day_at_the_terminal(tmp_path: Path) -> None:
    terminal, port = Terminal(tmp_path), free_port()
    async with terminal.up(port) as process:
        token_file = tmp_path / ".local/share/trellis/token"
        assert token_file.stat().st_mode & 0o777 == 0o600
        assert len(services_of(tmp_path)) >= 5

        created = await terminal.type(
            "apps", "create", "shop", "--repository", "https://github.com/acme/shop"
        )
        assert created.status == 0, created.err
        assert f"http://127.0.0.1:{port}/webhooks/github/" in created.out
        set_ = await terminal.type("variables", "set", "shop", "staging", "LEVEL=2", "--json")
        assert json.loads(set_.out) == {"LEVEL": "2"}
        secret = await terminal.type("secrets", "set", "shop", "staging", "KEY", piped="hush hush")
        assert secret.status == 0, secret.err
        assert "hush" not in secret.out + secret.err
        keys = await terminal.type(
            "credentials", "set", "shop", "staging", piped="AKIAEXAMPLE000000000\nsecret\n"
        )
        assert keys.status == 0, keys.err
        settings = await terminal.type("apps", "settings", "shop", "staging", "--tests", "--json")
        assert json.loads(settings.out)["settings"]["tests"] is True

        made = await terminal.type("token", "create", "ana", "--role", "viewer")
        assert made.out.startswith("trellis_")
        process.send_signal(signal.SIGINT)
        await process.wait()
    assert process.returncode == 0
    assert services_of(tmp_path) == []


async def test_what_cannot_be_done_is_said_in_a_sentence_with_a_remedy(tmp_path: Path) -> None:
    terminal, port = Terminal(tmp_path), free_port()
    nobody = await terminal.type("status")
    assert nobody.status == 3
    assert "trellis up" in nobody.err
    async with terminal.up(port):
        await terminal.type("apps", "create", "shop", "--repository", "https://github.com/acme/s")
        second = await terminal.type("up", "--port", str(free_port()))
        assert second.status == 1
        assert "owns" in second.err
        other = await terminal.type("up", "--data", str(tmp_path / "other"), "--port", str(port))
        assert other.status == 1
        assert f"Port {port} is taken" in other.err

        misspelt = await terminal.type("history", "shop", "stagging")
        assert misspelt.status == 1
        assert "Did you mean staging?" in misspelt.err
        refused = await terminal.type("deploy", "shop", "production")
        assert refused.status == 1
        assert "promote" in refused.err
        unsure = await terminal.type("teardown", "shop", "staging")
        assert unsure.status == 1
        assert "--yes staging" in unsure.err
    assert not any("Traceback" in said.err for said in (nobody, second, other, misspelt, refused))


async def test_a_service_that_is_killed_is_started_again(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    async with terminal.up(free_port()):
        before = set(services_of(tmp_path))
        os.kill(max(before), signal.SIGKILL)
        async with asyncio.timeout(20):
            while len(set(services_of(tmp_path)) - before) == 0:  # noqa: ASYNC110 - other processes
                await asyncio.sleep(0.1)
            while (await terminal.type("health")).status:  # noqa: ASYNC110 - other processes
                await asyncio.sleep(0.1)
        status = await terminal.type("status")
        assert status.status == 0, status.err
