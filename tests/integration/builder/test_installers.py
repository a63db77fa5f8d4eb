"""Each package manager installs by its own lock file, in the sandbox, from our toolchain."""

import json
from pathlib import Path

import pytest

from services.builder.adapters.dependencies.reading import read_levels
from services.builder.adapters.isolation.preparation import prepare
from services.builder.adapters.isolation.profile import MANAGER, Mount
from services.builder.adapters.toolchains.toolchains import Toolchains
from services.builder.domain.dependencies import install
from services.builder.domain.installers import Installer
from tests.rigs.corpus.toolchain import KEPT
from tests.support.git import folder_of_files
from tests.support.sandboxes import Boxed, boxed

PACKAGE = """{"name": "x", "private": true, "dependencies": {"is-number": "7.0.0"},
"scripts": {"postinstall": "echo by $npm_config_user_agent"}}"""

SHA = "41Cifkg6e8TylSpdtTpeLVMqvSBEVzTttHvERD741+pnZ8ANv0004MRL43QKPDlK9cGvNp6NZWZUBlbGXYxxng=="
LOCK_OF_PNPM_8 = f"""lockfileVersion: '6.0'

settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false

dependencies:
  is-number:
    specifier: 7.0.0
    version: 7.0.0

packages:

  /is-number@7.0.0:
    resolution: {{integrity: sha512-{SHA}}}
    engines: {{node: '>=0.12.0'}}
    dev: false
"""


@pytest.fixture
def box(tmp_path: Path) -> Boxed:
    (tmp_path / "run").mkdir()
    return boxed(prepare(hidden=[]), tmp_path / "run")


async def _ignore(_line: str) -> None:
    return


async def installed(box: Boxed, source: Path, named: str) -> tuple[str, ...]:
    """Install what lies in the folder as a run does; give what was run."""
    package = json.loads((source / "package.json").read_text()) | {"packageManager": named}
    (source / "package.json").write_text(json.dumps(package))
    wanted = install(read_levels(source, ""))
    assert wanted is not None
    mounts: tuple[Mount, ...] = ()
    if toolchain := wanted.installer.toolchain:
        folder = await Toolchains(KEPT).ready(toolchain, prepare(hidden=[]), say=_ignore)
        mounts = (Mount(folder, MANAGER),)
    ended = await box.run(
        wanted.argv,
        of_builder=mounts,
        environment=wanted.environment,
        timeout=180,
    )
    assert ended.code == 0, box.text
    await box.run(("/bin/rm", "-rf", ".yarn"))  # node_modules is all that is kept for a later run
    script = wanted.installer.script("postinstall")
    ended = await box.run(
        script,
        of_builder=mounts,
        environment=wanted.environment,
    )
    assert ended.code == 0, box.text
    return wanted.argv


@pytest.mark.parametrize(
    ("installer", "named", "lock"),
    [
        (Installer.NPM, "npm@11.0.0", "package-lock.json"),
        (Installer.PNPM, "pnpm@10.34.8", "pnpm-lock.yaml"),
        (Installer.PNPM_9, "pnpm@9.15.4", "pnpm-lock.yaml"),
        (Installer.PNPM, "pnpm@10.12.1", "pnpm-lock.yaml"),
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
        mounts = (Mount(folder, MANAGER),)
    program = installer.value.partition("-")[0]
    no_ci = {"CI": "", "YARN_ENABLE_IMMUTABLE_INSTALLS": "false"}
    ended = await box.run(
        (program, "install"),
        of_builder=mounts,
        environment=no_ci,
        timeout=180,
    )
    assert ended.code == 0, box.text
    await box.run(("/bin/rm", "-rf", "node_modules"), timeout=60)
    assert not (source / "node_modules").exists()


async def test_a_lock_file_of_pnpm_8_is_kept_to(box: Boxed) -> None:
    source = folder_of_files(
        box.folder / "source", {"package.json": PACKAGE, "pnpm-lock.yaml": LOCK_OF_PNPM_8}
    )

    await installed(box, source, "pnpm@8.15.9")

    assert "by pnpm/9." in box.text
    assert (source / "node_modules" / "is-number" / "package.json").is_file()
    assert (source / "pnpm-lock.yaml").read_text() == LOCK_OF_PNPM_8


async def test_a_newer_yarn_makes_node_modules_of_a_lock_file_for_plug_n_play(box: Boxed) -> None:
    source = folder_of_files(
        box.folder / "source", {"package.json": PACKAGE, ".yarnrc.yml": "enableTelemetry: false\n"}
    )
    await locked(box, source, Installer.YARN_BERRY)
    assert (source / ".pnp.cjs").is_file()

    await installed(box, source, "yarn@4.18.1")

    assert (source / "node_modules" / "is-number" / "package.json").is_file()
