"""The builder's own toolchains are pinned, installed once, and shown to steps read-only."""

import json
import subprocess
from pathlib import Path

import pytest

from services.builder.adapters.isolation.layers import WORKSPACE
from services.builder.adapters.isolation.preparation import prepare
from services.builder.adapters.isolation.profile import Mount, Profile
from services.builder.adapters.isolation.sandbox import Command, Sandbox
from services.builder.adapters.toolchains import toolchains
from services.builder.adapters.toolchains.toolchains import (
    PINNED,
    Toolchains,
    ToolchainUnavailable,
    names,
    versions,
)

SMALL = "yarn"


@pytest.fixture
def profile() -> Profile:
    return prepare(hidden=[])


class Heard:
    def __init__(self) -> None:
        self.lines: list[str] = []

    async def say(self, line: str) -> None:
        self.lines.append(line)


def test_every_toolchain_is_pinned_and_names_no_host() -> None:
    assert {"cdk", "pnpm", "pnpm-9", "yarn", "yarn-berry", "bun"} == set(names())
    for name in names():
        lock = (PINNED / name / "package-lock.json").read_text()
        assert '"integrity"' in lock
        assert '"resolved"' not in lock
        assert "^" not in versions(name)


@pytest.mark.parametrize(("bun", "fetched"), [("exit 0", False), ("exit 1", True)])
def test_bun_is_fetched_again_only_where_it_does_not_run_yet(
    tmp_path: Path, *, bun: str, fetched: bool
) -> None:
    """Its own install script, where npm has run it, has moved what a second one would look for."""
    modules = tmp_path / "node_modules"
    (modules / ".bin").mkdir(parents=True)
    (modules / ".bin" / "bun").write_text(f"#!/bin/sh\n{bun}\n")
    (modules / ".bin" / "bun").chmod(0o755)
    (modules / "bun").mkdir()
    (modules / "bun" / "install.js").write_text("require('fs').writeFileSync('fetched', '')")
    script = json.loads((PINNED / "bun" / "package.json").read_text())["scripts"]["postinstall"]

    subprocess.run(["/bin/sh", "-c", script], cwd=tmp_path, check=True)

    assert (tmp_path / "fetched").exists() is fetched


async def test_a_toolchain_is_installed_once_and_works_in_a_step(
    tmp_path: Path, profile: Profile
) -> None:
    heard, kept = Heard(), Toolchains(tmp_path / "store")
    (tmp_path / "run").mkdir()

    first = await kept.ready(SMALL, profile, say=heard.say)
    second = await kept.ready(SMALL, profile, say=heard.say)

    assert first == second
    assert heard.lines == ["Installing the builder's own yarn 1.22.22 (once)"]
    assert kept.installed() == {"yarn": "yarn 1.22.22"}
    said = bytearray()

    async def keep(chunk: bytes) -> None:
        said.extend(chunk)

    command = Command(
        ("/bin/sh", "-c", "/tools/bin/yarn --version; ! touch /tools/x"),
        cwd=WORKSPACE,
        of_builder=(Mount(first, "/tools"),),
    )
    ended = await Sandbox(profile, tmp_path / "run").run(command, on_output=keep, timeout=60)
    assert ended.code == 0
    assert said.startswith(b"1.22.22")


async def test_a_toolchain_that_cannot_be_installed_says_what_npm_said(
    tmp_path: Path, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned = tmp_path / "pinned" / "broken"
    pinned.mkdir(parents=True)
    (pinned / "package.json").write_text('{"dependencies": {"no": "1.0.0"}}')
    (pinned / "package-lock.json").write_text("{")
    monkeypatch.setattr(toolchains, "PINNED", tmp_path / "pinned")
    kept = Toolchains(tmp_path / "store")

    with pytest.raises(ToolchainUnavailable, match="npm said"):
        await kept.ready("broken", profile, say=Heard().say)

    assert list((tmp_path / "store").iterdir()) == []
