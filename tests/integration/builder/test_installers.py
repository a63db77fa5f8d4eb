"""Each package manager installs by its own lock file, in the sandbox, from our toolchain."""

from pathlib import Path

import pytest

from services.builder.adapters.frameworks.synthesis import TOOLS
from services.builder.adapters.isolation.preparation import prepare
from services.builder.adapters.isolation.profile import Mount
from services.builder.adapters.steps.install import WITH_TOOLS
from services.builder.adapters.toolchains.toolchains import Toolchains
from services.builder.domain.dependencies import Installer, Level, install
from tests.rigs.corpus.toolchain import KEPT
from tests.support.git import folder_of_files
from tests.support.sandboxes import Boxed, boxed

PACKAGE = """{"name": "x", "private": true, "dependencies": {"is-number": "7.0.0"},
"scripts": {"postinstall": "echo by $npm_config_user_agent"}}"""


@pytest.fixture
def box(tmp_path: Path) -> Boxed:
    (tmp_path / "run").mkdir()
    return boxed(prepare(hidden=[]), tmp_path / "run")


async def _ignore(_line: str) -> None:
    return


async def installed(box: Boxed, source: Path, named: str) -> tuple[str, ...]:
    """Install what lies in the folder as a run does; give what was run."""
    level = Level("", frozenset(file.name for file in source.iterdir()), named)
    wanted = install([level])
    assert wanted is not None
    mounts: tuple[Mount, ...] = ()
    if toolchain := wanted.installer.toolchain:
        folder = await Toolchains(KEPT).ready(toolchain, prepare(hidden=[]), say=_ignore)
        mounts = (Mount(folder, TOOLS),)
    ended = await box.run(
        ("/bin/sh", "-c", WITH_TOOLS, "sh", *wanted.argv), of_builder=mounts, timeout=180
    )
    assert ended.code == 0, box.text
    await box.run(("/bin/rm", "-rf", ".yarn"))  # node_modules is all that is kept for a later run
    script = wanted.installer.script("postinstall")
    ended = await box.run(("/bin/sh", "-c", WITH_TOOLS, "sh", *script), of_builder=mounts)
    assert ended.code == 0, box.text
    return wanted.argv


@pytest.mark.parametrize(
    ("installer", "named", "lock"),
    [
        (Installer.NPM, "npm@11.0.0", "package-lock.json"),
        (Installer.PNPM, "pnpm@10.34.8", "pnpm-lock.yaml"),
        (Installer.YARN, "yarn@1.22.22", "yarn.lock"),
        (Installer.YARN_BERRY, "yarn@4.18.1", "yarn.lock"),
        (Installer.BUN, "bun@1.4.5", "bun.lock"),
    ],
)
async def test_what_was_locked_is_what_is_installed(
    box: Boxed, *, installer: Installer, named: str, lock: str
) -> None:
    source = folder_of_files(box.folder / "source", {"package.json": PACKAGE, ".yarnrc.yml": ""})
    (source / ".yarnrc.yml").write_text("nodeLinker: node-modules\nenableTelemetry: false\n")
    if installer is not Installer.YARN_BERRY:
        (source / ".yarnrc.yml").unlink()
    await locked(box, source, installer)
    assert (source / lock).is_file()

    argv = await installed(box, source, named)

    assert f"by {installer.value.partition('-')[0]}/" in box.text
    assert any(word in argv for word in ("ci", "--frozen-lockfile", "--immutable"))
    package = (source / "node_modules" / "is-number" / "package.json").read_text()
    assert '"version": "7.0.0"' in package


async def locked(box: Boxed, source: Path, installer: Installer) -> None:
    """Write the lock file as its author did: by the same package manager."""
    toolchain = installer.toolchain
    mounts: tuple[Mount, ...] = ()
    if toolchain:
        folder = await Toolchains(KEPT).ready(toolchain, prepare(hidden=[]), say=_ignore)
        mounts = (Mount(folder, TOOLS),)
    program = installer.value.partition("-")[0]
    no_ci = {"CI": "", "YARN_ENABLE_IMMUTABLE_INSTALLS": "false"}
    ended = await box.run(
        ("/bin/sh", "-c", f"{WITH_TOOLS}", "sh", program, "install"),
        of_builder=mounts,
        environment=no_ci,
        timeout=180,
    )
    assert ended.code == 0, box.text
    await box.run(("/bin/rm", "-rf", "node_modules"), timeout=60)
    assert not (source / "node_modules").exists()
